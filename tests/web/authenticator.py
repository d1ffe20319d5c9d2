"""An authenticator app, as staff carry it in their pockets, and the keys that a browser holds."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pyotp
from flask.testing import FlaskClient
from playwright.sync_api import CDPSession, Page
from werkzeug.test import TestResponse

from econsult.people import factors
from econsult.people.persons import Person
from econsult.people.totp import STEP_SECONDS, new_secret, step_of
from tests.econsult.soft_key import SoftKey
from tests.web.browsing import post, send
from workers.runtime import Runtime

KEY = re.compile(r'<code class="key"[^>]*>([A-Z2-7 ]+)</code>')
RECOVERY_CODE = re.compile(r"<li><code>([2-9A-Z-]{29})</code></li>")
HALFWAY = "__Host-econsult_halfway"


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return pyotp.TOTP(secret).at(datetime.now(UTC) + steps * timedelta(seconds=STEP_SECONDS))


def enrol(runtime: Runtime, person: Person) -> tuple[str, tuple[str, ...]]:
    """Set an app up an hour ago; returns its secret and the recovery codes."""
    secret, before = new_secret(), datetime.now(UTC) - timedelta(hours=1)
    with runtime.database.writing() as session:
        codes = factors.set_up(session, person, secret, step_of(before), now=before)
    return secret, codes


def key_on(page: str) -> str:
    """The secret that the page of the set-up shows for typing. Fails where there is none."""
    found = KEY.search(page)
    assert found is not None
    return found[1].replace(" ", "")


def knock(browser: FlaskClient, person: Person, password: str) -> str:
    """Give address and password; returns where that leads."""
    answer = post(browser, "/sign-in", {"email": person.email, "password": password})
    assert answer.status_code == 303
    return str(answer.location)


def key_in(browser: FlaskClient, key: SoftKey) -> TestResponse:
    """Choose a passkey on the page of the set-up, as its script does; returns the page with the recovery codes."""
    asked = send(browser, "/sign-in/second-factor/passkey/options")
    assert asked.status_code == 200, asked.text
    return post(browser, "/sign-in/second-factor/passkey", {"passkey": json.dumps(key.make(asked.text))})


def set_up_in(browser: FlaskClient, *, form_at: str = "/nowhere") -> tuple[str, TestResponse]:
    """Follow the set-up's page to its end; returns the secret and the page with the recovery codes."""
    secret = key_on(browser.get("/sign-in/second-factor").text)
    return secret, post(browser, "/sign-in/second-factor", {"code": code_of(secret)}, form_at=form_at)


def key_slot(page: Page) -> CDPSession:
    """Where authenticators are put into this page's browser."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    return devtools


def plug_in(devtools: CDPSession, transport: str) -> str:
    """Give the browser an authenticator that says yes at once; returns its number."""
    abilities = {"protocol": "ctap2", "transport": transport, "automaticPresenceSimulation": True}
    abilities |= {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    return str(devtools.send("WebAuthn.addVirtualAuthenticator", {"options": abilities})["authenticatorId"])
