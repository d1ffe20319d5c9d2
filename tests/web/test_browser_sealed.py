"""Taking a consent back and opening under a legal hold, in a real browser, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page
from sqlalchemy import update

from econsult.consults.attachments import MediaKind
from econsult.people.patients import Patient
from econsult.people.persons import Person
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.conftest import Enter
from tests.web.filing import file_ready
from tests.web.looking import complaints, look_at
from workers.copies import Made
from workers.runtime import Runtime

WIDTHS = {"en": 1440, "es": 390}
NAMES = {"mother"}
"""What the persona is called, which is a word as well."""
ORDER = "An order of the district court, number 4711."


@pytest.mark.parametrize("language", spread(reversed(WIDTHS), 1))
def test_from_the_familys_word_to_the_officers_hold(
    devices: Devices,
    enter: Enter,
    address: str,
    runtime: Runtime,
    clinic: Clinic,
    officer: Person,
    language: str,
) -> None:
    width, now = WIDTHS[language], datetime.now(UTC)
    with runtime.database.writing() as session:
        session.execute(update(Person).values(language=language))
        session.execute(update(Patient).values(language=language))
        consult = clinic.claimed(session, now=now)
    file_ready(runtime, consult, clinic.pcp, MediaKind.PHOTO, [Made("thumb", "image/jpeg", b"x", 10, 10)], now)
    page = devices.desktop(viewport={"width": width, "height": 900})
    heard = complaints(page)

    def look(name: str) -> None:
        look_at(page, f"seal-{name}", language, NAMES)

    def show(page: Page, person: Person, path: str) -> None:
        enter(page, person)
        page.goto(f"{address}{path}")

    show(page, clinic.coordinator, f"/coordination/{consult.public_id}")
    page.locator("details summary").filter(has=page.locator('use[href$="#lock"]')).first.click()
    look("desk")
    show(page, clinic.mother, f"/family/questions/{consult.public_id}")
    page.locator("#allowed summary").click()
    look("allowed")
    page.locator("#consent summary").click()
    page.locator("#consent form button").click()
    look("family-refused")
    page.locator("#seal").check()
    page.locator("#consent form button").click()
    look("family")
    show(page, clinic.pcp, f"/consults/{consult.public_id}")
    look("case")
    show(page, officer, "/privacy/sealed")
    look("list")
    page.locator("main li a").click()
    page.locator("main form button").click()
    look("hold-refused")
    page.fill("#reason", ORDER)
    page.locator("main form button").click()
    look("hold")
    assert [line for line in heard if "422" not in line] == []
