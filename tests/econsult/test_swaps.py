"""One shift of one day given to somebody else: on a day that comes, by one who was asked and said yes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from econsult.database import Database
from econsult.errors import InvalidError
from econsult.rosters.swapping import offer_swap
from tests.econsult.test_cover import shift
from tests.personas import NOON, Clinic

HOUR = timedelta(hours=1)
TODAY = NOON.date()
"""A Monday, 5 in the morning in Denver; the shift goes from 4 to 13 there."""


@pytest.mark.parametrize(
    ("day", "hours", "why"),
    [
        (None, 0, "required"),
        (date.min, 0, "passed"),
        (date.max, 0, "passed"),
        (TODAY - timedelta(days=7), 0, "passed"),
        (TODAY, 8, "passed"),
        (TODAY + timedelta(days=371), 0, "passed"),
        (TODAY + timedelta(days=1), 0, "invalid"),
    ],
)
def test_a_day_on_which_nothing_can_be_swapped_is_refused(
    database: Database, clinic: Clinic, day: date | None, hours: int, why: str
) -> None:
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        with pytest.raises(InvalidError) as refused:
            offer_swap(session, clinic.coordinator, number, day, clinic.derm2.public_id, now=NOON + hours * HOUR)
        assert refused.value.fields == {"day": why}


def test_a_shift_that_goes_on_may_still_be_swapped(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        late = NOON + 8 * HOUR - timedelta(seconds=1)
        assert offer_swap(session, clinic.derm, number, TODAY, clinic.derm2.public_id, now=late).on_day == TODAY
