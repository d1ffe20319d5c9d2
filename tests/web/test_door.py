"""Signing in and out: passwords, one-time links, bearer tokens, and the session behind them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.people.account import change_password
from econsult.people.attempts import sign_in
from econsult.people.passwords import hash_password
from econsult.people.persons import Person, Role, add_person
from econsult.people.signin import (
    SignInSession,
    close_account,
    make_link,
    make_token,
    open_session,
    set_password,
)
from econsult.people.standing import credential_of
from tests.web.browsing import SESSION, post
from web.context import source_here
from web.shell.entering import welcome
from workers.runtime import Runtime

NOW = datetime.now(UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def parent(runtime: Runtime) -> Person:
    """A caregiver with a password; `/secret` is a page that only caregivers may open."""
    with runtime.database.writing() as session:
        program = runtime.vault.ensure_program(session, "Mesa", NOW)
        cipher = runtime.database.cipher
        person = add_person(
            session, cipher, program, email="p@demo.test", name="Ana", role=Role.CAREGIVER, now=NOW, language="es"
        )
        person.password_hash = hash_password(PASSWORD)
    return person


def test_a_password_signs_in_and_leads_back_to_the_wished_page(visitor: FlaskClient, parent: Person) -> None:
    asked = visitor.get("/secret")
    assert (asked.status_code, asked.location) == (303, "/sign-in")
    answer = post(visitor, "/sign-in", {"email": " P@demo.test", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/secret")
    assert visitor.get("/secret").text == parent.public_id


@pytest.mark.parametrize("changed", ["password", "account"])
def test_who_knew_the_password_of_before_comes_in_no_more(
    shell: Flask, runtime: Runtime, parent: Person, changed: str
) -> None:
    # To look at a password takes a tenth of a second; its owner changes it in that moment.
    found = sign_in(runtime.database, "p@demo.test", PASSWORD, source="", now=NOW)
    assert found is not None
    with runtime.database.writing() as session:
        owner = session.get_one(Person, parent.id)
        if changed == "password":
            set_password(session, owner, hash_password("another horse another staple"), NOW, by=owner)
        else:
            close_account(session, owner, NOW)
    with shell.test_request_context("/sign-in", method="POST"):
        assert welcome(found, "/secret", credential_of(found)).location == "/sign-in?ended"
    with runtime.database.reading() as session:
        assert session.scalars(select(SignInSession)).all() == []


def test_of_two_who_change_one_password_at_once_one_does(runtime: Runtime, parent: Person) -> None:
    def change(number: int) -> bool:
        new = f"another horse another staple {number}"
        return change_password(runtime.database, parent, PASSWORD, new, source="", now=NOW)

    with ThreadPoolExecutor(4) as many:
        assert sorted(many.map(change, range(4))) == [False, False, False, True]


@pytest.mark.parametrize("email", ["p@demo.test", "nobody@demo.test"])
def test_a_wrong_pair_is_refused_in_the_same_words(visitor: FlaskClient, parent: Person, email: str) -> None:
    page = post(visitor, "/sign-in", {"email": email, "password": "wrong horse battery"})
    assert page.status_code == 422
    assert page.text.count("The address or the password is not right.") == 2
    assert "wrong horse" not in page.text


def test_a_guesser_is_known_by_the_line_and_not_by_what_a_header_says(visitor: FlaskClient, parent: Person) -> None:
    for number in range(10):
        visitor.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
        # Whoever has a line of IPv6 has as many addresses on it as they like.
        visitor.environ_base["REMOTE_ADDR"] = f"2001:db8:0:1::{number:x}"
        page = post(visitor, "/sign-in", {"email": "p@demo.test", "password": "wrong horse battery"})
        assert page.status_code == 422
    assert post(visitor, "/sign-in", {"email": "p@demo.test", "password": PASSWORD}).status_code == 429
    visitor.environ_base["REMOTE_ADDR"] = "2001:db8:0:2::1"
    assert post(visitor, "/sign-in", {"email": "p@demo.test", "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_the_line_is_told_from_any_address(shell: Flask, address: str, line: str) -> None:
    with shell.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
        assert source_here() == line


def test_a_link_works_once_and_only_through_its_button(
    shell: Flask, runtime: Runtime, visitor: FlaskClient, parent: Person
) -> None:
    with runtime.database.writing() as session:
        token = make_link(session, parent, datetime.now(UTC))
    assert visitor.get(f"/sign-in/link/{token}").status_code == 200
    assert post(visitor, f"/sign-in/link/{token}", {}).location == "/family"
    assert visitor.get("/secret").status_code == 200
    assert post(shell.test_client(), f"/sign-in/link/{token}", {}).status_code == 410


def test_signing_in_changes_the_session_and_signing_out_ends_it(visitor: FlaskClient, parent: Person) -> None:
    visitor.set_cookie(SESSION, "planted")
    post(visitor, "/sign-in", {"email": "p@demo.test", "password": PASSWORD})
    cookie = visitor.get_cookie(SESSION)
    assert cookie is not None
    assert cookie.value != "planted"
    assert post(visitor, "/sign-out", {}).headers["Clear-Site-Data"] == '"cache"'
    visitor.set_cookie(SESSION, cookie.value)
    assert visitor.get("/secret").status_code == 303


def test_the_role_decides(visitor: FlaskClient, runtime: Runtime, parent: Person) -> None:
    with runtime.database.writing() as session:
        headers = {"Authorization": f"Bearer {make_token(session, parent, NOW)}"}
    assert visitor.get("/secret", headers=headers).text == parent.public_id
    assert visitor.get("/api/v1/secret", headers=headers).status_code == 403


def test_a_bad_bearer_token_never_falls_back_to_the_cookie(
    visitor: FlaskClient, runtime: Runtime, parent: Person
) -> None:
    with runtime.database.writing() as session:
        visitor.set_cookie(SESSION, open_session(session, parent, datetime.now(UTC)))
    assert visitor.get("/secret").status_code == 200
    refused = visitor.get("/api/v1/secret", headers={"Authorization": "Bearer wrong"})
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(("idle", "status"), [(59, 200), (61, 303)])
def test_an_idle_session_ends_after_an_hour(
    visitor: FlaskClient, runtime: Runtime, parent: Person, idle: int, status: int
) -> None:
    with runtime.database.writing() as session:
        began = datetime.now(UTC) - timedelta(minutes=idle)
        visitor.set_cookie(SESSION, open_session(session, parent, began))
    assert visitor.get("/secret").status_code == status


def test_use_keeps_a_session_alive(visitor: FlaskClient, runtime: Runtime, parent: Person) -> None:
    began = datetime.now(UTC) - timedelta(minutes=50)
    with runtime.database.writing() as session:
        visitor.set_cookie(SESSION, open_session(session, parent, began))
    visitor.get("/secret")
    with runtime.database.reading() as session:
        assert session.scalars(select(SignInSession.seen_at)).one() > began + timedelta(minutes=49)


def test_the_switch_is_kept_on_the_persons_record(visitor: FlaskClient, runtime: Runtime, parent: Person) -> None:
    with runtime.database.writing() as session:
        visitor.set_cookie(SESSION, open_session(session, parent, datetime.now(UTC)))
    assert '<html lang="es">' in visitor.get("/parts/family").text
    post(visitor, "/language", {"lang": "en", "next": "/parts/family"})
    assert '<html lang="en">' in visitor.get("/parts/family").text
    with runtime.database.reading() as session:
        assert session.get_one(Person, parent.id).language == "en"
