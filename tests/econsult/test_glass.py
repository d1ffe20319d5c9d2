"""A child's name opened by exception: for an hour, with a reason, about one request, and never unseen."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Text, column, select, table
from sqlalchemy.orm import Session

from econsult.access import identity_for
from econsult.access_log import Deed, looks_at
from econsult.consults import answers, holding, requests
from econsult.consults.glass import LASTS, BrokenGlass, NotTakenError, break_glass
from econsult.consults.looking_back import openings_for
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind, letter
from econsult.people.persons import Person, Role, add_person
from econsult.trail import AuditEvent
from tests.personas import ANSWER, LEASE, NOON, Clinic

REASON = "The lab called about Luz Prueba and asks which child it is."


@pytest.fixture
def officers(database: Database, clinic: Clinic) -> list[Person]:
    with database.writing() as session:
        return [_officer(session, database, clinic, name) for name in ("vera", "pilar")]


@pytest.fixture
def held(database: Database, clinic: Clinic) -> Consult:
    """A request that the dermatologist holds."""
    with database.writing() as session:
        return clinic.claimed(session)


def _officer(session: Session, database: Database, clinic: Clinic, name: str) -> Person:
    email, role = f"{name}@clinic.test", Role.PRIVACY
    return add_person(session, database.cipher, clinic.program, email=email, name=name, role=role, now=NOON)


def _break(database: Database, consult: Consult, person: Person, *, reason: str = REASON, now: datetime = NOON) -> None:
    with database.writing() as session:
        passed, opening = identity_for(session, person, consult.public_id, now=now)
        assert opening is None
        assert break_glass(session, passed.consult, person, reason=reason, now=now) == now + LASTS


def _until(database: Database, consult: Consult, person: Person, now: datetime) -> datetime | None:
    with database.writing() as session:
        opening = identity_for(session, person, consult.public_id, now=now)[1]
    return opening.until if opening is not None else None


def test_a_name_is_open_for_an_hour_to_one_person_about_one_request(
    database: Database, clinic: Clinic, held: Consult, officers: list[Person]
) -> None:
    assert officers
    with database.writing() as session:
        other = clinic.econsult(session)
    _break(database, held, clinic.derm)
    last = NOON + LASTS - timedelta(seconds=1)
    assert _until(database, held, clinic.derm, last) == NOON + LASTS
    assert _until(database, held, clinic.derm, NOON + LASTS) is None
    # A colleague of the pool has no name to open of what somebody else holds, nor anybody of what nobody has taken.
    for person, consult in ((clinic.derm2, held), (clinic.derm, other), (clinic.derm2, other)):
        with pytest.raises(NotTakenError):
            _until(database, consult, person, last)


def test_every_officer_is_told_once_and_nothing_of_the_child_is_said(
    database: Database, clinic: Clinic, held: Consult, officers: list[Person]
) -> None:
    _break(database, held, clinic.derm)
    with database.writing() as session:
        again, soon = session.get_one(Consult, held.id), NOON + timedelta(minutes=5)
        assert break_glass(session, again, clinic.derm, reason=REASON, now=soon) == NOON + LASTS
    bare = table("broken_glass", column("reason", Text))
    with database.reading() as session:
        told = list(session.scalars(select(Notice).where(Notice.kind == NoticeKind.NAME_OPENED)))
        assert {notice.person_id for notice in told} == {officer.id for officer in officers}
        assert len(told) == len(officers)
        words = " ".join(" ".join(letter(notice, "https://clinic.example", is_family=False)) for notice in told)
        assert "Luz" not in words + "".join(notice.dedupe_key for notice in told)
        assert "Luz" not in session.scalars(select(bare.c.reason)).one()
        rows = list(session.scalars(select(AuditEvent).where(AuditEvent.action == "break_glass")))
        assert [(row.person_id, row.patient_id, row.consult_id, row.detail) for row in rows] == [
            (clinic.derm.id, clinic.child.id, held.id, "")
        ]


def test_the_family_and_the_officer_see_it(
    database: Database, clinic: Clinic, held: Consult, officers: list[Person]
) -> None:
    _break(database, held, clinic.derm)
    assert _until(database, held, clinic.derm, NOON) is not None
    with database.writing() as session:
        _patient, looks, _older = looks_at(session, clinic.mother, clinic.child.public_id, now=NOON)
        seen = [(look.action, look.person.id if look.person else 0) for look in looks if look.deed == Deed.EXCEPTION]
        assert seen == [("read_identity", clinic.derm.id), ("break_glass", clinic.derm.id)]
        ((opened, consult, person),) = openings_for(session, officers[0])
        assert (opened.reason, consult.id, person.id) == (REASON, held.id, clinic.derm.id)
        for other in (clinic.derm, clinic.mother, clinic.coordinator, clinic.admin, clinic.director):
            with pytest.raises(ForbiddenError):
                openings_for(session, other)


@pytest.mark.parametrize("reason", ["", "   ", "a word", " " * 40, "x" * 1001])
def test_without_a_reason_nothing_opens(
    database: Database, clinic: Clinic, held: Consult, officers: list[Person], reason: str
) -> None:
    assert officers
    with pytest.raises(InvalidError), database.writing() as session:
        break_glass(session, session.get_one(Consult, held.id), clinic.derm, reason=reason, now=NOON)
    assert _nothing_happened(database)


def test_where_nobody_would_be_told_nothing_opens(database: Database, clinic: Clinic, held: Consult) -> None:
    with pytest.raises(ForbiddenError), database.writing() as session:
        break_glass(session, session.get_one(Consult, held.id), clinic.derm, reason=REASON, now=NOON)
    with database.writing() as session:
        _officer(session, database, clinic, "gone").is_active = False
    with pytest.raises(ForbiddenError), database.writing() as session:
        break_glass(session, session.get_one(Consult, held.id), clinic.derm, reason=REASON, now=NOON)
    assert _nothing_happened(database)


def _nothing_happened(database: Database) -> bool:
    with database.reading() as session:
        told = session.scalars(select(Notice).where(Notice.kind == NoticeKind.NAME_OPENED)).all()
        return not told and not session.scalars(select(BrokenGlass)).all()


def test_it_ends_with_giving_the_request_back_also_for_who_takes_it_again(
    database: Database, clinic: Clinic, held: Consult, officers: list[Person]
) -> None:
    assert officers
    _break(database, held, clinic.derm)
    with database.writing() as session:
        holding.release(session, session.get_one(Consult, held.id), clinic.derm, "", now=NOON)
    with pytest.raises(NotTakenError):
        _until(database, held, clinic.derm, NOON)
    soon = NOON + timedelta(minutes=5)
    with database.writing() as session:
        holding.claim(session, session.get_one(Consult, held.id), clinic.derm, now=soon, lease=LEASE)
    assert _until(database, held, clinic.derm, soon) is None
    _break(database, held, clinic.derm, now=soon)


def test_it_ends_with_the_right_to_the_request(
    database: Database, clinic: Clinic, held: Consult, officers: list[Person]
) -> None:
    assert officers
    _break(database, held, clinic.derm)
    with database.writing() as session:
        consult = session.get_one(Consult, held.id)
        holding.release(session, consult, clinic.derm, "", now=NOON)
        holding.claim(session, consult, clinic.derm2, now=NOON, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm2, ANSWER, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm2, now=NOON)
    with pytest.raises(NotFoundError):
        _until(database, held, clinic.derm, NOON)


def test_a_request_that_was_taken_back_or_is_anothers_is_not_there(
    database: Database, clinic: Clinic, held: Consult, officers: list[Person]
) -> None:
    assert officers
    _break(database, held, clinic.derm)
    with database.writing() as session:
        family = clinic.family_question(session)
    for person, consult in ((clinic.derm, family), (clinic.neuro, held), (clinic.other_pcp, held)):
        with pytest.raises(NotFoundError):
            _until(database, consult, person, NOON)
    for person in (clinic.pcp, clinic.mother, clinic.coordinator):
        with pytest.raises(ForbiddenError):
            _until(database, held, person, NOON)
    with database.writing() as session:
        requests.withdraw(session, session.get_one(Consult, held.id), clinic.pcp, "", now=NOON)
    with pytest.raises(NotFoundError):
        _until(database, held, clinic.derm, NOON)
