"""Which visits on record are near an answer: pure arithmetic on calendar days of the program's zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from econsult.billing.facts import Facts, Recorded

IN_PERSON_DAYS = 14
"""For so many days before and after an interprofessional consultation the consultant sees the child not in person."""


def visits_before(facts: Facts) -> tuple[Recorded, ...]:
    """The visits on record in the days before the answer, explained or not."""
    return tuple(each for each in facts.visits if facts.served_on and 0 < _days(facts, each.on) <= IN_PERSON_DAYS)


def visits_after(facts: Facts) -> tuple[Recorded, ...]:
    """Those from the day of the answer on: within the days, or at the next free visit, which is what a list is for.

    A list on which somebody puts the child only after these days is of something newer.
    """
    return tuple(each for each in facts.visits if facts.served_on and _is_after(facts, each))


def _is_after(facts: Facts, visit: Recorded) -> bool:
    if visit.on is not None and _days(facts, visit.on) > 0:
        return False
    is_within = visit.on is not None and -_days(facts, visit.on) <= IN_PERSON_DAYS
    is_next_free = visit.listed_on is not None and -_days(facts, visit.listed_on) <= IN_PERSON_DAYS
    return is_within or is_next_free


def _days(facts: Facts, day: date | None) -> int:
    """How many days the answer is after a day; less than none where that comes later, and 0 where one is not known."""
    return (facts.served_on - day).days if facts.served_on and day else 0


def are_explained(visits: Iterable[Recorded]) -> bool:
    """Whether the consultant has said of each of them why it stands against nothing."""
    return all(each.why for each in visits)
