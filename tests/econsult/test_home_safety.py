"""What staff say of a home: a warning without a danger sign's form, and its end by a clinician of the medical home."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from econsult.access_log import looks_at
from econsult.consults.records import Consult, RedFlagStop
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError
from econsult.home_safety import LONGEST, HomeForm, say, words_on
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.stops import UnsafeHome, unsafe_home
from econsult.trail import AuditEvent
from tests.personas import NOON, Clinic

WAY = "By the school nurse, before noon"
REASON = "Spoke with the mother alone: he has moved out, and the police know."


def at(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


def tell(session: Session, clinic: Clinic, who: Person, words: str, *, is_safe: bool, minutes: int) -> None:
    child = session.get_one(Patient, clinic.child.id)
    say(session, child, HomeForm(is_safe, words), session.merge(who), now=NOON + at(minutes))


def signed(session: Session, clinic: Clinic, minutes: int, *, is_hint: bool = False) -> None:
    """A danger sign of a home that is not safe, on a request of the child."""
    consult = clinic.econsult(session)
    stop = RedFlagStop(consult_id=consult.id, person_id=clinic.mother.id, codes="unsafe", at=NOON + at(minutes))
    stop.is_hint, stop.safe_way = is_hint, "" if is_hint else "Her sister's phone"
    session.add(stop)
    session.flush()


def test_a_word_warns_and_only_the_medical_home_ends_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        assert unsafe_home(session, clinic.child.id) is None
        tell(session, clinic, clinic.nurse, WAY, is_safe=False, minutes=1)
        assert unsafe_home(session, clinic.child.id) == UnsafeHome(NOON + at(1), (WAY,), is_hint=False)
        for other in (clinic.coordinator, clinic.nurse, clinic.other_pcp):
            with pytest.raises(ForbiddenError):
                tell(session, clinic, other, REASON, is_safe=True, minutes=2)
        assert unsafe_home(session, clinic.child.id) is not None
        tell(session, clinic, clinic.pcp, REASON, is_safe=True, minutes=3)
        assert unsafe_home(session, clinic.child.id) is None
        # What comes after counts anew, and nothing of what came before it.
        tell(session, clinic, clinic.coordinator, "", is_safe=False, minutes=4)
        assert unsafe_home(session, clinic.child.id) == UnsafeHome(NOON + at(4), (), is_hint=False)
        assert [word.is_safe for word in words_on(session, clinic.child.id)] == [False, True, False]


def test_its_end_ends_signs_and_hints_that_came_before_and_none_that_come_after(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        signed(session, clinic, 1)
        signed(session, clinic, 2, is_hint=True)
        tell(session, clinic, clinic.pcp, WAY, is_safe=False, minutes=3)
        found = unsafe_home(session, clinic.child.id)
        assert found == UnsafeHome(NOON + at(3), (WAY, "Her sister's phone"), is_hint=False)
        tell(session, clinic, clinic.pcp, REASON, is_safe=True, minutes=4)
        assert unsafe_home(session, clinic.child.id) is None
        signed(session, clinic, 5, is_hint=True)
        assert unsafe_home(session, clinic.child.id) == UnsafeHome(NOON + at(5), (), is_hint=True)
        signed(session, clinic, 6)
        assert unsafe_home(session, clinic.child.id) == UnsafeHome(NOON + at(6), ("Her sister's phone",), is_hint=False)


@pytest.mark.parametrize(
    ("words", "is_safe", "code"),
    [("  ok.  ", True, "too_short"), ("", True, "too_short"), ("x" * (LONGEST + 1), False, "too_long")],
)
def test_words_that_say_nothing_or_too_much_are_refused(
    words: str, is_safe: bool, code: str, database: Database, clinic: Clinic
) -> None:
    with database.writing() as session, pytest.raises(InvalidError) as refused:
        tell(session, clinic, clinic.pcp, words, is_safe=is_safe, minutes=1)
    assert refused.value.fields == {"home": code}


def test_families_and_specialists_say_nothing_of_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for who in (clinic.mother, clinic.derm):
            with pytest.raises(ForbiddenError):
                tell(session, clinic, who, WAY, is_safe=False, minutes=1)
        assert unsafe_home(session, clinic.child.id) is None


def test_it_rests_sealed_and_the_familys_log_keeps_nothing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        tell(session, clinic, clinic.pcp, WAY, is_safe=False, minutes=1)
        tell(session, clinic, clinic.pcp, REASON, is_safe=True, minutes=2)
    with database.writing() as session:
        stored = " ".join(session.scalars(text("SELECT words FROM home_word")))
        assert "school" not in stored
        assert "moved" not in stored
        acts = [row.detail for row in session.query(AuditEvent).filter_by(action="home_safety").order_by(AuditEvent.id)]
        assert acts == ["not_safe", "safe"]
        _child, looks, _more = looks_at(session, session.merge(clinic.mother), clinic.child.public_id, now=NOON + at(5))
        assert [look.action for look in looks if "home" in look.action] == []
        assert session.query(Consult).count() == 0
