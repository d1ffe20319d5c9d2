"""A family that must send no photo asks for a call: it reads so everywhere, and the clinic finds whom to call."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults import requests
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from tests.personas import QUESTION, TARGETS, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_family_ask import STORY, start
from web.words.families import PRIVATE_SITE
from workers.runtime import Runtime

PHONE = "505-555-0143"


@pytest.fixture
def sent(mother: FlaskClient, clinic: Clinic, runtime: Runtime) -> Consult:
    """A question about a private area whose family wants to be called."""
    ask = start(mother, clinic)
    steps = {
        "emergency": {"emergency": "no"},
        "where": {"site": PRIVATE_SITE},
        "private": {"way": "call_back", "phone": PHONE},
        "story": STORY,
    }
    for step, fields in steps.items():
        post(mother, f"{ask}/{step}", fields)
    assert f"Llámenme, por favor: {PHONE}" in mother.get(f"{ask}/check").text
    receipt = mother.get(post(mother, f"{ask}/check", {"agree": "yes"}).location).text
    assert f"Su clínica le llama al {PHONE}." in receipt
    with runtime.database.reading() as session:
        return session.scalars(select(Consult)).one()


def test_the_clinic_reads_whom_to_call(browser_of: BrowserOf, clinic: Clinic, sent: Consult) -> None:
    pcp = browser_of(clinic.pcp)
    assert "Wants a call" in pcp.get("/clinic").text
    page = pcp.get(f"/consults/{sent.public_id}").text
    assert "Please call me" in page
    assert f'href="tel:{PHONE}"' in page


def test_a_specialist_reads_the_wish_and_no_number(
    browser_of: BrowserOf, clinic: Clinic, sent: Consult, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        form = RequestForm(specialty="dermatology", question=QUESTION, question_type="diagnosis")
        consult = session.get_one(Consult, sent.id)
        requests.send_on(session, consult, clinic.pcp, form, now=datetime.now(UTC), targets=TARGETS)
    page = browser_of(clinic.derm).get(f"/consults/{sent.public_id}").text
    assert "Please call me" in page
    assert PHONE not in page
