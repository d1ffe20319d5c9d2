"""A passkey as the second factor of staff: set up instead of an app, asked for after a password, kept from loss."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from econsult.notices import Notice, NoticeKind
from econsult.people import factors, halfway, proving
from econsult.people.authenticators import site_of
from econsult.people.factors import FactorTry, RecoveryCode, SecondFactor
from econsult.people.halfway import HalfwaySignIn, Wanted
from econsult.people.passkeys import Passkey
from econsult.people.persons import Person
from econsult.people.proving import Place
from econsult.people.signin import SignInSession, clear_factor, make_link, make_token, open_session
from econsult.people.standing import lacks_codes
from econsult.trail import AuditEvent
from tests.econsult.soft_key import SoftKey
from tests.personas import Clinic
from tests.web.authenticator import HALFWAY, RECOVERY_CODE, code_of, enrol, key_in, key_on, knock, set_up_in
from tests.web.browsing import SESSION, post, send
from tests.web.conftest import PASSWORD, stored_password
from web import create_app
from workers.runtime import Runtime

SET_UP, CODE = "/sign-in/second-factor", "/sign-in/code"
OWNER = {"factor_password": PASSWORD}
APP_FIELD = re.compile(r'name="code"')


@pytest.fixture
def browser(strict_app: Flask) -> FlaskClient:
    return strict_app.test_client()


@pytest.fixture
def derm(staffed: dict[str, Person]) -> Person:
    return staffed["derm"]


@pytest.fixture
def key() -> SoftKey:
    return SoftKey()


@pytest.fixture
def codes(browser: FlaskClient, derm: Person, key: SoftKey) -> list[str]:
    """The dermatologist has come in for the first time and chosen a passkey; the recovery codes."""
    knock(browser, derm, PASSWORD)
    return RECOVERY_CODE.findall(key_in(browser, key).text)


def deeds(runtime: Runtime, person: Person) -> list[str]:
    with runtime.database.reading() as session:
        query = select(AuditEvent).where(AuditEvent.entity_id == person.public_id).order_by(AuditEvent.id)
        return [f"{row.action} {row.detail}".strip() for row in session.scalars(query) if row.action != "create"]


def count(runtime: Runtime, table: Any) -> int:
    with runtime.database.reading() as session:
        return session.scalars(select(func.count(table.id))).one()


def letters(runtime: Runtime, person: Person) -> int:
    with runtime.database.reading() as session:
        query = select(func.count(Notice.id)).where(Notice.person_id == person.id)
        return session.scalars(query.where(Notice.kind == NoticeKind.SIGN_IN_CHANGED)).one()


def come_in(browser: FlaskClient, key: SoftKey) -> Any:
    """Show the passkey after a password."""
    asked = send(browser, f"{CODE}/passkey/options")
    assert asked.status_code == 200, asked.text
    return send(browser, f"{CODE}/passkey", key.prove(asked.text))


def touched(browser: FlaskClient, key: SoftKey) -> str:
    """What the script puts into a form of the account page: the answer of a passkey that stands for a code."""
    asked = send(browser, "/account/second-factor/passkey/options")
    assert asked.status_code == 200, asked.text
    return json.dumps(key.prove(asked.text))


def path_to_remove(runtime: Runtime) -> str:
    with runtime.database.reading() as session:
        return f"/account/passkeys/{session.scalars(select(Passkey.public_id).order_by(Passkey.id)).first()}/remove"


def add_another(browser: FlaskClient, key: SoftKey, **fields: str) -> Any:
    asked = post(browser, "/account/passkeys/options", {**OWNER, **fields})
    return send(browser, "/account/passkeys", key.make(asked.text)) if asked.status_code == 200 else asked


def test_staff_choose_a_passkey_at_their_first_sign_in(
    strict: Runtime, strict_app: Flask, browser: FlaskClient, derm: Person, key: SoftKey
) -> None:
    elsewhere = strict_app.test_client()
    with strict.database.writing() as session:
        elsewhere.set_cookie(SESSION, open_session(session, derm, datetime.now(UTC), has_factor=True))
    assert elsewhere.get("/worklist").status_code == 200
    assert knock(browser, derm, PASSWORD) == SET_UP
    assert re.search(r'<form [^>]*data-passkey="make"[^>]* hidden>', browser.get(SET_UP).text)
    page = key_in(browser, key)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert len(RECOVERY_CODE.findall(page.text)) == 10
    assert 'href="/worklist"' in page.text
    assert browser.get("/worklist").status_code == 200
    assert browser.get_cookie(HALFWAY) is None
    assert elsewhere.get("/worklist").location == "/sign-in?ended=1"
    assert deeds(strict, derm)[1:] == ["add_passkey", "set_up_factor passkey", "sign_in second_factor"]
    assert letters(strict, derm) == 1
    # The page is shown once: to load it again makes nothing and shows nothing.
    for again in (post(browser, f"{SET_UP}/passkey", {"passkey": "{}"}), browser.get(f"{SET_UP}/passkey")):
        assert (again.status_code, RECOVERY_CODE.findall(again.text)) == (303, [])
    assert (count(strict, Passkey), count(strict, RecoveryCode)) == (1, 10)


@pytest.mark.usefixtures("codes")
def test_after_the_password_the_passkey_is_asked_for_and_no_code_of_an_app(
    strict: Runtime, browser: FlaskClient, derm: Person, key: SoftKey
) -> None:
    post(browser, "/sign-out", {})
    assert knock(browser, derm, PASSWORD) == CODE
    page = browser.get(f"{CODE}?lang=en").text
    assert re.search(r'<form [^>]*action="/sign-in/code/passkey"[^>]*data-passkey="prove"', page)
    assert "data-no-passkey" in page, "without a script it says what to do"
    assert not APP_FIELD.search(page)
    assert f'href="{CODE}?with=recovery"' in page
    assert browser.get(SET_UP).location == CODE
    assert post(browser, SET_UP, {"code": "123456"}).location == CODE
    assert not APP_FIELD.search(post(browser, CODE, {"code": "123456"}).text)
    assert count(strict, FactorTry) == 0
    assert browser.get("/worklist").location == "/sign-in"
    assert come_in(browser, SoftKey(handle=derm.public_id)).status_code == 422
    assert come_in(browser, key).json == {"next": "/worklist"}
    assert browser.get("/worklist").status_code == 200


def test_recovery_codes_let_in_once_each_without_an_app(
    strict: Runtime, browser: FlaskClient, derm: Person, codes: list[str]
) -> None:
    for given, status in ((codes[0], 303), (codes[0], 422), (codes[1].lower(), 303)):
        post(browser, "/sign-out", {})
        knock(browser, derm, PASSWORD)
        page = post(browser, f"{CODE}?with=recovery&lang=en", {"code": given})
        assert (page.status_code, "Use my passkey" in page.text) == (status, status == 422), given
    assert browser.get("/worklist").status_code == 200
    assert letters(strict, derm) == 3


@pytest.mark.usefixtures("codes")
def test_a_link_is_no_way_round_and_a_token_works_by_the_passkey(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person], derm: Person
) -> None:
    with strict.database.writing() as session:
        tokens = [make_token(session, staffed[name], datetime.now(UTC)) for name in ("derm", "pcp")]
        link = make_link(session, derm, datetime.now(UTC))
    visitor = strict_app.test_client()
    assert post(visitor, f"/sign-in/link/{link}", {}).location == CODE
    assert visitor.get("/worklist").location == "/sign-in"
    heads = [{"Authorization": f"Bearer {token}"} for token in tokens]
    said = [visitor.get("/api/v1/patients", headers=head).json or {} for head in heads]
    assert [each.get("code", "") for each in said] == ["", "second_factor_needed"]
    for path in ("/account/second-factor/passkey/options", "/account/passkeys/options"):
        assert visitor.post(path, headers=heads[0]).status_code == 403


@pytest.mark.parametrize("who", ["nobody", "code", "family", "family that left", "moving", "expired"])
def test_only_a_first_set_up_may_choose_one(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person], who: str
) -> None:
    is_family = who.startswith("family")
    person = staffed["mother" if is_family else "derm"]
    if who in {"code", "moving"}:
        secret, _codes = enrol(strict, person)
    if who != "nobody":
        knock(browser, person, PASSWORD)
    if who == "moving":
        post(browser, CODE, {"code": code_of(secret)})
        fields = {**OWNER, "factor_code": code_of(secret, 1)}
        assert post(browser, "/account/second-factor", fields).location == SET_UP
    if is_family:
        assert post(browser, "/account/second-factor", OWNER).location == SET_UP
    if who == "family that left":
        post(browser, "/sign-out", {})
    if who == "moving" or is_family:
        assert "data-passkey" not in browser.get(SET_UP).text
    if who == "expired":
        asked = send(browser, f"{SET_UP}/passkey/options").text
        with strict.database.writing() as session:
            session.execute(update(HalfwaySignIn).values(expires_at=datetime.now(UTC)))
        late = post(browser, f"{SET_UP}/passkey", {"passkey": json.dumps(SoftKey().make(asked))})
        assert late.location == "/sign-in?ended=1"
    refused = send(browser, f"{SET_UP}/passkey/options")
    assert (refused.status_code, list(refused.json)) == (401, ["problem"])
    assert post(browser, f"{SET_UP}/passkey", {"passkey": "{}"}).status_code == 303
    assert count(strict, Passkey) == 0


def test_a_question_is_for_this_browser_and_this_end_and_for_one_answer(
    strict: Runtime, strict_app: Flask, browser: FlaskClient, staffed: dict[str, Person], derm: Person, key: SoftKey
) -> None:
    other, alien = strict_app.test_client(), strict_app.test_client()
    for visitor, person in ((browser, derm), (other, derm), (alien, staffed["pcp"])):
        assert knock(visitor, person, PASSWORD) == SET_UP
    asked = send(browser, f"{SET_UP}/passkey/options").text
    door = send(browser, "/sign-in/passkey/options").text
    answer = json.dumps(key.make(asked))
    false = json.dumps(replace(key, origin="https://false.test").make(asked))
    crossed = json.dumps(key.make(json.dumps({**json.loads(door), "user": json.loads(asked)["user"]})))
    wrong = [(other, answer), (alien, answer), (browser, false)]
    wrong += [(browser, text) for text in (answer, crossed, "", "no JSON", "[" * 5000, "[]", '{"response": 1}')]
    for visitor, text in wrong:
        page = post(visitor, f"{SET_UP}/passkey?lang=en", {"passkey": text})
        assert (page.status_code, "This passkey could not be added. Try again" in page.text) == (422, True), text
        assert key_on(page.text), "and the app is still there to be set up"
    assert (count(strict, Passkey), count(strict, RecoveryCode)) == (0, 0)
    assert key_in(browser, key).status_code == 200
    # Somebody else's authenticator may not hold the same key twice.
    assert key_in(alien, key).status_code == 422


def test_of_two_browsers_that_know_the_password_the_second_is_out(
    strict: Runtime, strict_app: Flask, browser: FlaskClient, derm: Person, key: SoftKey
) -> None:
    thief = strict_app.test_client()
    for visitor in (thief, browser):
        knock(visitor, derm, PASSWORD)
    secret = key_on(thief.get(SET_UP).text)
    asked = send(thief, f"{SET_UP}/passkey/options").text
    assert key_in(browser, key).status_code == 200
    for path, fields in (
        (SET_UP, {"code": code_of(secret)}),
        (f"{SET_UP}/passkey", {"passkey": json.dumps(SoftKey().make(asked))}),
    ):
        assert post(thief, path, fields).location == "/sign-in?ended=1"
    assert knock(thief, derm, PASSWORD) == CODE
    assert browser.get("/worklist").status_code == 200
    assert (count(strict, Passkey), count(strict, SecondFactor)) == (1, 0)


@pytest.mark.parametrize("stands", ["passkey", "app"])
def test_a_set_up_that_began_before_a_factor_stood_is_over(
    strict: Runtime, browser: FlaskClient, derm: Person, key: SoftKey, stands: str
) -> None:
    knock(browser, derm, PASSWORD)
    secret = key_on(browser.get(SET_UP).text)
    asked = send(browser, f"{SET_UP}/passkey/options").text
    answer = json.dumps(SoftKey().make(asked))
    if stands == "app":
        enrol(strict, derm)
    else:
        keep(strict, derm, key)
    assert browser.get(SET_UP).location == "/sign-in?ended=1"
    assert post(browser, SET_UP, {"code": code_of(secret)}).location == "/sign-in?ended=1"
    assert post(browser, f"{SET_UP}/passkey", {"passkey": answer}).location == "/sign-in?ended=1"
    assert count(strict, Passkey) + count(strict, SecondFactor) == 1
    assert browser.get("/worklist").location == "/sign-in"


def keep(runtime: Runtime, person: Person, key: SoftKey) -> None:
    """Add a passkey behind the pages' back."""
    site, now = site_of("http://localhost:8000", "A"), datetime.now(UTC)
    assert site is not None
    place = Place(site, "elsewhere", ("somewhere",))
    with runtime.database.writing() as session:
        asked = proving.ask_to_add(session, place, person, now=now)
        assert proving.add(session, place, person, key.make(asked), "Chrome, Linux", now=now) is not None


@pytest.mark.wide
def test_the_account_page_tells_what_stands_and_makes_new_codes(
    strict: Runtime, browser: FlaskClient, derm: Person, key: SoftKey, codes: list[str]
) -> None:
    page = browser.get("/account?lang=en").text
    assert "Your passkey, since today" in page
    assert "10 recovery codes left." in page
    assert "This is your only second step." in page
    assert "/remove" not in page
    refusals: tuple[dict[str, str], ...] = (
        {},
        OWNER,
        {"passkey": touched(browser, key)},
        {**OWNER, "passkey": touched(browser, SoftKey(handle=derm.public_id))},
        {**OWNER, "passkey": "{}"},
        {**OWNER, "factor_code": "123456"},
        {"factor_password": "wrong", "factor_code": codes[0]},
    )
    for fields in refusals:
        assert post(browser, "/account/second-factor/codes", fields).status_code == 422, fields
    # What was asked for at the door of a half sign-in, or of nobody by name, is not an answer here.
    asked = send(browser, "/sign-in/passkey/options").text
    alone = {**OWNER, "passkey": json.dumps(key.prove(asked))}
    assert post(browser, "/account/second-factor/codes", alone).status_code == 422
    fields = {**OWNER, "passkey": touched(browser, key)}
    answer = post(browser, "/account/second-factor/codes?lang=en", fields)
    new = RECOVERY_CODE.findall(answer.text)
    assert (answer.status_code, len(new), set(new) & set(codes)) == (200, 10, set())
    assert "Without your passkey" in answer.text
    assert post(browser, "/account/second-factor/codes", fields).status_code == 422, "a touch counts once"
    by_code = post(browser, "/account/second-factor/codes", {**OWNER, "factor_code": new[0]})
    assert (by_code.status_code, len(RECOVERY_CODE.findall(by_code.text))) == (200, 10)
    assert "use_passkey owner" in deeds(strict, derm)
    assert letters(strict, derm) == 3


def test_an_open_browser_and_the_password_add_no_other_way_in(
    strict: Runtime, browser: FlaskClient, derm: Person, key: SoftKey, codes: list[str]
) -> None:
    for fields in ({}, {"passkey": "{}"}, {"factor_code": "x" * 29}):
        assert post(browser, "/account/second-factor", {**OWNER, **fields}).status_code == 422
        refused = add_another(browser, SoftKey(), **fields)
        assert (refused.status_code, list(refused.json)) == (422, ["problem"])
    assert browser.get(SET_UP).location == "/worklist"
    assert add_another(browser, SoftKey(), passkey=touched(browser, key)).status_code == 200
    assert add_another(browser, SoftKey(), factor_code=codes[0]).status_code == 200
    assert count(strict, Passkey) == 3
    assert post(browser, "/account/second-factor", {**OWNER, "passkey": touched(browser, key)}).location == SET_UP
    secret, page = set_up_in(browser)
    assert page.status_code == 200
    assert not set(RECOVERY_CODE.findall(page.text)) & set(codes)
    post(browser, "/sign-out", {})
    knock(browser, derm, PASSWORD)
    assert APP_FIELD.search(browser.get(CODE).text)
    assert post(browser, CODE, {"code": code_of(secret, 1)}).location == "/worklist"


@pytest.mark.wide
def test_the_last_factor_of_whoever_must_have_one_stays(
    strict: Runtime, browser: FlaskClient, derm: Person, key: SoftKey, codes: list[str]
) -> None:
    only = path_to_remove(strict)
    page = post(browser, f"{only}?lang=en", OWNER)
    words = "Add another passkey or an app before you remove your only one"
    assert (page.status_code, words in page.text, count(strict, Passkey)) == (422, True, 1)
    assert letters(strict, derm) == 1, "nothing was changed"
    second = SoftKey()
    add_another(browser, second, passkey=touched(browser, key))
    assert post(browser, only, OWNER).status_code == 303
    assert post(browser, path_to_remove(strict), OWNER).status_code == 422
    # With an app beside it either may go, and the codes stay for the one that is left.
    post(browser, "/account/second-factor", {**OWNER, "passkey": touched(browser, second)})
    secret, page = set_up_in(browser)
    assert "/account/second-factor/off" in browser.get("/account").text
    off = post(browser, "/account/second-factor/off", {**OWNER, "factor_code": code_of(secret, 1)})
    assert off.location == "/account?said=app_off"
    assert (count(strict, SecondFactor), count(strict, RecoveryCode)) == (0, 10)
    post(browser, "/sign-out", {})
    assert knock(browser, derm, PASSWORD) == CODE
    given = RECOVERY_CODE.findall(page.text)[0]
    assert post(browser, f"{CODE}?with=recovery", {"code": given}).location == "/worklist"
    assert post(browser, path_to_remove(strict), OWNER).status_code == 422


def test_who_has_an_app_may_remove_every_passkey_and_then_keeps_the_app(
    strict: Runtime, browser: FlaskClient, derm: Person
) -> None:
    secret, _codes = enrol(strict, derm)
    keep(strict, derm, SoftKey())
    knock(browser, derm, PASSWORD)
    post(browser, CODE, {"code": code_of(secret)})
    assert post(browser, path_to_remove(strict), OWNER).status_code == 303
    fields = {**OWNER, "factor_code": code_of(secret, 1)}
    assert post(browser, "/account/second-factor/off", fields).status_code == 403
    assert (count(strict, SecondFactor), count(strict, RecoveryCode)) == (1, 10)


def test_the_operator_clears_it_with_its_codes_and_the_next_sign_in_sets_up_anew(
    strict: Runtime, browser: FlaskClient, derm: Person, key: SoftKey, codes: list[str]
) -> None:
    with strict.database.writing() as session:
        assert clear_factor(session, derm, datetime.now(UTC))
    assert (count(strict, Passkey), count(strict, RecoveryCode)) == (0, 0)
    assert browser.get("/worklist").location == "/sign-in?ended=1"
    assert deeds(strict, derm)[-1] == "clear_factor"
    with strict.database.writing() as session:
        token = halfway.begin(session, derm, Wanted.CODE, datetime.now(UTC))
    browser.set_cookie(HALFWAY, token)
    assert post(browser, f"{CODE}?with=recovery", {"code": codes[0]}).status_code == 422
    asked = send(browser, "/sign-in/passkey/options").text
    assert send(browser, "/sign-in/passkey", key.prove(asked)).status_code == 422
    assert knock(browser, derm, PASSWORD) == SET_UP
    assert key_in(browser, SoftKey()).status_code == 200


def test_where_a_factor_is_only_offered_a_passkey_is_another_way_in_as_ever(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient
) -> None:
    with runtime.database.writing() as session:
        session.execute(update(Person).values(password_hash=stored_password()))
    keep(runtime, clinic.derm, SoftKey())
    with runtime.database.writing() as session:
        factors.set_up_by_passkey(session, clinic.derm, now=datetime.now(UTC))
    assert knock(visitor, clinic.derm, PASSWORD) == "/worklist"
    assert "Your passkey, since" not in visitor.get("/account?lang=en").text
    assert add_another(visitor, SoftKey()).status_code == 200
    for _ in range(2):
        assert post(visitor, path_to_remove(runtime), OWNER).status_code == 303
    assert count(runtime, RecoveryCode) == 0, "they belong to nothing any more"


def test_a_family_that_has_one_needs_it_for_nothing_where_staff_must(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]
) -> None:
    keep(strict, staffed["mother"], SoftKey())
    assert knock(browser, staffed["mother"], PASSWORD) == "/family"
    assert post(browser, path_to_remove(strict), OWNER).status_code == 303


def test_a_site_without_a_name_offers_none_and_lets_in_by_recovery_codes(
    strict: Runtime, browser: FlaskClient, staffed: dict[str, Person], derm: Person, codes: list[str]
) -> None:
    settings = replace(strict.settings, base_url="https://192.0.2.7")
    numbered = create_app(Runtime(replace(strict.installation, settings=settings))).test_client()
    knock(numbered, staffed["pcp"], PASSWORD)
    assert "data-passkey" not in numbered.get(SET_UP).text
    assert send(numbered, f"{SET_UP}/passkey/options").status_code == 403
    knock(numbered, derm, PASSWORD)
    page = numbered.get(f"{CODE}?lang=en").text
    assert ("data-passkey" in page, "This browser cannot ask for your passkey here." in page) == (False, True)
    assert post(numbered, f"{CODE}?with=recovery", {"code": codes[0]}).location == "/worklist"


def test_who_has_a_passkey_and_no_recovery_codes_is_asked_once(
    strict: Runtime, strict_app: Flask, browser: FlaskClient, derm: Person, key: SoftKey, codes: list[str]
) -> None:
    offer = "/account/second-factor/first-codes"
    # Who has codes is asked for none, and makes none by this way.
    assert (browser.get(offer).location, post(browser, offer, {}).location) == ("/worklist", "/account#second-step")
    with strict.database.writing() as session:
        factors.drop_codes(session, derm)
    post(browser, "/sign-out", {})
    browser.get("/consults/none")
    knock(browser, derm, PASSWORD)
    assert come_in(browser, key).json == {"next": offer}
    page = browser.get(f"{offer}?lang=en").text
    assert ("You have none" in page, 'href="/consults/none"' in page) == (True, True), "the wished page waits behind"
    assert browser.get("/worklist").status_code == 200, "nobody is kept out"
    post(browser, "/sign-out", {})
    knock(browser, derm, PASSWORD)
    assert come_in(browser, key).json == {"next": "/worklist"}, "asked once"
    made = post(browser, offer, {})
    assert len(RECOVERY_CODE.findall(made.text)) == 10
    assert (count(strict, RecoveryCode), letters(strict, derm)) == (10, 2)
    assert post(browser, offer, {}).location == "/account#second-step"
    # A sign-in of a while ago proves nothing about who is there now.
    with strict.database.writing() as session:
        factors.drop_codes(session, derm)
        session.execute(update(SignInSession).values(created_at=datetime.now(UTC) - timedelta(minutes=11)))
    assert (browser.get(offer).location, post(browser, offer, {}).location) == ("/worklist", "/account#second-step")


def test_a_passkey_alone_asks_for_them_too_and_families_are_asked_for_nothing(
    strict: Runtime, browser: FlaskClient, derm: Person, key: SoftKey, codes: list[str], staffed: dict[str, Person]
) -> None:
    with strict.database.reading() as session:
        assert not lacks_codes(session, staffed["mother"], is_required=True)
    with strict.database.writing() as session:
        factors.drop_codes(session, derm)
    post(browser, "/sign-out", {})
    asked = send(browser, "/sign-in/passkey/options")
    came = send(browser, "/sign-in/passkey", key.prove(asked.text))
    assert came.json == {"next": "/account/second-factor/first-codes"}


def test_signing_out_ends_a_half_done_set_up(strict: Runtime, browser: FlaskClient, staffed: dict[str, Person]) -> None:
    # In the middle of a sign-in, and from the account page while signed in.
    assert knock(browser, staffed["pcp"], PASSWORD) == SET_UP
    assert (count(strict, HalfwaySignIn), browser.get(SET_UP).status_code) == (1, 200)
    post(browser, "/sign-out", {}, form_at=SET_UP)
    assert (count(strict, HalfwaySignIn), browser.get_cookie(HALFWAY)) == (0, None)
    knock(browser, staffed["mother"], PASSWORD)
    assert post(browser, "/account/second-factor", OWNER).location == SET_UP
    assert count(strict, HalfwaySignIn) == 1
    post(browser, "/sign-out", {})
    assert (count(strict, HalfwaySignIn), browser.get_cookie(HALFWAY)) == (0, None)
