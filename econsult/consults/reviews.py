"""What a person of the medical home decides about a file: which faces stay covered, release, or refusal.

Every decision but a refusal prepares the file anew from its sealed original; until that is done nobody sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from econsult.consults.attachments import (
    REVIEWED,
    WAITS,
    Attachment,
    AttachmentState,
    MediaKind,
    Rendition,
    note_attachment,
)
from econsult.consults.awaited import NO_MORE
from econsult.consults.facepolicy import (
    FACE_IS_FINDING,
    FACE_POLICIES,
    KEEP,
    KEEP_REGION,
    MASK_ALL,
    NO_FACE,
    SURE_FACE,
    check_consent,
    may_show_face,
)
from econsult.consults.family_word import no_to_faces, word_on_faces
from econsult.consults.lifecycle import Status
from econsult.consults.next_photo import PHOTO
from econsult.consults.photo_came import is_for_photo, settle_awaited
from econsult.consults.preparing import (
    end_without_copies,
    is_private_picture,
    look_again_at_same,
    queue_again,
    show_no_more,
)
from econsult.consults.recommendations import Recommendation
from econsult.consults.records import Consult, Kind
from econsult.errors import ImpossibleVerbError, InvalidError, OriginalGoneError, StaleVersionError
from econsult.leading import Led
from econsult.people.persons import Person

LONGEST_REASON = 1000
LARGE_PART = 0.03
"""A share of the picture: a name on a wrist band or the numbers of a ruler cover less."""
_DECIDABLE = (AttachmentState.HELD, AttachmentState.READY)


def held_files(session: Session, person: Person) -> list[tuple[Attachment, Consult]]:
    """What waits for this person of a clinic: files that are held, and hidden faces that a specialist asks to see."""
    query = select(Attachment, Consult).select_from(Led(Attachment, Consult, Consult.id == Attachment.consult_id))
    query = query.where(Consult.organization_id == person.organization_id)
    # What a family has not sent is nobody else's yet; a draft of the clinic is its team's, as `econsult.access` has it.
    was_sent = Consult.submitted_at.is_not(None) | (Consult.requester_id == person.id)
    query = query.where(was_sent | (Consult.kind != Kind.FAMILY_QUESTION))
    # What has ended needs no decision but about the photo that its answer waits for, which may have been there before
    # the end; reopened, the rest waits again.
    step = (Recommendation.consult_id == Consult.id, Recommendation.kind == PHOTO, Recommendation.state.not_in(NO_MORE))
    goes_on = Consult.ended_at.is_(None) | ((Consult.status == Status.CLOSED) & exists().where(*step))
    found = session.execute(query.where(WAITS, goes_on).order_by(Attachment.id))
    return [(file, consult) for file, consult in found if consult.ended_at is None or is_for_photo(session, file)]


def version_of(session: Session, attachment: Attachment) -> str:
    """Which state of a file somebody looks at: another preparation, copy, reason or wish to see it is another one.

    So is another word of the family about the face: whoever releases a file shall have seen a no.
    16 hexadecimal digits, which forms give back with the decision.
    """
    copies = session.scalars(select(Rendition.public_id).where(Rendition.attachment_id == attachment.id))
    asked = attachment.show_asked_at.isoformat() if attachment.show_asked_at else ""
    word = word_on_faces(session, attachment.consult_id)
    said = f"{word.id}/{word.is_given}" if word is not None else ""
    state = (attachment.reviews, attachment.state, attachment.reason, attachment.face_policy, asked, said)
    seen = (*state, *sorted(copies))
    return sha256("|".join(map(str, seen)).encode()).hexdigest()[:16]


def check_seen(session: Session, attachment: Attachment, version: str) -> None:
    """Raise StaleVersionError unless this is the state that was looked at; the caller holds the file's lock.

    A release of what somebody saw an hour ago must not uncover what a colleague has covered since.
    """
    if version != version_of(session, attachment):
        raise StaleVersionError("The file changed after this page was opened.")


def ask_to_show(session: Session, attachment: Attachment, person: Person, *, now: datetime) -> None:
    """A specialist asks the medical home to show a face or a large part that is covered; again changes nothing."""
    if attachment.state != AttachmentState.READY or not (hides_face(attachment) or hides_part(attachment)):
        raise ImpossibleVerbError(attachment.state, "be asked to show what is covered")
    _check_kept(attachment)
    if attachment.show_asked_at is None:
        attachment.show_asked_by_id, attachment.show_asked_at = person.id, now
        note_attachment(session, attachment, "ask_to_show", now, person_id=person.id)


def refuse_to_show(session: Session, attachment: Attachment, person: Person | None, *, now: datetime) -> None:
    """The face stays hidden; None is the clock. Why a file waits for a person, or was refused, stays as well."""
    attachment.show_asked_by_id = attachment.show_asked_at = None
    if attachment.state == AttachmentState.READY:
        attachment.reason = None
    note_attachment(session, attachment, "keep_hidden", now, person_id=person.id if person is not None else None)


def choose_faces(
    session: Session,
    attachment: Attachment,
    person: Person,
    *,
    policy: str,
    regions: Sequence[dict[str, float]],
    has_consent: bool,
    now: datetime,
) -> None:
    """Prepare the file anew under this policy.

    Raises InvalidError where a region or the consent is missing, also because the family's last word is a no.
    """
    if policy not in policies_for(attachment):
        raise InvalidError("This policy for faces is not known.", {"face_policy": "unknown_value"})
    check_consent(policy, has_consent=has_consent)
    if policy == FACE_IS_FINDING and no_to_faces(session, attachment.consult_id) is not None:
        raise InvalidError("The family said no to the face.", {"face_consent": "family_said_no"})
    if policy == KEEP_REGION and not regions:
        raise InvalidError("Mark the part of the picture that stays open.", {"regions": "required"})
    _run_again(session, attachment, policy, regions, now)
    _keep_when(session, attachment, now)
    detail = f"{policy}/consent" if policy == FACE_IS_FINDING else policy
    note_attachment(session, attachment, "choose_faces", now, person_id=person.id, detail=detail)


def release_for_treatment(
    session: Session, attachment: Attachment, person: Person, *, reason: str, now: datetime
) -> None:
    """Show the file as it is, for treatment only, to whoever holds the case. Raises InvalidError without a reason."""
    note = _reason(reason)
    _run_again(session, attachment, KEEP, (), now)
    _keep_when(session, attachment, now)
    attachment.review_note = note
    note_attachment(session, attachment, "release_for_treatment", now, person_id=person.id)


def reject_file(session: Session, attachment: Attachment, person: Person, *, reason: str, now: datetime) -> None:
    """Refuse the file for good. Raises InvalidError without a reason."""
    _check_decidable(session, attachment, may_be_private=True)
    attachment.review_note = _reason(reason)
    attachment.show_asked_by_id = attachment.show_asked_at = None
    end_without_copies(
        session, attachment, AttachmentState.REJECTED, reason=REVIEWED, now=now, report=attachment.report
    )
    note_attachment(session, attachment, "reject", now, person_id=person.id)
    look_again_at_same(session, attachment, now)
    settle_awaited(session, attachment, now=now)


def run_all_again(session: Session, consult: Consult, *, now: datetime) -> None:
    """The policy of the whole case has changed: prepare anew what was prepared under the old one.

    What a person has decided about a single file stays decided.
    """
    query = select(Attachment).where(Attachment.consult_id == consult.id, Attachment.face_policy.is_(None))
    for attachment in session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)):
        if _is_decidable(session, attachment) and attachment.has_original:
            _run_again(session, attachment, None, (), now)
        elif _shows_gone(attachment) and consult.details.get("face_policy") not in SHOWING:
            show_no_more(session, attachment, now)


SHOWING = (FACE_IS_FINDING, KEEP_REGION)
_SHOWS = Attachment.face_policy.in_((*SHOWING, KEEP))


def shows_faces(session: Session, consult: Consult) -> bool:
    """Whether a face of the case, or part of one, may be seen: by its policy, or by a decision about one picture."""
    decided = select(exists().where(Attachment.consult_id == consult.id, _SHOWS))
    return consult.details.get("face_policy") in SHOWING or bool(session.scalar(decided))


def cover_faces(session: Session, consult: Consult, *, now: datetime) -> None:
    """The family says no to the face: what shows one is covered, whoever opened it, and so is whatever comes later.

    What is being prepared at this moment is caught by its worker before it is shown. A picture that was released as it
    is, a paper too, was so before the no; whoever still needs it releases it again, knowing of the no.
    """
    _drop_decisions(session, consult, _SHOWS, now)
    if consult.details.get("face_policy") in SHOWING:
        consult.details = {**consult.details, "face_policy": MASK_ALL, "face_consent": False}
        run_all_again(session, consult, now=now)


def cover_shown_by_consent(session: Session, consult: Consult, *, now: datetime) -> None:
    """Nobody says any more that the family agreed to a face: the files that were decided to show one fall back."""
    _drop_decisions(session, consult, Attachment.face_policy == FACE_IS_FINDING, now)


def _drop_decisions(session: Session, consult: Consult, which: ColumnElement[bool], now: datetime) -> None:
    """Let the policy of the case hold again for these files of it."""
    query = select(Attachment).where(Attachment.consult_id == consult.id, which).order_by(Attachment.id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    for attachment in session.scalars(locked):
        attachment.face_policy = None
        if _is_decidable(session, attachment) and attachment.has_original:
            _run_again(session, attachment, None, (), now)
        elif attachment.original_gone_at is not None:
            show_no_more(session, attachment, now)


def _shows_gone(attachment: Attachment) -> bool:
    """Whether a face may be seen in a file that cannot be prepared anew."""
    report = attachment.report or {}
    return attachment.original_gone_at is not None and "policy" in report and may_show_face(report)


def policies_for(attachment: Attachment) -> tuple[str, ...]:
    """What can be chosen for the faces of this file.

    That there is none on a paper is to be said where the detector was not sure, that it is the patient's where it was,
    and each of what was decided so before. No policy of the case opens a face there: most are a passport's.
    """
    if attachment.kind != MediaKind.LAB_DOCUMENT:
        return FACE_POLICIES
    scores = [mask.get("threshold", 0.0) for mask in _masks(attachment) if mask.get("what") == "face"]
    is_there = {
        NO_FACE: any(score < SURE_FACE for score in scores),
        FACE_IS_FINDING: any(score >= SURE_FACE for score in scores),
    }
    return (MASK_ALL, *(policy for policy, is_so in is_there.items() if is_so or attachment.face_policy == policy))


def hides_face(attachment: Attachment) -> bool:
    """Whether a face was covered in this file."""
    return any(mask.get("what") == "face" for mask in _masks(attachment))


def hides_part(attachment: Attachment) -> bool:
    """Whether what was covered as writing may hide the finding: a large part, or anything within an open face."""
    if attachment.kind == MediaKind.LAB_DOCUMENT:
        return False
    return any(mask.get("on_face") or _is_large(mask) for mask in _masks(attachment))


def _is_large(mask: dict[str, Any]) -> bool:
    return mask.get("what") == "text" and mask.get("width", 0) * mask.get("height", 0) >= LARGE_PART


def _masks(attachment: Attachment) -> list[dict[str, Any]]:
    return (attachment.report or {}).get("masks") or []


def _run_again(
    session: Session, attachment: Attachment, policy: str | None, regions: Sequence[dict[str, float]], now: datetime
) -> None:
    _check_decidable(session, attachment)
    _check_kept(attachment)
    attachment.face_policy, attachment.face_regions = policy, {"regions": list(regions)}
    attachment.show_asked_by_id = attachment.show_asked_at = None
    queue_again(session, attachment, now)


def _keep_when(session: Session, attachment: Attachment, now: datetime) -> None:
    """Two clocks may differ: who decides has seen what the family had said, so the decision is never before it."""
    word = word_on_faces(session, attachment.consult_id)
    attachment.decided_at = now if word is None else max(now, word.at)


def _check_decidable(session: Session, attachment: Attachment, *, may_be_private: bool = False) -> None:
    """Pictures of a private place can only be refused, and what is being prepared cannot be decided about."""
    if not _is_decidable(session, attachment, may_be_private=may_be_private):
        raise ImpossibleVerbError(attachment.state, "be decided about")


def _is_decidable(session: Session, attachment: Attachment, *, may_be_private: bool = False) -> bool:
    is_private = not may_be_private and is_private_picture(session, attachment)
    was_kept = attachment.blob_key is not None or attachment.original_gone_at is not None
    return attachment.state in _DECIDABLE and not is_private and was_kept


def _check_kept(attachment: Attachment) -> None:
    if attachment.original_gone_at is not None:
        raise OriginalGoneError(attachment.state, "be prepared anew", attachment.original_days or 0)


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidError("Write the reason.", {"reason": "required"})
    if len(text.strip()) > LONGEST_REASON:
        raise InvalidError("The reason is too long.", {"reason": "too_long"})
    return text.strip()
