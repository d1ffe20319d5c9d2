"""How a file becomes ready, is held, rejected or prepared anew, and which copies stand for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, false, func, or_, select, update
from sqlalchemy.orm import Session

from econsult.consults.attachments import (
    ORIGINAL_GONE,
    PAPER,
    PRIVATE_PAPER,
    PRIVATE_SITE,
    REVIEWED,
    Attachment,
    AttachmentState,
    MediaKind,
    Rendition,
    note_attachment,
)
from econsult.consults.details import caller_of, contact_of
from econsult.consults.facepolicy import KEEP, may_show_face
from econsult.consults.records import Consult
from econsult.jobs import JobKind, Lane, add_job
from econsult.people.persons import FAMILIES, Person
from econsult.people.told_more import tell_more


@dataclass(frozen=True)
class PreparedCopy:
    """A rendition whose sealed bytes are already in the store, waiting to be linked."""

    name: str
    media_type: str
    width: int
    height: int
    size: int
    sha256: str
    object_id: str
    blob_key: str
    key_wrapped: bytes


def start_processing(attachment: Attachment) -> None:
    attachment.state, attachment.progress = AttachmentState.PROCESSING, 0


def note_progress(session: Session, number: int, percent: int) -> None:
    """How far the preparation is, in percent, for whoever waits; what is no longer being prepared stays as it is."""
    is_waiting = (Attachment.id == number, Attachment.state == AttachmentState.PROCESSING)
    session.execute(update(Attachment).where(*is_waiting).values(progress=percent))


def link_renditions(
    session: Session, attachment: Attachment, copies: Sequence[PreparedCopy], report: dict[str, Any], now: datetime
) -> None:
    """Make the attachment ready: store the report, link the copies. The caller holds the job's lease.

    What was set aside for a person or taken back meanwhile stays so, with its copies.
    """
    _replace_copies(session, attachment, copies)
    shows_face = "policy" in report and may_show_face(report)
    attachment.is_restricted = shows_face or report.get("has_sound") is True
    if attachment.state == AttachmentState.HELD or attachment.is_withdrawn:
        attachment.report = report
        return
    attachment.state, attachment.reason, attachment.progress = AttachmentState.READY, None, 100
    attachment.report, attachment.quality = report, report.get("quality")
    attachment.finished_at = now
    note_attachment(session, attachment, "prepare", now, person_id=None, detail="ready")


def _replace_copies(session: Session, attachment: Attachment, copies: Sequence[PreparedCopy]) -> None:
    """Link these copies in place of those of an earlier preparation, whose policy no longer holds."""
    session.execute(delete(Rendition).where(Rendition.attachment_id == attachment.id))
    for copy in copies:
        session.add(Rendition(attachment_id=attachment.id, **vars(copy)))


def hold(
    session: Session,
    attachment: Attachment,
    copies: Sequence[PreparedCopy],
    *,
    reason: str,
    report: dict[str, Any],
    now: datetime,
) -> None:
    """The file waits for a person, for a reason that pages put into words; its copies are for that person alone.

    A picture of a private place was set aside meanwhile: that stays the reason, and not even that person sees it.
    """
    if attachment.reason == PRIVATE_SITE:
        _replace_copies(session, attachment, ())
        attachment.report = report
        return
    _replace_copies(session, attachment, copies)
    end_without_copies(session, attachment, AttachmentState.HELD, reason=reason, now=now, report=report)


def end_without_copies(
    session: Session,
    attachment: Attachment,
    state: AttachmentState,
    *,
    reason: str,
    now: datetime,
    report: dict[str, Any] | None = None,
) -> None:
    """The file was rejected, failed or must wait for a person; `reason` is a stable code that pages put into words.

    What was taken back meanwhile stays taken back.
    """
    if attachment.is_withdrawn:
        attachment.report = report
        return
    attachment.state, attachment.reason, attachment.finished_at = state, reason[:48], now
    attachment.report = report
    note_attachment(session, attachment, "prepare", now, person_id=None, detail=state)


def hold_private(session: Session, consult: Consult, now: datetime) -> None:
    """The place turned out to be private: what a caregiver sent before is shown to nobody until a person has looked.

    That holds for documents too, because a PDF may be a photo.
    """
    query = select(Attachment).join(Person, Person.id == Attachment.uploaded_by_id)
    sent = query.where(Attachment.consult_id == consult.id, Person.role.in_(FAMILIES))
    locked = sent.with_for_update(of=Attachment, key_share=True).execution_options(populate_existing=True)
    for attachment in session.scalars(locked):
        if attachment.state == AttachmentState.REJECTED:
            continue
        if _is_picture(attachment):
            _set_aside(session, attachment, PRIVATE_SITE, now)
        else:
            _set_paper_aside(session, attachment, now)


def is_private_picture(session: Session, attachment: Attachment) -> bool:
    """Whether a caregiver sent it as a picture of a private place, for whatever reason it waits: it is only refused."""
    if attachment.reason == PRIVATE_SITE:
        return True
    is_private = session.get_one(Consult, attachment.consult_id).is_private_site
    return is_private and _is_picture(attachment) and not session.get_one(Person, attachment.uploaded_by_id).is_staff


def _is_picture(attachment: Attachment) -> bool:
    source = (attachment.report or {}).get("source") or {}
    return attachment.kind != MediaKind.LAB_DOCUMENT or source.get("media_type") not in (None, PAPER)


def _set_paper_aside(session: Session, attachment: Attachment, now: datetime) -> None:
    """A paper that was ready is prepared anew for the person who looks first; one on its way is held by its worker.

    What was decided about it before was not decided about a private place.
    """
    attachment.face_policy = attachment.face_regions = None
    if attachment.state in {AttachmentState.RECEIVED, AttachmentState.PROCESSING}:
        return
    was_ready = attachment.state == AttachmentState.READY and attachment.has_original
    _set_aside(session, attachment, PRIVATE_PAPER, now)
    if was_ready:
        queue_again(session, attachment, now)


def _set_aside(session: Session, attachment: Attachment, reason: str, now: datetime) -> None:
    end_without_copies(session, attachment, AttachmentState.HELD, reason=reason, now=now, report=attachment.report)


def queue_again(session: Session, attachment: Attachment, now: datetime) -> None:
    """Prepare the file anew from its sealed original; until that is done nobody sees it."""
    attachment.reviews += 1
    attachment.state, attachment.reason, attachment.progress = AttachmentState.RECEIVED, None, 0
    attachment.finished_at = None
    lane = Lane.SLOW if attachment.kind == MediaKind.VIDEO else Lane.FAST
    key = f"prepare:{attachment.id}:{attachment.reviews}"
    add_job(session, JobKind.PREPARE, attachment.id, lane=lane, dedupe_key=key, now=now)


def show_no_more(session: Session, attachment: Attachment, now: datetime) -> None:
    """What it shows is to be covered, and it cannot be prepared anew: its original is no longer kept."""
    if attachment.state == AttachmentState.READY:
        attachment.show_asked_by_id = attachment.show_asked_at = None
        gone = AttachmentState.REJECTED
        end_without_copies(session, attachment, gone, reason=ORIGINAL_GONE, now=now, report=attachment.report)


def read_again(session: Session, patient_id: int, now: datetime) -> None:
    """What tells who the child is has changed: prepare anew what was read for it before.

    What a person has released as it is hides nothing, and what waits for one is prepared anew by their decision. What
    is being prepared at this moment is caught by its worker before it shows it.
    """
    _queue_ready(session, now, Attachment.patient_id == patient_id)


def read_papers_again(session: Session, patient_id: int, mark: str, now: datetime) -> None:
    """More may be on file that tells who the child is: prepare anew the papers that were read for anything but `mark`.

    In photos and films all writing is covered, whatever it says; papers alone keep what is not known to tell anything.
    """
    is_older = Attachment.told_mark.is_distinct_from(mark) & (Attachment.kind == MediaKind.LAB_DOCUMENT)
    _queue_ready(session, now, Attachment.patient_id == patient_id, is_older)


def read_for_caller(session: Session, consult: Consult, now: datetime) -> None:
    """Who called about the child, or where they are called back, stands in a request that is sent: papers must know."""
    caller = caller_of(consult.details)
    if caller["name"] or caller["phone"] or contact_of(consult.details)["phone"]:
        tell_more(session, consult.patient_id, now)


def _queue_ready(session: Session, now: datetime, *which: ColumnElement[bool]) -> None:
    # A worker that makes one ready just now has compared it with what was on file before us: its end is waited for.
    shown = Attachment.state.in_((AttachmentState.READY, AttachmentState.PROCESSING))
    query = select(Attachment).where(shown, *which)
    hides = Attachment.face_policy.is_distinct_from(KEEP) & Attachment.blob_key.is_not(None)
    # What is no longer kept as it came stays as it was read: nothing can be read of it anew.
    hides &= Attachment.original_gone_at.is_(None)
    # In one order, as others who change several files of a child: else two might wait for each other.
    locked = query.where(hides).order_by(Attachment.id).with_for_update(key_share=True)
    for attachment in session.scalars(locked.execution_options(populate_existing=True)):
        if attachment.state == AttachmentState.READY:
            queue_again(session, attachment, now)


@dataclass(frozen=True)
class Marks:
    """Keyed hashes of a file's bytes and of what it shows, which is the same where its bytes were written anew."""

    content: str = ""
    picture: str = ""

    def like(self) -> ColumnElement[bool]:
        """Which attachments are this file, or show the very same."""
        pairs = ((Attachment.content_mark, self.content), (Attachment.picture_mark, self.picture))
        return or_(false(), *(column == mark for column, mark in pairs if mark))


def was_refused(session: Session, attachment: Attachment, marks: Marks) -> bool:
    """Whether a person has refused the same file of the same sender in this consult, and nobody has let it through
    since.

    What the sender calls the file, sends it for, or has written anew around the same pixels, makes no difference.
    """
    is_refused = (Attachment.state == AttachmentState.REJECTED) & (Attachment.reason == REVIEWED)
    same = _same_of_sender(attachment, marks)
    refused_at = session.scalar(select(func.max(Attachment.finished_at)).where(*same, is_refused))
    return refused_at is not None and (attachment.decided_at is None or attachment.decided_at < refused_at)


def look_again_at_same(session: Session, refused: Attachment, now: datetime) -> None:
    """What is, or shows, what a person has just refused is prepared anew, and its worker holds it."""
    same = _same_of_sender(refused, Marks(refused.content_mark or "", refused.picture_mark or ""))
    is_ready = Attachment.state == AttachmentState.READY
    query = select(Attachment).where(*same, is_ready).order_by(Attachment.id).with_for_update(key_share=True)
    for attachment in session.scalars(query.execution_options(populate_existing=True)):
        again = queue_again if attachment.has_original else show_no_more
        again(session, attachment, now)


def _same_of_sender(attachment: Attachment, marks: Marks) -> tuple[ColumnElement[bool], ...]:
    """Which other files of the same sender in this consult are the same."""
    return (
        Attachment.consult_id == attachment.consult_id,
        Attachment.uploaded_by_id == attachment.uploaded_by_id,
        Attachment.id != attachment.id,
        marks.like(),
    )


def twin_of(session: Session, attachment: Attachment, mark: str) -> Attachment | None:
    """The same bytes, sent to this consult by the same person for the same use before, and ready; the oldest such.

    `mark` is the keyed hash of the content. The consult is locked, so that of two workers one sees the other's.
    """
    session.scalars(select(Consult.id).where(Consult.id == attachment.consult_id).with_for_update(key_share=True)).one()
    same = (
        Attachment.consult_id == attachment.consult_id,
        Attachment.uploaded_by_id == attachment.uploaded_by_id,
        Attachment.content_mark == mark,
        Attachment.kind == attachment.kind,
        Attachment.view.is_not_distinct_from(attachment.view),
        Attachment.document_type.is_not_distinct_from(attachment.document_type),
    )
    query = select(Attachment).where(*same, Attachment.id != attachment.id, Attachment.state == AttachmentState.READY)
    return session.scalars(query.order_by(Attachment.id).limit(1)).one_or_none()
