"""The original of what is over goes once, and only where nothing still waits for it; its copies stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment, AttachmentState, Rendition, attachments_of
from econsult.consults.earlier import EarlierConsult
from econsult.consults.facepolicy import FACE_IS_FINDING, MASK_ALL
from econsult.consults.lifecycle import Status
from econsult.consults.next_photo import PHOTO
from econsult.consults.recommendations import Recommendation
from econsult.consults.records import Consult
from econsult.consults.reviews import ask_to_show, cover_faces, release_for_treatment, run_all_again
from econsult.consults.versions import Answer
from econsult.erasure.originals import let_originals_go
from econsult.erasure.retention import Retention, place_hold, set_rule
from econsult.errors import OriginalGoneError
from econsult.jobs import Job, JobKind
from econsult.people.patients import Patient
from econsult.people.persons import Program
from econsult.trail import AuditEvent
from tests.workers.clinic import Clinic, now
from workers.clock import Ticker
from workers.desk import Desk
from workers.horse import run_job

LATER = timedelta(days=30, minutes=1)
Waits = Callable[[Session, Clinic, Attachment], None]
WHY = "The county court ordered it in case 12-345."


def _close(clinic: Clinic, number: int) -> None:
    """The file is ready and its request over."""
    with clinic.runtime.database.writing() as session:
        consult = session.get_one(Consult, clinic.consult.id)
        consult.status, consult.ended_at = Status.CLOSED, now() - LATER
        file = session.get_one(Attachment, number)
        assert (file.state, file.has_original) == (AttachmentState.READY, True)
        file.finished_at = consult.ended_at
        file.original_due_at = now() - timedelta(days=1, minutes=1)


@pytest.fixture
def over(clinic: Clinic, desk: Desk, photo: bytes) -> int:
    number = clinic.send(photo)
    assert run_job(desk, clinic.job_of(number).id)
    _close(clinic, number)
    return number


def _removals(clinic: Clinic) -> list[Job]:
    return [job for job in clinic.jobs() if job.kind == JobKind.REMOVE_ORIGINAL]


def test_an_original_goes_thirty_days_after_the_end_and_its_copies_stay(clinic: Clinic, desk: Desk, over: int) -> None:
    before = set(clinic.runtime.blobs.list())
    original = f"originals/{clinic.attachment(over).public_id}"
    Ticker(clinic.runtime).tick(now() - timedelta(days=1))
    assert (_removals(clinic), clinic.attachment(over).has_original) == ([], True)
    for _ in range(2):
        Ticker(clinic.runtime).tick(now())
    assert len(_removals(clinic)) == 1
    # Cut off between the store and the row: the object is gone, and the job comes once more.
    clinic.runtime.blobs.delete(original)
    assert run_job(desk, _removals(clinic)[0].id)
    assert set(clinic.runtime.blobs.list()) == before - {original}
    file = clinic.attachment(over)
    assert (file.state, file.blob_key, file.key_wrapped, file.original_days) == ("ready", None, b"", 30)
    assert file.report is not None
    with clinic.runtime.database.reading() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == "let_original_go")).all()
        assert [(row.entity_id, row.detail) for row in rows] == [(file.public_id, "30")]
        assert session.scalars(select(Rendition.id)).all()


def test_a_clock_that_leaps_for_an_hour_ends_no_original(clinic: Clinic, over: int) -> None:
    with clinic.runtime.database.writing() as session:
        file = session.get_one(Attachment, over)
        session.get_one(Consult, clinic.consult.id).ended_at = file.finished_at = now()
        file.original_due_at = None
    for leapt in (timedelta(0), LATER, LATER + timedelta(hours=1), timedelta(minutes=2)):
        Ticker(clinic.runtime).tick(now() + leapt)
        assert (_removals(clinic), clinic.attachment(over).has_original) == ([], True)
    # Once that day has really come, and another one after it is seen.
    Ticker(clinic.runtime).tick(now() + LATER + timedelta(days=2))
    assert len(_removals(clinic)) == 1


def test_what_no_worker_has_removed_is_asked_for_again_each_hour(clinic: Clinic, over: int) -> None:
    for hours, count in ((0, 1), (2, 2), (2, 2)):
        Ticker(clinic.runtime).tick(now() + timedelta(hours=hours))
        assert len(_removals(clinic)) == count
    assert clinic.attachment(over).blob_key is not None


def _held(session: Session, clinic: Clinic, _file: Attachment) -> None:
    place_hold(session, session.get_one(Patient, clinic.child.id), None, WHY, now=now())


def _reopened(session: Session, clinic: Clinic, _file: Attachment) -> None:
    consult = session.get_one(Consult, clinic.consult.id)
    consult.status, consult.ended_at = Status.SUBMITTED, None


def _sealed(session: Session, clinic: Clinic, _file: Attachment) -> None:
    session.get_one(Consult, clinic.consult.id).consent_withdrawn_at = now()


def _awaited(session: Session, clinic: Clinic, file: Attachment) -> None:
    """The file was sent for the photo that the answer asks for."""
    times = dict.fromkeys(("state_at", "due_at"), now())
    session.add(
        Recommendation(consult_id=clinic.consult.id, version=1, position=0, owner="family", kind=PHOTO, **times)
    )
    at = dict.fromkeys(("created_at", "saved_at", "signed_at"), file.received_at)
    session.add(Answer(consult_id=clinic.consult.id, version=1, author_id=clinic.mother.id, content={}, **at))


def _asked(session: Session, clinic: Clinic, file: Attachment) -> None:
    _awaited(session, clinic, file)
    file.show_asked_at = now()


def _waits(session: Session, clinic: Clinic, file: Attachment) -> None:
    _awaited(session, clinic, file)
    file.state = AttachmentState.HELD


def _prepared(_session: Session, _clinic: Clinic, file: Attachment) -> None:
    file.state = AttachmentState.PROCESSING


def _came_later(_session: Session, _clinic: Clinic, file: Attachment) -> None:
    file.finished_at = now() - timedelta(days=3)


def _ruled(session: Session, _clinic: Clinic, _file: Attachment) -> None:
    set_rule(session, session.get_one(Program, 1), Retention(original_days=60), now=now())


def _shown_elsewhere(session: Session, clinic: Clinic, _file: Attachment) -> None:
    first = session.get_one(Consult, clinic.consult.id)
    names = ("program_id", "patient_id", "requester_id", "kind", "source", "rules")
    second = Consult(**{name: getattr(first, name) for name in names}, status=Status.SUBMITTED, created_at=now())
    session.add(second)
    session.flush()
    shown = {"program_id": 1, "patient_id": first.patient_id, "added_by_id": clinic.mother.id, "at": now()}
    session.add(EarlierConsult(consult_id=second.id, earlier_id=first.id, **shown))


WAITING = (
    *(_held, _reopened, _sealed, _asked, _waits, _prepared, _came_later, _ruled),
    _shown_elsewhere,
)


def _found(clinic: Clinic, number: int, waits: Waits | None) -> int:
    """How many originals would go; nothing is kept of the look."""
    with clinic.runtime.database.writing() as session, session.begin_nested() as look:
        if waits is not None:
            waits(session, clinic, session.get_one(Attachment, number))
            session.flush()
        count = let_originals_go(session, now())
        look.rollback()
    return count


def test_whatever_still_waits_for_an_original_keeps_it(clinic: Clinic, over: int) -> None:
    found = {waits.__name__: _found(clinic, over, waits) for waits in WAITING}
    assert found == dict.fromkeys(found, 0)
    assert _found(clinic, over, None) == 1
    assert clinic.attachment(over).has_original


def test_a_wish_that_no_list_shows_any_more_keeps_no_original(clinic: Clinic, over: int) -> None:
    """Who closes a request leaves it unanswered, and `held_files` shows nobody what has ended."""
    with clinic.runtime.database.writing() as session:
        file = session.get_one(Attachment, over)
        file.show_asked_at, file.reason = now() - LATER, "region_too_large"
        # A photo was asked for once; the correction asks for none, whatever somebody had said of that step.
        _awaited(session, clinic, file)
        at = dict.fromkeys(("created_at", "saved_at", "signed_at"), file.received_at)
        new = {"consult_id": clinic.consult.id, "version": 2, "corrects": 1, "author_id": clinic.mother.id}
        session.add(Answer(**new, content={}, **at))
        assert let_originals_go(session, now()) == 1
    file = clinic.attachment(over)
    assert (file.state, file.show_asked_at, file.reason, file.has_original) == ("ready", None, None, False)


@pytest.mark.parametrize(
    ("state", "reason", "ends_as"),
    [
        (AttachmentState.HELD, "which_face", "undecided"),
        (AttachmentState.HELD, "private_site", "private_site"),
        (AttachmentState.FAILED, "gave_up", "unprepared"),
    ],
)
def test_what_nobody_decided_about_or_could_prepare_ends_with_its_original(
    clinic: Clinic, desk: Desk, over: int, state: AttachmentState, reason: str, ends_as: str
) -> None:
    with clinic.runtime.database.writing() as session:
        file = session.get_one(Attachment, over)
        # As an attempt leaves it that was cut off before its row said what it had stored.
        file.state, file.reason, file.blob_key = state, reason, None
    assert len(list(clinic.runtime.blobs.list())) > 1
    Ticker(clinic.runtime).tick(now())
    assert run_job(desk, _removals(clinic)[0].id)
    assert list(clinic.runtime.blobs.list()) == []
    file = clinic.attachment(over)
    assert (file.state, file.reason, file.key_wrapped, file.blob_key) == ("rejected", ends_as, b"", None)
    assert file.report is not None
    with clinic.runtime.database.reading() as session:
        assert not session.scalars(select(Rendition.id)).all()
        rows = session.execute(select(AuditEvent.action, AuditEvent.detail).order_by(AuditEvent.id)).all()
        assert [tuple(row) for row in rows[-2:]] == [("prepare", "rejected"), ("let_original_go", "30")]


def test_nothing_is_promised_of_an_original_that_is_gone_and_a_no_still_covers(clinic: Clinic, over: int) -> None:
    masked = {"masks": [{"what": "face", "width": 1, "height": 1}], "policy": {"faces": MASK_ALL}}
    with clinic.runtime.database.writing() as session:
        let_originals_go(session, now())
        consult, mother = session.get_one(Consult, clinic.consult.id), clinic.mother
        file = attachments_of(session, consult.id)[0]
        file.report = masked
        with pytest.raises(OriginalGoneError, match="deleted 30 days after this request was closed"):
            ask_to_show(session, file, mother, now=now())
        with pytest.raises(OriginalGoneError):
            release_for_treatment(session, file, mother, reason="Needed.", now=now())
        # A looser policy leaves covered what is covered; a stricter one hides what shows a face.
        consult.details = {**consult.details, "face_policy": FACE_IS_FINDING}
        run_all_again(session, consult, now=now())
        assert (file.state, file.has_original) == ("ready", False)
        file.report = {"masks": [], "policy": {"faces": FACE_IS_FINDING}}
        cover_faces(session, consult, now=now())
        assert (file.state, file.reason) == ("rejected", "original_gone")
