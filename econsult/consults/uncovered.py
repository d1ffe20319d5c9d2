"""Nobody who should act on a consult is there: one mark for as long as that lasts, and one line in its ledger.

`Consult.uncovered_at` says since when whoever must know of it knows. It is taken off when another person has the
consult, when something begins to run anew, and when somebody is there again; so the desk hears once, whoever finds it
out first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from econsult.consults.policies import ClockName

NO_COVER = "no_cover"
OF_CLINIC = "needs_clinicians"
"""Why a clock is held of which a clinic was asked for information."""
PROMISED = (ClockName.FIRST_REPLY, ClockName.NEXT_REPLY)
OF_CLINICIANS = frozenset((*PROMISED, ClockName.ALLOCATE))
OF_CLOCK = ("consult_id", "name", "cycle", "lane", "deadline_at", "target_seconds")

BELOW_ALL = -1_000_000_000
"""Lines of this kind are numbered by minutes; those that come at once far below them, by the consult's version."""


class Running(Protocol):
    """The columns of a clock that a line of the ledger repeats."""

    consult_id: int
    name: str
    cycle: int
    lane: str
    deadline_at: datetime
    target_seconds: int


def is_clinicians(name: str, lane: str) -> bool:
    """Whether this clock waits for whoever answers it, and not for somebody of the medical home to tell the family."""
    return name in OF_CLINICIANS and lane != "family"


def line_of(clock: Running, now: datetime, *, by_id: int | None = None) -> dict[str, Any]:
    """The line of the ledger that says "no cover", numbered by its minute: it may come again, each time once."""
    line: dict[str, Any] = {name: getattr(clock, name) for name in OF_CLOCK}
    line |= {"kind": "escalated", "level": 0, "sequence": minute_of(now), "at": now, "due_at": now}
    return line | {"is_late": False, "reason": NO_COVER, "person_id": by_id}


def line_at_once(clock: Running, now: datetime, version: int, *, by_id: int | None = None) -> dict[str, Any]:
    """The same where a deed of somebody brings it, numbered by the version that the deed made: two come in a minute."""
    return line_of(clock, now, by_id=by_id) | {"sequence": BELOW_ALL - version}


def about_of(now: datetime) -> str:
    """What makes a letter about it happen once."""
    return f"since:{minute_of(now)}"


def minute_of(at: datetime) -> int:
    """Minutes since 1970."""
    return int(at.timestamp() // 60)
