"""Stretches of time: what has a start and an end, without a part of it."""

from __future__ import annotations

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
