"""Whoever is told of something can read what they were told of, whatever the notice, whoever asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from econsult.access import Pass, consult_for
from econsult.advice.asking import ask_how_it_went
from econsult.advice.late import tell_of_late_steps
from econsult.advice.visiting import book, end, readable_visits, reply
from econsult.consults import answers, correcting, declining, requests, second, threads, unasking, urgency
from econsult.consults.answers import answer_for, released_answer
from econsult.consults.names_shown import choose_names
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.consults.reopening import reopen
from econsult.consults.threads import Audience, Message, request_info
from econsult.database import Database
from econsult.erasure.asking import Wish, ask_erasure
from econsult.erasure.records import Basis
from econsult.errors import ForbiddenError, NotFoundError
from econsult.lanes import messages_for
from econsult.notice_words import TEXTS
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import RelatedPerson
from econsult.people.persons import Person
from econsult.people.signin import close_account
from econsult.queue.clinics import watch_clinics
from econsult.queue.firing import fire
from econsult.queue.quiet import Quiet
from econsult.reach.short import SPANISH
from econsult.rights import OF_FAMILY, Right
from econsult.rosters.planning import take_off
from econsult.staffing import Newcomer, open_member
from tests.booking import BOOKING
from tests.econsult.test_told_at_once import presented
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

HOUR = timedelta(hours=1)
STEPS = [
    {"text": "See her", "owner": "pcp", "kind": "visit", "due_at": (NOON + 64 * HOUR).isoformat()},
    {"text": "The cream", "owner": "family", "due_at": (NOON + 64 * HOUR).isoformat()},
    {"text": "Read the result", "owner": "specialist", "due_at": (NOON + 64 * HOUR).isoformat()},
]
K = NoticeKind


def _words(session: Session, passed: Pass, person: Person, notice: Notice) -> bool:
    """The very message; what names none (a wait, a pause) is told to whoever works on it, or answers the family."""
    about = notice.dedupe_key.split(":")[3]
    known = select(Message).where(Message.public_id == about, Message.consult_id == passed.consult.id)
    message = session.scalars(known).one_or_none()
    if message is None:
        return passed.may(Right.ANSWER) or passed.may(Right.WRITE_FAMILY)
    return message.id in {each.id for each in messages_for(session, person, passed)}


def _answer(session: Session, passed: Pass, person: Person, _notice: Notice) -> bool:
    if passed.relation in OF_FAMILY:
        return released_answer(session, passed.consult.id) is not None
    # Who signs is not told of it; a telepresenter's page would show none.
    return passed.relation != "presenter" and answer_for(session, passed.consult, person) is not None


def _asked(session: Session, passed: Pass, person: Person, _notice: Notice) -> bool:
    """A reminder of what is still needed: something in one of the lanes asks for it, and they read it."""
    return any(message.items is not None for message in messages_for(session, person, passed))


def _visit(session: Session, passed: Pass, _person: Person, _notice: Notice) -> bool:
    return readable_visits(session, passed) != []


def _unread(session: Session, passed: Pass, _person: Person, notice: Notice) -> bool:
    """What the telepresenter wrote is the specialist's to read, who has an account."""
    message = select(Message.author_id).where(Message.public_id == notice.dedupe_key.split(":")[3])
    return passed.may(Right.SEE) and session.scalars(message).one() != passed.consult.requester_id


def _followed(_session: Session, passed: Pass, _person: Person, _notice: Notice) -> bool:
    """Where the question is asked how it went."""
    return passed.may(Right.FOLLOW)


def _state(_session: Session, passed: Pass, _person: Person, _notice: Notice) -> bool:
    """How it stands, which is what such a letter tells of."""
    return passed.may(Right.SEE) or passed.may(Right.GIVE)


TELLS: dict[NoticeKind, Callable[[Session, Pass, Person, Notice], bool]] = {
    **dict.fromkeys((K.MESSAGE, K.MORE_NEEDED, K.LESS_NEEDED), _words),
    **dict.fromkeys((K.ANSWERED, K.CORRECTED, K.CORRECTED_NOW, K.READ_NOW), _answer),
    K.STILL_NEEDED: _asked,
    # The steps stand in the answer, and on the card of the desk.
    **dict.fromkeys((K.STEP_LATE, K.STEP_OPEN), _answer),
    **dict.fromkeys((K.VISIT_SET, K.VISIT_OFF, K.VISIT_SOON, K.VISIT_NEEDS), _visit),
    # Whoever replied to a colleague's question, or may take it, sees that there is one; the reply is the lane's.
    **dict.fromkeys((K.SIDE_ASKED, K.SIDE_LATE, K.SIDE_MOVED, K.SIDE_REPLIED), _state),
    **dict.fromkeys((K.RECEIVED, K.NEW_REQUEST, K.SENT_ON, K.CLINIC_ASKED, K.HANDED_OVER, K.RETURNED), _state),
    **dict.fromkeys((K.DECLINED, K.WITHDRAWN, K.CONSENT_WITHDRAWN, K.RAISED, K.OUTCOME_WORSE), _state),
    **dict.fromkeys((K.REMINDER, K.AT_RISK, K.OVERDUE, K.LATE, K.UNTAKEN, K.NO_COVER, K.UNALLOCATED), _state),
    K.NOBODY_READS: _unread,
    **dict.fromkeys((K.EMERGENCY, K.CALL_NOW, K.CALL_LATE, K.DANGER_WORDS), _state),
    **dict.fromkeys((K.LET_GO, K.CLINIC_MOVED, K.NUMBER_WRONG), _state),
    **dict.fromkeys((K.OUTCOME_ASKED, K.OUTCOME_CLINIC, K.OUTCOME_DESK), _followed),
}
"""What each kind of letter says that there is to read."""
TEAM = {"pcp", "telepresenter", "coordinator", "specialist", "director", "admin"}
OFFICERS, DIRECTORS, FAMILIES = {"privacy"}, {"director"}, {"caregiver", "youth"}
EVERYBODY = TEAM | OFFICERS | FAMILIES
READERS: dict[NoticeKind, set[str]] = {
    **dict.fromkeys((K.NAME_OPENED, K.NAMES_RULE, K.STAFF_OPENED, K.REVIEW_DUE, K.ERASURE_ASKED), OFFICERS),
    **dict.fromkeys((K.NAMES_ASK, K.STAFF_ASK, K.REVIEW_ASK, K.ERASURE_ASK), DIRECTORS),
    **dict.fromkeys((K.STAFF_CHANGED, K.DESK_INHERITED), OFFICERS | DIRECTORS),
    K.STANDS_IN: {"director", "admin"},
    **dict.fromkeys((K.ROSTER, K.SWAP_ANSWERED, K.DUTY_CHANGED), TEAM),
    # Who may know the child by name: `test_deaths` holds who hears of it.
    **dict.fromkeys((K.CHILD_DIED, K.DEATH_TAKEN_BACK), TEAM),
    **dict.fromkeys((K.RIGHT_ENDS, K.ACCOUNT_OPENED), FAMILIES),
    **dict.fromkeys((K.DIGEST, K.SIGN_IN_CHANGED, K.SIGN_IN_NEW, K.CONTACT_CHANGED, K.MAIL_CAME), EVERYBODY),
}
"""Who may be told what is of no request: those to whom the page opens of which the letter speaks."""
NOWHERE = {K.NAMES_ASK, K.STAFF_ASK, K.REVIEW_ASK, K.ERASURE_ASK, K.STAFF_CHANGED, K.DESK_INHERITED, K.NO_LONGER_YOURS}
"""Letters of what their reader opens nowhere: they say whom to ask, or that nothing is to be done."""


def test_each_kind_of_letter_says_who_reads_what_it_tells_of() -> None:
    assert set(TELLS) | set(READERS) | NOWHERE == set(NoticeKind)
    assert set(TELLS) & (set(READERS) | NOWHERE) == set()
    words = [words for kind in NOWHERE for words in (*TEXTS[kind].values(), SPANISH.get(kind, ""))]
    assert [text for text in words if "Sign in" in text or "Entre " in text] == []


def test_directors_are_led_to_nothing_of_the_officers(database: Database, clinic: Clinic, officer: Person) -> None:
    with database.writing() as session:
        choose_names(session, session.get_one(Person, officer.id), "holder", seen="exception", now=NOON)
        ask_erasure(session, clinic.child, officer, Wish(Basis.ORDER, "Order 2026-77 of the court"), now=NOON)
        who = Newcomer("second@clinic.test", "Ad Two", "admin")
        open_member(session, database.cipher, clinic.admin, who, now=NOON)
        session.flush()
        told = session.execute(select(Person.role, Notice.kind).join(Notice, Notice.person_id == Person.id)).all()
        assert {("director", K.NAMES_ASK), ("director", K.ERASURE_ASK), ("privacy", K.STAFF_OPENED)} <= set(
            map(tuple, told)
        )
        assert [(role, kind) for role, kind in told if role not in READERS.get(NoticeKind(kind), EVERYBODY)] == []


def test_nobody_who_stands_in_is_sent_to_ask_a_family_how_it_went(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        answers.release_due(session, NOON + 53 * HOUR)
        session.execute(delete(RelatedPerson).where(RelatedPerson.patient_id == consult.patient_id))
        desk, at = clinic.coordinator, NOON + timedelta(days=30)
        take_off(session, desk, desk.public_id, at, at + 9 * HOUR, now=NOON)
        outbox = Outbox(session)
        outbox.read(NOON)
        ask_how_it_went(session, at, Quiet())
        outbox.read(at)
        assert {each for each in outbox.told if K.OUTCOME_DESK in each} == {("coordinator", K.OUTCOME_DESK)}
        assert [line for line in outbox.wrong if K.OUTCOME_DESK in line] == []


@dataclass
class Outbox:
    """Everything that was told so far, each judged as its reader would find it when it was told."""

    session: Session
    seen: set[int] = field(default_factory=set)
    told: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def read(self, now: datetime) -> None:
        for notice in self.session.scalars(select(Notice).where(Notice.consult_id.is_not(None)).order_by(Notice.id)):
            if notice.id in self.seen:
                continue
            self.seen.add(notice.id)
            person = self.session.get_one(Person, notice.person_id)
            self.told.add((person.role, notice.kind))
            if not self._can_read(person, notice, now):
                self.wrong.append(f"{person.role} was told {notice.dedupe_key} and cannot read it")

    def _can_read(self, person: Person, notice: Notice, now: datetime) -> bool:
        kind = NoticeKind(notice.kind)
        if person.role in ("director", "admin") and kind in (K.OVERDUE, K.NO_COVER, K.UNALLOCATED):
            # They hear that the program is late or empty, and their pages count it without the consult.
            return True
        consult = self.session.get_one(Consult, notice.consult_id)
        try:
            passed = consult_for(self.session, person, consult.public_id, now=now)
        except (NotFoundError, ForbiddenError):
            return False
        return TELLS[kind](self.session, passed, person, notice)


def _follow(session: Session, clinic: Clinic, consult: Consult, outbox: Outbox) -> None:
    """Its visit is booked, the family needs a ride, it is called off; nobody does the steps in time."""
    desk, at = clinic.coordinator, NOON + 65 * HOUR
    step = next(each for each in steps_of(session, consult.id, 2) if each.kind == "visit")
    visit = book(session, desk, consult.public_id, step.public_id, replace(BOOKING, starts_at=at + 9 * HOUR), now=at)
    reply(session, clinic.mother, consult.public_id, visit.public_id, "ride", now=at)
    outbox.read(at)
    end(session, desk, consult.public_id, visit.public_id, "off", why="family", now=at)
    outbox.read(at)
    tell_of_late_steps(session, at, Quiet())
    outbox.read(at)


def _asker(session: Session, clinic: Clinic, who: str) -> Consult:
    if who == "nurse":
        return presented(session, clinic)
    if who == "pcp":
        return clinic.claimed(session)
    question = clinic.family_question(session)
    form = requests.RequestForm(specialty="dermatology", question_type="diagnosis")
    return clinic.take(session, requests.send_on(session, question, clinic.pcp, form, now=NOON, targets=TARGETS))


def _live(session: Session, clinic: Clinic, consult: Consult, outbox: Outbox, *, has_doctor: bool) -> None:
    """One life: asked for more in both lanes, a colleague, words of everybody, an answer, its correction, a no."""
    derm, mother, pcp, desk = clinic.derm, clinic.mother, clinic.pcp, clinic.coordinator
    clinicians, family, inside = Audience.CLINICIANS, Audience.FAMILY, Audience.COORDINATION

    def ask(lane: Audience, hours: float) -> Message:
        at = NOON + hours * HOUR
        return request_info(session, consult, derm, text="More?", items=("Weight", "Sun"), audience=lane, now=at)

    def say(who: Person, lane: Audience, hours: float) -> None:
        threads.post(session, consult, who, lane, text="Here", now=NOON + hours * HOUR)
        outbox.read(NOON + hours * HOUR)

    asked = ask(clinicians, 1)
    unasking.take_back_part(session, consult, derm, asked.public_id, "0", now=NOON + 1.1 * HOUR)
    outbox.read(NOON + 1.1 * HOUR)
    if consult.requester_id == clinic.nurse.id:
        say(clinic.nurse, clinicians, 1.15)
        ask(clinicians, 1.16)
    watch_clinics(session, NOON + 1.2 * HOUR)
    fire(session, NOON + 38 * HOUR)
    outbox.read(NOON + 38 * HOUR)
    say(derm, clinicians, 39)
    say(mother, family, 39.1)
    ask(family, 39.3)
    say(mother, family, 39.4)
    side = second.ask_second(session, consult, derm, "A seizure?", specialty="neurology", now=NOON + 39.5 * HOUR)
    outbox.read(NOON + 39.5 * HOUR)
    second.take_second(session, consult, side, clinic.neuro, now=NOON + 39.5 * HOUR, lease=LEASE)
    second.reply_second(session, consult, side, clinic.neuro, "No", now=NOON + 39.55 * HOUR)
    outbox.read(NOON + 39.55 * HOUR)
    for who, lane in (
        (derm, family),
        (desk, family),
        (desk, inside),
        *(((pcp, inside), (pcp, clinicians)) if has_doctor else ()),
    ):
        say(who, lane, 39.6)
    urgency.change_urgency(session, consult, derm, "same_day", "worse", now=NOON + 39.7 * HOUR, targets=TARGETS)
    outbox.read(NOON + 39.7 * HOUR)
    answers.save_draft(session, consult, derm, ANSWER, now=NOON + 40 * HOUR, lease=LEASE)
    answers.sign(session, consult, derm, now=NOON + 40 * HOUR)
    answers.release_due(session, NOON + 53 * HOUR)
    outbox.read(NOON + 53 * HOUR)
    correcting.correct(session, consult, derm, {**ANSWER, "recommendations": STEPS}, "A slip", now=NOON + 54 * HOUR)
    fire(session, NOON + 65 * HOUR)
    outbox.read(NOON + 65 * HOUR)
    _follow(session, clinic, consult, outbox)
    reopen(session, consult, clinic.coordinator if not has_doctor else pcp, "Worse", now=NOON + 66 * HOUR)
    outbox.read(NOON + 66 * HOUR)
    clinic.take(session, consult, now=NOON + 66 * HOUR)
    declining.decline(session, consult, derm, "Not mine", now=NOON + 67 * HOUR)
    outbox.read(NOON + 67 * HOUR)


@pytest.mark.parametrize(("who", "has_doctor"), [("nurse", True), ("nurse", False), ("pcp", True), ("mother", False)])
def test_whoever_is_told_can_read_what_they_were_told_of(
    database: Database, clinic: Clinic, who: str, has_doctor: bool
) -> None:
    with database.writing() as session:
        consult = _asker(session, clinic, who)
        outbox = Outbox(session)
        outbox.read(NOON)
        if not has_doctor:
            close_account(session, session.get_one(Person, clinic.pcp.id), NOON)
        _live(session, clinic, consult, outbox, has_doctor=has_doctor)
        assert outbox.wrong == []
        staff = "pcp" if has_doctor else "coordinator"
        assert {(staff, K.ANSWERED), (staff, K.CORRECTED), ("caregiver", K.MESSAGE)} <= outbox.told
        followed = {("caregiver", kind) for kind in (K.VISIT_SET, K.VISIT_OFF, K.STEP_OPEN)}
        followed |= {(role, K.STEP_LATE) for role in ("specialist", "coordinator", staff)}
        assert followed | {("coordinator", K.VISIT_NEEDS)} <= outbox.told
        assert (("telepresenter", K.MORE_NEEDED) in outbox.told) is (who == "nurse")
        assert (("coordinator", K.NOBODY_READS) in outbox.told) is not has_doctor
