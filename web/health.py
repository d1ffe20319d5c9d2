"""Whether the house lives and may be given work: for supervisors, proxies and people who operate it.

The answers hold states, ages and counts, never a name of a machine, a path or an address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.heartbeats import Heartbeat, aside_now, latest
from econsult.jobs import oldest_waiting
from econsult.queue.calling import oldest_call
from econsult.queue.firing import oldest_due
from econsult.queue.pending import lag_of
from econsult.rekeying import half_changed
from imaging.jail import levels
from storage.blobs import BlobError
from storage.disk import free_bytes
from uploads.kinds import FLOOR, MEGABYTE
from uploads.root import is_right
from web.context import database, now, runtime, settings
from workers.clock import TICK
from workers.embedded import is_embedded
from workers.work import CALLS, DEADLINES

health = Blueprint("health", __name__)

SILENT_SECONDS = {"fast": 90, "slow": 90, "clock": 30}
"""After how long without a heartbeat a role counts as gone."""
LAG_SECONDS = 30
"""How late deadlines may fire before the clock counts as ill."""
ALARM_SECONDS = 2 * int(TICK.total_seconds())
"""How late deadlines may fire before somebody should look: two ticks."""

PLAIN_COOKIES = "plain http: cookies are not marked Secure"
THIS_MACHINE_ALONE = "plain http: cookies are marked Secure, so only browsers on this machine can sign in"
PROXY_NOT_TOLD = "a proxy stands in front but ECONSULT_PROXY_HOPS is 0: its headers are not believed"
RLIMITS_ALONE = "files are decoded behind process limits only"
PASSWORDS_ALONE = "ECONSULT_SECOND_FACTOR is offered: staff may sign in without a second factor"
Part = dict[str, Any]


@health.get("/health/live")
def live() -> Response:
    """This process answers."""
    return jsonify(status="live")


@health.get("/health/ready")
def ready() -> tuple[Response, int]:
    """Every component; 503 while one that is needed is missing."""
    parts = {"database": _database(), "redis": _redis(), "blobs": _blobs(), "staging": _staging()}
    parts |= {"jail": jail_part(levels.best_level(), settings().confinement), **_background()}
    is_ready = all(part["ok"] for part in parts.values())
    return jsonify(status="ready" if is_ready else "not ready", notes=_notes(), **parts), 200 if is_ready else 503


def _notes() -> list[str]:
    """What whoever operates this should know although nothing is broken."""
    notes = {
        PLAIN_COOKIES: settings().is_demo and not settings().is_https,
        THIS_MACHINE_ALONE: not settings().is_demo and not settings().is_https,
        PROXY_NOT_TOLD: "X-Forwarded-Proto" in request.headers and not settings().proxy_hops,
        RLIMITS_ALONE: levels.best_level() == levels.RLIMITS,
        PASSWORDS_ALONE: not settings().is_demo and not settings().needs_factor,
    }
    return [note for note, applies in notes.items() if applies]


def _database() -> Part:
    return {"ok": _works(database().ping, SQLAlchemyError)}


def _redis() -> Part:
    """Without Redis the workers poll; a Redis that is named but does not answer is a fault."""
    doorbell = runtime().doorbell
    if doorbell is None:
        return {"ok": True, "mode": "none"}
    return {"ok": doorbell.is_up(), "mode": "embedded" if is_embedded(doorbell.url) else "server"}


def _blobs() -> Part:
    return {"ok": _works(_reach_blobs, BlobError)}


def _staging() -> Part:
    """Where uploads rest until a worker takes them. Below the floor no new one is let in."""
    try:
        free = free_bytes(settings().staging)
        is_ours = is_right(database(), settings().staging, now=now())
    except (BlobError, SQLAlchemyError):
        return {"ok": False}
    return {"ok": is_ours and free >= FLOOR, "free_mb": free // MEGABYTE}


def _reach_blobs() -> None:
    """Opening the store may fail as well as asking it."""
    runtime().blobs.check()


def _background() -> dict[str, Part]:
    """What the processes behind the pages have written down."""
    try:
        with database().reading() as session:
            return _told(session, now())
    except SQLAlchemyError:
        return {name: {"ok": False} for name in ("workers", "clock", "queue", "keys")}


def _told(session: Session, at: datetime) -> dict[str, Part]:
    beats = latest(session)
    oldest = oldest_waiting(session)
    workers = {lane: _age(beats.get(lane), at) for lane in ("fast", "slow")}
    clock = beats.get("clock")
    aside = aside_now(session, "clock", at)
    lag = _lag(session, clock, aside, at)
    # What fires late leaves nothing to be seen from here; the clock says so itself.
    late = max(lag, clock.lag_seconds) if clock is not None and lag is not None else None
    return {
        "workers": {"ok": all(_is_fresh(lane, age) for lane, age in workers.items()), "heartbeat_age_s": workers},
        "clock": {
            "ok": _is_fresh("clock", _age(clock, at)) and lag is not None and lag <= LAG_SECONDS,
            "lag_s": late,
            "alarm": late is None or late > ALARM_SECONDS or bool(aside),
            "aside": sum(len(numbers) for numbers in aside.values()),
            "heartbeat_age_s": _age(clock, at),
        },
        "keys": _keys(half_changed(session), at),
        # A long queue is told but is no fault: taking the pages away would not make it shorter.
        "queue": {"ok": True, "oldest_job_age_s": max(0, int((at - oldest).total_seconds())) if oldest else 0},
    }


def _keys(began: Sequence[datetime], at: datetime) -> Part:
    """Programs whose key is being changed, which takes minutes: one that stands half done needs its command again."""
    age = max(0, int((at - min(began)).total_seconds())) if began else 0
    return {"ok": True, "half_changed": len(began), "half_changed_age_s": age}


def _lag(session: Session, clock: Heartbeat | None, aside: Mapping[str, Sequence[int]], at: datetime) -> int | None:
    """How late the oldest deadline is, seen from here: a clock that has died cannot hide it. None without a clock.

    Rows that the clock cannot do and has put aside do not count: to take the pages away would do none of them.
    """
    if clock is None:
        return None
    return lag_of(oldest_due(session, aside.get(DEADLINES, ())), oldest_call(session, aside.get(CALLS, ())), at)


def _age(beat: Heartbeat | None, at: datetime) -> int | None:
    return None if beat is None else max(0, int((at - beat.at).total_seconds()))


def _is_fresh(role: str, age: int | None) -> bool:
    return age is not None and age <= SILENT_SECONDS[role]


def jail_part(level: str, least: str) -> Part:
    """How files are shut in while they are decoded; less than the settings ask for is a fault."""
    return {"ok": levels.is_enough(level, least), "level": level}


def _works(check: Callable[[], None], fault: type[Exception]) -> bool:
    try:
        check()
    except fault:
        return False
    return True
