"""Opening a consult again, because something is not settled: a new cycle of the same case, with all that was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from econsult.consults.added_steps import without_added
from econsult.consults.answers import released_answer
from econsult.consults.choice import has_cover
from econsult.consults.clocks import is_open, start_clock, stop_clock
from econsult.consults.correction_drafts import correction_of, end_correction
from econsult.consults.handover import REOPEN, hand_over, require_reason
from econsult.consults.interpreting import follow_family
from econsult.consults.lifecycle import next_status
from econsult.consults.offering import offer
from econsult.consults.policies import ClockName, Rules, current_rules, rules_of
from econsult.consults.recomputing import REPLIES, recompute
from econsult.consults.records import RANKS, Consult, Urgency, note
from econsult.consults.replies import CLINICIANS
from econsult.consults.told_signs import hastened
from econsult.consults.urgency import check_lowering, least_again
from econsult.consults.versions import Answer, draft_of, signed_answer
from econsult.errors import ForbiddenError, InvalidError
from econsult.people.persons import Person


def reopen(
    session: Session,
    consult: Consult,
    person: Person,
    reason: str,
    *,
    now: datetime,
    targets: Mapping[str, timedelta] | None = None,
    urgency: str = "",
    how: str = REOPEN,
) -> Consult:
    """Ask again, as urgently as before or with another urgency, and of the same day at least where a danger sign
    stopped a question about this child shortly before. Signed answers stay readable as they were; the next one is a new
    version beside them.

    An answer that is open to the family and that nobody has heard yet is still to be told: its clock goes on. So does
    that of a reply to the family. Raises InvalidError for urgent while nobody is on duty, and ForbiddenError where
    somebody who is no clinician makes it less urgent than it was, or than can be promised.
    """
    status = next_status(consult.status, "reopen")
    if consult.consent_withdrawn_at is not None:
        raise ForbiddenError("The family took its consent back. If it changes its mind, ask anew.", code="no_consent")
    wish = _check_urgency(session, consult, urgency or consult.urgency, now)
    least = least_again(session, consult, consult.urgency, now) if how == REOPEN else usual_urgency(consult)
    check_lowering(person, least, wish, reason := require_reason(reason))
    hand_over(session, consult, how, None, by_id=person.id, now=now, reason=reason)
    # A family that is stopped and then sends the awaited photo is no less in doubt than one that asks anew.
    wish = hastened(session, consult, wish, now)
    _keep_unheard(session, consult)
    _turn_correction(session, consult, now)
    consult.status, consult.urgency, consult.urgency_rank = status, wish, RANKS[wish]
    consult.holder_id = consult.claim_until = consult.ended_at = None
    consult.end_reason = consult.end_told = None
    consult.answered_at = consult.release_at = consult.released_at = None
    consult.acknowledged_at = consult.informed_at = consult.informed_method = None
    consult.clinic_waits_since = consult.first_contact_at = None
    consult.version += 1
    rules = current_rules(session, consult, targets)
    was, consult.rules = rules_of(consult), rules.as_text()
    follow_family(session, consult, person, now)
    _turn_clocks(session, consult, rules, now)
    # What the family still waits for goes over to the same rules as the question.
    recompute(session, consult, was, now, person_id=person.id, names=REPLIES)
    start_clock(session, consult, ClockName.FIRST_REPLY, rules.first_reply, now, person_id=person.id)
    note(session, consult, "reopen", person_id=person.id, now=now)
    offer(session, consult, now)
    return consult


def usual_urgency(consult: Consult) -> str:
    """How urgent it is with what an answer asked for: nobody waits at the telephone for that, days afterwards."""
    return Urgency.SAME_DAY if consult.urgency == Urgency.URGENT else consult.urgency


def _check_urgency(session: Session, consult: Consult, wish: str, now: datetime) -> Urgency:
    """Urgent is a promise of a named person, whoever held the consult before."""
    if wish not in RANKS:
        raise InvalidError("This urgency is not known.", {"urgency": "unknown_value"})
    if wish == Urgency.URGENT and not has_cover(session, consult, now):
        raise InvalidError("Nobody is on duty for urgent requests now: telephone.", {"urgency": "no_one_on_call"})
    return Urgency(wish)


def _keep_unheard(session: Session, consult: Consult) -> None:
    """Before the cycle is forgotten: which answer the family still has to hear."""
    answer = released_answer(session, consult.id) if consult.is_unheard else None
    consult.unheard_version = answer.version if answer is not None else None


def _turn_correction(session: Session, consult: Consult, now: datetime) -> None:
    """A correction that somebody was writing ends: while the question is open it is answered, not corrected.

    Its words are the draft of that answer, as those of one that goes back to its pool, and are lost to nobody; nor is
    why it was begun, which whoever writes that answer reads until it is signed.
    """
    written, signed = correction_of(session, consult.id), signed_answer(session, consult.id)
    if written is None or signed is None:
        return
    draft = draft_of(session, consult.id)
    if draft is None:
        content = without_added(written.content)
        draft = Answer(
            program_id=consult.program_id,
            consult_id=consult.id,
            author_id=written.author_id,
            version=signed.version + 1,
            content=content,
            disposition=content.get("disposition"),
            created_at=now,
            saved_at=written.saved_at,
        )
        session.add(draft)
    draft.reason = written.reason or None
    end_correction(session, consult)


def _turn_clocks(session: Session, consult: Consult, rules: Rules, now: datetime) -> None:
    """The clocks of the old cycle stop, but for what the family still waits for: a reply, and to be told an answer."""
    for name in (ClockName.ALLOCATE, ClockName.FIRST_REPLY):
        stop_clock(session, consult, name, now, "reopened")
    stop_clock(session, consult, ClockName.NEXT_REPLY, now, "reopened", lane=CLINICIANS)
    if consult.unheard_version is None:
        stop_clock(session, consult, ClockName.FAMILY_INFORMED, now, "reopened")
    # A consult that was closed with a reason has no such clock any more, but its family has not heard all the same.
    if consult.unheard_version is not None and not is_open(session, consult, ClockName.FAMILY_INFORMED):
        start_clock(session, consult, ClockName.FAMILY_INFORMED, rules.family_informed, now)
