"""The templates through the API: how a program reads them, answers them, and learns what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.conftest import ProgramOf
from tests.personas import QUESTION, Clinic


def test_everybody_reads_the_questionnaires_and_one_of_them_is_fhir(clinic: Clinic, program_of: ProgramOf) -> None:
    mother = program_of(clinic.mother)
    listed = {item["name"]: item for item in mother.get("/questionnaires").json["items"]}
    assert len(listed) == 16
    assert listed["dermatology-family"]["audience"] == "family"
    one = mother.get("/questionnaires/dermatology-clinic").json
    assert (one["resourceType"], one["status"]) == ("Questionnaire", "draft")
    assert "dermatology.itch" in [item["linkId"] for item in one["item"]]


def test_a_version_can_be_asked_for_and_what_is_not_there_is_404(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp = program_of(clinic.pcp)
    version = pcp.get("/questionnaires/core-clinic").json["version"]
    assert pcp.get(f"/questionnaires/core-clinic?version={version}").status_code == 200
    for path in ("core-clinic?version=99", "skin-clinic", "..%2Fsecret_key", "core-clinic%00"):
        assert pcp.get(f"/questionnaires/{path}").status_code == 404


def test_a_program_that_answers_is_told_what_is_wrong_and_what_is_missing(
    clinic: Clinic, program_of: ProgramOf
) -> None:
    pcp = program_of(clinic.pcp)
    asked: dict[str, object] = {
        "patient_id": clinic.child.public_id,
        "specialty": "dermatology",
        "question_type": "diagnosis",
    }
    consent = {"given": True, "by": "parent", "method": "verbal", "language": "en"}
    body: dict[str, object] = {
        **asked,
        "question": QUESTION,
        "consent": consent,
        "details": {"dermatology.itch": 12, "itch": "much", "red_flags": []},
    }
    made = pcp.post("/consults", body)
    path = f"/consults/{made.json['id']}"
    forms = {form["name"]: form["missing"] for form in made.json["questionnaires"]}
    assert "dermatology.pain" in forms["dermatology-clinic"]
    assert "core.weight" in forms["core-clinic"]
    assert pcp.post(f"{path}/submit", {}).json["fields"] == {"details.dermatology.itch": "out_of_range"}
    assert pcp.patch(path, {"details": {"dermatology.itch": 4}}).status_code == 200
    lacking = pcp.post(f"{path}/submit", {})
    assert (lacking.status_code, lacking.json["fields"]["details.core.weight"]) == (422, "required")
    assert pcp.post(f"{path}/submit", {"override_reason": "Not known here"}).json["status"] == "submitted"


def test_a_program_that_knows_no_form_sends_as_before_and_reads_what_is_missing(
    clinic: Clinic, program_of: ProgramOf
) -> None:
    pcp = program_of(clinic.pcp)
    consent = {"given": True, "by": "parent", "method": "verbal", "language": "en"}
    body: dict[str, object] = {
        "patient_id": clinic.child.public_id,
        "specialty": "dermatology",
        "question_type": "diagnosis",
    }
    body |= {"question": QUESTION, "consent": consent, "details": {"itch": True, "weight_kg": "16", "red_flags": []}}
    sent = pcp.post(f"/consults/{pcp.post('/consults', body).json['id']}/submit", {}).json
    assert sent["status"] == "submitted"
    assert [len(form["missing"]) > 5 for form in sent["questionnaires"]] == [True, True]
    assert sent["details"]["answered_under"] == {
        "core-family": "1.0.0", "core-clinic": "1.0.0", "dermatology-clinic": "1.0.0"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"core.symptoms": ["fever"]}, 409),
        ({"core.symptoms": "fever 39"}, 409),
        ({"cardiology.vitals": "T 39.1, HR 180"}, 409),
        ({"core.symptoms": ["cough"]}, 200),
        ({"neurology.event": "Her sister had a fever"}, 200),
    ],
)
def test_a_babys_fever_is_found_in_the_words_of_an_answer_and_not_in_its_sentences(
    clinic: Clinic, program_of: ProgramOf, answer: dict[str, object], status: int
) -> None:
    pcp = program_of(clinic.pcp)
    born = (datetime.now(UTC) - timedelta(days=25)).date().isoformat()
    baby = pcp.post("/patients", {"name": "Ana Example", "birth_date": born, "sex": "female", "language": "es"}).json
    consent = {"given": True, "by": "parent", "method": "verbal", "language": "en"}
    body = {"patient_id": baby["id"], "specialty": "dermatology", "question_type": "diagnosis", "consent": consent}
    made = pcp.post("/consults", {**body, "question": QUESTION, "details": {**answer, "red_flags": []}}).json
    sent = pcp.post(f"/consults/{made['id']}/submit", {"override_reason": "The rest is not known"})
    assert sent.status_code == status, sent.json
