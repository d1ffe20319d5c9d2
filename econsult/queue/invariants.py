"""What must hold whatever happens: the five promises of the queue, checked against the records as they are.

`python -m econsult invariants` prints one line for each violation, by number and code, without anybody's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from econsult.consults.answers import Answer
from econsult.consults.clocks import PAUSE_LIMIT, held_for
from econsult.consults.desks import STAND_INS
from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import ENDED, OPEN, Status
from econsult.consults.policies import ClockName, Policy, read_content
from econsult.consults.records import Consult, Kind, number_of
from econsult.consults.replies import CLINICIANS, FAMILY
from econsult.jobs import Job, JobKind, JobState
from econsult.notices import Notice, NoticeKind, NoticeState
from econsult.people.deaths import is_of_family, the_dead
from econsult.people.persons import HOUSEHOLD, Person, PractitionerSpecialty, Role
from econsult.queue.asides import sides_broken
from econsult.queue.bereaved import calls_broken, owed_to_the_dead
from econsult.queue.clinics import unheard_asked
from econsult.queue.corrections import corrections_broken
from econsult.queue.deeds import deeds_broken
from econsult.queue.followed import steps_broken
from econsult.queue.named import wishes_broken
from econsult.queue.promised import policies_broken, untold
from econsult.queue.put_off import put_off
from econsult.queue.rules import BEFORE, Rule, Rules, of_consults, of_notice
from econsult.queue.states import states_broken
from econsult.queue.stored import ledger_differs
from econsult.queue.waits import waits_broken

WAITS_TO_RUN = (JobState.PENDING, JobState.SENT)
PATIENCE = timedelta(minutes=2)
"""How late a step may be before a clock process that sleeps counts as a violation."""


def violations(session: Session, now: datetime, *, patience: timedelta = PATIENCE) -> Iterator[str]:
    """One line for each broken promise."""
    before = now - patience
    yield from _RULES.broken(session, before=before)
    yield from _held_too_long(session)
    yield from wishes_broken(session, before)
    yield from waits_broken(session)
    yield from states_broken(session, now)
    yield from put_off(session, now)
    yield from _unheard(session, before)
    yield from ledger_differs(session)
    yield from policies_broken(session)
    yield from untold(session, before)
    yield from deeds_broken(session)
    yield from corrections_broken(session)
    yield from calls_broken(session, before)
    yield from owed_to_the_dead(session)
    yield from steps_broken(session, before)
    yield from sides_broken(session, before)


def _no_owner_or_deadline() -> Iterator[Rule]:
    """1. Every open consult has somebody responsible, and an instant at which it is looked at again."""
    unwatched = of_consults(Consult.status.in_(OPEN), Consult.next_deadline_at.is_(None))
    yield Rule(1, "open without a pending deadline", unwatched)
    lost = of_consults(Consult.status.in_((Status.CLAIMED, Status.NEEDS_INFO)), Consult.holder_id.is_(None))
    yield Rule(1, "taken by nobody", lost)
    waits = Consult.status == Status.SUBMITTED
    yield Rule(1, "held although it is in the pool", of_consults(waits, Consult.holder_id.is_not(None)))
    nobody, desk = _nobody(), _desk()
    deserted = of_consults(waits, or_(nobody, Consult.is_unallocated), ~desk)
    yield Rule(1, "nobody may take it and there is no desk to turn to", deserted)
    left = of_consults(waits, nobody, ~Consult.is_unallocated)
    yield Rule(1, "nobody can take it and it is not at the desk", left)
    endless = exists().where(
        Clock.consult_id == Consult.id, Clock.state == ClockState.PAUSED, Clock.paused_until.is_(None)
    )
    yield Rule(1, "paused without an end", of_consults(endless))
    for lane, waits_since in ((FAMILY, Consult.family_waits_since), (CLINICIANS, Consult.clinic_waits_since)):
        same = (Clock.consult_id == Consult.id, Clock.name == ClockName.NEXT_REPLY, Clock.lane == lane)
        runs = exists().where(*same, Clock.state != ClockState.STOPPED)
        forgotten = of_consults(waits_since.is_not(None), ~runs)
        yield Rule(1, "somebody waits for a reply and no clock runs", forgotten)
        yield Rule(1, "a clock of the next reply runs and nobody waits", of_consults(waits_since.is_(None), runs))


def _nobody() -> ColumnElement[bool]:
    """Whether none of those who are asked about a consult has an account."""
    pool = exists().where(
        PractitionerSpecialty.person_id == Person.id,
        PractitionerSpecialty.specialty.in_((Consult.specialty, Consult.fallback_specialty)),
        Person.program_id == Consult.program_id,
        Person.is_active,
    )
    team = exists().where(Person.organization_id == Consult.organization_id, Person.role == Role.PCP, Person.is_active)
    is_clinics = or_(Consult.kind == Kind.FAMILY_QUESTION, Consult.specialty.is_(None))
    return or_(is_clinics & ~team, ~is_clinics & ~pool)


def _desk() -> ColumnElement[bool]:
    """Whether its program has a desk, or somebody who stands in for it."""
    at_desk = Person.role.in_((Role.COORDINATOR, *STAND_INS))
    return exists().where(Person.program_id == Consult.program_id, at_desk, Person.is_active)


def _held_too_long(session: Session) -> Iterator[str]:
    """1. All pauses of a promise together, and the one that it is in, are no longer than any rules ever allowed."""
    allowed = [read_content(content).get("pause", 0) for content in session.scalars(select(Policy.content).distinct())]
    longest = max((PAUSE_LIMIT, *(timedelta(minutes=minutes) for minutes in allowed)))
    for clock in session.scalars(select(Clock).where(Clock.pauses > 0).execution_options(yield_per=2000)):
        now_held = clock.paused_until - clock.paused_at if clock.paused_at and clock.paused_until else timedelta()
        if held_for(clock) + now_held > longest:
            yield f"1 {number_of(clock.consult_id)}: {clock.name} was held for longer than is allowed"


def _not_fired() -> Iterator[Rule]:
    """2. Each step fires exactly once: none is missing (the unique key and the replay see to doubles)."""
    yield Rule(2, "a step is due and has not fired", of_consults(Consult.next_deadline_at < BEFORE))
    is_past = and_(Clock.deadline_at < BEFORE, or_(Clock.paused_at.is_(None), Clock.deadline_at <= Clock.paused_at))
    broken = exists().where(
        Clock.consult_id == Consult.id, Clock.state != ClockState.STOPPED, is_past, ~Clock.is_breached
    )
    yield Rule(2, "a promise is broken and nobody was told", of_consults(broken))
    twice = (
        select(ClockEvent.consult_id)
        .where(ClockEvent.level > 0)
        .group_by(ClockEvent.consult_id, ClockEvent.name, ClockEvent.cycle, ClockEvent.level)
        .having(func.count() > 1)
    )
    yield Rule(2, "a step fired twice", twice)


def _unheard(session: Session, before: datetime) -> Iterator[str]:
    for consult_id in unheard_asked(session, before):
        yield f"2 {number_of(consult_id)}: its empty clinic was asked for information and the desk was not told"


def _ended_wrongly() -> Iterator[Rule]:
    """3. What has ended has no clock and a disposition; a signed answer has its clock of telling the family."""
    runs = exists().where(Clock.consult_id == Consult.id, Clock.state != ClockState.STOPPED)
    # A decline has ended once the family was told of it; and what staff ended, once it has its reply from its clinic.
    goes_on = Consult.status.in_((Status.DECLINED, Status.WITHDRAWN))
    is_answered = or_(~goes_on, Consult.family_waits_since.is_(None))
    is_told = or_(Consult.status != Status.DECLINED, Consult.informed_at.is_not(None))
    has_ended = and_(Consult.status.in_(ENDED), is_answered, is_told)
    watched = of_consults(has_ended, or_(runs, Consult.next_deadline_at.is_not(None)))
    yield Rule(3, "a clock runs although it has ended", watched)
    other = exists().where(
        Clock.consult_id == Consult.id,
        Clock.state != ClockState.STOPPED,
        or_(Clock.name != ClockName.FAMILY_INFORMED, Consult.status == Status.WITHDRAWN),
        Clock.lane != FAMILY,
    )
    for status, words in ((Status.DECLINED, "declined"), (Status.WITHDRAWN, "taken back")):
        yield Rule(3, f"a clock runs although it was {words}", of_consults(Consult.status == status, other))
    signed = exists().where(
        Answer.consult_id == Consult.id, Answer.signed_at.is_not(None), Answer.disposition.is_not(None)
    )
    closed = of_consults(Consult.status == Status.CLOSED, ~signed, Consult.end_reason.is_(None))
    yield Rule(3, "closed without a disposition", closed)
    declined = of_consults(Consult.status == Status.DECLINED, Consult.end_reason.is_(None))
    yield Rule(3, "declined without a reason", declined)
    informed = exists().where(Clock.consult_id == Consult.id, Clock.name == ClockName.FAMILY_INFORMED)
    is_signed = exists().where(Answer.consult_id == Consult.id, Answer.signed_at.is_not(None))
    yield Rule(3, "signed without a clock of telling the family", of_consults(is_signed, ~informed))
    yield from _not_heard()


def _not_heard() -> Iterator[Rule]:
    """3. While a question goes on and the child lives, what its family can read and has not heard has its clock."""
    tells = exists().where(
        Clock.consult_id == Consult.id, Clock.name == ClockName.FAMILY_INFORMED, Clock.state != ClockState.STOPPED
    )
    is_untold = or_(
        and_(Consult.status.in_((Status.ANSWERED, Status.DECLINED)), Consult.informed_at.is_(None)),
        and_(Consult.status.in_(OPEN), Consult.unheard_version.is_not(None)),
    )
    untold = of_consults(is_untold, ~tells, Consult.patient_id.not_in(the_dead()))
    yield Rule(3, "the family has not heard and no clock of telling it runs", untold)


def _read_too_early() -> Iterator[Rule]:
    """5. Nobody but its author can read an unsigned answer; amendments are new versions."""
    answers = select(Answer.consult_id)
    early = answers.where(Answer.released_at.is_not(None), Answer.signed_at.is_(None))
    yield Rule(5, "an unsigned answer is open to the family", early)
    released = exists().where(Answer.consult_id == Consult.id, Answer.released_at.is_not(None))
    unsigned = of_consults(Consult.released_at.is_not(None), ~released)
    yield Rule(5, "released without a signed answer", unsigned)
    same = (Answer.consult_id == Consult.id, Answer.version == Consult.unheard_version)
    is_open_answer = exists().where(*same, Answer.released_at.is_not(None))
    shut = of_consults(Consult.unheard_version.is_not(None), ~is_open_answer)
    yield Rule(5, "an answer waits to be heard that is not open to the family", shut)
    drafts = answers.where(Answer.signed_at.is_(None)).group_by(Answer.consult_id).having(func.count() > 1)
    yield Rule(5, "more than one draft", drafts)
    signed = answers.where(Answer.signed_at.is_not(None)).group_by(Answer.consult_id)
    yield Rule(5, "versions are missing", signed.having(func.max(Answer.version) < func.count()))


def _not_told() -> Iterator[Rule]:
    """2 for letters: whatever was gathered has a digest that was sent after it was written, or still will be.

    A digest that reached nobody is seen by the coordinators, who tell its reader.
    """
    digest, job = aliased(Notice), aliased(Job)
    of_it = (job.subject_id == digest.id, job.kind == JobKind.NOTIFY)
    to_come = exists().where(*of_it, job.state.in_((*WAITS_TO_RUN, JobState.RUNNING)))
    # One that was done and sent nothing met a family that may hear of none of it any more.
    met_nobody = exists().where(*of_it, job.state == JobState.DONE) & exists().where(
        Person.id == digest.person_id, Person.role.in_(HOUSEHOLD)
    )
    told = exists().where(
        digest.id == Notice.digest_id,
        digest.kind == NoticeKind.DIGEST,
        digest.person_id == Notice.person_id,
        or_(digest.state.in_((NoticeState.SENT, NoticeState.FAILED)), to_come, met_nobody),
    )
    reads = exists().where(Person.id == Notice.person_id, Person.is_active)
    # What was gathered for the family of a child who has died since is not sent.
    is_lost = and_(Notice.consult_id.is_not(None), is_of_family(Notice.consult_id, Notice.person_id))
    query = select(Notice.id).where(Notice.state == NoticeState.GATHERED, reads, ~told, ~is_lost)
    yield Rule(2, "gathered, and no letter tells of it", query.order_by(Notice.id), of_notice)


def _rules() -> Iterator[Rule]:
    for promise in (_no_owner_or_deadline, _not_fired, _ended_wrongly, _read_too_early, _not_told):
        yield from promise()


_RULES = Rules(_rules)
