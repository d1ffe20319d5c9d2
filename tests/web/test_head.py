"""A HEAD request, which mail scanners and previews send, is answered as a GET is, and changes as little."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from econsult.people.signin import make_link
from tests.personas import Clinic
from tests.web.browsing import SESSION, post
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


def _statuses(browser: FlaskClient, rule: Rule) -> tuple[str, int, int]:
    values = {name: 1 if "Int" in type(rule._converters[name]).__name__ else NOWHERE for name in rule.arguments}
    _host, path = rule.build(values, append_unknown=False) or ("", rule.rule)
    return rule.rule, browser.get(path).status_code, browser.head(path).status_code
