"""Rules that records break by what they say themselves: many are asked at once, by a statement that is made once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from econsult.consults.records import Consult, number_of

MOST = 100
"""So many lines are told of each rule at most."""
BEFORE: BindParameter[datetime] = bindparam("before")
"""By then whatever was due has been seen to."""


@dataclass(frozen=True)
class Rule:
    """One rule: the number of the promise that breaks with it, what is told then, and what asks for that.

    `breaks` gives the numbers of consults, or of what `said` names, in the order in which they are told.
    """

    promise: int
    words: str
    breaks: Select[int]
    said: Callable[[int], str] = number_of


def of_consults(*conditions: ColumnElement[bool]) -> Select[int]:
    """The consults of which all of this is so."""
    return select(Consult.id).where(*conditions).order_by(Consult.id)


def of_notice(number: int) -> str:
    """How a notice is named."""
    return f"notice {number}"


class Rules:
    """What `make` lists. Moments in it are parameters, since the statement stays the same from one look to the next."""

    def __init__(self, make: Callable[[], Iterator[Rule]]) -> None:
        self._make = make

    def broken(self, session: Session, **moments: datetime) -> Iterator[str]:
        """One line for each record that breaks one of them, rule after rule."""
        found: dict[int, list[int]] = {}
        for place, number in session.execute(self._asked, moments):
            found.setdefault(place, []).append(number)
        for place in sorted(found):
            rule = self._listed[place]
            yield from (f"{rule.promise} {rule.said(number)}: {rule.words}" for number in found[place])

    @functools.cached_property
    def _listed(self) -> Sequence[Rule]:
        return tuple(self._make())

    @functools.cached_property
    def _asked(self) -> CompoundSelect[Any]:
        parts = [rule.breaks.limit(MOST).subquery() for rule in self._listed]
        return union_all(*(select(literal_column(str(place)), *part.c) for place, part in enumerate(parts)))
