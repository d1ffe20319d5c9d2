"""One job's exchange of messages with its child, and what may be believed of it."""

import json
import math
import re
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from imaging.jail import levels, wire
from imaging.limits import MASKS_MOST, MIB, JobLimits
from imaging.rendition import Rendition

Teller = Callable[[int], None]
"""Hears, in percent, how much of a long work is done."""
_ALL = 100
# How PDFium and others stop themselves where a file asks for what they cannot give, such as 10 GB for one picture: it
# would be the same at every further attempt.
_GIVEN_UP = {signal.SIGTRAP, signal.SIGILL}
_WORD = re.compile(r"[a-z0-9_]{1,40}")
_SIDE_MOST = 65_535
"""As many pixels as a side of a JPEG can have."""
_BYTES_MOST, _SECONDS_MOST = 1 << 40, 1e6
"""More than any job can use; the server's word is on the job's own connection, and a job could speak first."""
_MASKS_BYTES = 4 * MIB
"""What is told of ten thousand boxes, with room to spare: a box is a box and not a hundred kilobytes of text."""
_NEARLY_ALL = 0.5
"""The limit counts addresses, and the libraries' own take a third of it before the first byte is decoded."""


@dataclass
class Outcome:
    """How one job ended. `cpu` is in seconds, `rss` the peak in bytes; both are None when the server died.

    `level` is how well the job was confined; empty where it was not even begun. `checks`, `opinion` and `proof_cpu`,
    seconds too, are filled by whoever checks the renditions afterwards.
    """

    verdict: str
    reason: str | None
    facts: dict[str, object] = field(default_factory=dict)
    renditions: list[Rendition] = field(default_factory=list)
    cpu: float | None = None
    rss: int | None = None
    level: str = ""
    checks: tuple[str, ...] = ()
    opinion: str = "none"
    proof_cpu: float = 0.0


class _OutOfTime(Exception):  # noqa: N818 - it states what happened.
    """The wall limit of the job has passed."""


class _Misspoken(Exception):  # noqa: N818 - it states what happened.
    """The child said something that only a child taken over by its file would say."""


class Conversation:
    """One job's exchange of messages, with its limits."""

    def __init__(
        self, connection: socket.socket, source: BinaryIO, limits: JobLimits, least: str, *, tell: Teller | None = None
    ) -> None:
        self._least, self._level = least, ""
        self._tell, self._percent = tell, 0
        self._connection = connection
        self._source = source
        self._limits = limits
        self._began = time.monotonic()
        self._wall = limits.wall
        self._outcome: Outcome | None = None
        self._heads: list[dict[str, object]] = []
        self._bodies: list[bytearray] = []
        self._masks: list[object] = []
        self._masks_room = _MASKS_BYTES
        self._size = 0
        self._room = limits.output

    def hold(self, order: dict[str, object]) -> Outcome:
        """Give the order and answer until the child has ended."""
        self._size = _whole(order.get("size"), _BYTES_MOST)
        try:
            wire.send_json(self._connection, wire.JOB, order)
            self._level = self._hear_locks()
            if not levels.is_enough(self._level, self._least):
                return Outcome("failed", "confinement", level=self._level)
            while True:
                kind, payload = self._next()
                if kind == wire.EXIT:
                    return self._conclude(_parse(payload))
                self._answer(kind, payload)
        except _OutOfTime:
            return Outcome("failed", "wall", level=self._level)
        except (wire.Gone, _Misspoken):
            return Outcome("failed", "crash", level=self._level)

    def _hear_locks(self) -> str:
        """Hear how the child is confined, before it has seen a byte that could make it lie."""
        kind, payload = self._next()
        locks = _parse(payload).get("locks")
        if kind != wire.SEALED or not isinstance(locks, list):
            raise _Misspoken
        return levels.level_of([str(lock) for lock in locks], is_wrapped=levels.needs_wrap())

    def _next(self) -> tuple[bytes, bytes]:
        remaining = self._began + self._wall - time.monotonic()
        if remaining <= 0:
            raise _OutOfTime
        self._connection.settimeout(remaining)
        try:
            return wire.receive(self._connection)
        except TimeoutError:
            raise _OutOfTime from None

    def _answer(self, kind: bytes, payload: bytes) -> None:
        if kind == wire.READ:
            self._give_bytes(payload)
        elif kind == wire.HEAD:
            self._begin_rendition(_parse(payload))
        elif kind == wire.BODY:
            self._extend_rendition(payload)
        elif kind == wire.BUDGET:
            self._extend_wall(_parse(payload).get("wall"))
        elif kind == wire.STEP:
            self._hear_step(_parse(payload).get("percent"))
        elif kind == wire.MASKS:
            self._masks_room -= len(payload)
            self._note_masks(_parse(payload).get("masks"))
        elif kind == wire.DONE:
            self._outcome = _outcome(_parse(payload))

    def _give_bytes(self, payload: bytes) -> None:
        """Read what the child asked for; errors of the source are the caller's and pass through."""
        try:
            offset, length = wire.unpack_range(payload)
        except struct.error:
            raise _Misspoken from None
        if offset > self._size:
            raise _Misspoken
        self._source.seek(offset)
        data = self._source.read(min(length, wire.PIECE))
        try:
            wire.send(self._connection, wire.DATA, data)
        except TimeoutError:
            raise _OutOfTime from None

    def _begin_rendition(self, head: dict[str, object]) -> None:
        if len(self._heads) >= self._limits.renditions:
            raise _Misspoken
        self._heads.append(head)
        self._bodies.append(bytearray())

    def _extend_rendition(self, payload: bytes) -> None:
        self._room -= len(payload)
        if self._room < 0 or not self._bodies:
            raise _Misspoken
        self._bodies[-1] += payload

    def _extend_wall(self, seconds: object) -> None:
        asked = min(time.monotonic() - self._began + _number(seconds), self._limits.wall_most)
        # On a busy machine a page of paper may need longer than its share of an idle one: time is never taken back.
        self._wall = max(self._wall, asked)

    def _hear_step(self, percent: object) -> None:
        """Pass on how far the work is; it only ever grows, so a child can say it a hundred times at most."""
        if not isinstance(percent, int) or not self._percent < percent <= _ALL:
            raise _Misspoken
        self._percent = percent
        if self._tell is not None:
            self._tell(percent)

    def _note_masks(self, masks: object) -> None:
        if not isinstance(masks, list) or len(self._masks) + len(masks) > MASKS_MOST or self._masks_room < 0:
            raise _Misspoken
        self._masks += masks

    def _conclude(self, end: dict[str, object]) -> Outcome:
        """Join what the child said with how it ended; a child that was cut off has said nothing."""
        number, rss = _whole(end.get("signal"), signal.NSIG), _whole(end.get("rss"), _BYTES_MOST)
        cpu = _number(end.get("cpu"))
        outcome = self._outcome or self._cut_off(number, cpu, rss)
        outcome.cpu, outcome.rss, outcome.level = cpu, rss, self._level
        if outcome.verdict == "ready":
            pairs = zip(self._heads, self._bodies, strict=True)
            outcome.renditions = [_rendition(head, bytes(body)) for head, body in pairs]
            outcome.facts["masks"] = self._masks
        return outcome

    def _cut_off(self, number: int, cpu: float, rss: int) -> Outcome:
        """Name the limit that ended a child. Libraries that cannot report a refused allocation abort instead."""
        if number == signal.SIGXCPU or (number == signal.SIGKILL and cpu >= self._limits.cpu_most):
            return Outcome("rejected", "cpu")
        if number == signal.SIGSYS:
            return Outcome("rejected", "seccomp")
        if number and number != signal.SIGKILL and rss >= self._limits.memory * _NEARLY_ALL:
            return Outcome("rejected", "memory")
        if number in _GIVEN_UP:
            return Outcome("rejected", "damaged", {"detail": "trap"})
        return Outcome("failed", "crash")


def _parse(payload: bytes) -> dict[str, object]:
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        raise _Misspoken from None
    if not isinstance(content, dict):
        raise _Misspoken
    return content


def _whole(value: object, most: int) -> int:
    """A whole number from 0 on."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise _Misspoken
    return value


def _number(value: object) -> float:
    """A number from 0 on, as a float can hold it: JSON may also tell an infinite one, or none."""
    if not isinstance(value, int | float) or not 0 <= value <= _SECONDS_MOST or math.isnan(value):
        raise _Misspoken
    return float(value)


def _outcome(facts: dict[str, object]) -> Outcome:
    """What the child says of its file. The reason is a word of ours, for it goes into reports, pages and logs."""
    verdict, reason = facts.pop("verdict", None), facts.pop("reason", None)
    if verdict == "ready" and reason is None:
        return Outcome("ready", None, facts)
    if verdict not in {"held", "rejected"} or not isinstance(reason, str) or not _WORD.fullmatch(reason):
        raise _Misspoken
    return Outcome(str(verdict), reason, facts)


def _rendition(head: dict[str, object], data: bytes) -> Rendition:
    width, height = (_whole(head.get(side), _SIDE_MOST) for side in ("width", "height"))
    return Rendition(str(head.get("name")), str(head.get("media_type")), width, height, data)
