"""The job ERASE: removes what an erased record left in the store and in staging, and looks at its rows once more.

And REMOVE_ORIGINAL, which removes one original whose time is over (`econsult.erasure.originals`).

All of it is ciphertext whose keys are destroyed already. Doing it again changes nothing, so it may be cut off anywhere.
While a worker is still at one of the files, what it has just sealed may come into the store after the look there: the
job looks again once nobody is.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select

from econsult import audit
from econsult.consults.attachments import Attachment, original_key
from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from econsult.erasure.places import empty, places_of
from econsult.erasure.records import Erasure
from econsult.erasure.scrubbing import scrub
from econsult.jobs import Job, JobKind, JobState, Lease
from econsult.people.patients import Patient
from uploads.staged import discard_staged
from workers.copies import copies_prefix, remove_strays
from workers.desk import Desk
from workers.runtime import Runtime


class StillMadeError(Exception):
    """A worker is at one of the files, and may put what it made of it into the store."""


def erase_files(desk: Desk, lease: Lease) -> None:
    """Remove the objects and end the job. Raises StillMadeError, StoreUnavailable, LeaseLostError."""
    runtime = desk.runtime
    with runtime.database.reading() as session:
        erasure = session.get_one(Erasure, lease.subject_id)
        number = erasure.patient_id
        if number is None:
            return
        files = list(session.scalars(select(Attachment.public_id).where(Attachment.patient_id == number)))
        begun = select(Upload.public_id).join(Consult, Consult.id == Upload.consult_id)
        uploads = list(session.scalars(begun.where(Consult.patient_id == number)))
        # Asked before the store is looked through: who begins after this finds no key, and makes nothing.
        is_at_work = session.scalar(_at_work(number)) is not None
    count = remove_objects(runtime, files, uploads)
    if is_at_work:
        raise StillMadeError
    with desk.finishing(lease) as session:
        # Whoever began something in the very moment of the erasure has left words behind it.
        empty(session, number)
        patient = session.get_one(Patient, number)
        patient.name = patient.alias
        if erasure.swept_at is None:
            session.get_one(Erasure, erasure.id).swept_at = desk.now()
            audit.record(
                session,
                "erase_files",
                "patient",
                patient.public_id,
                now=desk.now(),
                person_id=None,
                patient_id=number,
                detail=str(count),
            )
    scrub(runtime.database, sorted(table.name for table, _ in places_of(number)))


def remove_original(desk: Desk, lease: Lease) -> None:
    """Remove the ciphertext of an original whose key is gone, and end the job. Raises StoreUnavailable, LeaseLostError.

    So go the copies that stand for the file no more: those of its review, and what an attempt left that gave up.
    Cut off between the store and the row, it is done again: what is not there is removed without a word.
    """
    runtime = desk.runtime
    with runtime.database.reading() as session:
        attachment = session.get_one(Attachment, lease.subject_id)
    if attachment.original_gone_at is not None:
        runtime.blobs.delete(original_key(attachment.public_id))
        discard_staged(runtime.settings.staging, attachment.public_id)
        remove_strays(runtime, attachment.public_id)
    with desk.finishing(lease) as session:
        if attachment.original_gone_at is not None:
            session.get_one(Attachment, attachment.id).blob_key = None


def _at_work(patient_id: int) -> Select[int]:
    """The jobs that prepare a file of this child at this moment."""
    files = select(Attachment.id).where(Attachment.patient_id == patient_id)
    running = Job.kind == JobKind.PREPARE, Job.state == JobState.RUNNING, Job.subject_id.in_(files)
    return select(Job.id).where(*running).limit(1)


def remove_objects(runtime: Runtime, files: Sequence[str], uploads: Sequence[str]) -> int:
    """Delete originals, copies of whichever attempt, and staged bytes; returns how many objects there were."""
    count = 0
    for object_id in files:
        for key in [*runtime.blobs.list(copies_prefix(object_id)), *runtime.blobs.list(original_key(object_id))]:
            runtime.blobs.delete(key)
            count += 1
    for object_id in {*files, *uploads}:
        discard_staged(runtime.settings.staging, object_id)
    return count
