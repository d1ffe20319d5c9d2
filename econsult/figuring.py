"""What figures are made of: rows by what they are split by, shares, and within how many hours so many of them were."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

Row = TypeVar("Row")


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
