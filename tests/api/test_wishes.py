"""Asking for one specialist by name, and agreeing to a visit, through the API."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.conftest import ProgramOf
from tests.api.test_openapi import check
from tests.personas import QUESTION, Clinic

ASKED = {
    "kind": "econsult",
    "specialty": "dermatology",
    "question": QUESTION,
    "question_type": "diagnosis",
    "details": {"red_flags": []},
    "consent": {"given": True, "by": "parent", "method": "verbal", "language": "es"},
}


def test_a_specialist_is_named_asked_first_and_read_about_by_the_staff_alone(
    clinic: Clinic, program_of: ProgramOf
) -> None:
    pcp, derm, mother = (program_of(person) for person in (clinic.pcp, clinic.derm, clinic.mother))
    people = pcp.get("/specialists?specialty=dermatology").json["items"]
    assert {each["id"] for each in people} == {clinic.derm.public_id, clinic.derm2.public_id}
    wish = {"named_specialist": clinic.derm2.public_id, "may_convert": True}
    made = pcp.post("/consults", {"patient_id": clinic.child.public_id, **ASKED, **wish})
    assert made.status_code == 201
    at = f"/consults/{made.json['id']}"
    sent = pcp.post(f"{at}/submit").json
    check(pcp.client.get("/api/openapi.json").json, "Consult", sent)
    assert sent["named_specialist"]["person"]["id"] == clinic.derm2.public_id
    assert sent["named_specialist"]["first_until"]
    assert sent["named_specialist"]["passed_over"] is None
    assert sent["may_convert"] is True
    assert derm.get(at).json["named_specialist"]["person"]["is_me"] is False
    told = mother.get(at).json
    assert (told["named_specialist"], told["may_convert"]) == (None, False)
    # A name is a wish: a colleague who takes it has it.
    assert derm.post(f"{at}/claim").status_code == 200


def test_a_name_is_taken_back_and_a_wrong_one_refused(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp = program_of(clinic.pcp)
    body = {"patient_id": clinic.child.public_id, **ASKED}
    refused = pcp.post("/consults", {**body, "named_specialist": clinic.neuro.public_id})
    assert (refused.status_code, refused.json["fields"]) == (422, {"named_specialist": "unknown_value"})
    made = pcp.post("/consults", {**body, "named_specialist": clinic.derm.public_id}).json
    kept = pcp.patch(f"/consults/{made['id']}", {"question": QUESTION + " Or not?"}).json
    assert kept["named_specialist"]["person"]["id"] == clinic.derm.public_id
    assert pcp.patch(f"/consults/{made['id']}", {"named_specialist": None}).json["named_specialist"] is None
    assert pcp.get("/specialists?specialty=astrology").status_code == 422


def test_a_draft_is_told_what_such_requests_were_asked_for(
    clinic: Clinic, program_of: ProgramOf, made: Callable[..., str]
) -> None:
    pcp, derm = program_of(clinic.pcp), program_of(clinic.derm)
    body = {"patient_id": clinic.child.public_id, **ASKED}
    draft = pcp.post("/consults", body).json
    assert draft["likely_asked"] == {"of": 0, "items": []}
    # Our own words in either language, a link, and free words, which only count as having been asked anything.
    for line in ("Peso de hoy", "core.weight", "A short video", "How are you?"):
        at = f"/consults/{made(clinic.claimed)}"
        assert derm.post(f"{at}/request-info", {"text": "More", "items": [line]}).status_code == 200
    found = pcp.get(f"/consults/{draft['id']}").json["likely_asked"]
    assert found == {"of": 4, "items": [{"item": "core.weight", "asked": 2}, {"item": "ask.video", "asked": 1}]}
    assert derm.get(at).json["likely_asked"] is None
