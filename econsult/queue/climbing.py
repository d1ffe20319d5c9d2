"""The steps of what is told again and again until somebody has acted: telephone tasks, questions to colleagues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar


class Told(Protocol):
    """What is told: how many steps were, and when the next one is."""

    level: int
    next_at: datetime | None


Each = TypeVar("Each", bound=Told)


def climb(told: Each, step_at: Callable[[Each, int], datetime], late_level: int, now: datetime) -> list[dict[str, Any]]:
    """Take every step that has come, and move on to the next; returns a line of the ledger for each."""
    lines = []
    while told.next_at is not None and told.next_at <= now:
        told.level += 1
        kind = "reminded" if told.level < late_level else "late"
        lines.append({"kind": kind, "level": told.level, "at": now, "due_at": told.next_at})
        told.next_at = step_at(told, told.level + 1)
    return lines
