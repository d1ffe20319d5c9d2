"""What reads dates in words. It is given to this room by its place, as the models are, and reads texts elsewhere."""

import sys
from collections.abc import Collection, Iterator
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Protocol, cast

_NAME = "given_date_reader"


class Reading(Protocol):
    """Where something stands that can be a date, and which days it may mean."""

    start: int
    end: int
    days: frozenset[date]


class DateReader(Protocol):
    """The three functions of the package that is given."""

    def spans_of(self, text: str, days: Collection[date], /) -> list[tuple[int, int]]:
        """Say where one of these days may be meant."""

    def readings(self, text: str, /) -> Iterator[Reading]:
        """Yield everything that can be a date."""

    def month_of(self, word: str, /) -> int:
        """Return the month that a small word names; 0 for none."""


class NoDates:
    """Reads none, for a case of which no birth date is known: what is doubtful on a page is covered all the same."""

    def spans_of(self, *_: object) -> list[tuple[int, int]]:
        """Return nothing."""
        return []

    def readings(self, *_: object) -> Iterator[Reading]:
        """Yield nothing."""
        return iter(())

    def month_of(self, *_: object) -> int:
        """Return 0."""
        return 0


def load_date_reader(folder: Path | None) -> DateReader | None:
    """Load the package in this folder, which needs nothing beside itself; None where there is none."""
    place = folder / "__init__.py" if folder is not None else None
    if place is None or not place.is_file():
        return None
    spec = spec_from_file_location(_NAME, place, submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:
        return None
    module = sys.modules[_NAME] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("DateReader", module)
