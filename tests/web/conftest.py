"""A small application around the shell alone, with one page that shows every part and one form."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, render_template_string, request
from flask.testing import FlaskClient
from playwright.sync_api import Page
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from econsult.consults.records import Consult
from econsult.errors import EmergencyError, ForbiddenError, NotFoundError
from econsult.people.invitations import Device, invite, open_invitation, token_of
from econsult.people.passwords import hash_password
from econsult.people.persons import Person, Role, add_person
from econsult.people.signin import open_session
from econsult.people.standing import AddressProof
from econsult.settings import load_settings
from imaging import TypesettingError
from tests.personas import Clinic, grown_youth, open_clinic
from tests.services.databases import CleanDatabases
from tests.services.hashes import hashed_lightly
from tests.services.homes import Homes, runtime_on_postgres
from tests.web.browsing import SESSION, session_cookie
from tests.web.serving import served
from tests.web.upload_page import new_draft
from tests.web.uploading import Server, open_server
from web.shell.auth import me, only
from web.words.chips import paused_chip, running_chip, stopped_chip
from workers.runtime import Runtime

BrowserOf = Callable[[Person], FlaskClient]
Enter = Callable[[Page, Person], Page]
PASSWORD = "correct horse battery staple"
STAFFED = ("pcp", "nurse", "derm", "coordinator", "director", "admin", "mother")
OPENED = datetime.now(UTC) - timedelta(hours=1)
"""When the clinic opened: before what the tests of a run call now, however long the run takes."""
NOON = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)  # a Monday, 12:00 in Denver
PARTS = """
{% extends "layouts/" ~ layout ~ ".html" %}
{% from "parts/forms.html" import proof, error_summary, field, segmented, check_list, radio_list with context %}
{% from "parts/notes.html" import lane_note, notice, care_card, empty, toast with context %}
{% from "parts/sla.html" import sla with context %}
{% from "parts/frame.html" import step_bar with context %}
{% block title %}T{% endblock %}
{% block main %}{{ error_summary(errors) }}<h1>T</h1>{{ step_bar("/", 2, 5) }}
{% for chip in chips %}<p>{{ sla(chip) }}</p>{% endfor %}
{% call lane_note("family", "F") %}<p>M</p>{% endcall %}{% call notice("offline", "warm") %}<p>N</p>{% endcall %}
{{ care_card("C", [("heat", "H")]) }}{{ empty("E") }}{{ toast("T") }}
<form method="post">{{ proof() }}{{ field("story", "L", value="<b>", hint="H", errors=errors, rows=3) }}
{{ segmented("itch", "L", [("yes", "Y"), ("no", "N")], "no", errors=errors) }}
{{ check_list("flags", "L", [("a", "A")], ["a"]) }}{{ radio_list("site", "L", [("arm", "A")], "arm") }}
<button class="btn">B</button></form>{% endblock %}
"""


@functools.cache
def stored_password() -> str:
    """The hash of the password, made once: making one costs a tenth of a second."""
    return hash_password(PASSWORD)


@pytest.fixture(scope="module", autouse=True)
def _light_hashes() -> Iterator[None]:
    with hashed_lightly():
        yield


@pytest.fixture
def runtime(homes: Homes) -> Iterator[Runtime]:
    """A fresh data folder with a migrated database and its keys; no Redis, so nothing is rung."""
    runtime = homes.take()
    yield runtime
    homes.give_back(runtime)


@pytest.fixture
def shell(homes: Homes, runtime: Runtime) -> Flask:
    """The application with the routes of this file."""
    return homes.app(runtime, _add_routes)


def _add_routes(app: Flask) -> None:
    errors: dict[str, Exception] = {
        "/gone": NotFoundError(),
        "/no": ForbiddenError("Only for doctors."),
        "/911": EmergencyError(("seizure",)),
        "/paper": TypesettingError("busy"),
    }

    @app.route("/parts/<layout>", methods=["GET", "POST"])
    def parts(layout: str) -> str:
        wrong = {"story": "Write something"} if request.method == "POST" else {}
        chips = [
            running_chip("first reply", NOON - timedelta(hours=4), NOON + timedelta(hours=20)),
            running_chip("first reply", NOON - timedelta(hours=20), NOON + timedelta(hours=2)),
            running_chip("first reply", NOON - timedelta(hours=30), NOON - timedelta(minutes=20)),
            paused_chip("first reply", "family", NOON),
            stopped_chip("done"),
        ]
        return render_template_string(PARTS, layout=layout, errors=wrong, chips=chips)

    for path, error in errors.items():
        for prefix in ("", "/api/v1"):
            app.add_url_rule(prefix + path, prefix + path, _raiser(error))
    app.add_url_rule("/secret", "secret", only(Role.CAREGIVER)(lambda: me().public_id))
    app.add_url_rule("/api/v1/secret", "api_secret", only(Role.PCP)(lambda: me().public_id))
    app.add_url_rule("/crash", "crash", _raiser(ZeroDivisionError("Ana Maria")))
    busy = OperationalError("SELECT", {"name": "Ana"}, TimeoutError())
    app.add_url_rule("/busy", "busy", _raiser(busy))
    full = OperationalError("INSERT", {"name": "Ana"}, sqlite3.OperationalError("database or disk is full"))
    app.add_url_rule("/api/v1/full", "full", _raiser(full))


def _raiser(error: Exception):  # type: ignore[no-untyped-def]
    def view() -> str:
        raise error

    return view


@pytest.fixture
def clinic(runtime: Runtime) -> Clinic:
    """The clinic of the personas, opened an hour before the tests began."""
    return open_clinic(runtime.database, vault=runtime.vault, now=OPENED)


def new_officer(runtime: Runtime, clinic: Clinic) -> Person:
    details = {"email": "v@clinic.test", "name": "Vera Ortiz", "role": Role.PRIVACY, "now": datetime.now(UTC)}
    with runtime.database.writing() as session:
        return add_person(session, runtime.database.cipher, clinic.program, **details)


def new_guest(runtime: Runtime, clinic: Clinic) -> Person:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        made = invite(session, clinic.pcp, clinic.child, "es", secret_key=runtime.secret_key, now=now)
        token = token_of(made, runtime.secret_key)
        assert token is not None
        device = Device("0" * 32, "mother", clinic.child.birth_date_text)
        _door, person = open_invitation(session, runtime.database.cipher, token, device, now)
    assert person is not None
    return person


@pytest.fixture
def officer(runtime: Runtime, clinic: Clinic) -> Person:
    """The program's privacy officer, of whom a small clinic has none."""
    return new_officer(runtime, clinic)


@pytest.fixture
def guest(runtime: Runtime, clinic: Clinic) -> Person:
    """A device that an invitation about the child let in."""
    return new_guest(runtime, clinic)


@pytest.fixture
def youth(runtime: Runtime, clinic: Clinic) -> Person:
    """The child, who is fifteen in these tests, with an account of their own."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        return grown_youth(session, runtime.database, clinic, now)


@pytest.fixture
def browser_of(shell: Flask, runtime: Runtime) -> BrowserOf:
    """Give it a person; it opens a browser in which this person has just signed in."""

    def open_browser(person: Person) -> FlaskClient:
        browser = shell.test_client()
        with runtime.database.writing() as session:
            browser.set_cookie(SESSION, open_session(session, person, datetime.now(UTC), proof=AddressProof.LETTER))
        return browser

    return open_browser


@pytest.fixture
def mother(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    """The browser of the child's mother."""
    return browser_of(clinic.mother)


@pytest.fixture
def visitor(shell: Flask) -> FlaskClient:
    """A browser without a session."""
    return shell.test_client()


@pytest.fixture
def address(shell: Flask) -> Iterator[str]:
    with served(shell) as address:
        yield address


@pytest.fixture
def enter(runtime: Runtime, address: str) -> Enter:
    """Sign a person in on a page of a browser."""

    def entered(page: Page, person: Person) -> Page:
        with runtime.database.writing() as session:
            token = open_session(session, person, datetime.now(UTC), proof=AddressProof.LETTER)
        page.context.add_cookies([session_cookie(token, address)])
        return page

    return entered


@pytest.fixture
def strict(homes: Homes) -> Iterator[Runtime]:
    """A program as it comes: nothing is said about second factors, so staff must have one."""
    home = homes.take()
    settings = load_settings({"ECONSULT_DATA": str(home.settings.data)})
    yield Runtime(replace(home.installation, settings=settings))
    homes.give_back(home)


@pytest.fixture
def staffed(strict: Runtime) -> dict[str, Person]:
    """Its people by name, each with the same password."""
    now = datetime.now(UTC)
    clinic = open_clinic(strict.database, vault=strict.vault, now=now - timedelta(hours=1))
    stored = stored_password()
    with strict.database.writing() as session:
        cipher, role = strict.database.cipher, Role.PRIVACY
        officer = add_person(session, cipher, clinic.program, email="v@clinic.test", name="Vera", role=role, now=now)
        people = {name: getattr(clinic, name) for name in STAFFED}
        people["privacy"] = officer
        session.execute(update(Person).values(password_hash=stored))
    return people


@pytest.fixture
def strict_app(homes: Homes, strict: Runtime) -> Flask:
    return homes.app(strict, _as_it_comes)


def _as_it_comes(app: Flask) -> None:
    """Nothing is changed of it; by this name a home keeps it apart from the one with other settings."""


@pytest.fixture
def postgres_runtime(tmp_path: Path, clean_databases: CleanDatabases) -> Iterator[Runtime]:
    """An installation on PostgreSQL."""
    with runtime_on_postgres(tmp_path, clean_databases) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A clinic behind a real web process, shared by the tests of a file."""
    server = open_server(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture
def draft(server: Server) -> Consult:
    """A question that a mother has begun on it, with everything said that photos need."""
    return new_draft(server)
