"""The end of an original: some days after its request has ended the sealed file goes; its copies and report stay.

Its time is seen to be over twice, a day apart. Then, in one transaction, the key goes out of the rows, so that nothing
is made of the file any more, and the trail says so. A job removes the ciphertext (`workers.erasing`), and is asked for
again each hour until it has.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from econsult.consults.attachments import GOING, RESTS, Attachment, AttachmentState, note_attachment
from econsult.consults.awaited import NO_MORE
from econsult.consults.earlier import EarlierConsult
from econsult.consults.intake import Upload, UploadState
from econsult.consults.next_photo import PHOTO
from econsult.consults.recommendations import Recommendation
from econsult.consults.records import Consult
from econsult.consults.reviews import refuse_to_show
from econsult.database import NO_KEY
from econsult.erasure.records import RetentionHold
from econsult.erasure.retention import rule_of
from econsult.jobs import JobKind, Lane, add_job
from econsult.people.patients import Patient
from econsult.people.persons import Program
from econsult.picking import ANY, Pick

NO_KEY_LEFT = b""
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
    """Files of the program that were prepared for good, and whose request had ended, so many days ago.

    What another request shows that goes on, or ended later, waits for that one. A legal hold keeps everything, files
    whose consent was taken back stay sealed with all there is, and a wish to see what is covered waits for its answer
    where an answer waits for a photo: once anything else has ended, no list asks anybody for one (`held_files`).
    """
    until = now - timedelta(days=days)
    shown = aliased(Consult)
    goes_on = shown.ended_at.is_(None) | (shown.ended_at > until)
    is_shown = exists().where(EarlierConsult.earlier_id == Consult.id, shown.id == EarlierConsult.consult_id, goes_on)
    is_held = exists().where(RetentionHold.patient_id == Attachment.patient_id, RetentionHold.lifted_at.is_(None))
    step = (Recommendation.consult_id == Consult.id, Recommendation.kind == PHOTO, Recommendation.state.not_in(NO_MORE))
    is_asked = Attachment.show_asked_at.is_not(None) & exists().where(*step)
    query = select(Attachment).join(Consult, Consult.id == Attachment.consult_id)
    query = query.where(RESTS, Attachment.program_id == program_id, Attachment.finished_at <= until)
    query = query.where(Consult.ended_at <= until, Consult.consent_withdrawn_at.is_(None))
    is_new = Attachment.original_due_at.is_(None) | (Attachment.original_due_at <= now - TWICE)
    return query.where(~is_asked, ~is_shown, ~is_held, is_new)


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
    if attachment.show_asked_at is not None:
        refuse_to_show(session, attachment, None, now=now)
    for upload in session.scalars(select(Upload).where(Upload.public_id == attachment.public_id)):
        upload.key_wrapped = NO_KEY_LEFT
        if upload.state == UploadState.QUARANTINED and attachment.state == AttachmentState.REJECTED:
            upload.state = UploadState.REJECTED
    note_attachment(session, attachment, "let_original_go", now, person_id=None, detail=str(days))
    session.flush()
    remove_later(session, attachment, now)
    return True


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
