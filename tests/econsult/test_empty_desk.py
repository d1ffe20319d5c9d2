"""A program without a coordinator: somebody else hears at once what the desk would hear."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.access import consult_for, consults_about, known_patients
from econsult.bereavement import mark_death, take_back_death
from econsult.consults import answers, telling
from econsult.consults.clocks import open_clocks
from econsult.consults.hearers import desk_of
from econsult.consults.ledger import ClockState
from econsult.consults.left_waiting import CALL, left_waiting
from econsult.consults.records import Consult
from econsult.consults.stranded import turn_down
from econsult.consults.telephone import callers
from econsult.consults.threads import Audience, post
from econsult.consults.tries import write_try
from econsult.database import Database
from econsult.errors import ForbiddenError, NotFoundError
from econsult.notices import Notice, NoticeKind, letter
from econsult.oversight import plan_time_off
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role, add_person
from econsult.people.signin import close_account
from econsult.queue.empty_desks import untold_desks, watch_desks
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.trial import try_out
from econsult.rights import Relation, Right
from econsult.rosters import planning
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import TimeOff
from econsult.trail import AuditEvent
from tests.beside import beside
from tests.personas import ANSWER, LEASE, NOON, Clinic


def _close(session: Session, clinic: Clinic, *roles: Role) -> None:
    for person in session.scalars(select(Person).where(Person.role.in_(roles))).all():
        close_account(session, person, NOON)
    session.flush()


@pytest.mark.parametrize(
    ("gone", "heir"),
    [
        ([], Role.COORDINATOR),
        ([Role.COORDINATOR], Role.DIRECTOR),
        ([Role.COORDINATOR, Role.DIRECTOR], Role.ADMIN),
    ],
)
def test_whoever_stands_in_for_the_desk_hears_at_once(
    database: Database, clinic: Clinic, gone: list[Role], heir: Role
) -> None:
    with database.writing() as session:
        _close(session, clinic, *gone)
        barred = (clinic.derm.id, clinic.derm2.id)
        session.add_all(Limits(person_id=number, languages="fr") for number in barred)
        session.flush()
        consult = clinic.econsult(session)
        told = select(Person.role).join(Notice, Notice.person_id == Person.id)
        assert set(session.scalars(told.where(Notice.kind == NoticeKind.UNALLOCATED))) == {heir}
        fire(session, NOON + timedelta(hours=4))
        assert heir in set(session.scalars(told.where(Notice.kind == NoticeKind.UNTAKEN)))
        assert heir in {person.role for person in callers(session, consult, NOON, is_late=False)}
        assert _lines(session) == []
        _close(session, clinic, *DESKS)
        assert len(_lines(session)) == 1


@pytest.mark.parametrize(
    ("away", "heirs"),
    [
        ("coordinator", {Role.COORDINATOR, Role.DIRECTOR}),
        ("director", {Role.COORDINATOR}),
        ("coordinator director", {Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN}),
        ("coordinator director admin", {Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN}),
    ],
)
def test_while_every_coordinator_is_away_the_next_who_is_there_hears_at_once(
    database: Database, clinic: Clinic, away: str, heirs: set[Role]
) -> None:
    with database.writing() as session:
        for name in away.split():
            _off(session, getattr(clinic, name))
        session.add_all(Limits(person_id=each.id, languages="fr") for each in (clinic.derm, clinic.derm2))
        session.flush()
        clinic.econsult(session)
        told = select(Person.role).join(Notice, Notice.person_id == Person.id)
        assert set(session.scalars(told.where(Notice.kind == NoticeKind.UNALLOCATED))) == heirs


def test_whoever_stands_in_hears_it_once_for_each_time_and_reads_why(database: Database, clinic: Clinic) -> None:
    heirs = select(Notice.person_id).where(Notice.kind == NoticeKind.STANDS_IN).order_by(Notice.id)
    with database.writing() as session:
        second = _second(session, database, clinic)
        _off(session, clinic.coordinator)
        # A colleague is at the desk.
        assert (watch_desks(session, NOON), untold_desks(session, NOON)) == (0, [])
        away = _off(session, second)
        assert untold_desks(session, NOON) == [clinic.program.id]
        assert [watch_desks(session, NOON), watch_desks(session, NOON), untold_desks(session, NOON)] == [1, 0, []]
        assert list(session.scalars(heirs)) == [clinic.director.id]
        planning.end_time_off(session, clinic.admin, away.id, now=NOON + HOUR)
        assert watch_desks(session, NOON + HOUR) == 0
        _off(session, second, 2)
        assert watch_desks(session, NOON + 2 * HOUR) == 1
        told = Notice(kind=NoticeKind.NO_COVER, language="es", consult_id=1)
        words = [letter(told, "", is_family=False, stands_in=heir)[1] for heir in (False, True)]
    assert [text.count("no hay nadie de coordinación") for text in words] == [0, 1]


@pytest.mark.parametrize("leaves", ["closed", "other role"])
def test_whoever_stands_in_hears_it_too_where_the_last_account_goes(
    database: Database, clinic: Clinic, leaves: str
) -> None:
    heirs = select(Notice.person_id).where(Notice.kind == NoticeKind.STANDS_IN).order_by(Notice.id)
    with database.writing() as session:
        # A program that never had a desk has none to stand in for.
        bare = clinic.vault.add_program(session, "Bare", NOON)
        add_person(session, database.cipher, bare, email="a@bare.test", name="a", role=Role.ADMIN, now=NOON)
        session.flush()
        assert (watch_desks(session, NOON), untold_desks(session, NOON)) == (0, [])
        coordinator = session.get_one(Person, clinic.coordinator.id)
        if leaves == "closed":
            close_account(session, coordinator, NOON)
        else:
            coordinator.role = Role.DIRECTOR
        session.flush()
        told = {"closed": [clinic.director.id], "other role": [coordinator.id, clinic.director.id]}[leaves]
        assert (untold_desks(session, NOON + HOUR), watch_desks(session, NOON + HOUR)) == (
            [clinic.program.id],
            len(told),
        )
        assert (watch_desks(session, NOON + 2 * HOUR), sorted(session.scalars(heirs))) == (0, sorted(told))


@pytest.mark.parametrize("has_clock", [True, False])
def test_each_time_the_desk_is_empty_anew_is_told_anew(database: Database, clinic: Clinic, has_clock: bool) -> None:
    """One is away for two weeks, another for a day and back; her account is closed, or she goes once more."""
    with database.writing() as session:
        second = _second(session, database, clinic)
        _off(session, clinic.coordinator, 2)
        _off(session, second, 0, 8)
        looks = [watch_desks(session, NOON + hour * HOUR) for hour in ((1, 2, 3, 8, 9) if has_clock else (3,))]
        assert looks == ([0, 1, 0, 0, 0] if has_clock else [1])
        if has_clock:
            close_account(session, second, NOON + 10 * HOUR)
        else:
            # No clock ran while she was back.
            _off(session, second, 9)
        session.flush()
        assert [watch_desks(session, NOON + hour * HOUR) for hour in (11, 12)] == [1, 0]


def test_who_plans_that_others_are_away_stands_in_last_and_officers_hear(
    database: Database, clinic: Clinic, officer: Person
) -> None:
    told = select(Notice.kind).where(Notice.person_id == officer.id)

    def send(session: Session, by: Person, person: Person) -> TimeOff:
        return plan_time_off(session, by, person.public_id, NOON, NOON + 3 * HOUR, now=NOON)

    with database.writing() as session:
        second = _second(session, database, clinic)
        send(session, clinic.director, second)
        assert session.scalars(told).all() == []
        off = send(session, clinic.director, clinic.coordinator)
        assert session.scalars(told).all() == ["staff_changed"]
        # The administrator is there: whoever planned it does not inherit it.
        assert _heirs(session, clinic) == [clinic.admin.id]
        own = _off(session, clinic.admin, 0, 3)
        assert _heirs(session, clinic) == [clinic.admin.id, clinic.director.id]
        planning.end_time_off(session, clinic.admin, own.id, now=NOON)
        # Where no coordinator has an account at all, a director who is sent away leaves the desk to who did it.
        for each in (clinic.coordinator, second):
            session.get_one(Person, each.id).is_active = False
        send(session, clinic.admin, clinic.director)
        assert session.scalars(told).all() == ["staff_changed"] * 2
        for each in (clinic.coordinator, second):
            session.get_one(Person, each.id).is_active = True
        # Back is back, also where it was ended early.
        planning.end_time_off(session, clinic.admin, off.id, now=NOON)
        assert desk_of(session, clinic.program.id, NOON) == [session.get_one(Person, clinic.coordinator.id), second]


def _heirs(session: Session, clinic: Clinic) -> list[int]:
    return [each.id for each in desk_of(session, clinic.program.id, NOON) if each.role != Role.COORDINATOR]


def test_two_clocks_at_once_tell_of_an_empty_desk_once(database: Database, clinic: Clinic) -> None:
    def look(minutes: int = 1) -> None:
        with database.writing() as session:
            watch_desks(session, NOON + minutes * HOUR / 60)

    with database.writing() as session:
        watch_desks(session, NOON)
        close_account(session, session.get_one(Person, clinic.coordinator.id), NOON)
    with beside(database, "INSERT INTO notice", lambda: look(2)):
        look()
    look(3)
    with database.reading() as session:
        kinds = select(Notice.person_id).where(Notice.kind == NoticeKind.STANDS_IN)
        assert list(session.scalars(kinds)) == [clinic.director.id]


def test_a_time_off_that_empties_the_desk_says_so_before_it_is_saved(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        trial = try_out(session, clinic.program.id, lambda within: _off(within, clinic.coordinator, 1, 3), NOON)
    found = [(each.specialty, each.start, each.end) for each in trial.uncovered]
    assert found == [("", NOON + HOUR, NOON + 3 * HOUR)]


HOUR = timedelta(hours=1)


def _off(session: Session, person: Person, start: int = 0, end: int = 99) -> TimeOff:
    return planning.take_off(session, person, person.public_id, NOON + start * HOUR, NOON + end * HOUR, now=NOON)


def _second(session: Session, database: Database, clinic: Clinic) -> Person:
    details = {"name": "second", "role": Role.COORDINATOR, "now": NOON}
    return add_person(session, database.cipher, clinic.program, email="second@clinic.test", **details)


DESKS = (Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN)


def _lines(session: Session) -> list[str]:
    return [line for line in violations(session, NOON + timedelta(hours=4)) if "no desk to turn to" in line]


URGENT = {**ANSWER, "disposition": "emergency_now"}
REACHES = {"give", "see", "see_identity", "inform", "read_family", "write_family"}


def _may(session: Session, consult: Consult, person: Person, now: datetime) -> set[str]:
    """What this person may do with it now; nothing for whom it is not there."""
    try:
        passed = consult_for(session, person, consult.public_id, now=now, right=Right.GIVE)
    except NotFoundError:
        return set()
    return {str(right) for right in passed.rights}


def test_an_emergency_call_opens_to_whoever_stands_in_until_it_is_made(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        desk = _off(session, clinic.coordinator)
        assert _may(session, consult, clinic.director, NOON) == {"give"}
        answers.save_draft(session, consult, clinic.derm, URGENT, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
        assert _may(session, consult, clinic.director, NOON) == REACHES
        assert [each.what for each in left_waiting(session, clinic.program.id, NOON)] == [CALL]
        # An administrator has it only where no director is there; a coordinator back is the desk again.
        assert _may(session, consult, clinic.admin, NOON) == set()
        planning.end_time_off(session, clinic.admin, desk.id, now=NOON + HOUR)
        assert _may(session, consult, clinic.director, NOON + HOUR) == set()
        assert _may(session, consult, clinic.director, NOON) == REACHES
        loaded = consult_for(session, clinic.director, consult.public_id, now=NOON, right=Right.INFORM)
        assert (loaded.relation, loaded.readable_lanes()) == (Relation.FOR_DESK, (Audience.FAMILY,))
        telling.confirm_call(session, consult, clinic.director, "reached", now=NOON)
        # Its clinic is there, and tells the rest.
        assert _may(session, consult, clinic.director, NOON) == {"give"}
        assert left_waiting(session, clinic.program.id, NOON) == []
    with database.reading() as session:
        act = select(AuditEvent.detail).where(AuditEvent.action == "use/inform")
        assert list(session.scalars(act)) == ["stands_in_for_desk"]


@pytest.mark.parametrize("waits", ["to be told", "for a reply"])
def test_a_family_that_nobody_of_its_clinic_reaches_is_reached_by_whoever_stands_in(
    database: Database, clinic: Clinic, waits: str
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        if waits == "for a reply":
            telling.inform(session, consult, clinic.pcp, method="phone", teach_back=True, now=NOON)
            post(session, consult, clinic.mother, Audience.FAMILY, text="It burns", now=NOON)
        _off(session, clinic.coordinator)
        # Its clinic is there, and does it.
        assert _may(session, consult, clinic.director, NOON) == {"give"}
        away = _off(session, clinic.pcp)
        assert _may(session, consult, clinic.director, NOON) == REACHES
        planning.end_time_off(session, clinic.admin, away.id, now=NOON + HOUR)
        assert _may(session, consult, clinic.director, NOON + HOUR) == {"give"}
        # What the desk is told of as late is ended by whoever hears it, although the clinic is there.
        clock = next(each for each in open_clocks(session, consult.id) if each.state == ClockState.RUNNING)
        late = clock.deadline_at - (clock.deadline_at - clock.started_at) * 0.1
        assert _may(session, consult, clinic.director, late) == {"give"}
        fire(session, late)
        assert _may(session, consult, clinic.director, late) == REACHES
        assert [each.what for each in left_waiting(session, clinic.program.id, late)] == [clock.name]
        if waits == "for a reply":
            post(session, consult, clinic.director, Audience.FAMILY, text="Stop the cream", now=late)
        else:
            telling.inform(session, consult, clinic.director, method="phone", teach_back=True, now=late)
        assert _may(session, consult, clinic.director, late) == {"give"}
        assert list(violations(session, late)) == []


def test_whoever_said_no_in_the_place_of_the_desk_writes_down_that_the_family_was_told(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        for person in (clinic.coordinator, clinic.pcp):
            _off(session, person)
        consult = clinic.family_question(session)
        assert _may(session, consult, clinic.director, NOON) == {"give", "decline"}
        turn_down(session, consult, clinic.director, "Llame al 555-0100", "Called Taos", now=NOON)
        assert _may(session, consult, clinic.director, NOON) == REACHES
        write_try(session, consult, clinic.director, "no_answer", now=NOON)
        telling.inform(session, consult, clinic.director, method="phone", teach_back=True, now=NOON)
        assert _may(session, consult, clinic.director, NOON) == {"give"}
        assert open_clocks(session, consult.id) == []


def test_whoever_stands_in_marks_a_death_and_hears_of_a_mark(database: Database, clinic: Clinic) -> None:
    told = select(Notice.kind, Notice.person_id).where(Notice.kind.in_(("child_died", "death_taken_back")))
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        with pytest.raises(ForbiddenError):
            mark_death(session, child, clinic.director, "", now=NOON)
        away = _off(session, clinic.coordinator)
        with pytest.raises(ForbiddenError):
            mark_death(session, child, clinic.admin, "", now=NOON)
        mark_death(session, child, clinic.director, "", now=NOON)
        assert set(session.execute(told)) == {("child_died", each.id) for each in (clinic.pcp, clinic.coordinator)}
        take_back_death(session, child, clinic.pcp, now=NOON)
        back = {each for kind, each in session.execute(told) if kind == "death_taken_back"}
        assert back == {clinic.coordinator.id, clinic.director.id}
        planning.end_time_off(session, clinic.admin, away.id, now=NOON + HOUR)
        mark_death(session, child, clinic.pcp, "", now=NOON + HOUR)
        assert {each for kind, each in session.execute(told) if kind == "child_died"} == {
            clinic.pcp.id,
            clinic.coordinator.id,
        }


def test_whom_a_stand_in_may_know_by_name(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        answered, elsewhere = clinic.answered(session), clinic.econsult(session)
        # A clinic of which somebody is there has a request as well: that helps nobody of this one.
        elsewhere.organization_id = clinic.other_pcp.organization_id
        _off(session, clinic.coordinator)

        def known(person: Person, now: datetime = NOON) -> list[int]:
            return [each.id for each in session.scalars(known_patients(session, person, now))]

        child = session.get_one(Patient, clinic.child.id)
        assert known(clinic.director) == []
        _off(session, clinic.pcp)
        assert (known(clinic.director), known(clinic.admin)) == ([clinic.child.id], [])
        # Of the child's other requests they open none.
        assert consults_about(session, clinic.director, child, now=NOON) == [answered]
        telling.inform(session, answered, clinic.director, method="phone", teach_back=True, now=NOON)
        assert known(clinic.director) == []
        mark_death(session, child, clinic.director, "", now=NOON)
        assert known(clinic.director) == [clinic.child.id]
        take_back_death(session, child, clinic.director, now=NOON)
        assert [known(clinic.director, NOON + each) for each in (timedelta(0), HOUR)] == [[clinic.child.id], []]
