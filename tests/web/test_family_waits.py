"""A family that writes after the answer is seen by the clinic and the coordinator, and nothing closes over it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from econsult.consults import answers, telling, threads
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
ASKED = "Can we go swimming?"


@pytest.fixture
def waiting(runtime: Runtime, clinic: Clinic) -> tuple[Consult, Consult]:
    """Two answered requests of which the later one's family has heard the answer and asks again."""
    with runtime.database.writing() as session:
        earlier, later = clinic.answered(session, now=NOW), clinic.answered(session, now=NOW)
        answers.acknowledge(session, later, clinic.pcp, now=NOW)
        telling.inform(session, later, clinic.mother, method="opened", teach_back=False, now=NOW)
        threads.post(session, later, clinic.mother, Audience.FAMILY, text=ASKED, now=NOW)
    return earlier, later


def test_the_family_that_wrote_stands_first(
    browser_of: BrowserOf, clinic: Clinic, waiting: tuple[Consult, Consult]
) -> None:
    earlier, later = waiting
    page = browser_of(clinic.pcp).get("/clinic").text
    assert page.index(later.number) < page.index("Family wrote") < page.index(earlier.number)
    board = browser_of(clinic.coordinator).get("/coordination").text
    assert f'The family asks:</b> <span class="as-written">{ASKED}' in board
    assert board.count("and asks something more. Answer that first.") == 1


def test_the_case_and_the_card_lead_to_what_the_family_wrote(
    browser_of: BrowserOf, clinic: Clinic, waiting: tuple[Consult, Consult]
) -> None:
    page = browser_of(clinic.pcp).get(f"/consults/{waiting[1].public_id}").text
    assert ("waits for a reply" in page, "count-warm" in page) == (True, True)
    assert ASKED in browser_of(clinic.coordinator).get(f"/coordination/{waiting[1].public_id}").text


@pytest.mark.parametrize("role", ["pcp", "coordinator"])
def test_nothing_closes_while_the_family_waits(
    browser_of: BrowserOf, clinic: Clinic, waiting: tuple[Consult, Consult], role: str
) -> None:
    later, browser = waiting[1], browser_of(getattr(clinic, role))
    place = "consults" if role == "pcp" else "coordination"
    page = post(browser, f"/{place}/{later.public_id}/close", {"version": "1"})
    assert (page.status_code, "Reply to them first" in page.text) == (422, True)
    post(browser, f"/consults/{later.public_id}/messages", {"lane": "family", "text": "Yes.", "confirmed": "yes"})
    said = {"version": "1", "changed": "yes", "referral": "avoided", "seen": "no"}
    assert post(browser, f"/{place}/{later.public_id}/close", said).status_code == 303
