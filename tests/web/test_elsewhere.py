"""One installation, two programs: neither learns who is in the other, and one person may be in both."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import column, select, table, update

from econsult.access_log import OVER, looks_at
from econsult.errors import InvalidError
from econsult.people.account import reopen_account
from econsult.people.attempts import TRIES, sign_in
from econsult.people.elsewhere import note_going_over
from econsult.people.links import LETTERS
from econsult.people.passwords import hash_password
from econsult.people.patients import Patient, link_caregiver
from econsult.people.persons import Person, Program, Role, add_person, people_at
from econsult.people.signin import SignInSession, close_account, make_link, make_token, open_session, set_password
from econsult.people.standing import AddressProof
from econsult.trail import AuditEvent
from econsult.youths import YouthForm, close_youth, open_account
from tests.beside import statements
from tests.personas import Clinic
from tests.web.authenticator import set_up_in
from tests.web.browsing import SESSION, post, token_from
from tests.web.conftest import PASSWORD, BrowserOf, stored_password
from tests.web.test_foreign_ids import HEX
from tests.web.test_link import ask, newest
from web.shell.entering import welcome
from web.shell.program import KEPT
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
ELSEWHERE = "elsewhere@example.test"


@pytest.fixture
def second(runtime: Runtime, clinic: Clinic) -> Program:
    """Another program in the same installation."""
    with runtime.database.writing() as session:
        return runtime.vault.add_program(session, "Second Program", NOW)


def account(runtime: Runtime, program: Program, email: str, role: Role = Role.CAREGIVER, **marks: datetime) -> Person:
    """An account there; `marks` are columns of its row, such as that somebody came in (`came_in_at`)."""
    with runtime.database.writing() as session:
        about = {"email": email, "name": f"Rosa of {program.name}", "role": role, "now": NOW}
        made = add_person(session, runtime.database.cipher, program, **about)
        for name, value in marks.items():
            setattr(made, name, value)
        return made


def know(runtime: Runtime, person: Person) -> None:
    with runtime.database.writing() as session:
        set_password(session, session.merge(person), stored_password(), NOW)


@pytest.mark.parametrize("role", [Role.CAREGIVER, Role.PCP])
def test_a_clinic_learns_nothing_of_accounts_elsewhere(
    runtime: Runtime, clinic: Clinic, second: Program, shell: Flask, browser_of: BrowserOf, role: Role
) -> None:
    # The names of programs are read anew every minute, which is nothing that a clinic could tell apart.
    shell.extensions[KEPT] = (math.inf, {})
    know(runtime, account(runtime, second, ELSEWHERE, role))
    path = f"/families/{clinic.child.public_id}/people"
    told = []
    for email in (ELSEWHERE, "nowhere@example.test"):
        desk = browser_of(clinic.coordinator)
        fields = {"name": "Rosa Gil", "email": email, "email_again": email, "language": "es"}
        fields |= {"relation-new": "other", "decides-new": "no"}
        desk.get(path)
        with statements(runtime.database) as asked:
            answer = post(desk, path, fields)
        page = desk.get(answer.location).text
        told.append((answer.status_code, answer.location, asked, page.count("Rosa Gil") % 2, len(asked)))
    assert told[0][:2] == told[1][:2] == (303, f"{path}?said=caregiver_added")
    assert told[0][2] == told[1][2]


def test_nor_does_anybody_at_the_door(runtime: Runtime, clinic: Clinic, shell: Flask) -> None:
    """By password from the first wrong one to the closing, and by a link, which is also how a password is replaced."""
    know(runtime, clinic.mother)
    told: list[tuple[list[str], list[tuple[int, str]]]] = []
    for email in (clinic.mother.email, "nobody@clinic.test"):
        browser, there = shell.test_client(), {"REMOTE_ADDR": f"192.0.2.{len(told)}"}
        fields = {"email": email, "password": "wrong", "csrf_token": token_from(browser.get("/sign-in").text)}
        with statements(runtime.database) as asked:
            paths = ["/sign-in"] * (TRIES + 1) + ["/sign-in/by-mail"] * (LETTERS + 1)
            answers = [browser.post(path, data=fields, environ_base=there) for path in paths]
        told.append((asked, [(each.status_code, HEX.sub("", each.text.replace(email, ""))) for each in answers]))
    assert told[0] == told[1]
    assert [each[0] for each in told[0][1]] == [422] * TRIES + [429] + [200] * LETTERS + [429]


def test_nor_does_who_opens_an_account_for_a_young_person_or_for_staff(
    runtime: Runtime, clinic: Clinic, second: Program
) -> None:
    know(runtime, account(runtime, second, ELSEWHERE))
    for role in (Role.YOUTH, Role.SPECIALIST):
        email = f"{role}@example.test"
        account(runtime, second, email)
        here = account(runtime, clinic.program, email, role)
        assert (here.program_id, here.has_password) == (clinic.program.id, False)
    # In one's own program an address is still used once.
    with pytest.raises(InvalidError, match="already uses"):
        account(runtime, clinic.program, "youth@example.test")


def test_one_password_opens_both_and_whoever_is_in_chooses(
    runtime: Runtime, clinic: Clinic, second: Program, visitor: FlaskClient
) -> None:
    know(runtime, clinic.mother)
    there = account(runtime, second, clinic.mother.email)
    came = post(visitor, "/sign-in", {"email": clinic.mother.email, "password": PASSWORD}, form_at="/sign-in")
    assert came.location == "/account/programs"
    page = visitor.get("/account/programs?lang=en").text
    assert (clinic.program.name in page, "Second Program" in page, 'type="password"' in page) == (True, True, False)
    assert "Sus programas" in visitor.get("/account/programs?lang=es").text
    old = visitor.get_cookie(SESSION)
    over = post(visitor, f"/account/programs/{there.public_id}", {}, form_at="/account/programs")
    assert (over.status_code, over.location) == (303, "/family")
    assert clinic.child.public_id not in visitor.get("/family").text
    assert old is not None
    with runtime.database.reading() as session:
        assert session.scalars(select(SignInSession.person_id)).all() == [there.id]
    back = post(visitor, f"/account/programs/{clinic.mother.public_id}", {}, form_at="/account/programs")
    assert back.location == "/family"
    assert clinic.child.public_id in visitor.get("/family").text
    with runtime.database.writing() as session:
        rows = select(AuditEvent.program_id, AuditEvent.action, AuditEvent.person_id).order_by(AuditEvent.id)
        told = session.execute(rows.where(AuditEvent.action.in_(OVER))).all()
        left, here = (clinic.program.id, clinic.mother.id), (second.id, there.id)
        assert sorted(told) == sorted((each[0], act, each[1]) for each in (left, here) for act in OVER)
        link_caregiver(session, clinic.child, clinic.stranger, "father", NOW)
        _child, looks, _older = looks_at(session, clinic.stranger, clinic.child.public_id, now=datetime.now(UTC))
        assert not {look.action for look in looks} & set(OVER), "that she has another account is hers to read"
    seen = visitor.get(f"/family/children/{clinic.child.public_id}/seen?lang=en").text
    assert "Came here from another account of yours" in seen
    assert "Went from here to another account of yours" in seen


@pytest.mark.parametrize(("cell", "told"), [("name", "patient"), ("birth_date", "person")])
def test_a_child_that_cannot_be_read_keeps_nobody_from_going_over(
    runtime: Runtime, clinic: Clinic, second: Program, cell: str, told: str
) -> None:
    there = account(runtime, second, clinic.mother.email)
    with runtime.database.writing() as session:
        session.execute(update(table("patient", column(cell))).values({cell: "broken"}))
    with runtime.database.writing() as session:
        note_going_over(session, session.get_one(Person, clinic.mother.id), there, datetime.now(UTC))
    with runtime.database.reading() as session:
        rows = select(AuditEvent.entity, AuditEvent.patient_id).where(AuditEvent.action == "go_over")
        assert session.execute(rows).one() == (told, clinic.child.id if told == "patient" else None)


def test_going_over_makes_no_session_younger_and_asks_for_the_password_later(
    runtime: Runtime, clinic: Clinic, second: Program, browser_of: BrowserOf
) -> None:
    know(runtime, clinic.mother)
    there = account(runtime, second, clinic.mother.email)
    browser, began = browser_of(clinic.mother), datetime.now(UTC) - timedelta(minutes=11)
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=began))
    path = f"/account/programs/{there.public_id}"
    assert 'type="password"' in browser.get("/account/programs").text
    for password, words in (("", "Write your password"), ("wrong", "This is not your password")):
        refused = post(browser, f"{path}?lang=en", {"factor_password": password})
        assert (refused.status_code, words in refused.text) == (422, True)
        assert refused.text.count('id="factor_password"') == refused.text.count('href="#factor_password"') == 1
    assert post(browser, path, {"factor_password": PASSWORD}).status_code == 303
    with runtime.database.reading() as session:
        found = session.scalars(select(SignInSession)).one()
    assert (found.person_id, found.created_at) == (there.id, began)
    assert found.expires_at < datetime.now(UTC) + timedelta(hours=24)


def test_nobody_goes_over_to_what_is_not_theirs(
    runtime: Runtime, clinic: Clinic, second: Program, browser_of: BrowserOf
) -> None:
    closed = account(runtime, second, clinic.mother.email)
    other = account(runtime, second, ELSEWHERE)
    with runtime.database.writing() as session:
        close_account(session, session.merge(closed), NOW)
        token = make_token(session, clinic.mother, NOW)
    mother = browser_of(clinic.mother)
    for person in (closed, other, clinic.stranger):
        assert post(mother, f"/account/programs/{person.public_id}", {}).status_code == 404
    assert "You have no other account." in mother.get("/account/programs?lang=en").text
    machine = mother.post(f"/account/programs/{other.public_id}", headers={"Authorization": f"Bearer {token}"})
    assert machine.status_code == 403


def clinic_name(runtime: Runtime, person: Person) -> str:
    with runtime.database.reading() as session:
        return session.get_one(Program, person.program_id).name


@pytest.mark.parametrize("victim", ["mother", "derm"])
def test_who_makes_an_account_at_somebodys_address_comes_by_it_to_no_other(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person], victim: str
) -> None:
    """An administrator of another program uses the first link, which was to be handed over, and sets a factor up."""
    there = staffed[victim]
    with strict.database.writing() as session:
        program = strict.vault.add_program(session, "Second Program", NOW)
    made, browser = account(strict, program, there.email, Role.DIRECTOR), strict_app.test_client()
    with strict.database.writing() as session:
        path = f"/sign-in/link/{make_link(session, session.merge(made), datetime.now(UTC))}"
    assert post(browser, path, {}, form_at=path).location == "/sign-in/second-factor"
    set_up_in(browser)
    page = browser.get("/account/programs?lang=en").text
    assert ("Second Program" in page, clinic_name(strict, there) in page) == (True, False)
    assert "sign in with your password or with a link" in page
    for password in ("", PASSWORD):
        over = post(browser, f"/account/programs/{there.public_id}", {"factor_password": password}, form_at="/account")
        assert over.status_code == 404


def test_a_second_factor_of_the_other_account_is_still_to_come(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person]
) -> None:
    with strict.database.writing() as session:
        program = strict.vault.add_program(session, "Second Program", NOW)
    nurse = account(strict, program, staffed["mother"].email, Role.SPECIALIST, came_in_at=NOW)
    browser = strict_app.test_client()
    with strict.database.writing() as session:
        browser.set_cookie(
            SESSION, open_session(session, staffed["mother"], datetime.now(UTC), proof=AddressProof.LETTER)
        )
    # A letter may have opened this session: where the other account has no factor yet, a fresh sign-in is not enough.
    assert 'type="password"' in browser.get("/account/programs").text
    assert post(browser, f"/account/programs/{nurse.public_id}", {}).status_code == 422
    over = post(browser, f"/account/programs/{nurse.public_id}", {"factor_password": PASSWORD})
    assert over.location == "/sign-in/second-factor"
    assert browser.get("/worklist").status_code == 303
    with strict.database.reading() as session:
        assert session.scalars(select(SignInSession)).all() == []


def without_password(strict: Runtime, app: Flask, staffed: dict[str, Person]) -> tuple[FlaskClient, Person]:
    """The mother's browser, where no password is known anywhere, and her account in another program's staff."""
    with strict.database.writing() as session:
        program = strict.vault.add_program(session, "Second Program", NOW)
        session.execute(update(Person).values(password_hash=None))
    nurse, browser = account(strict, program, staffed["mother"].email, Role.SPECIALIST), app.test_client()
    with strict.database.writing() as session:
        browser.set_cookie(
            SESSION, open_session(session, staffed["mother"], datetime.now(UTC), proof=AddressProof.LETTER)
        )
    return browser, nurse


def test_no_letter_chooses_the_password_of_an_account_that_waits_for_its_second_step(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person]
) -> None:
    browser, _nurse = without_password(strict, strict_app, staffed)
    chosen = {"new": "another horse another staple", "new_again": "another horse another staple"}
    refused = post(browser, "/account/password?lang=en", chosen)
    assert (refused.status_code, "Ask the administrator" in refused.text) == (422, True)
    with strict.database.reading() as session:
        assert session.scalars(select(Person.id).where(Person.password_hash.is_not(None))).all() == []


def test_who_forgot_a_password_reads_that_the_second_step_of_another_account_comes_first(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person]
) -> None:
    browser, _nurse = without_password(strict, strict_app, staffed)
    know(strict, staffed["mother"])
    with strict.database.writing() as session:
        came = open_session(session, staffed["mother"], datetime.now(UTC), proof=AddressProof.LETTER)
    browser.set_cookie(SESSION, came)
    page = browser.get("/account?lang=en").text
    assert ("still needs its second step" in page, "Sign in by a link" in page) == (True, False)
    refused = post(browser, "/account/password?lang=es", {"old": "", "new": "x" * 20, "new_again": "x" * 20})
    assert (refused.status_code, "le falta el segundo paso" in refused.text) == (422, True)


def test_who_has_no_password_goes_over_to_no_set_up(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person]
) -> None:
    browser, nurse = without_password(strict, strict_app, staffed)
    refused = post(browser, f"/account/programs/{nurse.public_id}?lang=en", {})
    assert (refused.status_code, "Ask the administrator of that program" in refused.text) == (422, True)
    assert browser.get_cookie("__Host-econsult_halfway") is None


def test_no_password_of_a_family_opens_a_staffs_account_that_nobody_has_come_into(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person]
) -> None:
    """Whoever reads the family's letters may have chosen it: at work the link comes first that is handed over."""
    with strict.database.writing() as session:
        program = strict.vault.add_program(session, "Second Program", NOW)
    mother, browser, words = staffed["mother"], strict_app.test_client(), "Nobody has come into this account yet"
    work, given = account(strict, program, mother.email, Role.SPECIALIST), {"email": mother.email, "password": PASSWORD}
    assert post(browser, "/sign-in", given).location == "/account/programs"
    assert words in browser.get("/account/programs?lang=en").text
    over = post(browser, f"/account/programs/{work.public_id}", {"factor_password": PASSWORD}, form_at="/account")
    assert (over.status_code, browser.get_cookie("__Host-econsult_halfway")) == (422, None)
    # Nor by the door, where the family's account is closed by now and this one is the oldest.
    with strict.database.writing() as session:
        close_account(session, session.merge(mother), NOW)
        path = f"/sign-in/link/{make_link(session, session.merge(work), datetime.now(UTC))}"
    refused = post(strict_app.test_client(), "/sign-in?lang=en", given)
    assert (refused.status_code, words in refused.text) == (422, True)
    assert post(strict_app.test_client(), path, {}, form_at=path).location == "/sign-in/second-factor"


def test_a_new_password_is_that_of_both_and_ends_both(runtime: Runtime, clinic: Clinic, second: Program) -> None:
    know(runtime, clinic.mother)
    there = account(runtime, second, clinic.mother.email)
    with runtime.database.writing() as session:
        for person in (clinic.mother, there):
            open_session(session, person, NOW)
    with runtime.database.writing() as session:
        set_password(session, session.merge(there), hash_password("another horse another staple"), NOW, by=there)
    with runtime.database.reading() as session:
        assert session.scalars(select(SignInSession)).all() == []
        query = select(AuditEvent.program_id, AuditEvent.person_id).where(AuditEvent.detail == "password")
        rows = {tuple(row) for row in session.execute(query.order_by(AuditEvent.id.desc()).limit(2))}
    assert rows == {(clinic.program.id, clinic.mother.id), (second.id, there.id)}
    tried = {"source": "127.0.0.1", "now": datetime.now(UTC)}
    assert sign_in(runtime.database, there.email, PASSWORD, **tried) is None
    assert sign_in(runtime.database, there.email, "another horse another staple", **tried) is not None


def test_a_closed_account_does_not_close_the_other(runtime: Runtime, clinic: Clinic, second: Program) -> None:
    know(runtime, clinic.mother)
    there = account(runtime, second, clinic.mother.email)
    with runtime.database.writing() as session:
        close_account(session, session.merge(clinic.mother), NOW)
    found = sign_in(runtime.database, there.email, PASSWORD, source="127.0.0.1", now=datetime.now(UTC))
    assert found is not None
    assert found.id == there.id
    with runtime.database.reading() as session:
        assert [each.id for each in people_at(session, runtime.database.cipher, there.email)] == [there.id]


def test_what_was_written_and_asked_for_in_the_other_account_waits_there(
    runtime: Runtime, clinic: Clinic, second: Program, browser_of: BrowserOf
) -> None:
    there, path = account(runtime, second, clinic.mother.email), "/account"
    know(runtime, there)
    for is_asked_for in (True, False):
        browser = browser_of(there)
        with runtime.database.writing() as session:
            session.execute(update(SignInSession).values(seen_at=NOW - timedelta(days=30)))
        if is_asked_for:
            assert browser.get(path).status_code == 303
        else:
            browser.post("/account/contact", data={"words": "The rash came back on Monday."})
        came = post(browser, "/sign-in", {"email": there.email, "password": PASSWORD})
        assert came.location == "/account/programs"
        over = post(browser, f"/account/programs/{there.public_id}", {})
        assert over.location == (path if is_asked_for else "/account/unsent")
    assert "The rash came back on Monday." in browser.get("/account/unsent").text


@pytest.mark.parametrize("role", [Role.CAREGIVER, Role.COORDINATOR])
def test_the_password_of_a_closed_account_opens_none_that_is_made_later(
    runtime: Runtime, clinic: Clinic, second: Program, role: Role
) -> None:
    """A desk's address gets another owner: whoever had it before comes in nowhere, and by no account that reopens."""
    former = account(runtime, second, ELSEWHERE, role)
    know(runtime, former)
    tried = {"source": "127.0.0.1", "now": datetime.now(UTC)}
    with runtime.database.writing() as session:
        close_account(session, session.merge(former), NOW)
    newer = account(runtime, clinic.program, ELSEWHERE, role)
    assert newer.has_password is False
    assert sign_in(runtime.database, ELSEWHERE, PASSWORD, **tried) is None
    with runtime.database.writing() as session:
        reopen_account(session, session.get_one(Person, former.id), NOW)
    assert sign_in(runtime.database, ELSEWHERE, PASSWORD, **tried) is None


def test_an_account_that_reopens_alone_keeps_its_password(runtime: Runtime, second: Program) -> None:
    there = account(runtime, second, ELSEWHERE)
    know(runtime, there)
    for act in (close_account, reopen_account):
        with runtime.database.writing() as session:
            act(session, session.get_one(Person, there.id), NOW)
    found = sign_in(runtime.database, ELSEWHERE, PASSWORD, source="127.0.0.1", now=datetime.now(UTC))
    assert found is not None


@pytest.mark.parametrize("has_other", [True, False])
def test_a_young_account_that_a_clinic_opens_again_has_the_password_of_its_address(
    runtime: Runtime, clinic: Clinic, second: Program, youth: Person, has_other: bool
) -> None:
    if has_other:
        account(runtime, second, youth.email)
    know(runtime, youth)
    tried = {"source": "127.0.0.1", "now": datetime.now(UTC)}
    with runtime.database.writing() as session:
        child, now = session.get_one(Patient, clinic.child.id), datetime.now(UTC)
        close_youth(session, child, clinic.pcp, now)
        form = YouthForm(youth.email, "en", is_seen=True)
        again = open_account(session, runtime.database.cipher, child, form, clinic.pcp, now=now)
        assert again.id == youth.id
    # With no other account nobody vouches for it: whoever had the address before may have chosen it.
    found = sign_in(runtime.database, youth.email, PASSWORD, **tried)
    assert (found.id if found else None) == (youth.id if has_other else None)


def test_a_letter_opens_the_account_of_a_parent_whose_staff_account_waits_for_its_second_step(
    strict: Runtime, strict_app: Flask, staffed: dict[str, Person]
) -> None:
    """No password is known anywhere: the older account is staff's, which takes one, and must not hide her child."""
    work = staffed["nurse"]
    with strict.database.writing() as session:
        session.execute(update(Person).values(password_hash=None))
        home = strict.vault.add_program(session, "Second Program", NOW)
    alone = strict_app.test_client()
    ask(alone, work.email)
    assert post(alone, newest(strict), {}).status_code == 403
    account(strict, home, work.email)
    browser = strict_app.test_client()
    ask(browser, work.email)
    came = post(browser, newest(strict), {})
    assert (came.status_code, came.location) == (303, "/account/programs")
    assert browser.get("/family").status_code == 200
    # The way over to work leads to no set-up: a sign-in of ten minutes, as this one is, is not enough for that.
    over = post(browser, f"/account/programs/{work.public_id}", {}, form_at="/account/programs")
    assert over.status_code != 303
    assert browser.get("/family").status_code == 200


def test_whoever_goes_over_to_work_has_the_hours_of_staff(
    runtime: Runtime, clinic: Clinic, second: Program, browser_of: BrowserOf
) -> None:
    know(runtime, clinic.mother)
    work = account(runtime, second, clinic.mother.email, Role.COORDINATOR, came_in_at=NOW)
    browser = browser_of(clinic.mother)
    for there, hours in ((work, 12), (clinic.mother, 12)):
        # Back home it is no longer than it was: going over never makes a session last.
        assert post(browser, f"/account/programs/{there.public_id}", {}, form_at="/account").status_code == 303
        with runtime.database.reading() as session:
            row = session.scalars(select(SignInSession)).one()
            assert (row.person_id, row.expires_at - row.created_at) == (there.id, timedelta(hours=hours))


def test_nobody_goes_over_to_work_from_a_session_older_than_its_hours(
    runtime: Runtime, clinic: Clinic, second: Program, browser_of: BrowserOf
) -> None:
    know(runtime, clinic.mother)
    work = account(runtime, second, clinic.mother.email, Role.COORDINATOR, came_in_at=NOW)
    browser, began = browser_of(clinic.mother), datetime.now(UTC) - timedelta(hours=13)
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=began))
    path = f"/account/programs/{work.public_id}?lang=en"
    refused = post(browser, path, {"factor_password": PASSWORD}, form_at="/account")
    assert (refused.status_code, "You signed in too long ago for that account" in refused.text) == (422, True)
    # What is said is said at that account, and nothing is asked for that could not help.
    assert ('id="second-step"' in refused.text, f'action="/account/programs/{work.public_id}"' in refused.text) == (
        True,
        False,
    )
    assert browser.get("/account").status_code == 200
    with runtime.database.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action.in_(("go_over", "come_over")))).all() == []


def test_nobody_goes_over_from_a_session_that_ends_in_that_moment(
    runtime: Runtime, clinic: Clinic, second: Program, shell: Flask
) -> None:
    there = account(runtime, second, clinic.mother.email)
    with shell.test_request_context("/"):
        answer = welcome(there, "/family", None, comes_from=4711)
    assert (answer.status_code, answer.location) == (303, "/sign-in?ended")
    with runtime.database.reading() as session:
        assert session.scalars(select(SignInSession)).all() == []
