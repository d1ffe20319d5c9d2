"""What cannot be looked at waits for a person: sealed, with a review copy that no list and no page shows."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from econsult.consults.attachments import Rendition, renditions_of
from econsult.jobs import JobState
from imaging import open_jail
from tests.workers.clinic import Clinic
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
