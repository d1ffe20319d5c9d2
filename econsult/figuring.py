"""What figures are made of: rows by what they are split by, shares, and within how many hours so many of them were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.people.persons import Organization

Row = TypeVar("Row")


def site_names(session: Session, program_id: int | None = None) -> Mapping[str, str]:
    """What figures call each clinic (of one program), by its number: two of one name have their numbers beside it."""
    query = select(Organization.id, Organization.name)
    rows = session.execute(query if program_id is None else query.where(Organization.program_id == program_id)).all()
    often = Counter(row.name for row in rows)
    return {str(row.id): row.name if often[row.name] == 1 else f"{row.name} ({row.id})" for row in rows}


def grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> list[tuple[str, list[Row]]]:
    """The rows under each value of their key, the values in their order."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return sorted(groups.items(), key=lambda group: group[0])


def within_hours(spans: Iterable[timedelta], *shares: int) -> tuple[float, ...]:
    """The nearest-rank percentiles in hours, one for each share in percent; empty where there is no span."""
    ordered = sorted(spans)
    return tuple(hours(ordered[max(0, -(-len(ordered) * share // 100) - 1)]) for share in shares if ordered)


def percent(count: int, of: int) -> float:
    """How many of a hundred, to the first place; none of nothing."""
    return round(100 * count / of, 1) if of else 0.0


def hours(span: timedelta) -> float:
    """The hours of a span, to the second place."""
    return round(span / timedelta(hours=1), 2)
