"""The telephone task of an answer that says "emergency, now": somebody calls the family within a quarter of an hour.

A letter may lie unread, so the task is told to the clinic and the desk again and again, later to the director too,
until a person writes down what came of it. It goes on even where the consult is closed meanwhile. Its ledger is only
added to.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, numbered_within, program_of
from econsult.consults.hearers import coordinators_of, desk_of
from econsult.consults.ledger import DIED
from econsult.consults.own_clinic import own_team
from econsult.consults.records import Consult, note
from econsult.database import Base, Instant, Sealed
from econsult.errors import InvalidError
from econsult.leading import narrow
from econsult.notices import NoticeKind, notify
from econsult.people.deaths import has_died
from econsult.people.persons import Person, Role, team_of

DUE, NUDGE = timedelta(minutes=15), timedelta(minutes=5)
REPLACED = "replaced"
"""The outcome of a call in whose place that of a newer version is made."""
ENDED_BY = ("done", "replaced", "called_off")
"""The lines of its ledger by which a call ends."""
LATE_LEVEL = 3
"""The step at which the quarter of an hour is over."""
LONGEST_WORDS = 1000


class Outcome(StrEnum):
    """How the task ended: the family knows, or could not be reached and somebody was sent to it."""

    REACHED = "reached"
    SENT_HELP = "sent_help"


class PhoneTask(Base):
    """One call to make. `level` counts the steps that were told, `next_at` is the next one; NULL once it is done."""

    __tablename__ = "phone_task"
    __table_args__ = (
        UniqueConstraint("consult_id", "version", name="uq_phone_task_version"),
        narrow("ix_phone_task_next", "next_at", only="next_at IS NOT NULL"),
        narrow("ix_phone_task_open", "due_at", "id", only="done_at IS NULL"),
        numbered_within("phone_task"),
        *in_program("phone_task", consult_id="consult", done_by_id="person"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    version: Mapped[int]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    level: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str | None] = mapped_column(String(16))
    words: Mapped[str | None] = mapped_column(Sealed("phone_task.words"))


class PhoneEvent(Base):
    """One line of the task's ledger: opened, reminded, late, tried, done. `level` makes each possible once."""

    __tablename__ = "phone_event"
    __table_args__ = (
        UniqueConstraint("task_id", "kind", "level", name="uq_phone_event"),
        *in_program("phone_event", task_id="phone_task", person_id="person"),
    )

    program_id: Mapped[int | None] = program_of("phone_task", "task_id")
    task_id: Mapped[int] = mapped_column(ForeignKey("phone_task.id"))
    kind: Mapped[str] = mapped_column(String(16))
    level: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def step_at(task: PhoneTask, level: int) -> datetime:
    """When a step is told: every five minutes until the quarter of an hour is over, then every quarter."""
    return task.opened_at + NUDGE * level if level < LATE_LEVEL else task.due_at + DUE * (level - LATE_LEVEL)


def open_call(
    session: Session, consult: Consult, version: int, *, person_id: int, now: datetime, is_newer: bool = False
) -> PhoneTask:
    """The call is to be made from now on; the clinic and the desk are told at once, whatever the hour.

    Of a version that corrects one (`is_newer`), a call that is still to be made goes over to it, with the time for
    which the family has waited.
    """
    person = session.get_one(Person, person_id)
    before = _open_calls(session, consult) if is_newer else []
    since = min((each.opened_at for each in before), default=now)
    for each in before:
        _replace(session, each, person, now)
    task = PhoneTask(consult_id=consult.id, version=version, opened_at=since, due_at=since + DUE, level=0)
    task.next_at = step_at(task, 1)
    session.add(task)
    session.flush()
    session.add(PhoneEvent(task_id=task.id, kind="opened", at=now, due_at=task.due_at, person_id=person_id))
    if has_died(session, consult.patient_id):
        call_off(session, consult, person, now=now)
        return task
    for person in callers(session, consult, now, is_late=False):
        notify(session, person, NoticeKind.CALL_NOW, consult_id=consult.id, about=f"call:{task.id}:0", now=now)
    return task


def callers(session: Session, consult: Consult, now: datetime, *, is_late: bool) -> list[Person]:
    """Who is asked to call: the clinic and the desk; the directors too once it is late, or where there is no desk."""
    desk = desk_of(session, consult.program_id, now)
    people = [*team_of(session, consult.organization_id), *own_team(session, consult), *desk]
    if is_late:
        people += coordinators_of(session, consult.program_id, Role.DIRECTOR)
    return list({person.id: person for person in people}.values())


def call_of(session: Session, consult_id: int) -> PhoneTask | None:
    """The newest telephone task of a consult, done or not."""
    query = select(PhoneTask).where(PhoneTask.consult_id == consult_id).order_by(PhoneTask.id.desc()).limit(1)
    return session.scalars(query).one_or_none()


def events_of(session: Session, task: PhoneTask) -> list[PhoneEvent]:
    """The ledger of one task, oldest first."""
    query = select(PhoneEvent).where(PhoneEvent.task_id == task.id).order_by(PhoneEvent.at, PhoneEvent.id)
    return list(session.scalars(query))


def try_call(session: Session, consult: Consult, person: Person, *, now: datetime) -> bool:
    """Somebody called and nobody answered: it is written down, and the task goes on. False: there is none any more."""
    tasks = _open_calls(session, consult)
    for task in tasks:
        same = (PhoneEvent.task_id == task.id, PhoneEvent.kind == "tried")
        number = session.scalars(select(func.count(PhoneEvent.id)).where(*same)).one() + 1
        session.add(PhoneEvent(task_id=task.id, kind="tried", level=number, at=now, person_id=person.id))
        note(session, consult, "call_tried", person_id=person.id, now=now)
    return bool(tasks)


def is_ended_otherwise(session: Session, consult: Consult, person: Person, words: str) -> bool:
    """Whether something else is written down already of the newest call than that this person sent somebody.

    The same said twice by one person is one press too many.
    """
    task = call_of(session, consult.id)
    said = (person.id, Outcome.SENT_HELP, words.strip()[:LONGEST_WORDS])
    return task is not None and task.done_at is not None and (task.done_by_id, task.outcome, task.words) != said


def finish_call(
    session: Session, consult: Consult, person: Person, outcome: str, *, words: str = "", now: datetime
) -> None:
    """A person says what came of it. Where nobody was reached, the words say who was sent; done twice counts once."""
    if outcome not in tuple(Outcome):
        raise InvalidError("Say whether the family was reached.", {"outcome": "unknown_value"})
    if outcome == Outcome.SENT_HELP and not words.strip():
        raise InvalidError("Say who was sent to the family.", {"words": "required"})
    for task in _open_calls(session, consult):
        task.next_at, task.done_at, task.done_by_id = None, now, person.id
        task.outcome, task.words = outcome, words.strip()[:LONGEST_WORDS] or None
        session.add(PhoneEvent(task_id=task.id, kind="done", at=now, due_at=task.due_at, person_id=person.id))
        note(session, consult, "call_done", person_id=person.id, now=now, detail=outcome)
    session.flush()


def call_off(session: Session, consult: Consult, person: Person, *, now: datetime) -> None:
    """The child has died: nobody telephones any more."""
    for task in _open_calls(session, consult):
        task.next_at, task.done_at, task.done_by_id, task.outcome = None, now, person.id, DIED
        _log_again(session, task, "called_off", person, now)
        note(session, consult, "call_off", person_id=person.id, now=now)
    session.flush()


def call_after_all(session: Session, consult: Consult, person: Person, *, now: datetime) -> None:
    """The child lives: the newest call that was called off is to be made, from now on and as urgently as before."""
    query = select(PhoneTask).where(PhoneTask.consult_id == consult.id, PhoneTask.outcome == DIED)
    off = list(session.scalars(query.order_by(PhoneTask.id).with_for_update(key_share=True)))
    since = min((each.opened_at for each in off), default=now)
    for task in off[:-1]:
        # One call says what stands now, as soon as the first of them was to be made.
        _replace(session, task, person, now)
    for task in off[-1:]:
        task.opened_at, task.due_at = since, since + DUE
        task.done_at = task.done_by_id = task.outcome = None
        # The steps that were missed are told as one with the next tick.
        task.next_at = max(now, step_at(task, task.level + 1))
        _log_again(session, task, "called_on", person, now)
        note(session, consult, "call_again", person_id=person.id, now=now)
    session.flush()


def _replace(session: Session, task: PhoneTask, person: Person, now: datetime) -> None:
    """A newer version is told in its place, by the same call."""
    task.next_at, task.done_at, task.done_by_id, task.outcome = None, now, person.id, REPLACED
    _log_again(session, task, "replaced", person, now)


def _log_again(session: Session, task: PhoneTask, kind: str, person: Person, now: datetime) -> None:
    """A line of the task's ledger that may come more than once."""
    same = (PhoneEvent.task_id == task.id, PhoneEvent.kind == kind)
    number = session.scalars(select(func.count(PhoneEvent.id)).where(*same)).one() + 1
    session.add(PhoneEvent(task_id=task.id, kind=kind, level=number, at=now, due_at=task.due_at, person_id=person.id))


def _open_calls(session: Session, consult: Consult) -> list[PhoneTask]:
    """The calls that are still to be made, locked against the clock that tells of them."""
    query = select(PhoneTask).where(PhoneTask.consult_id == consult.id, PhoneTask.done_at.is_(None))
    return list(
        session.scalars(
            query.order_by(PhoneTask.id).with_for_update(key_share=True).execution_options(populate_existing=True)
        )
    )
