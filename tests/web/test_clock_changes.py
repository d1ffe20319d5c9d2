"""The nights in which the clocks change: every page of the queue opens, and says each time so that it means one."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from econsult.consults import threads
from econsult.consults.threads import Audience
from econsult.people.persons import Person
from econsult.people.signin import open_session
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.rosters import planning
from econsult.rosters.planning import ShiftForm
from tests.personas import Clinic, open_clinic
from tests.services.homes import Homes
from tests.spread import spread
from tests.web.browsing import SESSION
from web.words.times import seconds
from workers.runtime import Runtime

HOUR = timedelta(hours=1)
AUTUMN, SPRING = datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 3, 8, 9, tzinfo=UTC)  # In Denver, of a Sunday.
CLOCK: list[datetime] = []
"""What time it is on the pages of these tests."""
DESK = (
    *("/coordination", "/coordination/desk", "/coordination/desk/several", "/program", "/program/people"),
    *("/program/roster?specialty=dermatology", "/program/roster?specialty=neurology", "/program/roster/off"),
)
Read = Callable[[Person, str], str]


def _turn_clock(app: Flask) -> None:
    def turn() -> None:
        g.now = CLOCK[-1]

    app.before_request_funcs.setdefault(None, []).insert(0, turn)


@pytest.fixture
def read(homes: Homes, runtime: Runtime) -> Read:
    """Give it a person and an address; it gives the page as it is then."""
    app = homes.app(runtime, _turn_clock)

    def page(person: Person, address: str) -> str:
        browser: FlaskClient = app.test_client()
        with runtime.database.writing() as session:
            browser.set_cookie(SESSION, open_session(session, person, CLOCK[-1]))
        reply = browser.get(address)
        assert reply.status_code == 200, address
        return html.unescape(reply.text).replace("\N{NO-BREAK SPACE}", " ")

    return page


def _fill(runtime: Runtime, clinic: Clinic, change: datetime) -> list[str]:
    """A roster; the pages of two requests due half an hour before and after the change, and of one that waits."""
    with runtime.database.writing() as session:
        before, after = (clinic.econsult(session, now=change - 24 * HOUR + n * HOUR / 2) for n in (-1, 1))
        asked = clinic.claimed(session, now=change - 2 * HOUR)
        said = {"text": "?", "items": [], "audience": Audience.CLINICIANS, "now": change - HOUR}
        threads.request_info(session, asked, clinic.derm, **said)
        people = {"dermatology": (clinic.derm, clinic.derm2), "neurology": (clinic.neuro, clinic.neuro)}
        for specialty, weekday, starts, minutes in (
            *(("dermatology", 5, 20 * 60, 360), ("dermatology", 6, 120, 360)),
            *(("neurology", 6, 135, 45), ("neurology", 0, 480, 480)),
        ):
            person = people[specialty][weekday == 6].public_id
            form = ShiftForm(person, specialty, weekday, starts, minutes, "America/Denver")
            planning.add_shift(session, clinic.coordinator, form, now=change - 30 * HOUR)
        planning.take_off(
            session, clinic.coordinator, clinic.pcp.public_id, change - HOUR / 2, change + HOUR / 2, now=change - HOUR
        )
        fire(session, change - HOUR)
        return [f"/consults/{each.public_id}" for each in (before, after, asked)]


def test_until_when_a_signature_can_be_taken_back_is_said_with_the_hour_that_is_meant(
    shell: Flask,
) -> None:
    with shell.test_request_context():
        said = [seconds(AUTUMN + timedelta(seconds=apart)) for apart in (-1, 1, 3601)]
    assert said == ["01:59:59 (before the clock change)", "01:00:01 (after the clock change)", "02:00:01"]


@pytest.mark.parametrize("change", spread([pytest.param(AUTUMN, id="autumn"), pytest.param(SPRING, id="spring")], 1))
def test_in_a_night_in_which_the_clocks_change_each_page_says_which_hour_it_means(
    runtime: Runtime, read: Read, change: datetime
) -> None:
    clinic = open_clinic(runtime.database, vault=runtime.vault, now=change - 40 * HOUR)
    cases = _fill(runtime, clinic, change)
    twice = ["01:30 (before the clock change)", "01:30 (after the clock change)"]
    for minutes in (-20, 20):
        CLOCK.append(change + timedelta(minutes=minutes))
        pages = {address: read(clinic.coordinator, address) for address in DESK}
        pages |= {address: read(clinic.derm, address) for address in ("/worklist", "/program/roster/mine", *cases)}
        pages |= {address: read(clinic.pcp, address) for address in ("/clinic", *cases)}
        pages |= {"/family": read(clinic.mother, "/family?lang=es")}
        for address, page in pages.items():
            # A stretch that ends as it begins, or before it does, is none.
            assert not re.search(r"(?<!\d)(\d\d:\d\d) ?[-\N{EN DASH}] ?\1(?!\d)|03:15-03:00", page), address
        assert [words in pages["/coordination/desk"] for words in twice] == [change == AUTUMN] * 2
        if minutes < 0:
            stretch = " \N{EN DASH} ".join(twice if change == AUTUMN else ("01:30", "03:30"))
            assert stretch in pages["/program/roster/off"]
        with runtime.database.writing() as session:
            fire(session, CLOCK[-1])
            assert list(violations(session, CLOCK[-1])) == []
