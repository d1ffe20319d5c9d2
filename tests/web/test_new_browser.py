"""A sign-in by a browser that the account was never used by: its owner hears of it, by a letter that says no more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from econsult.notices import Notice, NoticeKind
from econsult.people.browsers import KNOWN_FOR, KnownBrowser, note_browser, sweep_browsers
from econsult.people.persons import Person
from econsult.people.signin import SignInSession
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import NOON, PASSWORD
from tests.web.test_elsewhere import account, know
from web import create_app
from web.shell.entering import BROWSER
from workers.runtime import Runtime

OTHER = "a quite other sentence 42"


@pytest.fixture
def mother(runtime: Runtime, clinic: Clinic) -> Person:
    know(runtime, clinic.mother)
    return clinic.mother


def come_in(browser: FlaskClient, person: Person, password: str = PASSWORD) -> FlaskClient:
    """Sign in anew, as the session of before ends with it."""
    answer = post(browser, "/sign-in", {"email": person.email, "password": password})
    assert answer.status_code == 303, answer.text
    return browser


def letters(runtime: Runtime, person: Person) -> int:
    mine = Notice.person_id == person.id, Notice.kind == NoticeKind.SIGN_IN_NEW
    with runtime.database.reading() as session:
        return session.scalars(select(func.count(Notice.id)).where(*mine)).one()


def test_the_first_browser_is_quiet_and_each_other_told_once(runtime: Runtime, mother: Person, shell: Flask) -> None:
    own, thief = shell.test_client(), shell.test_client()
    come_in(own, mother)
    came = own.get_cookie(f"__Host-{BROWSER}")
    come_in(own, mother)
    assert letters(runtime, mother) == 0
    come_in(thief, mother)
    assert letters(runtime, mother) == 1
    come_in(thief, mother)
    come_in(own, mother)
    assert letters(runtime, mother) == 1
    assert came is not None
    assert (came.secure, came.http_only, came.same_site, came.path) == (True, True, "Lax", "/")
    assert came.max_age == KNOWN_FOR.total_seconds()
    kept = own.get_cookie(f"__Host-{BROWSER}")
    assert kept is not None
    assert kept.value == came.value
    with runtime.database.reading() as session:
        assert came.value not in str(session.execute(select(KnownBrowser.browser_hash, KnownBrowser.id)).all())


def test_whoever_ends_a_browser_hears_when_it_comes_back(runtime: Runtime, mother: Person, shell: Flask) -> None:
    own, thief = shell.test_client(), shell.test_client()
    come_in(own, mother)
    come_in(thief, mother)
    with runtime.database.reading() as session:
        number = session.scalars(select(func.max(SignInSession.id))).one()
    post(own, f"/account/sessions/{number}/end", {})
    come_in(thief, mother)
    assert letters(runtime, mother) == 2
    post(own, "/account/sign-out-others", {})
    come_in(thief, mother)
    assert letters(runtime, mother) == 3
    changed = post(own, "/account/password", {"old": PASSWORD, "new": OTHER, "new_again": OTHER})
    assert changed.location == "/account?said=password_changed"
    come_in(own, mother, OTHER)
    assert letters(runtime, mother) == 3, "the browser that did it is as known as before"
    come_in(thief, mother, OTHER)
    assert letters(runtime, mother) == 4


def test_who_goes_over_to_an_account_that_does_not_know_the_browser_is_told_of_once(
    runtime: Runtime, mother: Person, shell: Flask
) -> None:
    """The account that the stranger enters first was never used: its first browser is quiet."""
    with runtime.database.writing() as session:
        second = runtime.vault.add_program(session, "Second Program", NOON)
    used = account(runtime, second, mother.email)
    with runtime.database.writing() as session:
        note_browser(session, used, "hers", NOON)
    thief = come_in(shell.test_client(), mother)
    assert post(thief, f"/account/programs/{used.public_id}", {}, form_at="/account").status_code == 303
    assert (letters(runtime, mother), letters(runtime, used)) == (0, 1)


def test_a_cookie_that_somebody_made_up_is_taken_for_none(mother: Person, shell: Flask) -> None:
    browser = shell.test_client()
    browser.set_cookie(f"__Host-{BROWSER}", "x" * 500, secure=True)
    come_in(browser, mother)
    made = browser.get_cookie(f"__Host-{BROWSER}")
    assert made is not None
    assert len(made.value) == 43


def test_the_demo_writes_no_such_letter(runtime: Runtime, mother: Person) -> None:
    demo = create_app(Runtime(replace(runtime.installation, settings=replace(runtime.settings, is_demo=True))))
    for _ in range(2):
        come_in(demo.test_client(), mother)
    assert letters(runtime, mother) == 0


def test_browsers_that_do_not_come_back_are_forgotten_but_for_the_last(runtime: Runtime, mother: Person) -> None:
    with runtime.database.writing() as session:
        for mark in ("a", "b"):
            own = {"program_id": mother.program_id, "person_id": mother.id, "browser_hash": mark}
            session.add(KnownBrowser(**own, seen_at=NOON))
        session.flush()
        assert sweep_browsers(session, NOON + KNOWN_FOR / 2) == 0
        assert sweep_browsers(session, NOON + KNOWN_FOR) == 1
        assert session.scalars(select(KnownBrowser.browser_hash)).all() == ["b"]
