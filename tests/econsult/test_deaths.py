"""A child who has died: nothing more reaches the family, what was owed to it ends, and a mistake can be taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from econsult.access import consult_for
from econsult.advice.asking import ask_how_it_went, asked_of
from econsult.advice.late import tell_of_late_steps
from econsult.bereavement import mark_death, take_back_death, what_stops
from econsult.birthdays import AgeTask, tasks_about, watch_ages
from econsult.consults import answers, holding, passing, requests
from econsult.consults.answers import release_due
from econsult.consults.clocks import Clock, open_clocks, refresh_deadline, unhalt
from econsult.consults.contents import Disposition
from econsult.consults.hearing import may_hear
from econsult.consults.ledger import DIED, ClockEvent, ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.outcomes import OutcomePing
from econsult.consults.policies import ClockName, save_policy
from econsult.consults.records import Consult
from econsult.consults.replies import heard
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.telephone import DUE, call_of, events_of
from econsult.consults.telling import inform
from econsult.consults.threads import Audience, post, request_info
from econsult.consults.undoing import take_back
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, TooLateError
from econsult.notices import Notice, NoticeKind, notify
from econsult.people.caregivers import caregiver_link, grown_up_at
from econsult.people.deaths import AfterDeathError, Death, death_of, has_died
from econsult.people.invitations import Invitation, invite
from econsult.people.patients import Patient, add_patient, link_caregiver
from econsult.people.persons import HOUSEHOLD, Person
from econsult.queue.calling import fire_calls
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.preview import Scope, apply_to_open
from econsult.queue.quiet import Quiet
from econsult.rights import Right
from econsult.trail import AuditEvent
from tests.beside import beside
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic, open_clinic

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATER = NOON + HOUR
AWAKE = Quiet()
DIED_ON = "2026-03-01"

SILENT, ACCOUNT = "silent", "account"
AFTER_A_DEATH = {
    NoticeKind.RECEIVED: SILENT,
    NoticeKind.NEW_REQUEST: SILENT,
    NoticeKind.SENT_ON: SILENT,
    NoticeKind.CLINIC_ASKED: SILENT,
    NoticeKind.MORE_NEEDED: SILENT,
    NoticeKind.LESS_NEEDED: SILENT,
    NoticeKind.MESSAGE: SILENT,
    NoticeKind.ANSWERED: SILENT,
    NoticeKind.CORRECTED: SILENT,
    NoticeKind.CORRECTED_NOW: SILENT,
    NoticeKind.DECLINED: SILENT,
    NoticeKind.OVERDUE: SILENT,
    NoticeKind.LATE: SILENT,
    NoticeKind.READ_NOW: SILENT,
    NoticeKind.CALL_NOW: SILENT,
    NoticeKind.DANGER_WORDS: SILENT,
    NoticeKind.CALL_LATE: SILENT,
    NoticeKind.EMERGENCY: SILENT,
    NoticeKind.WITHDRAWN: SILENT,
    NoticeKind.REMINDER: SILENT,
    NoticeKind.AT_RISK: SILENT,
    NoticeKind.NO_COVER: SILENT,
    NoticeKind.NOBODY_READS: SILENT,
    NoticeKind.NUMBER_WRONG: SILENT,
    NoticeKind.UNTAKEN: SILENT,
    NoticeKind.UNALLOCATED: SILENT,
    NoticeKind.RETURNED: SILENT,
    NoticeKind.HANDED_OVER: SILENT,
    NoticeKind.LET_GO: SILENT,
    NoticeKind.NO_LONGER_YOURS: SILENT,
    NoticeKind.RAISED: SILENT,
    NoticeKind.STILL_NEEDED: SILENT,
    NoticeKind.ROSTER: SILENT,
    NoticeKind.SWAP_ANSWERED: SILENT,
    NoticeKind.DUTY_CHANGED: SILENT,
    NoticeKind.DIGEST: SILENT,
    NoticeKind.NAME_OPENED: SILENT,
    NoticeKind.NAMES_RULE: SILENT,
    NoticeKind.NAMES_ASK: SILENT,
    NoticeKind.STAFF_OPENED: SILENT,
    NoticeKind.STAFF_ASK: SILENT,
    NoticeKind.STAFF_CHANGED: SILENT,
    NoticeKind.DESK_INHERITED: SILENT,
    NoticeKind.CONSENT_WITHDRAWN: SILENT,
    NoticeKind.REVIEW_DUE: SILENT,
    NoticeKind.REVIEW_ASK: SILENT,
    NoticeKind.RIGHT_ENDS: SILENT,
    NoticeKind.STEP_LATE: SILENT,
    NoticeKind.STEP_OPEN: SILENT,
    NoticeKind.VISIT_SET: SILENT,
    NoticeKind.VISIT_OFF: SILENT,
    NoticeKind.VISIT_SOON: SILENT,
    NoticeKind.VISIT_NEEDS: SILENT,
    NoticeKind.ACCOUNT_OPENED: SILENT,
    NoticeKind.OUTCOME_ASKED: SILENT,
    NoticeKind.OUTCOME_CLINIC: SILENT,
    NoticeKind.OUTCOME_DESK: SILENT,
    NoticeKind.OUTCOME_WORSE: SILENT,
    NoticeKind.SIDE_ASKED: SILENT,
    NoticeKind.SIDE_LATE: SILENT,
    NoticeKind.SIDE_REPLIED: SILENT,
    NoticeKind.SIDE_MOVED: SILENT,
    NoticeKind.ERASURE_ASKED: SILENT,
    NoticeKind.ERASURE_ASK: SILENT,
    NoticeKind.STANDS_IN: SILENT,
    NoticeKind.CLINIC_MOVED: SILENT,
    NoticeKind.CHILD_DIED: SILENT,
    NoticeKind.DEATH_TAKEN_BACK: SILENT,
    NoticeKind.MAIL_CAME: SILENT,
    # Whoever has an account hears that somebody else is at it, whatever has happened.
    NoticeKind.SIGN_IN_CHANGED: ACCOUNT,
    NoticeKind.SIGN_IN_NEW: ACCOUNT,
    NoticeKind.CONTACT_CHANGED: ACCOUNT,
}
"""What becomes of each kind that was written for a family before its child's death was marked, decided by hand."""
ABOUT_NO_CONSULT = {NoticeKind.RIGHT_ENDS, NoticeKind.ACCOUNT_OPENED, NoticeKind.DIGEST}


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """What differs on the other database is tried there at the end of this file."""
    return sqlite_database


def child_of(session: Session, clinic: Clinic) -> Patient:
    return session.get_one(Patient, clinic.child.id)


def mark(session: Session, clinic: Clinic, *, now: datetime = LATER, day: str = "", by: Person | None = None) -> Death:
    return mark_death(session, child_of(session, clinic), by or clinic.pcp, day, now=now)


def undo(session: Session, clinic: Clinic, *, now: datetime) -> None:
    take_back_death(session, child_of(session, clinic), clinic.pcp, now=now)


def to_family(session: Session, since: datetime) -> list[str]:
    """The kinds of what was written for a family from that moment on."""
    query = select(Notice.kind).join(Person, Person.id == Notice.person_id)
    return sorted(session.scalars(query.where(Person.role.in_(HOUSEHOLD), Notice.created_at >= since)))


def to_staff(session: Session, kind: NoticeKind) -> set[int]:
    return set(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def test_every_kind_of_letter_has_its_row() -> None:
    assert set(AFTER_A_DEATH) == set(NoticeKind)


def test_what_was_written_for_the_family_before_does_not_leave_after(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        mother = session.get_one(Person, clinic.mother.id)
        consult = clinic.answered(session)
        # A living brother keeps the account of use, and leaves nothing of his sister open.
        told = {"name": "Leo Prueba", "birth_date": "2020-05-05", "now": NOON}
        brother = add_patient(session, clinic.program, key_wrapped=b"k", **told)
        link_caregiver(session, brother, mother, "mother", NOON)
        # Of what is asked for nobody is reminded once it has come: this one still waits.
        waits = clinic.claimed(session)
        request_info(session, waits, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        about = dict.fromkeys(AFTER_A_DEATH, consult) | {NoticeKind.STILL_NEEDED: waits}
        written = {kind: _written(session, mother, kind, clinic, of) for kind, of in about.items()}
        assert [kind for kind, notice in written.items() if not may_hear(session, notice, mother, NOON)] == []
        mark(session, clinic)
        # Who has another child here still has an account that opens something.
        leave = {kind for kind, fate in AFTER_A_DEATH.items() if fate == ACCOUNT} | {NoticeKind.ACCOUNT_OPENED}
        assert {kind for kind, notice in written.items() if may_hear(session, notice, mother, LATER)} == leave
        undo(session, clinic, now=LATER + HOUR)
        assert [kind for kind, notice in written.items() if not may_hear(session, notice, mother, LATER + HOUR)] == []


def _written(session: Session, mother: Person, kind: NoticeKind, clinic: Clinic, consult: Consult) -> Notice:
    number = None if AFTER_A_DEATH[kind] == ACCOUNT or kind in ABOUT_NO_CONSULT else consult.id
    about = f"{clinic.child.id}:20260401:30" if kind == NoticeKind.RIGHT_ENDS else "1"
    notice = notify(session, mother, kind, consult_id=number, about=about, now=NOON)
    assert notice is not None
    if kind == NoticeKind.DIGEST:
        late = notify(session, mother, NoticeKind.LATE, consult_id=consult.id, about="gathered", now=NOON)
        assert late is not None
        late.digest_id = notice.id
        session.flush()
    return notice


def test_an_account_that_is_opened_for_somebody_to_read_after_the_death_is_told(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        kind, mother = NoticeKind.ACCOUNT_OPENED, session.get_one(Person, clinic.mother.id)
        before = notify(session, mother, kind, consult_id=None, about="1", now=NOON)
        mark(session, clinic)
        after = notify(session, mother, kind, consult_id=None, about="2", now=LATER + HOUR)
        assert before is not None
        assert after is not None
        assert [may_hear(session, each, mother, LATER + HOUR) for each in (before, after)] == [False, True]


def test_what_is_about_nothing_that_anybody_thought_of_reaches_nobody_who_lost_a_child(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        mark(session, clinic)
        for person, hears in ((clinic.mother, False), (clinic.stranger, True), (clinic.pcp, True)):
            notice = notify(session, person, NoticeKind.MESSAGE, consult_id=None, about="new", now=LATER)
            assert notice is not None
            assert may_hear(session, notice, session.get_one(Person, person.id), LATER) is hears


def test_whoever_would_write_to_the_family_writes_nothing_and_staff_hear_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        answered, waits = clinic.answered(session), clinic.claimed(session)
        held = clinic.claimed(session)
        mark(session, clinic)
        post(session, waits, clinic.derm, Audience.FAMILY, text="A word", now=LATER)
        with pytest.raises(InvalidError):
            request_info(session, held, clinic.derm, text="A photo?", items=(), audience=Audience.FAMILY, now=LATER)
        answers.save_draft(session, waits, clinic.derm, ANSWER, now=LATER, lease=LEASE)
        answers.sign(session, waits, clinic.derm, now=LATER)
        assert {each.id for each in release_due(session, NOON + DAY)} == {answered.id, waits.id}
        for hours in range(0, 121, 8):
            fire(session, LATER + hours * HOUR, AWAKE)
            tell_of_late_steps(session, LATER + hours * HOUR, AWAKE)
        for days in (21, 40):
            ask_how_it_went(session, NOON + days * DAY, AWAKE)
        new = clinic.econsult(session, now=LATER)
        requests.withdraw(session, new, clinic.pcp, "Not needed", now=LATER)
        assert to_family(session, LATER) == []
        assert NoticeKind.STEP_LATE not in set(session.scalars(select(Notice.kind)))
        assert {NoticeKind.OUTCOME_CLINIC, NoticeKind.OUTCOME_DESK} & set(session.scalars(select(Notice.kind))) == set()
        assert set(session.scalars(select(OutcomePing.state))) == {"dropped"}
        assert [asked_of(session, person, NOON + 41 * DAY) for person in (clinic.mother, clinic.pcp)] == [[], []]
        # The clinicians' own promise goes on as before.
        assert clinic.derm.id in to_staff(session, NoticeKind.OVERDUE)
        assert list(violations(session, LATER + 120 * HOUR)) == []


def test_no_birthday_is_watched_and_the_right_of_the_family_does_not_end_with_one_that_never_came(
    database: Database, clinic: Clinic
) -> None:
    near = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    with database.writing() as session:
        child_of(session, clinic).birth_date_text = "2008-04-01"
        watch_ages(session, near, AWAKE)
        opened = {(task.age, task.is_ahead) for task in tasks_about(session, child_of(session, clinic))}
        assert opened == {(18, True)}
        mark(session, clinic, now=near + HOUR)
        assert tasks_about(session, child_of(session, clinic)) == []
        written = to_family(session, NOON - 5 * DAY)
        watch_ages(session, near + DAY, AWAKE)
        watch_ages(session, near + 60 * DAY, AWAKE)
        assert to_family(session, NOON - 5 * DAY) == written
        assert tasks_about(session, child_of(session, clinic)) == []
        assert grown_up_at(session, clinic.child.id) is None
        assert caregiver_link(session, clinic.child.id, clinic.mother.id, near + 900 * DAY) is not None
        undo(session, clinic, now=near + 2 * HOUR)
        assert session.scalar(select(func.count(AgeTask.id)).where(AgeTask.done_at == near + HOUR)) == 0
        watch_ages(session, near + 3 * HOUR, AWAKE)
        assert {(task.age, task.is_ahead) for task in tasks_about(session, child_of(session, clinic))} == opened
        assert caregiver_link(session, clinic.child.id, clinic.mother.id, near + 900 * DAY) is None


@pytest.mark.parametrize(("day", "acts"), [("2025-12-24", True), ("2026-02-01", False), ("", False)])
def test_a_death_after_majority_gives_no_right_back(
    database: Database, clinic: Clinic, day: str, *, acts: bool
) -> None:
    with database.writing() as session:
        child_of(session, clinic).birth_date_text = "2008-01-15"
        assert caregiver_link(session, clinic.child.id, clinic.mother.id, NOON) is None
        mark(session, clinic, day=day)
        assert (caregiver_link(session, clinic.child.id, clinic.mother.id, LATER) is not None) is acts


def stopped_by_death(session: Session, consult: Consult) -> list[tuple[str, str]]:
    query = select(ClockEvent.name, ClockEvent.lane).where(ClockEvent.kind == "stopped", ClockEvent.reason == DIED)
    return [(name, lane) for name, lane in session.execute(query.where(ClockEvent.consult_id == consult.id))]


def running(session: Session, consult: Consult) -> list[str]:
    return sorted(clock.name for clock in open_clocks(session, consult.id))


def test_what_was_owed_to_the_family_ends_by_its_own_reason_and_a_mistake_brings_it_back(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        told, asks, econsult = clinic.answered(session), clinic.family_question(session), clinic.claimed(session)
        release_due(session, NOON + 12 * HOUR)
        heard(session, econsult, clinic.mother, "family", now=NOON)
        assert running(session, econsult) == [ClockName.FIRST_REPLY, ClockName.NEXT_REPLY]
        before = {each.id: running(session, each) for each in (told, asks, econsult)}
        shown = what_stops(session, child_of(session, clinic), LATER)
        assert (shown.questions, shown.goes_on) == ([asks.number], [econsult.number])
        assert shown.promises == [told.number, econsult.number]
        mark(session, clinic, day=DIED_ON)
        assert stopped_by_death(session, told) == [(ClockName.FAMILY_INFORMED, "")]
        assert stopped_by_death(session, econsult) == [(ClockName.NEXT_REPLY, "family")]
        assert {name for name, _lane in stopped_by_death(session, asks)} == {ClockName.ALLOCATE, ClockName.FIRST_REPLY}
        assert (asks.status, econsult.status, told.status) == (Status.WITHDRAWN, Status.CLAIMED, Status.ANSWERED)
        assert (running(session, told), running(session, econsult)) == ([], [ClockName.FIRST_REPLY])
        assert list(violations(session, LATER)) == []
        undo(session, clinic, now=LATER + HOUR)
        assert {each.id: running(session, each) for each in (told, asks, econsult)} == before
        assert (asks.status, asks.ended_at) == (Status.SUBMITTED, None)
        first = next(clock for clock in open_clocks(session, asks.id) if clock.name == ClockName.FIRST_REPLY)
        # The promise is the one that the family was given.
        assert (first.started_at, first.deadline_at) == (NOON, NOON + DAY)
        assert list(violations(session, LATER + HOUR)) == []
        for hours in (12, 24, 36, 48):
            fire(session, NOON + hours * HOUR, AWAKE)
        assert list(violations(session, NOON + 48 * HOUR)) == []
        assert NoticeKind.LATE in to_family(session, LATER)


def test_what_was_late_unseen_when_it_was_marked_is_told_once_that_was_a_mistake(
    database: Database, clinic: Clinic
) -> None:
    late = NOON + timedelta(hours=25)
    with database.writing() as session:
        clinic.family_question(session)
        mark(session, clinic, now=late)
        assert clinic.director.id not in to_staff(session, NoticeKind.OVERDUE)
        undo(session, clinic, now=late + timedelta(minutes=1))
        assert {clinic.director.id, clinic.coordinator.id} <= to_staff(session, NoticeKind.OVERDUE)


def test_what_is_signed_after_it_owes_the_family_nothing_until_a_mistake_is_taken_back(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        mark(session, clinic)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=LATER, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=LATER)
        assert stopped_by_death(session, consult) == [(ClockName.FAMILY_INFORMED, "")]
        assert running(session, consult) == []
        assert list(violations(session, LATER)) == []
        undo(session, clinic, now=LATER + HOUR)
        assert running(session, consult) == [ClockName.FAMILY_INFORMED]
        assert list(violations(session, LATER + HOUR)) == []


def test_nobody_waits_for_what_the_family_was_asked_for(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        asked = request_info(
            session, consult, clinic.derm, text="A photo?", items=(), audience=Audience.FAMILY, now=NOON
        )
        assert consult.status == Status.NEEDS_INFO
        mark(session, clinic)
        session.refresh(asked)
        assert (consult.status, asked.taken_back_at) == (Status.CLAIMED, LATER)
        assert [clock.state for clock in open_clocks(session, consult.id)] == [ClockState.RUNNING]
        assert list(violations(session, LATER)) == []


def test_what_the_clinic_is_asked_for_is_waited_for_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        request_info(session, consult, clinic.derm, text="The labs?", items=(), audience=Audience.CLINICIANS, now=NOON)
        mark(session, clinic)
        assert consult.status == Status.NEEDS_INFO
        assert list(violations(session, LATER)) == []


def test_the_call_of_an_emergency_is_called_off_and_on_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        urgent = {**ANSWER, "disposition": Disposition.EMERGENCY_NOW}
        answers.save_draft(session, consult, clinic.derm, urgent, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
        at = NOON + timedelta(minutes=1)
        for turn in (0, 1):
            mark(session, clinic, now=at + turn * DUE)
            call = call_of(session, consult.id)
            assert call is not None
            assert (call.next_at, call.outcome) == (None, DIED)
            assert fire_calls(session, at + turn * DUE + HOUR) == 0
            assert list(violations(session, at + turn * DUE)) == []
            undo(session, clinic, now=at + turn * DUE + timedelta(minutes=1))
            assert (call.done_at, call.outcome) == (None, None)
            assert fire_calls(session, at + (turn + 1) * DUE) == 1
            assert list(violations(session, at + (turn + 1) * DUE)) == []
        kinds = [each.kind for each in events_of(session, call)]
        assert [kinds.count(kind) for kind in ("called_off", "called_on", "done")] == [2, 2, 0]


def test_no_call_is_opened_for_an_emergency_that_is_signed_after_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        mark(session, clinic)
        urgent = {**ANSWER, "disposition": Disposition.EMERGENCY_NOW}
        answers.save_draft(session, consult, clinic.derm, urgent, now=LATER, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=LATER)
        assert to_staff(session, NoticeKind.CALL_NOW) == set()
        assert list(violations(session, LATER + HOUR)) == []


def test_holders_home_and_desk_hear_of_it_and_of_a_mistake_without_a_name(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        clinic.claimed(session)
        mark(session, clinic)
        assert to_staff(session, NoticeKind.CHILD_DIED) == {clinic.derm.id, clinic.coordinator.id}
        mark(session, clinic, now=LATER + HOUR, by=clinic.coordinator)
        assert session.scalar(select(func.count(Death.id))) == 1
        undo(session, clinic, now=LATER + HOUR)
        undo(session, clinic, now=LATER + HOUR)
        assert to_staff(session, NoticeKind.DEATH_TAKEN_BACK) == {clinic.derm.id, clinic.coordinator.id}
        mark(session, clinic, now=LATER + DAY, by=clinic.coordinator)
        assert to_staff(session, NoticeKind.CHILD_DIED) == {clinic.derm.id, clinic.coordinator.id, clinic.pcp.id}
    with database.reading() as session:
        acts = select(AuditEvent.action, AuditEvent.detail).where(AuditEvent.action.contains("death"))
        assert [tuple(row) for row in session.execute(acts.order_by(AuditEvent.id))] == [
            ("mark_death", "day_unknown"), ("take_back_death", ""), ("mark_death", "day_unknown"),
        ]  # fmt: skip


def test_only_the_home_and_the_desk_mark_it_and_the_day_must_be_one(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for person in (clinic.derm, clinic.nurse, clinic.mother, clinic.director, clinic.admin):
            with pytest.raises(ForbiddenError):
                mark(session, clinic, by=person)
        for day in ("2021-12-31", "2026-03-03", "2026-02-30", "yesterday"):
            with pytest.raises(InvalidError):
                mark(session, clinic, day=day)
        assert not has_died(session, clinic.child.id)
        mark(session, clinic, day=DIED_ON)
        death = death_of(session, clinic.child.id)
        assert death is not None
        assert death.day == date(2026, 3, 1)
        with pytest.raises(ForbiddenError):
            take_back_death(session, child_of(session, clinic), clinic.derm, now=LATER)


def test_no_invitation_and_no_question_of_the_family_for_this_child(database: Database, clinic: Clinic) -> None:
    secret = {"secret_key": "s" * 32, "now": NOON}
    with database.writing() as session:
        pending = invite(session, clinic.pcp, child_of(session, clinic), "es", sent_to="mother@other.test", **secret)
        draft = clinic.family_draft(session)
        assert what_stops(session, child_of(session, clinic), NOON).invitations == 1
        mark(session, clinic)
        assert session.get_one(Invitation, pending.id).revoked_at == LATER
        with pytest.raises(InvalidError) as refused:
            invite(session, clinic.pcp, child_of(session, clinic), "es", **secret)
        assert refused.value.fields == {"patient": "died"}
        with pytest.raises(AfterDeathError):
            clinic.family_draft(session)
        with pytest.raises(AfterDeathError):
            requests.submit(session, draft, clinic.mother, SubmitForm(), now=LATER, targets=TARGETS)
        # What a clinic asks of specialists it may still ask; and of another child the family of that one.
        assert clinic.econsult(session, now=LATER).status == Status.SUBMITTED
        other = requests.create(session, clinic.stranger, clinic.other_child, RequestForm(), now=LATER)
        assert other.status == Status.DRAFT


def test_staff_still_close_what_was_answered(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        mark(session, clinic)
        answers.close(session, consult, clinic.pcp, reason="The child has died.", now=LATER)
        assert consult.status == Status.CLOSED
        undo(session, clinic, now=LATER + HOUR)
        assert running(session, consult) == []
        assert list(violations(session, LATER + HOUR)) == []


def test_what_a_family_heard_before_stays_heard(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        inform(session, consult, clinic.pcp, method="phone", teach_back=True, now=NOON)
        mark(session, clinic)
        undo(session, clinic, now=LATER + HOUR)
        assert running(session, consult) == []
        assert list(violations(session, LATER + HOUR)) == []


def _while(database: Database, words: str, act: Any, other: Any) -> None:
    """Do `act`; once it has said these words to the database, let `other` begin in another transaction."""

    def run() -> None:
        with database.writing() as session:
            other(session)

    with beside(database, words, run, 0.5), database.writing() as session:
        act(session)


def _race(database: Database, first: str, mark_it: Any, other: Any, words: str) -> None:
    """The mark and something else at one moment; `words` are what the other one says to the database on its way."""
    if first == "mark":
        _while(database, "INSERT INTO death", mark_it, other)
    else:
        _while(database, words, other, mark_it)


def _sign(session: Session, clinic: Clinic, number: int) -> None:
    consult = session.get_one(Consult, number, with_for_update=True, populate_existing=True)
    answers.sign(session, consult, session.get_one(Person, clinic.derm.id), now=LATER)


@pytest.mark.parametrize("first", ["mark", "sign"])
def test_whichever_of_a_signature_and_the_mark_comes_first_the_family_is_owed_nothing(
    postgres_database: Database, first: str
) -> None:
    database, clinic = postgres_database, open_clinic(postgres_database)
    with database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)

    def signs(session: Session) -> None:
        _sign(session, clinic, consult.id)

    def marks(session: Session) -> None:
        mark(session, clinic)

    _race(database, first, marks, signs, "INSERT INTO clock ")
    with database.reading() as session:
        assert session.get_one(Consult, consult.id).status == Status.ANSWERED
        assert open_clocks(session, consult.id) == []
        assert list(violations(session, LATER)) == []


@pytest.mark.parametrize("first", ["mark", "submit"])
def test_a_question_that_is_sent_at_that_moment_ends_or_is_refused(postgres_database: Database, first: str) -> None:
    database, clinic = postgres_database, open_clinic(postgres_database)
    refused: list[AfterDeathError] = []

    def asks(session: Session) -> None:
        try:
            clinic.family_question(session, now=LATER)
        except AfterDeathError as error:
            refused.append(error)
            session.rollback()

    def marks(session: Session) -> None:
        mark(session, clinic)

    _race(database, first, marks, asks, "INSERT INTO consult ")
    with database.reading() as session:
        open_ones = select(func.count(Consult.id)).where(Consult.status.in_((Status.SUBMITTED, Status.DRAFT)))
        assert session.scalar(open_ones) == 0
        assert bool(refused) == (first == "mark")
        assert list(violations(session, LATER)) == []


@pytest.mark.parametrize(
    ("first", "words"), [("mark", "INSERT INTO death"), ("mark", "FROM clock"), ("message", "INSERT INTO message")]
)
def test_what_a_family_writes_at_that_moment_is_owed_no_reply_or_is_refused(
    postgres_database: Database, first: str, words: str
) -> None:
    """Whoever has the request first: the mark holds it from before it looks for clocks."""
    database, clinic = postgres_database, open_clinic(postgres_database)
    with database.writing() as session:
        held = clinic.claimed(session)
    refused: list[AfterDeathError] = []

    def writes(session: Session) -> None:
        try:
            passed = consult_for(session, clinic.mother, held.public_id, now=LATER, right=Right.WRITE_FAMILY)
            post(session, passed.consult, clinic.mother, Audience.FAMILY, text="Is she better?", now=LATER)
        except AfterDeathError as error:
            refused.append(error)
            session.rollback()

    def marks(session: Session) -> None:
        mark(session, clinic)

    _while(database, words, *((marks, writes) if first == "mark" else (writes, marks)))
    with database.reading() as session:
        assert bool(refused) == (words == "FROM clock")
        assert [clock for clock in open_clocks(session, held.id) if clock.lane == "family"] == []
        assert list(violations(session, LATER)) == []


@pytest.mark.parametrize("first", ["mark", "tick"])
def test_a_tick_that_is_at_work_leaves_no_letter_that_may_leave(postgres_database: Database, first: str) -> None:
    """Whatever the tick wrote before it knew, its sending is weighed anew."""
    database, clinic = postgres_database, open_clinic(postgres_database)
    with database.writing() as session:
        consult = clinic.family_question(session)
    late = NOON + 25 * HOUR

    def ticks(session: Session) -> None:
        fire(session, late, AWAKE)

    def marks(session: Session) -> None:
        mark(session, clinic, now=late)

    _race(database, first, marks, ticks, "INSERT INTO clock_event")
    with database.writing() as session:
        fire(session, late + HOUR, AWAKE)
        mother = session.get_one(Person, clinic.mother.id)
        written = session.scalars(select(Notice).where(Notice.person_id == mother.id)).all()
        assert written
        assert [may_hear(session, each, mother, late) for each in written] == [False] * len(written)
        assert open_clocks(session, consult.id) == []
        assert list(violations(session, late + HOUR)) == []


def test_two_who_mark_it_at_once_leave_one_mark(postgres_database: Database) -> None:
    database, clinic = postgres_database, open_clinic(postgres_database)

    def by(person: Person) -> Any:
        return lambda session: mark(session, clinic, by=session.get_one(Person, person.id))

    _while(database, "INSERT INTO death", by(clinic.pcp), by(clinic.coordinator))
    with database.reading() as session:
        assert session.scalar(select(func.count(Death.id))) == 1


def test_promises_end_and_come_back_on_postgresql_too(postgres_database: Database) -> None:
    clinic = open_clinic(postgres_database)
    test_what_was_owed_to_the_family_ends_by_its_own_reason_and_a_mistake_brings_it_back(postgres_database, clinic)


def test_a_signature_from_before_the_mark_is_corrected_and_not_taken_back(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        question, waits = clinic.family_question(session), clinic.claimed(session)
        holding.claim(session, question, clinic.pcp, now=NOON, lease=LEASE)
        heard(session, waits, clinic.mother, "family", now=NOON)
        for consult, author in ((question, clinic.pcp), (waits, clinic.derm)):
            answers.save_draft(session, consult, author, ANSWER, now=LATER, lease=LEASE)
            answers.sign(session, consult, author, now=LATER)
        mark(session, clinic, now=LATER + timedelta(seconds=5))
        at = LATER + timedelta(seconds=10)
        for consult, author in ((question, clinic.pcp), (waits, clinic.derm)):
            with pytest.raises(TooLateError, match="having died since"):
                take_back(session, consult, author, now=at, lease=LEASE)
            assert (consult.status, running(session, consult)) == (Status.ANSWERED, [])
        # What is signed after the mark is taken back as ever: nothing of it was owed to the family.
        new = clinic.claimed(session, now=at)
        answers.save_draft(session, new, clinic.derm, ANSWER, now=at, lease=LEASE)
        answers.sign(session, new, clinic.derm, now=at)
        take_back(session, new, clinic.derm, now=at + timedelta(seconds=5), lease=LEASE)
        assert (new.status, running(session, new)) == (Status.CLAIMED, [ClockName.FIRST_REPLY])
        assert list(violations(session, at)) == []


def test_a_promise_that_runs_on_to_the_family_of_a_dead_child_is_found(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        mark(session, clinic)
        unhalt(session, session.scalars(_informing(consult)).one(), LATER, person_id=None)
        refresh_deadline(session, consult)
        told = [each for each in violations(session, LATER) if "has died" in each]
        assert told == ["3 C-1001: something is promised to the family of a child who has died"]


def _informing(consult: Consult) -> Select[Clock]:
    return select(Clock).where(Clock.consult_id == consult.id, Clock.name == ClockName.FAMILY_INFORMED)


def waiting(session: Session, clinic: Clinic) -> Consult:
    """A specialist has it, and the mother waits for a word."""
    consult = clinic.claimed(session)
    post(session, consult, clinic.mother, Audience.FAMILY, text="?", now=NOON)
    return consult


def owed(session: Session, consult: Consult) -> list[tuple[datetime, datetime]]:
    """Since when the family waits for a reply, and until when it has it."""
    clocks = open_clocks(session, consult.id, ClockName.NEXT_REPLY)
    return [(clock.started_at, clock.deadline_at) for clock in clocks]


def test_what_was_rerouted_while_a_child_was_marked_has_a_ledger_that_says_so(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = waiting(session, clinic)
        mark(session, clinic)
        passing.reroute(session, consult, clinic.coordinator, "neurology", "x", now=LATER + MINUTE)
        undo(session, clinic, now=LATER + 2 * MINUTE)
        assert [since for since, _ in owed(session, consult)] == [NOON]
        assert list(violations(session, LATER + 2 * MINUTE)) == []


def test_what_goes_on_after_a_mistake_goes_by_the_rules_of_now(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        told, waits = clinic.answered(session), waiting(session, clinic)
        asks = clinic.family_question(session)
        mark(session, clinic)
        content = {"next_reply": 360, "family_informed": 2880, "first_reply": 480}
        save_policy(session, clinic.admin, specialty="", urgency="", content=content, now=LATER + MINUTE)
        scope = Scope(clinic.program.id, "", "", TARGETS)
        apply_to_open(session, clinic.admin, scope, now=LATER + MINUTE)
        undo(session, clinic, now=LATER + 2 * MINUTE)
        assert owed(session, waits) == [(NOON, NOON + 6 * HOUR)]
        informed = open_clocks(session, told.id, ClockName.FAMILY_INFORMED)
        assert [clock.deadline_at for clock in informed] == [NOON + 48 * HOUR]
        assert running(session, asks) == [ClockName.ALLOCATE, ClockName.FIRST_REPLY]
        assert list(violations(session, LATER + 2 * MINUTE)) == []


def test_what_goes_on_after_a_mistake_takes_the_steps_of_the_rules_of_now(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        waiting(session, clinic)
        mark(session, clinic)
        save_policy(session, clinic.admin, specialty="", urgency="", content={"ladder": [60, 100]}, now=LATER + MINUTE)
        apply_to_open(session, clinic.admin, Scope(clinic.program.id, "", "", TARGETS), now=LATER + MINUTE)
        undo(session, clinic, now=LATER + 2 * MINUTE)
        fire(session, NOON + 23 * HOUR)
        steps = select(ClockEvent.level).where(ClockEvent.name == ClockName.NEXT_REPLY, ClockEvent.level > 0)
        assert list(session.scalars(steps)) == [60]
        assert list(violations(session, NOON + 23 * HOUR)) == []


def test_a_wait_that_was_answered_while_the_child_was_marked_is_over(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = waiting(session, clinic)
        mark(session, clinic)
        post(session, consult, clinic.pcp, Audience.FAMILY, text="A word", now=LATER + MINUTE)
        undo(session, clinic, now=LATER + 2 * MINUTE)
        assert (owed(session, consult), consult.family_waits_since) == ([], None)
        assert list(violations(session, LATER + 2 * MINUTE)) == []


def test_a_family_that_calls_while_its_child_is_marked_waits_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = waiting(session, clinic)
        [before] = owed(session, consult)
        mark(session, clinic)
        post(session, consult, clinic.pcp, Audience.FAMILY, text="?", now=LATER + MINUTE, is_relayed=True)
        assert [since for since, _ in owed(session, consult)] == [LATER + MINUTE]
        undo(session, clinic, now=LATER + 2 * MINUTE)
        assert (owed(session, consult), consult.family_waits_since) == ([before], NOON)
        # A reply, and then a new question: that one waits alone.
        mark(session, clinic, now=LATER + HOUR)
        for minutes, is_relayed in ((1, False), (2, True)):
            at = LATER + HOUR + minutes * MINUTE
            post(session, consult, clinic.pcp, Audience.FAMILY, text="?", now=at, is_relayed=is_relayed)
        undo(session, clinic, now=LATER + 2 * HOUR)
        assert [since for since, _ in owed(session, consult)] == [LATER + HOUR + 2 * MINUTE]
        assert list(violations(session, LATER + 2 * HOUR)) == []


def test_an_answer_that_opened_while_the_child_was_marked_is_told_after_the_mistake(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        mark(session, clinic)
        answers.acknowledge(session, consult, clinic.pcp, now=LATER + MINUTE)
        assert to_family(session, LATER) == []
        back = LATER + 2 * HOUR
        undo(session, clinic, now=back)
        assert to_family(session, LATER) == [NoticeKind.ANSWERED]
        [clock] = open_clocks(session, consult.id, ClockName.FAMILY_INFORMED)
        assert clock.started_at == back
        # Once: another mistake says it no second time.
        mark(session, clinic, now=back + HOUR)
        undo(session, clinic, now=back + 2 * HOUR)
        assert to_family(session, LATER) == [NoticeKind.ANSWERED]
        assert running(session, consult) == [ClockName.FAMILY_INFORMED]
        assert list(violations(session, back + 2 * HOUR)) == []
