"""What goes wrong on a phone and on the way: no photo is lost silently, and no page says what is not true."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Route, expect
from sqlalchemy import func, select

from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.upload_page import PHOTO, arrived, half_of, left_alone, open_photos, sent_by, sign_in, slow_down
from tests.web.uploading import Server
from web.shell.assets import Assets

SECOND = {"name": "IMG_2.jpg", "mimeType": "image/jpeg", "buffer": os.urandom(300_000)}
NO_STORAGE = """Object.defineProperty(window, "indexedDB", {
  get() { throw new DOMException("The operation is insecure.", "SecurityError"); } })"""
SILENT_STORAGE = "indexedDB.open = () => ({})"
LOST_CONNECTION = """void (IDBDatabase.prototype.transaction = () => {
  throw new DOMException("Connection to Indexed Database server lost", "UnknownError"); })"""
# What the server says to the first bytes of a file, and the word that the card carries then.
FINAL = {
    (422, "site_first"): "site_first",
    (422, "signs_first"): "signs_first",
    (409, "emergency"): "emergency",
    (422, "invalid"): "unknown",
    (403, "forbidden"): "not_allowed",
    (409, "impossible_verb"): "closed",
    (410, "erased"): "erased",
    (413, "too_big"): "too_big",
    (415, "unsupported_media_type"): "unknown",
    (400, "bad_request"): "reload",
    (418, ""): "unknown",
}


def origin(server: Server) -> str:
    return f"http://localhost:{server.ports[0]}"


def begun(server: Server, draft: Consult) -> int:
    """How many uploads were ever begun for this question."""
    with server.runtime.database.reading() as session:
        return session.scalar(select(func.count()).where(Upload.consult_id == draft.id)) or 0


@pytest.mark.wide
@pytest.mark.parametrize("fault", spread(["cleared", "connection"], 1))
def test_a_phone_that_loses_its_copies_sends_every_photo_from_the_page(
    fault: str, server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    slow_down(phone, 300_000)
    phone.set_input_files("#close-choose", [PHOTO, SECOND])
    expect(cards.first).to_contain_text(re.compile("Enviando, [1-9]"))
    if fault == "connection":
        phone.evaluate(LOST_CONNECTION)
    else:
        forgotten = {"origin": origin(server), "storageTypes": "indexeddb"}
        phone.context.new_cdp_session(phone).send("Storage.clearDataForOrigin", forgotten)
    slow_down(phone, 5_000_000)
    for number in range(2):
        expect(cards.nth(number)).to_have_attribute("data-state", "sent")
    expect(phone.locator("[data-upload-safe]")).to_be_visible()
    assert sorted(map(len, arrived(server, draft))) == [300_000, 700_000]


@pytest.mark.parametrize("fault", ["blocked", "full", "silent"])
@pytest.mark.wide
def test_a_photo_that_is_in_the_page_alone_is_told_and_leaving_is_asked_about(
    fault: str, server: Server, draft: Consult, phone: Page
) -> None:
    if fault == "full":
        sign_in(server, phone, server.clinic.mother)
        quota = {"origin": origin(server), "quotaSize": 1000}
        phone.context.new_cdp_session(phone).send("Storage.overrideQuotaForOrigin", quota)
    else:
        phone.add_init_script(NO_STORAGE if fault == "blocked" else SILENT_STORAGE)
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.context.set_offline(True)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-state", "offline")
    expect(phone.locator("[data-upload-hold]")).to_contain_text("Deje esta página abierta hasta que lleguen")
    expect(phone.locator("[data-upload-busy]")).to_be_hidden()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    phone.once("dialog", stay)
    phone.locator(".onward a").click()
    assert "tendrá que elegirlo de nuevo" in asked[0]
    assert phone.url.endswith("/photos")
    phone.context.set_offline(False)
    expect(cards).to_have_attribute("data-state", "sent")
    expect(phone.locator("[data-upload-safe]")).to_be_visible()
    expect(phone.locator("[data-upload-hold]")).to_be_hidden()


@pytest.mark.wide
def test_a_file_that_cannot_be_read_any_more_says_so_and_lets_the_next_pass(
    server: Server, draft: Consult, phone: Page, tmp_path: Path
) -> None:
    phone.add_init_script(NO_STORAGE)
    large, small = tmp_path / "large.jpg", tmp_path / "small.jpg"
    large.touch()
    os.truncate(large, 33 * 1024 * 1024)
    small.write_bytes(SECOND["buffer"])
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.context.set_offline(True)
    phone.set_input_files("#close-choose", [large, small])
    expect(cards.nth(1)).to_have_attribute("data-state", "offline")
    # Both change on the phone; of a photo of common size the page has the bytes.
    large.write_bytes(b"another")
    small.write_bytes(b"another")
    phone.context.set_offline(False)
    expect(cards.nth(1)).to_have_attribute("data-state", "sent")
    expect(cards.first).to_have_attribute("data-problem", "unreadable")
    expect(cards.first).to_contain_text("elíjalo de nuevo")
    expect(cards.first.locator("[data-remove]")).to_be_visible()
    expect(phone.locator("[data-upload-safe]")).to_be_hidden()
    assert arrived(server, draft) == [SECOND["buffer"]]


@pytest.mark.wide
def test_what_will_not_change_by_trying_is_told_in_words_and_the_next_file_goes_on(
    server: Server, draft: Consult, phone: Page
) -> None:
    answers = list(FINAL)

    def answer(route: Route) -> None:
        if route.request.method != "POST" or not answers:
            return route.continue_()
        status, code = answers.pop(0)
        return route.fulfill(status=status, json={"code": code})

    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.route("**/uploads", answer)
    files = [{**SECOND, "name": f"{number}.jpg", "buffer": os.urandom(900)} for number in range(len(FINAL))]
    phone.set_input_files("#close-choose", [*files, SECOND])
    expect(cards.last).to_have_attribute("data-state", "sent")
    assert [card.get_attribute("data-problem") for card in cards.all()] == [*FINAL.values(), ""]
    words = [card.locator("[data-state-words]").inner_text() for card in cards.all()]
    assert all(words)
    assert words[0] == "Primero diga dónde está. Después vuelva aquí y seguimos."
    expect(phone.locator("[data-upload-safe]")).to_be_hidden()
    # Each can be tried again by hand.
    cards.first.locator("[data-retry]").click()
    expect(cards.first).to_have_attribute("data-state", "sent")


@pytest.mark.wide
def test_a_lost_answer_to_the_beginning_begins_no_second_upload(server: Server, draft: Consult, phone: Page) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().headers["location"])
            return route.abort()
        return route.continue_()

    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.route("**/uploads", lose)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-state", "sent")
    assert begun(server, draft) == len(lost) == 1
    open_photos(server, phone, draft)
    expect(phone.locator("#files li")).to_have_count(1)
    expect(cards).to_have_count(0)


def test_an_upload_that_somebody_sends_now_is_not_taken_from_them(server: Server, draft: Consult, phone: Page) -> None:
    mother = server.phone(server.clinic.mother)
    half = mother.create(draft, len(PHOTO["buffer"]))
    mother.patch(half, 0, PHOTO["buffer"][:300_000])
    phone.clock.install()
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    expect(cards).to_have_attribute("data-state", "elsewhere")
    expect(cards).to_contain_text("otro teléfono")
    expect(cards.locator("[data-remove]")).to_be_hidden()
    expect(phone.locator("[data-upload-safe]")).to_be_hidden()
    left_alone(server, half)
    phone.clock.fast_forward(11_000)
    expect(cards).to_have_attribute("data-state", "lost")
    expect(cards.locator("[data-remove]")).to_be_visible()
    mother.patch(half, mother.head(half).offset, PHOTO["buffer"][300_000:])
    assert arrived(server, draft) == [PHOTO["buffer"]]


@pytest.mark.wide
def test_the_same_photo_waits_while_another_phone_sends_it(
    server: Server, draft: Consult, phone: Page, devices: Devices
) -> None:
    """Two that took it from each other would both get nowhere."""
    mother = sign_in(server, phone, server.clinic.mother)
    open_photos(server, mother, draft)
    phone.route("**/uploads/*", lambda route: None if route.request.method == "PATCH" else route.continue_())
    with phone.expect_request(lambda request: request.method == "PATCH"):
        phone.set_input_files("#far-choose", PHOTO)
    other = sign_in(server, devices.phone(), server.clinic.mother)
    other.clock.install()
    theirs = open_photos(server, other, draft)
    expect(theirs).to_have_attribute("data-state", "elsewhere")
    sent = sent_by(other)
    with other.expect_response("**/uploads?state=incomplete"):
        other.set_input_files("#far-choose", PHOTO)
    expect(theirs.last).to_have_attribute("data-state", "waiting")
    assert (begun(server, draft), sent) == (1, [])
    left_alone(server, half_of(server, draft))
    # Nine seconds, and up to half as much again, so that many do not come at once.
    other.clock.fast_forward(14_000)
    expect(theirs).to_have_count(1)
    expect(theirs).to_have_attribute("data-state", "sent")
    assert arrived(server, draft) == [PHOTO["buffer"]]


@pytest.mark.wide
def test_sending_goes_on_over_the_next_pages_which_say_what_is_missing(
    server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.context.set_offline(True)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-state", "offline")
    phone.route("**/uploads/*", lambda route: route.abort() if route.request.method == "PATCH" else route.continue_())
    phone.context.set_offline(False)
    phone.locator(".onward a").click()
    missing = phone.locator("[data-upload-left]")
    expect(missing).to_contain_text("Falta que llegue 1 archivo.")
    phone.locator("input[name=since]").first.check(force=True)
    for step in ("questions/dermatology", "questions/core", "check"):
        phone.locator("#task .btn-big").click()
        phone.wait_for_url(f"**/{step}")
        expect(missing).to_contain_text("Falta que llegue 1 archivo.")
    expect(missing).to_contain_text("Falta que llegue 1 archivo.")
    assert missing.locator("a").get_attribute("href") == f"/family/ask/{draft.public_id}/photos"
    expect(phone.locator("[data-no-file]")).to_be_hidden()
    phone.unroute_all()
    expect(cards).to_have_attribute("data-state", "sent")
    expect(missing).to_be_hidden()
    expect(phone.locator("[data-no-file]")).to_be_hidden()
    assert arrived(server, draft) == [PHOTO["buffer"]]


@pytest.mark.wide
def test_the_pages_of_a_question_that_was_sent_tell_of_a_file_that_did_not_arrive(server: Server, phone: Page) -> None:
    question = server.consult(server.clinic.family_question)
    mother = server.phone(server.clinic.mother)
    left_alone(server, mother.create(question, len(PHOTO["buffer"])))
    sign_in(server, phone, server.clinic.mother)
    for page in ("", "/sent"):
        phone.goto(f"{origin(server)}/family/questions/{question.public_id}{page}")
        missing = phone.locator("[data-upload-left]")
        expect(missing).to_contain_text("Falta que llegue 1 archivo.")
        assert missing.locator("a").get_attribute("href") == f"/family/questions/{question.public_id}/photos"
        expect(phone.locator("[data-upload-list] > li")).to_have_attribute("data-state", "lost")


def test_the_client_stays_as_small_as_the_documents_say() -> None:
    packed = {}
    for name in ("upload.js", "upload-card.js", "upload-send.js", "upload-store.js"):
        found = Assets().find(name)
        assert found is not None
        assert found[0].packed is not None
        packed[name] = len(found[0].packed)
    assert packed["upload-send.js"] + packed["upload-store.js"] <= 4 * 1024
    assert packed["upload.js"] + packed["upload-card.js"] <= 4.5 * 1024
