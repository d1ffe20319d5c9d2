"""The specialist's part: the worklist with its clocks, the media with real pixels, the answer and the signature."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect

from tests.journeys.api import wait_for
from tests.journeys.clinic import open_row, row_of
from tests.journeys.eyes import Eyes
from tests.journeys.media import MAGENTA
from tests.journeys.story import ANSWER, ON

# The colours of a picture as the browser shows it: near the top left corner, and at the other three.
CORNERS = """async (image) => {
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = image.naturalWidth
  canvas.height = image.naturalHeight
  const pen = canvas.getContext('2d', {willReadFrequently: true})
  pen.drawImage(image, 0, 0)
  const near = Math.round(image.naturalWidth / 40)
  const places = [[near, near], [canvas.width - near, near], [near, canvas.height - near],
                  [canvas.width - near, canvas.height - near]]
  return places.map(([x, y]) => [...pen.getImageData(x, y, 1, 1).data].slice(0, 3))
}"""
FILM = """async (film) => {
  film.muted = true
  await film.play()
  film.pause()
  const wound = new Promise((done) => film.addEventListener('seeked', done, {once: true}))
  film.currentTime = film.duration / 2
  await wound
  const sounds = film.mozHasAudio || film.webkitAudioDecodedByteCount > 0
  return {width: film.videoWidth, height: film.videoHeight, seconds: film.duration, at: film.currentTime, sounds}
}"""


def find(eyes: Eyes, number: str, child: str) -> None:
    """The request is in the worklist with a running clock of 24 hours, and no name anywhere."""
    eyes.sign_in("derm@demo.test")
    assert child not in eyes.look("worklist")
    row = row_of(eyes, number)
    assert re.search(r"\b23 h 5\d min", row.inner_text()), row.inner_text()
    assert ON in row.inner_text()
    open_row(eyes, number)


def claim(eyes: Eyes, child: str) -> None:
    """One press takes it in hand."""
    text = eyes.look("case")
    assert ON in text
    assert child not in text
    eyes.turn("[data-claim]")
    expect(eyes.page.locator("#answer")).to_have_count(1)
    assert child not in eyes.look("claimed")


def look_at_media(eyes: Eyes) -> None:
    """Two photos, a film that plays and can be wound, and a page of the lab report, all with real pixels."""
    sheets = ready_sheets(eyes, 4)
    assert [sheet.locator("video").count() for sheet in sheets] == [0, 0, 1, 0]
    for number in (2, 4, 1):
        assert open_sheet(eyes, number).locator("img").count() == 1
    first, *others = sheets[0].locator("img").evaluate(CORNERS)
    assert is_magenta(first), first
    assert not [colour for colour in others if is_magenta(colour)]
    film: dict[str, Any] = open_sheet(eyes, 3).locator("video").evaluate(FILM)
    assert film["width"] > film["height"] > 0
    assert 2.5 < film["seconds"] < 3.5
    assert not film["sounds"]
    eyes.look("film")


def ready_sheets(eyes: Eyes, count: int) -> list[Locator]:
    """The sheets of the case, once each has its copy; the page says meanwhile what it waits for."""
    sheets = eyes.page.locator("[data-sheet]")

    def are_ready() -> bool:
        eyes.page.reload()
        shown = eyes.page.locator("[data-sheet]:has(:is(img, video))")
        return sheets.count() == count == shown.count()

    wait_for("prepared media", are_ready)
    return sheets.all()


def open_sheet(eyes: Eyes, number: int) -> Locator:
    """Choose a file in the strip."""
    eyes.page.locator(f"[data-open='{number}']").click()
    sheet = eyes.page.locator(f"[data-sheet='{number}']")
    expect(sheet).to_be_visible()
    for image in sheet.locator("img").all():
        assert width_of(image) > 600
    eyes.look(f"sheet-{number}")
    return sheet


def width_of(image: Locator) -> int:
    """The natural width of a picture that has been decoded."""
    return int(image.evaluate("async (image) => { await image.decode(); return image.naturalWidth }"))


def is_magenta(colour: list[int]) -> bool:
    return max(abs(part - wanted) for part, wanted in zip(colour, MAGENTA, strict=True)) < 60


def ask_for_more(eyes: Eyes, words: str) -> None:
    """She draws over the close photo how a better one should be, asks the family for it, and her clock stands still."""
    page = eyes.page
    sheet = open_sheet(eyes, 2)
    page.keyboard.press("m")
    box = sheet.locator("[data-picture]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.35)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.move(box["x"] + box["width"] * 0.65, box["y"] + box["height"] * 0.65)
    page.mouse.up()
    sheet.locator("input[name=words][value=closer]").check()
    expect(sheet.locator("[data-told] li")).to_have_text(["Circle, in the middle"])
    eyes.look("marked")
    eyes.turn("[data-sheet='2'] button[value=ask]")
    page.locator("#text").fill(words)
    expect(page.locator("input[name=photo]:checked")).to_have_count(1)
    eyes.look("asking")
    eyes.turn(".pane-answer button[value=ask]")
    eyes.look("asking-shown")
    eyes.turn("#preview button[value=ask]")
    assert "Paused" in eyes.look("paused")


def get_more(eyes: Eyes) -> None:
    """The photo has come, the clock runs on, and it stands beside the one from before with her marks."""
    eyes.turn("nav.lanes a[href='?']")
    ready_sheets(eyes, 5)
    sheet = open_sheet(eyes, 5)
    expect(sheet.locator("[data-picture]:visible")).to_have_count(2)
    expect(sheet.locator(".was .drawn path")).to_have_count(1)
    text = eyes.look("running-again")
    assert "Paused" not in text
    assert re.search(r"\b23 h 5\d min", text)


def write(eyes: Eyes) -> None:
    """The draft saves itself while she writes."""
    page = eyes.page
    page.locator("#impression").fill(ANSWER["impression"])
    page.locator("input[name=confidence][value=sure]").check()
    for number, step in enumerate(ANSWER["recommendations"], 1):
        page.locator(f"#rec{number}").fill(step["text"])
        page.locator(f"#own{number}").select_option(step["owner"])
    page.locator("#disposition").select_option(ANSWER["disposition"])
    page.locator("#watch_for").fill(ANSWER["watch_for"])
    page.locator("#family_summary").fill(ANSWER["family_summary"])
    page.locator("#spanish_how").select_option(ANSWER["spanish_how"])
    expect(page.locator("[data-saved]")).to_contain_text("Draft saved", timeout=10_000)
    eyes.look("draft")


def sign(eyes: Eyes, number: str) -> None:
    """Signed, it leaves her hands and is kept among what she answered."""
    eyes.turn("button[form=answer][value=sign]")
    expect(eyes.page.locator("#answer")).to_have_count(0)
    eyes.look("signed")
    eyes.go("/worklist?view=done")
    expect(row_of(eyes, number)).to_have_count(1)
