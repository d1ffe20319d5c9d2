"""A file that a parent removed is sent no further and never comes back, at whatever moment it was removed."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect
from sqlalchemy import select

from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from tests.spread import spread
from tests.web.test_upload_patience import open_by_the_clock
from tests.web.upload_page import PHOTO, arrived, left_alone, open_photos, sent_by, sign_in
from tests.web.uploading import Server

# Slow phones, as slow as the test wants: each holds one step until `go` is called.
HOLDS = {
    "digest": """const digest = crypto.subtle.digest.bind(crypto.subtle);
      SubtleCrypto.prototype.digest = async (...given) => { await hold(); return digest(...given); };""",
    "first read": """const read = Blob.prototype.arrayBuffer; let reads = 0;
      Blob.prototype.arrayBuffer = async function () { if (++reads === 2) await hold(); return read.call(this); };""",
    "next read": """const read = Blob.prototype.arrayBuffer, send = XMLHttpRequest.prototype.send; let isSent;
      XMLHttpRequest.prototype.send = function (body) { isSent = true; send.call(this, body); };
      Blob.prototype.arrayBuffer = async function () { if (isSent) await hold(); return read.call(this); };""",
    "copy": """const open = IDBFactory.prototype.open;
      IDBFactory.prototype.open = function (...given) {
        const request = open.apply(this, given), really = {};
        request.addEventListener("success", async (event) => { await hold(); really.done?.(event); });
        Object.defineProperty(request, "onsuccess", { set: (done) => (really.done = done) });
        return request;
      };""",
}
HOLD = """(() => { let go; const gone = new Promise((done) => (go = done));
  window.go = go; const hold = () => { window.isHeld = true; return gone; }; %s })()"""


def states(server: Server, draft: Consult) -> list[str]:
    with server.runtime.database.reading() as session:
        return list(session.scalars(select(Upload.state).where(Upload.consult_id == draft.id)))


def comes_back(server: Server, draft: Consult, phone: Page) -> int:
    """How many files the page still has after a reload."""
    phone.reload()
    expect(phone.locator("form[data-upload-state]")).to_be_visible()
    phone.wait_for_timeout(500)
    return phone.locator("[data-upload-list] > li").count() + len(arrived(server, draft))


def begin_unheard(server: Server, draft: Consult, phone: Page) -> tuple[Locator, Route]:
    """The cards of a page that sends a photo, and the beginning of it that has had no answer yet."""
    late: list[Route] = []
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.route("**/uploads", lambda route: late.append(route) if route.request.method == "POST" else route.continue_())
    phone.set_input_files("#far-choose", PHOTO)
    while not late:
        phone.wait_for_timeout(20)
    return cards, late[0]


@pytest.mark.parametrize("step", spread(HOLDS, 2))
@pytest.mark.wide
def test_a_file_that_is_removed_between_two_steps_goes_no_further(
    step: str, server: Server, draft: Consult, phone: Page
) -> None:
    phone.add_init_script(HOLD % HOLDS[step])
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    sent = sent_by(phone)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_count(1)
    while not phone.evaluate("Boolean(window.isHeld)"):
        phone.wait_for_timeout(20)
    before = len(sent)
    cards.first.locator("[data-remove]").click()
    expect(cards).to_have_count(0)
    phone.evaluate("window.go()")
    phone.wait_for_timeout(700)
    assert sent[before:] == []
    assert set(states(server, draft)) <= {"terminated"}
    assert comes_back(server, draft, phone) == 0
    assert sent[before:] == []


@pytest.mark.wide
def test_an_upload_whose_beginning_is_answered_too_late_is_ended(server: Server, draft: Consult, phone: Page) -> None:
    cards, late = begin_unheard(server, draft, phone)
    answer = late.fetch()
    cards.first.locator("[data-remove]").click()
    with phone.expect_response(lambda answer: answer.request.method == "DELETE") as ended:
        late.fulfill(response=answer)
    # On a slow machine the page has asked after it and ended it before the late answer comes.
    assert ended.value.status in {204, 410}
    assert states(server, draft) == ["terminated"]
    assert comes_back(server, draft, phone) == 0


def words_of(server: Server, draft: Consult) -> str:
    """The metadata of the consult's first upload, as its phone gave it."""
    with server.runtime.database.reading() as session:
        query = select(Upload.metadata_text).where(Upload.consult_id == draft.id).order_by(Upload.id)
        return session.scalars(query.limit(1)).one()


@pytest.mark.wide
@pytest.mark.parametrize("how", spread(["left", "lost"], 1))
def test_an_upload_whose_beginning_is_never_answered_is_found_and_ended(
    server: Server, draft: Consult, phone: Page, how: str
) -> None:
    """The server began it, and nobody learns its address: it would stand on the page as a file of somebody else's."""
    cards, late = begin_unheard(server, draft, phone)
    late.fetch()
    assert states(server, draft) == ["created"]
    if how == "lost":
        cards.first.locator("[data-remove]").click()
        late.abort()
    else:
        # The page is gone before anything can have been answered, also by the browser's own database.
        phone.evaluate("document.querySelector('[data-remove]').click(), location.replace('about:blank')")
        phone.wait_for_url("about:blank")
        cards = open_photos(server, phone, draft)
    # Whether this page or the next one ends it: a page that goes away hears no answer any more.
    deadline = time.monotonic() + 60
    while states(server, draft) != ["terminated"]:
        assert time.monotonic() < deadline, "nobody ended it"
        phone.wait_for_timeout(100)
    assert comes_back(server, draft, phone) == 0
    # The same photo may be chosen again, and what another phone sends of it is that phone's.
    phone.unroute_all(behavior="ignoreErrors")
    told_before = words_of(server, draft)
    elsewhere = server.phone(server.clinic.mother)
    size = str(len(PHOTO["buffer"]))  # type: ignore[arg-type]
    path = elsewhere.ask("POST", "/uploads", Upload_Length=size, Upload_Metadata=told_before).headers["location"]
    assert elsewhere.patch(path, 0, b"x" * 100_000).offset == 100_000
    ended_too: list[Request] = []
    phone.on("request", lambda request: ended_too.append(request) if request.method == "DELETE" else None)
    cards = open_photos(server, phone, draft)
    expect(cards).to_have_attribute("data-state", "elsewhere")
    assert (ended_too, elsewhere.head(path).status) == ([], 200)
    left_alone(server, path)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards.last).to_have_attribute("data-state", "sent")


def test_a_removal_that_could_not_be_told_is_told_when_the_internet_is_back(
    server: Server, draft: Consult, phone: Page
) -> None:
    """The last bytes had arrived, and their answer was lost: the file is part of the question until that is told."""
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)

    def lose(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        route.fetch()
        if arrived(server, draft):
            phone.context.set_offline(True)
        return route.abort()

    phone.route("**/uploads/*", lose)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-state", "offline", timeout=15_000)
    cards.first.locator("[data-remove]").click()
    expect(cards).to_have_count(0)
    phone.unroute_all()
    phone.wait_for_timeout(300)
    with phone.expect_response(lambda answer: answer.request.method == "DELETE") as told:
        phone.context.set_offline(False)
    assert told.value.status == 204
    assert states(server, draft) == ["terminated"]


@pytest.mark.wide
def test_a_removal_that_could_not_be_told_is_told_by_the_next_page(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.route("**/uploads/*", lambda route: route.abort())
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-problem", "unreached")
    failed: list[str] = []
    phone.on("requestfailed", lambda request: failed.append(request.method))
    cards.first.locator("[data-remove]").click()
    expect(cards).to_have_count(0)
    # This page tries twice, and then not for half a minute; the second try must not meet the open line below.
    while failed.count("DELETE") < 2:
        phone.wait_for_timeout(20)
    assert states(server, draft) == ["created"]
    phone.unroute_all()
    with phone.expect_response(lambda answer: answer.request.method == "DELETE") as told:
        open_photos(server, phone, draft)
    assert told.value.status == 204
    # Once is enough, and no card asks for the file again.
    more = sent_by(phone)
    assert comes_back(server, draft, phone) == 0
    assert more == []


@pytest.mark.wide
def test_a_file_that_cannot_be_taken_back_any_more_is_shown_again(server: Server, draft: Consult, phone: Page) -> None:
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    refused = {"status": 403, "json": {"code": "complete"}}
    phone.route(
        "**/uploads/*",
        lambda route: route.fulfill(**refused) if route.request.method == "DELETE" else route.abort(),
    )
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-problem", "unreached")
    cards.first.locator("[data-remove]").click()
    expect(cards).to_have_attribute("data-state", "sent")


@pytest.mark.wide
def test_a_film_is_copied_once(server: Server, draft: Consult, phone: Page) -> None:
    phone.add_init_script("""window.copies = 0; const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (row) { if (row.blob) window.copies++; return put.call(this, row); };""")
    cards = open_photos(server, sign_in(server, phone, server.clinic.mother), draft)
    phone.set_input_files("#far-choose", PHOTO)
    expect(cards).to_have_attribute("data-state", "sent")
    assert phone.evaluate("window.copies") == 1


@pytest.mark.wide
def test_a_line_that_breaks_but_brings_something_each_time_is_tried_again_soon(
    server: Server, draft: Consult, phone: Page
) -> None:
    cards = open_by_the_clock(server, phone, draft).locator("[data-upload-list] > li")
    mother, tries = server.phone(server.clinic.mother), []

    def cut(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        tries.append(1)
        path, offset = re.sub("^.*//[^/]*", "", route.request.url), int(route.request.headers["upload-offset"])
        mother.patch(path, offset, (route.request.post_data_buffer or b"")[:40_000])
        return route.abort()

    phone.route("**/uploads/*", cut)
    phone.set_input_files("#far-choose", PHOTO)
    for number in range(1, 7):
        while len(tries) < number:
            phone.wait_for_timeout(20)
        expect(cards).to_have_attribute("data-problem", "unreached")
        # With the luck of the middle, a second: as after the first failure.
        phone.clock.fast_forward(1_100)
    phone.unroute_all()
    phone.clock.fast_forward(1_100)
    expect(cards).to_have_attribute("data-state", "sent")
    assert arrived(server, draft) == [PHOTO["buffer"]]
