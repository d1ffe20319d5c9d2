"""Inviting and being invited, in a real browser: accessible, whole on a phone and a desk, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from sqlalchemy import update

from econsult.people.patients import Patient
from econsult.people.persons import Person
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.web.conftest import Enter
from tests.web.looking import complaints, look_at
from workers.runtime import Runtime

QUESTION = "¿Qué le salió en el codo esta semana?"
NAMES = {"mother"}
"""What the persona is called, which is a word as well."""
WIDTHS = {"en": 1440, "es": 390}


def pass_questions(phone: Page, look: Callable[[Page, str], None]) -> None:
    """Two pages of questions, which nobody must answer."""
    for subject in ("dermatology", "core"):
        look(phone, f"questions-{subject}")
        phone.locator("main form button").last.click()


@pytest.mark.slow
@pytest.mark.parametrize("language", WIDTHS)
def test_from_the_clinics_sheet_to_a_question_that_it_takes_for_the_familys(
    devices: Devices, enter: Enter, address: str, runtime: Runtime, clinic: Clinic, language: str
) -> None:
    width = WIDTHS[language]
    with runtime.database.writing() as session:
        session.execute(update(Person).values(language=language))
        session.execute(update(Patient).values(language=language))
    desk, phone = (devices.desktop(viewport={"width": width, "height": 900}) for _ in range(2))
    heard = [complaints(page) for page in (desk, phone)]

    def look(page: Page, name: str) -> None:
        look_at(page, name, language, NAMES)

    enter(desk, clinic.pcp)
    desk.goto(f"{address}/clinic")
    look(desk, "clinic")
    desk.locator(f'a[href="/invitations/{clinic.child.public_id}"]').first.click()
    desk.locator("form:has(#sent_to) button").click()
    look(desk, "sheet")
    link = desk.locator("article code").inner_text().partition("/invitation/")[2]

    phone.goto(f"{address}/invitation/{link}?lang={language}")
    look(phone, "link")
    phone.locator("main form button").click()
    look(phone, "faulty")
    phone.locator('input[value="mother"]').check()
    phone.fill("#birth_date", "2022-01-15")
    phone.locator("main form button").click()
    look(phone, "device")
    phone.locator("main form button").click()
    phone.locator('button[value="no"]').click()
    phone.locator('input[value="elbow"]').check()
    phone.locator("main form button").last.click()
    look(phone, "photos")
    phone.locator(".onward a").click()
    phone.locator('input[value="days"]').check()
    phone.fill("#question", QUESTION)
    phone.locator("main form button").last.click()
    pass_questions(phone, look)
    look(phone, "check")
    phone.locator("#agree").check()
    phone.locator("main form button").last.click()
    look(phone, "sent")

    desk.goto(f"{address}/invitations/{clinic.child.public_id}")
    look(desk, "list")
    desk.goto(f"{address}/clinic")
    desk.locator(".queue a").first.click()
    look(desk, "case")
    desk.locator('input[name="sender"]').first.check()
    desk.locator('form[action$="/adopt"] button').click()
    look(desk, "adopted")
    assert [line for lines in heard for line in lines if "422" not in line] == []
