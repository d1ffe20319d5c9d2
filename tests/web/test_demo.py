"""The demo's front door, and where each role starts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from econsult.errors import SettingError
from econsult.people.madeup import PASSWORD
from econsult.people.passwords import hash_password
from econsult.people.persons import Person, Role, add_person, person_by_email
from econsult.people.signin import make_link, make_token
from econsult.settings import load_settings
from tests.personas import Clinic
from tests.schema import lay_schema
from tests.web.authenticator import enrol
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web import create_app
from web.pages.demo import PERSONAS
from web.shell.desk import initials
from workers.runtime import Runtime, open_runtime

NOW = datetime.now(UTC)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Runtime]:
    """A demo with a mother and a specialist."""
    runtime = open_runtime(load_settings({"ECONSULT_DATA": str(tmp_path / "demo")}, is_demo=True))
    lay_schema(runtime.database)
    with runtime.database.writing() as session:
        program = runtime.vault.ensure_program(session, "Mesa", NOW)
        for email, role in ((PERSONAS["parent"], Role.CAREGIVER), (PERSONAS["specialist"], Role.SPECIALIST)):
            add_person(session, runtime.database.cipher, program, email=email, name="Ana", role=role, now=NOW)
    yield runtime
    runtime.close()


@pytest.mark.parametrize(("persona", "home"), [("parent", "/family"), ("specialist", "/worklist")])
def test_one_press_makes_a_visitor_somebody(demo: Runtime, persona: str, home: str) -> None:
    visitor = create_app(demo).test_client()
    page = visitor.get("/").text
    assert f'value="{persona}"' in page
    assert "All people and photos are made up" in page
    answer = post(visitor, "/demo/sign-in", {"persona": persona}, form_at="/")
    assert (answer.status_code, answer.location) == (303, home)
    assert visitor.get(home).status_code == 200
    assert "Go on as Ana" in visitor.get("/").text


@pytest.mark.parametrize("persona", ["admin", "", "coordinator"])
def test_nobody_else_can_be_chosen(demo: Runtime, persona: str) -> None:
    visitor = create_app(demo).test_client()
    assert post(visitor, "/demo/sign-in", {"persona": persona}, form_at="/").status_code == 404


def test_outside_of_a_demo_the_door_does_not_exist(visitor: FlaskClient, clinic: Clinic) -> None:
    assert post(visitor, "/demo/sign-in", {"persona": "parent"}).status_code == 404
    assert visitor.get("/").location == "/sign-in"


def test_the_demo_s_password_is_told_and_signs_in(demo: Runtime) -> None:
    with demo.database.writing() as session:
        mother = person_by_email(session, demo.database.cipher, PERSONAS["parent"])
        assert mother is not None
        mother.password_hash = hash_password(PASSWORD)
    visitor = create_app(demo).test_client()
    assert PASSWORD in visitor.get("/sign-in").text
    answer = post(visitor, "/sign-in", {"email": PERSONAS["parent"], "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/family")


def test_in_the_demo_only_whoever_has_a_second_factor_is_asked_for_it(demo: Runtime) -> None:
    with demo.database.writing() as session:
        specialist = person_by_email(session, demo.database.cipher, PERSONAS["specialist"])
        assert specialist is not None
        links = [make_link(session, specialist, datetime.now(UTC)) for _ in range(2)]
        headers = {"Authorization": f"Bearer {make_token(session, specialist, NOW)}"}
    visitor = create_app(demo).test_client()
    assert post(visitor, f"/sign-in/link/{links[0]}", {}).location == "/worklist"
    assert visitor.get("/api/v1/worklist", headers=headers).status_code == 200
    enrol(demo, specialist)
    assert post(visitor, f"/sign-in/link/{links[1]}", {}).location == "/sign-in/code"
    assert post(visitor, "/demo/sign-in", {"persona": "specialist"}, form_at="/").location == "/sign-in/code"
    assert visitor.get("/worklist").status_code == 303
    assert visitor.get("/api/v1/worklist", headers=headers).status_code == 200


def test_a_demo_s_records_are_refused_without_the_demo(demo: Runtime, visitor: FlaskClient) -> None:
    with pytest.raises(SettingError, match="--demo"):
        create_app(open_runtime(load_settings({"ECONSULT_DATA": str(demo.settings.data)})))
    assert PASSWORD not in visitor.get("/sign-in").text


def test_each_role_starts_from_its_own_page(browser_of: BrowserOf, clinic: Clinic) -> None:
    homes: dict[Person, str] = {
        clinic.mother: "/family",
        clinic.pcp: "/clinic",
        clinic.nurse: "/clinic",
        clinic.derm: "/worklist",
        clinic.coordinator: "/coordination",
        clinic.director: "/start",
        clinic.admin: "/start",
    }
    for person, home in homes.items():
        browser = browser_of(person)
        assert browser.get("/").location == home
        assert browser.get(home).status_code == 200


def test_an_administrator_is_told_the_truth(browser_of: BrowserOf, clinic: Clinic) -> None:
    page = browser_of(clinic.admin).get("/start").text
    assert "sees no child and no request" in page
    assert browser_of(clinic.pcp).get("/start").location == "/clinic"


@pytest.mark.parametrize(("name", "letters"), [("Dr. Ama Osei", "AO"), ("Rosa", "R"), ("Rosa Lucero, RN", "RR")])
def test_initials_leave_titles_out(name: str, letters: str) -> None:
    assert initials(name) == letters
