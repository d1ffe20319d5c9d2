"""A number that a family left with its question, once nobody must call there any more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from econsult.consults import requests
from econsult.consults.records import Consult, Source
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.home_safety import HomeForm, say
from econsult.linking import bar
from econsult.people.consent import ConsentGiven
from econsult.people.patients import Patient
from tests.personas import FAMILY_QUESTION, TARGETS, Clinic
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NUMBER = "505-555-0177"
LEFT = {
    "to be called": {"body_site": "private_area", "contact": {"way": "call_back", "phone": NUMBER}},
    "by telephone": {"body_site": "arm", "caller": {"who": "family", "name": "Abuela Rosa", "phone": NUMBER}},
}


def ask(runtime: Runtime, clinic: Clinic, how: str) -> Consult:
    at = datetime.now(UTC)
    is_call = how == "by telephone"
    form = RequestForm(
        kind="family_question",
        question=FAMILY_QUESTION,
        source=Source.PHONE if is_call else None,
        consent=ConsentGiven("parent", "verbal" if is_call else "electronic", "es"),
        details={"red_flags": [], **LEFT[how]},
    )
    asker = clinic.coordinator if is_call else clinic.mother
    with runtime.database.writing() as session:
        consult = requests.create(session, asker, session.get_one(Patient, clinic.child.id), form, now=at)
        requests.submit(session, consult, asker, SubmitForm(), now=at, targets=TARGETS)
    return consult


@pytest.mark.parametrize("how", list(LEFT))
@pytest.mark.parametrize("why", ["the home is not safe", "a court keeps"])
def test_it_is_shown_until_nobody_must_call_there(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, how: str, why: str
) -> None:
    consult = ask(runtime, clinic, how)
    pcp, desk = browser_of(clinic.pcp), browser_of(clinic.coordinator)

    def pages() -> list[str]:
        paths = (f"/consults/{consult.public_id}", f"/coordination/{consult.public_id}")
        return [staff.get(path).text for staff, path in zip((pcp, desk), paths, strict=True)]

    assert all(NUMBER in page for page in pages())
    with runtime.database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        if why == "the home is not safe":
            say(session, child, HomeForm(False, "By the school nurse"), clinic.pcp, now=datetime.now(UTC))
        else:
            child.phone = NUMBER
            order = "Order 12/2026, in the folder"
            mother = clinic.mother.public_id
            bar(session, child, mother, order, clinic.pcp, now=datetime.now(UTC), reaches={"phone": True})
    for page in pages():
        assert NUMBER not in page
        assert "The number is not shown: " in page
        assert why in page
