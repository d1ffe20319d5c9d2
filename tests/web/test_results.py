"""The clinic sends the results that an answer asked for from the case page, and the specialist reads them there."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta

import pytest

from econsult.consults import answers, holding
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
BLOOD = {"text": "Ferritin and blood count", "owner": "pcp", "kind": "lab_test"}


@pytest.fixture
def waiting(runtime: Runtime, clinic: Clinic) -> Consult:
    """An eConsult whose answer asks for a test, read by the clinic."""
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        content = {**ANSWER, "disposition": "work_up_first", "recommendations": [BLOOD]}
        answers.save_draft(session, consult, clinic.derm, content, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
        return consult


def test_results_go_in_one_place_and_stand_beside_what_they_answer(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, waiting: Consult
) -> None:
    here, pcp = f"/consults/{waiting.public_id}", browser_of(clinic.pcp)
    page = pcp.get(here).text
    assert page.count('id="results"') == page.count('href="#results"') == 1
    assert "Send the results that were asked for" not in browser_of(clinic.derm).get(here).text
    file = {"lab_document:laboratory": (io.BytesIO(os.urandom(2000)), "lab.pdf")}
    sent = post(pcp, "/uploads/simple", {"consult_id": waiting.public_id, "next": here, **file})
    assert "sent=1" in str(sent.location)
    refused = post(pcp, f"{here}/results", {"words": "Ferritin 6 µg/L", "urgency": "routine"})
    assert refused.status_code == 422
    assert "Choose at least one step" in refused.text
    assert "Ferritin 6 µg/L</textarea>" in refused.text
    with runtime.database.reading() as session:
        [step] = [each.public_id for each in steps_of(session, waiting.id)]
    answer = post(pcp, f"{here}/results", {"step": step, "words": "Ferritin 6 µg/L", "urgency": "routine"})
    assert "said=results_sent" in answer.location
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, waiting.id)
        holding.claim(session, consult, clinic.derm, now=datetime.now(UTC), lease=LEASE)
    story = browser_of(clinic.derm).get(here).text.split('id="anew"')[1].split("</section>")[0]
    assert all(words in story for words in ("Ferritin and blood count", "Ferritin 6 µg/L", "file 1"))
    twice = post(pcp, f"{here}/results", {"step": step, "words": "Ferritin 6 µg/L", "urgency": "routine"})
    assert twice.location == answer.location, "two taps send it once"
    again = post(pcp, f"{here}/results", {"step": step, "words": "Ferritin 7, second tube", "urgency": "routine"})
    assert (again.status_code, "Ferritin 7, second tube</textarea>" in again.text) == (409, True)
    assert "This was not sent: the question was asked again, or has ended" in again.text
    kept = {"kept": "0123456789abcdef"}
    asked = post(pcp, f"{here}/reopen", {"reason": "Iron by mouth or not?", "urgency": "routine", **kept})
    assert (asked.status_code, "Iron by mouth or not?</textarea>" in asked.text) == (409, True)
    # Until they went as a message, neither browser nor server forgets them.
    assert "heard=no-0123456789abcdef" in str(asked.headers.getlist("Set-Cookie"))
    assert 'name="kept" value="0123456789abcdef"' in asked.text
    assert post(pcp, f"{here}/reopen", {"reason": " ", "urgency": "routine"}).status_code in (409, 422)
    # A pool reads no lane, and so nothing of this; nor does the family.
    assert 'id="anew"' not in browser_of(clinic.derm2).get(here).text
    assert "Ferritin 6" not in browser_of(clinic.mother).get(f"/family/questions/{waiting.public_id}").text
