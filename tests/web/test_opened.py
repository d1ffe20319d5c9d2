"""That a family has opened its answer: known at the desk and the clinic, and no word that it was understood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from econsult.consults import answers, correcting
from econsult.consults.clocks import clocks_of
from econsult.consults.opened import OPENED, opened_of
from econsult.consults.records import Consult
from econsult.trail import AuditEvent
from tests.personas import ANSWER, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
OPEN = "The family opened it"


def test_the_desk_and_the_clinic_know_that_it_was_opened_and_the_clock_runs_on(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
    mother, pcp, desk = (browser_of(each) for each in (clinic.mother, clinic.pcp, clinic.coordinator))
    case, card = f"/consults/{consult.public_id}", f"/coordination/{consult.public_id}"
    places = [(desk, "/coordination"), (desk, card), (pcp, case)]
    # Neither a look at how far it is, nor one by staff, opens the answer.
    mother.get(f"/family/questions/{consult.public_id}")
    assert [OPEN in browser.get(path).text for browser, path in places] == [False] * 3
    assert "The family can open it." in desk.get("/coordination").text
    for _ in range(2):
        assert mother.get(f"/family/questions/{consult.public_id}/answer").status_code == 200
    pages = [browser.get(path).text for browser, path in places]
    assert [OPEN in page for page in pages] == [True] * 3
    assert ("The family can open it." in pages[0], "1 call to make" in pages[0]) == (False, True)
    with runtime.database.reading() as session:
        rows = session.execute(select(AuditEvent.person_id, AuditEvent.detail).where(AuditEvent.action == OPENED))
        assert rows.all() == [(clinic.mother.id, "1")]
        (clock,) = [each for each in clocks_of(session, consult.id) if each.name == "family_informed"]
        assert clock.stopped_at is None
    assert post(desk, f"{card}/informed", {"version": "1", "method": "phone"}).status_code == 303
    assert [OPEN in browser.get(path).text for browser, path in places] == [False] * 3


def test_a_corrected_answer_is_opened_anew(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
    mother, path = browser_of(clinic.mother), f"/family/questions/{consult.public_id}/answer"
    mother.get(path)
    with runtime.database.writing() as session:
        kept = session.get_one(Consult, consult.id)
        assert opened_of(session, [kept]).keys() == {consult.id}
        correcting.correct(
            session, kept, clinic.derm, {**ANSWER, "impression": "Scabies"}, "A slip", now=NOW, version=1
        )
        assert opened_of(session, [kept]) == {}
    mother.get(path)
    with runtime.database.reading() as session:
        assert opened_of(session, [session.get_one(Consult, consult.id)]).keys() == {consult.id}
