"""Accounts of the staff, as an administrator keeps them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from econsult import staffing
from econsult.database import Database
from econsult.errors import ConsultError, ForbiddenError, InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.officers import confirm_officer
from econsult.people.persons import Person, Role, add_person, specialties_of
from econsult.people.signin import make_token, open_session, use_link
from econsult.staffing import Newcomer
from econsult.trail import AuditEvent
from tests.beside import beside
from tests.personas import NOON, Clinic

LATER = NOON + timedelta(hours=25)


def opened(database: Database, people: Clinic, by: Person | None = None, **changes: object) -> Person:
    who = {"email": "new@clinic.test", "name": "Dr. Nova Reyes", "role": Role.PCP, "clinic": people.home.public_id}
    with database.writing() as session:
        form = Newcomer(**{**who, **changes})  # type: ignore[arg-type]
        return staffing.open_member(session, database.cipher, by or people.admin, form, now=NOON)


@pytest.fixture
def other(database: Database, clinic: Clinic) -> Person:
    """A second administrator of the program."""
    with database.writing() as session:
        about = {"email": "admin2@clinic.test", "name": "Ad Two", "role": Role.ADMIN, "now": NOON}
        return add_person(session, database.cipher, clinic.program, **about)


def test_an_account_is_opened_in_the_administrators_name(database: Database, clinic: Clinic) -> None:
    pcp = opened(database, clinic)
    derm = opened(
        database, clinic, email="d@clinic.test", role=Role.SPECIALIST, clinic="", specialties=["dermatology", "cleft"]
    )
    assert (pcp.role, pcp.organization_id, pcp.has_password, pcp.is_active) == ("pcp", clinic.home.id, False, True)
    with database.reading() as session:
        assert specialties_of(session, derm) == {"dermatology", "cleft"}
        rows = select(AuditEvent.person_id).where(
            AuditEvent.action == "create", AuditEvent.entity_id.in_([pcp.public_id, derm.public_id])
        )
        assert session.scalars(rows).all() == [clinic.admin.id, clinic.admin.id]


def test_every_other_officer_hears_of_each_account_and_of_its_first_link(
    database: Database, clinic: Clinic, officer: Person
) -> None:
    pcp = opened(database, clinic)
    opened(database, clinic, email="dir2@clinic.test", role=Role.DIRECTOR, clinic="")
    late = opened(database, clinic, email="p2@clinic.test", role=Role.PRIVACY, clinic="")
    with database.writing() as session:
        staffing.welcome_link(session, clinic.admin, pcp.public_id, now=NOON)
    with database.reading() as session:
        told = session.scalars(select(Notice).where(Notice.kind == NoticeKind.STAFF_OPENED).order_by(Notice.id)).all()
        # Of a director as well, and of an administrator: they may stand in for a desk that was emptied.
        heard = [officer.id, officer.id, officer.id, officer.id, late.id]
        assert ([each.person_id for each in told], pcp.name in str(vars(told[0]))) == (heard, False)


def test_where_no_officer_hears_of_it_the_directors_are_told_to_ask(database: Database, clinic: Clinic) -> None:
    opened(database, clinic, email="p2@clinic.test", role=Role.PRIVACY, clinic="")
    with database.reading() as session:
        told = session.execute(select(Notice.person_id, Notice.kind)).all()
        assert told == [(clinic.director.id, NoticeKind.STAFF_ASK)]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"role": "caregiver"}, {"role", "clinic"}),
        ({"role": "youth", "clinic": ""}, {"role"}),
        ({"clinic": ""}, {"clinic"}),
        ({"clinic": "0" * 32}, {"clinic"}),
        ({"role": "coordinator"}, {"clinic"}),
        ({"specialties": ["dermatology"]}, {"specialties"}),
        ({"role": "specialist", "clinic": ""}, {"specialties"}),
        ({"role": "specialist", "clinic": "", "specialties": ["astrology"]}, {"specialties"}),
        ({"email": "nobody"}, {"email"}),
        ({"name": " "}, {"name"}),
    ],
)
def test_what_does_not_fit_makes_no_account(
    database: Database, clinic: Clinic, changes: dict[str, object], wrong: set[str]
) -> None:
    with pytest.raises(InvalidError) as found:
        opened(database, clinic, **changes)
    assert set(found.value.fields) == wrong
    with pytest.raises(InvalidError, match="already uses"):
        opened(database, clinic, email=clinic.derm.email.upper())


@pytest.mark.parametrize("who", ["pcp", "coordinator", "director", "derm", "mother"])
def test_nobody_else_keeps_accounts(database: Database, clinic: Clinic, who: str) -> None:
    by, target = getattr(clinic, who), clinic.nurse.public_id
    acts: tuple[Callable[..., object], ...] = (
        lambda session: staffing.staff_of(session, by),
        lambda session: staffing.welcome_link(session, by, target, now=NOON),
        lambda session: staffing.rename(session, by, target, "N", now=NOON),
        lambda session: staffing.answer_for(session, by, target, ["dermatology"], now=NOON),
        lambda session: staffing.close_member(session, by, target, now=NOON),
        lambda session: staffing.reopen_member(session, by, target, now=NOON),
    )
    with pytest.raises(ForbiddenError):
        opened(database, clinic, by)
    for act in acts:
        with pytest.raises(ForbiddenError), database.writing() as session:
            act(session)


def test_families_and_other_programs_are_nobody_here(database: Database, clinic: Clinic) -> None:
    assert clinic.mother.id not in {each.person.id for each in _staff(database, clinic)}
    for person in (clinic.mother, clinic.stranger):
        with pytest.raises(NotFoundError), database.writing() as session:
            staffing.close_member(session, clinic.admin, person.public_id, now=NOON)


def test_the_first_link_works_once_and_only_until_somebody_came_in(database: Database, clinic: Clinic) -> None:
    person = opened(database, clinic)
    with database.writing() as session:
        first = staffing.welcome_link(session, clinic.admin, person.public_id, now=NOON)
        newer = staffing.welcome_link(session, clinic.admin, person.public_id, now=NOON)
    with database.writing() as session:
        assert use_link(session, first, NOON) is None
        assert use_link(session, newer, LATER) is None
        again = staffing.welcome_link(session, clinic.admin, person.public_id, now=LATER)
        found = use_link(session, again, LATER)
        assert found is not None
        open_session(session, found, LATER)
    with pytest.raises(InvalidError), database.writing() as session:
        staffing.welcome_link(session, clinic.admin, person.public_id, now=LATER)


def test_no_first_link_is_given_out_to_an_account_of_which_there_is_a_token(database: Database, clinic: Clinic) -> None:
    person = opened(database, clinic)
    with database.writing() as session:
        make_token(session, session.get_one(Person, person.id), NOON)
    with pytest.raises(InvalidError), database.writing() as session:
        staffing.welcome_link(session, clinic.admin, person.public_id, now=LATER)


def test_a_name_and_specialties_are_changed_and_what_changes_nothing_leaves_no_row(
    database: Database, clinic: Clinic
) -> None:
    for _ in range(2):
        with database.writing() as session:
            staffing.rename(session, clinic.admin, clinic.derm.public_id, " Dr. Ada Vela ", now=NOON)
            staffing.answer_for(session, clinic.admin, clinic.derm.public_id, ["neurology"], now=NOON)
    with database.reading() as session:
        assert session.get_one(Person, clinic.derm.id).name == "Dr. Ada Vela"
        assert specialties_of(session, clinic.derm) == {"neurology"}
        rows = select(AuditEvent.detail, AuditEvent.person_id).where(
            AuditEvent.action == "edit", AuditEvent.entity_id == clinic.derm.public_id
        )
        assert [tuple(row) for row in session.execute(rows)] == [
            ("name", clinic.admin.id),
            ("specialties", clinic.admin.id),
        ]
    for who, wanted in ((clinic.derm, []), (clinic.derm, ["astrology"]), (clinic.pcp, ["neurology"])):
        with pytest.raises(InvalidError), database.writing() as session:
            staffing.answer_for(session, clinic.admin, who.public_id, wanted, now=NOON)


def test_an_account_is_closed_and_opened_again_and_nobody_closes_their_own(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        staffing.close_member(session, clinic.admin, clinic.derm.public_id, now=NOON)
    assert [each.person.id for each in _staff(database, clinic)][-1] == clinic.derm.id
    with database.writing() as session:
        staffing.reopen_member(session, clinic.admin, clinic.derm.public_id, now=NOON)
        assert session.get_one(Person, clinic.derm.id).is_active
    with pytest.raises(InvalidError, match="Another administrator"), database.writing() as session:
        staffing.close_member(session, clinic.admin, clinic.admin.public_id, now=NOON)


def test_an_administrator_who_makes_an_officer_does_not_close_the_last_for_it_before_that_one_has_confirmed_it(
    database: Database, clinic: Clinic, officer: Person
) -> None:
    heir = opened(database, clinic, email="p2@clinic.test", role=Role.PRIVACY, clinic="")
    friend = opened(database, clinic, email="p3@clinic.test", role=Role.PRIVACY, clinic="")
    came_in(database, officer)
    with pytest.raises(InvalidError):
        confirm(database, officer, heir)
    came_in(database, heir, friend)
    with pytest.raises(ForbiddenError):
        confirm(database, friend, heir)
    with pytest.raises(InvalidError) as refused:
        close(database, clinic.admin, officer)
    assert refused.value.fields == {"close": "last_officer"}
    confirm(database, officer, heir)
    close(database, clinic.admin, officer)
    # One that an administrator lets in again is as new as any.
    with database.writing() as session:
        staffing.reopen_member(session, clinic.admin, officer.public_id, now=NOON)
    with pytest.raises(InvalidError):
        close(database, clinic.admin, heir)


def test_of_two_officers_who_are_closed_at_one_moment_one_is_left(
    database: Database, clinic: Clinic, officer: Person, other: Person
) -> None:
    heir = opened(database, clinic, email="p2@clinic.test", role=Role.PRIVACY, clinic="")
    came_in(database, officer, heir)
    confirm(database, officer, heir)
    with pytest.raises(ConsultError), beside(database, "UPDATE person", lambda: close(database, other, heir)):
        close(database, clinic.admin, officer)
    with database.reading() as session:
        assert sum(session.get_one(Person, each.id).is_active for each in (officer, heir)) == 1


def test_of_two_administrators_who_close_each_other_at_once_one_is_left(
    database: Database, clinic: Clinic, other: Person
) -> None:
    with pytest.raises(ConsultError), beside(database, "UPDATE person", lambda: close(database, other, clinic.admin)):
        close(database, clinic.admin, other)
    with database.reading() as session:
        assert [session.get_one(Person, each.id).is_active for each in (clinic.admin, other)] == [True, False]


def close(database: Database, by: Person, whom: Person) -> None:
    with database.writing() as session:
        staffing.close_member(session, by, whom.public_id, now=NOON)


def confirm(database: Database, by: Person, whom: Person) -> None:
    with database.writing() as session:
        confirm_officer(session, by, whom.public_id, now=NOON)


def came_in(database: Database, *people: Person) -> None:
    with database.writing() as session:
        for person in people:
            open_session(session, session.get_one(Person, person.id), NOON)


def _staff(database: Database, clinic: Clinic) -> list[staffing.Member]:
    with database.reading() as session:
        return staffing.staff_of(session, clinic.admin)
