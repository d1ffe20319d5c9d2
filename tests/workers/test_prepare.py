"""The job PREPARE, run in this process against real files, a real jail and a real database."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text

from econsult.consults.attachments import (
    Attachment,
    AttachmentState,
    MediaKind,
    Rendition,
    attachments_of,
    renditions_of,
    withdraw_attachment,
)
from econsult.consults.intake import Upload
from econsult.consults.lifecycle import Status
from econsult.consults.next_photo import PHOTO
from econsult.consults.preparing import hold_private, start_processing
from econsult.consults.recommendations import open_steps, steps_of
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, edit
from econsult.consults.reviews import cover_faces, reject_file, release_for_treatment
from econsult.consults.versions import Answer
from econsult.errors import ImpossibleVerbError
from econsult.jobs import Job, JobKind, JobState, claim_job
from econsult.notices import Notice, NoticeKind
from econsult.people.former import keep_former
from econsult.people.patients import Patient
from econsult.vault import Vault
from imaging import open_jail, samples
from imaging.signing import is_signed_by, public_key
from storage import sealed
from storage.blobs import BlobMissing, BlobStore
from storage.sealed import BlobRange
from tests.spread import spread
from tests.workers.clinic import Clinic, now
from tests.workers.test_voice import Meanwhile
from uploads.staged import discard_staged, staged_path
from workers.copies import Made, copies_prefix, store_copy
from workers.desk import Desk, LeaseLostError
from workers.horse import run_job
from workers.originals import Original
from workers.prepare import prepare_attachment
from workers.runtime import Runtime
from workers.telling import teller


def test_a_photo_becomes_three_sealed_copies_and_its_original_a_blob(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    assert run_job(desk, clinic.job_of(number).id)
    attachment = clinic.attachment(number)
    with clinic.runtime.database.reading() as session:
        copies = renditions_of(session, [number])[number]
        original = attachment.blob_key or ""
        key = clinic.runtime.vault.object_key(
            session, attachment.patient_id, attachment.public_id, attachment.key_wrapped
        )
    assert {copy.name for copy in copies} == {"thumb", "view", "full"}
    assert sealed.open(BlobRange(clinic.runtime.blobs, original), attachment.public_id, key).read() == photo
    assert not staged_path(clinic.runtime.settings.staging, attachment.public_id).exists()


def test_a_file_whose_staging_folder_is_away_waits_without_using_up_its_attempts(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    number, staging = clinic.send(photo), clinic.runtime.settings.staging
    hidden = staging.rename(staging.with_name("hidden"))
    staging.mkdir()
    run_job(desk, clinic.job_of(number).id)
    job = clinic.job_of(number)
    assert (job.state, job.attempt) == (JobState.PENDING, 0)
    assert job.last_error == "The staging folder is not the one in which uploads rest."
    staging.rmdir()
    hidden.rename(staging)
    with clinic.runtime.database.writing() as session:
        session.get_one(Job, job.id).run_after = now()
    run_job(desk, job.id)
    assert clinic.attachment(number).state == AttachmentState.READY


def test_no_row_says_that_an_original_is_stored_which_is_not(clinic: Clinic, photo: bytes) -> None:
    attachment, runtime = clinic.attachment(clinic.send(photo)), clinic.runtime
    original = Original(attachment.public_id, bytes(32), runtime.settings.staging, runtime.blobs)
    discard_staged(runtime.settings.staging, attachment.public_id)
    with pytest.raises(BlobMissing):
        original.promote()


def test_a_copy_opens_with_its_own_key_and_holds_what_its_row_says(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    run_job(desk, clinic.job_of(number).id)
    with clinic.runtime.database.reading() as session:
        for copy in renditions_of(session, [number])[number]:
            key = clinic.runtime.vault.object_key(session, clinic.child.id, copy.object_id, copy.key_wrapped)
            plain = sealed.open(BlobRange(clinic.runtime.blobs, copy.blob_key), copy.object_id, key).read()
            assert (len(plain), hashlib.sha256(plain).hexdigest()) == (copy.size, copy.sha256)


def test_a_file_that_is_no_picture_is_rejected_with_a_reason(clinic: Clinic, desk: Desk) -> None:
    number = clinic.send(b"MZ" + bytes(4000))
    run_job(desk, clinic.job_of(number).id)
    attachment = clinic.attachment(number)
    assert (attachment.state, attachment.reason) == (AttachmentState.REJECTED, "not_an_image")
    assert clinic.job_of(number).state == JobState.DONE
    assert list(clinic.runtime.blobs.list()) == []


def test_a_file_whose_checksum_is_another_is_rejected(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo, sha256=hashlib.sha256(b"something else").hexdigest())
    run_job(desk, clinic.job_of(number).id)
    assert (clinic.attachment(number).state, clinic.attachment(number).reason) == ("rejected", "checksum")
    assert list(clinic.runtime.blobs.list()) == []


@pytest.mark.wide
def test_a_checksum_that_agrees_is_no_hindrance(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo, sha256=hashlib.sha256(photo).hexdigest().upper())
    run_job(desk, clinic.job_of(number).id)
    assert clinic.is_ready(number)


def turn_private(clinic: Clinic) -> None:
    """The mother says where it is before she sends anything."""
    with clinic.runtime.database.writing() as session:
        form = RequestForm(details={"body_site": "groin"})
        edit(session, session.get_one(Consult, clinic.consult.id), clinic.mother, form, now=now())


def test_a_familys_picture_of_a_private_place_is_refused_whatever_it_is_called(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    turn_private(clinic)
    number = clinic.send(photo, MediaKind.LAB_DOCUMENT)
    run_job(desk, clinic.job_of(number).id)
    attachment = clinic.attachment(number)
    assert (attachment.state, attachment.reason) == (AttachmentState.REJECTED, "private_site")
    assert attachment.report is not None
    assert attachment.report["renditions"] == []
    assert list(clinic.runtime.blobs.list()) == []
    assert not staged_path(clinic.runtime.settings.staging, attachment.public_id).exists()


def test_a_familys_pdf_waits_for_a_person_where_the_place_is_private(clinic: Clinic, desk: Desk) -> None:
    turn_private(clinic)
    sitter = samples.Patient(name="Luz Example", birth_date="2021-05-04", mrn="SYN-0042")
    number = clinic.send(samples.lab_pdf(seed=1, patient=sitter), MediaKind.LAB_DOCUMENT)
    run_job(desk, clinic.job_of(number).id)
    attachment = clinic.attachment(number)
    assert (attachment.state, attachment.reason) == (AttachmentState.HELD, "private_paper")
    with clinic.runtime.database.writing() as session:
        assert {name.partition("-")[0] for name in session.scalars(select(Rendition.name))} == {"review"}
        release_for_treatment(session, session.get_one(Attachment, number), clinic.mother, reason="A lab", now=now())
    run_job(desk, clinic.jobs()[-1].id)
    assert clinic.is_ready(number)


def looked_at(clinic: Clinic, desk: Desk, number: int) -> tuple[str, str | None, set[str]]:
    """What a family's paper is, and which copies there are, once every job has run."""
    while waiting := [job for job in clinic.jobs() if job.kind == "prepare" and job.state != JobState.DONE]:
        run_job(desk, waiting[0].id)
    attachment = clinic.attachment(number)
    with clinic.runtime.database.reading() as session:
        named = session.scalars(select(Rendition.name).where(Rendition.attachment_id == number))
        names = {name.partition("-")[0] for name in named}
    return attachment.state, attachment.reason, names


@pytest.mark.parametrize("when", spread(["before its turn", "while it is prepared", "decided about before"], 1))
def test_a_familys_pdf_is_held_with_its_review_copy_whenever_the_place_turns_private(
    clinic: Clinic, desk: Desk, when: str
) -> None:
    sitter = samples.Patient(name="Luz Example", birth_date="2021-05-04", mrn="SYN-0042")
    number = clinic.send(samples.lab_pdf(seed=1, patient=sitter), MediaKind.LAB_DOCUMENT)
    if when == "while it is prepared":
        clinic.runtime.scanner = Meanwhile(lambda: turn_private(clinic))
        run_job(desk, clinic.job_of(number).id)
    elif when == "decided about before":
        assert looked_at(clinic, desk, number)[0] == "ready"
        with clinic.runtime.database.writing() as session:
            release_for_treatment(session, session.get_one(Attachment, number), clinic.mother, reason="A", now=now())
        assert looked_at(clinic, desk, number)[0] == "ready"
    if when != "while it is prepared":
        turn_private(clinic)
    assert looked_at(clinic, desk, number) == ("held", "private_paper", {"review"})


@pytest.mark.wide
def test_a_picture_that_would_wait_for_another_reason_stays_one_of_a_private_place(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    """The place turns private while it is prepared: its review copy is shown to nobody, and no decision lets it out."""
    clinic.runtime.scanner = Meanwhile(lambda: turn_private(clinic))
    number = clinic.send(photo)
    with open_jail(face_model="/nowhere", text_model="/nowhere") as blind:
        assert looked_at(clinic, replace(desk, jail=blind), number) == ("held", "private_site", set())
    with clinic.runtime.database.writing() as session:
        mine = session.get_one(Attachment, number)
        assert mine.blob_key is not None, "it can still be refused"
        for reason in ("private_site", "region_needed"):
            mine.reason = reason
            with pytest.raises(ImpossibleVerbError):
                release_for_treatment(session, mine, clinic.mother, reason="x", now=now())


@pytest.mark.wide
def test_a_file_that_was_let_through_stays_so_when_the_family_covers_its_face(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    """Refused by mistake, sent again and let through: what counts is the decision after the refusal, not its policy."""
    first = clinic.send(photo)
    assert looked_at(clinic, desk, first)[0] == "ready"
    with clinic.runtime.database.writing() as session:
        reject_file(session, session.get_one(Attachment, first), clinic.mother, reason="By mistake", now=now())
    again = clinic.send(photo)
    assert looked_at(clinic, desk, again)[0] == "held"
    with clinic.runtime.database.writing() as session:
        release_for_treatment(session, session.get_one(Attachment, again), clinic.mother, reason="Hers", now=now())
    assert looked_at(clinic, desk, again)[0] == "ready"
    with clinic.runtime.database.writing() as session:
        cover_faces(session, session.get_one(Consult, clinic.consult.id), now=now())
        assert session.get_one(Attachment, again).face_policy is None
    assert looked_at(clinic, desk, again)[0] == "ready"


@pytest.mark.parametrize("more", spread([b"\0", b""], 1), ids=["a byte more", "same bytes"])
def test_a_refusal_reaches_the_same_picture_that_was_sent_for_another_use(
    clinic: Clinic, desk: Desk, photo: bytes, more: bytes
) -> None:
    first, other = clinic.send(photo, view="far"), clinic.send(photo + more, view="close")
    assert [looked_at(clinic, desk, number)[0] for number in (first, other)] == ["ready", "ready"]
    with clinic.runtime.database.writing() as session:
        reject_file(session, session.get_one(Attachment, first), clinic.mother, reason="Another child's", now=now())
    assert looked_at(clinic, desk, other) == ("held", "refused_before", {"review"})


def test_what_was_refused_and_comes_again_waits_for_a_person(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    first = clinic.send(photo, view="x")
    assert looked_at(clinic, desk, first)[0] == "ready"
    with clinic.runtime.database.writing() as session:
        reject_file(session, session.get_one(Attachment, first), clinic.mother, reason="Another child's", now=now())
    again = clinic.send(photo, view="another")
    assert looked_at(clinic, desk, again) == ("held", "refused_before", {"review"})
    with clinic.runtime.database.writing() as session:
        reject_file(session, session.get_one(Attachment, again), clinic.mother, reason="Again", now=now())
        session.get_one(Attachment, first).content_mark = None
    # The refusal of what was held counts as well, also of what is written anew; a decision for it shows it.
    third = clinic.send(photo + b"\0")
    assert looked_at(clinic, desk, third)[:2] == ("held", "refused_before")
    with clinic.runtime.database.writing() as session:
        release_for_treatment(session, session.get_one(Attachment, third), clinic.mother, reason="Hers", now=now())
    assert looked_at(clinic, desk, third)[0] == "ready"


@pytest.mark.wide
def test_a_photographed_paper_is_welcome_elsewhere(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo, MediaKind.LAB_DOCUMENT)
    run_job(desk, clinic.job_of(number).id)
    assert clinic.is_ready(number)


def test_a_photo_taken_back_before_its_turn_is_never_opened(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    with clinic.runtime.database.writing() as session:
        withdraw_attachment(session, session.get_one(Attachment, number), clinic.mother, now=now())
    run_job(desk, clinic.job_of(number).id)
    attachment = clinic.attachment(number)
    assert (attachment.state, attachment.reason) == (AttachmentState.REJECTED, "withdrawn")
    assert clinic.job_of(number).state == JobState.DONE
    assert not staged_path(clinic.runtime.settings.staging, attachment.public_id).exists()


def test_a_job_that_cannot_find_its_bytes_waits_and_names_the_fault_without_its_text(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    number = clinic.send(photo)
    discard_staged(clinic.runtime.settings.staging, clinic.attachment(number).public_id)
    run_job(desk, clinic.job_of(number).id)
    job = clinic.job_of(number)
    assert (job.state, job.attempt) == (JobState.PENDING, 1)
    assert job.last_error is not None
    assert job.last_error.startswith("storage.contract.BlobMissing at ")
    assert clinic.attachment(number).public_id not in job.last_error


def test_a_job_is_run_by_one_of_many_callers(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    job = clinic.job_of(clinic.send(photo))
    assert [run_job(desk, job.id) for _ in range(3)] == [True, False, False]


def test_the_late_result_of_an_orphan_is_refused_and_its_copies_are_removed(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    number = clinic.send(photo)
    job = clinic.job_of(number)
    with clinic.runtime.database.writing() as session:
        lease = claim_job(session, job.id, desk.now(), desk.policy)
    assert lease is not None
    with clinic.runtime.database.writing() as session:
        session.merge(job).lease_token = "somebody else's"
    with pytest.raises(LeaseLostError):
        prepare_attachment(desk, lease)
    assert clinic.attachment(number).state == AttachmentState.PROCESSING
    assert list(clinic.runtime.blobs.list("renditions/")) == []


@pytest.mark.wide
def test_who_waits_sees_how_far_a_file_is_until_it_is_ready(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    job = clinic.job_of(number)
    with clinic.runtime.database.writing() as session:
        lease = claim_job(session, job.id, desk.now(), desk.policy)
        start_processing(session.get_one(Attachment, number))
    assert lease is not None
    teller(desk, lease)(10)
    assert clinic.attachment(number).progress == 0, "it was told just now"
    tell = teller(desk, lease, every=0)
    tell(40)
    assert clinic.attachment(number).progress == 40
    prepare_attachment(desk, lease)
    tell(50)
    assert clinic.attachment(number).progress == 100


def test_an_orphan_says_nothing_about_what_is_somebody_elses_now(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    job = clinic.job_of(number)
    with clinic.runtime.database.writing() as session:
        lease = claim_job(session, job.id, desk.now(), desk.policy)
        start_processing(session.get_one(Attachment, number))
    assert lease is not None
    with clinic.runtime.database.writing() as session:
        session.merge(job).lease_token = "somebody else's"
    teller(desk, lease, every=0)(40)
    assert clinic.attachment(number).progress == 0


def test_a_busy_database_does_not_stop_the_work_that_is_told_of(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    with clinic.runtime.database.writing() as session:
        lease = claim_job(session, clinic.job_of(number).id, desk.now(), desk.policy)
    assert lease is not None
    with clinic.runtime.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE attachment RENAME TO elsewhere"))
    teller(desk, lease, every=0)(40)


def test_the_copies_of_a_dead_attempt_are_swept_by_the_next_one(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    job, public_id = clinic.job_of(number), clinic.attachment(number).public_id
    stray = store_copy(clinic.runtime, public_id, clinic.child.id, Made("thumb", "image/jpeg", b"cut off", 1, 1))
    with clinic.runtime.database.writing() as session:
        session.merge(job).attempt = 1
    run_job(desk, job.id)
    kept = list(clinic.runtime.blobs.list(copies_prefix(public_id)))
    assert stray.blob_key not in kept
    assert len(kept) == 3


def test_nothing_under_the_data_folder_is_a_readable_picture(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    run_job(desk, clinic.job_of(clinic.send(photo)).id)
    files = [path.read_bytes() for path in clinic.runtime.settings.data.rglob("*") if path.is_file()]
    assert files
    assert not any(b"JFIF" in content or b"Exif\0\0" in content or photo[:64] in content for content in files)


def test_a_photo_that_is_sent_twice_is_kept_once(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    first, second = (clinic.send(photo, view="far") for _ in range(2))
    for number in (first, second):
        run_job(desk, clinic.job_of(number).id)
    stored = len(list(clinic.runtime.blobs.list()))
    with clinic.runtime.database.reading() as session:
        kept = attachments_of(session, clinic.consult.id)
        upload = session.query(Upload).filter_by(public_id=clinic.attachment(second).public_id).one()
    assert [attachment.id for attachment in kept] == [first]
    assert (clinic.attachment(second).reason, upload.state) == ("duplicate", "accepted")
    assert (upload.attachment_id, upload.reserved) == (first, 0)
    assert stored == 4, "three copies and the original"


class BusyStore:
    """The clinic's store, which takes so long over the first file that something else happens meanwhile."""

    def __init__(self, store: BlobStore, meanwhile: Callable[[], object]) -> None:
        self._store, self._meanwhile, self._lock = store, meanwhile, threading.Lock()

    def put(self, *arguments: Any) -> None:
        with self._lock:
            meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()
        self._store.put(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_two_workers_at_the_same_photo_sent_twice_keep_one(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    first, second = (clinic.send(photo, view="far") for _ in range(2))
    store, other = clinic.runtime.blobs, clinic.job_of(second).id
    vars(clinic.runtime)["blobs"] = BusyStore(store, lambda: run_job(desk, other))
    run_job(desk, clinic.job_of(first).id)
    assert clinic.is_ready(second)
    assert clinic.attachment(first).reason == "duplicate"
    assert len(list(store.list())) == 4


class BusyVault:
    """The clinic's vault, which takes so long over the first report that something else happens meanwhile."""

    def __init__(self, vault: Vault, meanwhile: Callable[[], object]) -> None:
        self._vault, self._meanwhile = vault, meanwhile

    def report_seed(self) -> bytes:
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()
        return self._vault.report_seed()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vault, name)


@pytest.mark.wide
def test_a_photo_whose_twin_is_taken_back_meanwhile_is_prepared_again(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    first, second = (clinic.send(photo, view="far") for _ in range(2))
    run_job(desk, clinic.job_of(first).id)

    def take_back() -> None:
        with clinic.runtime.database.writing() as session:
            withdraw_attachment(session, session.get_one(Attachment, first), clinic.mother, now=now())

    vault: Any = BusyVault(clinic.runtime.vault, take_back)
    busy = replace(desk, runtime=Runtime(replace(clinic.runtime.installation, vault=vault)))
    for attempt in (busy, replace(desk, now=lambda: now() + timedelta(minutes=1))):
        run_job(attempt, clinic.job_of(second).id)
    assert clinic.is_ready(second)
    with clinic.runtime.database.reading() as session:
        assert len(renditions_of(session, [second])[second]) == 3
    assert clinic.attachment(second).blob_key in set(clinic.runtime.blobs.list())


def test_a_photo_that_was_read_for_a_name_that_is_put_right_meanwhile_is_read_again(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    number = clinic.send(photo)

    def put_right() -> None:
        with clinic.runtime.database.writing() as session:
            child = session.get_one(Patient, clinic.attachment(number).patient_id)
            keep_former(session, child, {"name": child.name}, clinic.mother.id, now())
            child.name = "Lucía Nomás"

    vault: Any = BusyVault(clinic.runtime.vault, put_right)
    busy = replace(desk, runtime=Runtime(replace(clinic.runtime.installation, vault=vault)))
    run_job(busy, clinic.job_of(number).id)
    assert (clinic.is_ready(number), clinic.attachment(number).state) == (False, AttachmentState.RECEIVED)
    with clinic.runtime.database.reading() as session:
        mine = (Job.kind == JobKind.PREPARE, Job.subject_id == number)
        waiting = select(Job.id).where(*mine, Job.state == JobState.PENDING)
        again = session.scalars(waiting).one()
    run_job(desk, again)
    assert clinic.is_ready(number)


@pytest.mark.wide
def test_a_photo_that_must_be_looked_at_is_kept_beside_a_twin_that_needs_it_no_more(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    first, second = (clinic.send(photo, view="far") for _ in range(2))
    run_job(desk, clinic.job_of(first).id)
    with open_jail(face_model="/nowhere", text_model="/nowhere") as blind:
        run_job(replace(desk, jail=blind), clinic.job_of(second).id)
    attachment = clinic.attachment(second)
    assert (attachment.state, attachment.blob_key in set(clinic.runtime.blobs.list())) == ("held", True)


@pytest.mark.wide
def test_the_same_photo_as_another_view_or_of_another_kind_is_kept(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    numbers = [clinic.send(photo, view=view) for view in ("far", "close")]
    numbers.append(clinic.send(photo, MediaKind.LAB_DOCUMENT, view="far"))
    for number in numbers:
        run_job(desk, clinic.job_of(number).id)
    assert clinic.is_ready(*numbers)


def test_the_mark_of_a_content_is_keyed(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    run_job(desk, clinic.job_of(number).id)
    mark = clinic.attachment(number).content_mark or ""
    assert len(mark) == 64
    assert mark != hashlib.sha256(photo).hexdigest()


def test_a_file_is_quarantined_while_it_is_being_prepared(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    seen = []
    really_sees = desk.jail.run

    def look(*arguments: Any, **named: Any) -> Any:
        with clinic.runtime.database.reading() as session:
            seen.append(session.scalars(select(Upload.state)).one())
        return really_sees(*arguments, **named)

    watched = SimpleNamespace(run=look, models=desk.jail.models, reader=desk.jail.reader)
    run_job(replace(desk, jail=watched), clinic.job_of(number).id)  # type: ignore[arg-type]
    assert set(seen) == {"quarantined"}
    assert clinic.is_ready(number)


def test_a_photo_that_was_set_aside_before_its_turn_is_kept_sealed_and_leaves_staging(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    number = clinic.send(photo)
    with clinic.runtime.database.writing() as session:
        hold_private(session, session.get_one(Consult, clinic.consult.id), now())
    run_job(desk, clinic.job_of(number).id)
    attachment = clinic.attachment(number)
    assert (attachment.state, attachment.blob_key) == ("held", f"originals/{attachment.public_id}")
    assert list(clinic.runtime.blobs.list()) == [attachment.blob_key]
    assert not staged_path(clinic.runtime.settings.staging, attachment.public_id).exists()
    with clinic.runtime.database.reading() as session:
        assert session.scalars(select(Upload.state)).one() == "quarantined"


def test_the_report_on_the_row_is_signed_by_the_house(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    number = clinic.send(photo)
    run_job(desk, clinic.job_of(number).id)
    report = clinic.attachment(number).report
    assert report is not None
    assert is_signed_by(report, public_key(clinic.runtime.vault.report_seed()))
    assert not is_signed_by({**report, "label": "clean"}, public_key(clinic.runtime.vault.report_seed()))


def test_the_photo_that_an_answer_waits_for_has_come_when_it_is_one(clinic: Clinic, desk: Desk, photo: bytes) -> None:
    at = now()
    with clinic.runtime.database.writing() as session:
        consult = session.get_one(Consult, clinic.consult.id)
        consult.status, consult.submitted_at, consult.released_at = Status.ANSWERED, at, at
        answer = Answer(
            program_id=consult.program_id, consult_id=consult.id, author_id=clinic.mother.id, version=1, created_at=at
        )
        plan = {"recommendations": [{"text": "New photo", "owner": "family", "due_at": None, "kind": PHOTO}]}
        answer.content, answer.saved_at, answer.signed_at, answer.released_at = plan, at, at, at
        session.add(answer)
        session.flush()
        open_steps(session, consult, 1, plan, person_id=clinic.mother.id, now=at)

    def sent(data: bytes) -> tuple[str, str, str, int]:
        number = clinic.send(data)
        assert run_job(desk, clinic.job_of(number).id)
        with clinic.runtime.database.reading() as session:
            (step,) = steps_of(session, clinic.consult.id)
            asked = session.scalars(select(Notice.id).where(Notice.kind == NoticeKind.MORE_NEEDED)).all()
            status = session.get_one(Consult, clinic.consult.id).status
            return clinic.attachment(number).state, status, step.state, len(asked)

    assert sent(b"MZ" + bytes(4000)) == ("rejected", "answered", "accepted", 1)
    assert sent(photo) == ("ready", "submitted", "done", 1)
