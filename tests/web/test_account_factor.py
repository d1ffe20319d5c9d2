"""The second factor on one's own account page: setting it up, new recovery codes, another phone, turning it off."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask import request as asked
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, event, func, select, update

from econsult.notices import Notice, NoticeKind
from econsult.people import factors
from econsult.people.account import FRESH, end_session
from econsult.people.factors import RecoveryCode, SecondFactor
from econsult.people.halfway import HalfwaySignIn
from econsult.people.persons import Person
from econsult.people.signin import SignInSession, make_token
from econsult.trail import AuditEvent
from tests.personas import Clinic
from tests.spread import spread
from tests.web.authenticator import RECOVERY_CODE, code_of, enrol, set_up_in
from tests.web.browsing import post
from tests.web.conftest import PASSWORD, BrowserOf, stored_password
from workers.runtime import Runtime

OWNER = {"factor_password": PASSWORD}


@pytest.fixture(params=["mother", "derm"])
def person(request: pytest.FixtureRequest, runtime: Runtime, clinic: Clinic) -> Person:
    """A caregiver and a member of the staff, each with a password."""
    found: Person = getattr(clinic, request.param)
    with runtime.database.writing() as session:
        session.merge(found).password_hash = stored_password()
    return found


@pytest.fixture
def here(browser_of: BrowserOf, person: Person) -> FlaskClient:
    return browser_of(person)


def secret_of(runtime: Runtime, person: Person) -> str | None:
    with runtime.database.reading() as session:
        return session.scalar(select(SecondFactor.secret).where(SecondFactor.person_id == person.id))


def deeds(runtime: Runtime, person: Person) -> set[str]:
    with runtime.database.reading() as session:
        return set(session.scalars(select(AuditEvent.action).where(AuditEvent.person_id == person.id)))


def test_people_set_a_factor_up_and_everybody_else_in_their_name_is_out(
    runtime: Runtime, here: FlaskClient, browser_of: BrowserOf, person: Person
) -> None:
    elsewhere = browser_of(person)
    assert "alone opens this account" in here.get("/account?lang=en").text
    assert post(here, "/account/second-factor", OWNER).location == "/sign-in/second-factor"
    assert elsewhere.get("/account").status_code == 200, "nothing stands before the first code"
    secret, page = set_up_in(here)
    assert len(RECOVERY_CODE.findall(page.text)) == 10
    assert 'href="/account"' in page.text
    assert secret_of(runtime, person) == secret
    assert elsewhere.get("/account").status_code == 303
    shown = here.get("/account?lang=en").text
    assert "A code from your app, since today" in shown
    assert "10 recovery codes left." in shown
    assert "Make new ones now." not in shown


def test_an_open_browser_alone_sets_nothing_up(runtime: Runtime, here: FlaskClient, person: Person) -> None:
    for fields, words in (({}, "Write your password"), ({"factor_password": "wrong"}, "This is not your password")):
        page = post(here, "/account/second-factor?lang=en", fields)
        assert (page.status_code, page.text.count(words)) == (422, 2)
    assert here.get("/sign-in/second-factor").status_code == 303


def test_somebody_who_comes_by_link_alone_is_asked_for_no_password(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    browser = browser_of(clinic.mother)
    page = browser.get("/account?lang=en").text
    assert "Now a link alone opens this account." in page
    assert "factor_password" not in page
    assert post(browser, "/account/second-factor", {}).location == "/sign-in/second-factor"
    assert set_up_in(browser)[1].status_code == 200


def test_an_open_browser_of_somebody_without_a_password_sets_nothing_up(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    browser = browser_of(clinic.mother)
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=datetime.now(UTC) - FRESH))
    page = post(browser, "/account/second-factor?lang=en", {})
    assert (page.status_code, page.text.count("You signed in a while ago.")) == (422, 1)
    assert 'href="#second-step"' in page.text
    assert browser.get("/sign-in/second-factor").status_code == 303


def test_a_session_that_ends_while_its_owner_is_asked_for_begins_no_set_up(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    browser = browser_of(clinic.mother)
    waiting = [True]

    def end_it(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        """Another connection ends the session, between the look at how fresh it is and the set-up."""
        is_look = statement.startswith("SELECT sign_in_session.created_at")
        if waiting and is_look and asked.path == "/account/second-factor":
            waiting.clear()
            with runtime.database.writing() as session:
                end_session(session, clinic.mother, session.scalars(select(SignInSession.id)).one(), datetime.now(UTC))

    event.listen(Engine, "after_cursor_execute", end_it)
    try:
        answer = post(browser, "/account/second-factor", {}, form_at="/account")
    finally:
        event.remove(Engine, "after_cursor_execute", end_it)
    assert not waiting
    assert (answer.status_code, answer.location) == (303, "/sign-in?ended=1")
    assert browser.get("/sign-in/second-factor").location == "/sign-in?ended=1"
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count(HalfwaySignIn.id))) == 0


@pytest.mark.parametrize("way", ["codes", "off"])
@pytest.mark.parametrize("lacking", ["factor_password", "factor_code"])
def test_both_password_and_code_are_needed(
    runtime: Runtime, here: FlaskClient, person: Person, way: str, lacking: str
) -> None:
    secret, codes = enrol(runtime, person)
    fields = {**OWNER, "factor_code": code_of(secret), lacking: "wrong"}
    page = post(here, f"/account/second-factor/{way}?lang=en", fields)
    assert (page.status_code, "<details open>" in page.text) == (422, True)
    assert PASSWORD not in page.text
    recovery = post(here, f"/account/second-factor/{way}", {**OWNER, "factor_code": codes[0]})
    assert recovery.status_code == 422, "a recovery code turns nothing off"
    assert secret_of(runtime, person) == secret
    with runtime.database.reading() as session:
        standing = factors.standing(session, person)
    assert standing is not None
    assert standing.codes_left == 10


def test_new_recovery_codes_are_shown_once(runtime: Runtime, here: FlaskClient, person: Person) -> None:
    secret, old = enrol(runtime, person)
    code = code_of(secret)
    page = post(here, "/account/second-factor/codes?lang=en", {**OWNER, "factor_code": code})
    new = RECOVERY_CODE.findall(page.text)
    assert (page.status_code, len(new), set(new) & set(old)) == (200, 10, set())
    assert "The old ones are void." in page.text
    assert not any(code in here.get("/account").text for code in new)
    assert "renew_recovery_codes" in deeds(runtime, person)
    again = post(here, "/account/second-factor/codes", {**OWNER, "factor_code": code})
    assert again.status_code == 422, "the code was used"


def test_it_is_turned_off_with_password_and_code(runtime: Runtime, here: FlaskClient, person: Person) -> None:
    secret, _codes = enrol(runtime, person)
    answer = post(here, "/account/second-factor/off", {**OWNER, "factor_code": code_of(secret)})
    assert answer.location == "/account?said=factor_off"
    assert "Signing in takes your password alone again." in here.get("/account?said=factor_off&lang=en").text
    assert secret_of(runtime, person) is None
    assert "remove_factor" in deeds(runtime, person)
    with runtime.database.reading() as session:
        assert session.scalars(select(RecoveryCode.id)).all() == []


@pytest.mark.parametrize("with_phone", spread([True, False], 1))
def test_another_phone_takes_over_once_it_has_shown_a_code(
    runtime: Runtime, here: FlaskClient, person: Person, with_phone: bool
) -> None:
    old, codes = enrol(runtime, person)
    proof = code_of(old) if with_phone else codes[0]
    assert post(here, "/account/second-factor", {**OWNER, "factor_code": "000000"}).status_code == 422
    answer = post(here, "/account/second-factor", {**OWNER, "factor_code": proof})
    assert answer.location == "/sign-in/second-factor"
    assert secret_of(runtime, person) == old, "the old phone works until the new one does"
    secret, page = set_up_in(here)
    assert page.status_code == 200
    assert secret_of(runtime, person) == secret != old
    assert here.get("/account").status_code == 200


def test_few_recovery_codes_left_are_warned_of(runtime: Runtime, here: FlaskClient, person: Person) -> None:
    enrol(runtime, person)
    with runtime.database.writing() as session:
        kept = select(RecoveryCode.id).limit(factors.FEW_CODES)
        session.execute(delete(RecoveryCode).where(RecoveryCode.id.not_in(kept)))
    page = here.get("/account?lang=en").text
    assert "3 recovery codes left. Make new ones now." in page
    assert "Quedan 3 códigos de respaldo. Haga nuevos ahora." in here.get("/account?lang=es").text


def test_guessing_at_an_open_browser_ends(runtime: Runtime, here: FlaskClient, person: Person) -> None:
    secret, codes = enrol(runtime, person)
    for _ in range(factors.TRIES):
        post(here, "/account/second-factor/off", {**OWNER, "factor_code": "000000"})
    for way, proof in (("/off", code_of(secret)), ("/codes", code_of(secret)), ("", codes[0])):
        page = post(here, f"/account/second-factor{way}?lang=en", {**OWNER, "factor_code": proof})
        assert (page.status_code, "Too many tries." in page.text) == (422, True)
    assert secret_of(runtime, person) == secret


def test_another_password_keeps_the_factor_and_the_session_that_it_opened(
    runtime: Runtime, here: FlaskClient, person: Person
) -> None:
    post(here, "/account/second-factor", OWNER)
    secret, _page = set_up_in(here)
    new = "another horse another staple"
    post(here, "/account/password", {"old": PASSWORD, "new": new, "new_again": new})
    assert here.get("/account").status_code == 200
    post(here, "/sign-out", {})
    answer = post(here, "/sign-in", {"email": person.email, "password": new})
    assert answer.location == "/sign-in/code"
    assert post(here, "/sign-in/code", {"code": code_of(secret, 1)}).status_code == 303


def test_a_token_sets_nothing_up(runtime: Runtime, shell: Flask, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        token = make_token(session, clinic.mother, datetime.now(UTC))
    answer = shell.test_client().post("/account/second-factor", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)


def letters(runtime: Runtime, person: Person) -> int:
    """How many letters about their own account wait for this person."""
    with runtime.database.reading() as session:
        query = select(Notice.id).where(Notice.person_id == person.id, Notice.kind == NoticeKind.SIGN_IN_CHANGED)
        return len(session.scalars(query).all())


def test_each_change_is_told_to_the_person_by_letter(runtime: Runtime, here: FlaskClient, person: Person) -> None:
    post(here, "/account/second-factor", OWNER)
    secret, _page = set_up_in(here)
    assert letters(runtime, person) == 1
    post(here, "/account/second-factor/codes", {**OWNER, "factor_code": "000000"})
    assert letters(runtime, person) == 1, "nothing was changed"
    page = post(here, "/account/second-factor/codes", {**OWNER, "factor_code": code_of(secret, 1)})
    assert letters(runtime, person) == 2
    new = "another horse another staple"
    post(here, "/account/password", {"old": PASSWORD, "new": new, "new_again": new})
    assert letters(runtime, person) == 3
    post(here, "/sign-out", {})
    post(here, "/sign-in", {"email": person.email, "password": new})
    post(here, "/sign-in/code?with=recovery", {"code": RECOVERY_CODE.findall(page.text)[0]})
    assert here.get("/account").status_code == 200
    assert letters(runtime, person) == 4


def test_turning_it_off_is_told_by_letter(runtime: Runtime, here: FlaskClient, person: Person) -> None:
    secret, _codes = enrol(runtime, person)
    post(here, "/account/second-factor/off", {**OWNER, "factor_code": code_of(secret)})
    assert letters(runtime, person) == 1
