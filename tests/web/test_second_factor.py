"""Between a password and a session: the code, recovery codes, and the set-up that staff must go through."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.people import factors
from econsult.people.halfway import HalfwaySignIn
from econsult.people.links import AskedLink, write_letter
from econsult.people.passwords import hash_password
from econsult.people.persons import Person
from econsult.people.signin import SignInSession, make_link, make_token, open_session
from econsult.settings import load_settings
from econsult.trail import AuditEvent
from tests.personas import Clinic
from tests.spread import spread
from tests.web.authenticator import HALFWAY, RECOVERY_CODE, code_of, enrol, key_on, set_up_in
from tests.web.browsing import SESSION, post
from tests.web.conftest import PASSWORD
from web import create_app
from workers.runtime import Runtime

HOMES = {"pcp": "/clinic", "nurse": "/clinic", "derm": "/worklist", "coordinator": "/coordination"}
HOMES |= {"director": "/start", "admin": "/start", "privacy": "/privacy"}


@pytest.fixture
def browser(strict_app: Flask) -> FlaskClient:
    return strict_app.test_client()


def knock(browser: FlaskClient, person: Person, password: str = PASSWORD) -> str:
    """Give address and password; returns where that leads."""
    answer = post(browser, "/sign-in", {"email": person.email, "password": password})
    assert answer.status_code == 303
    return str(answer.location)


def deeds(runtime: Runtime, person: Person) -> list[str]:
    with runtime.database.reading() as session:
        query = select(AuditEvent).where(AuditEvent.entity_id == person.public_id).order_by(AuditEvent.id)
        return [f"{row.action} {row.detail}".strip() for row in session.scalars(query) if row.action != "create"]


@pytest.mark.parametrize("name", spread(HOMES, 4))
def test_staff_without_a_factor_reach_nothing_but_its_set_up(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person], name: str
) -> None:
    person = staffed[name]
    assert knock(browser, person) == "/sign-in/second-factor"
    assert browser.get_cookie(SESSION) is None
    for path in ("/account", "/start", "/api/v1/patients", "/media/0", HOMES[name]):
        assert browser.get(path).status_code in {303, 401}, path
    secret, page = set_up_in(browser)
    assert (page.status_code, len(RECOVERY_CODE.findall(page.text))) == (200, 10)
    assert f'href="{HOMES[name]}"' in page.text
    # A passkey is offered beside it, at once.
    assert 'href="/account#passkeys"' in page.text
    assert 'id="passkeys"' in browser.get("/account").text
    assert browser.get(HOMES[name]).status_code in {200, 302}
    assert browser.get_cookie(HALFWAY) is None
    assert deeds(strict, person) == ["set_up_factor", "sign_in second_factor"]
    post(browser, "/sign-out", {})
    assert knock(browser, person) == "/sign-in/code"
    answer = post(browser, "/sign-in/code", {"code": code_of(secret, 1)})
    assert (answer.status_code, answer.location) == (303, HOMES[name])


def test_families_come_in_as_ever(browser: FlaskClient, staffed: dict[str, Person]) -> None:
    assert knock(browser, staffed["mother"]) == "/family"
    assert browser.get("/family").status_code == 200


@pytest.mark.parametrize("with_factor", [True, False])
def test_a_link_is_no_way_round(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person], with_factor: bool
) -> None:
    person = staffed["derm"]
    if with_factor:
        enrol(strict, person)
    with strict.database.writing() as session:
        token = make_link(session, person, datetime.now(UTC))
    answer = post(browser, f"/sign-in/link/{token}", {})
    assert answer.location == ("/sign-in/code" if with_factor else "/sign-in/second-factor")
    assert browser.get("/worklist").location == "/sign-in"


def letter_for(strict: Runtime, browser: FlaskClient, person: Person) -> str:
    """Ask for a link in this browser; the path that stands in the letter."""
    assert post(browser, "/sign-in/by-mail", {"email": person.email}).status_code == 200
    with strict.database.writing() as session:
        number = session.scalars(select(AskedLink.id)).one()
        letter = write_letter(session, strict.database.cipher, number, strict.secret_key, datetime.now(UTC))
    assert letter is not None
    return f"/sign-in/link/{letter.token}"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_letter_alone_sets_nobodys_factor_up(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person], language: str
) -> None:
    answer = post(browser, f"{letter_for(strict, browser, staffed['admin'])}?lang={language}", {})
    words = {"en": "Sign in with your password first", "es": "Entre primero con su contraseña"}
    assert (answer.status_code, words[language] in answer.text) == (403, True)
    assert (browser.get_cookie(HALFWAY), browser.get_cookie(SESSION)) == (None, None)
    with strict.database.reading() as session:
        assert session.scalars(select(HalfwaySignIn)).all() == []
    assert knock(browser, staffed["admin"]) == "/sign-in/second-factor"


@pytest.mark.parametrize(("name", "place"), [("derm", "/sign-in/code"), ("mother", "/family")])
def test_a_letter_leads_on_who_has_a_factor_or_needs_none(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person], name: str, place: str
) -> None:
    if name == "derm":
        enrol(strict, staffed[name])
    assert post(browser, letter_for(strict, browser, staffed[name]), {}).location == place


def test_a_new_password_is_no_way_round(strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]) -> None:
    enrol(strict, staffed["derm"])
    with strict.database.writing() as session:
        session.merge(staffed["derm"]).password_hash = hash_password("quite another long password")
    assert knock(browser, staffed["derm"], "quite another long password") == "/sign-in/code"
    assert browser.get("/worklist").location == "/sign-in"


def test_a_session_from_before_the_program_asked_opens_nothing(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    with strict.database.writing() as session:
        browser.set_cookie(SESSION, open_session(session, staffed["derm"], datetime.now(UTC)))
    assert browser.get("/worklist").location == "/sign-in?ended=1"
    assert browser.get("/account").location == "/sign-in?ended=1"


def test_a_token_of_staff_without_a_factor_is_refused_by_name(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    with strict.database.writing() as session:
        tokens = {name: make_token(session, staffed[name], datetime.now(UTC)) for name in ("pcp", "mother")}
    headers = {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}
    for path in ("/api/v1/patients", "/uploads"):
        refused = browser.get(path, headers=headers["pcp"])
        assert (refused.status_code, refused.get_json()["code"]) == (403, "second_factor_needed"), path
    assert browser.get("/clinic", headers=headers["pcp"]).status_code == 403
    assert browser.get("/api/v1/patients", headers=headers["mother"]).status_code == 200
    enrol(strict, staffed["pcp"])
    assert browser.get("/api/v1/patients", headers=headers["pcp"]).status_code == 200


def test_a_code_works_once_and_each_browser_has_its_own_half_open_door(
    strict: Runtime, strict_app: Flask, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    secret, _codes = enrol(strict, staffed["derm"])
    knock(browser, staffed["derm"])
    waiting, code = browser.get_cookie(HALFWAY), code_of(secret)
    assert waiting is not None
    assert post(browser, "/sign-in/code", {"code": code}).location == "/worklist"
    session = browser.get_cookie(SESSION)
    assert session is not None
    assert session.value != waiting.value
    stranger = strict_app.test_client()
    assert post(stranger, "/sign-in/code", {"code": code_of(secret, 1)}).location == "/sign-in?ended=1"
    stranger.set_cookie(HALFWAY, waiting.value)
    assert post(stranger, "/sign-in/code", {"code": code_of(secret, 1)}).location == "/sign-in?ended=1"
    knock(stranger, staffed["derm"])
    again = post(stranger, "/sign-in/code?lang=en", {"code": code})
    assert (again.status_code, again.text.count("This code is not right, or it was used before.")) == (422, 2)
    assert stranger.get_cookie(SESSION) is None


def test_the_half_open_door_closes(strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]) -> None:
    secret, _codes = enrol(strict, staffed["derm"])
    knock(browser, staffed["derm"])
    with strict.database.writing() as session:
        session.execute(update(HalfwaySignIn).values(expires_at=datetime.now(UTC)))
    assert browser.get("/sign-in/code").location == "/sign-in?ended=1"
    assert post(browser, "/sign-in/code", {"code": code_of(secret)}).location == "/sign-in?ended=1"
    assert deeds(strict, staffed["derm"]) == ["set_up_factor"]


def test_recovery_codes_let_in_once_each(strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]) -> None:
    _secret, codes = enrol(strict, staffed["derm"])
    for given, status in ((codes[0].lower(), 303), (codes[0], 422), (codes[1].replace("-", ""), 303)):
        knock(browser, staffed["derm"])
        answer = post(browser, "/sign-in/code?with=recovery&lang=en", {"code": given})
        assert answer.status_code == status, given
        post(browser, "/sign-out", {})
    assert "refuse_code recovery_code" in deeds(strict, staffed["derm"])
    assert deeds(strict, staffed["derm"]).count("use_recovery_code") == 2


def test_guessing_ends_whatever_sessions_are_opened(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person]
) -> None:
    secret, codes = enrol(strict, staffed["derm"])
    for number in range(factors.TRIES):
        guesser = strict_app.test_client()
        guesser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        knock(guesser, staffed["derm"])
        way = "?with=recovery" if number % 2 else ""
        assert post(guesser, f"/sign-in/code{way}", {"code": "000000"}).status_code == 422
    late = strict_app.test_client()
    knock(late, staffed["derm"])
    for way, right in (("", code_of(secret)), ("&with=recovery", codes[0])):
        closed = post(late, f"/sign-in/code?lang=en{way}", {"code": right})
        assert (closed.status_code, "Too many tries. Wait 15 minutes" in closed.text) == (429, True)
    assert late.get("/worklist").location == "/sign-in"


def test_an_empty_code_is_no_guess(strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]) -> None:
    enrol(strict, staffed["derm"])
    knock(browser, staffed["derm"])
    page = post(browser, "/sign-in/code?lang=en", {"code": "  "})
    assert (page.status_code, "Write the code" in page.text) == (422, True)
    assert post(browser, "/sign-in/code", {"code": "1" * 5000}).status_code == 422
    assert deeds(strict, staffed["derm"]) == ["set_up_factor"]


def test_two_browsers_never_share_the_secret_of_a_set_up(
    strict: Runtime, strict_app: Flask, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    thief = strict_app.test_client()
    for visitor in (thief, browser):
        knock(visitor, staffed["derm"])
    seen = key_on(thief.get("/sign-in/second-factor").text)
    secret, page = set_up_in(browser)
    assert secret != seen
    assert page.status_code == 200
    assert post(thief, "/sign-in/second-factor", {"code": code_of(seen)}).location == "/sign-in?ended=1"
    with strict.database.reading() as session:
        assert session.scalars(select(factors.SecondFactor.secret)).one() == secret
        assert len(session.scalars(select(SignInSession.id)).all()) == 1


def test_a_wrong_first_code_sets_nothing_up(strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]) -> None:
    knock(browser, staffed["derm"])
    key = key_on(browser.get("/sign-in/second-factor").text)
    page = post(browser, "/sign-in/second-factor?lang=en", {"code": "no"})
    assert (page.status_code, key_on(page.text)) == (422, key)
    assert page.text.count("This code does not fit.") == 2
    assert deeds(strict, staffed["derm"]) == []
    assert post(browser, "/sign-in/second-factor", {"code": code_of(key)}).status_code == 200


def test_the_pages_lead_to_each_other_and_a_visitor_to_the_door(
    strict: Runtime, strict_app: Flask, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    knock(browser, staffed["derm"])
    assert browser.get("/sign-in/code").location == "/sign-in/second-factor"
    set_up_in(browser)
    assert browser.get("/sign-in/second-factor").location == "/worklist"
    for path in ("/sign-in/code", "/sign-in/second-factor"):
        assert strict_app.test_client().get(path).location == "/sign-in?ended=1"
    enrol(strict, staffed["pcp"])
    other = strict_app.test_client()
    knock(other, staffed["pcp"])
    assert other.get("/sign-in/second-factor").location == "/sign-in/code"


def test_the_wished_page_waits_behind_the_code(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    secret, _codes = enrol(strict, staffed["pcp"])
    assert browser.get("/clinic/ask").location == "/sign-in"
    knock(browser, staffed["pcp"])
    assert post(browser, "/sign-in/code", {"code": code_of(secret)}).location == "/clinic/ask"


def test_whoever_was_signed_in_here_is_out_before_the_code(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    enrol(strict, staffed["derm"])
    knock(browser, staffed["mother"])
    knock(browser, staffed["derm"])
    assert browser.get("/family").location.startswith("/sign-in")
    with strict.database.reading() as session:
        assert session.scalars(select(SignInSession.id)).all() == []


def test_a_double_click_does_not_count_as_a_guess(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    secret, _codes = enrol(strict, staffed["derm"])
    knock(browser, staffed["derm"])
    waiting = browser.get_cookie(HALFWAY)
    assert waiting is not None
    post(browser, "/sign-in/code", {"code": code_of(secret)})
    browser.set_cookie(HALFWAY, waiting.value)
    assert post(browser, "/sign-in/code", {"code": code_of(secret)}).location == "/worklist"
    assert deeds(strict, staffed["derm"]) == ["set_up_factor", "sign_in second_factor"]


def test_screen_readers_keyboards_and_phones_are_told_what_is_wanted(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    knock(browser, staffed["nurse"])
    page = browser.get("/sign-in/second-factor?lang=es").text
    assert re.search(r'<input id="code"[^>]*\sautocomplete="one-time-code"\s+inputmode="numeric"', page)
    assert 'aria-describedby="code-hint ' in page
    assert '<div class="qr-frame" role="img" aria-label="Una imagen con la clave' in page
    assert "<svg" in page
    assert "style=" not in page
    assert re.search(r'<code class="key"[^>]*>([A-Z2-7]{4} ){7}[A-Z2-7]{4}</code>', page)


def test_secrets_are_in_no_address_and_on_no_kept_page(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    knock(browser, staffed["nurse"])
    for answer in (browser.get("/sign-in/second-factor"), set_up_in(browser)[1]):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert "http" not in answer.text.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_the_default_is_required_and_the_demo_only_offers(tmp_path: Path) -> None:
    environ = {"ECONSULT_DATA": str(tmp_path)}
    assert load_settings(environ).needs_factor
    assert not load_settings(environ, is_demo=True).needs_factor
    assert not load_settings({**environ, "ECONSULT_SECOND_FACTOR": "offered"}).needs_factor


def test_offered_in_a_program_is_said_loudly_once(
    runtime: Runtime, strict: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    create_app(strict)
    assert "SECOND_FACTOR" not in caplog.text
    create_app(runtime)
    assert caplog.text.count("ECONSULT_SECOND_FACTOR is offered: staff may sign in without a second factor") == 1


def test_where_it_is_offered_only_who_has_one_is_asked(runtime: Runtime, clinic: Clinic, visitor: FlaskClient) -> None:
    with runtime.database.writing() as session:
        session.execute(update(Person).values(password_hash=hash_password(PASSWORD)))
    assert knock(visitor, clinic.derm) == "/worklist"
    post(visitor, "/sign-out", {})
    secret, _codes = enrol(runtime, clinic.derm)
    assert knock(visitor, clinic.derm) == "/sign-in/code"
    assert post(visitor, "/sign-in/code", {"code": code_of(secret)}).location == "/worklist"


def test_staff_who_must_have_one_move_it_and_keep_it_but_never_turn_it_off(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    knock(browser, staffed["derm"])
    secret, _page = set_up_in(browser)
    page = browser.get("/account").text
    assert "/account/second-factor/codes" in page
    assert "/account/second-factor/off" not in page
    fields = {"factor_password": PASSWORD, "factor_code": code_of(secret, 1)}
    assert post(browser, "/account/second-factor/off", fields).status_code == 403
    new = "another horse another staple"
    post(browser, "/account/password", {"old": PASSWORD, "new": new, "new_again": new})
    assert browser.get("/worklist").status_code == 200
    fields["factor_password"] = new
    assert post(browser, "/account/second-factor", fields).location == "/sign-in/second-factor"
    assert browser.get("/worklist").status_code == 200


def test_a_mother_may_have_one_where_staff_must(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    knock(browser, staffed["mother"])
    post(browser, "/account/second-factor", {"factor_password": PASSWORD})
    assert "Everybody who works here" not in browser.get("/sign-in/second-factor?lang=en").text
    secret, _page = set_up_in(browser)
    fields = {"factor_password": PASSWORD, "factor_code": code_of(secret, 1)}
    assert post(browser, "/account/second-factor/off", fields).status_code == 303
