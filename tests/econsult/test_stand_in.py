"""Which pool a request goes to beside its own: the router and the ladder choose it by one rule."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from econsult.consults import choice, holding, offering
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.notices import Notice
from econsult.people.persons import Person, PractitionerSpecialty
from econsult.queue.firing import fire
from econsult.rosters.limits import Conflict, FallbackPool, Limits
from econsult.rosters.shifts import TimeOff
from tests.econsult.test_cover import HOUR, shift
from tests.personas import LEASE, NOON, Clinic

BROKEN = NOON + 24 * HOUR
BARRED, ABSENT = ("conflict", "licence", "language", "left"), ("off duty", "away", "full")


def _two_stand_ins(session: Session, clinic: Clinic) -> None:
    """First neurology, then genetics, whose one doctor is the second dermatologist."""
    own = PractitionerSpecialty.person_id == clinic.derm2.id
    session.execute(update(PractitionerSpecialty).where(own).values(specialty="genetics"))
    for place, name in enumerate(("neurology", "genetics")):
        pool = FallbackPool(program_id=clinic.program.id, specialty="dermatology", fallback=name, position=place)
        session.add(pool)
    session.flush()


def _keep_out(session: Session, clinic: Clinic, person: Person, how: str) -> None:
    if how == "conflict":
        session.add(Conflict(person_id=person.id, patient_id=clinic.child.id))
    elif how == "licence":
        clinic.home.state = "UT"
        session.merge(clinic.home)
        session.add(Limits(person_id=person.id, states="NV"))
    elif how == "language":
        session.add(Limits(person_id=person.id, languages="fr"))
    elif how == "left":
        session.get_one(Person, person.id).is_active = False
    elif how == "off duty":
        shift(session, clinic, person, weekday=6).specialty = "neurology"
    elif how == "away":
        session.add(TimeOff(person_id=person.id, starts_at=NOON, ends_at=NOON + 90 * HOUR))
    else:
        session.add(Limits(person_id=person.id, capacity=1))
        session.flush()
        other = clinic.econsult(session, specialty="neurology")
        holding.claim(session, other, person, now=NOON, lease=100 * HOUR)
    session.flush()


def _heard(session: Session, consult: Consult, person: Person) -> bool:
    query = select(Notice.id).where(Notice.consult_id == consult.id, Notice.person_id == person.id)
    return session.scalars(query.limit(1)).first() is not None


@pytest.mark.parametrize("how", [*BARRED, *ABSENT])
def test_a_broken_promise_goes_to_whoever_may_take_it_and_is_there(
    database: Database, clinic: Clinic, how: str
) -> None:
    with database.writing() as session:
        _two_stand_ins(session, clinic)
        _keep_out(session, clinic, clinic.neuro, how)
        consult = clinic.econsult(session)
        fire(session, BROKEN)
        assert consult.fallback_specialty == "genetics"
        assert (_heard(session, consult, clinic.derm2), _heard(session, consult, clinic.neuro)) == (True, False)
        # The router says the same, of this one and of one that nobody was told of.
        for told in ("genetics", None):
            consult.fallback_specialty = told
            chosen = choice.choose(session, consult, BROKEN)
            assert (choice.stand_in(consult, chosen), clinic.derm2.id) == ("genetics", chosen.ready[-1].id)
        holding.claim(session, consult, clinic.derm2, now=BROKEN, lease=LEASE)


@pytest.mark.parametrize("how", [*BARRED, *ABSENT])
def test_where_nobody_is_there_it_goes_to_the_first_who_may_and_stays_with_them(
    database: Database, clinic: Clinic, how: str
) -> None:
    with database.writing() as session:
        _two_stand_ins(session, clinic)
        _keep_out(session, clinic, clinic.derm2, "conflict")
        _keep_out(session, clinic, clinic.neuro, how)
        consult = clinic.econsult(session)
        fire(session, BROKEN)
        assert consult.fallback_specialty == ("neurology" if how in ABSENT else None)
        session.execute(delete(Conflict).where(Conflict.person_id == clinic.derm2.id))
        chosen = choice.choose(session, consult, BROKEN + HOUR)
        assert choice.stand_in(consult, chosen) == ("neurology" if how in ABSENT else "genetics")


@pytest.mark.parametrize("how", [*BARRED, *ABSENT])
def test_a_pool_that_cannot_is_stood_in_for_by_who_is_there(database: Database, clinic: Clinic, how: str) -> None:
    """The same where nobody of the own pool may take it from the first."""
    with database.writing() as session:
        _two_stand_ins(session, clinic)
        _keep_out(session, clinic, clinic.derm, "conflict")
        _keep_out(session, clinic, clinic.neuro, how)
        consult = clinic.econsult(session)
        assert (consult.fallback_specialty, consult.uncovered_at) == ("genetics", None)
        passed_over, chosen = [line.of for line in offering.why_of(consult) if line.code == "fallback"]
        assert (passed_over, chosen) == ("neurology", "genetics")
        fire(session, BROKEN)
        assert consult.fallback_specialty == "genetics"
