"""Ending one session, one program, or everything of somebody else; a new password ends the programs too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.people import factors
from econsult.people.halfway import HalfwaySignIn
from econsult.people.links import AskedLink
from econsult.people.passwords import hash_password
from econsult.people.persons import Person, Role, add_person
from econsult.people.signin import ApiToken, SignInSession, clear_factor, make_link, make_token, set_password, use_link
from econsult.trail import AuditEvent
from tests.personas import Clinic
from tests.web.authenticator import code_of
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=5)


def token_of(runtime: Runtime, person: Person) -> dict[str, str]:
    with runtime.database.writing() as session:
        return {"Authorization": f"Bearer {make_token(session, person, NOW)}"}


def newest(runtime: Runtime, person: Person, table: type[SignInSession | ApiToken]) -> int:
    with runtime.database.reading() as session:
        query = select(table.id).where(table.person_id == person.id).order_by(table.id.desc())
        return session.scalars(query).first() or 0


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 200


@pytest.mark.parametrize("name", ["mother", "derm"])
def test_one_browser_is_signed_out_from_another(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, name: str
) -> None:
    person = getattr(clinic, name)
    here, kept, lost = browser_of(person), browser_of(person), browser_of(person)
    number = newest(runtime, person, SignInSession)
    page = here.get("/account?lang=en").text
    assert (page.count("Sign out there"), f'action="/account/sessions/{number}/end"' in page) == (2, True)
    assert "Cerrar la sesión allí" in here.get("/account?lang=es").text
    assert post(here, f"/account/sessions/{number}/end", {}).location == "/account?said=session_ended"
    assert (is_in(here), is_in(kept), is_in(lost)) == (True, True, False)
    assert post(here, f"/account/sessions/{number}/end", {}).status_code == 404
    with runtime.database.reading() as session:
        assert session.scalars(select(AuditEvent.person_id).where(AuditEvent.action == "end_session")).all() == [
            person.id
        ]


@pytest.mark.parametrize("how", ["sign-out-others", "sessions/{}/end"])
def test_a_set_up_that_somebody_else_began_ends_with_the_session(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, how: str
) -> None:
    """A stranger at the open browser of a family without a password sets up a factor of their own meanwhile."""
    stranger = browser_of(clinic.mother)
    number = newest(runtime, clinic.mother, SignInSession)
    owner = browser_of(clinic.mother)
    assert post(stranger, "/account/second-factor", {}).location == "/sign-in/second-factor"
    assert post(stranger, "/sign-in/by-mail", {"email": clinic.mother.email}).status_code == 200
    with runtime.database.reading() as session:
        secret = session.scalars(select(HalfwaySignIn.secret)).one()
    assert secret is not None
    assert post(owner, f"/account/{how.format(number)}", {}).status_code == 303
    late = post(stranger, "/sign-in/second-factor", {"code": code_of(secret)})
    assert (late.status_code, late.location) == (303, "/sign-in?ended=1")
    assert (is_in(stranger), is_in(owner)) == (False, True)
    with runtime.database.reading() as session:
        assert session.scalars(select(AskedLink.is_over)).all() == [True]
        assert not factors.stands(session, clinic.mother)


def test_nobody_ends_what_is_anothers(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    theirs, token = browser_of(clinic.stranger), token_of(runtime, clinic.stranger)
    for place, table in (("sessions", SignInSession), ("tokens", ApiToken)):
        number = newest(runtime, clinic.stranger, table)
        for person in (clinic.mother, clinic.admin, clinic.coordinator):
            assert post(browser_of(person), f"/account/{place}/{number}/end", {}).status_code == 404
    assert is_in(theirs)
    assert theirs.get("/api/v1/patients", headers=token).status_code == 200


def test_a_program_is_listed_and_ended(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    token, derm = token_of(runtime, clinic.derm), browser_of(clinic.derm)
    assert derm.get("/api/v1/patients", headers=token).status_code == 200
    number = newest(runtime, clinic.derm, ApiToken)
    assert "Programs that act for you" in derm.get("/account?lang=en").text
    assert "Programas que actúan por usted" in derm.get("/account?lang=es").text
    assert post(derm, f"/account/tokens/{number}/end", {}).location == "/account?said=token_ended"
    assert derm.get("/api/v1/patients", headers=token).status_code == 401
    assert "Programs that act for you" not in derm.get("/account?lang=en").text
    assert post(derm, f"/account/tokens/{number}/end", {}).status_code == 404


def test_a_new_password_and_a_cleared_factor_end_programs_and_links(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    for act in (
        lambda session: set_password(session, session.merge(clinic.derm), hash_password("another horse staple"), NOW),
        lambda session: clear_factor(session, session.merge(clinic.derm), NOW),
    ):
        token = token_of(runtime, clinic.derm)
        with runtime.database.writing() as session:
            link = make_link(session, clinic.derm, NOW)
        with runtime.database.writing() as session:
            act(session)
        assert browser_of(clinic.derm).get("/api/v1/patients", headers=token).status_code == 401
        with runtime.database.writing() as session:
            assert use_link(session, link, NOW) is None


def test_the_desk_signs_a_family_out_and_the_administrator_anybody(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    desk, admin = browser_of(clinic.coordinator), browser_of(clinic.admin)
    mother, derm, token = browser_of(clinic.mother), browser_of(clinic.derm), token_of(runtime, clinic.mother)
    refused = post(desk, "/program/sessions?lang=en", {"email": clinic.derm.email})
    assert (refused.status_code, "No family of the program signs in with this address" in refused.text) == (422, True)
    assert "Ninguna familia del programa" in post(desk, "/program/sessions?lang=es", {"email": "x@y.test"}).text
    assert "Write their e-mail address" in post(desk, "/program/sessions?lang=en", {"email": ""}).text
    assert post(desk, f"/program/sessions/{clinic.derm.public_id}", {}).status_code == 403
    assert (is_in(mother), is_in(derm)) == (True, True)
    done = "/program/sessions?said=member_out"
    assert post(desk, "/program/sessions", {"email": clinic.mother.email.upper()}).location == done
    assert (is_in(mother), mother.get("/api/v1/patients", headers=token).status_code) == (False, 401)
    assert clinic.derm.name not in desk.get("/program/sessions").text
    page = admin.get("/program/sessions?lang=en").text
    assert (clinic.derm.name in page, "1 browser" in page, clinic.mother.name in page) == (True, True, False)
    assert post(admin, f"/program/sessions/{clinic.derm.public_id}", {}).location == done
    assert not is_in(derm)
    with runtime.database.reading() as session:
        query = select(AuditEvent.person_id, AuditEvent.entity_id).where(AuditEvent.action == "sign_out")
        rows = {tuple(row) for row in session.execute(query)}
    assert rows == {(clinic.coordinator.id, clinic.mother.public_id), (clinic.admin.id, clinic.derm.public_id)}


def test_nobody_is_signed_out_by_another_program(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    about = {"email": "far@example.test", "name": "Far", "role": Role.PCP, "now": NOW}
    with runtime.database.writing() as session:
        program = runtime.vault.add_program(session, "Second Program", NOW)
        far = add_person(session, runtime.database.cipher, program, **about)
    browser, admin = browser_of(far), browser_of(clinic.admin)
    assert post(admin, "/program/sessions", {"email": far.email}).status_code == 422
    assert post(admin, f"/program/sessions/{far.public_id}", {}).status_code == 404
    assert is_in(browser)
