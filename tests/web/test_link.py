"""Asking for a sign-in link and using it in the same browser, and what is said in every other case."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.people.links import LETTERS, AskedLink, write_letter
from econsult.people.signin import make_link
from tests.personas import Clinic
from tests.web.authenticator import code_of, enrol
from tests.web.browsing import SESSION, post
from workers.runtime import Runtime

ASKED = "__Host-econsult_asked"


def ask(browser: FlaskClient, email: str = "mother@clinic.test") -> str:
    page = post(browser, "/sign-in/by-mail?lang=en", {"email": email})
    assert page.status_code == 200
    return page.text


def newest(runtime: Runtime) -> str:
    """The path of the link in the newest letter."""
    with runtime.database.writing() as session:
        number = session.scalars(select(AskedLink.id).order_by(AskedLink.id.desc())).first()
        assert number is not None
        letter = write_letter(session, runtime.database.cipher, number, runtime.secret_key, datetime.now(UTC))
    assert letter is not None
    return f"/sign-in/link/{letter.token}"


def test_a_mother_asks_for_a_link_and_comes_in_where_she_asked(
    runtime: Runtime, shell: Flask, visitor: FlaskClient, clinic: Clinic
) -> None:
    assert "/sign-in/by-mail" in visitor.get("/sign-in").text
    assert "a link is on its way there" in ask(visitor)
    path = newest(runtime)
    assert visitor.get(path).status_code == 200
    scanner = shell.test_client()
    assert scanner.get(path).status_code == 200
    elsewhere = post(scanner, f"{path}?lang=en", {})
    assert (elsewhere.status_code, "This link is for another browser" in elsewhere.text) == (403, True)
    assert scanner.get_cookie(SESSION) is None
    assert post(visitor, path, {}).location == "/family"
    assert visitor.get("/family").status_code == 200
    spent = post(visitor, f"{path}?lang=en", {})
    assert (spent.status_code, "This link no longer works" in spent.text) == (410, True)


def test_the_answer_is_the_same_for_an_address_that_nobody_has(visitor: FlaskClient, clinic: Clinic) -> None:
    known = ask(visitor).replace("mother@clinic.test", "")
    assert ask(visitor, "nobody@clinic.test").replace("nobody@clinic.test", "") == known


def test_a_newer_link_voids_the_older_in_the_same_browser_too(
    runtime: Runtime, visitor: FlaskClient, clinic: Clinic
) -> None:
    ask(visitor)
    old = newest(runtime)
    ask(visitor)
    assert post(visitor, old, {}).status_code == 410
    assert post(visitor, newest(runtime), {}).status_code == 303


def test_one_browser_may_ask_for_two_people(runtime: Runtime, visitor: FlaskClient, clinic: Clinic) -> None:
    ask(visitor)
    first = newest(runtime)
    ask(visitor, "stranger@clinic.test")
    assert post(visitor, first, {}).location == "/family"


def test_a_made_up_cookie_is_no_browser(runtime: Runtime, shell: Flask, visitor: FlaskClient, clinic: Clinic) -> None:
    ask(visitor)
    for given in ("", "x", "0" * 32, "0" * 3000):
        thief = shell.test_client()
        thief.set_cookie(ASKED, given)
        assert post(thief, newest(runtime), {}).status_code == 403


@pytest.mark.parametrize("email", ["mother@clinic.test", "nobody@clinic.test"])
def test_asking_too_often_is_refused_in_the_same_words(visitor: FlaskClient, clinic: Clinic, email: str) -> None:
    for _ in range(LETTERS):
        ask(visitor, email)
    page = post(visitor, "/sign-in/by-mail?lang=en", {"email": email})
    assert (page.status_code, page.text.count("Too many tries. Wait 15 minutes")) == (429, 2)


@pytest.mark.parametrize("email", ["", " ", "x" * 300])
def test_what_cannot_be_an_address_is_said_and_asks_for_nothing(
    runtime: Runtime, visitor: FlaskClient, clinic: Clinic, email: str
) -> None:
    assert post(visitor, "/sign-in/by-mail", {"email": email}).status_code == 422
    with runtime.database.reading() as session:
        assert session.scalars(select(AskedLink.id)).all() == []


def test_a_link_that_was_asked_for_is_no_way_round_a_second_factor(
    runtime: Runtime, visitor: FlaskClient, clinic: Clinic
) -> None:
    secret, _codes = enrol(runtime, clinic.derm)
    ask(visitor, "derm@clinic.test")
    assert post(visitor, newest(runtime), {}).location == "/sign-in/code"
    assert post(visitor, "/sign-in/code", {"code": code_of(secret)}).location == "/worklist"
    # The letter and the code together open the form that asks for no old password.
    chosen = {"new": "another horse another staple", "new_again": "another horse another staple"}
    assert post(visitor, "/account/password", chosen).location == "/account?said=password_changed"


def test_a_link_from_the_programs_own_people_works_in_any_browser(
    runtime: Runtime, visitor: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        token = make_link(session, clinic.mother, datetime.now(UTC))
    assert post(visitor, f"/sign-in/link/{token}", {}).location == "/family"
