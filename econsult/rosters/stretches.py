"""Stretches of time: what has a start and an end, without a part of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar


class _Stretch(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def start(self) -> datetime: ...

    @property
    def end(self) -> datetime: ...


Stretched = TypeVar("Stretched", bound=_Stretch)


def outside(stretch: Stretched, start: datetime, end: datetime) -> list[Stretched]:
    """What of a stretch lies before `start` or from `end` on."""
    if end <= stretch.start or start >= stretch.end:
        return [stretch]
    before = [replace(stretch, end=start)] if start > stretch.start else []
    return [*before, replace(stretch, start=end)] if end < stretch.end else before


def within(stretch: Stretched, start: datetime, end: datetime) -> Stretched:
    """What of a stretch that touches these two instants lies between them."""
    return replace(stretch, start=max(stretch.start, start), end=min(stretch.end, end))


def gaps(found: Iterable[_Stretch], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches between two instants that lie in none of these."""
    holes, reached = [], start
    for span in sorted(found, key=lambda each: each.start):
        if span.start > reached:
            holes.append((reached, min(span.start, end)))
        reached = max(reached, span.end)
    return [*holes, (reached, end)] if reached < end else holes
