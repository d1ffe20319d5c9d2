"""An application of a clinic that sends text messages, and the codes that it sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient

from econsult.people.persons import Person
from econsult.people.signin import open_session
from econsult.reach.mobiles import code_of, mobile_of
from tests.services.homes import fit_templates
from tests.web.browsing import SESSION
from web import create_app
from workers.runtime import Runtime

HOOK = "this-is-the-gateway-itself"


def texting_app(runtime: Runtime) -> Flask:
    """The pages of a clinic with a gateway."""
    changes = {"sms_url": "https://gateway.test/v1/texts", "sms_token": "t" * 32, "sms_hook_token": HOOK}
    settings = replace(runtime.settings, **changes)  # type: ignore[arg-type]
    app = create_app(Runtime(replace(runtime.installation, settings=settings)))
    fit_templates(app)
    return app


def browser(app: Flask, runtime: Runtime, person: Person, cookie: str = SESSION) -> FlaskClient:
    """A browser in which this person has just signed in; the demo's cookie has no prefix."""
    client = app.test_client()
    with runtime.database.writing() as session:
        client.set_cookie(cookie, open_session(session, person, datetime.now(UTC)))
    return client


def code_for(runtime: Runtime, person: Person) -> str:
    """The code that went to the person's number."""
    with runtime.database.reading() as session:
        mobile = mobile_of(session, person)
    assert mobile is not None
    return code_of(mobile, runtime.secret_key)


def wrong_for(runtime: Runtime, person: Person) -> str:
    """Another one."""
    return f"{(int(code_for(runtime, person)) + 1) % 1_000_000:06d}"
