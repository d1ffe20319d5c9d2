"""Taking an answer along in a real browser: the buttons, the clipboard, the files, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from econsult.consults import answers
from econsult.consults.records import Consult
from econsult.people.persons import Person
from tests.imaging.paper_readers import words_of
from tests.personas import ANSWER, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.conftest import Enter
from tests.web.looking import complaints, look_at
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
AS_WRITTEN = {"Atopic dermatitis"}


@pytest.fixture
def answered(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
        return consult


@pytest.mark.wide
@pytest.mark.parametrize(("language", "width"), spread([("es", 390), ("en", 1440)], 1))
def test_each_reader_finds_the_note_on_a_page_that_is_whole(
    devices: Devices,
    enter: Enter,
    address: str,
    runtime: Runtime,
    clinic: Clinic,
    answered: Consult,
    language: str,
    width: int,
) -> None:
    with runtime.database.writing() as session:
        session.execute(update(Person).values(language=language))
    page = devices.desktop(viewport={"width": width, "height": 900})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    heard = complaints(page)
    for person, path in (
        (clinic.pcp, f"/consults/{answered.public_id}"),
        (clinic.derm, f"/consults/{answered.public_id}"),
        (clinic.coordinator, f"/coordination/{answered.public_id}"),
    ):
        enter(page, person)
        page.goto(f"{address}{path}?lang={language}")
        page.locator("details:has(.code) summary").click()
        look_at(page, f"note-{person.role}", language, AS_WRITTEN)
        page.locator("[data-copy]").click()
        page.locator("[data-copied]:not(:empty)").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(f"ANSWER TO ECONSULT {answered.number}" if language == "en" else "RESPUESTA A LA")
        assert ("Luz Prueba" in copied) == (person.id != clinic.derm.id)
    enter(page, clinic.mother)
    page.goto(f"{address}/family/questions/{answered.public_id}/answer?lang={language}")
    look_at(page, "note-family", language, AS_WRITTEN)
    with page.expect_download() as saved:
        page.locator('a[href$="/answer/note.pdf"]').click()
    assert saved.value.suggested_filename == f"econsult-{answered.number}-version-1-family.pdf"
    assert str(ANSWER["family_summary"]) in words_of(saved.value.path().read_bytes())
    assert heard == []


def test_a_copy_that_fails_says_so(
    devices: Devices, enter: Enter, address: str, clinic: Clinic, answered: Consult
) -> None:
    page = devices.desktop()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    enter(page, clinic.pcp)
    page.goto(f"{address}/consults/{answered.public_id}?lang=en")
    page.context.clear_cookies()
    page.locator("[data-copy]").click()
    page.locator("[data-copied]:not(:empty)").wait_for()
    assert page.locator("[data-copied]").inner_text() == "It could not be copied. Take the text file."
