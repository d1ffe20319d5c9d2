"""Taking a signature back: for 15 seconds nobody has been told, and all that it changed can be as it was.

The ledger of clocks and the audit trail keep both the signature and its undoing. What the signature had only begun
(steps, the asking weeks later, letters that have not left) has never been.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from econsult.consults.added_steps import without_added
from econsult.consults.clocks import halt, held_clock, lock, open_clocks, pause_clock, refresh_deadline, unhalt
from econsult.consults.correction_drafts import keep_as_draft
from econsult.consults.holding import go_on, keep_holding
from econsult.consults.interpreting import look_for_words
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.outcomes import OutcomePing, pings_of
from econsult.consults.policies import ClockName
from econsult.consults.recommendations import StepState, steps_of
from econsult.consults.records import Consult, note
from econsult.consults.sides import SideQuestion, SideState, log_side, side_of
from econsult.consults.steps_carried import forget_steps
from econsult.consults.turning import turn_clock
from econsult.consults.unseen import tell_unseen
from econsult.consults.versions import Answer, signed_answer
from econsult.consults.visits_carried import carried_of, carry_back, is_begun_on
from econsult.errors import ForbiddenError, ImpossibleVerbError, TooLateError
from econsult.notices import NoticeKind, unsay
from econsult.people.deaths import death_of
from econsult.people.persons import Person
from econsult.trail import AuditEvent

UNDO = timedelta(seconds=15)
"""For how long a signature can be taken back, and its letters wait."""
PLAIN = ("status", "unheard_version", "is_taken_off_duty", "informed_method", "is_ended_by_staff", "holder_id")
MOMENTS = (
    "claim_until", "uncovered_at", "answered_at", "release_at", "released_at", "acknowledged_at", "informed_at",
    "ended_at", "interpreter_since", "family_waits_since", "clinic_waits_since",
)  # fmt: skip
"""What a signature changes of a consult's row."""
LETTERS = (NoticeKind.ANSWERED, NoticeKind.CORRECTED)


class DiedSinceError(TooLateError):
    """The child was marked as having died between the signature and its undoing."""


def remember(session: Session, consult: Consult) -> dict[str, Any]:
    """How things stand before a signature: ids, codes and instants, nothing that anybody wrote."""
    steps = [step for step in steps_of(session, consult.id) if step.state != StepState.REPLACED]
    side = side_of(session, consult.id, is_locked=True)
    return {
        **{name: getattr(consult, name) for name in PLAIN},
        **{name: _written(getattr(consult, name)) for name in MOMENTS},
        "clocks": {str(clock.id): clock.paused_reason or "" for clock in open_clocks(session, consult.id)},
        "steps": {str(step.id): step.state for step in steps},
        "steps_since": {str(step.id): _written(step.state_at) for step in steps},
        "pings": {str(ping.id): [ping.state, _written(ping.next_at)] for ping in pings_of(session, consult.id)},
        "carried": carried_of(session, consult.id),
        "side": None if side is None else [side.id, _written(side.next_at), _written(side.claim_until)],
    }


def take_back(session: Session, consult: Consult, person: Person, *, now: datetime, lease: timedelta) -> Answer:
    """Make the signed answer a draft again, and everything as it was before the signature.

    Raises TooLateError where its seconds are over, where somebody has seen it, or where the child was marked as having
    died since: then it takes a correction.
    """
    answer = signed_answer(session, consult.id)
    if answer is None or answer.before is None or answer.undo_until is None or consult.status != Status.ANSWERED:
        raise ImpossibleVerbError(consult.status, "undo")
    if answer.author_id != person.id:
        raise ForbiddenError("Only whoever signed the answer takes the signature back.")
    signed_at = answer.signed_at or now
    death = death_of(session, consult.patient_id)
    if death is not None and death.noted_at >= signed_at:
        # The mark ended what was owed to the family then: nothing of before it is begun again.
        raise DiedSinceError(consult.status, "undo", "The child was marked as having died since: correct the answer.")
    if now >= answer.undo_until or not unsay(session, consult.id, LETTERS, signed_at):
        raise TooLateError(consult.status, "undo", "The 15 seconds are over, and people are being told.")
    gone = [step.id for step in steps_of(session, consult.id, answer.version)]
    if _is_known(session, consult, person, signed_at) or is_begun_on(session, gone):
        raise TooLateError(consult.status, "undo", "Somebody has opened the answer already.")
    before = answer.before
    _restore_row(consult, before)
    _restore_clocks(session, consult, before["clocks"], now, person)
    carry_back(session, gone, before.get("carried", {}))
    states = {int(number): state for number, state in before["steps"].items()}
    # What an older version signed in these seconds has none.
    since = {int(number): datetime.fromisoformat(at) for number, at in before.get("steps_since", {}).items()}
    forget_steps(session, (consult.id, answer.version), states, since=since, now=now)
    _restore_pings(session, consult, answer.version, before["pings"])
    _restore_side(session, before["side"], person, now)
    if consult.status == Status.NEEDS_INFO and held_clock(session, consult, ClockName.FIRST_REPLY) is None:
        # The longest pause was over before the signature came: nothing is waited for any more.
        go_on(session, consult, person, "resume", now=now)
    answer.signed_at = answer.released_at = answer.undo_until = answer.before = None
    # The steps of a visit, a new photo and the like came with the signature, and go with it.
    answer.content = without_added(answer.content)
    session.flush()
    tell_unseen(session, consult, signed_at, now)
    look_for_words(session, consult, now)
    note(session, consult, "undo_sign", person_id=person.id, now=now)
    if answer.corrects is None:
        keep_holding(session, consult, now, lease)
    else:
        # The version before stands again, so that this one is no draft of an answer but of its correction.
        keep_as_draft(session, consult, answer, now=now)
    session.flush()
    return answer


def undoable(session: Session, person: Person, now: datetime) -> list[tuple[Answer, Consult]]:
    """What this person signed and may still take back, the newest first."""
    mine = (Answer.author_id == person.id, Answer.undo_until > now, Answer.signed_at.is_not(None))
    query = select(Answer, Consult).join(Consult, Consult.id == Answer.consult_id).where(*mine)
    return [(answer, consult) for answer, consult in session.execute(query.order_by(Answer.signed_at.desc()))]


def _is_known(session: Session, consult: Consult, person: Person, since: datetime) -> bool:
    """Whether anybody else looked at the consult, or did anything with it, since the signature."""
    if consult.informed_at or consult.acknowledged_at or consult.released_at not in (None, since):
        return True
    others = exists().where(
        AuditEvent.patient_id == consult.patient_id,
        AuditEvent.at >= since,
        AuditEvent.consult_id == consult.id,
        AuditEvent.person_id != person.id,
        AuditEvent.action != "list",
    )
    return bool(session.scalar(select(others)))


def _restore_row(consult: Consult, before: Mapping[str, Any]) -> None:
    for name in PLAIN:
        setattr(consult, name, before[name])
    for name in MOMENTS:
        setattr(consult, name, _read(before[name]))
    consult.version += 1


def _restore_clocks(
    session: Session, consult: Consult, before: Mapping[str, str], now: datetime, person: Person
) -> None:
    """What ran, runs on; what the signature began is over. Information that was waited for is waited for again."""
    lock(session, consult)
    for begun in open_clocks(session, consult.id):
        if str(begun.id) not in before:
            halt(session, begun, now, "undone")
    stopped = select(Clock).where(Clock.id.in_([int(number) for number in before]), Clock.state == ClockState.STOPPED)
    for clock in session.scalars(stopped.order_by(Clock.id).execution_options(populate_existing=True)):
        unhalt(session, clock, now, person_id=person.id)
        # A family's language may have been put right in these seconds.
        turn_clock(session, consult, clock, now, person_id=person.id)
        if consult.status == Status.NEEDS_INFO and clock.name == ClockName.FIRST_REPLY and before[str(clock.id)]:
            pause_clock(session, consult, ClockName.FIRST_REPLY, before[str(clock.id)], now)
    refresh_deadline(session, consult)


def _restore_pings(session: Session, consult: Consult, version: int, before: Mapping[str, list[str]]) -> None:
    session.execute(delete(OutcomePing).where(OutcomePing.consult_id == consult.id, OutcomePing.version == version))
    for ping in pings_of(session, consult.id):
        if str(ping.id) in before:
            ping.state, ping.next_at = before[str(ping.id)][0], _read(before[str(ping.id)][1])


def _restore_side(session: Session, before: list[Any] | None, person: Person, now: datetime) -> None:
    side = session.get(SideQuestion, before[0]) if before else None
    if side is not None and before is not None and side.state == SideState.OVER:
        side.state, side.ended_at = SideState.OPEN, None
        side.next_at, side.claim_until = _read(before[1]), _read(before[2])
        log_side(session, side, "undone", person_id=person.id, now=now)


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
