"""Bodies that are not what they should be get a clear answer, and never an error of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import ProgramOf
from tests.personas import Clinic

GOOD = {"name": "Ana Example", "birth_date": "2024-05-01"}


def posted(clinic: Clinic, program_of: ProgramOf, content: bytes, media_type: str = "application/json") -> Any:
    pcp = program_of(clinic.pcp)
    headers = {"Authorization": f"Bearer {pcp.token}", "Content-Type": media_type}
    return pcp.client.post("/api/v1/patients", data=content, headers=headers)


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": NaN}',
        b'{"name": "a", "name": "b"}',
        b'{"name": "\\ud800"}',
        b'{"name": "a\\u0000b"}',
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"9" * 5000,
        b'{"region": 1e999}',
        b'{"region": 12345678901234567}',
    ],
    ids=["cut", "utf16", "nan", "twins", "surrogate", "nul", "brackets", "braces", "digits", "endless", "long"],
)
def test_what_is_not_plain_json_is_400(clinic: Clinic, program_of: ProgramOf, content: bytes) -> None:
    refused = posted(clinic, program_of, content)
    assert (refused.status_code, refused.content_type) == (400, "application/problem+json")


@pytest.mark.parametrize("content", [b"[]", b'"text"', b"7", b"null", b"true"])
def test_a_body_that_is_no_object_is_422(clinic: Clinic, program_of: ProgramOf, content: bytes) -> None:
    refused = posted(clinic, program_of, content)
    assert (refused.status_code, refused.json["fields"]) == (422, {"body": "wrong_type"})


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": 7}, {"name": "wrong_type"}),
        ({"name": ["x"]}, {"name": "wrong_type"}),
        ({"name": None}, {"name": "wrong_type"}),
        ({"name": "x" * 201}, {"name": "too_long"}),
        ({"sex": "both"}, {"sex": "unknown_value"}),
        ({"is_admin": True}, {"is_admin": "unknown_field"}),
        ({"birth_date": "31/12/2020"}, {"birth_date": "invalid"}),
        ({"birth_date": "20201231"}, {"birth_date": "invalid"}),
        ({"phone": "505\n555"}, {"phone": "invalid"}),
        ({"mrn": "M\u2028RN"}, {"mrn": "invalid"}),
        ({"birth_date": "2020-W53-4"}, {"birth_date": "invalid"}),
        ({"birth_date": "1980-01-01"}, {"birth_date": "not_under_21"}),
        ({"birth_date": "2999-01-01"}, {"birth_date": "in_future"}),
    ],
)
def test_each_wrong_field_is_named(
    clinic: Clinic, program_of: ProgramOf, changes: dict[str, Any], fields: dict[str, str]
) -> None:
    refused = program_of(clinic.pcp).post("/patients", {**GOOD, **changes})
    assert (refused.status_code, refused.json["fields"]) == (422, fields)


def test_a_missing_field_is_named(clinic: Clinic, program_of: ProgramOf) -> None:
    assert program_of(clinic.pcp).post("/patients").json["fields"] == {"name": "required", "birth_date": "required"}


def test_another_media_type_is_415(clinic: Clinic, program_of: ProgramOf) -> None:
    assert posted(clinic, program_of, json.dumps(GOOD).encode(), "text/plain").status_code == 415
    assert posted(clinic, program_of, b"name=Ana", "application/x-www-form-urlencoded").status_code == 415


def test_a_body_of_more_than_a_megabyte_is_413(clinic: Clinic, program_of: ProgramOf) -> None:
    assert posted(clinic, program_of, b" " * (1024 * 1024) + b"{}").status_code == 413


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"consent": {"given": False}}, "consent.given"),
        ({"consent": {"given": True, "by": "neighbour", "method": "verbal", "language": "en"}}, "consent.by"),
        ({"details": {"red_flags": "seizure"}}, "details.red_flags"),
        ({"details": {"red_flags": [7]}}, "details.red_flags.0"),
        ({"details": {"body_site": "spaceship"}}, "details.body_site"),
        ({"urgency": "asap"}, "urgency"),
        ({"kind": "follow_up"}, "earlier"),
        ({"kind": "letter"}, "kind"),
    ],
)
def test_each_wrong_part_of_a_request_is_named(
    clinic: Clinic, program_of: ProgramOf, body: dict[str, Any], field: str
) -> None:
    refused = program_of(clinic.pcp).post("/consults", {"patient_id": clinic.child.public_id, **body})
    assert (refused.status_code, list(refused.json["fields"])) == (422, [field])


def test_what_people_write_comes_back_as_they_wrote_it(clinic: Clinic, program_of: ProgramOf) -> None:
    text = "<script>alert(1)</script> \u202e 👶🏽 'quotes\" & =1+1"
    pcp = program_of(clinic.pcp)
    body = {"patient_id": clinic.child.public_id, "question": text}
    made = pcp.post("/consults", body)
    assert pcp.get(f"/consults/{made.json['id']}").json["question"] == text
    assert made.content_type == "application/json"


def test_unknown_addresses_and_methods_are_problems_too(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp = program_of(clinic.pcp)
    for path in ("/nothing", "/consults/x/note.pdf", "/consults/x/bundle", f"/consults/{'0' * 32}"):
        assert (pcp.get(path).status_code, pcp.get(path).json["code"]) == (404, "not_found")
    wrong = pcp.get("/consults")
    assert (wrong.status_code, wrong.json["code"]) == (405, "method_not_allowed")
    assert "POST" in wrong.headers["Allow"]
