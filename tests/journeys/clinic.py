"""The clinic's part: a doctor at a desk who sends the question on, reads the answer and closes."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Locator, expect

from tests.journeys.eyes import Eyes
from tests.journeys.media import NAME, Media
from tests.journeys.story import ON, QUESTION

THINKS = "Atopic dermatitis, since August"


def row_of(eyes: Eyes, number: str) -> Locator:
    """The row of a consult in a list."""
    return eyes.page.locator("tr", has=eyes.page.locator("b.num", has_text=number))


def open_row(eyes: Eyes, number: str) -> None:
    """Follow the row's link."""
    with eyes.page.expect_navigation():
        row_of(eyes, number).locator("a.ask-line").click()


def read_question(eyes: Eyes, number: str, child: str) -> None:
    """The family's question is in the clinic's list; opened, it shows whose it is and what was asked."""
    eyes.sign_in("pcp@demo.test")
    eyes.look("home")
    open_row(eyes, number)
    text = eyes.look("question")
    assert QUESTION in text
    assert child in text


def send_on(eyes: Eyes, number: str) -> None:
    """One form makes it a request to dermatology."""
    page = eyes.page
    page.locator("details", has=page.locator("form[action$='/send-on']")).locator("> summary").click()
    page.locator("#specialty").select_option("dermatology")
    page.locator("#question_type").select_option("diagnosis")
    page.locator("#question").fill(ON)
    page.locator("#thinks").fill("Atopic dermatitis; emollient for two weeks did little.")
    page.locator("#lacking").select_option("follows")
    eyes.look("send-on")
    eyes.turn("form[action$='/send-on'] button")
    eyes.look("sent-on")
    expect(row_of(eyes, number)).to_have_count(1)


def see_no_draft(eyes: Eyes, number: str, words: str) -> None:
    """What the specialist is still writing is not the clinic's to read."""
    eyes.go("/clinic")
    open_row(eyes, number)
    assert words not in eyes.look("being-answered")


def acknowledge(eyes: Eyes, number: str, words: str) -> None:
    """The signed answer is on top of the list; one button says that it was read."""
    eyes.go("/clinic")
    eyes.look("answered")
    open_row(eyes, number)
    assert words in eyes.look("answer")
    eyes.turn("form[action$='/acknowledge'] button:not(.btn-line)")
    expect(eyes.page.locator("form[action$='/acknowledge']")).to_have_count(0)
    eyes.look("acknowledged")


def close(eyes: Eyes, number: str) -> None:
    """The family has heard, so the request may end, without a reason."""
    eyes.page.reload()
    assert "The family has heard" in eyes.look("heard")
    page = eyes.page
    # Three clicks: two answers, and the third one closes.
    for answer in ("changed=yes", "referral=avoided"):
        name, _, value = answer.partition("=")
        page.locator(f"form[action$='/close'] label:has([name={name}][value={value}])").click()
    eyes.turn("form[action$='/close'] button[name=seen][value=no]")
    eyes.look("closed")
    expect(row_of(eyes, number)).to_have_count(0)
    eyes.go("/clinic?view=done")
    expect(row_of(eyes, number)).to_have_count(1)
    eyes.look("done")


def ask_without_scripts(eyes: Eyes, media: Media) -> str:
    """Fill the request in, send one photo by "Send these files", add another, and send it; returns its place."""
    page = eyes.page
    eyes.go("/clinic/ask")
    with page.expect_navigation():
        page.locator("button[name=child]").first.click()
    page.locator("[name=no_signs]").check()
    page.locator("[name=specialty][value=dermatology]").check()
    page.locator("#question").fill(ON)
    page.locator("#question_type").select_option("diagnosis")
    page.locator("#thinks").fill(THINKS)
    page.locator("#by").select_option("parent")
    page.locator("#method").select_option("verbal")
    choose(eyes, "far", media.far)
    eyes.look("chosen")
    eyes.turn("[data-upload-plain]")
    eyes.look("files-sent")
    expect(page.locator("#question")).to_have_value(ON)
    expect(page.locator("#thinks")).to_have_value(THINKS)
    choose(eyes, "close", media.close)
    page.locator("#lacking").select_option("not_today")
    eyes.turn("[data-send]")
    eyes.look("request-sent")
    return urlsplit(page.url).path


def choose(eyes: Eyes, view: str, data: bytes) -> None:
    """Choose a photo; the page says that it is chosen."""
    file = {"name": f"{NAME} {view}.jpg", "mimeType": "image/jpeg", "buffer": data}
    eyes.page.set_input_files(f"#file-photo-{view}", [file])  # type: ignore[list-item]
    expect(eyes.page.locator(".drop .picked")).to_be_visible()
