"""The pages of a specialist name no child; the clinic sees what will be covered before it sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from econsult.consults import requests
from econsult.consults.records import Consult
from tests.personas import TARGETS, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_clinic_request import SENT_ON
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
WORDS = "Mi hija Luz Prueba nació el 15 de enero de 2022 y le pica"


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        details = {"body_site": "elbow", "red_flags": [], "story": WORDS}
        draft = clinic.family_draft(session, now=NOW, question=WORDS, details=details)
        return requests.submit(session, draft, clinic.mother, requests.SubmitForm(), now=NOW, targets=TARGETS)


def test_the_clinic_reads_what_will_be_covered_and_the_specialist_only_that(
    browser_of: BrowserOf, clinic: Clinic, asked: Consult
) -> None:
    home, case = browser_of(clinic.pcp), f"/consults/{asked.public_id}"
    page = home.get(case).text
    assert ("Mi hija Luz Prueba" in page, "Mi hija [name] nació el [birth date] y le pica" in page) == (True, True)
    fields = {"specialty": "dermatology", "question_type": "diagnosis", "question": f"Eczema? {WORDS}", **SENT_ON}
    assert post(home, f"{case}/send-on", fields).status_code == 303
    derm = browser_of(clinic.derm)
    for place in ("/worklist", case):
        shown = derm.get(place).text
        assert ("Luz Prueba" in shown, "[name]" in shown) == (False, True)


def test_a_draft_of_the_clinic_warns_beside_the_question(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=NOW, question="Is this eczema? Luz Prueba has it on both elbows.")
    page = browser_of(clinic.pcp).get(f"/clinic/requests/{draft.public_id}").text
    assert "The specialist reads a mark in the place of: name." in page
    assert "Is this eczema? [name] has it on both elbows." in page


def test_the_name_of_a_detail_tells_no_child(browser_of: BrowserOf, runtime: Runtime, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        consult = clinic.econsult(
            session, now=NOW, details={"luz_prueba": "x", "of": {"LuzPrueba": 1}, "weight_kg": 16}
        )
    shown = browser_of(clinic.derm).get(f"/consults/{consult.public_id}").text
    assert ("Weight kg" in shown, "prueba" in shown.casefold()) == (True, False)
