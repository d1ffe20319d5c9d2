"""The mother's part: a phone in Spanish, from the link to the answer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import FilePayload, expect

from tests.journeys.api import wait_for
from tests.journeys.eyes import Eyes, number_in
from tests.journeys.media import NAME, Media
from tests.journeys.story import QUESTION, TOLD

HOME_ZONE = ZoneInfo("America/Denver")
WAIT = 90_000
ONWARD = "main form button.btn-big >> nth=-1"


def begin(eyes: Eyes) -> None:
    """She signs in with her link, and starts."""
    eyes.sign_in("parent@demo.test")
    start(eyes)


def start(eyes: Eyes) -> None:
    """She starts a question, and is asked about an emergency before anything else."""
    eyes.look("home")
    eyes.turn("main form[action$='/ask'] button >> nth=0")
    assert "911" in eyes.look("emergency")
    assert eyes.page.locator("input[type=file]").count() == 0
    eyes.turn("button[value=no]")


def say_where(eyes: Eyes) -> None:
    """Where it is comes before any camera."""
    eyes.look("where")
    assert eyes.page.locator("input[type=file]").count() == 0
    eyes.page.locator("input[value=elbow]").check()
    eyes.turn(ONWARD)


def send_files(eyes: Eyes, media: Media) -> None:
    """She chooses two photos, a video and a paper; each leaves as soon as it is chosen."""
    eyes.look("photos")
    choose(eyes, "far-choose", f"{NAME} 1.jpg", "image/jpeg", media.far)
    choose(eyes, "close-choose", f"{NAME} 2.jpg", "image/jpeg", media.close)
    eyes.page.locator("details.more summary").first.click()
    choose(eyes, "video-choose", f"{NAME}.mp4", "video/mp4", media.clip)
    choose(eyes, "paper-choose", f"{NAME}.pdf", "application/pdf", media.paper)
    eyes.look("photos-leaving")
    expect_sent(eyes, 4)
    assert NAME not in eyes.look("photos-sent")
    eyes.turn(".onward a")


def choose(eyes: Eyes, field: str, name: str, media_type: str, data: bytes) -> None:
    """Choose a file as the phone's gallery gives it."""
    payload: FilePayload = {"name": name, "mimeType": media_type, "buffer": data}
    eyes.page.set_input_files(f"#{field}", payload)


def expect_sent(eyes: Eyes, count: int) -> None:
    """Every card has moved to the page's own list of `count` files, and the page says that it may be closed."""
    expect(eyes.page.locator("form[data-upload-state=safe]")).to_have_count(1, timeout=WAIT)
    expect(eyes.page.locator("[data-upload-safe]")).to_be_visible()
    expect(eyes.page.locator("#files li[data-file]")).to_have_count(count, timeout=WAIT)
    expect(eyes.page.locator("[data-upload-list] > li:visible")).to_have_count(0)


def tell(eyes: Eyes) -> None:
    """Since when, what kind, the story, the question."""
    page = eyes.page
    page.locator("input[name=since][value=week]").check()
    page.locator("input[value=itch]").check()
    page.locator("#story").fill(TOLD)
    page.locator("#question").fill(QUESTION)
    eyes.look("story")
    eyes.turn(ONWARD)
    page.locator("input[name='dermatology.by_family_itch'][value=wakes]").check()
    eyes.look("questions")
    eyes.turn(ONWARD)
    eyes.look("questions-child")
    eyes.turn(ONWARD)


def consent(eyes: Eyes) -> str:
    """She reads everything once more, agrees and sends; returns the number that she is given."""
    text = eyes.look("check")
    assert QUESTION in text
    assert TOLD in text
    eyes.page.locator("#agree").check()
    eyes.turn(ONWARD)
    text = eyes.look("sent")
    assert promised(text), text
    return number_in(text)


def promised(text: str) -> bool:
    """Whether the page promises an answer by the clock time that is 24 hours from now, give or take the journey.

    Or four hours from now: another story of the same child may have been stopped for a danger sign just before.
    """
    now = datetime.now(HOME_ZONE)
    found = re.search(r"antes de las? (\d{1,2}):(\d{2})\s([ap])\.\s?m\. de (hoy|mañana)", text)
    if found is None:
        return False
    hour = int(found[1]) % 12 + (12 if found[3] == "p" else 0)
    day = now + timedelta(days=found[4] == "mañana")
    due = day.replace(hour=hour, minute=int(found[2]), second=0, microsecond=0)
    return any(abs(due - now - timedelta(hours=hours)) < timedelta(minutes=5) for hours in (4, 24))


def follow(eyes: Eyes) -> str:
    """Her question's own page, where every file is shown as prepared; returns the page's path."""
    eyes.turn("main a.btn-big")
    eyes.look("status")
    pictures = eyes.page.locator("#files li img")
    expect(pictures).to_have_count(4, timeout=WAIT)
    wait_for("her thumbnails", lambda: all(pictures.evaluate_all("(all) => all.map((i) => i.naturalWidth > 0)")), 20)
    eyes.look("status-ready")
    return eyes.page.url.removeprefix(eyes.product.address)


def send_one_more(eyes: Eyes, path: str, photo: bytes, asked: str) -> None:
    """She is asked for a photo again, sees on hers how it should be and that time stands still, and takes it."""
    eyes.go(path)
    text = eyes.look("asked")
    assert asked in text
    assert "nuestro tiempo se detiene" in text
    assert "Acérquese más" in text
    expect(eyes.page.locator(".guide .drawn path")).to_have_count(1)
    eyes.turn(f"a.btn-big[href*='{path}/again/']")
    eyes.page.locator("[data-open-camera]").click()
    expect(eyes.page.locator(".viewfinder .drawn path")).to_be_visible()
    eyes.look("through-the-marks")
    eyes.page.locator("[data-close]").click()
    choose(eyes, "again-choose", f"{NAME} 3.jpg", "image/jpeg", photo)
    expect(eyes.page.locator("form[data-upload-state=safe]")).to_have_count(1, timeout=WAIT)
    eyes.look("asked-sent")
    eyes.turn(".onward a")
    assert "nuestro tiempo se detiene" not in eyes.look("status-again")


def see_no_answer(eyes: Eyes, path: str, words: str) -> None:
    """A draft, and an answer that her clinic has not read, do not exist for her."""
    eyes.go(path)
    assert words not in eyes.look("still-waiting")
    reply = eyes.page.request.get(f"{eyes.product.address}{path}/answer")
    assert reply.status == 404
    assert words not in reply.text()


def read_answer(eyes: Eyes, path: str, words: str) -> None:
    """She reads the plain words and says that she understood."""
    eyes.go(path)
    eyes.look("answer-ready")
    eyes.turn(f"a.btn-big[href$='{path}/answer']")
    assert words in eyes.look("answer")
    eyes.turn("#reply form button")
    expect(eyes.page.locator("#reply form")).to_have_count(0)
    eyes.look("understood")
