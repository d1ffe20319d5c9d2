"""An answer "emergency room now" looks like one, wherever the clinic and the desk meet it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from econsult.consults import answers
from econsult.consults.records import Consult
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

WORDS = "To the emergency room now"


@pytest.fixture
def urgent(runtime: Runtime, clinic: Clinic) -> Consult:
    """An eConsult that was answered with the emergency room, beside one that was answered with advice."""
    at = datetime.now(UTC)
    with runtime.database.writing() as session:
        clinic.answered(session, now=at)
        consult = clinic.claimed(session, now=at)
        content = {**ANSWER, "disposition": "emergency_now"}
        answers.save_draft(session, consult, clinic.derm, content, now=at, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=at)
    return consult


def test_the_clinic_s_row_and_case_say_so(browser_of: BrowserOf, clinic: Clinic, urgent: Consult) -> None:
    pcp = browser_of(clinic.pcp)
    assert pcp.get("/clinic?view=answered").text.count(WORDS) == 1
    page = pcp.get(f"/consults/{urgent.public_id}").text
    assert "The family can read it already." in page
    assert "12 hours at the latest" not in page


def test_the_desk_s_card_says_so_first(browser_of: BrowserOf, clinic: Clinic, urgent: Consult) -> None:
    page = browser_of(clinic.coordinator).get(f"/coordination/{urgent.public_id}").text
    assert page.index("Call the family now.") < page.index("What to tell the family")


def test_the_specialist_reads_before_signing_that_it_opens_at_once(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=datetime.now(UTC))
    page = browser_of(clinic.derm).get(f"/consults/{held.public_id}").text
    assert f"“{WORDS}” opens to the family as soon as you sign" in page


def test_a_director_s_start_leads_to_the_pages_that_there_are(browser_of: BrowserOf, clinic: Clinic) -> None:
    page = browser_of(clinic.director).get("/start").text
    assert "There is nothing to do" not in page
    main = page[page.index("<main") :]
    assert [path for path in ("/program", "/program/roster", "/program/rules") if f'href="{path}"' not in main] == []
