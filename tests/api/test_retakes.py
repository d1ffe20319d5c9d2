"""Photos that are asked for again through the API: what goes in, who reads it, and the photo that comes of it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from econsult.consults.attachments import Attachment, MediaKind
from econsult.consults.intake import Upload
from econsult.consults.marks import read_drawing
from econsult.consults.records import Consult
from econsult.consults.requests import withdraw
from econsult.consults.retakes import save_marks
from tests.api.conftest import Program, ProgramOf
from tests.personas import Clinic
from tests.web.filing import file_ready
from workers.copies import Made
from workers.runtime import Runtime

COPIES = [Made(name, "image/jpeg", b"x", 2048, 1536) for name in ("thumb", "view")]
MARKS = [{"shape": "arrow", "points": [[0.1, 0.1], [0.4375, 0.5]]}]
LINE = {"shape": "line", "points": [[0, 0], [1, 1]] * 101}
NOW = datetime.now(UTC)


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic) -> tuple[Consult, Attachment]:
    """An eConsult that the dermatologist holds, with a close photo of the mother's."""
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
    return consult, file_ready(runtime, consult, clinic.mother, MediaKind.PHOTO, COPIES, NOW, view="close")


def ask(program: Program, consult: Consult, audience: str = "family", **retake: Any) -> Any:
    body = {"text": "Closer, please", "audience": audience, "retakes": [retake]}
    return program.post(f"/consults/{consult.public_id}/request-info", body)


def retakes(program: Program, consult: Consult) -> list[dict[str, Any]]:
    messages = program.get(f"/consults/{consult.public_id}").json["messages"]
    return [retake for message in messages for retake in message["retakes"]]


def send(program: Program, consult: Consult, name: str) -> Any:
    """A photo by the plain door, as a form without scripts sends it."""
    data = {"consult_id": consult.public_id, name: (io.BytesIO(b"a photo " + name.encode()), "IMG.jpg")}
    named = {"Authorization": f"Bearer {program.token}"}
    return program.client.post("/uploads/simple", data=data, headers=named, content_type="multipart/form-data")


def test_a_marked_photo_is_asked_for_and_taken_again(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf, held: tuple[Consult, Attachment]
) -> None:
    consult, old = held
    derm, mother, coordinator = (program_of(who) for who in (clinic.derm, clinic.mother, clinic.coordinator))
    asked = ask(derm, consult, attachment_id=old.public_id, marks=MARKS, words=["ruler", "closer"])
    assert (asked.status_code, asked.json["status"]) == (200, "needs_info")
    (read,) = retakes(mother, consult)
    assert read == retakes(derm, consult)[0] == retakes(coordinator, consult)[0]
    assert {
        name: read[name] for name in ("attachment_id", "version", "width", "height", "marks", "words", "taken")
    } == {
        "attachment_id": old.public_id,
        "version": 1,
        "width": 2048,
        "height": 1536,
        "marks": MARKS,
        "words": ["closer", "ruler"],
        "taken": [],
    }
    sent = send(mother, consult, f"photo:{read['id']}")
    assert sent.status_code == 201
    assert derm.get(f"/consults/{consult.public_id}").json["status"] == "claimed"
    assert retakes(derm, consult)[0]["taken"] == [sent.json["items"][0]["id"]]
    with runtime.database.reading() as session:
        assert session.scalars(select(Attachment.view).order_by(Attachment.id)).all() == ["close", "close"]


@pytest.mark.parametrize("lane", ["family", "clinicians"])
def test_nobody_sends_a_photo_for_what_they_may_not_read(
    clinic: Clinic, program_of: ProgramOf, held: tuple[Consult, Attachment], lane: str
) -> None:
    """By hand from the table of lanes; a colleague of the pool knows the consult and sends nothing."""
    consult, old = held
    derm = program_of(clinic.derm)
    ask(derm, consult, lane, attachment_id=old.public_id)
    (read,) = retakes(derm, consult)
    expected = {"mother": 201 if lane == "family" else 404, "stranger": 404, "pcp": 201, "other_pcp": 404, "derm2": 403}
    expected |= {"derm": 403, "nurse": 404, "neuro": 404, "coordinator": 403}
    found = {
        name: send(program_of(getattr(clinic, name)), consult, f"photo:{read['id']}").status_code for name in expected
    }
    assert found == expected


def test_what_was_asked_of_one_consult_is_not_sent_to_another(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf, held: tuple[Consult, Attachment]
) -> None:
    consult, old = held
    derm, mother = program_of(clinic.derm), program_of(clinic.mother)
    ask(derm, consult, attachment_id=old.public_id)
    (read,) = retakes(derm, consult)
    with runtime.database.writing() as session:
        other = clinic.claimed(session, now=NOW)
    assert send(mother, other, f"photo:{read['id']}").status_code == 404
    assert send(mother, consult, f"video:{read['id']}").json["fields"] == {"view": "not_a_photo"}
    assert send(mother, consult, f"photo:{'0' * 32}").status_code == 404
    with runtime.database.writing() as session:
        withdraw(session, session.get_one(Consult, consult.id), clinic.pcp, "", now=NOW)
    assert send(mother, consult, f"photo:{read['id']}").status_code == 409
    with runtime.database.reading() as session:
        assert session.scalars(select(Upload.id)).all() == []


@pytest.mark.parametrize(
    ("retake", "fields"),
    [
        ({"marks": MARKS * 13}, {"retakes.0.marks": "too_many"}),
        ({"marks": [LINE]}, {"retakes.0.marks.0.points": "too_many"}),
        ({"marks": [{"shape": "box", "points": [[0, 0], [1.5, 1]]}]}, {"marks": "out_of_range"}),
        ({"marks": [{"shape": "box", "points": [[0, 0, 0], [1, 1]]}]}, {"retakes.0.marks.0.points.0": "too_many"}),
        ({"marks": [{"shape": "box", "points": [[0, True], [1, 1]]}]}, {"retakes.0.marks.0.points.0.1": "wrong_type"}),
        ({"marks": [{"shape": "box", "points": [[0, "0"], [1, 1]]}]}, {"retakes.0.marks.0.points.0.1": "wrong_type"}),
        ({"marks": [{"shape": "text", "points": [[0, 0], [1, 1]]}]}, {"retakes.0.marks.0.shape": "unknown_value"}),
        ({"marks": [{**MARKS[0], "text": "x"}]}, {"retakes.0.marks.0.text": "unknown_field"}),
        ({"marks": {}}, {"retakes.0.marks": "wrong_type"}),
        ({"words": ["call me"]}, {"retakes.0.words.0": "unknown_value"}),
    ],
)
def test_what_is_no_drawing_is_named(
    clinic: Clinic, program_of: ProgramOf, held: tuple[Consult, Attachment], retake: Any, fields: dict[str, str]
) -> None:
    consult, old = held
    derm = program_of(clinic.derm)
    refused = ask(derm, consult, attachment_id=old.public_id, **retake)
    assert (refused.status_code, refused.json["fields"]) == (422, fields)
    assert derm.get(f"/consults/{consult.public_id}").json["status"] == "claimed"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_place_that_is_no_number_is_no_json(
    clinic: Clinic, program_of: ProgramOf, held: tuple[Consult, Attachment], number: str
) -> None:
    consult, old = held
    mark = [{"shape": "box", "points": [[0, 0], [0.5, "N"]]}]
    body = json.dumps({"text": "?", "retakes": [{"attachment_id": old.public_id, "marks": mark}]}).replace(
        '"N"', number
    )
    derm = program_of(clinic.derm)
    named = {"Authorization": f"Bearer {derm.token}", "Content-Type": "application/json"}
    path = f"/api/v1/consults/{consult.public_id}/request-info"
    assert derm.client.post(path, data=body, headers=named).status_code == 400


def test_a_draft_of_the_page_goes_along_and_nobody_reads_it_before(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf, held: tuple[Consult, Attachment]
) -> None:
    consult, old = held
    derm = program_of(clinic.derm)
    with runtime.database.writing() as session:
        drawing = read_drawing({"marks": MARKS})
        save_marks(session, session.get_one(Consult, consult.id), clinic.derm, old.public_id, drawing, now=NOW)
    for name in ("mother", "pcp", "derm", "derm2", "coordinator"):
        assert "0.4375" not in program_of(getattr(clinic, name)).get(f"/consults/{consult.public_id}").text
    assert ask(derm, consult, attachment_id=old.public_id).status_code == 200
    assert retakes(derm, consult)[0]["marks"] == MARKS


def test_a_part_of_what_was_asked_for_is_taken_back(
    clinic: Clinic, program_of: ProgramOf, held: tuple[Consult, Attachment]
) -> None:
    consult, old = held
    derm, mother = program_of(clinic.derm), program_of(clinic.mother)
    path = f"/consults/{consult.public_id}"
    body = {"text": "Closer, please", "items": ["Weight", "Height"], "audience": "family"}
    derm.post(f"{path}/request-info", {**body, "retakes": [{"attachment_id": old.public_id}]})
    (message,) = derm.get(path).json["messages"]
    at = f"{path}/messages/{message['id']}/take-back"
    assert derm.post(at, {"item": 7}).status_code == derm.post(at, {}).status_code == 404
    assert derm.post(at, {"item": 0}).json["status"] == "needs_info"
    (told,) = mother.get(path).json["messages"]
    assert (told["items"], told["item_numbers"], len(told["retakes"])) == (["Height"], [1], 1)
    assert derm.post(at, {"retake": told["retakes"][0]["id"]}).json["status"] == "needs_info"
    assert derm.post(at, {"item": 1}).json["status"] == "needs_info"
    assert derm.post(at, {"words": True}).json["status"] == "claimed"
    (told,) = mother.get(path).json["messages"]
    assert (told["text"], told["items"], told["retakes"]) == ("", [], [])
