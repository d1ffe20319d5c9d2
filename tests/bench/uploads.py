"""The upload door beside the tus server for Node, in one run: `python -m tests.bench.uploads [--quick] [MEASURE ...]`.

Both run as one process without workers on the same disk; ours seals what it takes and makes it durable, the peer does
neither. Their rounds alternate, so that a busy machine is busy for both. The peer is installed into a temporary
folder with npm; `--alone` measures without it.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench._figures import report
from tests.bench._senders import SlowPhones, send_file, vanished
from tests.faults.doors import PEER, Door, OurDoor, our_door, peer_door

MEGABYTE = 1024 * 1024
PACE, PHONES_EACH = 30_000, 4


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    rounds: int = 5
    size: int = 1024 * MEGABYTE
    events: int = 100
    peer_events: int = 10
    sizes: tuple[int, ...] = (10 * MEGABYTE, 500 * MEGABYTE, 2048 * MEGABYTE)
    phones: int = 200
    phone_bytes: int = 900_000
    has_peer: bool = True


QUICK: dict[str, object] = {"rounds": 1, "size": 64 * MEGABYTE, "events": 5, "peer_events": 2}
QUICK |= {"sizes": (10 * MEGABYTE, 60 * MEGABYTE), "phones": 60, "phone_bytes": 150_000}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.uploads", description=__doc__)
    parser.add_argument("measures", nargs="*", choices=[[], *MEASURES], metavar="MEASURE", help=", ".join(MEASURES))
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, not how fast")
    parser.add_argument("--alone", action="store_true", help="without the peer")
    options = parser.parse_args()
    scale = Scale(has_peer=not options.alone, **(QUICK if options.quick else {}))  # type: ignore[arg-type]
    for name in options.measures or MEASURES:
        MEASURES[name](scale)


@contextlib.contextmanager
def _ours() -> Iterator[OurDoor]:
    with our_door(Path(tempfile.mkdtemp(prefix="ec-bench-"))) as door:
        yield door


@contextlib.contextmanager
def _peer(scale: Scale) -> Iterator[Door | None]:
    if not scale.has_peer:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="ec-peer-") as folder, peer_door(Path(folder)) as door:
        yield door


@contextlib.contextmanager
def _both(scale: Scale) -> Iterator[list[Door]]:
    with _ours() as ours, _peer(scale) as peer:
        yield [ours] if peer is None else [ours, peer]


@contextlib.contextmanager
def _file(size: int) -> Iterator[Path]:
    """A file that does not compress, of `size` bytes."""
    block = bytes(range(256)) * 4096
    with tempfile.NamedTemporaryFile(prefix="ec-bench-") as file:
        for _ in range(size // len(block)):
            file.write(block)
        file.flush()
        yield Path(file.name)


def throughput(scale: Scale) -> None:
    """One PATCH with everything, as fast as it goes."""
    with _both(scale) as doors, _file(scale.size) as source:
        figures = [[_send_once(door, source) for door in doors] for _ in range(scale.rounds + 1)]
    # The first round warms up.
    medians = [
        [statistics.median(turn[who][what] for turn in figures[1:]) for what in range(3)] for who in range(len(doors))
    ]
    name = f"uploads.patch_{scale.size // MEGABYTE}mib"
    for what, unit, limit in ((1, "user CPU s", 0.75), (2, "system CPU s", None), (0, "MB/s", 0.9)):
        values = [scale.size / 1e6 / one[what] if unit == "MB/s" else one[what] for one in medians]
        _tell(f"{name}.{unit.split()[0].lower().replace('/', '_per_')}", values, unit, limit)


def _send_once(door: Door, source: Path) -> tuple[float, float, float]:
    """Seconds on the wall, of user time, of system time."""
    path = door.begin(source.stat().st_size)
    user, system = door.cpu()
    began = time.perf_counter()
    status = send_file(door, path, source)
    took = time.perf_counter() - began
    assert status == 204, status
    after = door.cpu()
    door.forget(path)
    return took, after[0] - user, after[1] - system


def half_open(scale: Scale) -> None:
    """A phone vanishes without a word and comes back on another line."""
    with _both(scale) as doors:
        for door, events in zip(doors, (scale.events, scale.peer_events), strict=False):
            with contextlib.ExitStack() as stack:
                door.cpu()
                _come_back(door, stack)
                cpu, memory = sum(door.cpu()), door.memory()
                took = [_come_back(door, stack) for _ in range(events)]
                figures = (
                    (_percentile(took, 0.99) * 1000, "p99", "ms", 100),
                    (statistics.median(took) * 1000, "p50", "ms", None),
                    ((sum(door.cpu()) - cpu) / events * 1000, "cpu", "ms an event", None),
                    (max(0, door.memory() - memory) / events / 1e6, "memory", "MB an event", 1),
                )
            _remember("uploads.half_open", door, figures)
        _tell_remembered()


def _come_back(door: Door, stack: contextlib.ExitStack) -> float:
    """Seconds for a HEAD and a PATCH while the server still waits on the old line, which stays open."""
    path = door.begin(2_000_000)
    stack.enter_context(vanished(door, path, 2_000_000, bytes(700_000)))
    _wait(lambda: door.stored(path) > 200_000)
    began = time.perf_counter()
    offset = door.offset(path)
    status = door.patch(path, offset, bytes(1000))
    took = time.perf_counter() - began
    assert status == 204, status
    door.ask("DELETE", path, {})
    return took


def zombies(scale: Scale) -> None:
    """Two processes on one folder: late bytes come to the one after the other has acknowledged newer ones."""
    with _ours() as first:
        second = OurDoor(first.server.start(), first.path, first.headers, first.metadata, server=first.server)
        changed = [_changed_by_zombie(first, second) for _ in range(scale.events)]
    limits = [float(sum(changed))]
    if scale.has_peer:
        with tempfile.TemporaryDirectory() as folder, peer_door(Path(folder)) as one, peer_door(Path(folder)) as two:
            limits.append(float(sum(_changed_by_zombie(one, two) for _ in range(scale.peer_events))))
    _tell("uploads.zombie.changed", limits, "bytes after acknowledgement", None)


def _changed_by_zombie(first: Door, second: Door) -> int:
    """Bytes that differ from what was acknowledged."""
    path, length = first.begin(1_000_000), 1_000_000
    with vanished(first, path, length, b"A" * 400_000) as line:
        _wait(lambda: first.stored(path) > 200_000)
        _wait(lambda: _is_still(first, path))
        offset = second.offset(path)
        assert second.patch(path, offset, b"B" * 100_000) == 204
        with contextlib.suppress(OSError):
            line.sendall(b"Z" * 300_000)
            line.settimeout(0.5)
            line.recv(4096)
    rest = second.offset(path)
    assert second.patch(path, rest, b"C" * (length - rest)) == 204
    wanted = b"A" * offset + b"B" * 100_000
    found = second.content(path)[: len(wanted)]
    second.forget(path)
    return sum(1 for one, other in zip(wanted, found, strict=True) if one != other)


def _is_still(door: Door, path: str) -> bool:
    """Whether nothing is being written any more: the peer has no fence, so whoever asks too early is refused."""
    before = door.stored(path)
    time.sleep(0.05)
    return door.stored(path) == before


def memory(scale: Scale) -> None:
    """The most memory that a fresh process has ever held, by the size of the file it took."""
    peaks: list[list[float]] = []
    for size in scale.sizes:
        with _both(scale) as doors, _file(size) as source:
            for door in doors:
                _send_once(door, source)
            peaks.append([door.peak() / 1e6 for door in doors])
            _tell(f"uploads.memory_{size // MEGABYTE}mib", peaks[-1], "MB at most", 120)
    _tell("uploads.memory.spread", [max(each) - min(each) for each in zip(*peaks, strict=True)], "MB", 10)


def phones(scale: Scale) -> None:
    """Many phones on a slow network, and somebody who wants something else."""
    with _both(scale) as doors:
        for door in doors:
            people = (
                [door]
                if not isinstance(door, OurDoor)
                else [door.as_another(n) for n in range(scale.phones // PHONES_EACH)]
            )
            uploads = [
                (people[n % len(people)], people[n % len(people)].begin(scale.phone_bytes)) for n in range(scale.phones)
            ]
            took: list[float] = []
            slow, is_over = SlowPhones(uploads, scale.phone_bytes, PACE), threading.Event()
            asking = threading.Thread(target=_ask_on, args=(door, took, is_over))
            asking.start()
            statuses = slow.run(patience=scale.phone_bytes / PACE * 4 + 60)
            is_over.set()
            asking.join()
            figures = (
                (float(statuses.count(204)), "complete", f"of {scale.phones}", None),
                (statistics.median(took) * 1000, "other_p50", "ms", 20),
                (_percentile(took, 0.99) * 1000, "other_p99", "ms", 1200),
                (door.peak() / 1e6, "memory", "MB at most", 150),
            )
            _remember("uploads.phones", door, figures)
        _tell_remembered()


def _ask_on(door: Door, took: list[float], is_over: threading.Event) -> None:
    while not is_over.wait(0.1):
        began = time.perf_counter()
        assert door.ask("OPTIONS", door.path, {})[0] in {200, 204}
        took.append(time.perf_counter() - began)


_remembered: dict[str, tuple[list[float], str, float | None]] = {}


def _remember(name: str, door: Door, figures: tuple[tuple[float, str, str, float | None], ...]) -> None:
    del door
    for value, what, unit, limit in figures:
        _remembered.setdefault(f"{name}.{what}", ([], unit, limit))[0].append(value)


def _tell_remembered() -> None:
    for name, (values, unit, limit) in _remembered.items():
        _tell(name, values, unit, limit)
    _remembered.clear()


def _tell(name: str, values: list[float], unit: str, limit: float | None) -> None:
    """Ours, and its ratio to the peer's where that was measured; the peer's own figure has a line of its own."""
    ratio = round(values[0] / values[1], 3) if len(values) > 1 and values[1] else None
    report(name, round(values[0], 3), unit, limit=limit, peer=PEER if len(values) > 1 else None, ratio=ratio)
    if len(values) > 1:
        report(f"{name}.peer", round(values[1], 3), unit)


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def _wait(is_true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < ends, "the bytes did not reach the disk"
        time.sleep(0.002)


MEASURES: dict[str, Callable[[Scale], None]] = {
    "throughput": throughput,
    "half_open": half_open,
    "zombies": zombies,
    "memory": memory,
    "phones": phones,
}


if __name__ == "__main__":
    main()
