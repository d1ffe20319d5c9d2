"""The shell in a real browser: accessible, quiet on the console, and whole on the narrowest phone."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.services.browser import Devices
from tests.spread import spread
from tests.web.looking import complaints, english_left, overflow, violations
from tests.web.serving import served


@pytest.mark.parametrize(
    ("layout", "scheme"), spread([("family", "light"), ("family", "dark"), ("staff", "light"), ("staff", "dark")], 2)
)
@pytest.mark.wide
def test_every_part_is_accessible_and_quiet(shell: Flask, devices: Devices, layout: str, scheme: str) -> None:
    page = devices.desktop(color_scheme=scheme) if layout == "staff" else devices.phone(color_scheme=scheme)
    with served(shell) as address:
        heard = complaints(page)
        page.goto(f"{address}/parts/{layout}")
        assert violations(page) == []
        page.click("main form button")
        page.wait_for_function("() => document.activeElement?.id === 'problem'")
        assert violations(page) == []
    assert heard == []


@pytest.mark.parametrize("layout", ["family", "staff"])
def test_nothing_scrolls_sideways_at_320_pixels(shell: Flask, devices: Devices, layout: str) -> None:
    page = devices.phone(viewport={"width": 320, "height": 640})
    with served(shell) as address:
        page.goto(f"{address}/parts/{layout}?lang=es")
        assert overflow(page) == 0


@pytest.mark.wide
def test_an_inline_style_would_be_heard(shell: Flask, phone: Page) -> None:
    with served(shell) as address:
        heard = complaints(phone)
        phone.goto(f"{address}/parts/family")
        phone.evaluate("document.body.setAttribute('style', 'color: red')")
        phone.evaluate("document.querySelector('h1').removeAttribute('id'); document.documentElement.lang = ''")
        assert any("Content Security Policy" in line or "style" in line for line in heard)
        assert "html-has-lang" in violations(phone)


def test_a_script_from_elsewhere_does_not_run(shell: Flask, phone: Page) -> None:
    with served(shell) as address:
        phone.goto(f"{address}/parts/family")
        phone.evaluate("() => document.body.append(Object.assign(document.createElement('script'), {text: 'x = 1'}))")
        assert phone.evaluate("() => window.x") is None


def test_a_link_is_asked_for_in_spanish_and_by_the_keyboard(shell: Flask, phone: Page) -> None:
    with served(shell) as address:
        heard = complaints(phone)
        phone.goto(f"{address}/sign-in/by-mail")
        assert violations(phone) == []
        phone.fill("#email", "nadie@clinic.test")
        phone.keyboard.press("Enter")
        phone.get_by_role("status").wait_for()
        assert (violations(phone), english_left(phone), overflow(phone)) == ([], set(), 0)
        phone.reload()
        assert phone.url == f"{address}/sign-in/by-mail"
        assert phone.locator("#email").is_visible()
    assert heard == []


def test_the_language_switch_keeps_the_place(shell: Flask, phone: Page) -> None:
    with served(shell) as address:
        phone.goto(f"{address}/parts/family?step=2")
        phone.get_by_role("button", name="English").click()
        expect(phone.locator("html")).to_have_attribute("lang", "en")
        assert phone.url == f"{address}/parts/family?step=2"
