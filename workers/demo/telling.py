"""Tells one demo story through the same verbs that people use, each step at its own hour before the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult import audit
from econsult.advice.close_out import close_out
from econsult.advice.following import accept_and_read, mark
from econsult.advice.visiting import book
from econsult.consults import answers, declining, holding, requests, telling, threads
from econsult.consults.attachments import attachments_of
from econsult.consults.marks import read_drawing
from econsult.consults.outcomes import Said
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult, Kind
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.retakes import Wanted
from econsult.consults.threads import Audience
from econsult.consults.visits import Booking
from econsult.errors import EmergencyError
from econsult.jobs import Job, JobKind, JobState
from econsult.notices import Notice, NoticeState
from econsult.people.consent import ConsentGiven
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role
from econsult.people.signing import counts
from econsult.queue.firing import fire, oldest_due
from econsult.trail import AuditEvent
from workers.demo.case import Case, Step
from workers.demo.drawing import send_files
from workers.runtime import Runtime

MARK, LATER = "demo", "/later"
NEWS = timedelta(hours=1)
"""Notices older than this were read long ago, as the story goes; younger ones are really sent."""


@dataclass(frozen=True)
class Stage:
    """Who is there, and when the demo begins."""

    runtime: Runtime
    people: dict[str, Person]
    children: dict[str, Patient]
    now: datetime

    def at(self, hours: float) -> datetime:
        return self.now - timedelta(hours=hours)


Act = Callable[[Session, Stage, Consult, Step], object]


def tell(stage: Stage, case: Case) -> None:
    """Make the consult and everything that happened to it, in one transaction, or two around its files."""
    try:
        with stage.runtime.database.writing() as session:
            consult = _open(session, stage, case)
            if not case.needs_files_at_once:
                _go_on(session, stage, consult, case)
        if case.needs_files_at_once:
            send_files(stage.runtime, case, consult.public_id, stage.people[case.by], stage.at(case.hours))
            with stage.runtime.database.writing() as session:
                _go_on(session, stage, session.get_one(Consult, consult.id), case)
    except EmergencyError:
        # The stop is what this story is about; its record is kept.
        return


def tell_later(stage: Stage, case: Case, consult_id: int) -> None:
    """Go on with a story whose files are ready now, and mark that, so that it is told once."""
    with stage.runtime.database.writing() as session:
        consult = session.get_one(Consult, consult_id)
        for step in case.later:
            ACTS[step.verb](session, stage, consult, step)
        names = {"patient_id": consult.patient_id, "consult_id": consult.id}
        detail = f"{case.key}{LATER}"
        audit.record(session, MARK, "consult", consult.public_id, now=stage.now, person_id=None, detail=detail, **names)


def _go_on(session: Session, stage: Stage, consult: Consult, case: Case) -> None:
    for step in case.steps:
        pass_time(session, stage.at(step.hours))
        ACTS[step.verb](session, stage, consult, step)
    settle(session, stage.now)


def pass_time(session: Session, until: datetime) -> None:
    """Let every step of the ladder fire at its own instant, as if the clocks had run all along."""
    session.flush()
    while (instant := oldest_due(session)) is not None and instant <= until:
        fire(session, instant)
        session.flush()


def settle(session: Session, now: datetime) -> None:
    """Count old notices as read, and let what is to be done be due now and not days ago."""
    session.flush()
    waiting = Job.state == JobState.PENDING
    old = select(Notice.id).where(Notice.state == NoticeState.PENDING, Notice.created_at < now - NEWS)
    read = update(Job).where(waiting, Job.kind == JobKind.NOTIFY, Job.subject_id.in_(old))
    session.execute(read.values(state=JobState.DONE, finished_at=now))
    session.execute(update(Notice).where(Notice.id.in_(old)).values(state=NoticeState.SENT, sent_at=Notice.created_at))
    session.execute(update(Job).where(waiting, Job.run_after < now).values(run_after=now))


def told(session: Session) -> dict[str, str]:
    """The public ids of the consults that were made for the demo, by the key of their case."""
    query = select(AuditEvent.detail, AuditEvent.entity_id).where(AuditEvent.action == MARK)
    return {row.detail: row.entity_id for row in session.execute(query)}


def _open(session: Session, stage: Stage, case: Case) -> Consult:
    """Open the draft, and mark it so that it is told once."""
    person, child, at = stage.people[case.by], stage.children[case.child], stage.at(case.hours)
    by = "parent" if person.role != Role.YOUTH and counts(session, child.id, "parent", at) else "youth"
    given = ConsentGiven(by, "electronic" if case.is_family_question else "verbal", child.language)
    form = RequestForm(
        kind=Kind.FAMILY_QUESTION if case.is_family_question else Kind.ECONSULT,
        specialty=case.specialty,
        question=case.question,
        question_type=case.question_type,
        urgency=case.urgency,
        details={"red_flags": [], **case.details},
        consent=given,
    )
    consult = requests.create(session, person, child, form, now=at)
    names = {"patient_id": child.id, "consult_id": consult.id}
    audit.record(session, MARK, "consult", consult.public_id, now=at, person_id=None, detail=case.key, **names)
    return consult


def _submit(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    person = session.get_one(Person, consult.requester_id)
    targets = stage.runtime.settings.first_reply
    requests.submit(session, consult, person, SubmitForm(), now=stage.at(step.hours), targets=targets)


def _send_on(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    requests.send_on(
        session,
        consult,
        stage.people[step.who],
        replace(RequestForm(), **step.form),
        now=stage.at(step.hours),
        targets=stage.runtime.settings.first_reply,
    )


def _claim(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    lease = stage.runtime.settings.claim
    holding.claim(session, consult, stage.people[step.who], now=stage.at(step.hours), lease=lease)


def _post(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    lane, person = Audience(step.lane), stage.people[step.who]
    threads.post(session, consult, person, lane, text=step.text, now=stage.at(step.hours))


def _ask(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    threads.request_info(
        session,
        consult,
        stage.people[step.who],
        text=step.text,
        items=step.items,
        audience=Audience(step.lane),
        now=stage.at(step.hours),
    )


def _ask_again(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    """A better photo, as what was drawn over this one shows."""
    photo = attachments_of(session, consult.id)[step.form["photo"]]
    drawing = read_drawing({name: step.form[name] for name in ("marks", "words")})
    threads.request_info(
        session,
        consult,
        stage.people[step.who],
        text=step.text,
        items=(),
        audience=Audience(step.lane),
        now=stage.at(step.hours),
        again=[Wanted(photo.public_id, drawing)],
        again_words=step.items,
    )


def _answer(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    lease = stage.runtime.settings.claim
    plan = [_dated(stage, entry) for entry in step.form["recommendations"]]
    content = {**step.form, "recommendations": plan}
    answers.save_draft(session, consult, stage.people[step.who], content, now=stage.at(step.hours), lease=lease)


def _dated(stage: Stage, entry: dict[str, Any]) -> dict[str, Any]:
    """A recommendation with its instant instead of the hours before the start."""
    dated = dict(entry)
    hours = dated.pop("due_hours", None)
    return dated if hours is None else {**dated, "due_at": stage.at(hours).isoformat()}


def _sign(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    answers.sign(session, consult, stage.people[step.who], now=stage.at(step.hours))


def _acknowledge(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    accept_and_read(session, consult, stage.people[step.who], now=stage.at(step.hours))


def _inform(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    person, at = stage.people[step.who], stage.at(step.hours)
    telling.inform(session, consult, person, method=step.text, teach_back=step.text != "opened", now=at)


def _close(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    """`form` is what the clinic says came of it."""
    person, at = stage.people[step.who], stage.at(step.hours)
    close_out(session, consult, person, Said(**step.form), reason=step.text, now=at)


def _decline(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    declining.decline(session, consult, stage.people[step.who], step.text, now=stage.at(step.hours))


def _withdraw(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    requests.withdraw(session, consult, stage.people[step.who], step.text, now=stage.at(step.hours))


def _step(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    """Somebody says of a step of the answer that it was done, or why it was not: `lane` is its place in the answer."""
    followed = steps_of(session, consult.id)[int(step.lane)]
    verb, _, reason = step.text.partition(": ")
    at = stage.at(step.hours)
    mark(session, stage.people[step.who], consult.public_id, followed.public_id, verb, reason=reason, now=at)


def _visit(session: Session, stage: Stage, consult: Consult, step: Step) -> None:
    """Somebody books the visit of a step, so many days after the start of the demo, by the clock of the program."""
    followed, zone = steps_of(session, consult.id)[int(step.lane)], stage.runtime.settings.time_zone
    place, _, phone = step.text.partition(" · ")
    day = (stage.now + timedelta(days=step.form["days"])).astimezone(ZoneInfo(zone))
    at = day.replace(hour=step.form["hour"], minute=30, second=0, microsecond=0).astimezone(UTC)
    booking = Booking(place, zone, at, phone, step.form["note"], step.form["language"], step.items)
    now = stage.at(step.hours)
    book(session, stage.people[step.who], consult.public_id, followed.public_id, booking, now=now)


ACTS: dict[str, Act] = {
    "submit": _submit,
    "stop": _submit,
    "send_on": _send_on,
    "claim": _claim,
    "post": _post,
    "ask": _ask,
    "ask_again": _ask_again,
    "answer": _answer,
    "sign": _sign,
    "acknowledge": _acknowledge,
    "step": _step,
    "visit": _visit,
    "inform": _inform,
    "close": _close,
    "decline": _decline,
    "withdraw": _withdraw,
}
