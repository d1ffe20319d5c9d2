"""Passkeys on the pages: adding one with the password, coming in by it alone or after a password, and removing it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from sqlalchemy import func, select, update

from econsult.notices import Notice, NoticeKind
from econsult.people.passkeys import Passkey
from econsult.people.persons import Person
from econsult.people.signin import SignInSession, make_token
from tests.econsult.soft_key import PRESENT, SoftKey
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.web.authenticator import code_of, enrol, key_slot, plug_in
from tests.web.browsing import SESSION, post, send
from tests.web.conftest import PASSWORD, BrowserOf, stored_password
from tests.web.looking import complaints, look_at
from tests.web.serving import served
from web import create_app
from workers.runtime import Runtime

ODD: tuple[Any, ...] = (None, 7, [], {"response": {}}, "x")
OWNER = {"factor_password": PASSWORD}
FALSE = {
    "en": [
        "That did not work. Try again, or use another way.",
        "This passkey did not fit. Try again, or sign in another way",
        "You have a passkey on this device already.",
    ],
    "es": [
        "Eso no funcionó. Intente de nuevo, o use otra manera.",
        "Esta llave de acceso no sirve aquí. Intente de nuevo, o entre de otra manera",
        "Ya tiene una llave de acceso en este dispositivo.",
    ],
}
"""What a page says where nobody is verified, where the passkey is a copy, and where there is one already."""


@pytest.fixture(params=["mother", "derm"])
def person(request: pytest.FixtureRequest, runtime: Runtime, clinic: Clinic) -> Person:
    """A caregiver and a member of the staff, each with a password."""
    found: Person = getattr(clinic, request.param)
    with runtime.database.writing() as session:
        session.execute(update(Person).where(Person.id == found.id).values(password_hash=stored_password()))
        return session.get_one(Person, found.id, populate_existing=True)


def add(browser: FlaskClient, key: SoftKey, **fields: str) -> Any:
    asked = post(browser, "/account/passkeys/options", {**OWNER, **fields})
    assert asked.status_code == 200, asked.text
    return send(browser, "/account/passkeys", key.make(asked.text))


def come_in(visitor: FlaskClient, key: SoftKey, door: str = "/sign-in/passkey") -> Any:
    asked = send(visitor, f"{door}/options")
    assert asked.status_code == 200, asked.text
    return send(visitor, door, key.prove(asked.text))


def test_one_is_added_with_the_password_and_opens_the_house_alone(
    runtime: Runtime, browser_of: BrowserOf, person: Person, visitor: FlaskClient
) -> None:
    browser, key = browser_of(person), SoftKey()
    for wrong in ({}, {"factor_password": "wrong"}):
        refused = post(browser, "/account/passkeys/options", wrong)
        assert (refused.status_code, list(refused.json or {})) == (422, ["problem"])
    assert add(browser, key).json == {"next": "/account?said=passkey_added#passkeys"}
    with runtime.database.reading() as session:
        letters = select(func.count()).where(Notice.kind == NoticeKind.SIGN_IN_CHANGED, Notice.person_id == person.id)
        assert session.scalar(letters) == 1
    before = visitor.get("/sign-in").headers.getlist("Set-Cookie")
    came = come_in(visitor, key)
    assert (came.status_code, came.json["next"]) == (200, "/family" if not person.is_staff else "/worklist")
    assert visitor.get("/account").status_code == 200
    assert SESSION in str(came.headers.getlist("Set-Cookie"))
    assert SESSION not in str(before)
    with runtime.database.reading() as session:
        newest = session.scalars(select(SignInSession).order_by(SignInSession.id.desc())).first()
        assert newest is not None
        assert newest.has_factor


def test_a_passkey_opens_the_account_that_wrong_passwords_have_closed(
    browser_of: BrowserOf, person: Person, visitor: FlaskClient
) -> None:
    key, own = SoftKey(), {"email": person.email, "password": PASSWORD}
    add(browser_of(person), key)
    for _ in range(10):
        assert post(visitor, "/sign-in", {**own, "password": "wrong horse battery staple"}).status_code == 422
    assert post(visitor, "/sign-in", own).status_code == 429
    assert come_in(visitor, key).status_code == 200
    assert visitor.get("/account").status_code == 200


def test_what_is_wrong_opens_nothing_and_says_one_sentence(
    runtime: Runtime, browser_of: BrowserOf, person: Person, visitor: FlaskClient
) -> None:
    key = SoftKey()
    add(browser_of(person), key)
    said = set()
    for false in (
        replace(key, origin="https://econsult.evil.test"),
        replace(key, flags=PRESENT),
        replace(key, secret=SoftKey().secret),
        SoftKey(handle=person.public_id),
    ):
        refused = come_in(visitor, false)
        assert refused.status_code == 422
        said.add(refused.json["problem"])
    assert len(said) == 1
    asked = send(visitor, "/sign-in/passkey/options").text
    answer = replace(key, count=30).prove(asked)
    other = visitor.application.test_client()
    assert send(other, "/sign-in/passkey", answer).status_code == 403
    send(other, "/sign-in/passkey/options")
    assert send(other, "/sign-in/passkey", answer).status_code == 422
    assert visitor.post("/sign-in/passkey", json=answer).status_code == 400
    assert send(visitor, "/sign-in/passkey", answer).status_code == 200
    assert send(visitor, "/sign-in/passkey", answer).status_code in {403, 422}
    for odd in ODD:
        send(visitor, "/sign-in/passkey/options")
        assert send(visitor, "/sign-in/passkey", odd).status_code == 422


def test_where_an_app_stands_its_code_is_asked_for_too_and_a_passkey_takes_its_place_at_the_door(
    runtime: Runtime, browser_of: BrowserOf, person: Person, visitor: FlaskClient
) -> None:
    secret, _codes = enrol(runtime, person)
    browser, key = browser_of(person), SoftKey()
    refused = post(browser, "/account/passkeys/options", OWNER)
    assert refused.status_code == 422
    assert add(browser, key, factor_code=code_of(secret)).status_code == 200
    came = post(visitor, "/sign-in", {"email": person.email, "password": PASSWORD})
    assert came.location == "/sign-in/code"
    assert "data-passkey" in visitor.get("/sign-in/code").text
    # After the password the touch is enough, but not somebody else's, nor what was asked for at another door.
    assert come_in(visitor, SoftKey(handle=person.public_id), "/sign-in/code/passkey").status_code == 422
    asked = send(visitor, "/sign-in/passkey/options").text
    assert send(visitor, "/sign-in/code/passkey", key.prove(asked)).status_code == 422
    key.flags = PRESENT
    assert come_in(visitor, key, "/sign-in/code/passkey").status_code == 200
    assert visitor.get("/account").status_code == 200


def test_it_is_removed_with_the_password_by_its_owner_alone(
    runtime: Runtime, browser_of: BrowserOf, person: Person, clinic: Clinic, visitor: FlaskClient
) -> None:
    browser, key = browser_of(person), SoftKey()
    add(browser, key)
    with runtime.database.reading() as session:
        path = f"/account/passkeys/{session.scalars(select(Passkey.public_id)).one()}/remove"
    assert path in browser.get("/account").text
    assert post(browser_of(clinic.stranger), path, {}).status_code == 404
    refused = post(browser, path, {"factor_password": "wrong"})
    assert refused.status_code == 422
    # The summary leads to the field of the very passkey, which is open and says it too.
    leads = rf'<details open><summary(?:(?!</details>).)*action="{path}"(?:(?!</details>).)*id="factor_password"'
    assert re.search(leads, refused.text, re.DOTALL)
    assert refused.text.count('id="factor_password"') == refused.text.count('href="#factor_password"') == 1
    assert refused.text.count('id="factor_password-error"') == 1
    assert post(browser, path, OWNER).location == "/account?said=passkey_removed#passkeys"
    assert come_in(visitor, key).status_code == 422
    assert post(browser, path, OWNER).status_code == 404


def test_a_program_has_none(runtime: Runtime, shell: Flask, person: Person) -> None:
    with runtime.database.writing() as session:
        token = make_token(session, person, datetime.now(UTC))
    named = {"Authorization": f"Bearer {token}"}
    assert shell.test_client().post("/account/passkeys/options", headers=named).status_code == 403


@pytest.mark.parametrize(
    ("name", "language", "width"), [("mother", "es", 390), pytest.param("derm", "en", 390, marks=pytest.mark.wide)]
)
def test_a_real_browser_makes_one_and_comes_in_by_it(
    runtime: Runtime, clinic: Clinic, devices: Devices, name: str, language: str, width: int
) -> None:
    person: Person = getattr(clinic, name)
    with runtime.database.writing() as session:
        session.execute(update(Person).values(password_hash=stored_password(), language=language))
    app = create_app(runtime)
    with served(app) as address:
        settings = replace(runtime.settings, base_url=address)
        app.extensions["econsult"] = Runtime(replace(runtime.installation, settings=settings))
        page = devices.desktop(viewport={"width": width, "height": 844})
        heard = complaints(page)
        devtools = key_slot(page)
        made = plug_in(devtools, "internal")
        page.goto(f"{address}/sign-in?lang={language}")
        page.fill("#email", person.email)
        page.fill("#password", PASSWORD)
        page.locator('form[action="/sign-in"] button').click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto(f"{address}/account")
        # Two taps are one wish: both would make a passkey, of which a phone keeps the second alone.
        asked: list[str] = []
        page.on("request", lambda each: asked.append(each.url) if each.url.endswith("/options") else None)
        page.fill("#passkey-password", "wrong")
        page.locator('[data-passkey="make"] button').dblclick()
        page.locator("[data-told]:visible").wait_for()
        page.fill("#passkey-password", PASSWORD)
        page.locator('[data-passkey="make"] button').click()
        page.locator("#passkeys li").wait_for()
        assert len(asked) == 2
        (kept,) = devtools.send("WebAuthn.getCredentials", {"authenticatorId": made})["credentials"]
        page.fill("#passkey-password", PASSWORD)
        page.locator('[data-passkey="make"] button').click()
        page.locator("[data-told]:visible").wait_for()
        assert page.locator("[data-told]:visible").inner_text().strip() == FALSE[language][2]
        look_at(page, f"passkeys-{name}", language, {person.name, "Chrome, Linux"})
        page.context.clear_cookies()
        page.goto(f"{address}/sign-in?lang={language}")
        look_at(page, f"door-{name}", language)
        page.locator('[data-passkey="prove"] button').click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        # Who does not show a finger or a PIN stays at the door, told in words; so does a copy from before that use.
        devtools.send("WebAuthn.setUserVerified", {"authenticatorId": made, "isUserVerified": False})
        said = [_refused_at_the_door(page, f"{address}/sign-in?lang={language}")]
        devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": made})
        copy = {"authenticatorId": plug_in(devtools, "internal"), "credential": kept}
        devtools.send("WebAuthn.addCredential", copy)
        said.append(_refused_at_the_door(page, f"{address}/sign-in?lang={language}"))
        assert said == FALSE[language][:2]
        assert [words for words in heard if "422" not in words] == []
    with runtime.database.reading() as session:
        assert session.scalars(select(Passkey.sign_count)).one() >= 1


def _refused_at_the_door(page: Page, door: str) -> str:
    """What the page says to a passkey that does not open it."""
    page.context.clear_cookies()
    page.goto(door)
    page.locator('[data-passkey="prove"] button').click()
    page.locator("[data-told]:visible").wait_for()
    return page.locator("[data-told] span").inner_text()
