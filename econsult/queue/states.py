"""What the state of a consult owes: which promise runs in it and which does not, and what its record says then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, cast, exists, literal, or_, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import ClockName
from econsult.consults.records import RANKS, Consult
from econsult.consults.versions import Answer
from econsult.jobs import Job, JobState
from econsult.notices import Notice, NoticeState
from econsult.people.patients import Patient
from econsult.people.persons import SPECIALTIES, Person, Role
from econsult.queue.rules import Rule, Rules, of_consults, of_notice
from econsult.rosters.limits import Conflict

LONGEST_CLAIM = timedelta(days=30)
"""No draft and no colleague's reply keeps a request for longer."""
_HELD = (Status.CLAIMED, Status.NEEDS_INFO)
_HAS_ENDED = (Status.CLOSED, Status.DECLINED, Status.WITHDRAWN)
_WAS_SENT = (*OPEN, Status.ANSWERED, Status.CLOSED, Status.DECLINED)
"""A draft that was thrown away is taken back too, and was never sent."""


def states_broken(session: Session, now: datetime) -> Iterator[str]:
    """One line for each record that is not what its state says, by the number of the promise that breaks."""
    return _RULES.broken(session, latest=now + LONGEST_CLAIM)


def _lost_notices() -> Select[int]:
    """What waits to be sent and has no job.

    By the key, which has an index; the record that a job is about has none. A job that was done and sent nothing met
    somebody who may not hear it any more.
    """
    to_come = exists().where(
        Job.dedupe_key == literal("notice:") + cast(Notice.id, String),
        Job.subject_id == Notice.id,
        Job.state.in_((JobState.PENDING, JobState.SENT, JobState.RUNNING, JobState.DONE)),
    )
    return select(Notice.id).where(Notice.state == NoticeState.PENDING, ~to_come).order_by(Notice.id)


def _conditions() -> list[tuple[int, str, ColumnElement[bool]]]:
    status = Consult.status
    signed = exists().where(Answer.consult_id == Consult.id, Answer.signed_at.is_not(None))
    is_unreleased = and_(Consult.release_at.is_(None), Consult.released_at.is_(None))
    is_held = status.in_(_HELD)
    is_misplaced = or_(
        *(and_(Consult.urgency == each, Consult.urgency_rank != rank) for each, rank in RANKS.items()),
        Consult.urgency.not_in(list(RANKS)),
    )
    goes_on = _is(ClockName.FIRST_REPLY)
    clinic_waits = (status == Status.ANSWERED) & Consult.clinic_waits_since.is_not(None)
    has_left = _is_holder(Person.is_active.is_(False))
    may_not = exists().where(Conflict.person_id == Consult.holder_id, Conflict.patient_id == Consult.patient_id)
    answers_none = _is_holder(Person.role.not_in((Role.SPECIALIST, Role.PCP)))
    speaks_otherwise = exists().where(Patient.id == Consult.patient_id, Patient.language != Consult.language)
    is_had = or_(Consult.holder_id.is_not(None), Consult.claim_until.is_not(None))
    others = exists().where(Notice.consult_id == Consult.id, Notice.person_id != Consult.requester_id)
    return [
        (1, "counts as a test, of which nobody is told, and others were told of it", Consult.is_test & others),
        (1, "is in a state that there is not", status.not_in(list(Status))),
        (1, "waits in the pool and no clock of being taken runs", (status == Status.SUBMITTED) & ~_is("allocate")),
        (1, "is open and nobody is promised a reply", status.in_(OPEN) & ~goes_on),
        (1, "is held since no instant", is_held & Consult.claimed_at.is_(None)),
        (1, "is held without an end of the claim", (status == Status.CLAIMED) & Consult.claim_until.is_(None)),
        (1, "is held for ever", (status == Status.CLAIMED) & (Consult.claim_until > bindparam("latest"))),
        # What the clinic asks about an answer stays with whoever signed it until the desk gives it to somebody else.
        (1, "is held by somebody without an account", status.in_(OPEN) & has_left),
        (1, "is held by somebody who answers nothing", or_(status.in_(OPEN), clinic_waits) & answers_none),
        (1, "is held by somebody with a conflict of interest", status.in_(OPEN) & may_not),
        (1, "waits for a reply to its clinic and nobody has it", clinic_waits & Consult.holder_id.is_(None)),
        (1, "asks a specialty that there is not", status.in_(OPEN) & _is_unknown()),
        (1, "was sent at no instant", status.in_(_WAS_SENT) & Consult.submitted_at.is_(None)),
        (1, "is at another place of the order than its urgency", status.in_(OPEN) & is_misplaced),
        (1, "stands in lists under another language than its family's", status.in_(OPEN) & speaks_otherwise),
        (1, "is at work although its clock is held", (status == Status.CLAIMED) & _is("first_reply", "paused")),
        (3, "is held and a clock of being taken runs", is_held & _is("allocate")),
        (3, "is answered and a clock of the first reply runs", (status == Status.ANSWERED) & goes_on),
        (3, "is answered and nothing is signed", (status == Status.ANSWERED) & ~signed),
        (3, "is answered and never opens to the family", (status == Status.ANSWERED) & is_unreleased),
        (3, "is a draft and has a clock", (status == Status.DRAFT) & exists().where(Clock.consult_id == Consult.id)),
        (3, "has ended and somebody has it", status.in_(_HAS_ENDED) & is_had),
        (3, "goes on although it has ended", status.not_in(_HAS_ENDED) & Consult.ended_at.is_not(None)),
        (3, "has ended at no instant", status.in_(_HAS_ENDED) & Consult.ended_at.is_(None)),
        (4, "carries no rules", status.in_((*OPEN, Status.ANSWERED)) & Consult.rules.is_(None)),
        (3, "the family has heard and a clock of telling it runs", Consult.informed_at.is_not(None) & _is_untold()),
    ]


def _is(name: str, state: str = "") -> ColumnElement[bool]:
    """Whether such a clock has not stopped, or is in that very state."""
    wanted = Clock.state == state if state else Clock.state != ClockState.STOPPED
    return exists().where(Clock.consult_id == Consult.id, Clock.name == name, wanted)


def _is_holder(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether this is so of whoever has it."""
    return exists().where(Person.id == Consult.holder_id, condition)


def _is_unknown() -> ColumnElement[bool]:
    return or_(Consult.specialty.not_in(SPECIALTIES), Consult.fallback_specialty.not_in(SPECIALTIES))


def _is_untold() -> ColumnElement[bool]:
    return and_(Consult.unheard_version.is_(None), _is(ClockName.FAMILY_INFORMED))


def _rules() -> Iterator[Rule]:
    for promise, words, condition in _conditions():
        yield Rule(promise, words, of_consults(condition))
    yield Rule(2, "waits to be sent, and no job will send it", _lost_notices(), of_notice)


_RULES = Rules(_rules)
