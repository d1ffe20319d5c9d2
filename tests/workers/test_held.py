"""What cannot be looked at waits for a person: sealed, with a review copy that no list and no page shows."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from sqlalchemy import select

from econsult.consults.attachments import Attachment, Rendition, renditions_of
from econsult.consults.facepolicy import KEEP_REGION
from econsult.consults.reviews import choose_faces, refuse_to_show
from econsult.jobs import JobState
from imaging import open_jail
from tests.imaging import pictures
from tests.workers.clinic import Clinic, now
from workers.desk import Desk
from workers.horse import run_job


def test_without_models_a_photo_is_held_with_its_original_and_a_copy_for_the_reviewer(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    number = clinic.send(photo)
    with open_jail(face_model="/nowhere", text_model="/nowhere") as blind:
        run_job(replace(desk, jail=blind), clinic.job_of(number).id)
    attachment = clinic.attachment(number)
    assert (attachment.state, attachment.reason) == ("held", "no_face_model")
    assert clinic.job_of(number).state == JobState.DONE
    with clinic.runtime.database.reading() as session:
        assert renditions_of(session, [number])[number] == []
        names = session.scalars(select(Rendition.name).where(Rendition.attachment_id == number)).all()
    assert names == ["review"]
    assert attachment.blob_key in set(clinic.runtime.blobs.list())


WHOLE, MOUTH = (
    {"left": left, "top": top, "width": width, "height": height}
    for left, top, width, height in ((0.27, 0.2, 0.53, 0.72), (0.35, 0.68, 0.36, 0.2))
)


def _choose(clinic: Clinic, desk: Desk, number: int, region: dict[str, float]) -> tuple[str, str | None]:
    """Tick a part of the face, and let a worker try it."""
    with clinic.runtime.database.writing() as session:
        file, by = session.get_one(Attachment, number), clinic.mother
        choose_faces(session, file, by, policy=KEEP_REGION, regions=[region], has_consent=False, now=now())
    run_job(desk, next(job.id for job in clinic.jobs() if job.kind == "prepare" and job.state != JobState.DONE))
    return clinic.attachment(number).state, clinic.attachment(number).reason


def _copies(clinic: Clinic, number: int) -> dict[str, str]:
    with clinic.runtime.database.reading() as session:
        return {copy.name: copy.blob_key for copy in renditions_of(session, [number])[number]}


def test_too_much_of_a_face_that_is_ticked_takes_no_ready_copy_away(clinic: Clinic, desk: Desk) -> None:
    picture = io.BytesIO()
    pictures.portrait(400).save(picture, "PNG")
    number = clinic.send(picture.getvalue())
    run_job(desk, clinic.job_of(number).id)
    for region, is_done in ((WHOLE, False), (MOUTH, True), (WHOLE, False)):
        before, was = _copies(clinic, number), clinic.attachment(number)
        found = _choose(clinic, desk, number, region)
        assert found == ("ready", None if is_done else "region_too_large")
        after, file = _copies(clinic, number), clinic.attachment(number)
        assert (after == before, set(after) == set(before)) == (not is_done, True)
        kept = (was.report, was.face_policy, (was.face_regions or {}).get("regions"))
        assert ((file.report, file.face_policy, (file.face_regions or {}).get("regions")) == kept) is not is_done
        assert set(clinic.runtime.blobs.list(f"renditions/{file.public_id}")) == set(after.values())
        # It waits in the clinic's list, with the reason, until somebody decides otherwise.
        assert (file.show_asked_at is None) is is_done
    with clinic.runtime.database.writing() as session:
        refuse_to_show(session, session.get_one(Attachment, number), clinic.mother, now=now())
    assert clinic.attachment(number).reason is None


@pytest.mark.wide
def test_a_first_choice_that_cannot_be_done_waits_as_before(clinic: Clinic, desk: Desk) -> None:
    """There is no copy of before that could be shown."""
    picture = io.BytesIO()
    pictures.portrait(400).save(picture, "PNG")
    number = clinic.send(picture.getvalue())
    with open_jail(face_model="/nowhere", text_model="/nowhere") as blind:
        run_job(replace(desk, jail=blind), clinic.job_of(number).id)
    assert _choose(clinic, desk, number, WHOLE) == ("held", "region_too_large")
