"""A child who was marked as dead by mistake: what the mark ended of a consult goes on, as far as it still makes sense.

What staff did meanwhile counts: a reply that was given, another specialty, other rules. The ledger says so of each.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from econsult.consults.clocks import halt, lock, open_clocks, refresh_deadline, start_clock, unhalt
from econsult.consults.contents import Disposition
from econsult.consults.hearers import family_of
from econsult.consults.interpreting import follow_family
from econsult.consults.ledger import DIED, Clock, ClockEvent, ClockState
from econsult.consults.lifecycle import OPEN, Status, next_status
from econsult.consults.offering import offer
from econsult.consults.outcomes import ask_after_all
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.recommendations import watch_again
from econsult.consults.recomputing import REPLIES, recompute
from econsult.consults.records import Consult, note
from econsult.consults.replies import FAMILY
from econsult.consults.telephone import call_after_all
from econsult.consults.threads import was_written_to_family
from econsult.consults.turning import turn_clock
from econsult.consults.unseen import tell_unseen
from econsult.consults.versions import Answer, first_signed, signed_answer
from econsult.consults.visits_carried import wake_visits
from econsult.notices import NoticeKind, notify
from econsult.people.deaths import Death
from econsult.people.persons import Person


def bring_back(session: Session, consult: Consult, death: Death, staff: Person, now: datetime) -> None:
    """Let go on what the mark of this death ended of the consult."""
    lock(session, consult)
    session.refresh(consult)
    follow_family(session, consult, staff, now)
    was_ended = consult.status == Status.WITHDRAWN and consult.ended_at == death.noted_at
    is_question = was_ended and consult.consent_withdrawn_at is None
    if is_question:
        consult.status = next_status(consult.status, "bring_back")
        consult.ended_at, consult.is_ended_by_staff = None, False
        consult.version += 1
        note(session, consult, "bring_back", person_id=staff.id, now=now)
    opened = _opened_meanwhile(session, consult, death)
    for clock in _halted(session, consult, death):
        if clock.name == ClockName.FAMILY_INFORMED and opened is not None:
            # It is told of it only now: its time begins with that.
            target = rules_of(consult).family_informed
            start_clock(session, consult, ClockName.FAMILY_INFORMED, target, now, person_id=staff.id)
        elif _is_owed_again(session, consult, clock, death, is_question=is_question):
            _go_on(session, consult, clock, death, now=now, by=staff)
    recompute(session, consult, rules_of(consult), now, person_id=staff.id, names=REPLIES)
    call_after_all(session, consult, staff, now=now)
    # What fell due while the mark stood was told to nobody, and its watch ended with that.
    watch_again(session, consult.id)
    wake_visits(session, consult.id, now)
    ask_after_all(session, consult, death.noted_at)
    if opened is not None:
        _tell(session, consult, opened, death, now)
    refresh_deadline(session, consult)
    if is_question:
        offer(session, consult, now)


def _halted(session: Session, consult: Consult, death: Death) -> list[Clock]:
    """The clocks that the mark ended, or that ended as they began since; of telling the family the newest alone."""
    same = (ClockEvent.consult_id == Clock.consult_id, ClockEvent.name == Clock.name, ClockEvent.cycle == Clock.cycle)
    ended = exists().where(
        *same, ClockEvent.kind == "stopped", ClockEvent.reason == DIED, ClockEvent.at == Clock.stopped_at
    )
    mine = and_(Clock.consult_id == consult.id, Clock.state == ClockState.STOPPED, Clock.stopped_at >= death.noted_at)
    found = list(session.scalars(select(Clock).where(mine, ended).order_by(Clock.id)))
    newest = max((each.cycle for each in found if each.name == ClockName.FAMILY_INFORMED), default=0)
    return [each for each in found if each.name != ClockName.FAMILY_INFORMED or each.cycle == newest]


def _is_owed_again(session: Session, consult: Consult, clock: Clock, death: Death, *, is_question: bool) -> bool:
    """Whether the promise still makes sense, after whatever staff did meanwhile."""
    if clock.name == ClockName.FAMILY_INFORMED:
        return _is_untold(consult)
    if clock.lane == FAMILY:
        is_over = consult.status == Status.CLOSED or consult.consent_withdrawn_at is not None
        return not is_over and not _is_answered(session, consult, clock, death)
    return is_question and clock.name == ClockName.FIRST_REPLY


def _is_untold(consult: Consult) -> bool:
    is_over = consult.status in (Status.ANSWERED, Status.DECLINED) and consult.informed_at is None
    return is_over or (consult.status in OPEN and consult.unheard_version is not None)


def _is_answered(session: Session, consult: Consult, clock: Clock, death: Death) -> bool:
    """Whether the family's wait had its reply while the mark stood: a word to it, or the answer to what it asked."""
    opened = exists().where(Answer.consult_id == consult.id, Answer.released_at >= death.noted_at)
    signed_at = first_signed(session, consult)
    if signed_at is not None and signed_at >= clock.started_at and session.scalar(select(opened)):
        return True
    return bool(session.scalar(select(was_written_to_family(consult.id, death.noted_at))))


def _go_on(session: Session, consult: Consult, clock: Clock, death: Death, *, now: datetime, by: Person) -> None:
    since = clock.stopped_at or now
    unhalt(session, clock, now, person_id=by.id)
    turn_clock(session, consult, clock, now, person_id=by.id)
    tell_unseen(session, consult, since, now)
    if clock.lane != FAMILY:
        return
    for newer in open_clocks(session, consult.id, ClockName.NEXT_REPLY):
        if newer.lane == FAMILY and newer.started_at >= death.noted_at:
            # What came in meanwhile belongs to the wait that goes on, as it would have without the mark.
            halt(session, newer, now, "waits_already")
    consult.family_waits_since = min(clock.started_at, consult.family_waits_since or clock.started_at)


def _opened_meanwhile(session: Session, consult: Consult, death: Death) -> Answer | None:
    """The answer that opened to the family while the mark stood and that nobody has told it: no letter said so."""
    signed = signed_answer(session, consult.id)
    is_new = signed is not None and signed.released_at is not None and signed.released_at >= death.noted_at
    return signed if is_new and _is_untold(consult) else None


def _tell(session: Session, consult: Consult, answer: Answer, death: Death, now: datetime) -> None:
    """The letter that would have gone as it opened, once for each mark that was taken back."""
    is_emergency = answer.disposition == Disposition.EMERGENCY_NOW
    kind = NoticeKind.READ_NOW if is_emergency else NoticeKind.ANSWERED
    for caregiver in family_of(session, consult, now):
        about = f"release:{answer.version}:{death.id}"
        notify(session, caregiver, kind, consult_id=consult.id, about=about, now=now)
