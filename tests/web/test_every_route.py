"""Every page and form at once: HEAD is answered as GET and changes as little, and no form counts without its token."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from econsult.people.signin import make_link
from tests.personas import Clinic
from tests.web.browsing import SESSION, post, token_from
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOWHERE = "0" * 32
OWN_ANSWER = ("/uploads/",)
"""Where HEAD means something of its own: how much of an upload has come."""


def test_a_look_by_head_uses_no_sign_in_link_up(runtime: Runtime, clinic: Clinic, shell: Flask) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        token = make_link(session, clinic.pcp, now)
    path, browser = f"/sign-in/link/{token}", shell.test_client()
    looked = browser.head(path)
    assert (looked.status_code, looked.data, browser.get_cookie(SESSION)) == (200, b"", None)
    entered = post(browser, path, {}, form_at=path)
    assert (entered.status_code, entered.location) == (303, "/clinic")


def test_every_page_answers_head_as_it_answers_get(clinic: Clinic, shell: Flask, browser_of: BrowserOf) -> None:
    for browser in (shell.test_client(), browser_of(clinic.pcp), browser_of(clinic.admin), browser_of(clinic.mother)):
        asked = [_statuses(browser, rule) for rule in shell.url_map.iter_rules() if _is_page(rule)]
        assert len(asked) > 120
        assert [each for each in asked if each[1] != each[2]] == []


def _is_page(rule: Rule) -> bool:
    return "GET" in (rule.methods or ()) and not rule.rule.startswith((*OWN_ANSWER, "/static/", "/health/"))


def _path(rule: Rule) -> str:
    values = {name: 1 if "Int" in type(rule._converters[name]).__name__ else NOWHERE for name in rule.arguments}
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
