"""The browser's part of an upload, in a real browser on a phone, against a real server that is also killed."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Error, Page, Route, expect
from sqlalchemy import select

from econsult.consults.attachments import Attachment, AttachmentState
from econsult.consults.records import Consult
from tests.services.browser import Devices
from tests.web.upload_page import PHOTO, arrived, half_of, left_alone, open_photos, sent_by, sign_in, slow_down
from tests.web.uploading import Server


def test_a_chosen_photo_is_sent_at_once_and_safe_is_said_only_then(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    expect(phone.locator("[data-upload-plain]")).to_be_hidden()
    slow_down(phone, 700_000)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-state", "sending")
    expect(phone.locator("[data-upload-busy]")).to_be_visible()
    expect(phone.locator("[data-upload-safe]")).to_be_hidden()
    expect(cards).to_contain_text(re.compile("Enviando, [0-9]+.%"))
    expect(cards).to_have_attribute("data-state", "sent")
    expect(phone.locator("[data-upload-safe]")).to_be_visible()
    assert arrived(server, draft) == [PHOTO["buffer"]]
    with server.runtime.database.writing() as session:
        sent = session.scalars(select(Attachment).where(Attachment.consult_id == draft.id)).one()
        sent.state, sent.reason = AttachmentState.REJECTED, "is_a_document"
    expect(cards).to_contain_text("Esto es un PDF.")


@pytest.mark.wide
def test_what_was_chosen_before_the_script_came_is_sent_once(server: Server, draft: Consult, phone: Page) -> None:
    def choose_first(route: Route) -> None:
        phone.set_input_files("#far-choose", PHOTO)
        route.continue_()

    sign_in(server, phone, server.clinic.mother).route(re.compile(r"/upload\.\w+\.js"), choose_first)
    cards = open_photos(server, phone, draft)
    expect(cards).to_have_attribute("data-state", "sent")
    assert arrived(server, draft) == [PHOTO["buffer"]]


def test_a_phone_without_internet_keeps_the_photo_and_sends_it_when_a_new_page_finds_it(
    server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.context.set_offline(True)
    phone.set_input_files("#close-choose", [PHOTO, {**PHOTO, "name": "IMG_2.jpg"}])
    expect(cards.first).to_have_attribute("data-state", "offline")
    expect(cards.first).to_contain_text("espera internet")
    reopened = phone.context.new_page()
    phone.close(run_before_unload=False)
    reopened.context.set_offline(False)
    cards = open_photos(server, reopened, draft)
    for number in range(2):
        expect(cards.nth(number)).to_have_attribute("data-state", "sent")
    assert arrived(server, draft) == [PHOTO["buffer"]] * 2


@pytest.mark.wide
def test_a_card_has_the_name_and_the_drawing_that_the_server_gives_the_file(
    server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.context.set_offline(True)
    phone.locator("details", has=phone.locator("#video-choose")).locator("summary").click()
    choices = {"far": ("De lejos", "photo"), "video": ("Video", "video"), "paper": ("Papel o PDF", "lab_document")}
    for number, (name, (title, kind)) in enumerate(choices.items()):
        phone.set_input_files(f"#{name}-choose", PHOTO)
        expect(cards.nth(number).locator("h3")).to_have_text(title)
        expect(cards.nth(number).locator(f"[data-of={kind}]")).to_have_count(1)
        expect(cards.nth(number).locator("[data-of]:not([hidden])")).to_have_attribute("data-of", kind)


@pytest.mark.wide
def test_internet_that_comes_back_is_enough(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.context.set_offline(True)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-state", "offline")
    phone.context.set_offline(False)
    expect(cards).to_have_attribute("data-state", "sent")


@pytest.mark.wide
def test_a_page_that_is_closed_in_the_middle_goes_on_where_the_server_stands(
    server: Server, draft: Consult, phone: Page
) -> None:
    video = {"name": "clip.mov", "mimeType": "video/quicktime", "buffer": os.urandom(3_000_000)}
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    slow_down(phone, 1_000_000)
    before = sent_by(phone)
    phone.locator("details", has=phone.locator("#video-choose")).locator("summary").click()
    phone.set_input_files("#video-choose", video)
    expect(cards).to_contain_text(re.compile("Enviando, [2-9][0-9].%"))
    reopened = phone.context.new_page()
    reopened.context.set_offline(True)
    phone.close(run_before_unload=False)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        open_photos(server, reopened, draft)
    reopened.context.set_offline(False)
    after = sent_by(reopened)
    cards = open_photos(server, reopened, draft)
    expect(cards).to_have_attribute("data-state", "sent")
    assert arrived(server, draft) == [video["buffer"]]
    # Nothing was begun anew, and of what had left the phone only the chunk that was on its way may go again.
    assert {request.method for request in after} == {"PATCH"}
    assert int(after[0].headers["upload-offset"]) >= int(before[-1].headers["upload-offset"])


def test_a_server_that_dies_in_the_middle_is_waited_for(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    slow_down(phone, 400_000)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_contain_text(re.compile("Enviando, [2-9][0-9].%"))
    server.service.kill()
    expect(cards).to_have_attribute("data-state", "waiting")
    server.start(server.ports[0])
    expect(cards).to_have_attribute("data-state", "sent", timeout=30_000)
    assert arrived(server, draft) == [PHOTO["buffer"]]


def test_another_persons_files_are_neither_shown_nor_sent(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    count = "(who) => import('/static/upload-store.js').then((m) => m.kept(...who)).then((files) => files.length)"
    mother, stranger = server.clinic.mother.public_id, server.clinic.stranger.public_id
    assert phone.evaluate(count, [mother, draft.public_id]) == 0
    phone.context.set_offline(True)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-state", "offline")
    assert phone.evaluate(count, [mother, draft.public_id]) == 1
    assert phone.evaluate(count, [stranger, draft.public_id]) == 0
    assert phone.evaluate(count, [mother, "another"]) == 0


def test_files_that_cannot_be_are_named_before_anything_is_sent(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.set_input_files("#far-choose", {**PHOTO, "buffer": b""})
    expect(cards).to_have_attribute("data-problem", "empty")
    expect(cards).to_contain_text("vacío")
    cards.locator("[data-remove]").click()
    expect(cards).to_have_count(0)
    expect(phone.locator("[data-upload-safe]")).to_be_hidden()
    assert arrived(server, draft) == []


@pytest.mark.wide
def test_signing_out_elsewhere_stops_the_file_but_does_not_lose_it(
    server: Server, draft: Consult, devices: Devices
) -> None:
    phone = devices.phone()
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.context.clear_cookies()
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-problem", "signed_out")
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    expect(cards).to_have_attribute("data-state", "sent")
    assert arrived(server, draft) == [PHOTO["buffer"]]


@pytest.mark.wide
def test_signing_in_again_in_another_window_is_enough(server: Server, draft: Consult, devices: Devices) -> None:
    phone = devices.phone()
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    signed_in = phone.context.cookies()
    phone.context.clear_cookies()
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-problem", "signed_out")
    phone.context.add_cookies(signed_in)
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(cards).to_have_attribute("data-state", "sent")


@pytest.mark.wide
def test_a_phone_that_lost_its_memory_goes_on_with_the_same_file_picked_again(
    server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    # So slow that a busy machine sees it under way: the second half takes three seconds.
    slow_down(phone, 120_000)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_contain_text(re.compile("Enviando, [4-9][0-9].%"), timeout=20_000)
    phone.goto("about:blank")
    forgotten = {"origin": f"http://localhost:{server.ports[0]}", "storageTypes": "indexeddb"}
    phone.context.new_cdp_session(phone).send("Storage.clearDataForOrigin", forgotten)
    cards = open_photos(server, phone, draft)
    # Its bytes came a moment ago, so another phone may be at it: it can be gone on with, and not removed.
    expect(cards).to_have_attribute("data-state", "elsewhere")
    expect(cards).to_contain_text("elija de nuevo el mismo archivo")
    expect(phone.locator("[data-upload-safe]")).to_be_hidden()
    left_alone(server, half_of(server, draft))
    sent = sent_by(phone)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_count(1)
    expect(cards).to_have_attribute("data-state", "sent")
    assert {request.method for request in sent} == {"PATCH"}
    assert int(sent[0].headers["upload-offset"]) > 0
    assert arrived(server, draft) == [PHOTO["buffer"]]


@pytest.mark.wide
def test_another_file_does_not_go_on_where_a_lost_one_stopped(server: Server, draft: Consult, phone: Page) -> None:
    mother = server.phone(server.clinic.mother)
    half = mother.create(draft, len(PHOTO["buffer"]))
    mother.patch(half, 0, PHOTO["buffer"][:300_000])
    left_alone(server, half)
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    expect(cards).to_have_attribute("data-state", "lost")
    expect(cards).to_contain_text("Elija de nuevo el mismo archivo")
    other = {**PHOTO, "buffer": os.urandom(700_000)}
    phone.set_input_files("#far-choose", other)
    expect(cards.nth(1)).to_have_attribute("data-state", "sent")
    assert arrived(server, draft) == [other["buffer"]]
    # The card goes at once, and the server is told meanwhile.
    with phone.expect_response(lambda answer: answer.request.method == "DELETE"):
        cards.first.locator("[data-remove]").click()
    expect(cards).to_have_count(1)
    expect(phone.locator("[data-upload-safe]")).to_be_visible()
    assert mother.head(half).status == 410
