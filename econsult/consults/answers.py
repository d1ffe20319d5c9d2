"""Answering: a draft that only its author sees, a signature that makes it final, its release to the family."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.consults.clocks import start_clock, stop_clock
from econsult.consults.contents import Disposition, check_complete, clean_content
from econsult.consults.ending import end
from econsult.consults.hearers import clinic_of
from econsult.consults.holding import keep_holding, require_holder
from econsult.consults.lifecycle import OPEN, Status, next_status
from econsult.consults.outcomes import open_ping
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.recommendations import open_steps
from econsult.consults.records import SEALED_STAY_SHUT, Consult, Kind, note
from econsult.consults.replies import CLINICIANS, FAMILY, replied
from econsult.consults.sides import end_sides
from econsult.consults.telephone import open_call
from econsult.database import Base, Instant, SealedJson
from econsult.errors import InvalidError, StaleVersionError
from econsult.notices import NoticeKind, notify
from econsult.people.caregivers import caregivers_of
from econsult.people.persons import Person
from econsult.picking import ANY, Pick

OPEN_ENDS = {
    "not_informed": "The family has not heard the answer yet; say why the consult closes.",
    "family_waits": "The family has written and waits for a reply.",
    "not_read": "The clinic that asked has not read the answer yet; say why the consult closes.",
}


class Answer(Base):
    """One answer. `content` holds its fields as CONTRACT spells them; `saves` counts draft saves for stale checks.

    `program_id` is the consult's, as in a message.
    """

    __tablename__ = "answer"
    __table_args__ = (
        *in_program("answer", consult_id="consult", author_id="person"),
        UniqueConstraint("consult_id", "version", name="uq_answer_version"),
    )

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int]
    saves: Mapped[int] = mapped_column(default=1)
    content: Mapped[dict[str, Any]] = mapped_column(SealedJson("answer.content"))
    disposition: Mapped[str | None] = mapped_column(String(24))
    created_at: Mapped[datetime] = mapped_column(Instant)
    saved_at: Mapped[datetime] = mapped_column(Instant)
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)


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
        version = len(session.scalars(select(Answer.id).where(Answer.consult_id == consult.id)).all()) + 1
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


def sign(session: Session, consult: Consult, person: Person, *, now: datetime) -> Answer:
    """Make the draft final: the first reply is given, and the clock of telling the family starts."""
    status = next_status(consult.status, "sign")
    require_holder(consult, person)
    draft = draft_of(session, consult.id)
    if draft is None:
        raise InvalidError("There is no answer to sign yet.", {"answer": "required"})
    check_complete(draft.content)
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
    note(session, consult, "sign", person_id=person.id, now=now, detail=draft.disposition or "")
    open_steps(session, consult, draft.version, draft.content, person_id=person.id, now=now)
    open_ping(session, consult, draft.version, now)
    end_sides(session, consult, person_id=person.id, now=now)
    for clinician in clinic_of(session, consult):
        if clinician.id != person.id:
            notify(session, clinician, NoticeKind.ANSWERED, consult_id=consult.id, about=f"{draft.version}", now=now)
    is_immediate = consult.kind == Kind.FAMILY_QUESTION or draft.disposition == Disposition.EMERGENCY_NOW
    consult.release_at = now if is_immediate else now + rules.release
    if is_immediate:
        release(session, consult, now)
    if draft.disposition == Disposition.EMERGENCY_NOW:
        open_call(session, consult, draft.version, person_id=person.id, now=now)
    return draft


def emergencies_among(session: Session, consult_ids: Collection[int], *, for_family: bool = False) -> set[int]:
    """Those of these consults whose latest signed answer, or the latest open to families, says "emergency room now"."""
    latest = _latest(session, consult_ids, for_family=for_family)
    return {number for number, answer in latest.items() if answer.disposition == Disposition.EMERGENCY_NOW}


def released_among(session: Session, consult_ids: Collection[int]) -> dict[int, Answer]:
    """The latest answer that the family may read, by consult id."""
    return _latest(session, consult_ids, for_family=True)


def _latest(session: Session, consult_ids: Collection[int], *, for_family: bool) -> dict[int, Answer]:
    if not consult_ids:
        return {}
    query = select(Answer).where(Answer.consult_id.in_(consult_ids), Answer.signed_at.is_not(None))
    if for_family:
        query = query.where(Answer.released_at.is_not(None))
    return {answer.consult_id: answer for answer in session.scalars(query.order_by(Answer.version))}


def acknowledge(session: Session, consult: Consult, person: Person, *, now: datetime) -> Consult:
    """The PCP has read the answer; the family may read it from now on.

    So it may be with an answer that a reopening kept from the family: it opens, and is to be told, while the new one
    is waited for.
    """
    earlier = held_back(session, consult)
    if earlier is not None:
        open_earlier(session, consult, earlier, person, now)
        return consult
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
    replied(session, consult, FAMILY, now=now, how="released", until=earlier.signed_at)
    stop_clock(session, consult, ClockName.FAMILY_INFORMED, now, "newer_answer")
    if consult.status != Status.WITHDRAWN:
        target = rules_of(consult).family_informed
        start_clock(session, consult, ClockName.FAMILY_INFORMED, target, now, person_id=person.id)
    note(session, consult, "release_answer", person_id=person.id, now=now, detail="reopened")
    for caregiver in caregivers_of(session, consult.patient_id, now, only_self=consult.is_confidential):
        about = f"release:{earlier.version}"
        notify(session, caregiver, NoticeKind.ANSWERED, consult_id=consult.id, about=about, now=now)


def release(session: Session, consult: Consult, now: datetime) -> None:
    """Open the signed answer to the family and tell them that there is one."""
    consult.release_at, consult.released_at, consult.unheard_version = None, now, None
    signed = signed_answer(session, consult.id)
    if signed is not None:
        signed.released_at = now
        # What the family asked before the signature is answered, now that it can read it; what it asked since is not.
        replied(session, consult, FAMILY, now=now, how="released", until=signed.signed_at)
    note(session, consult, "release_answer", person_id=None, now=now)
    is_emergency = signed is not None and signed.disposition == Disposition.EMERGENCY_NOW
    kind = NoticeKind.READ_NOW if is_emergency else NoticeKind.ANSWERED
    for caregiver in caregivers_of(session, consult.patient_id, now, only_self=consult.is_confidential):
        about = f"release:{signed.version if signed else 0}"
        notify(session, caregiver, kind, consult_id=consult.id, about=about, now=now)


def release_due(session: Session, now: datetime, pick: Pick = ANY) -> list[Consult]:
    """Release every answer whose time has come without an acknowledgement."""
    query = select(Consult).where(Consult.release_at <= now).order_by(Consult.release_at).limit(pick.most)
    query = pick.narrow(query, Consult.id).options(*SEALED_STAY_SHUT).with_for_update(skip_locked=True, key_share=True)
    due = list(session.scalars(query))
    for consult in due:
        release(session, consult, now)
    return due


def close(session: Session, consult: Consult, person: Person, *, reason: str, now: datetime) -> Consult:
    """End an answered consult. What is still open about it must be done first, or staff must say why not.

    A reason does not keep the answer from anybody: it opens to the family, and a clinic that has not read it is told.
    """
    next_status(consult.status, "close")
    open_end = open_end_of(consult)
    if open_end and not reason.strip():
        raise InvalidError(OPEN_ENDS[open_end], {"reason": open_end})
    if consult.released_at is None:
        release(session, consult, now)
    if _is_unread(consult):
        for clinician in clinic_of(session, consult):
            if clinician.id != person.id:
                notify(session, clinician, NoticeKind.ANSWERED, consult_id=consult.id, about="closed_unread", now=now)
    return end(session, consult, person, "close", reason=reason, now=now)


def open_end_of(consult: Consult) -> str:
    """What an answered consult still waits for: a code of OPEN_ENDS, or empty where it may close without a reason."""
    if consult.informed_at is None:
        return "not_informed"
    if consult.family_waits_since is not None:
        return "family_waits"
    return "not_read" if _is_unread(consult) else ""


def _is_unread(consult: Consult) -> bool:
    """Whether the clinic that asked has not said that it read the answer; a family's own question needs no reader."""
    return consult.kind != Kind.FAMILY_QUESTION and consult.acknowledged_at is None


def drop_draft(session: Session, consult_id: int) -> None:
    """Forget an unsigned answer: its words were meant for other readers than those who come now."""
    draft = draft_of(session, consult_id)
    if draft is not None:
        session.delete(draft)


def draft_of(session: Session, consult_id: int) -> Answer | None:
    query = select(Answer).where(Answer.consult_id == consult_id, Answer.signed_at.is_(None))
    return session.scalars(query).one_or_none()


def signed_answer(session: Session, consult_id: int) -> Answer | None:
    """The latest signed version."""
    query = select(Answer).where(Answer.consult_id == consult_id, Answer.signed_at.is_not(None))
    return session.scalars(query.order_by(Answer.version.desc()).limit(1)).one_or_none()


def released_answer(session: Session, consult_id: int) -> Answer | None:
    """The latest version that the family may read; a newer one that is not open yet does not take it away."""
    return released_among(session, [consult_id]).get(consult_id)


def answer_for(session: Session, consult: Consult, person: Person) -> Answer | None:
    """The answer as this person may read it: one's own draft, signed for staff, released for families.

    Whoever writes anew on a question that was opened again reads their draft; everybody else what was signed before.
    """
    if not person.is_staff:
        return released_answer(session, consult.id)
    draft = draft_of(session, consult.id) if consult.holder_id == person.id else None
    return draft or signed_answer(session, consult.id)
