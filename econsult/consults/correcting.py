"""Correcting a signed answer: a new version with a reason, of which clinic and family hear; the old one stays readable.

Unlike a reopening it asks nothing anew: no first reply runs, and nobody is offered the question again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults.answers import release
from econsult.consults.clocks import start_clock, stop_clock
from econsult.consults.contents import Disposition, check_complete, clean_content
from econsult.consults.conversion import accept_visit
from econsult.consults.correction_drafts import CorrectionDraft, Written, end_correction, keep_correction
from econsult.consults.hearers import clinics_of
from econsult.consults.interpreting import family_language, follow_family, lacks_words
from econsult.consults.ledger import DIED
from econsult.consults.lifecycle import next_status
from econsult.consults.outcomes import open_ping
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.recommendations import StepState, open_steps, steps_of
from econsult.consults.records import Consult, note
from econsult.consults.renewing import is_other, is_ours, renewed, said_again
from econsult.consults.replies import CLINICIANS, replied
from econsult.consults.steps_carried import carry_steps
from econsult.consults.telephone import call_of, callers, open_call
from econsult.consults.undoing import UNDO, remember
from econsult.consults.versions import Answer, signed_answer
from econsult.consults.visits_carried import carry_visits, wake_visits
from econsult.errors import ForbiddenError, InvalidError, StaleVersionError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person
from econsult.seeing import is_seen, seen_part

LONGEST_REASON = 1000
WHY = "Say what was wrong; the clinic and the family read it."
NOT_YOURS = "Only whoever signed the answer, or has it now, corrects it."
REFUSED = (StepState.DECLINED, StepState.NOT_DONE)
ON_THE_WAY = timedelta(days=1)
"""For so long somebody telephones a family that was sent to the hospital by mistake."""


def may_correct(session: Session, consult: Consult, person: Person) -> bool:
    """Whether this person answers for the newest signed answer: its author, or whoever the desk gave it to since."""
    signed = signed_answer(session, consult.id)
    return signed is not None and person.id in {signed.author_id, consult.holder_id}


def save_correction(
    session: Session,
    consult: Consult,
    person: Person,
    content: Mapping[str, Any],
    reason: str,
    *,
    now: datetime,
    version: int,
    saves: int | None = None,
) -> CorrectionDraft:
    """Keep a correction that is being written over the signed `version`; `saves` as `keep_correction` takes it.

    Raises InvalidError for what could never be kept, ForbiddenError and StaleVersionError as `correct` does.
    """
    next_status(consult.status, "correct")
    earlier = _correctable(session, consult, person, version)
    if len(reason) > LONGEST_REASON:
        raise InvalidError(WHY, {"reason": "too_long"})
    written = Written(clean_content(content), reason.strip())
    return keep_correction(session, consult, person, written, corrects=earlier.version, now=now, seen=saves)


def cancel_correction(session: Session, consult: Consult, person: Person, *, now: datetime) -> bool:
    """Throw away what was being written; the signed answer stands. Whether there was anything."""
    if not may_correct(session, consult, person):
        raise ForbiddenError(NOT_YOURS)
    was = end_correction(session, consult)
    if was:
        note(session, consult, "cancel_correction", person_id=person.id, now=now)
    return was


def correct(
    session: Session,
    consult: Consult,
    person: Person,
    content: Mapping[str, Any],
    reason: str,
    *,
    now: datetime,
    version: int | None = None,
) -> Answer:
    """Sign the next version in the place of the newest one; `version` is the one that the writer has read.

    It opens to the family at once where the one before was open, and its letters leave once it cannot be taken back any
    more; where either says that it is an emergency, everything goes at once. A closed consult is answered again, until
    the family has heard. Raises InvalidError without a reason or a change, and StaleVersionError.
    """
    status = next_status(consult.status, "correct")
    earlier, language = _correctable(session, consult, person, version), family_language(session, consult)
    clean = renewed(session, consult, earlier, _checked(earlier, content, reason, language), now)
    answer = Answer(
        program_id=consult.program_id,
        consult_id=consult.id,
        author_id=person.id,
        version=_next_version(session, consult),
        content=clean,
        disposition=clean["disposition"],
        corrects=earlier.version,
        reason=reason.strip(),
        created_at=now,
        saved_at=now,
        signed_at=now,
    )
    is_urgent = Disposition.EMERGENCY_NOW in (earlier.disposition, answer.disposition)
    if not is_urgent:
        answer.before, answer.undo_until = remember(session, consult), now + UNDO
    session.add(answer)
    end_correction(session, consult)
    _turn_row(consult, status, person, now)
    follow_family(session, consult, person, now)
    # The clinic reads at once what it asked about; the family waits for a word of its own.
    replied(session, consult, CLINICIANS, now=now, how="signed")
    stop_clock(session, consult, ClockName.FAMILY_INFORMED, now, "newer_answer")
    start_clock(
        session, consult, ClockName.FAMILY_INFORMED, rules_of(consult).family_informed, now, person_id=person.id
    )
    consult.interpreter_since = (
        now if lacks_words(session, consult, {**answer.content, "reason": answer.reason}) else None
    )
    note(session, consult, "correct_answer", person_id=person.id, now=now, detail=answer.disposition or "")
    _turn_steps(session, consult, earlier, answer)
    open_ping(session, consult, answer.version, now)
    _tell(session, consult, answer, was_open=earlier.released_at is not None, is_urgent=is_urgent)
    return answer


def _correctable(session: Session, consult: Consult, person: Person, version: int | None) -> Answer:
    """The newest signed answer, which this person may correct and, where they say so, has read."""
    earlier = signed_answer(session, consult.id)
    if earlier is None or not may_correct(session, consult, person):
        raise ForbiddenError(NOT_YOURS)
    if version is not None and version != earlier.version:
        raise StaleVersionError("Somebody corrected this answer after you opened it; your text was not signed.")
    return earlier


def _checked(earlier: Answer, content: Mapping[str, Any], reason: str, language: str) -> dict[str, Any]:
    if not 1 <= len(seen_part(reason)) <= LONGEST_REASON:
        code = "too_long" if is_seen(reason) else "required"
        raise InvalidError(WHY, {"reason": code})
    clean = clean_content(content)
    check_complete({**clean, "reason": reason}, language)
    # The words beside a reason are new with each correction, and change nothing of the answer.
    if {**clean, "reason_es": ""} == {**clean_content(earlier.content), "reason_es": ""}:
        raise InvalidError("Nothing was changed.", {"answer": "unchanged"})
    return clean


def _next_version(session: Session, consult: Consult) -> int:
    return session.scalars(select(func.max(Answer.version)).where(Answer.consult_id == consult.id)).one() + 1


def _turn_row(consult: Consult, status: str, person: Person, now: datetime) -> None:
    """Clinic and family have not read this version yet, whatever they did with the one before."""
    consult.status, consult.ended_at = status, None
    consult.holder_id = consult.holder_id or person.id
    consult.answered_at = now
    consult.released_at = consult.acknowledged_at = consult.informed_at = consult.informed_method = None
    consult.version += 1


def _turn_steps(session: Session, consult: Consult, earlier: Answer, answer: Answer) -> None:
    """Whatever the correction says again stays as far as it is; what it leaves out is replaced."""
    was, plan = earlier.content.get("recommendations") or (), answer.content.get("recommendations") or ()
    before = {step.position: step for step in steps_of(session, consult.id, earlier.version)}
    if is_other(earlier.content, answer.content):
        # Whoever said no to our step had another reason for it: the same words are a new task now.
        before = {place: step for place, step in before.items() if step.state not in REFUSED or not is_ours(was[place])}
    same = {number: before[place] for number, place in said_again(was, plan).items() if place in before}
    kept = {step.id: step.state for step in same.values()}
    who, now = answer.author_id, answer.saved_at
    made = open_steps(session, consult, answer.version, answer.content, person_id=who, now=now, spared=kept)
    carry_steps(session, made, same)
    carry_visits(session, same, made)
    wake_visits(session, consult.id, answer.undo_until or now)
    accept_visit(session, consult, made, answer.disposition, person_id=who, now=now)


def _tell(session: Session, consult: Consult, answer: Answer, *, was_open: bool, is_urgent: bool) -> None:
    """The clinic always; the family as soon as it can read it, which is now where it could read the one before."""
    now, held = answer.signed_at or answer.saved_at, answer.undo_until
    kind = NoticeKind.CORRECTED_NOW if is_urgent else NoticeKind.CORRECTED
    people = clinics_of(session, consult, now)
    people += callers(session, consult, now, is_late=False) if is_urgent else []
    for person in {each.id: each for each in people if each.id != answer.author_id}.values():
        about = f"{answer.version}"
        notify(session, person, kind, consult_id=consult.id, about=about, now=now, not_before=held)
    if was_open or is_urgent:
        release(session, consult, now, not_before=held, kind=kind)
    elif consult.release_at is None or consult.release_at < (held or now):
        consult.release_at = held or now
    if answer.disposition == Disposition.EMERGENCY_NOW or _is_under_way(session, consult, answer):
        open_call(session, consult, answer.version, person_id=answer.author_id, now=now, is_newer=True)


def _is_under_way(session: Session, consult: Consult, answer: Answer) -> bool:
    """Whether a family that was telephoned may be on its way to the hospital because of a version before this one.

    Where nobody has telephoned yet, the call that waits tells what stands now.
    """
    task = call_of(session, consult.id)
    if task is None or task.done_at is None or task.outcome == DIED:
        return False
    return answer.saved_at - task.opened_at < ON_THE_WAY
