"""What was done to a file is told to whoever works on its case, from the report, in words and in their language."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest
from flask import Flask
from flask_babel import Babel

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind
from tests.personas import Clinic
from tests.web.conftest import BrowserOf
from tests.web.filing import file_ready
from web.showing.counted import count_of
from web.showing.proofs import proof_of
from workers.copies import Made
from workers.runtime import Runtime

MASK = {"left": 0.1, "top": 0.1, "width": 0.1, "height": 0.1, "detector": "centerface"}
REPORT = {
    "masks": [
        {**MASK, "what": "face"},
        {**MASK, "what": "face", "left": 0.6},
        {**MASK, "what": "text", "detector": "ppocrv6_det"},
    ],
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


def box(left: float, top: float, width: float, height: float, **more: object) -> dict[str, object]:
    return {"what": "face", "left": left, "top": top, "width": width, "height": height, **more}


def test_faces_are_counted_as_faces_and_neither_by_slots_nor_by_pieces() -> None:
    child = [box(0.1 + 0.02 * slot, 0.2, 0.2, 0.3, begins=0.4 * slot, ends=0.4 * slot + 0.399) for slot in range(20)]
    mother = [{**mask, "left": 0.6, "copy": "play"} for mask in child]
    film = [{**mask, "copy": "play"} for mask in child]
    assert count_of(film) == 1
    assert count_of([*film, *mother, box(0.1, 0.2, 0.2, 0.3, copy="poster")]) == 2
    region = {"left": 0.3, "top": 0.4, "width": 0.1, "height": 0.1}
    pieces = [box(0.2, 0.2, 0.4, 0.2), box(0.2, 0.5, 0.4, 0.2), box(0.2, 0.4, 0.1, 0.1), box(0.4, 0.4, 0.2, 0.1)]
    assert count_of([*pieces, box(0.7, 0.2, 0.1, 0.1)], [region]) == 2
    across = {"left": 0.0, "top": 0.4, "width": 1.0, "height": 0.1}
    assert count_of(pieces[:2], [across]) == 1
    assert count_of([box(0.1, 0.2, 0.2, 0.3), box(0.25, 0.2, 0.2, 0.3)]) == 2


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"faces": "keep", "text": "keep"}, "nothing was looked for"),
        ({"faces": "keep", "text": "mask"}, "nothing was found, no face was looked for"),
        ({"faces": "mask_all", "text": "keep"}, "nothing was found, no writing was looked for"),
        ({"faces": "mask_all", "text": "mask"}, "nothing was found"),
        ({"faces": "keep_region", "text": "mask"}, "no face was found"),
    ],
)
def test_what_was_not_looked_for_is_not_said_to_be_absent(policy: dict[str, str], told: str) -> None:
    file = SimpleNamespace(state=AttachmentState.READY, original_gone_at=None, report={"masks": [], "policy": policy})
    app = Flask("proofs")
    Babel(app)
    with app.test_request_context():
        lines = dict(proof_of(cast("Attachment", file)))
    assert told in (lines["Covered"], lines["Faces in the pictures"].split(", ")[-1])


def test_that_the_patient_may_be_covered_later_in_a_film_is_told_beside_whose_face_is_open() -> None:
    report = {
        "masks": [box(0.1, 0.2, 0.2, 0.3)],
        "policy": {"faces": "face_is_finding", "chosen_by": "reviewer"},
        "residual": ["movement", "patient_face", "patient_covered_later"],
    }
    file = SimpleNamespace(state=AttachmentState.READY, original_gone_at=None, report=report)
    app = Flask("proofs")
    Babel(app)
    with app.test_request_context():
        lines = dict(proof_of(cast("Attachment", file)))
    assert lines["Faces in the pictures"].endswith("; after leaving the picture, the patient may be covered")
    assert lines["May still tell who it is"] == "how somebody moves, the patient's face"
