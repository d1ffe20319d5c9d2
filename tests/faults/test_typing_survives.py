"""Browsers and servers that are killed while somebody types without a pause: how much of the text is lost.

The normal run holds a short version, on a machine that does much else meanwhile; `pytest -m slow` kills again and again
at random moments, and holds each of them to two seconds.
"""

from __future__ import annotations

import contextlib
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect
from sqlalchemy import select

from econsult.consults.answers import draft_of
from econsult.consults.correction_drafts import correction_of
from econsult.consults.records import Consult
from econsult.consults.second import ask_second, take_second
from econsult.people.call_drafts import call_draft_of
from econsult.people.persons import Person
from econsult.people.signin import open_session
from econsult.people.typed import typed_on
from tests.services.browser import FLAGS, find_chromium
from tests.web.browsing import session_cookie
from tests.web.uploading import Server, open_server

WORDS = "The plaques over both elbows itch at night and fit atopic dermatitis better than psoriasis. "
LOST, LOST_BUSY = 2.0, 4.0
"""Seconds of typing that may be lost, alone and beside other tests."""
FORMS = ("story", "request", "answer", "correction", "call")
STILL_HERE = re.compile("It is still here|Sigue aquí")
SLOW = (pytest.mark.slow, pytest.mark.timeout(3600))


@dataclass(frozen=True)
class Desk:
    """A form that saves itself: who writes, where, in which field, and what the server has of it."""

    person: Person
    path: str
    box: str
    stored: Callable[[], str]


@dataclass
class Typist:
    """Types letter after letter, and remembers when."""

    page: Page
    moments: list[float] = field(default_factory=list)

    def type_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.page.keyboard.type(WORDS[len(self.moments) % len(WORDS)])
            self.moments.append(time.monotonic())
            time.sleep(0.06)

    @property
    def text(self) -> str:
        return "".join(WORDS[number % len(WORDS)] for number in range(len(self.moments)))

    def older_than(self, seconds: float) -> str:
        """What had been typed so long ago."""
        limit = time.monotonic() - seconds
        return self.text[: sum(moment <= limit for moment in self.moments)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = open_server(tmp_path / "house")
    yield server
    server.stop()


def desk(server: Server, name: str) -> Desk:
    """One of the forms: an answer and its correction, a clinic's request, a family's story, a telephone call."""
    clinic, runtime = server.clinic, server.runtime
    if name == "call":
        return Desk(clinic.coordinator, f"/clinic/phone/{clinic.child.public_id}", "#story", lambda: _call(server))
    details = {"body_site": "elbow", "red_flags": [], "red_flags_asked": True}
    if name == "story":
        consult, person = server.consult(clinic.family_draft, details=details), clinic.mother
    elif name == "request":
        consult, person = server.consult(clinic.draft, details=details), clinic.pcp
    else:
        consult = server.consult(clinic.answered if name == "correction" else clinic.claimed)
        person = clinic.derm

    def stored() -> str:
        with runtime.database.reading() as session:
            found = session.scalars(select(Consult).where(Consult.id == consult.id)).one()
            if name in ("story", "request"):
                return str(found.details.get("story" if name == "story" else "thinks") or "")
            draft = (correction_of if name == "correction" else draft_of)(session, found.id)
            return str(draft.content["impression"]) if draft else ""

    place = {"story": "/family/ask/{}/story", "request": "/clinic/requests/{}", "answer": "/consults/{}"}
    place |= {"correction": "/consults/{}/correct"}
    box = {"story": "#story", "request": "#thinks"}.get(name, "#impression")
    return Desk(person, place[name].format(consult.public_id), box, stored)


def _call(server: Server) -> str:
    with server.runtime.database.reading() as session:
        draft = call_draft_of(session, server.clinic.child, server.clinic.coordinator)
        return dict(draft.fields)["story"] if draft else ""


def open_browser(playwright: Playwright, profile: Path, server: Server, person: Person) -> BrowserContext:
    """A browser of its own, which can be killed."""
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=find_chromium(), args=list(FLAGS), locale="en-US"
    )
    with server.runtime.database.writing() as session:
        token = open_session(session, person, datetime.now(UTC))
    context.add_cookies([session_cookie(token, f"http://localhost:{server.ports[0]}")])
    return context


def kill_browser(profile: Path) -> None:
    """Kill every process of this profile's browser, and no other."""
    for process in psutil.process_iter(["cmdline"]):
        if any(str(profile) in part for part in process.info["cmdline"] or ()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def sit_down(context: BrowserContext, server: Server, desk: Desk) -> Typist:
    page = context.pages[0]
    answer = page.goto(f"http://localhost:{server.ports[0]}{desk.path}")
    assert answer is not None
    assert (answer.status, page.url.endswith(desk.path)) == (200, True), page.url
    page.fill(desk.box, "")
    page.click(desk.box)
    return Typist(page)


@pytest.mark.parametrize(
    ("name", "kills", "lost"),
    [("story", 1, LOST_BUSY), *(pytest.param(name, 20, LOST, marks=SLOW) for name in FORMS)],
)
def test_a_browser_that_is_killed_loses_two_seconds_of_text(
    playwright: Playwright, server: Server, tmp_path: Path, name: str, kills: int, lost: float
) -> None:
    dice, seat = random.Random(kills), desk(server, name)
    for number in range(kills):
        _type_until_killed(playwright, server, seat, tmp_path / f"profile-{number}", lost, dice)


def _type_until_killed(
    playwright: Playwright, server: Server, seat: Desk, profile: Path, lost: float, dice: random.Random
) -> None:
    context = open_browser(playwright, profile, server, seat.person)
    typist = sit_down(context, server, seat)
    typist.type_for(lost + dice.uniform(1.0, 4.0))
    kill_browser(profile)
    safe = typist.older_than(lost).strip()
    with contextlib.suppress(Error):
        context.close()
    assert len(safe) > 5
    # What was on its way when the browser died may arrive a moment later.
    _wait_for(lambda: seat.stored().startswith(safe), 5.0)


@pytest.mark.parametrize(
    ("name", "kills", "lost"),
    [("correction", 1, LOST_BUSY), *(pytest.param(name, 10, LOST, marks=SLOW) for name in FORMS)],
)
def test_a_server_that_is_killed_loses_nothing_that_the_page_still_has(
    playwright: Playwright, server: Server, tmp_path: Path, name: str, kills: int, lost: float
) -> None:
    dice, seat = random.Random(kills), desk(server, name)
    context = open_browser(playwright, tmp_path / "profile", server, seat.person)
    typist = sit_down(context, server, seat)
    said = typist.page.locator("[data-saved]")
    for _ in range(kills):
        typist.type_for(lost + dice.uniform(0.5, 3.0))
        server.service.kill()
        assert seat.stored().startswith(typist.older_than(lost).strip())
        typist.type_for(2.0)
        expect(said).to_contain_text(re.compile("Your text is still here|Su texto sigue aquí"))
        server.start(server.ports[0])
        # Nobody touches the page any more: it tries again by itself, and says when it has come through.
        _wait_for(lambda: seat.stored() == typist.text.strip())
        expect(said).to_contain_text(re.compile("aved|uardad"))
        expect(said).not_to_have_class("err")
    context.close()


def _wait_for(is_so: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "It was not saved."
        time.sleep(0.1)


@pytest.mark.wide
@pytest.mark.parametrize(
    ("name", "kills", "lost"),
    [("lane", 1, LOST_BUSY), *(pytest.param(name, 20, LOST, marks=SLOW) for name in ("lane", "family"))],
)
def test_a_message_is_in_a_new_browser_when_the_old_one_was_killed(
    playwright: Playwright, server: Server, tmp_path: Path, name: str, kills: int, lost: float
) -> None:
    dice, seat = random.Random(kills), (_lane if name == "lane" else _familys)(server)
    for number in range(kills):
        _type_until_killed(playwright, server, seat, tmp_path / f"profile-{number}", lost, dice)
        context = open_browser(playwright, tmp_path / f"next-{number}", server, seat.person)
        page = context.pages[0]
        page.goto(f"http://localhost:{server.ports[0]}{seat.path}")
        expect(page.locator(seat.box)).to_have_value(seat.stored())
        expect(page.get_by_text(STILL_HERE)).to_be_visible()
        page.get_by_role("button", name=re.compile("Send message|Enviar mensaje")).click()
        expect(page.locator(".verbatim:visible, [role=log] p").filter(has_text=WORDS[:5]).first).to_be_visible()
        _wait_for(lambda: seat.stored() == "")
        context.close()


@pytest.mark.wide
@pytest.mark.parametrize(("kills", "lost"), [(1, LOST_BUSY), pytest.param(20, LOST, marks=SLOW)])
def test_a_reply_to_a_colleague_is_in_a_new_browser_when_the_old_one_was_killed(
    playwright: Playwright, server: Server, tmp_path: Path, kills: int, lost: float
) -> None:
    dice, seat = random.Random(kills), _reply(server)
    for number in range(kills):
        _type_until_killed(playwright, server, seat, tmp_path / f"profile-{number}", lost, dice)
    context = open_browser(playwright, tmp_path / "next", server, seat.person)
    page = context.pages[0]
    page.goto(f"http://localhost:{server.ports[0]}{seat.path}")
    expect(page.locator(seat.box)).to_have_value(seat.stored())
    expect(page.get_by_text(STILL_HERE)).to_be_visible()
    page.get_by_role("button", name="Reply").click()
    _wait_for(lambda: seat.stored() == "")
    context.close()


@pytest.mark.wide
def test_a_message_that_was_typed_while_the_server_was_away_is_saved_once_it_is_back(
    playwright: Playwright, server: Server, tmp_path: Path
) -> None:
    seat = _lane(server)
    context = open_browser(playwright, tmp_path / "profile", server, seat.person)
    typist = sit_down(context, server, seat)
    typist.type_for(0.5)
    server.service.kill()
    typist.type_for(2.5)
    # Nothing alarming is said: the words are in this tab, and nobody has to do anything.
    expect(typist.page.locator(".err:visible, .note:visible")).to_have_count(0)
    server.start(server.ports[0])
    _wait_for(lambda: seat.stored() == typist.text)
    context.close()


def _lane(server: Server) -> Desk:
    """A form that nobody has before it is sent: a message of the specialist to the clinic."""
    path = f"/consults/{server.consult(server.clinic.claimed).public_id}"
    return _message(server, server.clinic.derm, path, "?lane=clinicians")


def _familys(server: Server) -> Desk:
    """The same of a mother, on the page of her question."""
    path = f"/family/questions/{server.consult(server.clinic.family_question).public_id}"
    return _message(server, server.clinic.mother, path)


def _reply(server: Server) -> Desk:
    """What a second specialist replies to the colleague who asked."""
    clinic, consult = server.clinic, server.consult(server.clinic.claimed)
    with server.runtime.database.writing() as session:
        asked, now = session.get_one(Consult, consult.id), datetime.now(UTC)
        side = ask_second(session, asked, clinic.derm, "Is this a neurocutaneous sign?", specialty="neurology", now=now)
        take_second(session, asked, side, clinic.neuro, now=now)
    return _message(server, clinic.neuro, f"/consults/{consult.public_id}", box="second_reply")


def _message(server: Server, person: Person, path: str, query: str = "", box: str = "text") -> Desk:
    def stored() -> str:
        with server.runtime.database.reading() as session:
            found = typed_on(session, person, path, datetime.now(UTC))
            return dict(found[0].fields)[box] if found else ""

    return Desk(person, path + query, f"#{box}", stored)
