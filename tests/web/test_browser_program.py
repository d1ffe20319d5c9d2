"""The pages of the queue's own people in a real browser: accessible, whole on a phone and a desk, in both languages.

`ECONSULT_TEST_SHOTS=FOLDER` keeps a picture of each.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from econsult.consults import answers
from econsult.consults.reopening import reopen
from econsult.people.persons import Person, choose_language
from econsult.rosters import planning, qualifying, swapping
from econsult.rosters.planning import ShiftForm
from tests.personas import ANSWER, LEASE, TARGETS, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.conftest import Enter
from tests.web.looking import complaints, english_left, overflow, settle, violations
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)


def pages_of(runtime: Runtime, clinic: Clinic) -> list[tuple[str, Person, str]]:
    with runtime.database.writing() as session:
        session.merge(clinic.child).phone = "505-555-0177"
        clinic.econsult(session, now=NOW)
        qualifying.add_fallback(session, clinic.admin, "dermatology", "genetics", now=NOW)
        qualifying.bar(session, clinic.coordinator, clinic.derm2.public_id, session.merge(clinic.child), now=NOW)
        again = clinic.answered(session, now=NOW)
        reopen(session, again, clinic.pcp, "new symptom", now=NOW, targets=TARGETS)
        for person, days in ((clinic.derm2, (-1, 1)), (clinic.derm, (5, 9))):
            starts, ends = (NOW + timedelta(days=number) for number in days)
            planning.take_off(session, clinic.coordinator, person.public_id, starts, ends, now=NOW)
        consult = clinic.claimed(session, now=NOW)
        content = {**ANSWER, "disposition": "emergency_now"}
        answers.save_draft(session, consult, clinic.derm, content, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
    return [
        ("call", clinic.pcp, f"/calls/{consult.public_id}"),
        ("again", clinic.pcp, f"/consults/{again.public_id}"),
        ("clinic", clinic.pcp, "/clinic"),
        ("board", clinic.coordinator, "/coordination"),
        ("desk", clinic.coordinator, "/coordination/desk"),
        ("roster", clinic.director, "/program/roster"),
        ("away", clinic.coordinator, "/program/roster/off"),
        ("duty", clinic.derm, "/program/roster/mine"),
        ("people", clinic.coordinator, "/program/people"),
        ("rules", clinic.director, "/program/rules"),
        ("figures", clinic.director, "/program"),
        ("results", clinic.director, "/program/results"),
    ]


def plan_and_ask(session: Session, clinic: Clinic) -> None:
    """Two shifts; one day of each is to be taken over by the other, which one of them has accepted."""
    asked = []
    for person, other in ((clinic.derm, clinic.derm2), (clinic.derm2, clinic.derm)):
        soon = NOW + timedelta(days=2)
        form = ShiftForm(person.public_id, "dermatology", soon.weekday(), 18 * 60, 12 * 60, "UTC")
        number = planning.add_shift(session, clinic.coordinator, form, now=NOW).id
        asked.append(swapping.offer_swap(session, clinic.coordinator, number, soon.date(), other.public_id, now=NOW))
    swapping.accept_swap(session, clinic.derm2, asked[0].id, now=NOW)


BAR = """() => [...document.querySelectorAll('header.bar')].flatMap((bar) => {
  const boxes = [...bar.querySelectorAll('.home, nav li, .who')].map((part) => part.getBoundingClientRect());
  const laps = boxes.filter((box, at) => at && box.left < boxes[at - 1].right).map((box) => Math.round(box.left));
  return bar.offsetHeight < 62 && boxes.at(-1).right <= innerWidth ? laps : [bar.offsetHeight, ...laps];
})"""
"""What is wrong with the bar above a page: its height where it is more than a line, and where a part covers another."""


@pytest.mark.wide
@pytest.mark.parametrize(("language", "width"), spread([("en", 1440), ("es", 390)], 1))
def test_every_page_of_the_program_is_accessible_whole_and_quiet(
    devices: Devices, enter: Enter, address: str, runtime: Runtime, clinic: Clinic, language: str, width: int
) -> None:
    page = devices.desktop(viewport={"width": width, "height": 900})
    heard = complaints(page)
    pages = pages_of(runtime, clinic)
    with runtime.database.writing() as session:
        plan_and_ask(session, clinic)
        session.merge(clinic.program).name = "Children's Medical Services of the Southern Mesa Valley and Pueblos"
    for name, person, path in pages:
        enter(page, person)
        page.goto(f"{address}{path}?lang={language}")
        settle(page)
        if folder := os.environ.get("ECONSULT_TEST_SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}-{language}.png", full_page=True)
        assert (path, violations(page), overflow(page)) == (path, [], 0)
        # From a tablet's screen on, the longest menu stands in one line, and nothing of the bar lies over another part.
        for desk in (1024, 1261, 1320, 1600):
            page.set_viewport_size({"width": desk, "height": 900})
            assert (path, desk, page.evaluate(BAR)) == (path, desk, [])
        page.set_viewport_size({"width": width, "height": 900})
        assert language == "en" or english_left(page) == set(), path
    assert heard == []


@pytest.mark.parametrize(("language", "width"), spread([("es", 390), ("en", 1440)], 1))
def test_what_a_time_off_would_change_is_seen_beside_its_form(
    devices: Devices, enter: Enter, address: str, runtime: Runtime, clinic: Clinic, language: str, width: int
) -> None:
    pages_of(runtime, clinic)
    with runtime.database.writing() as session:
        choose_language(session, clinic.coordinator, language, NOW)
    page = enter(devices.desktop(viewport={"width": width, "height": 900}), clinic.coordinator)
    heard = complaints(page)
    page.goto(f"{address}/program/roster")
    page.locator("#away").select_option(label=clinic.derm.name)
    page.locator("#until").fill((NOW + timedelta(days=4)).strftime("%Y-%m-%d"))
    page.locator("#until_at").fill("9:30")
    page.locator("form[action='/program/roster/off'] button[value=look]").click()
    expect(page.locator("#tried li").first).to_be_in_viewport()
    expect(page.locator("#away option:checked")).to_have_text(clinic.derm.name)
    if folder := os.environ.get("ECONSULT_TEST_SHOTS"):
        page.screenshot(path=Path(folder) / f"tried-{width}-{language}.png", full_page=True)
    assert (violations(page), overflow(page), heard) == ([], 0, [])
    assert language == "en" or english_left(page) == set()
