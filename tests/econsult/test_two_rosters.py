"""Somebody of two specialties that both have a roster is there for the one they are on duty for, and for no other."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from econsult.consults import holding, passing
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.people.persons import Person, PractitionerSpecialty
from econsult.queue.absence import uncovered_held
from econsult.rosters.shifts import Shift
from tests.econsult.test_cover import HOUR, told
from tests.econsult.test_not_there import MINUTE, all_day
from tests.personas import NOON, Clinic


def _two_rosters(session: Session, clinic: Clinic, *, neurology_minutes: int) -> None:
    """The dermatologist is on duty all day, and for neurology until so many minutes after midnight, as nobody else."""
    session.add(PractitionerSpecialty(person_id=clinic.derm.id, specialty="neurology"))
    for specialty, minutes in (("dermatology", 24 * 60 - 1), ("neurology", neurology_minutes)):
        plan = Shift(program_id=clinic.program.id, specialty=specialty, person_id=clinic.derm.id, weekday=0)
        plan.starts, plan.minutes, plan.time_zone, plan.from_day = 0, minutes, "UTC", date(2026, 1, 1)
        session.add(plan)
    session.flush()


def _asked(session: Session, clinic: Clinic) -> tuple[Consult, Person]:
    return clinic.econsult(session, specialty="neurology"), session.get_one(Person, clinic.derm.id)


def test_the_end_of_one_of_two_shifts_is_told_for_what_is_held_of_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        _two_rosters(session, clinic, neurology_minutes=12 * 60 + 30)
        consult, derm = _asked(session, clinic)
        other = holding.claim(session, clinic.econsult(session), derm, now=NOON, lease=100 * HOUR)
        holding.claim(session, consult, derm, now=NOON, lease=100 * HOUR)
        all_day(session, NOON, NOON + 29 * MINUTE)
        assert told(session) == []
        all_day(session, NOON + 30 * MINUTE, NOON + 4 * HOUR)
        assert told(session) == [(consult.id, clinic.coordinator.id)]
        assert uncovered_held(session, clinic.program.id, 9) == [consult]
        session.refresh(other)
        assert other.uncovered_at is None


@pytest.mark.parametrize("how", ["by a volunteer", "by the desk"])
def test_what_is_taken_off_duty_stays_so_while_its_holder_is_on_duty_for_something_else(
    database: Database, clinic: Clinic, how: str
) -> None:
    """Whoever took it is there for it, and nobody is told again; what the desk gave away is told once, and listed."""
    with database.writing() as session:
        _two_rosters(session, clinic, neurology_minutes=60)
        consult, derm = _asked(session, clinic)
        at = NOON + MINUTE
        if how == "by a volunteer":
            holding.claim(session, consult, derm, now=at, lease=100 * HOUR)
        else:
            desk = {"by": clinic.coordinator, "now": at, "lease": 100 * HOUR, "although_off_duty": True}
            passing.assign(session, consult, derm, "only they know", **desk)
        before = len(told(session))
        all_day(session, at, at + 4 * HOUR)
        session.refresh(consult)
        assert len(told(session)) - before <= (how == "by the desk")
        assert consult.is_taken_off_duty == (how == "by a volunteer")
        assert uncovered_held(session, clinic.program.id, 9) == ([consult] if how == "by the desk" else [])
