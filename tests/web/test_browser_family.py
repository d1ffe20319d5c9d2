"""The family's pages in a real browser: accessible, whole at 320 pixels, quiet, and Spanish through and through."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from econsult.consults import answers, holding, threads
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, Received, receive
from econsult.consults.preparing import end_without_copies
from econsult.consults.records import Consult
from econsult.people.signin import open_session
from imaging.samples.photos import photo
from tests.personas import ANSWER, LEASE, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import session_cookie
from tests.web.looking import complaints, english_left, overflow, violations
from workers.runtime import Runtime

SignIn = Callable[[Page], Page]
NOW = datetime.now(UTC) - timedelta(minutes=30)
SPANISH = {
    "impression": "Dermatitis atópica en el pliegue del codo, moderada. Sin signos de infección.",
    "family_summary": "Parece eccema. Es piel seca que pica. No es grave y no se pega a otros niños.",
    "spanish_how": "written",
    "watch_for": "Tiene fiebre o le sale pus.\nLe salen ampollas que duelen.",
    "recommendations": [
        {"text": "Ponga la crema nueva 2 veces al día por 7 días.", "owner": "family"},
        {"text": "Ponga vaselina en la piel cada día, después del baño.", "owner": "family"},
        {"text": "Receta de triamcinolona 0.1 %.", "owner": "pcp"},
    ],
}


@pytest.fixture
def sign_in(runtime: Runtime, clinic: Clinic, address: str) -> SignIn:
    """Sign the mother in on a page of a browser."""

    def signed(page: Page) -> Page:
        with runtime.database.writing() as session:
            token = open_session(session, clinic.mother, datetime.now(UTC))
        page.context.add_cookies([session_cookie(token, address)])
        return page

    return signed


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    """A question with a request for more, a rejected file and one in preparation."""
    with runtime.database.writing() as session:
        consult = clinic.family_question(session, now=NOW)
        for name, view in (("a", "far"), ("b", "close")):
            received = Received(name * 32, MediaKind.PHOTO, 10, "", b"k", clinic.mother.id, view=view)
            attachment = receive(session, consult, received, NOW)
        end_without_copies(session, attachment, AttachmentState.REJECTED, reason="damaged", now=NOW)
        holding.claim(session, consult, clinic.pcp, now=NOW, lease=LEASE)
        text = "Necesitamos una foto más clara."
        threads.request_info(session, consult, clinic.pcp, text=text, items=["De cerca"], audience=None, now=NOW)
    return consult


@pytest.fixture
def answered(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        consult = clinic.family_question(session, now=NOW)
        holding.claim(session, consult, clinic.pcp, now=NOW, lease=LEASE)
        answers.save_draft(session, consult, clinic.pcp, {**ANSWER, **SPANISH}, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.pcp, now=NOW)
    return consult


class Look:
    """Checks one page in one language, and keeps a picture of it in the folder that ECONSULT_TEST_SHOTS names."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.language = page, language
        self.heard = complaints(page)

    def at(self, name: str) -> None:
        assert self.page.locator("html").get_attribute("lang") == self.language, name
        assert violations(self.page) == [], name
        assert overflow(self.page) == 0, name
        if self.language == "es":
            assert english_left(self.page) == set(), name
        if folder := os.environ.get("ECONSULT_TEST_SHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}-{self.language}.png", full_page=True)
        assert self.heard == [], name


@pytest.fixture(params=spread(["es", "en"], 1))
def look(request: pytest.FixtureRequest, devices: Devices, sign_in: SignIn, address: str) -> Look:
    """The mother's start page on her phone, in one of the languages; her record says Spanish."""
    page = sign_in(devices.phone(viewport={"width": 390, "height": 844}))
    page.goto(f"{address}/family")
    if request.param == "en":
        page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", request.param)
    return Look(page, request.param)


def test_the_way_from_the_start_to_the_receipt(look: Look, clinic: Clinic) -> None:
    page = look.page
    look.at("start")
    page.locator("section form button").first.click()
    look.at("emergency")
    page.locator("button[value=no]").click()
    page.locator("main form button").click()
    expect(page).to_have_title(re.compile("^Error:"))
    look.at("where-error")
    page.locator("input[value=elbow]").check()
    page.locator("main form button").click()
    look.at("photos")
    page.locator("a.btn-big").click()
    page.locator("#story").fill("Le pica mucho de noche.")
    # What is typed is saved before the form is sent: the next page begins only then.
    _onward(page)
    look.at("story-error")
    page.locator("input[value=days]").check()
    _onward(page)
    for subject in ("dermatology", "core"):
        look.at(f"questions-{subject}")
        _onward(page)
    look.at("check")
    page.locator("#agree").check()
    page.locator("main form button").click()
    look.at("sent")


def _onward(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form button").click()


def test_the_emergency_page(look: Look) -> None:
    look.page.locator("section form button").first.click()
    # Every sign stands open, each row is large enough for a thumb, and all of them together are four screens.
    rows = [row.bounding_box() for row in look.page.locator(".signs .pick").all()]
    assert min(row["height"] for row in rows if row) >= 44
    assert look.page.locator("details").count() == 0
    assert look.page.evaluate("document.documentElement.scrollHeight") <= 4 * 844 + 100
    look.page.locator("input[value=seizure]").check()
    look.page.locator("button[value=yes]").last.click()
    look.at("call-911")


@pytest.mark.wide
def test_the_way_without_photos(look: Look) -> None:
    page = look.page
    page.locator("section form button").first.click()
    page.locator("button[value=no]").click()
    page.locator("input[value=private_area]").check()
    page.locator("main form button").click()
    look.at("private")


@pytest.mark.wide
def test_the_status_page(look: Look, asked: Consult, address: str) -> None:
    look.page.goto(f"{address}/family/questions/{asked.public_id}")
    look.at("status")
    # A picture that does not come shows its name over the browser's broken mark.
    mark = look.page.locator(".shot").first.evaluate(
        """(card) => {
            card.insertAdjacentHTML("afterbegin", '<img src="data:," alt="De cerca">');
            const over = getComputedStyle(card.querySelector("img"), "::after");
            return [over.content, over.position, over.inset, over.backgroundColor];
        }"""
    )
    assert mark[:3] == ['"De cerca"', "absolute", "0px"]
    assert mark[3] != "rgba(0, 0, 0, 0)"
    look.page.goto(f"{address}/family")
    look.at("start-waiting")


def test_the_answer_page(look: Look, answered: Consult, address: str) -> None:
    look.page.goto(f"{address}/family/questions/{answered.public_id}/answer")
    look.at("answer")
    look.page.locator("#reply button").click()
    look.at("answer-understood")


@pytest.mark.wide
def test_photos_are_sent_as_soon_as_they_are_chosen(look: Look, runtime: Runtime, tmp_path: Path) -> None:
    page = look.page
    page.locator("section form button").first.click()
    page.locator("button[value=no]").click()
    page.locator("input[value=elbow]").check()
    page.locator("main form button").click()
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(photo("eczema_far", size=(1200, 900)))
    page.set_input_files("#far-take", picture)
    page.locator("[data-upload-state=safe]").wait_for()
    page.locator("#files li[data-file]").wait_for()
    assert not page.locator("[data-upload-list] > li").is_visible()
    expect(page.locator(".there:visible")).to_have_count(1)
    expect(page.locator("[data-of=far] .there")).to_be_visible()
    assert page.locator("label[for=far-take]").evaluate("(e) => getComputedStyle(e).backgroundColor") != page.locator(
        "label[for=close-take]"
    ).evaluate("(e) => getComputedStyle(e).backgroundColor")
    look.at("photos-sent")
    assert not page.locator("[data-upload-plain]").is_visible()
    with runtime.database.reading() as session:
        assert session.scalars(select(Attachment.view)).all() == ["far"]
    page.locator(".onward a").click()
    page.wait_for_url("**/story")


@pytest.mark.wide
def test_photos_are_sent_without_scripts(
    devices: Devices, sign_in: SignIn, address: str, runtime: Runtime, tmp_path: Path
) -> None:
    page = sign_in(devices.phone(java_script_enabled=False, viewport={"width": 390, "height": 844}))
    page.goto(f"{address}/family")
    page.locator("section form button").first.click()
    page.locator("button[value=no]").click()
    page.locator("input[value=elbow]").check()
    page.locator("main form button").click()
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(photo("eczema_far", size=(1200, 900)))
    page.set_input_files("#far-take", picture)
    expect(page.locator(".onward")).to_be_hidden()
    expect(page.locator(".picked").first).to_be_visible()
    page.locator("[data-upload-plain]").click()
    expect(page.locator("main")).to_contain_text("Recibimos sus archivos.")
    expect(page.locator(".shot h3")).to_have_text(["De lejos"])
    with runtime.database.reading() as session:
        assert session.scalars(select(Attachment.view)).all() == ["far"]


@pytest.mark.parametrize("path", ["/family", "/family/questions/{id}", "/family/questions/{id}/answer"])
@pytest.mark.wide
def test_pages_stay_whole_on_the_narrowest_phone(
    devices: Devices, sign_in: SignIn, address: str, answered: Consult, path: str
) -> None:
    page = devices.phone(viewport={"width": 320, "height": 600})
    sign_in(page)
    page.goto(address + path.format(id=answered.public_id))
    assert overflow(page) == 0


def test_every_target_is_large_enough_for_a_thumb(look: Look, answered: Consult, address: str) -> None:
    for path in (
        "/family",
        f"/family/questions/{answered.public_id}",
        f"/family/questions/{answered.public_id}/answer",
    ):
        look.page.goto(address + path)
        small = look.page.evaluate(
            """() => [...document.querySelectorAll('main a, main button, main summary, header a, header button')]
              .filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML)"""
        )
        assert small == []


@pytest.mark.wide
def test_dates_stand_in_one_column(look: Look, asked: Consult, answered: Consult) -> None:
    look.page.reload()
    ends = look.page.locator(".asked-day").evaluate_all("days => days.map(day => day.getBoundingClientRect().right)")
    assert len(ends) == 2
    assert len({round(end) for end in ends}) == 1
