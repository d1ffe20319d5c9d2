"""Cells that nobody can read any more: a sealed text that no key opens, a moment that is none.

What belongs to one child is that child's trouble. Whoever only looks at a list does so once more without the case that
the cell belongs to, and is told of it: one damaged row takes no list away from everybody. What is damaged is left out
as a whole, with all that hangs on it, so that no order of a court, no danger sign and no end of a right is overlooked.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, String, and_, false, func, not_, or_, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.keys import WrongKey

NAMES = frozenset(("person.name", "person.email"))
NO_NAME = "\u2014"
"""What stands for a name or an address of the staff that does not open, where somebody only looks."""
_DAY, _TIME = "[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]", "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
MOMENTS = tuple(f"{_DAY} {_TIME}{fraction}" for fraction in ("", "." + "[0-9]" * 6))
"""How SQLite keeps a moment: to the second, or to its millionth."""
log = logging.getLogger("econsult.unreadable")


class UnreadableError(WrongKey, ValueError):
    """A cell that cannot be read. `stored` is what lies in it; `column` is `table.column`, empty where nobody knows."""

    def __init__(self, stored: str, column: str = "") -> None:
        super().__init__("a cell cannot be read")
        self.stored, self.column = stored, column


class Opener(Protocol):
    """What opens sealed texts."""

    def open(self, sealed: str, context: str) -> str: ...


@dataclass(frozen=True)
class LeftOut:
    """What a look goes without: requests and children, with all that hangs on them, names of the staff, and rows of the
    trail.
    """

    consults: frozenset[int] = frozenset()
    children: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    rows: frozenset[int] = frozenset()

    def __or__(self, other: LeftOut) -> LeftOut:
        return LeftOut(
            self.consults | other.consults,
            self.children | other.children,
            self.names | other.names,
            self.rows | other.rows,
        )


_LEFT_OUT: ContextVar[LeftOut | None] = ContextVar("left_out", default=None)


@contextmanager
def leaving_out(left: LeftOut) -> Iterator[None]:
    """Look at the records without these, in this thread and in this block."""
    token = _LEFT_OUT.set(left)
    try:
        yield
    finally:
        _LEFT_OUT.reset(token)


def left_out() -> LeftOut | None:
    """What the records are looked at without; None where they are looked at whole."""
    return _LEFT_OUT.get()


def opened(cipher: Opener, sealed: str, column: str) -> str:
    """The text of a sealed cell. Raises UnreadableError."""
    try:
        return cipher.open(sealed, column)
    except WrongKey:
        left = left_out()
        if left is not None and column in NAMES and sealed in left.names:
            return NO_NAME
        raise UnreadableError(sealed, column) from None


def opened_json(cipher: Opener, sealed: str, column: str) -> dict[str, Any]:
    """The object in a sealed cell. Raises UnreadableError."""
    try:
        found: dict[str, Any] = json.loads(opened(cipher, sealed, column))
    except (json.JSONDecodeError, RecursionError):
        raise UnreadableError(sealed, column) from None
    return found


def moments(read: Callable[[Any], datetime | None], column: str = "") -> Callable[[Any], datetime | None]:
    """Reads a moment as `read` does. Raises UnreadableError."""

    def moment(stored: Any) -> datetime | None:
        try:
            return read(stored)
        except (ValueError, TypeError):
            raise UnreadableError(str(stored), column) from None

    return moment


def is_no_moment(session: Session, column: InstrumentedAttribute[Any] | ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a cell holds no moment; an empty one holds none by right, and is not meant.

    SQLite keeps any text in any column, and compares it as the text that it is.
    """
    if session.get_bind().dialect.name != "sqlite":
        return false()
    cell = type_coerce(column, String)
    said = func.substr(cell, 1, 19)
    # 30 February comes back as a day of March, and what is no moment as nothing. SQLite would round the fraction.
    anew = func.strftime("%Y-%m-%d %H:%M:%S", said, "+0 days")
    looks_whole = or_(*(cell.bool_op("GLOB")(form) for form in MOMENTS))
    return and_(cell.is_not(None), or_(not_(looks_whole), anew.is_distinct_from(said)))


@lru_cache(maxsize=4096)
def say(table: str, column: str, number: int) -> None:
    """Once in the life of a process: a list is looked at every few seconds."""
    log.warning("ALARM: a cell cannot be read and is left out of pages: %s %d, %s.", table, number, column)


forget_said = say.cache_clear
