"""Answering: a draft that only its author sees, a signature that makes it final, its release to the family."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults.added_steps import with_added, without_added
from econsult.consults.clocks import start_clock, stop_clock
from econsult.consults.contents import Disposition, check_complete, check_meant, clean_content
from econsult.consults.conversion import accept_visit
from econsult.consults.ending import end
from econsult.consults.hearers import clinics_of, family_of
from econsult.consults.holding import keep_holding, require_holder
from econsult.consults.interpreting import family_language, lacks_words
from econsult.consults.lifecycle import OPEN, Status, next_status
from econsult.consults.open_ends import OPEN_ENDS, check_closable, is_unread, open_end_of
from econsult.consults.outcomes import open_ping
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.recommendations import open_steps
from econsult.consults.records import SEALED_STAY_SHUT, Consult, Kind, note
from econsult.consults.replies import CLINICIANS, FAMILY, replied
from econsult.consults.sides import end_sides
from econsult.consults.telephone import open_call
from econsult.consults.undoing import UNDO, remember
from econsult.consults.versions import (
    Answer,
    answer_for,
    check_read,
    draft_of,
    drop_draft,
    emergencies_among,
    first_signed,
    released_among,
    released_answer,
    signed_answer,
)
from econsult.consults.visits_carried import take_visits_on
from econsult.errors import ImpossibleVerbError, InvalidError, StaleVersionError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person
from econsult.picking import ANY, Pick


def save_draft(
    session: Session,
    consult: Consult,
    person: Person,
    content: Mapping[str, Any],
    *,
    now: datetime,
    lease: timedelta,
    saves: int | None = None,
) -> Answer:
    """Replace the draft. `saves` is the count that the writer last saw; a newer one means somebody else saved since."""
    next_status(consult.status, "draft_answer")
    require_holder(consult, person)
    clean = clean_content(content)
    draft = draft_of(session, consult.id)
    if draft is None:
        newest = select(func.max(Answer.version)).where(Answer.consult_id == consult.id)
        version = (session.scalars(newest).one() or 0) + 1
        draft = Answer(
            program_id=consult.program_id,
            consult_id=consult.id,
            author_id=person.id,
            version=version,
            content=clean,
            created_at=now,
            saved_at=now,
        )
        session.add(draft)
    else:
        if saves is not None and saves != draft.saves:
            raise StaleVersionError("Somebody saved this answer after you opened it; your text was not saved over it.")
        draft.content, draft.saves = clean, draft.saves + 1
        draft.saved_at, draft.author_id = now, person.id
    draft.disposition = clean.get("disposition")
    keep_holding(session, consult, now, lease)
    session.flush()
    return draft


def sign(session: Session, consult: Consult, person: Person, *, now: datetime, is_meant: bool = True) -> Answer:
    """Make the draft final: the first reply is given, and the clock of telling the family starts.

    Its letters leave once it cannot be taken back any more (`consults.undoing`); those of an emergency at once.
    Raises InvalidError where it lacks something, or is an emergency that is not `is_meant`.
    """
    status = next_status(consult.status, "sign")
    require_holder(consult, person)
    draft = draft_of(session, consult.id)
    if draft is None:
        raise InvalidError("There is no answer to sign yet.", {"answer": "required"})
    check_complete(draft.content, family_language(session, consult))
    check_meant(draft.content, is_meant=is_meant)
    draft.content = with_added(session, consult, draft.content, now)
    is_emergency = draft.disposition == Disposition.EMERGENCY_NOW
    # Nobody waits for a letter of an emergency, and what has gone out is not taken back.
    draft.before, draft.undo_until = (None, None) if is_emergency else (remember(session, consult), now + UNDO)
    draft.signed_at, draft.author_id = now, person.id
    consult.status, consult.answered_at = status, now
    # Whoever signs was there for it; what is asked after the answer is another wait.
    consult.claim_until, consult.uncovered_at, consult.is_taken_off_duty = None, None, False
    consult.version += 1
    stop_clock(session, consult, ClockName.FIRST_REPLY, now, "signed")
    replied(session, consult, CLINICIANS, now=now, how="signed")
    rules = rules_of(consult)
    # What the family has not heard of an earlier cycle is told with this answer.
    stop_clock(session, consult, ClockName.FAMILY_INFORMED, now, "newer_answer")
    start_clock(session, consult, ClockName.FAMILY_INFORMED, rules.family_informed, now, person_id=person.id)
    consult.interpreter_since = now if lacks_words(session, consult, draft.content) else None
    note(session, consult, "sign", person_id=person.id, now=now, detail=draft.disposition or "")
    steps = open_steps(session, consult, draft.version, draft.content, person_id=person.id, now=now)
    take_visits_on(session, consult, draft, steps)
    accept_visit(session, consult, steps, draft.disposition, person_id=person.id, now=now)
    open_ping(session, consult, draft.version, now)
    end_sides(session, consult, person_id=person.id, now=now)
    about, held = f"{draft.version}", draft.undo_until
    for clinician in clinics_of(session, consult, now):
        if clinician.id != person.id:
            kind = NoticeKind.ANSWERED
            notify(session, clinician, kind, consult_id=consult.id, about=about, now=now, not_before=held)
    consult.release_at = max(now + rules.release, held or now)
    if is_emergency or consult.kind == Kind.FAMILY_QUESTION:
        release(session, consult, now, not_before=held)
    if is_emergency:
        open_call(session, consult, draft.version, person_id=person.id, now=now)
    return draft


def has_signed(
    session: Session, consult: Consult, person: Person, content: Mapping[str, Any], reason: str | None = None
) -> bool:
    """Whether the newest version is what this person signed with these words, which come once more.

    The steps that signing added are not among the words; `reason` is that of a correction.
    """
    signed = signed_answer(session, consult.id)
    if signed is None or signed.author_id != person.id or (reason is not None and signed.why != reason.strip()):
        return False
    return without_added(signed.content) == without_added(clean_content(content))


def acknowledge(
    session: Session,
    consult: Consult,
    person: Person,
    *,
    now: datetime,
    version: int | None = None,
    opens_held: bool = False,
) -> Consult:
    """The PCP has read the answer, of this `version`; the family may read it from now on.

    An answer that a reopening kept from the family opens by `opens_held` alone, and is to be told while the new one is
    waited for: whoever read it before the reopening did not know that. Raises StaleVersionError where another version
    stands now, or it was opened again meanwhile.
    """
    check_read(session, consult, version)
    earlier = held_back(session, consult)
    if opens_held != (earlier is not None):
        raise StaleVersionError("The question was opened again, or answered anew, after you read it.")
    if earlier is not None:
        open_earlier(session, consult, earlier, person, now)
        return consult
    if consult.status == Status.CLOSED and consult.acknowledged_at is not None:
        raise ImpossibleVerbError(consult.status, "acknowledge")
    consult.status = next_status(consult.status, "acknowledge")
    if consult.acknowledged_at is None:
        consult.acknowledged_at = now
        note(session, consult, "acknowledge", person_id=person.id, now=now)
    if consult.released_at is None:
        release(session, consult, now)
    return consult


def held_back(session: Session, consult: Consult) -> Answer | None:
    """The signed answer that was not open to the family yet when its question was opened again, and still is not."""
    signed = signed_answer(session, consult.id) if consult.status in OPEN else None
    return signed if signed is not None and signed.released_at is None else None


def open_earlier(session: Session, consult: Consult, earlier: Answer, person: Person, now: datetime) -> None:
    """Open what was held back to the family after all, to be told from now on; what was taken back has no clock."""
    earlier.released_at, consult.unheard_version = now, earlier.version
    consult.version += 1
    replied(session, consult, FAMILY, now=now, how="released", until=first_signed(session, consult))
    stop_clock(session, consult, ClockName.FAMILY_INFORMED, now, "newer_answer")
    if consult.status != Status.WITHDRAWN:
        target = rules_of(consult).family_informed
        start_clock(session, consult, ClockName.FAMILY_INFORMED, target, now, person_id=person.id)
    note(session, consult, "release_answer", person_id=person.id, now=now, detail="reopened")
    for caregiver in family_of(session, consult, now):
        about = f"release:{earlier.version}"
        notify(session, caregiver, NoticeKind.ANSWERED, consult_id=consult.id, about=about, now=now)


def release(
    session: Session,
    consult: Consult,
    now: datetime,
    *,
    not_before: datetime | None = None,
    kind: NoticeKind | None = None,
) -> None:
    """Open the signed answer to the family and tell them that there is one; no letter leaves before `not_before`."""
    consult.release_at, consult.released_at, consult.unheard_version = None, now, None
    signed = signed_answer(session, consult.id)
    if signed is not None:
        signed.released_at = now
        # What the family asked before the signature is answered, now that it can read it; what it asked since is not.
        replied(session, consult, FAMILY, now=now, how="released", until=first_signed(session, consult))
    note(session, consult, "release_answer", person_id=None, now=now)
    is_emergency = signed is not None and signed.disposition == Disposition.EMERGENCY_NOW
    kind = kind or (NoticeKind.READ_NOW if is_emergency else NoticeKind.ANSWERED)
    for caregiver in family_of(session, consult, now):
        about = f"release:{signed.version if signed else 0}"
        notify(session, caregiver, kind, consult_id=consult.id, about=about, now=now, not_before=not_before)


def release_due(session: Session, now: datetime, pick: Pick = ANY) -> list[Consult]:
    """Release every answer whose time has come without an acknowledgement."""
    query = select(Consult).where(Consult.release_at <= now).order_by(Consult.release_at).limit(pick.most)
    query = pick.narrow(query, Consult.id).options(*SEALED_STAY_SHUT).with_for_update(skip_locked=True, key_share=True)
    due = list(session.scalars(query))
    for consult in due:
        release(session, consult, now)
    return due


def close(
    session: Session, consult: Consult, person: Person, *, reason: str, now: datetime, version: int | None = None
) -> Consult:
    """End an answered consult. What is still open about it must be done first, or staff must say why not.

    A reason does not keep the answer from anybody: it opens to the family, and a clinic that has not read it is told.
    It is given for the `version` that its writer had before them. Raises as `check_closable` does.
    """
    check_closable(session, consult, version)
    open_end = open_end_of(consult)
    if open_end and not reason.strip():
        raise InvalidError(OPEN_ENDS[open_end], {"reason": open_end})
    if consult.released_at is None:
        release(session, consult, now)
    if is_unread(consult):
        for clinician in clinics_of(session, consult, now):
            if clinician.id != person.id:
                notify(session, clinician, NoticeKind.ANSWERED, consult_id=consult.id, about="closed_unread", now=now)
    return end(session, consult, person, "close", reason=reason, now=now)


__all__ = [
    "Answer",
    "acknowledge",
    "answer_for",
    "check_read",
    "close",
    "draft_of",
    "drop_draft",
    "emergencies_among",
    "held_back",
    "open_earlier",
    "release",
    "release_due",
    "released_among",
    "released_answer",
    "save_draft",
    "sign",
    "signed_answer",
]
