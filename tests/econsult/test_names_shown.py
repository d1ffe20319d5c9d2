"""A program says to whom of its specialists names open; what nobody can read is a no, and it bites at the next look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from econsult.access import identity_for
from econsult.access_log import Deed, looks_at
from econsult.consults.glass import LASTS, Opening, break_glass, count_open
from econsult.consults.holding import release
from econsult.consults.names_shown import Change, NamesShown, choose_names, would_change
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, StaleVersionError
from econsult.people.persons import Person, Program
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


def test_the_holder_reads_it_while_they_hold_it_and_each_look_is_seen_by_the_family(
    database: Database, clinic: Clinic, held: Consult, officer: Person
) -> None:
    assert opening(database, held, clinic.derm) is None
    choose(database, officer, "holder")
    assert opening(database, held, clinic.derm) == Opening()
    assert opening(database, held, clinic.derm2) is None
    assert opening(database, held, clinic.derm, is_let=False) is None
    with database.writing() as session:
        _patient, looks, _older = looks_at(session, clinic.mother, clinic.child.public_id, now=NOON)
        assert [look.deed for look in looks if look.action == "read_name"] == [Deed.HELD_NAME]
        kept = select(AuditEvent.person_id, AuditEvent.detail).where(AuditEvent.action == "choose_names")
        assert session.execute(kept).all() == [(officer.id, "names_holder")]
        release(session, session.get_one(Consult, held.id), clinic.derm, "", now=SOON)
    assert opening(database, held, clinic.derm) is None


def test_a_no_ends_what_is_open_and_lets_nothing_open(
    database: Database, clinic: Clinic, held: Consult, officer: Person
) -> None:
    with database.writing() as session:
        break_glass(session, session.get_one(Consult, held.id), clinic.derm, reason=REASON, now=NOON)
        running = count_open(session, clinic.program.id, SOON)
        assert would_change(session, clinic.program.id, NamesShown.NOBODY, ends=running) == Change(ends=1)
        assert would_change(session, clinic.program.id, NamesShown.HOLDER, ends=running) == Change(opens=1, people=1)
    assert opening(database, held, clinic.derm) == Opening(NOON + LASTS)
    choose(database, officer, "holder")
    with database.reading() as session:
        wide = would_change(session, clinic.program.id, NamesShown.NOBODY, ends=1)
        assert wide == Change(closes=1, people=1, ends=1)
        assert would_change(session, clinic.program.id, NamesShown.HOLDER, ends=1) == Change()
    choose(database, officer, "nobody", seen="holder")
    assert opening(database, held, clinic.derm) is None
    with pytest.raises(ForbiddenError), database.writing() as session:
        break_glass(session, session.get_one(Consult, held.id), clinic.derm, reason=REASON, now=NOON)


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
