"""The pages around the day on which a young person is grown up, in a real browser and in both languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from econsult.people.persons import Person
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.conftest import Enter
from tests.web.looking import complaints, look_at
from tests.web.test_ages import turn_eighteen
from workers.runtime import Runtime


@pytest.mark.parametrize(("language", "width"), spread([("es", 390), ("en", 1440)], 1))
def test_the_pages_of_birthdays_are_accessible_whole_and_quiet(
    devices: Devices, enter: Enter, address: str, runtime: Runtime, clinic: Clinic, language: str, width: int
) -> None:
    with runtime.database.writing() as session:
        session.execute(update(Person).values(language=language))
    page = devices.desktop(viewport={"width": width, "height": 900})
    heard = complaints(page)
    enter(page, clinic.coordinator)
    page.goto(f"{address}/coordination/ages")
    look_at(page, "ages-none", language)
    turn_eighteen(runtime, clinic, in_days=40)
    page.reload()
    look_at(page, "ages-list", language)
    page.locator("main li a").first.click()
    page.locator("form[action$='/rights'] button").click()
    look_at(page, "ages-refused", language, {"mother"})
    page.locator("input[name=caregiver]").first.check()
    page.locator("input[value=guardianship]").check()
    page.fill("#paper", "Folder 12")
    page.fill("#ends", f"{datetime.now(UTC).year + 2}-01-31")
    page.locator("form[action$='/rights'] button").click()
    look_at(page, "ages-one", language, {"mother"})
    page.locator("form[action$='/end'] button").click()
    enter(page, clinic.mother)
    page.goto(f"{address}/family")
    look_at(page, "ages-family-before", language)
    turn_eighteen(runtime, clinic)
    page.reload()
    look_at(page, "ages-family-after", language)
    assert [line for line in heard if "422" not in line] == []
