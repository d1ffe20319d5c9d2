"""The job PREPARE: turns what was uploaded into safe copies, and its ciphertext into a blob.

Renditions get names of their own in each attempt. They count only once the transaction that links them commits, so two
attempts at the same file never see each other; the copies of an attempt that lost are removed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.attachments import DUPLICATE, PRIVATE_PAPER, REFUSED_BEFORE, Attachment, AttachmentState
from econsult.consults.intake import Upload, UploadState
from econsult.consults.photo_came import settle_awaited
from econsult.consults.preparing import (
    Marks,
    PreparedCopy,
    end_without_copies,
    hold,
    link_renditions,
    queue_again,
    start_processing,
    twin_of,
    was_refused,
)
from econsult.consults.records import Consult
from econsult.database import NO_KEY
from econsult.jobs import Lease
from econsult.people.persons import Person
from imaging import Policy, Report, prepare
from imaging.signing import sign_report
from uploads.staged import discard_staged
from workers.copies import Collected, Made, remove_lost, remove_strays, store_copy
from workers.desk import Desk, LeaseLostError
from workers.give_up import UNFINISHED, settle_as_twin, settle_upload, upload_of
from workers.originals import Original
from workers.policies import policy_for, told_mark
from workers.runtime import Runtime
from workers.telling import teller
from workers.undone import undo_choice
from workers.verdicts import Declared, Verdict, marks_of, objection, scan

PUTS_AT_ONCE = 4


class PreparationFailedError(Exception):
    """The jail could not finish for a reason of ours; another attempt may."""


@dataclass(frozen=True)
class _Order:
    """What the job needs to know of the attachment, read once so that no transaction spans the work."""

    attachment_id: str
    patient_id: int
    kind: str
    original: Original
    policy: Policy
    told_mark: str
    declared: Declared
    is_again: bool = False


def prepare_attachment(desk: Desk, lease: Lease) -> None:
    """Prepare the attachment and end the job.

    Raises LeaseLostError, PreparationFailedError, ScannerAwayError, ScanFailedError, and what the store and the
    database raise.
    """
    order = _read_order(desk, lease)
    if order is None:
        _leave_as_it_is(desk, lease)
        return
    verdict = _judge(desk, order, lease)
    try:
        is_kept = _write(desk, lease, order, verdict)
    except LeaseLostError:
        remove_lost(desk.runtime, [copy.blob_key for copy in verdict.copies])
        raise
    if not is_kept:
        remove_lost(desk.runtime, [*(copy.blob_key for copy in verdict.copies), order.original.blob_key])
    order.original.discard_staged()
    if lease.attempt > 1 or order.is_again:
        remove_strays(desk.runtime, order.attachment_id)


def _read_order(desk: Desk, lease: Lease) -> _Order | None:
    """Show the attachment as being processed; None where it was finished or taken back before."""
    runtime = desk.runtime
    with runtime.database.writing() as session:
        attachment = session.get_one(Attachment, lease.subject_id, with_for_update=NO_KEY)
        if attachment.state not in UNFINISHED:
            return None
        start_processing(attachment)
        settle_upload(session, attachment, UploadState.QUARANTINED)
        consult = session.get_one(Consult, attachment.consult_id)
        digest = session.scalars(select(Upload.sha256).where(Upload.public_id == attachment.public_id)).one_or_none()
        key = runtime.vault.object_key(session, attachment.patient_id, attachment.public_id, attachment.key_wrapped)
        policy = policy_for(session, attachment, consult)
        return _Order(
            attachment.public_id,
            attachment.patient_id,
            attachment.kind,
            Original(attachment.public_id, key, runtime.settings.staging, runtime.blobs),
            policy,
            told_mark(runtime.vault, session, attachment.patient_id, policy.identifiers),
            Declared(
                attachment.size,
                digest,
                takes_pictures=_takes_pictures(session, attachment, consult),
            ),
            is_again=attachment.reviews > 0,
        )


def _leave_as_it_is(desk: Desk, lease: Lease) -> None:
    """End a job that has nothing to do. What waits for a person is kept, sealed, in the store; the rest goes."""
    original = _held_original(desk.runtime, lease.subject_id)
    if original is not None:
        original.promote()
    with desk.finishing(lease) as session:
        attachment = session.get_one(Attachment, lease.subject_id)
        if original is not None:
            attachment.blob_key = original.blob_key
            settle_upload(session, attachment, UploadState.QUARANTINED)
        elif attachment.is_withdrawn:
            settle_upload(session, attachment, UploadState.REJECTED)
    discard_staged(desk.runtime.settings.staging, attachment.public_id)


def _held_original(runtime: Runtime, number: int) -> Original | None:
    """The original of a file that was set aside before anybody prepared it, where it still waits in staging."""
    with runtime.database.reading() as session:
        attachment = session.get_one(Attachment, number)
        if attachment.state != AttachmentState.HELD or attachment.blob_key is not None:
            return None
        key = runtime.vault.object_key(session, attachment.patient_id, attachment.public_id, attachment.key_wrapped)
    original = Original(attachment.public_id, key, runtime.settings.staging, runtime.blobs)
    return original if original.is_staged else None


def _takes_pictures(session: Session, attachment: Attachment, consult: Consult) -> bool:
    """Whether it may show a photo: of a private place only by staff, or where a person has looked at it."""
    if not consult.is_private_site or attachment.face_policy is not None:
        return True
    return session.get_one(Person, attachment.uploaded_by_id).is_staff


def _judge(desk: Desk, order: _Order, lease: Lease) -> Verdict:
    """Scan the bytes, send them through the jail and rest what came out in the store."""
    collected = Collected()
    with order.original.opened() as plain:
        refusal = scan(desk.runtime.scanner, plain)
        if refusal is not None:
            return refusal
        report = prepare(order.kind, plain, collected, order.policy, jail=desk.jail, tell=teller(desk, lease))
    if report.verdict == "failed":
        raise PreparationFailedError(report.reason)
    reason = objection(order.declared, report)
    if reason is not None:
        return Verdict(AttachmentState.REJECTED, reason, _as_record(desk, replace(report, renditions=())))
    with desk.runtime.database.writing() as session:
        marks = marks_of(desk.runtime.vault, session, order.patient_id, report)
        attachment = session.get_one(Attachment, lease.subject_id)
        twin = twin_of(session, attachment, marks.content)
        is_refused = twin is None and was_refused(session, attachment, marks)
    if report.is_ready and not order.declared.takes_pictures:
        return _to_review(desk, order, PRIVATE_PAPER, marks)
    if report.is_ready and is_refused:
        return _to_review(desk, order, REFUSED_BEFORE, marks)
    # What a person is to look at is kept whatever else is there: it may be decided about in another way.
    copies = () if twin and report.is_ready else _store(desk.runtime, order, collected)
    state = AttachmentState.READY if report.is_ready else AttachmentState.HELD
    return Verdict(state, report.reason, _as_record(desk, report), copies, marks)


def _to_review(desk: Desk, order: _Order, reason: str, marks: Marks) -> Verdict:
    """Hold what a program cannot judge with a copy for the person who looks.

    A scanned paper and a photo inside a PDF look alike; and what a person has refused comes again for a person alone.
    """
    collected = Collected()
    with order.original.opened() as plain:
        report = prepare(order.kind, plain, collected, replace(order.policy, is_review=True), jail=desk.jail)
    if not report.has_copies:
        raise PreparationFailedError(report.reason)
    copies = _store(desk.runtime, order, collected)
    return Verdict(AttachmentState.HELD, reason, _as_record(desk, report), copies, marks)


def _store(runtime: Runtime, order: _Order, collected: Collected) -> tuple[PreparedCopy, ...]:
    """Rest the copies and the original in the store side by side: each of them mostly waits for disk or network."""

    def store(made: Made) -> PreparedCopy:
        return store_copy(runtime, order.attachment_id, order.patient_id, made)

    with ThreadPoolExecutor(PUTS_AT_ONCE, "put") as pool:
        promoting = pool.submit(order.original.promote)
        copies = tuple(pool.map(store, collected.made))
        promoting.result()
    return copies


def _as_record(desk: Desk, report: Report) -> dict[str, Any]:
    return sign_report(report, desk.runtime.vault.report_seed())


def _write(desk: Desk, lease: Lease, order: _Order, verdict: Verdict) -> bool:
    """Link the copies, settle the upload and end the job, all in one; whether what was stored is needed."""
    with desk.finishing(lease) as session:
        attachment = session.get_one(Attachment, lease.subject_id)
        # The consult before its file, as whoever changes both does: else each might wait for the other.
        session.get_one(Consult, attachment.consult_id, with_for_update=NO_KEY)
        session.refresh(attachment, with_for_update=NO_KEY)
        upload, scanner = upload_of(session, attachment), desk.runtime.scanner
        if upload is not None and scanner is not None and verdict.is_ready:
            upload.scanned_by = scanner.name
        is_kept = _show(session, attachment, order, verdict, desk.now())
        settle_awaited(session, attachment, now=desk.now())
        return is_kept


def _show(session: Session, attachment: Attachment, order: _Order, verdict: Verdict, now: datetime) -> bool:
    if attachment.is_keyless:
        # The family took its consent back meanwhile, or the record was erased: what was made has no key that is kept.
        settle_upload(session, attachment, UploadState.REJECTED)
        return True
    if verdict.state == AttachmentState.HELD:
        _hold(session, attachment, order, verdict, now)
        return True
    if not verdict.is_ready:
        reason = verdict.reason or "unsupported_type"
        end_without_copies(session, attachment, verdict.state, reason=reason, now=now, report=verdict.report)
        settle_upload(session, attachment, UploadState.REJECTED)
        return True
    twin = twin_of(session, attachment, verdict.marks.content)
    if twin is not None:
        end_without_copies(session, attachment, AttachmentState.REJECTED, reason=DUPLICATE, now=now)
        settle_as_twin(session, attachment, twin)
        return False
    if not verdict.copies:
        # The twin for which nothing was stored was taken back meanwhile: this is the only one now.
        raise PreparationFailedError("twin_gone")
    _keep_original(attachment, order, verdict)
    if _is_decided_anew(session, attachment, order) or was_refused(session, attachment, verdict.marks):
        queue_again(session, attachment, now)
        return True
    attachment.told_mark = order.told_mark
    link_renditions(session, attachment, verdict.copies, verdict.report or {}, now)
    settle_upload(session, attachment, UploadState.ACCEPTED)
    return True


def _keep_original(attachment: Attachment, order: _Order, verdict: Verdict) -> None:
    attachment.blob_key = order.original.blob_key
    attachment.content_mark, attachment.picture_mark = verdict.marks.content or None, verdict.marks.picture or None


def _hold(session: Session, attachment: Attachment, order: _Order, verdict: Verdict, now: datetime) -> None:
    """Let the file wait for a person, unless it is to be judged in another way by now."""
    _keep_original(attachment, order, verdict)
    if _is_decided_anew(session, attachment, order):
        queue_again(session, attachment, now)
        return
    if undo_choice(session, attachment, verdict.reason, order.told_mark, now):
        return
    hold(session, attachment, verdict.copies, reason=verdict.reason or "", report=verdict.report or {}, now=now)
    settle_upload(session, attachment, UploadState.QUARANTINED)


def _is_decided_anew(session: Session, attachment: Attachment, order: _Order) -> bool:
    """Whether a face, a voice, the place or who the child is was put otherwise, so that these copies come too late."""
    if attachment.state != AttachmentState.PROCESSING:
        return False
    # The consult is locked by `twin_of`, so whoever decides later finds the file ready and prepares it anew.
    consult = session.get_one(Consult, attachment.consult_id, populate_existing=True)
    asked = policy_for(session, attachment, consult)
    was = order.policy
    is_private_now = order.declared.takes_pictures and not _takes_pictures(session, attachment, consult)
    return is_private_now or _decided(asked) != _decided(was)


def _decided(policy: Policy) -> tuple[object, ...]:
    return policy.faces, policy.regions, policy.keeps_voice, policy.identifiers
