"""How the browser waits: watchdogs, limits, jitter, and what wakes it. Time is the page's own clock, turned by hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from tests.spread import spread
from tests.web.upload_page import PHOTO, arrived, open_photos, sent_by, sign_in, slow_down
from tests.web.uploading import Server, told

WAKE_LOCK = """window.locks = [];
Object.defineProperty(navigator, "wakeLock", { value: { request: async (kind) => {
  window.locks.push(kind); return { release: () => window.locks.push("released") }; } } })"""
LUCK = "window.luck = 0.5; Math.random = () => window.luck"


class Door:
    """Stands before the server's door: answers the first requests of one verb itself, or never, and counts them."""

    def __init__(self, page: Page, verb: str, *answers: dict[str, object] | None, for_ever: bool = False) -> None:
        self.verb, self.answers, self.for_ever, self.count = verb, list(answers), for_ever, 0
        page.route(re.compile("/uploads(/[^/]+)?$"), self.stand)

    def stand(self, route: Route) -> None:
        if route.request.method != self.verb:
            return route.continue_()
        self.count += 1
        if not self.answers:
            return route.continue_()
        answer = self.answers[0] if self.for_ever else self.answers.pop(0)
        return None if answer is None else route.fulfill(**answer)  # type: ignore[arg-type]

    def reached(self, page: Page, count: int) -> None:
        for _ in range(100):
            if self.count >= count:
                return
            page.wait_for_timeout(20)
        assert self.count >= count


def open_by_the_clock(server: Server, page: Page, draft: Consult) -> Page:
    page.clock.install()
    page.add_init_script(LUCK)
    open_photos(server, sign_in(server, page, server.clinic.mother), draft)
    return page


@pytest.mark.parametrize(("verb", "seconds"), spread([("PATCH", 15), ("POST", 60)], 1))
def test_a_line_that_stands_still_is_cut_and_tried_again(
    verb: str, seconds: int, server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_by_the_clock(server, phone, draft).locator("[data-upload-list] > li")
    door = Door(phone, verb, None)
    phone.set_input_files("#far-choose", PHOTO)
    door.reached(phone, 1)
    phone.clock.fast_forward((seconds - 3) * 1000)
    phone.wait_for_timeout(200)
    assert door.count == 1
    phone.clock.fast_forward(3_000)
    expect(cards).to_have_attribute("data-problem", "unreached")
    expect(cards).to_contain_text("No podemos conectar con la clínica. Seguimos intentando.")
    phone.clock.fast_forward(2_000)
    expect(cards).to_have_attribute("data-state", "sent")
    assert arrived(server, draft) == [PHOTO["buffer"]]


@pytest.mark.parametrize(("status", "why"), spread([(429, "too_many"), (507, "unreached"), (503, "unreached")], 1))
def test_the_time_that_the_server_names_is_waited_for(
    status: int, why: str, server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_by_the_clock(server, phone, draft).locator("[data-upload-list] > li")
    door = Door(phone, "POST", {"status": status, "headers": {"Retry-After": "100"}, "json": {"code": why}})
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-problem", why)
    expect(cards).to_have_attribute("data-state", "waiting")
    phone.clock.fast_forward(95_000)
    # Not even a person who comes back makes it sooner.
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    phone.wait_for_timeout(300)
    assert door.count == 1
    phone.clock.fast_forward(60_000)
    expect(cards).to_have_attribute("data-state", "sent", timeout=15_000)


@pytest.mark.wide
@pytest.mark.parametrize(("luck", "soon", "late"), [(0, 0, 700), (0.999, 1_200, 500)])
def test_phones_that_were_cut_off_together_do_not_come_back_together(
    luck: float, soon: int, late: int, server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_by_the_clock(server, phone, draft).locator("[data-upload-list] > li")
    phone.evaluate(f"window.luck = {luck}")
    door = Door(phone, "POST", {"status": 503})
    phone.clock.pause_at(phone.evaluate("Date.now() + 1000"))
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-problem", "unreached")
    phone.clock.run_for(soon)
    phone.wait_for_timeout(200)
    assert door.count == 1
    phone.clock.run_for(late)
    door.reached(phone, 2)


@pytest.mark.wide
def test_whoever_comes_back_to_the_page_does_not_wait(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_by_the_clock(server, phone, draft).locator("[data-upload-list] > li")
    Door(phone, "POST", {"status": 503})
    phone.clock.pause_at(phone.evaluate("Date.now() + 1000"))
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-problem", "unreached")
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(cards).to_have_attribute("data-state", "sent")


@pytest.mark.wide
def test_the_screen_stays_on_while_files_are_sent_and_no_longer(server: Server, draft: Consult, phone: Page) -> None:
    phone.add_init_script(WAKE_LOCK)
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.context.set_offline(True)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-state", "offline")
    assert phone.evaluate("window.locks") == ["screen"]
    phone.context.set_offline(False)
    expect(cards).to_have_attribute("data-state", "sent")
    phone.wait_for_function("window.locks.at(-1) === 'released'")


@pytest.mark.wide
def test_two_windows_do_not_take_a_file_from_each_other(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    slow_down(phone, 150_000)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_contain_text(re.compile("Enviando, [1-9]"))
    other = phone.context.new_page()
    sent = sent_by(other)
    others = open_photos(server, other, draft)
    expect(others).to_have_attribute("data-problem", "elsewhere")
    expect(others.locator("[data-remove]")).to_be_hidden()
    slow_down(phone, 5_000_000)
    expect(cards).to_have_attribute("data-state", "sent")
    # It learns from what the first one left behind that the file was sent.
    expect(others).to_have_attribute("data-state", "sent")
    expect(other.locator("[data-upload-safe]")).to_be_visible()
    assert sent == []


@pytest.mark.wide
def test_an_upload_that_was_ended_begins_anew_with_the_file_that_is_here(
    server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    door = Door(phone, "PATCH", {"status": 503})
    with phone.expect_response(lambda answer: answer.request.method == "POST") as answered:
        phone.set_input_files("#far-choose", PHOTO)
    phone.context.set_offline(True)
    door.reached(phone, 1)
    server.phone(server.clinic.mother).ask("DELETE", answered.value.headers["location"])
    phone.context.set_offline(False)
    expect(cards).to_have_attribute("data-state", "sent")
    assert arrived(server, draft) == [PHOTO["buffer"]]


@pytest.mark.wide
def test_an_upload_that_ends_again_and_again_is_given_up_in_words(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_by_the_clock(server, phone, draft).locator("[data-upload-list] > li")
    door = Door(phone, "PATCH", {"status": 410, "json": {"code": "gone"}}, for_ever=True)
    phone.set_input_files("#far-choose", PHOTO)
    for number in range(1, 5):
        door.reached(phone, number)
        phone.wait_for_timeout(100)
        phone.clock.fast_forward(70_000)
    expect(cards).to_have_attribute("data-problem", "gone")
    expect(cards).to_contain_text("Este archivo esperó demasiado")
    assert door.count == 4


@pytest.mark.wide
@pytest.mark.parametrize("offset", spread(["0", "999999999", ""], 2))
def test_an_answer_without_progress_is_neither_a_receipt_nor_a_reason_to_hurry(
    offset: str, server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    door = Door(phone, "PATCH", {"status": 204, "headers": {"Upload-Offset": offset}}, for_ever=True)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-problem", "unreached")
    phone.wait_for_timeout(600)
    assert door.count <= 3
    expect(phone.locator("[data-upload-safe]")).to_be_hidden()


@pytest.mark.wide
def test_a_file_of_unknown_length_from_elsewhere_leaves_the_page_whole(
    server: Server, draft: Consult, phone: Page
) -> None:
    """A program may tell an upload's length later; the page shows it beside the others, and looks again."""
    program = server.phone(server.clinic.mother)
    words = told(consult_id=draft.public_id, kind="photo", filename="a.jpg", filetype="image/jpeg")
    path = program.ask("POST", "/uploads", Upload_Defer_Length="1", Upload_Metadata=words).headers["location"]
    assert program.patch(path, 0, b"x" * 200_000).offset == 200_000
    broken: list[str] = []
    phone.on("pageerror", lambda error: broken.append(str(error)))
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    expect(cards).to_have_attribute("data-state", "elsewhere")
    assert program.ask("DELETE", path).status == 204
    expect(cards).to_have_count(0, timeout=30_000)
    assert broken == []


@pytest.mark.wide
def test_a_question_that_takes_no_more_files_asks_for_none(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.context.set_offline(True)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-state", "offline")
    with server.runtime.database.writing() as session:
        session.get_one(Consult, draft.id).status = Status.WITHDRAWN
    phone.context.set_offline(False)
    expect(cards).to_have_attribute("data-problem", "closed", timeout=30_000)
    expect(cards).to_contain_text("Ya no se puede enviar aquí.")
    expect(cards.locator("[data-retry]")).to_be_hidden()
    expect(cards.locator("[data-remove]")).to_be_visible()
