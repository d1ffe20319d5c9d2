"""The page that opens a child's name by exception: the password once more, a reason, an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults.glass import BrokenGlass, break_glass
from econsult.consults.records import Consult
from econsult.people.passwords import hash_password
from econsult.people.persons import Person, Program
from econsult.people.signin import SignInSession, open_session
from tests.beside import beside
from tests.personas import Clinic
from tests.web.browsing import SESSION, post, token_from
from tests.web.conftest import BrowserOf
from web import create_app
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
PASSWORD, REASON = "a long enough password", "The laboratory asks which child this is."


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic, officer: Person) -> Consult:
    assert officer
    stored = hash_password(PASSWORD)
    with runtime.database.writing() as session:
        session.execute(update(Person).where(Person.id == clinic.derm.id).values(password_hash=stored))
        return clinic.claimed(session, now=NOW)


@pytest.fixture
def derm(browser_of: BrowserOf, clinic: Clinic, held: Consult) -> FlaskClient:
    assert held
    return browser_of(clinic.derm)


def _page(held: Consult) -> str:
    return f"/consults/{held.public_id}/identity"


def _send(browser: FlaskClient, held: Consult, **fields: str) -> tuple[int, str]:
    proof = token_from(browser.get("/nowhere").text)
    answer = browser.post(_page(held), data={"csrf_token": proof, **fields})
    return answer.status_code, answer.text


def _count(runtime: Runtime) -> int:
    with runtime.database.reading() as session:
        return len(session.scalars(select(BrokenGlass)).all())


def test_the_name_opens_with_a_reason_and_the_password(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult, derm: FlaskClient, officer: Person
) -> None:
    case = derm.get(f"/consults/{held.public_id}").text
    assert _page(held) in case
    assert "Luz Prueba" not in case + derm.get(_page(held)).text
    assert _send(derm, held, reason=REASON, factor_password=PASSWORD)[0] == 303
    assert "Refresh" not in derm.get("/worklist").headers
    shown = derm.get(_page(held))
    page = shown.text
    assert 3590 <= int(shown.headers["Refresh"]) <= 3601, "without scripts it closes itself as well"
    assert "Luz Prueba" in page
    assert "January 15, 2022" in page
    assert "Luz Prueba" not in derm.get(f"/consults/{held.public_id}").text
    assert _count(runtime) == 1
    seen = browser_of(clinic.mother).get(f"/family/children/{clinic.child.public_id}/seen?lang=es").text
    assert "Abrió por excepción el nombre y la fecha de nacimiento" in seen
    read = browser_of(officer).get("/privacy").text
    assert REASON in read
    assert "break_glass" in read


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": REASON}, "Write your password"),
        ({"reason": REASON, "factor_password": "a wrong password here"}, "This is not your password"),
        ({"factor_password": PASSWORD}, "Say why you must know"),
        ({"reason": "because", "factor_password": PASSWORD}, "Say in a sentence"),
    ],
    ids=["no password", "wrong password", "no reason", "one word"],
)
def test_without_either_it_stays_closed_and_the_words_stay(
    runtime: Runtime, held: Consult, derm: FlaskClient, fields: dict[str, str], words: str
) -> None:
    status, page = _send(derm, held, **fields)
    assert status == 422
    assert words in page
    assert fields.get("reason", "") in page
    assert "Luz Prueba" not in page
    assert _count(runtime) == 0


def test_who_has_no_password_must_have_signed_in_just_now(
    runtime: Runtime, clinic: Clinic, held: Consult, derm: FlaskClient
) -> None:
    with runtime.database.writing() as session:
        session.execute(update(Person).where(Person.id == clinic.derm.id).values(password_hash=None))
        session.execute(update(SignInSession).values(created_at=NOW))
    assert _send(derm, held, reason=REASON)[0] == 422
    assert _count(runtime) == 0
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=datetime.now(UTC)))
    assert _send(derm, held, reason=REASON)[0] == 303
    assert _count(runtime) == 1


def test_a_program_may_show_names_to_who_holds_the_request(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult, derm: FlaskClient, officer: Person
) -> None:
    with runtime.database.writing() as session:
        session.execute(update(Person).where(Person.id == officer.id).values(password_hash=hash_password(PASSWORD)))
    page, fields = browser_of(officer), {"names": "holder", "seen": "exception"}
    looked = post(page, "/privacy/names", {**fields, "verb": "look"})
    assert "The name of 1 request that is held would be open" in looked.text
    assert post(page, "/privacy/names", fields).status_code == 422
    assert "Luz Prueba" not in derm.get(_page(held)).text
    assert post(page, "/privacy/names", {**fields, "factor_password": PASSWORD}).status_code == 303
    late = post(page, "/privacy/names", {**fields, "factor_password": PASSWORD})
    assert (late.status_code, "chose another rule meanwhile" in late.text) == (422, True)
    assert "while you hold this request" in (shown := derm.get(_page(held)).text)
    assert "Luz Prueba" in shown
    assert "Chose to whom children's names open" in page.get("/privacy").text


def test_a_wrong_password_takes_no_colleagues_choice_over_unsaid(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, officer: Person
) -> None:
    with runtime.database.writing() as session:
        session.execute(update(Person).where(Person.id == officer.id).values(password_hash=hash_password(PASSWORD)))
    page, fields = browser_of(officer), {"names": "holder", "seen": "exception"}
    with runtime.database.writing() as session:
        session.execute(update(Program).values(names_shown="nobody"))
    for more in ({"factor_password": "wrong"}, {"verb": "look"}, {"factor_password": PASSWORD, "names": "?"}):
        shown = post(page, "/privacy/names", {**fields, **more}).text
        assert 'name="seen" value="exception"' in shown, more
    told = post(page, "/privacy/names", {**fields, "factor_password": PASSWORD})
    assert (told.status_code, "chose another rule meanwhile" in told.text) == (422, True)
    assert 'name="seen" value="nobody"' in told.text


def test_what_was_open_and_closes_meanwhile_opens_anew_for_nobody_who_gave_no_password(
    runtime: Runtime, held: Consult, derm: FlaskClient
) -> None:
    def choose(rule: str) -> None:
        with runtime.database.writing() as session:
            session.execute(update(Program).values(names_shown=rule))

    choose("holder")
    with beside(runtime.database, "INSERT INTO audit_event", lambda: choose("exception"), 0.2):
        assert _send(derm, held, reason=REASON)[0] == 303
    assert _count(runtime) == 0


def test_who_has_not_taken_it_is_told_to_take_it_first(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    colleague = browser_of(clinic.derm2)
    case = colleague.get(f"/consults/{held.public_id}").text
    assert ("opens by exception, and only to whoever has taken" in case, _page(held) in case) == (True, False)
    shown = colleague.get(f"{_page(held)}?lang=es")
    assert (shown.status_code, "Primero tome la solicitud" in shown.text) == (403, True)
    assert _send(colleague, held, reason=REASON, factor_password=PASSWORD)[0] == 403
    assert _count(runtime) == 0
    with runtime.database.writing() as session:
        session.execute(update(Program).values(names_shown="holder"))
    case = colleague.get(f"/consults/{held.public_id}?lang=es").text
    assert ("Solo quien tome la solicitud" in case, "Por excepci" in case) == (True, False)


def test_a_program_may_forbid_it(runtime: Runtime, clinic: Clinic, held: Consult) -> None:
    settings = replace(runtime.settings, break_glass="forbidden")
    strict = create_app(Runtime(replace(runtime.installation, settings=settings))).test_client()
    with runtime.database.writing() as session:
        strict.set_cookie(SESSION, open_session(session, clinic.derm, datetime.now(UTC)))
    assert _page(held) not in strict.get(f"/consults/{held.public_id}").text
    assert "lets nobody" in strict.get(_page(held)).text
    assert _send(strict, held, reason=REASON, factor_password=PASSWORD)[0] == 403
    assert _count(runtime) == 0


def test_the_officer_reviews_it_on_the_page_and_faults_are_named(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, officer: Person, held: Consult
) -> None:
    with runtime.database.writing() as session:
        break_glass(session, session.merge(held), clinic.derm, reason=REASON, now=NOW)
        number = session.scalars(select(BrokenGlass.id)).one()
    browser, place = browser_of(officer), f"/privacy/opened/{number}/reviewed"
    assert "Was it right to open it?" in browser.get("/privacy?lang=en").text
    faults: dict[str, dict[str, str]] = {"Choose whether": {}, "Write what follows": {"outcome": "wrong"}}
    for words, given in faults.items():
        refused = post(browser, f"{place}?lang=en", given)
        assert (refused.status_code, refused.text.count(words)) == (422, 2)
    assert refused.text.count(" checked") == 1, "what was chosen is still chosen"
    assert "I talk to her." in post(browser, place, {"note": "I talk to her."}).text, "and what was written is there"
    done = post(browser, place, {"outcome": "wrong", "note": "I talk to her today."})
    assert done.location == "/privacy?said=reviewed"
    page = browser.get("/privacy?lang=en").text
    assert "it was not right." in page
    assert "I talk to her today." in page
    assert "Was it right to open it?" not in page
    assert post(browser, place, {"outcome": "right"}).status_code == 409
