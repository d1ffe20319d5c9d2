"""Which answers are one service: those of one person for one child on one problem, within the days of the first one.

Pure arithmetic on calendar days. One code stands for such a service, on the day of its first answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

Key = tuple[int, int]
"""An answer: its consult (id) and its version."""


@dataclass(frozen=True)
class Contact:
    """An answer of one person for one child: when it was given (aware UTC), on which day, and for which problem.

    The problem is the clinic's diagnosis; where nobody gave one, answers of one consult alone have the same.
    """

    key: Key
    at: datetime
    day: date
    problem: str

    def has_problem_of(self, other: Contact) -> bool:
        return self.key[0] == other.key[0] or bool(self.problem and self.problem == other.problem)


@dataclass(frozen=True)
class Place:
    """Where an answer stands: `first` is the one it is one service with (key and day), None where it is one itself.

    `previous_on` is then the day of the last service before.
    """

    first: Key | None = None
    first_on: date | None = None
    previous_on: date | None = None


ALONE = Place()


def placed(contacts: Iterable[Contact], days: int) -> dict[Key, Place]:
    """The places of one person's answers for one child, when a service may come again after `days`."""
    firsts: list[Contact] = []
    found: dict[Key, Place] = {}
    for each in sorted(contacts, key=lambda one: (one.at, one.key)):
        near = [one for one in firsts if (each.day - one.day).days < days and one.has_problem_of(each)]
        if near:
            found[each.key] = Place(near[-1].key, near[-1].day)
        else:
            found[each.key] = Place(previous_on=firsts[-1].day if firsts else None)
            firsts.append(each)
    return found


def later_of(places: Mapping[Key, Place]) -> dict[Key, list[Key]]:
    """By each first answer those that are one service with it, oldest first."""
    found: dict[Key, list[Key]] = {}
    for key, place in places.items():
        if place.first is not None:
            found.setdefault(place.first, []).append(key)
    return found
