"""The second factor in a real browser on a narrow phone: set up with the keyboard, kept, and asked for again."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import update

from econsult.people.factors import drop_codes
from econsult.people.persons import Person
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.authenticator import code_of, key_slot, plug_in
from tests.web.conftest import PASSWORD
from tests.web.looking import complaints, english_left, look_at, overflow, violations
from tests.web.serving import served
from workers.runtime import Runtime

NARROW = {"width": 390, "height": 844}
TITLES = {
    "es": (
        "Ponga su segundo paso",
        "Guarde estos códigos de respaldo",
        "Escriba el código de su aplicación",
        "Cree sus códigos de respaldo",
    ),
    "en": (
        "Set up your second step",
        "Keep these recovery codes",
        "Write the code from your app",
        "Make recovery codes",
    ),
}


@pytest.mark.parametrize(("language", "scheme"), spread([("es", "dark"), ("en", "light")], 1))
def test_a_nurse_sets_up_her_phone_and_signs_in_with_it(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person], devices: Devices, language: str, scheme: str
) -> None:
    page = devices.phone(viewport=NARROW, locale=f"{language}-US", color_scheme=scheme)
    heard = complaints(page)
    with served(strict_app) as address:
        _knock(page, address, staffed["nurse"])
        _is_sound(page, TITLES[language][0], language)
        key = page.locator("code.key").inner_text().replace(" ", "")
        assert f"secret={key}&" in _seen_by_a_camera(page.locator("svg.qr"))
        _write_code(page, "000000")
        expect(page.locator("#problem")).to_be_focused()
        _is_sound(page, TITLES[language][0], language)
        _write_code(page, code_of(key))
        _is_sound(page, TITLES[language][1], language)
        expect(page.locator(".codes li")).to_have_count(10)
        expect(page.locator("[data-print]")).to_be_visible()
        page.locator("main a.btn-big").click()
        page.wait_for_url("**/clinic")
        page.goto(f"{address}/account")
        page.locator("form[action='/sign-out'] button").click()
        _knock(page, address, staffed["nurse"])
        _is_sound(page, TITLES[language][2], language)
        # All her codes are used by now: once she is asked to make new ones, and may go on without.
        with strict.database.writing() as session:
            drop_codes(session, staffed["nurse"])
            session.get_one(Person, staffed["nurse"].id).language = language
        _write_code(page, code_of(key, 1))
        page.wait_for_url("**/first-codes")
        _is_sound(page, TITLES[language][3], language)
        page.locator("main a.btn-line").click()
        page.wait_for_url("**/clinic")
    assert heard == []


@pytest.mark.wide
def test_reloading_the_recovery_codes_neither_repeats_nor_shows_them_again(
    strict_app: Flask, staffed: dict[str, Person], devices: Devices
) -> None:
    page = devices.desktop()
    with served(strict_app) as address:
        _knock(page, address, staffed["derm"])
        key = page.locator("code.key").inner_text().replace(" ", "")
        _write_code(page, code_of(key))
        expect(page.locator(".codes li")).to_have_count(10)
        # The page's script makes of a reload a look at the address, and no second sending of the form.
        page.wait_for_load_state()
        page.reload()
        expect(page).to_have_url(f"{address}/worklist")
        expect(page.locator(".codes")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize(("language", "width"), [("es", 390), ("en", 1440)])
def test_a_nurse_chooses_a_passkey_instead_and_comes_in_by_it(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person], devices: Devices, language: str, width: int
) -> None:
    person = staffed["nurse"]
    with strict.database.writing() as session:
        session.execute(update(Person).values(language=language))
    with served(strict_app) as address:
        settings = replace(strict.settings, base_url=address)
        strict_app.extensions["econsult"] = Runtime(replace(strict.installation, settings=settings))
        page = devices.desktop(viewport={"width": width, "height": 844})
        heard = complaints(page)
        devtools = key_slot(page)
        first = plug_in(devtools, "internal")
        _knock(page, address, person, language)
        look_at(page, "factor-set-up", language)
        page.locator('[data-passkey="make"] button').click()
        page.locator(".codes li").nth(9).wait_for()
        look_at(page, "factor-codes", language)
        codes = page.locator(".codes code").all_inner_texts()
        page.locator("main a.btn-line").click()
        page.wait_for_url("**/account#second-step")
        look_at(page, "factor-account", language, {person.name, "Chrome, Linux"})
        # New codes by the password and a touch, without a code.
        page.locator("#second-step summary").click()
        page.fill("#factor_password", PASSWORD)
        look_at(page, "factor-change", language, {person.name, "Chrome, Linux"})
        page.locator('[data-passkey="owner"] button').first.click()
        page.locator(".codes li").nth(9).wait_for()
        assert not set(codes) & set(page.locator(".codes code").all_inner_texts())
        # Another authenticator is added by a touch of the first.
        page.goto(f"{address}/account")
        page.route("**/account/passkeys/options", lambda route: _take_another(devtools, first, route))
        page.fill("#passkey-password", PASSWORD)
        page.locator('[data-passkey="make"] button').click()
        page.locator("#passkeys li").nth(1).wait_for()
        devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": first})
        page.context.clear_cookies()
        _knock(page, address, person, language)
        look_at(page, "factor-asked", language)
        page.locator('[data-passkey="prove"] button').click()
        page.wait_for_url("**/clinic")
        assert heard == []
        bare = devices.desktop(viewport={"width": width, "height": 844}, java_script_enabled=False)
        _knock(bare, address, person, language)
        assert bare.locator("[data-no-passkey]").is_visible()
        assert not bare.locator("[data-passkey]").is_visible()


def _take_another(devtools: Any, first: str, route: Route) -> None:
    """Between the two touches, leave the first authenticator, which has a passkey already, and take one more."""
    devtools.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": first, "enabled": False})
    plug_in(devtools, "usb")
    route.continue_()


def _knock(page: Page, address: str, person: Person, language: str = "") -> None:
    """Sign in by the keyboard alone."""
    page.goto(f"{address}/sign-in{f'?lang={language}' if language else ''}")
    page.locator("#email").fill(person.email)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sign-in/(code|second-factor)$"))


def _write_code(page: Page, code: str) -> None:
    page.locator("#code").fill(code)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def _is_sound(page: Page, title: str, language: str) -> None:
    expect(page.locator("h1")).to_have_text(title)
    assert violations(page) == []
    assert overflow(page) == 0
    if language == "es":
        assert english_left(page) == set()


def _seen_by_a_camera(picture: Locator) -> str:
    """What a phone reads in the picture as it stands on the screen; one that is moved nearer looks more than once."""
    pixels = cv2.imdecode(np.frombuffer(picture.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    for scale in (1, 1.5, 2, 2.5, 3, 4):
        for how in (cv2.INTER_LINEAR, cv2.INTER_NEAREST, cv2.INTER_CUBIC):
            nearer = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how)
            read, _corners, _straight = cv2.QRCodeDetector().detectAndDecode(nearer)
            if read:
                return str(read)
    return ""
