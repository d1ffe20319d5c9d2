"""A program says to whom of its specialists names open; what nobody can read is a no, and it bites at the next look."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from econsult.access import identity_for
from econsult.access_log import Deed, looks_at
from econsult.consults.glass import LASTS, NotTakenError, Opening, break_glass
from econsult.consults.holding import release
from econsult.consults.names_shown import NamesShown, choose_names
from econsult.consults.records import Consult
from econsult.consults.requests import withdraw
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, StaleVersionError
from econsult.names_change import Change, would_change
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person, Program, Role, add_person
from econsult.trail import AuditEvent
from tests.personas import NOON, Clinic

REASON = "The laboratory asks which child this is."
SOON = NOON + timedelta(minutes=5)


@pytest.fixture
def held(database: Database, clinic: Clinic, officer: Person) -> Consult:
    assert officer
    with database.writing() as session:
        return clinic.claimed(session)


def choose(database: Database, officer: Person, wish: str, seen: str = "exception") -> None:
    with database.writing() as session:
        choose_names(session, officer, wish, seen=seen, now=NOON)


def opening(database: Database, held: Consult, person: Person, *, is_let: bool = True) -> Opening | None:
    with database.writing() as session:
        return identity_for(session, person, held.public_id, now=SOON, is_let=is_let)[1]


def change(database: Database, clinic: Clinic, wish: NamesShown, at: datetime = SOON) -> Change:
    with database.reading() as session:
        return would_change(session, clinic.program.id, wish, at)


def test_the_holder_reads_it_while_they_hold_it_and_each_look_is_seen_by_the_family(
    database: Database, clinic: Clinic, held: Consult, officer: Person
) -> None:
    assert opening(database, held, clinic.derm) is None
    choose(database, officer, "holder")
    assert opening(database, held, clinic.derm) == Opening()
    with pytest.raises(NotTakenError):
        opening(database, held, clinic.derm2)
    assert opening(database, held, clinic.derm, is_let=False) is None
    with database.writing() as session:
        _patient, looks, _older = looks_at(session, clinic.mother, clinic.child.public_id, now=NOON)
        assert [look.deed for look in looks if look.action == "read_name"] == [Deed.HELD_NAME]
        kept = select(AuditEvent.person_id, AuditEvent.detail).where(AuditEvent.action == "choose_names")
        assert session.execute(kept).all() == [(officer.id, "names_holder")]
        release(session, session.get_one(Consult, held.id), clinic.derm, "", now=SOON)
    with pytest.raises(NotTakenError):
        opening(database, held, clinic.derm)


def test_a_no_ends_what_is_open_and_lets_nothing_open(
    database: Database, clinic: Clinic, held: Consult, officer: Person
) -> None:
    with database.writing() as session:
        break_glass(session, session.get_one(Consult, held.id), clinic.derm, reason=REASON, now=NOON)
    # To its holder it stays open where that is the rule.
    assert change(database, clinic, NamesShown.NOBODY) == Change(ends=1)
    assert change(database, clinic, NamesShown.HOLDER) == Change()
    assert change(database, clinic, NamesShown.HOLDER, at=NOON + LASTS) == Change(opens=1, people=1)
    assert opening(database, held, clinic.derm) == Opening(NOON + LASTS)
    choose(database, officer, "holder")
    assert change(database, clinic, NamesShown.NOBODY) == Change(closes=1, people=1, ends=1)
    assert change(database, clinic, NamesShown.EXCEPTION) == Change()
    assert change(database, clinic, NamesShown.EXCEPTION, at=NOON + LASTS) == Change(closes=1, people=1)
    choose(database, officer, "nobody", seen="holder")
    assert opening(database, held, clinic.derm) is None
    with pytest.raises(ForbiddenError), database.writing() as session:
        break_glass(session, session.get_one(Consult, held.id), clinic.derm, reason=REASON, now=NOON)


def test_every_other_officer_hears_of_another_rule_and_the_director_where_there_is_none(
    database: Database, clinic: Clinic, officer: Person
) -> None:
    def told() -> list[tuple[int, str]]:
        with database.reading() as session:
            heard = select(Notice.person_id, Notice.kind).where(Notice.kind.startswith("names_"))
            return [(person, kind) for person, kind in session.execute(heard.order_by(Notice.id))]

    choose(database, officer, "exception")
    assert told() == [], "what holds already is no other rule"
    choose(database, officer, "holder")
    details = {"email": "w@clinic.test", "name": "Wilma Ruiz", "role": Role.PRIVACY, "now": NOON}
    with database.writing() as session:
        other = add_person(session, database.cipher, clinic.program, **details)
    choose(database, officer, "nobody", seen="holder")
    # A director opens no such page, and is told to ask.
    assert told() == [(clinic.director.id, NoticeKind.NAMES_ASK), (other.id, NoticeKind.NAMES_RULE)]


def test_only_an_officer_chooses_a_known_rule_that_nobody_changed_meanwhile(
    database: Database, clinic: Clinic, held: Consult, officer: Person
) -> None:
    for person, wish, seen, error in (
        (clinic.admin, "holder", "exception", ForbiddenError),
        (clinic.derm, "holder", "exception", ForbiddenError),
        (officer, "everybody", "exception", InvalidError),
        (officer, "holder", "nobody", StaleVersionError),
    ):
        with pytest.raises(error):
            choose(database, person, wish, seen)
    with database.writing() as session:
        session.execute(update(Program).values(names_shown="everybody"))
    assert opening(database, held, clinic.derm) is None
    # The page says "to nobody" of what nobody can read, and another choice mends it.
    choose(database, officer, "holder", seen="nobody")
    assert opening(database, held, clinic.derm) == Opening()


def test_what_is_open_to_nobody_any_more_is_not_counted_as_open(
    database: Database, clinic: Clinic, officer: Person
) -> None:
    assert officer
    with database.writing() as session:
        taken_back, left, given = (clinic.claimed(session) for _ in range(3))
        for each in (taken_back, left, given):
            break_glass(session, each, clinic.derm, reason=REASON, now=NOON)
    assert change(database, clinic, NamesShown.NOBODY) == Change(ends=3)
    with database.writing() as session:
        release(session, session.get_one(Consult, given.id), clinic.derm, "", now=NOON)
    assert change(database, clinic, NamesShown.NOBODY) == Change(ends=2)
    with database.writing() as session:
        withdraw(session, session.get_one(Consult, taken_back.id), clinic.pcp, "", now=NOON)
    assert change(database, clinic, NamesShown.NOBODY) == Change(ends=1)
    with database.writing() as session:
        session.execute(update(Person).where(Person.id == clinic.derm.id).values(is_active=False))
    assert change(database, clinic, NamesShown.NOBODY) == Change()
