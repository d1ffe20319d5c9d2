"""What the plain form says when it comes back: every code in words, in both languages, on every page that has it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select

import web
from econsult.consults import holding, retakes, threads
from econsult.consults.attachments import MediaKind
from econsult.consults.records import Consult
from econsult.people.persons import Person
from tests.personas import LEASE, Clinic
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.filing import file_ready
from web.uploading.plain_form import PROBLEMS
from web.words.refusals import OTHER, REFUSED
from workers.copies import Made
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
CODES = sorted({code for _, code in PROBLEMS})
TEMPLATES = Path(web.__file__).parent / "templates"
FORM = '"/uploads/simple"'
PAGES = ["request", "case", "question", "presenter", "photos", "more", "again", "wanted"]


@pytest.fixture
def pages(runtime: Runtime, clinic: Clinic) -> dict[str, tuple[Person, str]]:
    """Who opens which address to find the form."""
    details = {"red_flags_asked": True, "red_flags": [], "body_site": "elbow"}
    with runtime.database.writing() as session:
        draft, asked = clinic.draft(session, now=NOW), clinic.econsult(session, now=NOW)
        presented = clinic.econsult(session, now=NOW)
        presented.requester_id = clinic.nurse.id
        wanted = holding.claim(session, clinic.econsult(session, now=NOW), clinic.derm, now=NOW, lease=LEASE)
        question, begun = (
            clinic.family_question(session, now=NOW),
            clinic.family_draft(session, now=NOW, details=details),
        )
    photo = file_ready(runtime, wanted, clinic.pcp, MediaKind.PHOTO, [Made("view", "image/jpeg", b"y", 8, 8)], NOW)
    with runtime.database.writing() as session:
        consult, photos = session.get_one(Consult, wanted.id), [retakes.Wanted(photo.public_id)]
        lane = threads.Audience.CLINICIANS
        threads.request_info(
            session, consult, clinic.derm, text="Closer", items=[], audience=lane, now=NOW, again=photos
        )
        again = session.scalars(select(retakes.Retake.public_id)).one()
    return {
        "again": (clinic.pcp, f"/consults/{wanted.public_id}/again/{again}"),
        "wanted": (clinic.pcp, f"/consults/{wanted.public_id}"),
        "request": (clinic.pcp, f"/clinic/requests/{draft.public_id}"),
        "case": (clinic.pcp, f"/consults/{asked.public_id}"),
        "question": (clinic.pcp, f"/consults/{question.public_id}"),
        "presenter": (clinic.nurse, f"/consults/{presented.public_id}"),
        "photos": (clinic.mother, f"/family/ask/{begun.public_id}/photos"),
        "more": (clinic.mother, f"/family/questions/{question.public_id}/photos"),
    }


def test_no_other_page_has_the_form() -> None:
    texts = {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in TEMPLATES.rglob("*.html")}
    assert {name for name, text in texts.items() if FORM in text} == {
        "clinic/upload.html",
        "family/photos.html",
        "parts/again.html",
    }
    holders = {name for name, text in texts.items() if '"clinic/upload.html"' in text}
    assert holders == {"clinic/request.html", "clinic/case_actions.html", "clinic/results.html", "consult/lane.html"}


@pytest.mark.parametrize("name", spread(PAGES, 2))
def test_every_code_is_said_in_words(pages: dict[str, tuple[Person, str]], browser_of: BrowserOf, name: str) -> None:
    person, address = pages[name]
    browser = browser_of(person)
    usual = errors(browser.get(address).text)
    assert usual == []
    said = {}
    for language in ("en", "es"):
        for code in ["", *CODES]:
            page = browser.get(f"{address}?lang={language}&sent=0{'&problem=' + code if code else ''}").text
            found = errors(page)
            assert len(found) == 1, (language, code, found)
            assert FORM in page
            said[language, code] = found[0]
    # Each code has words of its own, in either language.
    assert len(set(said.values())) == len(said)


@pytest.mark.parametrize("name", spread(PAGES, 3))
def test_every_page_with_the_form_has_the_uploader(
    pages: dict[str, tuple[Person, str]], browser_of: BrowserOf, name: str
) -> None:
    person, address = pages[name]
    page = browser_of(person).get(address).text
    assert re.search(r'<script type="module" src="/static/upload\.[0-9a-f]+\.js">', page)


def test_what_arrived_beside_a_refused_file_is_said(
    pages: dict[str, tuple[Person, str]], browser_of: BrowserOf
) -> None:
    person, address = pages["case"]
    browser = browser_of(person)
    page = browser.get(f"{address}?sent=2&problem=too_big").text
    assert "25 MB" in errors(page)[0]
    assert "The other files arrived." in errors(page)[0]
    assert "The files arrived and are being prepared." not in page
    assert "<details open data-adding>" in page
    page = browser.get(f"{address}?sent=2").text
    assert errors(page) == []
    assert "The files arrived and are being prepared." in page


def test_the_form_leads_back_to_a_page_that_can_be_opened(
    pages: dict[str, tuple[Person, str]], browser_of: BrowserOf
) -> None:
    """Also from the page of a form that was refused, whose own address takes forms only."""
    person, address = pages["question"]
    browser = browser_of(person)
    refused = post(browser, f"{address}/send-on", {"question": "Short"})
    assert refused.status_code == 422
    assert f'name="next" value="{address}#files"' in refused.text


def test_no_code_of_the_door_is_without_words() -> None:
    assert set(CODES) - {"unknown"} <= set(REFUSED)
    assert OTHER not in REFUSED.values()


def errors(page: str) -> list[str]:
    """The sentences that the page marks as faults of its files, without the summary that repeats them."""
    found = re.findall(r'<span class="err" id="(?:files|chosen)-error"[^>]*>(.*?)</span>', page, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", text)).strip() for text in found]
