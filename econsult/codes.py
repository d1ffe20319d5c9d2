"""Columns that hold one of our own codes, such as the state of a clock."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, String, literal_column
from sqlalchemy.sql.operators import OperatorType


class Code(String):
    """A short text that is one of our own codes. Compared with codes of ours, a statement has them written out.

    An index over some codes only serves a statement that names one of them, and none that has a parameter in its place:
    PostgreSQL does not take it in a plan that it keeps, and SQLite prepares the statement anew each time it is run.
    """

    cache_ok = True

    class Comparator(String.Comparator[str]):
        """Writes out what the column is compared with."""

        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            return super().operate(op, *map(_written_out, other), **kwargs)

    comparator_factory = Comparator


def _written_out(value: object) -> object:
    """A code as it stands in a statement, and so each of several; whatever else it is stays as it is."""
    if isinstance(value, StrEnum):
        return literal_column(f"'{value}'", String())
    if isinstance(value, list | tuple | set | frozenset) and value and _are_codes(value):
        return [literal_column(f"'{code}'", String()) for code in dict.fromkeys(sorted(value))]
    return value


def _are_codes(values: Iterable[object]) -> bool:
    return all(isinstance(value, StrEnum) for value in values)
