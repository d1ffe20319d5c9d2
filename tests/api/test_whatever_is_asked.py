"""Whatever the published document allows is asked, as each role: no error of ours, and no answer that is not published.

The normal run asks a few things of each operation; `-m slow` many more, and what the document does not allow. Real
numbers of the clinic's own and of foreign consults, files, people and steps are put into the addresses half of the
time, since made-up ones end at "not there".
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from econsult.consults.recommendations import steps_of
from econsult.people.persons import Person
from tests.api.conftest import ProgramOf
from tests.personas import Clinic, grown_youth
from tests.web.conftest import new_guest, new_officer
from workers.runtime import Runtime

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = (
    "mother",
    "stranger",
    "pcp",
    "other_pcp",
    "derm",
    "coordinator",
    "nurse",
    "director",
    "admin",
    "officer",
    "youth",
    "guest",
)


NORMAL = int(os.environ.get("ASKED_EXAMPLES", "5"))
SURE = {"deadline": None, "database": None, "phases": [Phase.generate]}


@pytest.fixture
def known(runtime: Runtime, clinic: Clinic) -> dict[str, list[str]]:
    """Numbers that exist, by the name of the parameter: consults in each state, of this family and of a stranger's."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        answered = clinic.answered(session, now=now)
        found = [clinic.draft(session, now=now), clinic.family_question(session, now=now), answered]
        found += [clinic.econsult(session, now=now), clinic.claimed(session, now=now)]
        session.flush()
        steps = [step.public_id for step in steps_of(session, answered.id)]
    numbers = [consult.public_id for consult in found]
    return {"consult_id": numbers, "step_id": steps}


@pytest.fixture
def people(runtime: Runtime, clinic: Clinic) -> dict[str, Person]:
    """Everybody by role; the device is let in before the child is fifteen."""
    found = {"officer": new_officer(runtime, clinic), "guest": new_guest(runtime, clinic)}
    with runtime.database.writing() as session:
        found["youth"] = grown_youth(session, runtime.database, clinic, datetime.now(UTC))
    return found | {role: getattr(clinic, role) for role in ROLES if role not in found}


def _ask_all(
    app: Flask, tokens: dict[str, str], known: dict[str, list[str]], examples: int, mode: GenerationMode
) -> int:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        roles, numbers = st.sampled_from(sorted(tokens)), st.integers(0, 99)

        def ask(case: Any, role: str, number: int) -> None:
            nonlocal asked
            asked += 1
            for name, values in known.items():
                # Of a hundred numbers half are left as they were made up.
                if name in case.path_parameters and number < 50:
                    case.path_parameters[name] = values[number % len(values)]
            case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {tokens[role]}"})

        run = given(case=operation.as_strategy(generation_mode=mode), role=roles, number=numbers)(ask)
        settings(max_examples=examples, suppress_health_check=list(HealthCheck), **SURE)(seed(1)(run))()
    return asked


def test_nothing_that_the_document_allows_is_an_error_of_ours(
    app: Flask, known: dict[str, list[str]], people: dict[str, Person], program_of: ProgramOf
) -> None:
    tokens = {role: program_of(person).token for role, person in people.items()}
    assert _ask_all(app, tokens, known, NORMAL, GenerationMode.POSITIVE) > 200


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("role", ROLES)
def test_so_it_is_with_much_more_as_each_role(
    app: Flask, known: dict[str, list[str]], people: dict[str, Person], program_of: ProgramOf, role: str, mode: Any
) -> None:
    tokens = {role: program_of(people[role]).token}
    assert _ask_all(app, tokens, known, 60, mode) > 2000
