"""The clinic's files in a real browser: a request waits for what is on its way, and the case page goes on with it."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect
from sqlalchemy import select

from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.people.persons import Person
from econsult.people.signin import open_session
from tests.services.browser import Devices
from tests.web.browsing import session_cookie
from tests.web.looking import english_left, overflow, violations
from tests.web.uploading import Server

PHOTO = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": os.urandom(700_000)}
CARDS = "[data-upload-list] > li"
SLOW, FAST = 60_000, 4_000_000


@pytest.fixture
def draft(server: Server) -> Consult:
    return server.consult(server.clinic.draft)


@pytest.fixture
def desk(server: Server, devices: Devices, draft: Consult) -> Page:
    """The doctor's page of the draft, on a slow line."""
    page = enter(server, devices.desktop(), server.clinic.pcp)
    page.goto(f"{home(server)}/clinic/requests/{draft.public_id}")
    expect(page.locator("form[data-upload-state]")).to_have_count(1)
    page.select_option("#lacking", "follows")
    return page


def home(server: Server) -> str:
    return f"http://localhost:{server.ports[0]}"


def enter(server: Server, page: Page, person: Person) -> Page:
    with server.runtime.database.writing() as session:
        token = open_session(session, person, datetime.now(UTC))
    page.context.add_cookies([session_cookie(token, home(server))])
    return page


def pace(page: Page, bytes_per_second: int) -> None:
    told = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", told)


def choose(page: Page, *, speed: int = SLOW) -> None:
    """Choose a photo, and see it under way."""
    pace(page, speed)
    page.set_input_files("#file-photo-close", PHOTO)
    expect(page.locator(CARDS)).to_have_attribute("data-state", "sending")


def state(server: Server, draft: Consult) -> tuple[str, list[int]]:
    """The status of the request, and the sizes of the files that arrived whole."""
    with server.runtime.database.reading() as session:
        sizes = session.scalars(select(Attachment.size).where(Attachment.consult_id == draft.id))
        return str(session.get_one(Consult, draft.id).status), list(sizes)


def questions(page: Page) -> list[str]:
    """A list that grows with every question that the browser asks before it leaves; each is answered with no."""
    heard: list[str] = []

    def hear(dialog: Dialog) -> None:
        heard.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", hear)
    return heard


def test_a_request_waits_for_the_photo_that_is_on_its_way(server: Server, draft: Consult, desk: Page) -> None:
    asked = questions(desk)
    choose(desk)
    # What is on its way is not there yet.
    expect(desk.locator("[data-item='4']")).to_have_class("miss")
    desk.keyboard.press("Control+Enter")
    waits = desk.get_by_role("group", name=re.compile("Waiting for 1 file, [0-9]+.%"))
    expect(waits).to_be_focused()
    expect(desk.locator("[data-wait-heard]")).to_have_text(re.compile("Waiting for 1 file. The request goes"))
    assert state(server, draft) == ("draft", [])
    assert (violations(desk), overflow(desk)) == ([], 0)
    pace(desk, FAST)
    desk.wait_for_url(re.compile("/consults/.*said=request_sent"), timeout=30_000)
    assert state(server, draft) == ("submitted", [len(PHOTO["buffer"])])
    assert asked == []


@pytest.mark.wide
def test_what_is_sent_without_a_file_goes_on_on_the_case_page(server: Server, draft: Consult, desk: Page) -> None:
    asked = questions(desk)
    choose(desk)
    desk.locator("[data-send]").click()
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("button", name="Send without it")).to_be_focused()
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile("/consults/.*said=request_sent"))
    assert state(server, draft) == ("submitted", [])
    expect(desk.locator(CARDS)).to_be_visible()
    expect(desk.locator(".no-files")).to_be_hidden()
    pace(desk, FAST)
    expect(desk.locator(CARDS)).to_have_attribute("data-state", "sent", timeout=30_000)
    assert state(server, draft) == ("submitted", [len(PHOTO["buffer"])])
    assert asked == []


@pytest.mark.wide
def test_waiting_can_be_ended_and_a_file_taken_away(server: Server, draft: Consult, desk: Page) -> None:
    choose(desk)
    send, box = desk.locator("[data-send]"), desk.locator("[data-wait]")
    send.click()
    desk.get_by_role("button", name="Do not send yet").click()
    expect(box).to_be_hidden()
    expect(send).to_be_focused()
    send.click()
    desk.locator(f"{CARDS} [data-remove]").click()
    expect(box).to_contain_text("a file was taken away")
    expect(desk.get_by_role("button", name="Send without")).to_have_count(0)
    assert state(server, draft) == ("draft", [])
    send.click()
    desk.wait_for_url(re.compile("/consults/.*said=request_sent"))


def test_a_file_that_cannot_arrive_is_named_before_the_request_goes(server: Server, draft: Consult, desk: Page) -> None:
    desk.set_input_files("#file-photo-close", {**PHOTO, "buffer": b""})
    expect(desk.locator(CARDS)).to_have_attribute("data-problem", "empty")
    desk.locator("[data-send]").click()
    expect(desk.get_by_role("group", name=re.compile("Not sent yet: 1 file did not arrive"))).to_be_focused()
    assert state(server, draft) == ("draft", [])


@pytest.mark.wide
def test_text_that_was_typed_while_waiting_is_saved(server: Server, draft: Consult, desk: Page) -> None:
    choose(desk)
    desk.locator("#thinks").fill("Eczema, typed before")
    desk.locator("[data-send]").click()
    expect(desk.locator("[data-wait]")).to_be_visible()
    with desk.expect_response(lambda answer: "typed while waiting" in (answer.request.post_data or "")):
        desk.locator("#thinks").fill("Eczema, typed while waiting")
        desk.locator("#tried").focus()
    with server.runtime.database.reading() as session:
        assert session.get_one(Consult, draft.id).details["thinks"] == "Eczema, typed while waiting"


@pytest.mark.wide
def test_leaving_while_a_file_is_on_its_way_asks(desk: Page) -> None:
    asked = questions(desk)
    choose(desk)
    desk.locator("a[href='/clinic']").first.click()
    expect(desk.locator(CARDS)).to_have_attribute("data-state", "sending")
    assert asked == ["beforeunload"]
    assert "/clinic/requests/" in desk.url


MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("name", "size"), [("nurse", MEGABYTE), pytest.param("pcp", 35 * MEGABYTE, marks=pytest.mark.slow)]
)
@pytest.mark.wide
def test_the_case_page_sends_files_by_itself(
    server: Server, devices: Devices, tmp_path: Path, name: str, size: int
) -> None:
    """Also a film that the plain form would not take."""
    case, person = server.consult(server.clinic.econsult), getattr(server.clinic, name)
    with server.runtime.database.writing() as session:
        session.get_one(Consult, case.id).requester_id = person.id
    page = enter(server, devices.phone(), person)
    page.goto(f"{home(server)}/consults/{case.public_id}?lang=es")
    page.locator("[data-adding] > summary").click()
    expect(page.locator("[data-upload-plain]")).to_be_hidden()
    film = tmp_path / "film.mp4"
    film.write_bytes(bytes(size))
    page.set_input_files("#file-video", film)
    expect(page.locator(CARDS)).to_have_attribute("data-state", "sent", timeout=120_000)
    assert state(server, case)[1] == [size]
    assert (english_left(page), overflow(page), violations(page)) == (set(), 0, [])


DROP = """([selector, name, types]) => {
  const carried = new DataTransfer()
  carried.items.add(new File([new Uint8Array(2000).fill(7)], name, { type: types[0] }))
  if (types[1]) carried.setData(types[1], 'Ferritin 12')
  const told = { bubbles: true, cancelable: true }
  const event = name === 'pasted.png' ? new ClipboardEvent('paste', { ...told, clipboardData: carried })
    : new DragEvent('drop', { ...told, dataTransfer: carried })
  const target = document.querySelector(selector)
  target.focus()
  return !target.dispatchEvent(event)
}"""
"""Drops or pastes a file where the selector says; whether the page took it from the browser."""


@pytest.mark.wide
def test_a_file_is_dragged_onto_a_button_or_pasted_and_said_what_it_is(desk: Page) -> None:
    lab, cards = "label[for=file-lab_document-laboratory]", desk.locator(CARDS)
    assert desk.evaluate(DROP, [lab, "ferritin.pdf", ["application/pdf"]])
    expect(cards).to_have_count(1)
    expect(cards.first.locator("[data-title]")).to_have_text("Paper or PDF")
    which = desk.locator("[data-upload-which]")
    expect(which).to_be_hidden()
    # Beside the buttons: the page stays, asks what it is, and the next button takes it instead of looking for a file.
    assert desk.evaluate(DROP, ["h1", "rash.jpg", ["image/jpeg"]])
    expect(which).to_be_visible()
    expect(which).to_have_text("Your file is here. What is it? Press one of these.")
    if folder := os.environ.get("ECONSULT_TEST_SHOTS"):
        desk.screenshot(path=Path(folder) / "which.png")
    assert (violations(desk), overflow(desk)) == ([], 0)
    expect(cards).to_have_count(1)
    desk.locator("label[for=file-photo-close]").click()
    expect(cards).to_have_count(2)
    expect(which).to_be_hidden()
    expect(cards.last.locator("[data-title]")).to_have_text("Close up")
    assert desk.evaluate(DROP, ["#question", "pasted.png", ["image/png"]])
    expect(which).to_be_visible()
    desk.locator("#file-photo-far").press("Space")
    expect(cards).to_have_count(3)
    # Cells of a table are words with a picture of them: they go into the field, as they always did.
    assert not desk.evaluate(DROP, ["#question", "pasted.png", ["image/png", "text/plain"]])
    expect(which).to_be_hidden()
