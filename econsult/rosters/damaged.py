"""Damaged rows of the roster: each counts for nobody, is an alarm with its number, and keeps no other from counting."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session

from econsult.database import Base

log = logging.getLogger("econsult.rosters")
DAY, WEEK = 24 * 60, 7 * 24 * 60
Rows = TypeVar("Rows", bound=Base)


class Weekly(Protocol):
    """The hours of a week, in minutes."""

    id: Any
    weekday: Any
    starts: Any
    minutes: Any


def is_sound(shift: Weekly) -> bool:
    """Whether these are hours of a week. What is not gives nobody duty: then the desk hears that nobody is there."""
    if shift.weekday in range(7) and shift.starts in range(DAY) and 0 < shift.minutes <= WEEK:
        return True
    _say("shift", shift.id)
    return False


def readable(
    session: Session, query: Select[Any], table: type[Rows], given: Mapping[str, object] | None = None
) -> list[Rows]:
    """The rows of a query that can be read, in its order: a day that is no day is one row's trouble."""
    try:
        return list(session.scalars(query, given))
    except (ValueError, TypeError):
        numbers = session.scalars(query.with_only_columns(table.id), given).all()
    found = []
    for number in numbers:
        try:
            found.append(session.get_one(table, number))
        except (ValueError, TypeError):
            _say(table.__tablename__.replace("_", " "), number)
    return found


@lru_cache(maxsize=4096)
def _say(what: str, number: int) -> None:
    """Once in the life of a process: the clock asks every few seconds."""
    log.warning("ALARM: %s %d is damaged and counts for nobody.", what, number)


forget_said = _say.cache_clear
