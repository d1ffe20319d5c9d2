"""What stands on a page once a sign of danger was told, in a real browser: read by its reader, and legible."""

from __future__ import annotations

import pytest

from econsult.people.persons import Person
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.conftest import Enter
from tests.web.looking import look_at
from workers.runtime import Runtime


@pytest.mark.parametrize("language", spread(["es", "en"], 1))
def test_a_family_reads_whom_to_call_today_before_and_after_it_sends(
    runtime: Runtime, clinic: Clinic, enter: Enter, address: str, devices: Devices, language: str
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.mother.id).language = language
    page = devices.phone(locale=language)
    enter(page, clinic.mother)
    page.goto(f"{address}/family")
    page.locator("form[action$='/ask'] button").first.click()
    page.locator("input[value=kawasaki_signs]").check()
    page.locator("button[name=emergency][value=no]").click()
    page.wait_for_url("**/where")
    draft = page.url.rpartition("/")[0]
    page.locator("input[value=elbow]").check(force=True)
    page.locator("main form .btn-big, main form button").last.click()
    page.wait_for_url("**/photos")
    page.goto(f"{draft}/story")
    page.locator("[name=since]").first.check(force=True)
    page.locator("[name=question]").fill("¿Qué es y qué hago en casa?")
    page.locator("main form button").last.click()
    page.wait_for_url("**/questions/**")
    page.goto(f"{draft}/check")
    assert page.locator("#today-title").is_visible()
    look_at(page, "check-today", language, {"check"})
    page.locator("[name=agree]").check(force=True)
    page.locator("main form .btn-big").last.click()
    page.wait_for_url("**/sent")
    assert page.locator("#today-title").is_visible()
    look_at(page, "sent-today", language)


@pytest.mark.wide
def test_staff_whose_request_is_stopped_read_the_numbers(
    clinic: Clinic, enter: Enter, address: str, devices: Devices
) -> None:
    page = devices.desktop()
    enter(page, clinic.pcp)
    page.goto(f"{address}/clinic/ask")
    page.locator("main form button[name=child]").first.click()
    page.locator("input[value=poisoning]").check()
    page.locator("button[name=verb][value=send]").first.click()
    page.locator("#now-calls").wait_for()
    look_at(page, "stopped-request", "en")
