"""What was opened by exception is reviewed by a privacy officer, who is reminded after three days and then daily."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from econsult.consults.glass import REVIEWED_WITHIN, BrokenGlass, break_glass
from econsult.consults.looking_back import AGAIN, openings_for, remind, review, unreviewed
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person, Program, Role, add_person
from econsult.trail import AuditEvent
from tests.personas import NOON, Clinic

REASON = "The laboratory asks which child this is."


@pytest.fixture
def number(database: Database, clinic: Clinic, officer: Person) -> int:
    """An opening at noon."""
    with database.writing() as session:
        break_glass(session, clinic.claimed(session), clinic.derm, reason=REASON, now=NOON)
        return session.scalars(select(BrokenGlass.id)).one()


def reminded(database: Database, now: datetime) -> list[int]:
    """Who was reminded by this tick and all before it."""
    with database.writing() as session:
        remind(session, now)
    with database.reading() as session:
        query = (
            select(Notice.person_id)
            .where(Notice.kind.in_((NoticeKind.REVIEW_DUE, NoticeKind.REVIEW_ASK)))
            .order_by(Notice.id)
        )
        return list(session.scalars(query))


def test_officers_are_reminded_after_three_days_and_then_once_a_day(
    database: Database, officer: Person, number: int
) -> None:
    due = NOON + REVIEWED_WITHIN
    assert reminded(database, due - timedelta(seconds=1)) == []
    assert reminded(database, due) == [officer.id]
    assert reminded(database, due + timedelta(minutes=1)) == [officer.id]
    assert reminded(database, due + AGAIN) == [officer.id] * 2
    with database.writing() as session:
        review(session, officer, number, outcome="right", words="", now=due + AGAIN)
    assert reminded(database, due + 5 * AGAIN) == [officer.id] * 2


def test_a_director_hears_of_it_where_no_officer_is_left(
    database: Database, clinic: Clinic, officer: Person, number: int
) -> None:
    with database.writing() as session:
        session.get_one(Person, officer.id).is_active = False
    assert reminded(database, NOON + REVIEWED_WITHIN) == [clinic.director.id]
    with database.reading() as session:
        # A director opens no reviews: the letter says to name an officer.
        kinds = select(Notice.kind).where(Notice.person_id == clinic.director.id)
        assert session.scalars(kinds).all() == [NoticeKind.REVIEW_ASK]


def test_a_review_is_kept_with_who_and_when_and_only_once(database: Database, officer: Person, number: int) -> None:
    with database.writing() as session:
        assert unreviewed(session, officer) == 1
        review(session, officer, number, outcome="wrong", words="I talk to her today.", now=NOON)
        with pytest.raises(ImpossibleVerbError):
            review(session, officer, number, outcome="right", words="", now=NOON)
    with database.reading() as session:
        ((opened, _consult, who),) = openings_for(session, officer)
        acts = session.scalars(select(AuditEvent.action).where(AuditEvent.person_id == officer.id)).all()
        assert unreviewed(session, officer) == 0
    assert (opened.outcome, opened.review_note, opened.reviewed_by_id) == ("wrong", "I talk to her today.", officer.id)
    assert who.name == "derm"
    assert "review_exception" in acts


@pytest.mark.parametrize(("outcome", "words", "field"), [("", "", "outcome"), ("wrong", " ", "note")])
def test_a_review_says_what_it_found(
    database: Database, officer: Person, number: int, outcome: str, words: str, field: str
) -> None:
    with database.writing() as session, pytest.raises(InvalidError) as refused:
        review(session, officer, number, outcome=outcome, words=words, now=NOON)
    assert list(refused.value.fields) == [field]


def test_nobody_else_reviews_and_nothing_of_another_program(
    database: Database, clinic: Clinic, officer: Person, number: int
) -> None:
    with database.writing() as session:
        for other in (clinic.admin, clinic.director, clinic.derm, clinic.mother):
            with pytest.raises(ForbiddenError):
                review(session, other, number, outcome="right", words="", now=NOON)
            with pytest.raises(ForbiddenError):
                openings_for(session, other)
        with pytest.raises(NotFoundError):
            review(session, officer, number + 99, outcome="right", words="", now=NOON)
        elsewhere = Program(name="Other", key_wrapped=b"x", created_at=NOON)
        session.add(elsewhere)
        session.flush()
        details = {"email": "w@other.test", "name": "Wilma", "role": Role.PRIVACY, "now": NOON}
        theirs = add_person(session, database.cipher, elsewhere, **details)
        with pytest.raises(NotFoundError):
            review(session, theirs, number, outcome="right", words="", now=NOON)
        session.rollback()


def test_what_waits_stands_before_what_is_done(
    database: Database, clinic: Clinic, officer: Person, number: int
) -> None:
    with database.writing() as session:
        review(session, officer, number, outcome="right", words="", now=NOON)
        later = NOON + timedelta(days=1)
        break_glass(session, clinic.claimed(session, now=later), clinic.derm, reason=REASON, now=later)
        found = openings_for(session, officer)
    assert [opened.reviewed_at is None for opened, _consult, _who in found] == [True, False]
