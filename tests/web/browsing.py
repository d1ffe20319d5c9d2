"""Use forms as a browser without JavaScript does: read the token from a page, then post."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from econsult.people.patients import RelatedPerson
from workers.runtime import Runtime

SESSION = "__Host-econsult_session"
TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')


def session_cookie(token: str, address: str) -> Any:
    """The session as a real browser keeps it: marked Secure, which it sends to http://localhost all the same."""
    return {"name": SESSION, "value": token, "url": address.replace("http://", "https://")}


def token_from(text: str) -> str:
    """The form token of a page. Fails where the page has no form."""
    found = TOKEN.search(text)
    assert found is not None, "This page has no form."
    return found[1]


def post(visitor: FlaskClient, path: str, fields: dict[str, Any], *, form_at: str = "/nowhere") -> TestResponse:
    """Post `fields` with the token that the page at `form_at` carries (every page has the language switch)."""
    token = token_from(visitor.get(form_at).text)
    return visitor.post(path, data={"csrf_token": token, **fields})


def send(browser: FlaskClient, path: str, body: Any = None) -> Any:
    """Post JSON as a page's script does."""
    token = token_from(browser.get("/nowhere").text)
    return browser.post(path, json=body, headers={"X-CSRF-Token": token, "Accept": "application/json"})


def refuse_without_authority(
    runtime: Runtime, browsers: tuple[FlaskClient, FlaskClient], path: str, fields: dict[str, Any]
) -> None:
    """What a stranger posts is unknown; what the child's caregiver posts who lost legal authority is refused."""
    stranger, caregiver = browsers
    assert post(stranger, path, fields).status_code == 404
    with runtime.database.writing() as session:
        session.execute(update(RelatedPerson).values(has_authority=False))
    assert post(caregiver, path, fields).status_code == 403
