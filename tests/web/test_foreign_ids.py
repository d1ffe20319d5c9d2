"""Whatever id of another program somebody asks with, the answer is that of one which there is not, and nothing is done.

Every address with an id in it, pages, API, files and uploads, by everybody whose role may come there, with ids of every
table; in forms and bodies too. The normal run takes a part of the addresses, `-m slow` all of them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.routing.converters import NumberConverter
from werkzeug.test import TestResponse

from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import make_token, open_session
from econsult.tables import METADATA
from econsult.trail import AuditEvent
from tests.journeys.test_two_programs import _numbers_of
from tests.personas import grown_youth, open_clinic
from tests.web.browsing import SESSION, token_from
from tests.web.conftest import new_guest, new_officer
from tests.web.test_media import put
from workers.runtime import Runtime

ROLES = ("mother", "pcp", "derm", "coordinator", "nurse", "director", "admin", "officer", "youth", "guest")
SKIPPED = ("/static/", "/sign-in/", "/invitation/<", "/gateway/")
OWN = ("/account/sessions/", "/account/tokens/")
"""What ends one's own session by its number, which a test would lose."""
FIELDS = (
    "person",
    "to",
    "child",
    "clinic",
    "consult",
    "consult_id",
    "patient_id",
    "earlier",
    "entry",
    "photo",
    "shift",
)
WORDS = {"text": "Words", "reason": "Why this is", "verb": "ask", "lane": "family", "audience": "family"}
MACHINE = ("/api/", "/uploads", "/media/")
HEX = re.compile("[0-9a-f]{64}")


@dataclass
class House:
    """Two programs, of which the people of one ask with the ids of the other."""

    app: Flask
    runtime: Runtime
    people: dict[str, Person]
    foreign: list[str]
    browsers: dict[str, FlaskClient] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, role: str, method: str, path: str, fields: dict[str, str], *, by_token: bool) -> TestResponse:
        if by_token:
            headers = {"Authorization": f"Bearer {self._token(role)}", "Tus-Resumable": "1.0.0"}
            return self.app.test_client().open(path, method=method, json=fields or None, headers=headers)
        browser = self._browser(role)
        if method == "GET":
            return browser.get(path)
        headers = {"X-CSRF-Token": self.tokens[f"csrf {role}"], "Tus-Resumable": "1.0.0"}
        body: dict[str, Any] = {"json": fields} if path.startswith("/api/") else {"data": fields}
        return browser.open(path, method=method, headers=headers, **body)

    def rows(self) -> dict[str, int]:
        """How many rows there are of everything, but of looks at the log, which any refused form there shows again."""
        with self.runtime.database.reading() as session:
            counts = {each.name: select(func.count()).select_from(each) for each in METADATA.sorted_tables}
            counts["audit_event"] = counts["audit_event"].where(AuditEvent.action != "search")
            return {name: session.scalars(count).one() for name, count in counts.items()}

    def _browser(self, role: str) -> FlaskClient:
        if role not in self.browsers:
            browser = self.browsers[role] = self.app.test_client()
            with self.runtime.database.writing() as session:
                person = session.get_one(Person, self.people[role].id)
                browser.set_cookie(SESSION, open_session(session, person, datetime.now(UTC)))
            self.tokens[f"csrf {role}"] = token_from(browser.get("/nowhere").text)
        return self.browsers[role]

    def _token(self, role: str) -> str:
        if role not in self.tokens:
            with self.runtime.database.writing() as session:
                self.tokens[role] = make_token(session, self.people[role], datetime.now(UTC))
        return self.tokens[role]


@pytest.fixture
def house(shell: Flask, runtime: Runtime) -> House:
    now = datetime.now(UTC) - timedelta(hours=1)
    theirs, ours = (open_clinic(runtime.database, vault=runtime.vault, now=now, mark=mark) for mark in ("a-", "b-"))
    put(runtime, theirs)
    with runtime.database.writing() as session:
        for make in (theirs.draft, theirs.answered, theirs.family_question, theirs.family_draft):
            make(session, now=now)
        foreign = sorted(_numbers_of(session, theirs.program.id) | {theirs.program.public_id})
        assert session.get_one(Patient, theirs.child.id).public_id in foreign
    # The device shows the birth date that the child had before it was fifteen.
    people = {"officer": new_officer(runtime, ours), "guest": new_guest(runtime, ours)}
    with runtime.database.writing() as session:
        people["youth"] = grown_youth(session, runtime.database, ours, now)
    people |= {role: getattr(ours, role) for role in ROLES if role not in people}
    house = House(shell, runtime, people, foreign)
    for role in ROLES:
        house._browser(role), house._token(role)
    return house


def addresses(app: Flask) -> Iterator[tuple[Rule, str]]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.arguments and not rule.rule.startswith((*SKIPPED, *OWN))]
    for rule in sorted(rules, key=lambda rule: rule.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def said(answer: TestResponse, *ids: str) -> tuple[int, str]:
    """Status, headers and text, without what was asked and what is new on every page."""
    text = f"{answer.headers}{answer.get_data(as_text=True)}"
    for each in ids:
        text = text.replace(each, "ID")
    return answer.status_code, HEX.sub("TOKEN", text)


def check(house: House, rule: Rule, method: str, role: str, *, by_token: bool) -> int:
    """Compare every foreign id with one that there is not; gives how many were asked with."""
    names = re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)
    numbers = [isinstance(rule._converters[name], NumberConverter) for name in names]
    bound = house.app.url_map.bind("localhost")

    def asked(wanted: str) -> tuple[int, str]:
        values = [10**8 if is_number else wanted for is_number in numbers]
        path = bound.build(rule.endpoint, dict(zip(names, values, strict=True)), method=method)
        fields = {} if method == "GET" else {**WORDS, **dict.fromkeys(FIELDS, wanted)}
        return said(house.ask(role, method, path, fields, by_token=by_token), wanted)

    nobody = asked(secrets.token_hex(16))
    if nobody[0] == 403 or all(numbers):
        return 0
    for wanted in house.foreign:
        assert asked(wanted) == nobody, (rule.rule, method, role, wanted)
    return len(house.foreign)


def compare(house: House, chosen: list[tuple[Rule, str]]) -> int:
    before, count = house.rows(), 0
    for rule, method in chosen:
        for role in ROLES:
            ways = (False, True) if rule.rule.startswith(MACHINE) else (False,)
            count += sum(check(house, rule, method, role, by_token=by_token) for by_token in ways)
    assert house.rows() == before
    return count


def test_a_foreign_id_is_answered_as_one_that_there_is_not(house: House) -> None:
    """Three ids at every sixth address."""
    house.foreign = house.foreign[:: len(house.foreign) // 3]
    assert compare(house, list(addresses(house.app))[::6]) > 100


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_so_is_every_foreign_id_at_every_address(house: House) -> None:
    assert compare(house, list(addresses(house.app))) > 10_000
