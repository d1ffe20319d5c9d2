"""Every page and form at once: looking changes nothing, whoever looks, no form counts without its token, and every
answer carries the headers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import unescape
from types import MappingProxyType

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from econsult.consults.records import Consult
from econsult.people.persons import Person
from econsult.people.signin import make_link
from econsult.tables import METADATA
from tests.journeys.test_two_programs import FITTING, _kinds_of
from tests.personas import Clinic
from tests.web.browsing import SESSION, post, token_from
from tests.web.conftest import BrowserOf
from tests.web.test_media import put
from web.shell.auth import home_of
from web.shell.headers import ALWAYS
from workers.runtime import Runtime

NOWHERE = "0" * 32
OWN_ANSWER = ("/uploads/",)
"""Where HEAD means something of its own: how much of an upload has come."""
LED_TO = re.compile(r'(?:href|src|action|hx-get)="(/[^"#]*)')
MACHINES = ("/api/", "/uploads", "/gateway/")
"""Where programs ask, which are told what went wrong."""
OFTEN = 3
"""So many addresses of one page are looked at."""
OF_LOOKING = {
    "audit_event": "who looked",
    "audit_chain": "the end of the same",
    "presence": "who looks at this moment",
    "exported_part": "what a file for who bills has told, which leaves a row in the trail too",
    "sign_in_session": "that somebody is still there; who is out sees no page any more",
}
"""What a look may write, and why."""


def test_a_look_by_head_uses_no_sign_in_link_up(runtime: Runtime, clinic: Clinic, shell: Flask) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        token = make_link(session, clinic.pcp, now)
    path, browser = f"/sign-in/link/{token}", shell.test_client()
    looked = browser.head(path)
    assert (looked.status_code, looked.data, browser.get_cookie(SESSION)) == (200, b"", None)
    entered = post(browser, path, {}, form_at=path)
    assert (entered.status_code, entered.location) == (303, "/clinic")


@pytest.mark.wide
def test_every_page_answers_head_as_it_answers_get(clinic: Clinic, shell: Flask, browser_of: BrowserOf) -> None:
    for browser in (shell.test_client(), browser_of(clinic.pcp), browser_of(clinic.admin), browser_of(clinic.mother)):
        asked = [_statuses(browser, rule) for rule in shell.url_map.iter_rules() if _is_page(rule)]
        assert len(asked) > 120
        assert [each for each in asked if each[1] != each[2]] == []


def _is_page(rule: Rule) -> bool:
    return "GET" in (rule.methods or ()) and not rule.rule.startswith((*OWN_ANSWER, "/static/", "/health/"))


def _path(rule: Rule, known: Mapping[str, str] = MappingProxyType({})) -> str:
    numbers = {name: 1 if "Int" in type(rule._converters[name]).__name__ else NOWHERE for name in rule.arguments}
    values = {name: known.get(name, number) for name, number in numbers.items()}
    return (rule.build(values, append_unknown=False) or ("", rule.rule))[1]


def _statuses(browser: FlaskClient, rule: Rule) -> tuple[str, int, int]:
    path = _path(rule)
    return rule.rule, browser.get(path).status_code, browser.head(path).status_code


def test_no_form_of_any_page_counts_without_its_token_or_from_elsewhere(
    clinic: Clinic, shell: Flask, browser_of: BrowserOf
) -> None:
    """Every route that changes something, by whoever is signed in: with no token, another's, or ours from elsewhere."""
    other = token_from(browser_of(clinic.nurse).get("/nowhere").text)
    asked = 0
    for person in (clinic.pcp, clinic.admin, clinic.coordinator, clinic.mother):
        browser = browser_of(person)
        own = token_from(browser.get("/nowhere").text)
        for rule in filter(_is_form, shell.url_map.iter_rules()):
            for token, origin in (("", ""), (other, ""), (own, "https://evil.test")):
                headers = {"Origin": origin} if origin else {}
                answer = browser.post(_path(rule), data={"csrf_token": token}, headers=headers)
                # Some look at the token themselves, once they know that the form is theirs to read.
                is_own = getattr(shell.view_functions[rule.endpoint], "reads_own_form", False)
                assert answer.status_code == 400 or (is_own and answer.status_code > 400), (
                    rule.rule,
                    person.role,
                    token == own,
                    answer.status_code,
                )
                asked += 1
    assert asked > 1000


def _is_form(rule: Rule) -> bool:
    # A program's routes are asked by their tokens, never by a cookie alone, and the language is nobody's secret.
    return "POST" in (rule.methods or ()) and not rule.rule.startswith(("/api/", "/hooks/"))


def _complete(answer: TestResponse) -> bool:
    """Whether an answer carries every header; the policy of a file is another and stricter one, and that of a style
    sheet lets it be kept.
    """
    policy, kept = answer.headers.get("Content-Security-Policy", ""), answer.headers.get("Cache-Control", "")
    return ALWAYS.keys() <= set(answer.headers.keys()) and "unsafe" not in policy and "no-store" in kept


def _looked_at(browser: FlaskClient, shell: Flask, start: list[str]) -> Iterator[TestResponse]:
    """The answers at these addresses and at all that their pages lead to, of each page a few."""
    bound, led, seen = shell.url_map.bind("localhost"), list(start), set(start)
    visited: Counter[str] = Counter()
    while led:
        path = led.pop()
        try:
            endpoint = bound.match(path.partition("?")[0], method="GET")[0]
        except HTTPException:
            continue
        # What was to be looked at in any case does not use up what pages lead to.
        visited[endpoint] += path not in start
        if visited[endpoint] > OFTEN or endpoint == "static":
            continue
        answer = browser.get(path)
        yield answer
        found = {unescape(each) for each in LED_TO.findall(answer.text)} if answer.mimetype == "text/html" else set()
        led += sorted(found - seen)
        seen |= found


def _with_numbers(shell: Flask, runtime: Runtime, clinic: Clinic) -> list[str]:
    """Every page's address with numbers of what it is about, the newest few: many pages no other page leads to."""
    with runtime.database.reading() as session:
        kinds = {name: sorted(numbers) for name, numbers in _kinds_of(session, clinic.program.id).items()}
        consults = session.scalars(select(Consult.public_id).order_by(Consult.id.desc()).limit(OFTEN))
        kinds["consult"] = list(consults)
    found = []
    for rule in filter(_is_page, shell.url_map.iter_rules()):
        about = max((start for start in FITTING if rule.rule.startswith(start)), key=len, default="")
        others = {name: kinds.get(name.removesuffix("_id"), [])[:1] for name in rule.arguments}
        values = {name: number[0] for name, number in others.items() if number}
        for number in kinds.get(FITTING.get(about, ""), [])[:OFTEN] if rule.arguments else ():
            path = _path(rule, {"public_id": number, "consult_id": number, **values})
            found += [path] if NOWHERE not in path else []
    return found


def _stands(runtime: Runtime) -> dict[str, set[str]]:
    """Every row of every table, apart from what a look may write."""
    with runtime.database.reading() as session:
        names = [table.name for table in METADATA.sorted_tables if table.name not in OF_LOOKING]
        return {name: {str(row) for row in session.execute(text(f"SELECT * FROM {name}"))} for name in names}  # noqa: S608 - ours.


@pytest.mark.parametrize(
    "name",
    [
        "mother",
        "officer",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("pcp", "nurse", "derm", "coordinator", "director", "admin", "guest", "youth", "nobody")
        ),
    ],
)
def test_a_crawler_changes_nothing_and_every_answer_carries_the_headers(
    runtime: Runtime, shell: Flask, browser_of: BrowserOf, clinic: Clinic, request: pytest.FixtureRequest, name: str
) -> None:
    put(runtime, clinic)
    with runtime.database.writing() as session:
        for make in (clinic.econsult, clinic.claimed, clinic.answered, clinic.family_question, clinic.family_draft):
            make(session, now=datetime.now(UTC))
    person: Person | None = None
    if name != "nobody":
        person = getattr(clinic, name, None) or request.getfixturevalue(name)
    plain = [rule.rule for rule in shell.url_map.iter_rules() if not rule.arguments and _is_page(rule)]
    browser, home = (browser_of(person), home_of(person)) if person else (shell.test_client(), "/sign-in")
    before = _stands(runtime)
    answers = list(_looked_at(browser, shell, [home, *plain, *_with_numbers(shell, runtime, clinic)]))
    assert [answer.request.path for answer in answers if not _complete(answer)] == []
    assert sum(answer.status_code == 200 for answer in answers) > 3
    after = _stands(runtime)
    assert [table for table in before if before[table] != after[table]] == []
    assert browser.get(home).status_code == 200


def test_the_address_of_a_form_leads_whoever_reloads_it_to_the_nearest_page(clinic: Clinic, shell: Flask) -> None:
    browser, doors = shell.test_client(), shell.url_map.bind("localhost")
    pages = {_path(rule) for rule in shell.url_map.iter_rules() if "GET" in (rule.methods or ())}
    forms = [rule for rule in shell.url_map.iter_rules() if (rule.methods or set()) == {"POST", "OPTIONS"}]
    asked = [(path, browser.get(path)) for path in map(_path, forms) if path not in pages]
    led = {path: answer.location for path, answer in asked if answer.status_code == 303}
    assert len(led) > 100
    assert led[f"/consults/{NOWHERE}/results"] == f"/consults/{NOWHERE}"
    assert [path for path, place in led.items() if not doors.test(place, "GET")] == []
    left = {path for path, answer in asked if answer.status_code == 405}
    assert [path for path in left if not path.startswith(MACHINES)] == []
