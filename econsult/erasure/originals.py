"""The end of an original: some days after its request has ended the sealed file goes; its copies and report stay.

Its time is seen to be over twice, a day apart. Then, in one transaction, the key goes out of the rows, so that nothing
is made of the file any more, and the trail says so. A job removes the ciphertext (`workers.erasing`), and is asked for
again each hour until it has. A file that still waits for a person, or could not be prepared, ends with its original:
nobody is asked about it any more, and what was made for its review shows what was never covered.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, exists, func, select
from sqlalchemy.orm import Session, aliased

from econsult.consults.attachments import (
    GOING,
    PRIVATE_SITE,
    RESTS,
    UNDECIDED,
    UNPREPARED,
    WAITS,
    Attachment,
    AttachmentState,
    Rendition,
    note_attachment,
    original_key,
)
from econsult.consults.awaited import NO_MORE
from econsult.consults.earlier import EarlierConsult
from econsult.consults.intake import Upload, UploadState
from econsult.consults.lifecycle import Status
from econsult.consults.next_photo import PHOTO
from econsult.consults.photo_lost import SHOWS
from econsult.consults.preparing import end_without_copies
from econsult.consults.recommendations import Recommendation
from econsult.consults.records import Consult
from econsult.consults.reviews import refuse_to_show
from econsult.consults.versions import Answer
from econsult.database import NO_KEY
from econsult.erasure.records import RetentionHold
from econsult.erasure.retention import rule_of
from econsult.jobs import JobKind, Lane, add_job
from econsult.people.deaths import Death
from econsult.people.patients import Patient
from econsult.people.persons import Program
from econsult.picking import ANY, Pick

NO_KEY_LEFT = b""
ENDS = {AttachmentState.HELD: UNDECIDED, AttachmentState.FAILED: UNPREPARED}
"""Which files end with their original, and for which reason."""
TWICE = timedelta(days=1)
"""Between the first look that finds its time over and the one that ends it: a clock that leaps ends nothing at once."""


def let_originals_go(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Let go of the originals whose time is over in each program, a day after it was seen to be; returns how many."""
    count = 0
    for program_id in session.scalars(select(Program.id).order_by(Program.id)).all():
        days = rule_of(session, program_id).original_days
        due = _due(program_id, now, days)
        found = pick.narrow(due.order_by(Attachment.patient_id, Attachment.id).limit(pick.most), Attachment.id)
        for attachment in session.scalars(found).all():
            count += _let_go(session, attachment, due, days, now)
    return count


def due_among(session: Session, now: datetime, most: int) -> list[int]:
    """The numbers of the files whose originals go now, or a day later."""
    found: list[int] = []
    for program_id in session.scalars(select(Program.id).order_by(Program.id)).all():
        due = _due(program_id, now, rule_of(session, program_id).original_days)
        found += [each.id for each in session.scalars(due.limit(most))]
    return found[:most]


def _due(program_id: int, now: datetime, days: int) -> Select[Attachment]:
    """Files of the program that no worker is at, and whose request had ended, so many days ago.

    What another request shows that goes on, or ended later, waits for that one. A legal hold keeps everything, files
    whose consent was taken back stay sealed with all there is, and what a person is still asked about waits.
    """
    until = now - timedelta(days=days)
    shown = aliased(Consult)
    goes_on = shown.ended_at.is_(None) | (shown.ended_at > until)
    is_shown = exists().where(EarlierConsult.earlier_id == Consult.id, shown.id == EarlierConsult.consult_id, goes_on)
    is_held = exists().where(RetentionHold.patient_id == Attachment.patient_id, RetentionHold.lifted_at.is_(None))
    query = select(Attachment).join(Consult, Consult.id == Attachment.consult_id)
    query = query.where(RESTS, Attachment.program_id == program_id, Attachment.finished_at <= until)
    query = query.where(Consult.ended_at <= until, Consult.consent_withdrawn_at.is_(None))
    is_new = Attachment.original_due_at.is_(None) | (Attachment.original_due_at <= now - TWICE)
    return query.where(~_is_asked(), ~is_shown, ~is_held, is_new)


def _is_asked() -> ColumnElement[bool]:
    """Whether the clinic is asked to decide about a file of what has ended, as `held_files` lists them.

    It is where the answer that stands still waits for a photo, which this file was sent for: no list asks about others.
    """
    signed = select(func.max(Answer.signed_at)).where(Answer.consult_id == Consult.id, Answer.corrects.is_(None))
    stands = select(func.max(Answer.version)).where(Answer.consult_id == Consult.id, Answer.signed_at.is_not(None))
    step = (Recommendation.consult_id == Consult.id, Recommendation.version == stands.scalar_subquery())
    awaits = exists().where(*step, Recommendation.kind == PHOTO, Recommendation.state.not_in(NO_MORE))
    is_for_it = (Attachment.received_at >= signed.scalar_subquery()).is_(True) & Attachment.kind.in_(SHOWS)
    has_died = exists().where(Death.patient_id == Attachment.patient_id, Death.taken_back_at.is_(None))
    return (Consult.status == Status.CLOSED) & WAITS & is_for_it & awaits & ~has_died


def _let_go(session: Session, attachment: Attachment, due: Select[Attachment], days: int, now: datetime) -> bool:
    """Note that its time is over, or end it a day later. Whoever holds the record, opens the request again or decides
    about the file at this moment is waited for.
    """
    session.get_one(Patient, attachment.patient_id, with_for_update=NO_KEY, populate_existing=True)
    consult = session.get_one(Consult, attachment.consult_id, with_for_update=NO_KEY, populate_existing=True)
    again = due.where(Attachment.id == attachment.id).with_for_update(of=Attachment, key_share=True)
    if session.scalars(again.execution_options(populate_existing=True)).one_or_none() is None:
        return False
    if attachment.original_due_at is None or attachment.original_due_at < (consult.ended_at or now):
        attachment.original_due_at = now
        return True
    attachment.original_gone_at, attachment.original_days, attachment.key_wrapped = now, days, NO_KEY_LEFT
    # An attempt that was cut off may have stored it without a word in the row: it is looked for all the same.
    attachment.blob_key = original_key(attachment.public_id)
    if attachment.show_asked_at is not None:
        refuse_to_show(session, attachment, None, now=now)
    if attachment.state in ENDS:
        _end(session, attachment, now)
    for upload in session.scalars(select(Upload).where(Upload.public_id == attachment.public_id)):
        upload.key_wrapped = NO_KEY_LEFT
        if upload.state == UploadState.QUARANTINED and attachment.state == AttachmentState.REJECTED:
            upload.state = UploadState.REJECTED
    note_attachment(session, attachment, "let_original_go", now, person_id=None, detail=str(days))
    session.flush()
    remove_later(session, attachment, now)
    return True


def _end(session: Session, attachment: Attachment, now: datetime) -> None:
    """Show nothing of it to anybody any more. A picture of a private place stays refused for that."""
    state = AttachmentState(attachment.state)
    reason = PRIVATE_SITE if attachment.is_for_nobody else ENDS[state]
    session.execute(delete(Rendition).where(Rendition.attachment_id == attachment.id))
    end_without_copies(session, attachment, AttachmentState.REJECTED, reason=reason, now=now, report=attachment.report)


def remove_later(session: Session, attachment: Attachment, now: datetime) -> None:
    """Let a worker remove the ciphertext; a job that gave up is followed by another in an hour."""
    key = f"original:{attachment.id}:{now:%Y%m%d%H}"
    add_job(session, JobKind.REMOVE_ORIGINAL, attachment.id, lane=Lane.SLOW, dedupe_key=key, now=now)


def remove_again(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Ask again for what no worker has removed for an hour; returns how many."""
    query = select(Attachment).where(GOING, Attachment.original_gone_at <= now - timedelta(hours=1))
    found = session.scalars(pick.narrow(query.order_by(Attachment.id).limit(pick.most), Attachment.id)).all()
    for attachment in found:
        remove_later(session, attachment, now)
    return len(found)
