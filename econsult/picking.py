"""Which of the rows that are due one transaction takes: a batch without those that were put aside, or a single one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

Asked = TypeVar("Asked", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class Pick:
    """At most so many rows, without those whose numbers are put aside; or the `only` one."""

    most: int = 100
    aside: frozenset[int] = frozenset()
    only: int | None = None

    def narrow(self, query: Asked, number: InstrumentedAttribute[int] | ColumnElement[int]) -> Asked:
        """The query for those rows, which is the same one where nothing is put aside."""
        if self.only is not None:
            return query.where(number == self.only)
        return query.where(number.not_in(sorted(self.aside))) if self.aside else query


ANY = Pick()
"""A batch of the usual size of whatever is due."""
