"""The SLA chip: one clock said in words, with the kind that gives it its icon and colour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from web.context import now
from web.words.language import gettext
from web.words.times import due_by, moment, time_left

Kind = Literal["due", "soon", "late", "hold", "done", "draft"]
SOON = 0.75


@dataclass(frozen=True)
class Chip:
    """What the chip shows: `words` inside it and `under` below it. `kind` chooses icon and colour."""

    kind: Kind
    words: str
    under: str = ""


def running_chip(label: str, started_at: datetime, deadline_at: datetime) -> Chip:
    """A running clock. It turns to "soon" when 75 % of its target has passed, to "late" after the deadline."""
    if now() > deadline_at:
        was = gettext("was %(moment)s", moment=moment(deadline_at))
        return Chip("late", gettext("Late %(time)s", time=time_left(deadline_at)), f"{label} · {was}")
    under = f"{label} · {due_by(deadline_at)}"
    is_soon = now() >= started_at + SOON * (deadline_at - started_at)
    return Chip("soon" if is_soon else "due", gettext("Due in %(time)s", time=time_left(deadline_at)), under)


def paused_chip(label: str, reason: str, until: datetime | None) -> Chip:
    """A clock that stands still, why, and until when at the latest."""
    end = gettext("until %(moment)s at the latest", moment=moment(until)) if until is not None else ""
    return Chip("hold", gettext("Paused: %(reason)s", reason=reason), f"{label} · {end}" if end else label)


def draft_chip(words: str) -> Chip:
    """No clock runs yet: the request is still being written."""
    return Chip("draft", words)


def stopped_chip(words: str) -> Chip:
    """A clock that has done its work."""
    return Chip("done", words)
