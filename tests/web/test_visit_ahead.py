"""A visit that is booked beside an answer that needs none, and before its request closes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from econsult.advice.visiting import book, end
from econsult.consults import telling
from econsult.consults.correcting import correct
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.consults.visits import Booking
from tests.booking import DENVER
from tests.booking import answered as answer
from tests.personas import ANSWER, Clinic
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NONE_NEEDED, STAYS = "The answer itself needs none.", "It stays so after closing."
NO_VISIT, BOTH = "Advice is enough, no visit", "Advice for now, and the visit that is in the plan"
SAYS = "“Yes, or booked” says that the child is seen in person."


@pytest.fixture
def consult(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        consult = answer(session, clinic)
        telling.inform(session, consult, clinic.pcp, method="phone", teach_back=False, now=datetime.now(UTC))
        return consult


@pytest.mark.parametrize("is_listed", spread([False, True], 1))
def test_a_visit_that_is_ahead_is_told_in_both_places(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, consult: Consult, is_listed: bool
) -> None:
    pcp, desk, derm = (browser_of(each) for each in (clinic.pcp, clinic.coordinator, clinic.derm))
    case, card = f"/consults/{consult.public_id}", f"/coordination/{consult.public_id}"
    for browser, path in ((pcp, case), (desk, card), (derm, case)):
        page = browser.get(path).text
        assert (NO_VISIT in page, BOTH in page, NONE_NEEDED in page, STAYS in page) == (False, True, False, False)
    mother, familys = browser_of(clinic.mother), f"/family/questions/{consult.public_id}/answer"
    before, clinics = mother.get(familys).text, "El plan incluye una cita. Su clínica le va a llamar"
    assert (clinics in before, "sin visita" in before, "la visita que está en el plan" in before) == (True, False, True)
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        step = steps_of(session, consult.id)[-1].public_id
        booking = Booking("Skin clinic", DENVER, None if is_listed else now + timedelta(days=9))
        visit = book(session, clinic.coordinator, consult.public_id, step, booking, now=now).public_id
    assert clinics not in mother.get(familys).text
    words = "The child is on a waiting list for a visit." if is_listed else "A visit is booked:"
    for browser, path, closes in ((pcp, case, True), (desk, card, True), (derm, case, False)):
        page = browser.get(path).text
        assert (NONE_NEEDED in page, words in page, STAYS in page) == (False, True, closes), path
    assert (SAYS in pcp.get(case).text, SAYS in desk.get(card).text) == (True, False)
    assert post(desk, f"{card}/close", {"version": "1"}).status_code == 303
    # Its clinic is still asked, and reads it there.
    assert SAYS in pcp.get(case).text
    with runtime.database.writing() as session:
        end(session, clinic.pcp, consult.public_id, visit, "off", why="better", now=now)
    page = pcp.get(case).text
    assert (NONE_NEEDED in page, STAYS in page) == (False, False)


def test_a_visit_that_a_corrected_answer_names_no_more_is_told_beside_it(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, consult: Consult
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        step = steps_of(session, consult.id)[-1].public_id
        booking = Booking("Skin clinic", DENVER, now + timedelta(days=9))
        book(session, clinic.coordinator, consult.public_id, step, booking, now=now)
        content = {**ANSWER, "recommendations": []}
        row = session.get_one(Consult, consult.id)
        correct(session, row, clinic.derm, content, "A cream will do.", now=now - timedelta(minutes=9))
    page = browser_of(clinic.pcp).get(f"/consults/{consult.public_id}").text
    assert (NO_VISIT in page, NONE_NEEDED in page) == (True, True)
