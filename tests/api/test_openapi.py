"""The published document and the program say the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask import Flask

from tests.api.conftest import ProgramOf
from tests.personas import ANSWER, Clinic

Made = Callable[..., str]
DOCS = Path(__file__).parents[2] / "docs" / "api.md"
MACHINE = ("/api/", "/uploads", "/media/")


@pytest.fixture
def document(app: Flask) -> Any:
    return app.test_client().get("/api/openapi.json").json


def routes_of(app: Flask) -> set[tuple[str, str]]:
    """(method, address) of every route for programs; HEAD and OPTIONS count only where they are answered on purpose."""
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(MACHINE):
            address = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
            is_own = rule.rule.startswith("/uploads") and rule.rule != "/uploads/simple"
            methods = (rule.methods or set()) - (set() if is_own and "{" in address else {"HEAD"})
            found |= {(method, address) for method in methods if is_own or method != "OPTIONS"}
    return found


def test_every_route_is_published_and_nothing_else(app: Flask, document: Any) -> None:
    published = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert published == routes_of(app)


def test_every_route_has_its_line_in_the_docs(app: Flask) -> None:
    lines = DOCS.read_text(encoding="utf-8")
    for method, address in routes_of(app):
        assert f"`{method} {address}`" in lines, f"docs/api.md lacks `{method} {address}`"
    named = set(re.findall(r"`((?:GET|POST|PATCH|DELETE|HEAD|OPTIONS) /[^`]*)`", lines))
    assert named == {f"{method} {address}" for method, address in routes_of(app)}


def test_what_the_upload_door_refuses_is_published(
    app: Flask, document: Any, program_of: ProgramOf, clinic: Clinic
) -> None:
    door = program_of(clinic.mother)
    for method in ("POST", "PATCH", "HEAD", "DELETE"):
        address = "/uploads" if method == "POST" else "/uploads/{object_id}"
        named = {"Authorization": f"Bearer {door.token}"}
        answer = door.client.open(address.format(object_id="0" * 32), method=method, headers=named)
        assert answer.status_code == 412
        published = document["paths"][address][method.lower()]
        assert {"412", "410", "460", "503", "507"} <= published["responses"].keys()
        assert "Tus-Resumable" in {each["name"] for each in published["parameters"]}


def test_all_schemas_are_schemas(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for path in document["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                body = operation["requestBody"]["content"]["application/json"]["schema"]
                jsonschema.Draft202012Validator.check_schema(body)


def check(document: Any, name: str, value: Any) -> None:
    schema = document["components"]["schemas"][name]
    jsonschema.Draft202012Validator(schema).validate(value)


@pytest.mark.parametrize("who", ["pcp", "derm", "mother", "coordinator"])
def test_real_answers_are_as_published(
    clinic: Clinic, program_of: ProgramOf, made: Made, document: Any, who: str
) -> None:
    path = f"/consults/{made(clinic.answered)}"
    program_of(clinic.pcp).post(f"{path}/messages", {"audience": "family", "text": "Hello"})
    program_of(clinic.pcp).post(f"{path}/acknowledge")
    shown = program_of(getattr(clinic, who)).get(path).json
    assert shown["answer"]["disposition"] == ANSWER["disposition"]
    check(document, "Consult", shown)


def test_lists_and_refusals_are_as_published(clinic: Clinic, program_of: ProgramOf, made: Made, document: Any) -> None:
    made(clinic.econsult)
    listed = program_of(clinic.derm).get("/worklist").json
    assert len(listed["items"]) == 1
    check(document, "Consults", listed)
    check(document, "Patients", program_of(clinic.pcp).get("/patients").json)
    check(document, "Problem", program_of(clinic.pcp).post("/patients").json)
    check(document, "Problem", program_of(clinic.pcp).get("/nothing").json)


def test_an_answers_own_route_is_as_published(clinic: Clinic, program_of: ProgramOf, made: Made, document: Any) -> None:
    draft = program_of(clinic.derm).post(f"/consults/{made(clinic.claimed)}/answer", ANSWER).json
    check(document, "Answer", draft)
