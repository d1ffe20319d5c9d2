"""What a family reads of a question that was opened again, and what staff read of the family."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from econsult.consults import answers, declining, holding
from econsult.consults.records import Consult
from econsult.consults.reopening import reopen
from tests.personas import ANSWER, LEASE, TARGETS, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
EMERGENCY = "Por favor vaya a urgencias ahora"


@pytest.fixture
def again(runtime: Runtime, clinic: Clinic) -> Consult:
    """An emergency that the family has not confirmed, opened again for a new symptom."""
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        content = {**ANSWER, "disposition": "emergency_now"}
        answers.save_draft(session, consult, clinic.derm, content, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
        return reopen(session, consult, clinic.pcp, "new symptom", now=NOW, targets=TARGETS)


def _decline(runtime: Runtime, clinic: Clinic, again: Consult) -> None:
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, again.id, with_for_update=True)
        holding.claim(session, consult, clinic.derm, now=NOW, lease=LEASE)
        declining.decline(session, consult, clinic.derm, "a visit is better", now=NOW)


@pytest.mark.parametrize("is_declined", [False, True])
def test_an_emergency_stays_on_every_page_until_the_family_confirms(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, again: Consult, is_declined: bool
) -> None:
    if is_declined:
        _decline(runtime, clinic, again)
    mother, base = browser_of(clinic.mother), f"/family/questions/{again.public_id}"
    home = mother.get("/family").text
    assert (EMERGENCY in home, f"{base}/answer" in home) == (True, True)
    status = mother.get(base).text
    assert (EMERGENCY in status, f"{base}/answer" in status) == (True, True)
    answer = mother.get(f"{base}/answer").text
    assert answer.index(EMERGENCY) < answer.index("Esta es la respuesta de antes.") < answer.index("¿Le quedó claro?")
    assert post(mother, f"{base}/answer/understood", {"version": "1"}).status_code == 303
    page = mother.get(f"{base}/answer").text
    assert ("¿Le quedó claro?" in page, "Esta es la respuesta de antes." in page) == (False, True)
    after = mother.get(base).text
    assert (EMERGENCY in after, f"{base}/answer" in after) == (False, True)
    words = "La respuesta de antes sigue aquí" if is_declined else "Su pregunta está abierta otra vez"
    assert words in after


def test_staff_read_what_the_family_can_read(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, again: Consult
) -> None:
    case, card = f"/consults/{again.public_id}", f"/coordination/{again.public_id}"
    desk, home = browser_of(clinic.coordinator), browser_of(clinic.pcp)
    assert "has not said that it understood it" in home.get(case).text
    assert "It was opened again. The family has not heard" in desk.get("/coordination").text
    assert "Call the family now." in desk.get(card).text
    _decline(runtime, clinic, again)
    page = home.get(case).text
    assert ("The family only reads" in page, "and the answer from before" in page) == (False, True)
    assert "It was declined. The family has not heard" in desk.get("/coordination").text
    assert post(desk, f"{card}/informed", {"version": "0", "method": "phone"}).status_code == 303
    assert "It was declined." not in desk.get("/coordination").text
    assert "Call the family now." not in desk.get(card).text


def test_the_desk_can_tell_an_answer_from_before_by_telephone(
    browser_of: BrowserOf, clinic: Clinic, again: Consult
) -> None:
    desk, card = browser_of(clinic.coordinator), f"/coordination/{again.public_id}"
    assert post(desk, f"{card}/informed", {"version": "1", "method": "phone"}).status_code == 303
    page = desk.get(card).text
    assert ("The family has heard this answer." in page, "Call the family now." in page) == (True, False)


def test_whoever_answered_before_can_take_it_again(browser_of: BrowserOf, clinic: Clinic, again: Consult) -> None:
    page = browser_of(clinic.derm).get(f"/consults/{again.public_id}").text
    assert re.search(r"data-claim", page)
    assert "The answer from before" in page


def test_a_pool_reads_no_answer_from_before(browser_of: BrowserOf, clinic: Clinic, again: Consult) -> None:
    page = browser_of(clinic.derm2).get(f"/consults/{again.public_id}").text
    assert str(ANSWER["family_summary"]) not in page


def test_the_clinic_sees_an_answer_that_was_held_back_and_opens_it(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
        reopen(session, consult, clinic.pcp, "new symptom", now=NOW, targets=TARGETS)
    pcp, mother = browser_of(clinic.pcp), browser_of(clinic.mother)
    page = pcp.get(f"/consults/{consult.public_id}").text
    assert (str(ANSWER["impression"]) in page, "the family cannot read it" in page) == (True, True)
    assert mother.get(f"/family/questions/{consult.public_id}/answer").status_code == 404
    # A colleague's page from before the reopening says "I have read this": that opens nothing.
    old = post(pcp, f"/consults/{consult.public_id}/acknowledge", {"version": "1"})
    assert (old.status_code, "the family cannot read it" in old.text) == (409, True)
    assert mother.get(f"/family/questions/{consult.public_id}/answer").status_code == 404
    held = {"version": "1", "held": "1"}
    assert post(pcp, f"/consults/{consult.public_id}/acknowledge", held).status_code == 303
    assert "the family cannot read it" not in pcp.get(f"/consults/{consult.public_id}").text
    assert mother.get(f"/family/questions/{consult.public_id}/answer").status_code == 200
