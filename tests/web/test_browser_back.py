"""After a refused form the browser's Back and reload show a page, and never ask to send the form again."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from tests.personas import Clinic
from tests.services.browser import Devices
from tests.web.conftest import Enter
from workers.runtime import Runtime


@pytest.mark.wide
def test_going_back_past_a_refused_form_shows_the_form(
    devices: Devices, enter: Enter, clinic: Clinic, address: str
) -> None:
    page = enter(devices.phone(), clinic.mother)
    page.goto(f"{address}/family")
    page.locator("section form button").first.click()
    page.locator("button[value=no]").click()
    send = page.locator("main form button")
    send.click()
    expect(page).to_have_title(re.compile("^Error:"))
    page.locator("input[value=elbow]").check()
    send.click()
    page.wait_for_url("**/photos")
    page.go_back()
    page.wait_for_url("**/where")
    expect(page.locator("input[value=elbow]")).to_be_checked()


def test_a_form_that_is_on_its_way_does_not_go_again(
    devices: Devices, enter: Enter, clinic: Clinic, address: str
) -> None:
    page = enter(devices.phone(), clinic.mother)
    page.clock.install()
    page.goto(f"{address}/family")
    # Each is stopped at the very end, as on a line on which no answer comes.
    page.evaluate(
        """() => addEventListener('submit', (event) => {
          (window.held ??= []).push(event.defaultPrevented);
          event.preventDefault();
        })"""
    )
    button = page.locator("section form button").first
    button.evaluate("(it) => { it.click(); it.click(); }")
    assert page.evaluate("() => window.held") == [False, True]
    expect(button).to_have_attribute("aria-busy", "true")
    # Whoever waited too long may send it again.
    page.clock.fast_forward(10_000)
    expect(button).not_to_have_attribute("aria-busy", "true")
    button.evaluate("(it) => it.click()")
    assert page.evaluate("() => window.held") == [False, True, False]


@pytest.mark.wide
def test_a_page_behind_a_form_without_a_page_of_its_own_leads_to_the_one_above(
    devices: Devices, enter: Enter, clinic: Clinic, address: str, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=datetime.now(UTC))
    page: Page = enter(devices.desktop(), clinic.derm)
    page.goto(f"{address}/consults/{held.public_id}")
    page.locator("[data-sign]").click()
    expect(page).to_have_title(re.compile("^Error:"))
    page.wait_for_url(f"**/consults/{held.public_id}")
    page.reload()
    expect(page).not_to_have_title(re.compile("^Error:"))


def test_only_answers_to_forms_are_replaced(visitor: FlaskClient) -> None:
    assert b"back-" not in visitor.get("/sign-in").data
    assert b'<link rel="canonical" href="/sign-in">' in visitor.post("/sign-in", data={}).data
