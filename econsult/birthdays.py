"""The watch over ages: a child who reaches an age opens a task for the coordinators, and nobody's right ends unseen.

The clock looks at every child once a day. Birth dates rest sealed, so that nothing in the database tells when; the rows
of the children are locked, so that of several clocks one looks. Rights do not end here but in `people.caregivers`, by
the day itself: a clock that stands still lets nobody in.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, UniqueConstraint, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.access import note_patients
from econsult.belonging import in_program
from econsult.database import NO_KEY, Base, Instant
from econsult.errors import ForbiddenError, NotFoundError
from econsult.notices import NoticeKind, notify
from econsult.people.ages import age_on, ages_of, birthday, day_begins, local_day
from econsult.people.caregivers import active_links, right_until
from econsult.people.deaths import the_dead
from econsult.people.patients import Patient, day_of, note_patient
from econsult.people.persons import Person, Role
from econsult.picking import ANY, Pick
from econsult.queue.quiet import Quiet

NOTICES = (90, 30)
"""So many days before a right ends the caregiver hears of it."""
SHOWN = 100
UNKNOWN = 0
"""Stands in the place of an age where nobody knows the birth date."""


class AgeTask(Base):
    """Something to do because of a child's age; `is_ahead` is the one before the age of majority.

    Done without anybody: a later one took its place.
    """

    __tablename__ = "age_task"
    __table_args__ = (
        UniqueConstraint("patient_id", "age", "is_ahead", name="uq_age_task"),
        Index("ix_age_task_open", "program_id", "done_at"),
        *in_program("age_task", patient_id="patient", done_by_id="person"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    age: Mapped[int]
    is_ahead: Mapped[bool]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def watch_ages(session: Session, now: datetime, quiet: Quiet, pick: Pick = ANY) -> int:
    """Look at the children whom nobody has looked at today; returns how many there were."""
    query = pick.narrow(_unseen(session, now).limit(pick.most), Patient.id)
    # Whoever asks about a child meanwhile is not kept waiting: the key of the row stays free.
    found = session.scalars(query.with_for_update(key_share=True, skip_locked=True)).all()
    seen = [number for number in found if _look(session, number, now, quiet)]
    session.execute(update(Patient).where(Patient.id.in_(seen)).values(ages_seen_at=now))
    return len(seen)


def unseen_today(session: Session, now: datetime, most: int) -> list[int]:
    """The numbers of the children whom nobody has looked at today."""
    return list(session.scalars(_unseen(session, now).limit(most)))


def _unseen(session: Session, now: datetime) -> Select[int]:
    today = day_begins(session, local_day(session, now))
    waits = or_(Patient.ages_seen_at.is_(None), Patient.ages_seen_at < today)
    here = (Patient.erased_at.is_(None), Patient.id.not_in(the_dead()))
    return select(Patient.id).where(waits, *here).order_by(Patient.id)


def _look(session: Session, patient_id: int, now: datetime, quiet: Quiet) -> bool:
    """Open what is due; False where somebody sleeps who must be told, so that this child is looked at again."""
    query = select(Patient.program_id, Patient.birth_date_text).where(Patient.id == patient_id)
    program_id, text = session.execute(query).one()
    task = AgeTask(program_id=program_id, patient_id=patient_id, age=UNKNOWN, is_ahead=False, opened_at=now)
    born = day_of(text)
    if born is None:
        _open(session, task)
        return True
    today, ages = local_day(session, now), ages_of(session, program_id)
    step = ages.step_at(age_on(born, today))
    if step is not None:
        task.age = step
        _open(session, task)
    ending = _ending(session, patient_id, now)
    grown = birthday(born, ages.majority)
    is_near = today < grown <= today + timedelta(days=max(NOTICES))
    if ending and is_near:
        ahead = AgeTask(program_id=program_id, patient_id=patient_id, age=ages.majority, is_ahead=True, opened_at=now)
        _open(session, ahead)
    # Each is told, whether or not another one sleeps.
    told = [_warn(session, patient_id, each, now, quiet) for each in ending]
    return all(told)


def _ending(session: Session, patient_id: int, now: datetime) -> list[tuple[Person, datetime]]:
    """Whose right ends within the longest notice, and when; what has ended already is not told again."""
    found = [
        (person, right_until(session, link, now))
        for link, person in active_links(session, patient_id, now, is_named=False)
    ]
    last = now + timedelta(days=max(NOTICES))
    return [(person, until) for person, until in found if until is not None and now < until <= last]


def _warn(session: Session, patient_id: int, ending: tuple[Person, datetime], now: datetime, quiet: Quiet) -> bool:
    """Tell a caregiver once for each of the days; False where it is night for them."""
    person, until = ending
    if quiet.until(person, now) > now:
        return False
    days = (local_day(session, until) - local_day(session, now)).days
    notice = min((each for each in NOTICES if days <= each), default=max(NOTICES))
    about = f"{patient_id}:{until:%Y%m%d}:{notice}"
    notify(session, person, NoticeKind.RIGHT_ENDS, consult_id=None, about=about, now=now)
    return True


def _open(session: Session, task: AgeTask) -> None:
    """Open a task that was never there; those of younger ages that nobody did are done with."""
    mine = AgeTask.patient_id == task.patient_id
    if session.scalar(select(AgeTask.id).where(mine, AgeTask.age == task.age, AgeTask.is_ahead == task.is_ahead)):
        return
    younger = (AgeTask.age < task.age) | ((AgeTask.age == task.age) & AgeTask.is_ahead & (not task.is_ahead))
    session.execute(update(AgeTask).where(mine, AgeTask.done_at.is_(None), younger).values(done_at=task.opened_at))
    session.add(task)
    session.flush()


def born_otherwise(session: Session, patient: Patient, now: datetime) -> None:
    """The birth date was wrong. What nobody did, and what is of an age that is not reached, goes with it.

    The clock looks at the child with its next tick, and opens what the right date asks for.
    """
    reached = age_on(patient.birth_date, local_day(session, now))
    stale = AgeTask.is_ahead | (AgeTask.age > reached) | AgeTask.done_by_id.is_(None)
    session.execute(delete(AgeTask).where(AgeTask.patient_id == patient.id, stale))
    patient.ages_seen_at = None
    session.flush()


def open_tasks(session: Session, person: Person, now: datetime) -> list[tuple[AgeTask, Patient]]:
    """What waits for the coordinators of the program, the newest first. Raises ForbiddenError for everybody else."""
    _check(person)
    query = select(AgeTask, Patient).join(Patient, Patient.id == AgeTask.patient_id).where(_waiting(person))
    found = [(task, child) for task, child in session.execute(query.order_by(AgeTask.id.desc()).limit(SHOWN))]
    note_patients(session, person, [child for _, child in found], now)
    return found


def count_open(session: Session, person: Person) -> int:
    """How many there are."""
    return session.scalars(select(func.count(AgeTask.id)).where(_waiting(person))).one()


def tasks_about(session: Session, patient: Patient) -> list[AgeTask]:
    """What waits about one child."""
    query = select(AgeTask).where(AgeTask.patient_id == patient.id, AgeTask.done_at.is_(None))
    return list(session.scalars(query.order_by(AgeTask.id.desc())))


def finish(session: Session, person: Person, patient: Patient, number: int, now: datetime) -> None:
    """Write down that a task is done. A second time changes nothing. Raises NotFoundError, ForbiddenError."""
    _check(person)
    task = session.get(AgeTask, number, with_for_update=NO_KEY)
    if task is None or task.patient_id != patient.id:
        raise NotFoundError
    if task.done_at is None:
        task.done_at, task.done_by_id = now, person.id
        note_patient(session, patient, "age_task", now, person_id=person.id, detail=str(task.age))
        session.flush()


def _waiting(person: Person) -> ColumnElement[bool]:
    return (AgeTask.program_id == person.program_id) & AgeTask.done_at.is_(None)


def _check(person: Person) -> None:
    if person.role != Role.COORDINATOR:
        raise ForbiddenError("The program's coordinators look after this.")
