"""Pure arithmetic of time: a person's second belongs to one consult and one activity, and is counted once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

Purpose = tuple[int, str, int]
"""For which consult (id), what it was, and in which round of the consult (the version of its answer)."""
Sums = dict[Purpose, timedelta]


@dataclass(frozen=True)
class Span:
    """Somebody's work from `start` to `end` (aware UTC), for `purpose`; one that was entered before goes first."""

    purpose: Purpose
    start: datetime
    end: datetime


def counted(spans: Sequence[Span]) -> Sums:
    """How long one person worked for each purpose, when no moment counts twice; earlier of `spans` win."""
    taken: list[tuple[datetime, datetime]] = []
    sums: Sums = defaultdict(timedelta)
    for span in spans:
        free = _free(span.start, span.end, taken)
        for start, end in free:
            sums[span.purpose] += end - start
        taken = sorted([*taken, *free])
    return dict(sums)


def seconds_of(sums: Sums, consult_id: int, activities: Iterable[str] = (), *, version: int | None = None) -> int:
    """The whole seconds of a consult, of all activities or of some, of all rounds or of the one of this version."""
    wanted = frozenset(activities)
    parts = (
        time
        for (consult, name, round_of), time in sums.items()
        if consult == consult_id and (not wanted or name in wanted) and version in (None, round_of)
    )
    return int(sum(parts, timedelta()).total_seconds())


def _free(
    start: datetime, end: datetime, taken: Sequence[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """The parts of start..end that no span of `taken`, which is in order and without overlap, covers."""
    free = []
    for begun, ended in taken:
        if start < min(begun, end):
            free.append((start, min(begun, end)))
        start = max(start, ended)
    if start < end:
        free.append((start, end))
    return free
