"""The voice through the API: in a request, afterwards, and by whom not."""

from __future__ import annotations

from tests.api.conftest import ProgramOf
from tests.api.test_story import econsult, submitted
from tests.personas import FAMILY_QUESTION, Clinic

TOLD = {"given": True, "by": "guardian", "method": "verbal", "language": "es"}
OWN = {"given": True, "by": "parent", "method": "electronic", "language": "es"}


def test_a_request_carries_the_answer_and_it_can_be_taken_back(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp = program_of(clinic.pcp)
    assert pcp.get(f"/consults/{submitted(pcp, clinic)}").json["voice_consent"] is None
    made = pcp.post("/consults", econsult(clinic, voice_consent=TOLD))
    assert made.status_code == 201, made.text
    told = made.json["voice_consent"]
    assert {name: told[name] for name in TOLD} == TOLD
    assert set(told) == {*TOLD, "text_version", "at"}
    at = f"/consults/{made.json['id']}"
    assert pcp.post(f"{at}/submit").status_code == 200
    assert pcp.post(f"{at}/voice-consent", {"given": False}).json["voice_consent"]["given"] is False
    assert pcp.post(f"{at}/voice-consent", TOLD).json["voice_consent"]["given"] is True


def test_nobody_claims_a_caregivers_yes(clinic: Clinic, program_of: ProgramOf) -> None:
    mother, pcp = program_of(clinic.mother), program_of(clinic.pcp)
    consent = {"given": True, "by": "parent", "method": "electronic", "language": "es"}
    body = {"patient_id": clinic.child.public_id, "question": FAMILY_QUESTION, "consent": consent}
    made = mother.post("/consults", {**body, "details": {"red_flags": []}})
    at = f"/consults/{made.json['id']}"
    mother.post(f"{at}/submit")
    refused = pcp.post(f"{at}/voice-consent", OWN)
    assert (refused.status_code, refused.json["fields"]) == (422, {"voice_consent.method": "not_yours"})
    assert mother.post(f"{at}/voice-consent", TOLD).status_code == 422
    for stranger in (clinic.stranger, clinic.other_pcp, clinic.derm):
        assert program_of(stranger).post(f"{at}/voice-consent", OWN).status_code == 404
    assert program_of(clinic.coordinator).post(f"{at}/voice-consent", TOLD).status_code == 403
    assert mother.get(at).json["voice_consent"] is None
    assert mother.post(f"{at}/voice-consent", OWN).json["voice_consent"]["by"] == "parent"
