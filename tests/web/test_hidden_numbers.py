"""A number that a family left with its question, once nobody must call there any more."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from econsult.consults import requests
from econsult.consults.details import check_details
from econsult.consults.records import Consult, Source
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.telephone import open_call
from econsult.errors import InvalidError
from econsult.home_safety import HomeForm, say
from econsult.linking import bar
from econsult.people.consent import ConsentGiven
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import make_token
from tests.personas import FAMILY_QUESTION, TARGETS, Clinic
from tests.web.browsing import post
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


def api_of(runtime: Runtime, browser: FlaskClient, person: Person) -> Callable[[str], dict[str, Any]]:
    """What a program of this person reads at an address."""
    with runtime.database.writing() as session:
        token = make_token(session, session.merge(person), datetime.now(UTC))
    program = browser.application.test_client()

    def read(path: str) -> dict[str, Any]:
        return dict(program.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}).json or {})

    return read


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

    read = api_of(runtime, pcp, clinic.pcp)
    assert all(NUMBER in page for page in pages())
    assert NUMBER in json.dumps(read(f"/consults/{consult.public_id}")["details"])
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
    code, group = "home_not_safe" if "home" in why else "court", "contact" if how == "to be called" else "caller"
    told = read(f"/consults/{consult.public_id}")
    assert NUMBER not in json.dumps(told)
    assert (told["details"][group]["phone"], told["details"][group]["phone_hidden"]) == ("", code)


def test_programs_read_the_number_on_file_until_nobody_must_call_there_but_for_a_call_that_must_be_made(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    browser = browser_of(clinic.pcp)
    staff = {name: api_of(runtime, browser, getattr(clinic, name)) for name in ("pcp", "coordinator")}
    mother = api_of(runtime, browser, clinic.mother)
    with runtime.database.writing() as session:
        consult = clinic.claimed(session)
        session.get_one(Patient, clinic.child.id).phone = NUMBER
        address = f"/consults/{consult.public_id}"

    def numbers(name: str) -> list[dict[str, Any]]:
        read = staff[name]
        found = [*read("/patients")["items"], *(row["patient"] for row in read("/worklist?view=waiting")["items"])]
        return [*(child for child in found if child["id"] == clinic.child.public_id), read(address)["patient"]]

    # What a specialist works on stands in the clinic's list, not on the desk's.
    shown = {name: [child["phone"] for child in numbers(name)] for name in staff}
    assert shown == {"pcp": [NUMBER] * 3, "coordinator": [NUMBER] * 2}
    with runtime.database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        say(session, child, HomeForm(False, "By the school nurse"), clinic.pcp, now=datetime.now(UTC))
    found = [child for name in staff for child in numbers(name)]
    assert [(child["phone"], child["phone_hidden"]) for child in found] == [("", "home_not_safe")] * 5
    # A gap would tell a family, and whoever reads over its shoulder, what was told of its home.
    for child in (mother("/patients")["items"][0], mother(address)["patient"]):
        assert (child["phone"], "phone_hidden" in child) == (NUMBER, False)
    with runtime.database.writing() as session:
        open_call(session, session.get_one(Consult, consult.id), 1, person_id=clinic.derm.id, now=datetime.now(UTC))
    assert staff["coordinator"](address)["patient"]["phone"] == NUMBER
    assert staff["coordinator"]("/patients")["items"][0]["phone"] == ""


@pytest.mark.parametrize("why", ["home is not safe", "court keeps"])
def test_pages_and_programs_hide_the_number_on_file_by_one_rule(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, why: str
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=datetime.now(UTC))
    pcp, desk = browser_of(clinic.pcp), browser_of(clinic.coordinator)
    family, card = f"/families/{clinic.child.public_id}", f"/coordination/{consult.public_id}"
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).phone = NUMBER

    def links() -> list[bool]:
        """Whether the number can be pressed on each page; a form that corrects it holds it all the same."""
        pages = (pcp.get(family).text, post(desk, f"{card}/phone", {}).text)
        return [f'href="tel:{NUMBER}"' in page for page in pages]

    assert links() == [True, True]
    with runtime.database.writing() as session:
        child, at = session.get_one(Patient, clinic.child.id), datetime.now(UTC)
        if why == "home is not safe":
            say(session, child, HomeForm(False, "By the school nurse"), clinic.pcp, now=at)
        else:
            bar(session, child, clinic.mother.public_id, "Order 12/2026", clinic.pcp, now=at, reaches={"phone": True})
            # On file again, as from a file that was read in since.
            child.phone = NUMBER
    assert links() == [False, False]
    assert all(why in page for page in (pcp.get(family).text, desk.get(card).text))
    told = api_of(runtime, pcp, clinic.pcp)(f"/consults/{consult.public_id}")["patient"]
    assert (told["phone"], told["phone_hidden"]) == ("", "court" if "court" in why else "home_not_safe")


def test_what_was_read_without_its_number_is_not_written_over_it() -> None:
    hidden = {"way": "call_back", "phone": "", "phone_hidden": "court"}
    with pytest.raises(InvalidError) as refused:
        check_details({"contact": hidden}, {"contact": hidden})
    assert refused.value.fields == {"details.contact": "unknown_value"}
