"""The staff pages in a real browser: accessible and whole on desk and phone, in two languages, quick with keys."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from econsult.consults.answers import draft_of
from econsult.consults.attachments import MediaKind
from econsult.consults.records import Consult
from econsult.people.persons import Person
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.conftest import Enter
from tests.web.filing import file_ready, file_received
from tests.web.looking import complaints, english_left, overflow, settle, violations
from workers.copies import Made
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
PICTURE = "figure:not([hidden]) [data-picture]"


@pytest.fixture
def rich(runtime: Runtime, clinic: Clinic) -> dict[str, Consult]:
    """Consults in the states that staff meet, one of them with files."""
    with runtime.database.writing() as session:
        found = {
            "asked": clinic.econsult(session, now=NOW),
            "held": clinic.claimed(session, now=NOW),
            "answered": clinic.answered(session, now=NOW),
            "question": clinic.family_question(session, now=NOW),
            "draft": clinic.draft(session, now=NOW),
        }
    for name in ("asked", "held"):
        for view in ("far", "close"):
            file_ready(runtime, found[name], clinic.pcp, MediaKind.PHOTO, copies(), NOW, view=view)
        file_received(runtime, found[name], clinic.pcp, MediaKind.LAB_DOCUMENT, NOW)
    return found


@dataclass(frozen=True)
class Place:
    """Everything a test of this file stands on."""

    devices: Devices
    enter: Enter
    address: str
    clinic: Clinic
    rich: dict[str, Consult]

    def desk(self, person: Person, path: str, **options: Any) -> Page:
        """A clinician's screen with this page open."""
        page = self.enter(self.devices.desktop(**options), person)
        page.goto(self.address + path)
        return page

    def case(self, name: str) -> str:
        return f"/consults/{self.rich[name].public_id}"


@pytest.fixture
def place(devices: Devices, enter: Enter, address: str, clinic: Clinic, rich: dict[str, Consult]) -> Place:
    return Place(devices, enter, address, clinic, rich)


def copies() -> list[Made]:
    """Thumb and view of a brown square."""
    made = []
    for name, side in (("thumb", 320), ("view", 1200)):
        file = io.BytesIO()
        Image.new("RGB", (side, side * 3 // 4), (150, 100, 80)).save(file, "JPEG")
        made.append(Made(name, "image/jpeg", file.getvalue(), side, side * 3 // 4))
    return made


def pages_of(clinic: Clinic, rich: dict[str, Consult]) -> list[tuple[Person, str]]:
    case = {name: f"/consults/{consult.public_id}" for name, consult in rich.items()}
    return [
        (clinic.derm, "/worklist"),
        (clinic.derm, "/worklist?view=done"),
        (clinic.derm, case["asked"]),
        (clinic.derm, case["held"]),
        (clinic.derm, case["held"] + "?lane=family"),
        (clinic.derm2, case["held"]),
        (clinic.pcp, "/clinic"),
        (clinic.pcp, "/clinic/ask"),
        (clinic.pcp, "/clinic/children/new"),
        (clinic.pcp, f"/clinic/requests/{rich['draft'].public_id}"),
        (clinic.pcp, case["question"]),
        (clinic.pcp, case["answered"]),
        (clinic.coordinator, "/coordination"),
        (clinic.coordinator, f"/coordination/{rich['answered'].public_id}"),
        (clinic.admin, "/start"),
    ]


@pytest.mark.parametrize(("language", "width", "scheme"), spread([("es", 320, "dark"), ("en", 1440, "light")], 1))
def test_every_page_is_accessible_whole_and_quiet(place: Place, language: str, width: int, scheme: str) -> None:
    page = place.devices.desktop(viewport={"width": width, "height": 900}, color_scheme=scheme)
    heard = complaints(page)
    for person, path in pages_of(place.clinic, place.rich):
        place.enter(page, person)
        page.goto(f"{place.address}{path}{'&' if '?' in path else '?'}lang={language}")
        settle(page)
        assert (path, violations(page), overflow(page)) == (path, [], 0)
        assert page.locator("html").get_attribute("lang") == language
        assert language == "en" or english_left(page) == set(), path
    assert heard == []


@pytest.mark.wide
def test_the_case_fits_one_screen(place: Place) -> None:
    page = place.desk(place.clinic.derm, place.case("held"))
    assert page.evaluate("document.documentElement.scrollHeight") == 900
    for part in ("#family_summary", "[data-sign]", ".strip", "p.q"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900


def test_keys_walk_the_queue_and_claim(place: Place, runtime: Runtime) -> None:
    with runtime.database.writing() as session:
        second = place.clinic.econsult(session, now=NOW + timedelta(minutes=1))
    page = place.desk(place.clinic.derm, "/worklist")
    page.keyboard.press("j")
    expect(page.locator("[data-peek] h2")).to_have_text(second.number)
    expect(page.locator("[data-peek] .q")).to_have_text(second.question)
    expect(page.locator("[data-peek] [data-picture]")).to_be_hidden()
    expect(page.locator("[data-peek] [data-open]")).to_have_attribute("href", re.compile(second.public_id))
    page.keyboard.press("k")
    expect(page.locator("[data-peek] h2")).to_have_text(place.rich["asked"].number)
    expect(page.locator("[data-peek] [data-picture]")).to_be_visible()
    page.locator("[data-keyswitch]").uncheck()
    page.keyboard.press("j")
    expect(page.locator("[data-peek] h2")).to_have_text(place.rich["asked"].number)
    page.locator("[data-keyswitch]").check()
    page.keyboard.press("c")
    page.wait_for_url(f"**/consults/{place.rich['asked'].public_id}")
    expect(page.locator("#answer")).to_be_visible()


@pytest.mark.wide
def test_news_are_told_and_no_row_moves(place: Place, runtime: Runtime) -> None:
    page = place.desk(place.clinic.derm, "/worklist")
    before = page.locator("tbody").inner_text()
    with runtime.database.writing() as session:
        new = place.clinic.econsult(session, now=NOW, urgency="urgent")
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("[data-news]")).to_contain_text("1 new request. Show it")
    assert page.locator("tbody").inner_text() == before
    page.keyboard.press(".")
    expect(page.locator("tbody tr").first).to_contain_text(new.number)


def test_a_picture_is_looked_at_with_keys_buttons_and_a_press(place: Place) -> None:
    page = place.desk(place.clinic.derm, place.case("asked"))
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-open='2']")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Zoom in").click()
    page.keyboard.press("+")
    page.keyboard.press("r")
    transform = page.locator(PICTURE).evaluate("(image) => image.style.transform")
    assert ("scale(1.96)" in transform, "rotate(90deg)" in transform) == (True, True)
    page.locator("[data-stage]").click(position={"x": 150, "y": 200})
    moved = page.locator(PICTURE).evaluate("(image) => image.style.transform")
    assert "translate(0px, 0px)" in transform
    assert "translate(0px, 0px)" not in moved
    page.keyboard.press("0")
    assert "scale(1)" in page.locator(PICTURE).evaluate("(image) => image.style.transform")


def test_a_picture_that_does_not_come_is_told_and_no_blank_is_judged(place: Place) -> None:
    page = place.desk(place.clinic.derm, "/worklist")
    page.route("**/media/*", lambda route: route.abort())
    page.goto(place.address + place.case("asked"))
    told = page.locator("figure:not([hidden]) [data-blank]")
    expect(told).to_contain_text("What it shows is missing here.")
    expect(page.locator(PICTURE)).to_be_hidden()
    small = page.locator(".strip a").all()
    expect(page.locator(".strip .strip-blank svg")).to_have_count(len(small))
    page.unroute("**/media/*")
    page.reload()
    expect(page.locator(".strip img").first).to_be_visible()
    expect(page.locator(PICTURE)).to_be_visible()
    expect(told).to_be_hidden()


def test_an_answer_saves_itself_and_is_signed_with_the_keyboard(place: Place, runtime: Runtime) -> None:
    page = place.desk(place.clinic.derm, place.case("held"))
    page.keyboard.press("a")
    page.keyboard.type("Atopic dermatitis")
    expect(page.locator("[data-saved]")).to_contain_text("Draft saved")
    with runtime.database.reading() as session:
        draft = draft_of(session, place.rich["held"].id)
    assert draft is not None
    assert draft.content["impression"] == "Atopic dermatitis"
    page.locator("[data-more]").click()
    page.keyboard.type("Fourth step")
    page.locator("#family_summary").fill("This looks like eczema.")
    page.locator("#disposition").select_option("advice_only")
    page.locator("#family_summary").focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/consults/{place.rich['asked'].public_id}?said=signed&was=*")


@pytest.mark.wide
def test_two_windows_lose_no_words(place: Place) -> None:
    here, there = (place.desk(place.clinic.derm, place.case("held")) for _ in range(2))
    there.locator("#impression").fill("From the other window")
    there.locator("#watch_for").focus()
    expect(there.locator("[data-saved]")).to_contain_text("Draft saved")
    here.locator("#impression").fill("From this window")
    here.locator("#watch_for").focus()
    expect(here.locator("[data-saved]")).to_contain_text("both texts")
    here.get_by_role("button", name="Save", exact=True).click()
    expect(here.locator("form#answer .note-warm")).to_contain_text("From the other window")
    assert here.locator("#impression").input_value() == "From this window"
    expect(here.locator("[data-saved]")).to_have_text("Not saved. Your text is still here.")
    expect(here.locator("#impression-error")).to_have_count(0)


@pytest.mark.wide
def test_signing_in_the_middle_of_a_save_meets_no_draft_of_its_own(place: Place) -> None:
    page = place.desk(place.clinic.derm, place.case("held"))
    slow: list[Route] = []
    page.route("**/answer", lambda route: slow.append(route) if not slow else route.continue_())
    with page.expect_request("**/answer"):
        page.locator("#impression").fill("Atopic dermatitis")
        page.locator("#watch_for").focus()
    page.locator("#disposition").select_option("advice_only")
    page.locator("#family_summary").fill("This looks like eczema.")
    page.keyboard.type("Fever")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    page.locator("#impression").focus()
    slow[0].continue_()
    page.wait_for_url(re.compile(rf"/consults/{place.rich['asked'].public_id}\?said=signed&was=*"))


@pytest.mark.wide
def test_keys_ask_for_what_is_missing_and_are_told(place: Place) -> None:
    page = place.desk(place.clinic.derm, place.case("held"))
    page.keyboard.press("?")
    expect(page.locator("[data-keyswitch]")).to_be_focused()
    expect(page.locator("[data-keycard]")).to_contain_text("Ask for something that is missing")
    page.keyboard.press("q")
    page.wait_for_url("**?lane=clinicians#missing")
    expect(page.locator("[data-missing] input").first).to_be_focused()
    expect(page.get_by_role("button", name="Send message (the clock runs on)")).to_be_visible()


@pytest.mark.wide
def test_an_error_mark_goes_once_its_field_is_filled(place: Place) -> None:
    page = place.desk(place.clinic.derm, place.case("held"))
    page.locator("[data-sign]").click()
    expect(page.locator("#problem li")).to_have_count(3)
    # What is seen is there before the scripts that look at what is typed.
    page.wait_for_load_state()
    page.locator("#impression").fill("Eczema")
    page.locator("#disposition").select_option("advice_only")
    expect(page.locator("#problem li")).to_have_count(1)
    expect(page.locator("#impression-error, #disposition-error")).to_have_count(0)
    page.locator("#family_summary").fill("Eczema.")
    expect(page.locator("#problem, .bad")).to_have_count(0)


@pytest.mark.wide
def test_a_request_shows_what_is_missing_while_it_is_written(place: Place) -> None:
    page = place.desk(place.clinic.pcp, f"/clinic/requests/{place.rich['draft'].public_id}")
    expect(page.locator("#ready")).to_have_text("Ready to send: 5 of 8")
    page.locator("#thinks").fill("Eczema")
    expect(page.locator("#ready")).to_have_text("Ready to send: 6 of 8")
    page.locator("#question").fill("Is it?")
    expect(page.locator("#ready")).to_have_text("Ready to send: 5 of 8")
    expect(page.locator("#question-n")).to_have_text("6 of 300 letters")
    expect(page.locator("[data-shows=question]")).to_have_text("Is it?")
    none, sign = page.locator("[data-no-signs]"), page.locator("[name=red_flags][value=seizure]")
    sign.check()
    expect(none).not_to_be_checked()
    sign.uncheck()
    expect(page.locator("#ready")).to_have_text("Ready to send: 4 of 8")
    expect(page.locator("[data-files]")).to_be_hidden()
    expect(page.locator("[data-signs-first]")).to_be_visible()
    none.check()
    expect(page.locator("[data-files]")).to_be_visible()
    page.locator("label", has_text="Urgent").click()
    due = page.locator("[name=urgency][value=urgent]").get_attribute("data-due")
    expect(page.locator("[data-dueline]")).to_have_text(str(due))
    page.locator("#thinks").focus()
    page.locator("#tried").focus()
    expect(page.locator("[data-saved]")).to_have_text("Draft saved")
    page.reload()
    expect(page.locator("#question")).to_have_value("Is it?")


@pytest.mark.wide
def test_without_scripts_the_day_still_works(place: Place) -> None:
    page = place.desk(place.clinic.derm, "/worklist", java_script_enabled=False)
    page.get_by_role("button", name="Next case").click()
    page.locator(".strip a").nth(1).click()
    assert page.locator("figure:not([hidden])").get_attribute("data-sheet") == "2"
    page.locator("#impression").fill("Eczema")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    expect(page.locator("#impression")).to_have_value("Eczema")


@pytest.mark.wide
def test_nothing_wraps_or_hides_once_the_draft_is_saved(place: Place) -> None:
    page = place.desk(place.clinic.derm, place.case("held"))
    page.fill("#impression", "Atopic dermatitis of the elbow crease, moderate, without signs of infection")
    page.locator("button[value=save]").click()
    expect(page.locator("[data-saved]")).to_contain_text("Draft saved")
    for part, most in (("[data-sign]", 48), ("[data-saved]", 24), (".casebar .sla-under", 24)):
        assert page.locator(part).evaluate("part => part.getBoundingClientRect().height") <= most, part
    assert page.locator("#impression").evaluate("box => box.scrollHeight - box.clientHeight") <= 0


@pytest.mark.wide
def test_flags_stand_clear_of_the_question(place: Place) -> None:
    page = place.desk(place.clinic.pcp, "/clinic")
    gaps = page.locator(".ask-line + .flags").evaluate_all(
        "all => all.map(flags => flags.getBoundingClientRect().top"
        " - flags.previousElementSibling.getBoundingClientRect().bottom)"
    )
    assert gaps
    assert min(gaps) >= 1
