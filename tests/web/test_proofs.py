"""What was done to a file is told to whoever works on its case, from the report, in words and in their language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from econsult.consults.attachments import Attachment, MediaKind
from tests.personas import Clinic
from tests.web.conftest import BrowserOf
from tests.web.filing import file_ready
from workers.copies import Made
from workers.runtime import Runtime

MASK = {"left": 0.1, "top": 0.1, "width": 0.1, "height": 0.1, "detector": "centerface"}
REPORT = {
    "masks": [{**MASK, "what": "face"}, {**MASK, "what": "face"}, {**MASK, "what": "text", "detector": "ppocrv6_det"}],
    "removed": ["exif", "gps"],
    "counts": {"exif": 41, "gps": 3},
    "policy": {"faces": "mask_all", "chosen_by": "requester"},
    "residual": ["surroundings", "missed_faces"],
    "tools": {"centerface": "09189deaaf8646c5", "ppocrv6_det": "090f04abcd9d9a74"},
    "second_opinion": "exiftool 12.57",
}
ENGLISH = (
    "<b>Covered:</b> faces (2), writing (1)",
    "<b>Taken out:</b> the location, notes of the camera or program (41)",
    "<b>Faces in the pictures:</b> Every face is hidden (as the question asks)",
    "<b>May still tell who it is:</b> the surroundings, a face that was not found",
    "<b>Checked by:</b> centerface 09189dea, ppocrv6_det 090f04ab, exiftool 12.57",
)


@pytest.mark.parametrize("report", [REPORT, {"masks": [], "label": "de-identified"}], ids=["whole", "of before"])
def test_whoever_works_on_the_case_reads_what_was_done_to_its_files(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, report: dict[str, object]
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=datetime.now(UTC))
    view = [Made("view", "image/jpeg", b"x", 4, 3)]
    file = file_ready(runtime, consult, clinic.pcp, MediaKind.PHOTO, view, datetime.now(UTC))
    with runtime.database.writing() as session:
        session.get_one(Attachment, file.id).report = report
    for person in (clinic.derm, clinic.pcp):
        page = browser_of(person).get(f"/consults/{consult.public_id}?lang=en").text
        assert "What was done to this file" in page
        assert [line for line in ENGLISH if line not in page] == ([] if report is REPORT else list(ENGLISH))
        assert report is REPORT or "nothing was found" in page
    spanish = browser_of(clinic.derm).get(f"/consults/{consult.public_id}?lang=es").text
    assert report is not REPORT or "caras (2), escritura (1)" in spanish
    mothers = browser_of(clinic.mother).get(f"/family/questions/{consult.public_id}?lang=en").text
    assert "What was done to this file" not in mothers
