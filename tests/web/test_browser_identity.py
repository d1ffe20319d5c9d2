"""A name that opens by exception, in a real browser: accessible, whole on a phone and a desk, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from econsult.consults.glass import BrokenGlass
from econsult.people.passwords import hash_password
from econsult.people.persons import Person
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.conftest import Enter
from tests.web.looking import complaints, look_at
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
PASSWORD = "a long enough password"
CODES = {"father", "mother"}
"""What stands in the officer's log as it is in the trail."""
REASON = {"en": "The laboratory asks which child this is.", "es": "El laboratorio pregunta qué niño es."}


def _close_after_the_hour(runtime: Runtime, page: Page) -> None:
    """The name goes from the screen by itself, and lies behind no button of the browser."""
    page.clock.install()
    page.reload()
    entries = page.evaluate("history.length")
    with runtime.database.writing() as session:
        session.execute(update(BrokenGlass).values(ends_at=NOW))
    page.clock.fast_forward("01:00:02")
    expect(page.locator("#reason")).to_be_visible()
    assert (page.get_by_text("Luz Prueba").count(), page.evaluate("history.length")) == (0, entries)
    for step in (page.go_back, page.go_forward):
        step()
        assert "Luz Prueba" not in page.content()


@pytest.mark.parametrize(("language", "width"), spread([("es", 390), ("en", 1440)], 1))
def test_the_pages_around_an_open_name_are_accessible_whole_and_quiet(
    devices: Devices,
    enter: Enter,
    address: str,
    runtime: Runtime,
    clinic: Clinic,
    officer: Person,
    language: str,
    width: int,
) -> None:
    with runtime.database.writing() as session:
        session.execute(update(Person).where(Person.id == clinic.derm.id).values(password_hash=hash_password(PASSWORD)))
        session.execute(update(Person).values(language=language))
        consult = clinic.claimed(session, now=NOW)
    page = devices.desktop(viewport={"width": width, "height": 900})
    heard = complaints(page)

    def look(name: str) -> None:
        look_at(page, name, language, CODES)

    enter(page, clinic.derm)
    page.goto(f"{address}/consults/{consult.public_id}?lang={language}")
    look("case")
    page.locator(f'a[href="/consults/{consult.public_id}/identity"]').click()
    look("closed")
    page.fill("#factor_password", "a wrong password here")
    page.fill("#reason", REASON[language])
    page.locator("main form button").last.click()
    look("refused")
    assert page.input_value("#reason") == REASON[language]
    page.fill("#factor_password", PASSWORD)
    page.locator("main form button").last.click()
    look("open")
    assert page.get_by_text("Luz Prueba").is_visible()
    _close_after_the_hour(runtime, page)
    for person, path in ((officer, "/privacy"), (clinic.mother, f"/family/children/{clinic.child.public_id}/seen")):
        enter(page, person)
        page.goto(f"{address}{path}?lang={language}")
        look(path.rpartition("/")[2])
    assert [line for line in heard if "422" not in line] == []
