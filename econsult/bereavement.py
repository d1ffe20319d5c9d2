"""Marking that a child has died, and taking a mistake back: what ends with it, and who of the staff hears of it.

Whether anything reaches the family is asked of `people.deaths` by whoever would send it. Here is what must be ended at
once: the promises that were owed to the family, its own open questions, calls, unopened invitations, age tasks and the
account of a young person.
Whoever marks holds the child's row, then each consult's as clocks do: what a tick or a signature wrote before is found,
and what comes after finds the mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from econsult.access import known_patients, note_patients
from econsult.birthdays import AgeTask
from econsult.consults.clocks import halt, lock, open_clocks, refresh_deadline
from econsult.consults.hearers import desk_of
from econsult.consults.holding import go_on
from econsult.consults.ledger import DIED, Clock
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, Kind
from econsult.consults.replies import FAMILY
from econsult.consults.requests import withdraw
from econsult.consults.retakes import Retake
from econsult.consults.sides import side_of
from econsult.consults.telephone import PhoneTask, call_off
from econsult.consults.threads import Message
from econsult.consults.visits import CURRENT, Visit
from econsult.database import NO_KEY
from econsult.errors import ForbiddenError, InvalidError
from econsult.leading import Led
from econsult.notices import Notice, NoticeKind, NoticeState, notify
from econsult.people.ages import local_day
from econsult.people.deaths import LATELY, Death, death_of
from econsult.people.invitations import Invitation, revoke
from econsult.people.patients import Patient, day_of, note_patient
from econsult.people.persons import HOUSEHOLD, NAMES_STAY_SHUT, Person, Role, team_of
from econsult.returning import bring_back
from econsult.standing import desk_relation
from econsult.youths import close_for_death, open_after_all, youth_of

SHOWN = 50


@dataclass(frozen=True)
class Stops:
    """What ends with the mark, and what goes on: numbers of requests, and how many of what has none."""

    questions: list[str]
    promises: list[str]
    calls: list[str]
    goes_on: list[str]
    visits: list[str]
    """What is booked somewhere, where they would call the family about it."""
    letters: int
    invitations: int
    tasks: int
    is_account: bool
    """Whether the child has an account of its own."""


def what_stops(session: Session, child: Patient, now: datetime) -> Stops:
    """What marking the child would end, as things stand. `child` comes from `access`."""
    consults = _consults(session, child)
    owed = {each.id for each in consults if _owed(session, each)}
    booked = _with_visits(session, consults)
    calls = select(PhoneTask.consult_id).where(PhoneTask.done_at.is_(None))
    due = set(session.scalars(calls.where(PhoneTask.consult_id.in_([each.id for each in consults]))))
    family = select(Person.id).where(Person.role.in_(HOUSEHOLD))
    unsent = select(func.count(Notice.id)).where(
        Notice.state.in_((NoticeState.PENDING, NoticeState.GATHERED)),
        Notice.sent_at.is_(None),
        Notice.person_id.in_(family),
        Notice.consult_id.in_([each.id for each in consults]),
    )
    tasks = select(func.count(AgeTask.id)).where(AgeTask.patient_id == child.id, AgeTask.done_at.is_(None))
    return Stops(
        questions=[each.number for each in consults if _is_familys(each)],
        promises=[each.number for each in consults if each.id in owed and not _is_familys(each)],
        calls=[each.number for each in consults if each.id in due],
        goes_on=[each.number for each in consults if each.status in OPEN and not _is_familys(each)],
        visits=[each.number for each in consults if each.id in booked],
        letters=session.scalars(unsent).one(),
        invitations=len([each for each in session.scalars(_unopened(child)) if each.is_live(now)]),
        tasks=session.scalars(tasks).one(),
        is_account=youth_of(session, child, now) is not None,
    )


def _with_visits(session: Session, consults: list[Consult]) -> set[int]:
    """Which of these have a visit booked, or on a waiting list."""
    ahead = select(Visit.consult_id).where(Visit.state.in_(CURRENT))
    return set(session.scalars(ahead.where(Visit.consult_id.in_([each.id for each in consults]))))


def mark_death(session: Session, child: Patient, staff: Person, day: str, *, now: datetime) -> Death:
    """Write down that the child has died, on that day or on one that nobody knows. A second time changes nothing.

    Raises ForbiddenError for other roles, InvalidError for a day that cannot be.
    """
    _check(session, staff, now)
    # Who asks for the child at this moment is waited for, or finds the mark: `people.deaths.refuse_after_death`.
    child = session.get_one(Patient, child.id, with_for_update=NO_KEY, populate_existing=True)
    known = death_of(session, child.id)
    if known is not None:
        return known
    check_day(session, child, day, now)
    death = Death(program_id=child.program_id, patient_id=child.id, day_text=day, noted_at=now, noted_by_id=staff.id)
    own = close_for_death(session, child, staff, now)
    death.closed_id = own.id if own is not None else None
    session.add(death)
    session.flush()
    note_patient(session, child, "mark_death", now, person_id=staff.id, detail="with_day" if day else "day_unknown")
    concerned: dict[int, Person] = {}
    for consult in _consults(session, child):
        concerned |= _holders(session, consult)
        _end(session, consult, staff, now)
    for invitation in session.scalars(_unopened(child)).all():
        revoke(session, invitation, staff, now)
    tasks = update(AgeTask).where(AgeTask.patient_id == child.id, AgeTask.done_at.is_(None))
    session.execute(tasks.values(done_at=now))
    _tell(session, child, _Told(NoticeKind.CHILD_DIED, death, staff, concerned), now)
    session.flush()
    return death


def take_back_death(session: Session, child: Patient, staff: Person, *, now: datetime) -> None:
    """It was a mistake: what had ended with the mark goes on as if it had not, and the same people hear of it.

    Letters that were silenced meanwhile are not sent, and invitations are made anew. A second time changes nothing.
    """
    _check(session, staff, now)
    child = session.get_one(Patient, child.id, with_for_update=NO_KEY, populate_existing=True)
    death = death_of(session, child.id)
    if death is None:
        return
    death.taken_back_at, death.taken_back_by_id = now, staff.id
    session.flush()
    note_patient(session, child, "take_back_death", now, person_id=staff.id)
    if death.closed_id is not None:
        open_after_all(session, child, session.get_one(Person, death.closed_id), staff, now)
    concerned: dict[int, Person] = {}
    for consult in _consults(session, child):
        bring_back(session, consult, death, staff, now)
        concerned |= _holders(session, consult)
    closed = (AgeTask.patient_id == child.id, AgeTask.done_at == death.noted_at, AgeTask.done_by_id.is_(None))
    session.execute(delete(AgeTask).where(*closed))
    child.ages_seen_at = None
    _tell(session, child, _Told(NoticeKind.DEATH_TAKEN_BACK, death, staff, concerned), now)
    session.flush()


def marked_lately(session: Session, person: Person, now: datetime) -> list[Patient]:
    """The children whom this person may know by name and who were marked lately, newest first: a letter told of it."""
    stands = (Death.taken_back_at.is_(None), Death.noted_at > now - LATELY)
    query = known_patients(session, person, now).where(*stands)
    query = query.select_from(Led(Death, Patient, Patient.id == Death.patient_id))
    children = list(session.scalars(query.order_by(Death.noted_at.desc()).limit(SHOWN)))
    note_patients(session, person, children, now)
    return children


def check_day(session: Session, child: Patient, day: str, now: datetime) -> None:
    """Raise InvalidError for a day before the birth, one to come, or none at all; an empty one is not known."""
    died: date | None = day_of(day)
    if day and (died is None or died > local_day(session, now) or died < child.birth_date):
        raise InvalidError("This day cannot be.", {"day": "invalid"})


def _check(session: Session, staff: Person, now: datetime) -> None:
    """The child's medical home writes it down, or the desk of the program: whoever stands in for it as well."""
    if staff.role != Role.PCP and desk_relation(session, staff, now) is None:
        raise ForbiddenError("The child's clinic or the care coordination writes that down.")


def _consults(session: Session, child: Patient) -> list[Consult]:
    """What was ever sent about the child."""
    query = select(Consult).where(Consult.patient_id == child.id, Consult.submitted_at.is_not(None))
    return list(session.scalars(query.order_by(Consult.id)))


def _unopened(child: Patient) -> Select[Invitation]:
    """What somebody still could open. A device that is in already may look at what it sent."""
    return select(Invitation).where(
        Invitation.patient_id == child.id, Invitation.opened_at.is_(None), Invitation.revoked_at.is_(None)
    )


def _is_familys(consult: Consult) -> bool:
    return consult.kind == Kind.FAMILY_QUESTION and consult.status in OPEN


def _owed(session: Session, consult: Consult) -> list[Clock]:
    """The promises to the family: to be told, to be replied to, and everything of a question of its own."""
    return [
        clock
        for clock in open_clocks(session, consult.id)
        if clock.name == ClockName.FAMILY_INFORMED or clock.lane == FAMILY or _is_familys(consult)
    ]


def _end(session: Session, consult: Consult, staff: Person, now: datetime) -> None:
    lock(session, consult)
    session.refresh(consult)
    for clock in _owed(session, consult):
        halt(session, clock, now, DIED)
    consult.family_waits_since = None
    _ask_no_more(session, consult, staff, now)
    call_off(session, consult, staff, now=now)
    if _is_familys(consult):
        withdraw(session, consult, staff, "", now=now)
    refresh_deadline(session, consult)


def _ask_no_more(session: Session, consult: Consult, staff: Person, now: datetime) -> None:
    """What the family was asked for is taken back, and whoever waited for it goes on without it."""
    asked = (Message.consult_id == consult.id, Message.audience == FAMILY, Message.items.is_not(None))
    session.execute(update(Message).where(*asked, Message.taken_back_at.is_(None)).values(taken_back_at=now))
    sent = Retake.message_id.in_(select(Message.id).where(*asked))
    session.execute(update(Retake).where(sent, Retake.taken_back_at.is_(None)).values(taken_back_at=now))
    waits = any(clock.paused_reason == "needs_family" for clock in open_clocks(session, consult.id))
    if waits and consult.status == Status.NEEDS_INFO:
        go_on(session, consult, staff, "resume", now=now)


def _holders(session: Session, consult: Consult) -> dict[int, Person]:
    """Who of the clinicians has it in hand, or replies to a colleague about it."""
    if consult.status not in OPEN and consult.clinic_waits_since is None:
        return {}
    side = side_of(session, consult.id)
    numbers = {consult.holder_id, side.holder_id if side is not None else None} - {None}
    query = select(Person).where(Person.id.in_(numbers), Person.is_active).options(*NAMES_STAY_SHUT)
    return {person.id: person for person in session.scalars(query)}


@dataclass(frozen=True)
class _Told:
    """What is told of a mark, by whom it was made or taken back, and who has a request of the child in hand."""

    kind: NoticeKind
    death: Death
    by: Person
    concerned: dict[int, Person]


def _tell(session: Session, child: Patient, told: _Told, now: datetime) -> None:
    """Those who have an open request of the child, its medical home and the desk: without a name."""
    others = (*team_of(session, child.organization_id), *desk_of(session, child.program_id, now))
    people = told.concerned | {person.id: person for person in others}
    for person in people.values():
        if person.id != told.by.id:
            notify(session, person, told.kind, consult_id=None, about=f"death:{told.death.id}", now=now)
