"""The administrator's pages of the staff's accounts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults.records import Consult
from econsult.notices import Notice
from econsult.people.persons import Person, Role, add_person, person_by_email, specialties_of
from econsult.people.signin import SignInSession
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

PAGE = "/program/accounts"
NEW = {"name": "Dr. Nova Reyes", "email": "nova@clinic.test", "role": "pcp", "language": "es"}
ADDRESS = re.compile(r'<code class="key">http\S+?(/sign-in/link/[\w-]+)</code>')


@pytest.fixture
def admin(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.admin)


def page_of(person: Person) -> str:
    return f"{PAGE}/{person.public_id}"


def test_the_list_has_the_staff_and_finds_one_by_name_or_address(admin: FlaskClient, clinic: Clinic) -> None:
    page = admin.get(f"{PAGE}?lang=en").text
    assert all(each.name in page for each in (clinic.pcp, clinic.derm, clinic.admin))
    assert clinic.mother.name not in page
    for words in (clinic.derm.name.upper(), clinic.derm.email):
        found = post(admin, f"{PAGE}/find", {"find": words}).text
        assert (page_of(clinic.derm) in found, page_of(clinic.pcp) in found) == (True, False)
    assert "Nobody of the staff has this name" in post(admin, f"{PAGE}/find?lang=en", {"find": "xyzzy"}).text


def test_in_spanish_it_says_what_an_account_is_and_not_what_to_do_with_it(
    admin: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.derm.id).is_active = False
        session.get_one(Person, clinic.pcp.id).came_in_at = datetime.now(UTC)
    page = admin.get(f"{PAGE}?lang=es").text
    assert ("En uso" in page, "Cuenta cerrada" in page, "Abrir<" in page) == (True, True, False)
    assert ">Ninguna clínica<" in admin.get(f"{PAGE}/new?lang=es").text


def test_who_gets_an_account_comes_in_by_the_link_that_the_administrator_hands_over(
    admin: FlaskClient, browser_of: BrowserOf, runtime: Runtime, clinic: Clinic
) -> None:
    made = post(admin, f"{PAGE}/new", {**NEW, "clinic": clinic.home.public_id})
    assert (made.status_code, made.location.endswith("?said=opened")) == (303, True)
    assert "Now hand over the first link" in admin.get(f"{made.location}&lang=en").text
    with runtime.database.reading() as session:
        person = person_by_email(session, runtime.database.cipher, NEW["email"])
        assert person is not None
        assert (person.role, person.language, person.organization_id) == (Role.PCP, "es", clinic.home.id)
    shown = post(admin, f"{page_of(person)}/link?lang=en", {})
    path = ADDRESS.search(shown.text)
    assert path is not None
    assert (shown.status_code, "no-store" in shown.headers["Cache-Control"]) == (200, True)
    assert not ADDRESS.search(admin.get(page_of(person)).text)
    newcomer = admin.application.test_client()
    assert post(newcomer, path[1], {}, form_at=path[1]).status_code == 303
    refused = post(admin, f"{page_of(person)}/link?lang=en", {})
    assert (refused.status_code, "Somebody has come into this account already" in refused.text) == (422, True)


def test_what_does_not_fit_is_said_at_its_place_and_what_was_typed_stays(
    admin: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    for changes, words in (
        ({"clinic": ""}, "Choose the clinic where they work"),
        ({"role": ""}, "Choose what they are"),
        ({"role": "specialist"}, "Choose what they answer for"),
        ({"clinic": clinic.home.public_id, "email": clinic.derm.email}, "already signs in with this address"),
        ({"clinic": clinic.home.public_id, "name": ""}, "Write a name"),
        ({"clinic": clinic.home.public_id, "email": "x" * 255}, "Use at most 254 letters"),
    ):
        refused = post(admin, f"{PAGE}/new?lang=en", {**NEW, **changes})
        assert (refused.status_code, words in refused.text) == (422, True), changes
        assert {**NEW, **changes}["name"] in refused.text
    with runtime.database.reading() as session:
        assert person_by_email(session, runtime.database.cipher, NEW["email"]) is None


def test_a_closing_shows_first_what_it_takes_from_them_and_then_takes_it(
    admin: FlaskClient, browser_of: BrowserOf, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=datetime.now(UTC))
    derm = browser_of(clinic.derm)
    looked = post(admin, f"{page_of(clinic.derm)}/close?lang=en", {"verb": "look"}).text
    assert ("1 request would be taken from whoever has it" in looked, held.number in looked) == (True, True)
    assert derm.get("/worklist").status_code == 200
    assert post(admin, f"{page_of(clinic.derm)}/close", {"verb": "close"}).status_code == 303
    assert derm.get("/worklist").status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Consult, held.id).holder_id is None
    assert "they cannot come in" in admin.get(f"{page_of(clinic.derm)}?lang=en").text
    assert post(admin, f"{page_of(clinic.derm)}/reopen", {}).status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Person, clinic.derm.id).is_active


def test_the_last_coordinator_is_told_apart_and_nobody_closes_their_own_account(
    admin: FlaskClient, clinic: Clinic
) -> None:
    assert "This is the last coordinator" in admin.get(f"{page_of(clinic.coordinator)}?lang=en").text
    assert "This is the last coordinator" not in admin.get(f"{page_of(clinic.pcp)}?lang=en").text
    refused = post(admin, f"{page_of(clinic.admin)}/close?lang=en", {"verb": "close"})
    assert (refused.status_code, "Another administrator closes your account" in refused.text) == (422, True)
    assert post(admin, f"{page_of(clinic.admin)}/close", {"verb": "look"}).status_code == 422


def test_the_last_officer_is_closed_once_they_have_confirmed_who_comes_after_them(
    admin: FlaskClient, browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, officer: Person
) -> None:
    assert post(admin, f"{PAGE}/new", {**NEW, "role": "privacy"}).status_code == 303
    with runtime.database.reading() as session:
        heir = person_by_email(session, runtime.database.cipher, NEW["email"])
    assert heir is not None
    last, confirm = browser_of(officer), f"/privacy/officers/{heir.public_id}/confirm"
    assert post(last, confirm, {}).status_code == 422
    new = browser_of(heir)
    assert post(new, confirm, {}).status_code == 403
    refused = post(admin, f"{page_of(officer)}/close?lang=en", {"verb": "look"})
    assert (refused.status_code, "this one confirms them" in refused.text) == (422, True)
    assert "Not confirmed" in last.get("/privacy/officers?lang=en").text
    assert post(last, confirm, {}).location == "/privacy/officers?said=saved"
    assert post(admin, f"{page_of(officer)}/close", {}).status_code == 303


def test_a_name_and_specialties_are_changed_on_the_page(admin: FlaskClient, runtime: Runtime, clinic: Clinic) -> None:
    assert post(admin, f"{page_of(clinic.derm)}/name", {"name": "Dr. Ada Vela"}).status_code == 303
    assert post(admin, f"{page_of(clinic.derm)}/name", {"name": "a\x07b"}).status_code == 422
    wanted = {"specialties": ["dermatology", "genetics"], "verb": "look"}
    assert "If this were saved" in post(admin, f"{page_of(clinic.derm)}/specialties?lang=en", wanted).text
    assert post(admin, f"{page_of(clinic.derm)}/specialties", {**wanted, "verb": "save"}).status_code == 303
    assert post(admin, f"{page_of(clinic.derm)}/specialties", {"verb": "save"}).status_code == 422
    with runtime.database.reading() as session:
        assert specialties_of(session, clinic.derm) == {"dermatology", "genetics"}
        assert session.get_one(Person, clinic.derm.id).name == "Dr. Ada Vela"


@pytest.mark.parametrize("act", ["new", "link", "name", "close"])
def test_an_old_sign_in_is_asked_for_the_password_first(
    admin: FlaskClient, runtime: Runtime, clinic: Clinic, act: str
) -> None:
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=datetime.now(UTC) - timedelta(hours=1)))
    target = f"{PAGE}/new" if act == "new" else f"{page_of(clinic.nurse)}/{act}"
    fields = {**NEW, "role": "director", "verb": "close"}
    assert post(admin, target, fields).status_code == 422
    with runtime.database.reading() as session:
        nurse = session.scalars(select(Person).where(Person.id == clinic.nurse.id)).one()
        assert (nurse.is_active, nurse.name) == (True, clinic.nurse.name)
        assert person_by_email(session, runtime.database.cipher, NEW["email"]) is None


@pytest.mark.parametrize("others", [0, 1])
def test_who_empties_the_desk_inherits_it_last_and_officers_hear_at_once(
    admin: FlaskClient, browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, officer: Person, others: int
) -> None:
    with runtime.database.writing() as session:
        about = {"email": "a2@clinic.test", "name": "Ad Two", "role": Role.ADMIN, "now": datetime.now(UTC)}
        for _ in range(others):
            other = add_person(session, runtime.database.cipher, clinic.program, **about)
    gone = (clinic.coordinator, clinic.director)
    assert [post(admin, f"{page_of(each)}/close", {}).status_code for each in gone] == [303, 303]
    told = select(Notice.kind).where(Notice.person_id == officer.id).order_by(Notice.id)
    with runtime.database.reading() as session:
        # By the first of them the director stood in.
        assert session.scalars(told).all() == ["staff_changed", "desk_inherited"] * 2
    # A child that nobody calls is the worse harm: who is alone stands in.
    assert admin.get("/coordination/desk").status_code == (403 if others else 200)
    if others:
        assert browser_of(other).get("/coordination/desk").status_code == 200
    assert [post(admin, f"{page_of(each)}/reopen", {}).status_code for each in gone] == [303, 303]
    with runtime.database.reading() as session:
        assert session.scalars(told).all()[4:] == ["staff_changed"] * 2
    assert admin.get("/coordination/desk").status_code == 403
