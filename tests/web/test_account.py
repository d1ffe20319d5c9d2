"""One's own account: where one is signed in, signing out elsewhere, and another password."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.notices import Notice, NoticeKind
from econsult.people.passwords import hash_password
from econsult.people.persons import Person
from econsult.people.signin import SignInSession
from econsult.trail import AuditEvent
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.words.devices import device_of
from workers.runtime import Runtime

OLD, NEW = "correct horse battery staple", "another horse another staple"
AGENT = "Mozilla/5.0 (Linux; Android 13; moto e13) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"


@pytest.fixture(params=["mother", "derm"])
def person(request: pytest.FixtureRequest, runtime: Runtime, clinic: Clinic) -> Person:
    """A caregiver and a member of the staff, each with a password."""
    found: Person = getattr(clinic, request.param)
    with runtime.database.writing() as session:
        session.merge(found).password_hash = hash_password(OLD)
    return found


def fields(**changes: str) -> dict[str, str]:
    return {"old": OLD, "new": NEW, "new_again": NEW, **changes}


def signed_in(visitor: FlaskClient, person: Person, password: str = OLD) -> FlaskClient:
    visitor.environ_base["HTTP_USER_AGENT"] = AGENT
    answer = post(visitor, "/sign-in", {"email": person.email, "password": password})
    assert answer.status_code == 303
    return visitor


def test_people_see_where_they_are_signed_in_and_end_the_rest(
    runtime: Runtime, visitor: FlaskClient, browser_of: BrowserOf, person: Person, clinic: Clinic
) -> None:
    elsewhere, other = browser_of(person), browser_of(clinic.pcp)
    here = signed_in(visitor, person)
    page = here.get("/account?lang=en").text
    assert page.index("Chrome, Android") < page.index("This one") < page.index("A device we do not know")
    assert "/account" in here.get("/family" if person == clinic.mother else "/worklist").text
    assert post(here, "/account/sign-out-others", {}).location == "/account?said=signed_out_others"
    assert elsewhere.get("/account").status_code == 303
    assert other.get("/account").status_code == 200
    page = here.get("/account?said=signed_out_others&lang=en").text
    assert "Signed out everywhere else." in page
    assert "/account/sign-out-others" not in page
    with runtime.database.reading() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.action == "sign_out_others")).one()
        assert row.person_id == person.id


@pytest.fixture
def bare(runtime: Runtime, person: Person) -> Person:
    """The same without a password, as a clinic or an administrator opens an account."""
    with runtime.database.writing() as session:
        session.execute(update(Person).where(Person.id == person.id).values(password_hash=None))
    return person


def test_who_has_no_password_chooses_one(visitor: FlaskClient, browser_of: BrowserOf, bare: Person) -> None:
    here = browser_of(bare)
    page = here.get("/account?lang=en").text
    assert ("A password of your own" in page, 'name="old"' in page) == (True, False)
    refused = post(here, "/account/password?lang=en", {"new": "password1234567", "new_again": "password1234567"})
    assert (refused.status_code, "This password is easy to guess" in refused.text) == (422, True)
    assert post(here, "/account/password", {"new": NEW, "new_again": NEW}).location == "/account?said=password_changed"
    signed_in(visitor, bare, NEW)
    assert "Another password" in here.get("/account?lang=en").text


def test_who_forgot_the_password_chooses_another_after_a_link(
    visitor: FlaskClient, browser_of: BrowserOf, runtime: Runtime, person: Person
) -> None:
    here, elsewhere = browser_of(person), browser_of(person)
    page = here.get("/account?lang=en").text
    assert ("You do not need the old one" in page, 'name="old"' in page) == (True, False)
    chosen = {"new": NEW, "new_again": NEW}
    assert post(here, "/account/password", chosen).location == "/account?said=password_changed"
    assert post(elsewhere, "/account/password", chosen).status_code == 303, "signed out with the old password"
    signed_in(visitor, person, NEW)
    with runtime.database.reading() as session:
        assert session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.SIGN_IN_CHANGED)).all()


@pytest.mark.parametrize(("is_new", "by_letter"), [(False, True), (True, False)])
def test_nobody_forgets_it_late_or_by_a_link_that_was_handed_over(
    runtime: Runtime, visitor: FlaskClient, browser_of: BrowserOf, person: Person, is_new: bool, by_letter: bool
) -> None:
    here, began = browser_of(person), datetime.now(UTC) - timedelta(minutes=0 if is_new else 11)
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=began, proves_address=by_letter, by_letter=by_letter))
    page = post(here, "/account/password?lang=en", {"new": NEW, "new_again": NEW})
    assert (page.status_code, "Write your password" in page.text, "Forgotten?" in page.text) == (422, True, True)
    signed_in(visitor, person, OLD)


def test_who_came_in_by_the_password_brings_it_for_another(visitor: FlaskClient, person: Person) -> None:
    here = signed_in(visitor, person)
    page = here.get("/account?lang=en").text
    assert ('name="old"' in page, "You do not need the old one" in page) == (True, False)
    for chosen in ({"new": NEW, "new_again": NEW}, {"old": "", "new": NEW, "new_again": NEW}):
        refused = post(here, "/account/password?lang=en", chosen)
        assert (refused.status_code, "Write your password" in refused.text) == (422, True)
    assert post(here, "/account/password", fields()).location == "/account?said=password_changed"
    # Whoever has just chosen one knows it: the session that follows asks for it too.
    assert post(here, "/account/password", {"new": OLD, "new_again": OLD}).status_code == 422
    signed_in(here, person, NEW)


@pytest.mark.parametrize("is_proven", [True, False])
def test_nobody_chooses_a_password_late_or_by_a_link_that_was_handed_over(
    runtime: Runtime, browser_of: BrowserOf, bare: Person, is_proven: bool
) -> None:
    here, began = browser_of(bare), datetime.now(UTC) - timedelta(minutes=11 if is_proven else 0)
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=began, proves_address=is_proven, by_letter=is_proven))
    # Who came in another way reads so before they write one.
    assert ("we send you.</p>" in here.get("/account?lang=en").text) == (not is_proven)
    words = "Sign in with a new link" if is_proven else "Today you came in another way"
    page = post(here, "/account/password?lang=en", {"new": NEW, "new_again": NEW})
    assert (page.status_code, words in page.text, 'href="/sign-in/by-mail"' in page.text) == (422, True, True)
    with runtime.database.reading() as session:
        assert not session.get_one(Person, bare.id).has_password


def test_another_password_signs_out_everybody_but_oneself(
    runtime: Runtime, visitor: FlaskClient, browser_of: BrowserOf, person: Person
) -> None:
    elsewhere = browser_of(person)
    here = signed_in(visitor, person)
    assert post(here, "/account/password", fields()).location == "/account?said=password_changed"
    assert "Your password is changed." in here.get("/account?said=password_changed&lang=en").text
    assert elsewhere.get("/account").status_code == 303
    post(here, "/sign-out", {})
    assert post(here, "/sign-in", {"email": person.email, "password": OLD}).status_code == 422
    signed_in(here, person, NEW)
    with runtime.database.reading() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.action == "edit")).one()
        assert (row.detail, row.person_id) == ("password", person.id)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"old": ""}, "Write your password"),
        ({"old": "wrong horse battery staple"}, "This is not your password"),
        ({"new": "short", "new_again": "short"}, "At least 15 letters or signs."),
        ({"new": "password1234567", "new_again": "password1234567"}, "This password is easy to guess"),
        ({"new": "x" * 257, "new_again": "x" * 257}, "At least 15 letters or signs."),
        ({"new_again": "yet another horse and staple"}, "The two are not the same"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(
    runtime: Runtime, visitor: FlaskClient, person: Person, changes: dict[str, str], words: str
) -> None:
    here = signed_in(visitor, person)
    page = post(here, "/account/password?lang=en", fields(**changes))
    assert page.status_code == 422
    assert words in page.text
    assert not any(text in page.text for text in (OLD, NEW))
    with runtime.database.reading() as session:
        assert session.get_one(Person, person.id).password_hash is not None
        assert session.scalars(select(SignInSession.id).where(SignInSession.person_id == person.id)).all()
    signed_in(here, person)


def test_a_browser_left_open_is_no_way_to_guess(visitor: FlaskClient, person: Person) -> None:
    here = signed_in(visitor, person)
    for _ in range(10):
        post(here, "/account/password", fields(old="wrong horse battery staple"))
    page = post(here, "/account/password?lang=en", fields())
    assert "Too many tries." in page.text


def test_visitors_have_no_account(visitor: FlaskClient) -> None:
    for path in ("/account/sign-out-others", "/account/password"):
        assert post(visitor, path, {}).location.startswith("/sign-in")
    assert visitor.get("/account").location == "/sign-in"


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (AGENT, "Chrome, Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox, Linux"),
        ("curl/8", ""),
        ("", ""),
        ("\x00<script>" * 500, ""),
    ],
)
def test_a_device_is_known_by_two_words(agent: str, device: str) -> None:
    assert device_of(agent) == device
