"""A specialist reads no known identifier in anybody's words; the clinic and the family read what was written."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from econsult.consults import requests, threads
from econsult.consults.requests import RequestForm
from econsult.consults.threads import Audience
from tests.api.conftest import ProgramOf
from tests.personas import TARGETS, Clinic
from workers.runtime import Runtime

WORDS = "Mi hija Luz Prueba nació el 15 de enero de 2022, tel 505-555-0151"
SECRETS = ("Luz Prueba", "15 de enero", "555-0151")


@pytest.fixture
def sent_on(runtime: Runtime, clinic: Clinic) -> str:
    """A family's question with its child's name in every text, sent on to dermatology."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        session.merge(clinic.child).phone = "(505) 555-0151"
        details = {"body_site": "elbow", "red_flags": [], "story": WORDS}
        draft = clinic.family_draft(session, question=WORDS, now=now, details=details)
        requests.submit(session, draft, clinic.mother, requests.SubmitForm(), now=now, targets=TARGETS)
        form = RequestForm(specialty="dermatology", question=f"Eczema? {WORDS}", question_type="diagnosis")
        requests.send_on(session, draft, clinic.pcp, form, now=now, targets=TARGETS)
        threads.post(session, draft, clinic.pcp, Audience.CLINICIANS, text=WORDS, now=now)
        return draft.public_id


def test_a_specialist_reads_marks_and_others_the_words(clinic: Clinic, program_of: ProgramOf, sent_on: str) -> None:
    derm, path = program_of(clinic.derm), f"/consults/{sent_on}"
    answers = [derm.get(path).json, derm.get("/worklist").json, derm.post(f"{path}/claim").json]
    for answer in answers:
        said = json.dumps(answer, ensure_ascii=False)
        assert [secret for secret in SECRETS if secret in said] == []
        assert "[name]" in said
    assert "[name]" in answers[2]["messages"][0]["text"]
    for person in (clinic.pcp, clinic.coordinator):
        assert WORDS in program_of(person).get(path).json["question"]


def test_the_name_of_a_field_tells_a_specialist_no_child_either(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf
) -> None:
    details = {"seen": {"luz_prueba": 1, "LuzPrueba": 2, "weight_kg": 16}, "luz.prueba": "x"}
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=datetime.now(UTC), details=details)
    shown = program_of(clinic.derm).get(f"/consults/{consult.public_id}").json["details"]
    assert shown["seen"] == {"[name]": 1, "[name] 2": 2, "weight_kg": 16}
    assert "prueba" not in json.dumps(shown).casefold()
    assert program_of(clinic.pcp).get(f"/consults/{consult.public_id}").json["details"]["seen"] == details["seen"]


def test_a_number_and_a_group_tell_a_specialist_no_child_either(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf
) -> None:
    """The child was born on 15 January 2022; programs write days and telephones as numbers, and spread over fields."""
    told = {"dob": 20220115, "day": 15012022, "tel": 5055550151, "tel2": 5550151.0, "rec": 4821199,
            "born_at": 1642204800, "birth": [2022, 1, 15], "who": {"year": 2022, "month": 1, "day": 15},
            "birthday": "15 de enero"}  # fmt: skip
    stays = {"weight_kg": 16.4, "pulse": 120, "ok": True, "counts": [15, 1, 22], "seen": 20220116}
    names = {"2022:01:15": 1, "luz/prueba": 2, "505:555:0151": 3, "prueba": 4, "luz_3": 5}
    with runtime.database.writing() as session:
        child = session.merge(clinic.child)
        child.phone, child.mrn = "(505) 555-0151", "4821199"
        details = {**told, **stays, "names": names}
        consult = clinic.econsult(session, now=datetime.now(UTC), details=details)
    shown = program_of(clinic.derm).get(f"/consults/{consult.public_id}").json["details"]
    date, phone, number = "[birth date]", "[phone]", "[record number]"
    assert {name: shown[name] for name in told} == {
        "dob": date, "day": date, "tel": phone, "tel2": phone, "rec": number, "born_at": date, "birthday": date,
        "birth": [date] * 3,
        "who": dict.fromkeys(("year", "month", "day"), date)}  # fmt: skip
    assert {name: shown[name] for name in stays} == stays
    assert sorted(shown["names"].values()) == [1, 2, 3, 4, 5]
    assert not [name for name in shown["names"] if "prueba" in name or "2022" in name or "0151" in name]
    assert program_of(clinic.pcp).get(f"/consults/{consult.public_id}").json["details"]["dob"] == 20220115


def test_what_was_sent_on_already_is_told_as_it_stands(clinic: Clinic, program_of: ProgramOf, sent_on: str) -> None:
    again = {"specialty": "dermatology", "question": f"Eczema? {WORDS}", "question_type": "diagnosis"}
    told = program_of(clinic.pcp).post(f"/consults/{sent_on}/send-on", again)
    assert (told.status_code, told.json["state"], told.json["verb"]) == (409, "submitted", "send_on")
