"""Which of the rows that are due one transaction takes: a batch without those that were put aside, or a single one.

And those of many numbers, given as one parameter.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Dialect, Integer, Select, Text, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

Number = InstrumentedAttribute[int] | InstrumentedAttribute[int | None] | ColumnElement[int]
Row = TypeVar("Row")
Asked = TypeVar("Asked", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class Pick:
    """At most so many rows, without those whose numbers are put aside; or the `only` one."""

    most: int = 100
    aside: frozenset[int] = frozenset()
    only: int | None = None

    def narrow(self, query: Asked, number: Number) -> Asked:
        """The query for those rows, which is the same one where nothing is put aside."""
        if self.only is not None:
            return query.where(number == self.only)
        return query.where(number.not_in(sorted(self.aside))) if self.aside else query

    def due(
        self, session: Session, query: Select[Row], at: InstrumentedAttribute[Any], number: Number, now: datetime
    ) -> list[Row]:
        """Those of the query whose instant has come, the oldest first, as they are now and held until the end.

        What another process holds is left to it.
        """
        asked = self.narrow(query.where(at <= now).order_by(at, number).limit(self.most), number)
        held = asked.with_for_update(skip_locked=True).execution_options(populate_existing=True)
        return list(session.scalars(held))


ANY = Pick()
"""A batch of the usual size of whatever is due."""


class _Numbers(TypeDecorator[Collection[int]]):
    """Many numbers as one value: an array in PostgreSQL, a list in JSON in SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Integer()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        return list(value or ()) if dialect.name == "postgresql" else json.dumps(list(value or ()))


class _Each(FunctionElement[int]):
    """A table of the numbers."""

    type = Integer()
    inherit_cache = True


def one_of(number: ColumnElement[int] | InstrumentedAttribute[int], name: str) -> ColumnElement[bool]:
    """Whether a number is one of those that the parameter `name` gives, any collection of numbers.

    A parameter for each of a hundred numbers costs more to write and to read than their rows to find.
    """
    return number.in_(select(_Each(bindparam(name, type_=_Numbers())).column_valued("value")))


@compiles(_Each, "postgresql")
def _each_of_array(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"unnest({compiler.process(element.clauses, **options)})"


@compiles(_Each, "sqlite")
def _each_of_list(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"
