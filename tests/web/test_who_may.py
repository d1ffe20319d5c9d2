"""Every page and every kind of person: who may come at all. What is not theirs: tests/web/test_not_theirs.py.

The table was written by hand from the law of who may see what. A page without a line fails.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from econsult.people.persons import Person, Role
from econsult.people.signin import close_account, open_session
from tests.personas import Clinic
from tests.spread import spread
from tests.web.browsing import SESSION, token_from
from tests.web.conftest import BrowserOf
from web import create_app
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
OPEN = (
    "/",
    "/sign-in",
    "/sign-in/by-mail",
    "/sign-in/passkey",
    "/sign-in/passkey/options",
    "/sign-in/link/<token>",
    "/invitation/<token>",
    "/sign-out",
    "/language",
    "/family/help",
    "/health/live",
    "/health/ready",
)
"""For everybody, signed in or not."""
HALFWAY = ("/sign-in/code", "/sign-in/second-factor", "/sign-in/second-factor/passkey")
"""For a browser whose password or link was right; everybody else is sent to the door or home."""
HALFWAY_SCRIPTS = ("/sign-in/code/passkey", "/sign-in/code/passkey/options", "/sign-in/second-factor/passkey/options")
"""For the same browser, by its script."""
MACHINE = ("/api/", "/uploads", "/media/", "/gateway/")
"""Doors of programs: tests/api, the tests of the upload door and tests/web/test_gateway.py have tables of their own."""

CAREGIVER, CLINIC, NURSE, SPECIALIST, DESK, DIRECTOR, ADMIN, PRIVACY, INVITED, YOUTH = "cpnsodaviy"
FAMILY = CAREGIVER + YOUTH
EVERYBODY = "cpnsodavy"
"""Everybody with an account."""
LETTER = {
    Role.CAREGIVER: CAREGIVER,
    Role.YOUTH: YOUTH,
    Role.PCP: CLINIC,
    Role.TELEPRESENTER: NURSE,
    Role.SPECIALIST: SPECIALIST,
    Role.COORDINATOR: DESK,
    Role.DIRECTOR: DIRECTOR,
    Role.ADMIN: ADMIN,
    Role.PRIVACY: PRIVACY,
    Role.INVITED: INVITED,
}
WHO = {
    "GET /account": EVERYBODY,
    # Whoever has accounts in several programs goes over from one to another; others find nothing there.
    "GET /account/programs": EVERYBODY,
    "POST /account/sessions/<int:number>/end": EVERYBODY,
    "POST /account/tokens/<int:number>/end": EVERYBODY,
    "GET /program/accounts": ADMIN,
    "POST /program/accounts/find": ADMIN,
    "GET /program/accounts/new": ADMIN,
    "POST /program/accounts/new": ADMIN,
    "GET /program/accounts/<public_id>": ADMIN,
    "POST /program/accounts/<public_id>/link": ADMIN,
    "POST /program/accounts/<public_id>/name": ADMIN,
    "POST /program/accounts/<public_id>/specialties": ADMIN,
    "POST /program/accounts/<public_id>/close": ADMIN,
    "POST /program/accounts/<public_id>/reopen": ADMIN,
    "GET /program/sessions": DESK + ADMIN,
    "POST /program/sessions": DESK + ADMIN,
    "POST /program/sessions/<public_id>": ADMIN,
    "POST /account/programs/<public_id>": EVERYBODY,
    "POST /account/contact": EVERYBODY,
    "GET /account/second-factor/first-codes": EVERYBODY,
    "POST /account/second-factor/first-codes": EVERYBODY,
    "GET /account/unsent": EVERYBODY,
    "POST /account/unsent/drop": EVERYBODY,
    "POST /account/unsent/send": EVERYBODY,
    "POST /account/zone": EVERYBODY,
    "POST /account/mobile": EVERYBODY,
    "POST /account/mobile/again": EVERYBODY,
    "POST /account/mobile/code": EVERYBODY,
    "POST /account/mobile/remove": EVERYBODY,
    "POST /account/passkeys": EVERYBODY,
    "POST /account/passkeys/options": EVERYBODY,
    "POST /account/passkeys/<passkey_id>/remove": EVERYBODY,
    "POST /account/password": EVERYBODY,
    "POST /account/second-factor": EVERYBODY,
    "POST /account/second-factor/codes": EVERYBODY,
    "POST /account/second-factor/off": EVERYBODY,
    "POST /account/second-factor/passkey/options": EVERYBODY,
    "POST /account/sign-out-others": EVERYBODY,
    "POST /typed": EVERYBODY + INVITED,
    "GET /start": EVERYBODY,
    "GET /family": FAMILY,
    "GET /family/ask/<public_id>/call-911": FAMILY + INVITED,
    "GET /family/ask/<public_id>/check": FAMILY + INVITED,
    "POST /family/ask/<public_id>/check": FAMILY + INVITED,
    "POST /family/ask/<public_id>/discard": FAMILY,
    "GET /family/ask/<public_id>/emergency": FAMILY + INVITED,
    "POST /family/ask/<public_id>/emergency": FAMILY + INVITED,
    "POST /family/ask/<public_id>/face": FAMILY,
    "GET /family/ask/<public_id>/photos": FAMILY + INVITED,
    "POST /family/ask/<public_id>/photos/<attachment_id>/remove": FAMILY + INVITED,
    "GET /family/ask/<public_id>/private": FAMILY + INVITED,
    "POST /family/ask/<public_id>/private": FAMILY + INVITED,
    "GET /family/ask/<public_id>/questions/<subject>": FAMILY + INVITED,
    "POST /family/ask/<public_id>/questions/<subject>": FAMILY + INVITED,
    "GET /family/ask/<public_id>/story": FAMILY + INVITED,
    "POST /family/ask/<public_id>/story": FAMILY + INVITED,
    "GET /family/ask/<public_id>/topic": FAMILY + INVITED,
    "POST /family/ask/<public_id>/topic": FAMILY + INVITED,
    "GET /family/ask/<public_id>/where": FAMILY + INVITED,
    "POST /family/ask/<public_id>/where": FAMILY + INVITED,
    "POST /family/children/<public_id>/ask": FAMILY,
    "GET /family/children/<public_id>/seen": FAMILY,
    "GET /family/questions/<public_id>": FAMILY,
    "GET /family/questions/<public_id>/answer": FAMILY,
    "POST /family/questions/<public_id>/answer/understood": FAMILY,
    "GET /family/questions/<public_id>/answer/note.pdf": FAMILY,
    "GET /family/questions/<public_id>/answer/note.txt": FAMILY,
    "POST /family/questions/<public_id>/cancel": FAMILY,
    "GET /family/questions/<public_id>/outcome": FAMILY,
    "POST /family/questions/<public_id>/outcome": FAMILY,
    "POST /family/questions/<public_id>/steps/<step_id>": FAMILY,
    "POST /family/questions/<public_id>/visits/<visit_id>": FAMILY,
    "GET /family/questions/<public_id>/visits/<visit_id>/calendar": FAMILY,
    "GET /family/questions/<public_id>/files": FAMILY + INVITED,
    "POST /family/questions/<public_id>/messages": FAMILY,
    "GET /family/questions/<public_id>/photos": FAMILY,
    "GET /family/questions/<public_id>/sent": FAMILY,
    "POST /family/questions/<public_id>/voice": FAMILY,
    "POST /family/questions/<public_id>/consent/withdraw": FAMILY,
    "POST /family/questions/<public_id>/allowed": FAMILY,
    # What the young keep to themselves, and who may go on for them.
    "POST /family/questions/<public_id>/private": YOUTH,
    "GET /family/sharing": YOUTH,
    "POST /family/sharing/<person_id>": YOUTH,
    "POST /consults/<public_id>/confidential": CLINIC + NURSE,
    "POST /families/<public_id>/youth": CLINIC + NURSE,
    "POST /families/<public_id>/youth/end": CLINIC + NURSE,
    # Inviting a family that has no account, and what a device does that was invited: send, and see how far that is.
    "GET /invitations/<public_id>": CLINIC + NURSE + DESK,
    "POST /invitations/<public_id>": CLINIC + NURSE + DESK,
    "GET /invitations/<public_id>/<invitation_id>": CLINIC + NURSE + DESK,
    "POST /invitations/<public_id>/<invitation_id>": CLINIC + NURSE + DESK,
    "POST /invitations/<public_id>/<invitation_id>/revoke": CLINIC + NURSE + DESK,
    "POST /consults/<public_id>/adopt": CLINIC,
    # A family's caregivers and how each is reached.
    "GET /families/<public_id>": CLINIC + NURSE + DESK,
    "GET /families/<public_id>/details": CLINIC + NURSE + DESK,
    "POST /families/<public_id>/details": CLINIC + NURSE + DESK,
    "GET /families/<public_id>/death": CLINIC + DESK,
    "POST /families/<public_id>/death": CLINIC + DESK,
    "POST /families/<public_id>/death/undo": CLINIC + DESK,
    "GET /families/<public_id>/people": CLINIC + DESK,
    "POST /families/<public_id>/people": CLINIC + DESK,
    "POST /families/<public_id>/people/<person_id>": CLINIC + DESK,
    "POST /families/<public_id>/people/<person_id>/end": CLINIC + DESK,
    "POST /families/<public_id>/people/<person_id>/bar": CLINIC + DESK,
    "POST /families/<public_id>/people/<person_id>/lift": CLINIC + DESK,
    "POST /families/<public_id>/people/order": CLINIC + DESK,
    "POST /families/<public_id>/<person_id>/mobile": CLINIC + NURSE + DESK,
    "POST /families/<public_id>/<person_id>/mobile/again": CLINIC + NURSE + DESK,
    "POST /families/<public_id>/<person_id>/mobile/code": CLINIC + NURSE + DESK,
    "POST /families/<public_id>/<person_id>/mobile/remove": CLINIC + NURSE + DESK,
    "POST /family/join": FAMILY,
    "POST /families/<public_id>/contact": CLINIC + NURSE + DESK,
    "POST /families/<public_id>/safety/unsafe": CLINIC + NURSE + DESK,
    "POST /families/<public_id>/safety/safe": CLINIC + NURSE + DESK,
    "GET /invited": INVITED,
    # The answer, once a code from the contact on file was typed in that browser.
    "GET /invited/questions/<public_id>/answer": INVITED,
    "POST /invited/questions/<public_id>/answer": INVITED,
    "POST /invited/questions/<public_id>/code": INVITED,
    "POST /invited/ask": INVITED,
    # The clinic's own work. A nurse asks for the families of her sessions and decides nothing.
    "GET /clinic": CLINIC + NURSE,
    "GET /clinic/ask": CLINIC + NURSE,
    "POST /clinic/ask": CLINIC + NURSE,
    "GET /clinic/children/new": CLINIC + NURSE,
    "POST /clinic/children/new": CLINIC + NURSE,
    "GET /clinic/phone": CLINIC + NURSE + DESK,
    "POST /clinic/phone": CLINIC + NURSE + DESK,
    "GET /clinic/phone/<patient_id>": CLINIC + NURSE + DESK,
    "POST /clinic/phone/<patient_id>": CLINIC + NURSE + DESK,
    "POST /clinic/find": CLINIC + NURSE,
    "GET /clinic/find": CLINIC + NURSE,
    # What came by e-mail in one's own name, and in nobody else's.
    "GET /clinic/mail": CLINIC + NURSE,
    "GET /clinic/mail/<public_id>/ask": CLINIC + NURSE,
    "POST /clinic/mail/<public_id>/ask": CLINIC + NURSE,
    "POST /clinic/mail/<public_id>/answer": CLINIC + NURSE,
    "POST /clinic/mail/<public_id>/find": CLINIC + NURSE,
    "GET /clinic/mail/<public_id>/find": CLINIC + NURSE,
    "POST /clinic/mail/<public_id>/throw-away": CLINIC + NURSE,
    "GET /clinic/requests/<public_id>": CLINIC + NURSE + DESK,
    "POST /clinic/requests/<public_id>": CLINIC + NURSE + DESK,
    "POST /clinic/requests/<public_id>/discard": CLINIC + NURSE + DESK,
    "POST /consults/<public_id>/acknowledge": CLINIC,
    "POST /consults/<public_id>/ask-again": CLINIC + NURSE,
    "POST /consults/<public_id>/follow-up": CLINIC + NURSE,
    "POST /consults/<public_id>/close": CLINIC,
    "POST /consults/<public_id>/close-out": CLINIC,
    "POST /consults/<public_id>/informed": CLINIC,
    "POST /consults/<public_id>/tried": CLINIC,
    "POST /consults/<public_id>/send-on": CLINIC,
    "POST /consults/<public_id>/withdraw": CLINIC + NURSE,
    "POST /consults/<public_id>/reopen": CLINIC + NURSE,
    "POST /consults/<public_id>/results": CLINIC + NURSE,
    # The case.
    # Who may not know the child opens its name by exception; everybody else on a case knows it.
    "GET /consults/<public_id>/identity": SPECIALIST,
    "POST /consults/<public_id>/identity": SPECIALIST,
    "GET /consults/<public_id>": CLINIC + NURSE + SPECIALIST,
    "POST /consults/<public_id>/messages": CLINIC + NURSE + SPECIALIST + DESK,
    # What a better photo should show: drawn by whoever holds the request, taken by whoever sends photos.
    "POST /consults/<public_id>/messages/<message_id>/take-back": CLINIC + SPECIALIST,
    "POST /consults/<public_id>/marks/<attachment_id>": CLINIC + SPECIALIST,
    "GET /consults/<public_id>/again/<retake_id>": CLINIC + NURSE,
    "GET /family/questions/<public_id>/again/<retake_id>": FAMILY,
    "POST /consults/<public_id>/urgency": CLINIC + NURSE + SPECIALIST,
    "GET /consults/<public_id>/letter.pdf": CLINIC + NURSE + DESK,
    # The answer to take away. A nurse reads no answers.
    "GET /consults/<public_id>/note.pdf": CLINIC + SPECIALIST + DESK,
    "GET /consults/<public_id>/note.txt": CLINIC + SPECIALIST + DESK,
    # Whoever answers: the specialist an eConsult, the clinic a family's question.
    "POST /consults/<public_id>/answer": CLINIC + SPECIALIST,
    "POST /consults/<public_id>/answer/undo": CLINIC + SPECIALIST,
    "GET /consults/<public_id>/answer/preview": CLINIC + SPECIALIST,
    "GET /consults/<public_id>/correct": CLINIC + SPECIALIST,
    "POST /consults/<public_id>/correct": CLINIC + SPECIALIST,
    "POST /consults/<public_id>/answer/leave": CLINIC + SPECIALIST,
    "POST /consults/<public_id>/claim": CLINIC + SPECIALIST,
    "POST /consults/<public_id>/decline": CLINIC + SPECIALIST,
    "POST /consults/<public_id>/release": CLINIC + SPECIALIST,
    "POST /consults/<public_id>/reroute": SPECIALIST,
    "POST /consults/<public_id>/take-over": CLINIC + SPECIALIST,
    "GET /worklist": SPECIALIST,
    "GET /worklist/marks": SPECIALIST,
    "POST /worklist/next": SPECIALIST,
    "POST /worklist/begin-with": SPECIALIST,
    # What became of the advice. A nurse reads no answers.
    "POST /consults/<public_id>/steps/<step_id>": CLINIC + SPECIALIST + DESK,
    "GET /coordination/steps": DESK,
    # The visit that a step leads to: who speaks with the family books it, and the family says whether it comes.
    "GET /visits": CLINIC + DESK,
    "GET /consults/<public_id>/steps/<step_id>/visit": CLINIC + DESK,
    "POST /consults/<public_id>/steps/<step_id>/visit": CLINIC + DESK,
    "POST /consults/<public_id>/steps/<step_id>/visit/<visit_id>": CLINIC + DESK,
    "POST /consults/<public_id>/steps/<step_id>/visit/<visit_id>/said": CLINIC + DESK,
    "GET /worklist/advice": SPECIALIST,
    # A question to a second specialist: whoever holds it asks, whoever was asked replies.
    "POST /consults/<public_id>/second": SPECIALIST,
    "POST /consults/<public_id>/second/desk": DESK,
    "POST /consults/<public_id>/second/give-back": SPECIALIST,
    "POST /consults/<public_id>/second/reply": SPECIALIST,
    "POST /consults/<public_id>/second/take": SPECIALIST,
    "POST /consults/<public_id>/second/take-back": SPECIALIST,
    "GET /consults/<public_id>/outcome": CLINIC + DESK,
    "POST /consults/<public_id>/outcome": CLINIC + DESK,
    # Held files and hidden faces: the medical home decides, the specialist asks.
    "GET /reviews": CLINIC,
    "GET /reviews/<attachment_id>": CLINIC,
    "POST /reviews/<attachment_id>/ask": SPECIALIST,
    "POST /reviews/<attachment_id>/faces": CLINIC,
    "POST /reviews/<attachment_id>/keep-hidden": CLINIC,
    "POST /reviews/<attachment_id>/reject": CLINIC,
    "POST /reviews/<attachment_id>/release": CLINIC,
    "POST /reviews/<attachment_id>/silence": CLINIC,
    # Own time on a consult, and what may be billed: whoever worked on it, and the desk.
    "POST /consults/<public_id>/time": CLINIC + SPECIALIST,
    "GET /consults/<public_id>/billing": CLINIC + SPECIALIST + DESK,
    "GET /consults/<public_id>/billing/sheet.pdf": CLINIC + SPECIALIST + DESK,
    "POST /consults/<public_id>/billing/time": CLINIC + SPECIALIST,
    "POST /consults/<public_id>/billing/attest": SPECIALIST,
    "POST /consults/<public_id>/billing/diagnosis": CLINIC,
    "POST /consults/<public_id>/billing/coverage": CLINIC + DESK,
    "POST /consults/<public_id>/billing/numbers": CLINIC + SPECIALIST,
    # Families to call.
    "GET /calls/<public_id>": CLINIC + DESK,
    "POST /calls/<public_id>/done": CLINIC + DESK,
    "POST /calls/<public_id>/tried": CLINIC + DESK,
    "GET /sentences": CLINIC + SPECIALIST + DIRECTOR,
    "POST /sentences": CLINIC + SPECIALIST + DIRECTOR,
    "POST /sentences/<snippet_id>/remove": CLINIC + SPECIALIST + DIRECTOR,
    "POST /stops/<int:stop_id>/called": CLINIC + DESK,
    # The coordinators' desk.
    "GET /coordination": DESK,
    "GET /coordination/<public_id>": DESK,
    "GET /coordination/desk/<public_id>/death": DESK,
    "POST /coordination/<public_id>/close": DESK,
    "POST /coordination/<public_id>/informed": DESK,
    "POST /coordination/<public_id>/tried": DESK,
    "POST /coordination/<public_id>/phone": DESK,
    "POST /unreached/<int:number>/told": DESK,
    "GET /coordination/desk": DESK,
    "POST /coordination/desk/<public_id>": DESK,
    "GET /coordination/desk/several": DESK,
    "POST /coordination/desk/several": DESK,
    "POST /coordination/desk/<public_id>/decline": DESK,
    "POST /coordination/desk/<public_id>/send-on": DESK,
    # Birthdays: the desk sees what is to do, and writes down who may go on for somebody who is grown up.
    "GET /coordination/ages": DESK,
    "GET /coordination/ages/<public_id>": DESK,
    "POST /coordination/ages/<public_id>/done": DESK,
    "POST /coordination/ages/<public_id>/rights": DESK,
    "POST /coordination/ages/<public_id>/rights/<right_id>/end": DESK,
    # The program: figures and rosters, no child. A specialist sees and swaps his own shifts.
    "GET /program": DESK + DIRECTOR + ADMIN,
    "GET /program/figures.csv": DESK + DIRECTOR + ADMIN,
    "GET /program/results": DESK + DIRECTOR + ADMIN,
    "GET /program/results/<part>.csv": DESK + DIRECTOR + ADMIN,
    "GET /program/billing": DESK + DIRECTOR,
    "GET /program/billing/clinicians.csv": DESK + DIRECTOR,
    "GET /program/billing/rows.csv": DESK,
    "GET /program/people": DESK + DIRECTOR + ADMIN,
    "POST /program/people/<public_id>/limits": DESK + DIRECTOR + ADMIN,
    "POST /program/people/clinics/<public_id>": DESK + DIRECTOR + ADMIN,
    "POST /program/people/clinics/<public_id>/zone": DESK + DIRECTOR + ADMIN,
    "POST /program/people/conflicts": DESK,
    "POST /program/people/conflicts/<public_id>/<patient_id>/remove": DESK,
    "POST /program/people/fallbacks": DESK + DIRECTOR + ADMIN,
    "GET /program/roster": DESK + DIRECTOR + ADMIN,
    "GET /program/roster/off": DESK + DIRECTOR + ADMIN,
    "POST /program/roster/off/<int:number>/end": DESK + DIRECTOR + ADMIN,
    "POST /program/roster/off": DESK + DIRECTOR + ADMIN,
    "POST /program/roster/shifts": DESK + DIRECTOR + ADMIN,
    "POST /program/roster/shifts/<int:number>/remove": DESK + DIRECTOR + ADMIN,
    "POST /program/roster/swaps": DESK + DIRECTOR + ADMIN,
    "POST /program/roster/swaps/<int:number>/take-back": SPECIALIST + DESK + DIRECTOR + ADMIN,
    "GET /program/roster/mine": SPECIALIST + CLINIC,
    "POST /program/roster/mine/swaps": SPECIALIST,
    "POST /program/roster/mine/<int:number>": SPECIALIST,
    "POST /program/roster/mine/<int:number>/decline": SPECIALIST,
    "GET /program/rules": DIRECTOR + ADMIN,
    "POST /program/rules": DIRECTOR + ADMIN,
    "POST /program/rules/open": DIRECTOR + ADMIN,
    # Consent taken back: the clinic and the desk write it down for the family; one officer opens under a hold.
    "POST /consults/<public_id>/consent/withdraw": CLINIC + DESK,
    "GET /privacy/sealed": PRIVACY,
    "GET /privacy/sealed/<public_id>": PRIVACY,
    "POST /privacy/sealed/<public_id>": PRIVACY,
    # The end of records: what is asked for waits, and is undone by any officer.
    "GET /privacy/names": PRIVACY,
    "POST /privacy/names": PRIVACY,
    "GET /privacy/officers": PRIVACY,
    "POST /privacy/officers/<public_id>/confirm": PRIVACY,
    "GET /privacy/records": PRIVACY,
    "POST /privacy/records/erase": PRIVACY,
    "POST /privacy/records/hold": PRIVACY,
    "POST /privacy/records/<public_id>/undo": PRIVACY,
    "GET /privacy/records/holds/<public_id>": PRIVACY,
    "POST /privacy/records/holds/<public_id>": PRIVACY,
    "GET /privacy": PRIVACY,
    "POST /privacy/opened/<int:number>/reviewed": PRIVACY,
    "GET /privacy/log.csv": PRIVACY,
    "POST /privacy/child": PRIVACY,
}


ELSEWHERE = {("GET /consults/<public_id>", DESK): 303}
"""Who is led on before anything is looked at: coordinators have a page of their own for each case."""


def pages_of(app: Flask) -> set[str]:
    """Every page as "METHOD rule"."""
    found = set()
    for rule in app.url_map.iter_rules():
        if (
            rule.rule not in OPEN + HALFWAY + HALFWAY_SCRIPTS
            and not rule.rule.startswith(MACHINE)
            and rule.endpoint != "static"
        ):
            found |= {f"{method} {rule.rule}" for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    return found


def asker(browser: FlaskClient, **fields: str) -> Callable[[str, str], int]:
    """What answers a page, by its line in the table and the id that is put into it; forms carry their proof."""
    token = token_from(browser.get("/nowhere").text)

    def ask(page: str, number: str) -> int:
        method, _, rule = page.partition(" ")
        path = re.sub(r"<int:\w+>", "999999", re.sub(r"<\w+>", number, rule))
        return browser.open(
            path, method=method, data={"csrf_token": token, **fields} if method == "POST" else None
        ).status_code

    return ask


DOORS = {
    "GET /media/<rendition_id>": "tests.web.test_media.test_only_those_who_may_see_it_do",
    "GET /media/papers/<attachment_id>": (
        "tests.web.test_papers_out.test_strangers_and_files_that_are_not_ready_give_nothing"
    ),
    "GET /media/held/<rendition_id>": (
        "tests.web.test_consent_withdrawn.test_an_officer_opens_copies_under_a_hold_for_an_hour_and_is_seen"
    ),
    "GET /uploads": "tests.uploads.test_verbs.test_only_what_can_go_on_is_listed",
    "POST /uploads": "tests.uploads.test_verbs.test_only_who_may_attest_adds_files_beside_a_danger_sign",
    **dict.fromkeys(
        (f"{method} /uploads/<object_id>" for method in ("DELETE", "GET", "PATCH", "POST")),
        "tests.uploads.test_verbs.test_the_owner_is_told_from_somebody_with_the_same_rights",
    ),
    "POST /uploads/simple": "tests.web.test_simple_upload.test_nobody_is_sent_elsewhere",
    **dict.fromkeys(
        ("POST /gateway/sms/reports", "POST /gateway/sms/inbound"),
        "tests.web.test_gateway.test_the_gateways_token_alone_opens_its_doors_and_opens_nothing_else",
    ),
}
"""Doors of programs outside of the API, each with the test of who comes in; those of the API are in tests/api."""


def test_every_page_has_its_line(runtime: Runtime) -> None:
    assert pages_of(create_app(runtime)) == set(WHO)


def test_every_door_of_programs_has_its_line_and_opens_to_no_visitor(runtime: Runtime, visitor: FlaskClient) -> None:
    found = set()
    for rule in create_app(runtime).url_map.iter_rules():
        if rule.rule.startswith(MACHINE) and not rule.rule.startswith("/api/"):
            found |= {f"{method} {rule.rule}" for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert found == set(DOORS)
    for name in DOORS.values():
        module, _, test = name.rpartition(".")
        assert hasattr(importlib.import_module(module), test), name
    opened = []
    for door in DOORS:
        method, _, path = door.partition(" ")
        answer = visitor.open(re.sub(r"<\w+>", "0" * 32, path), method=method)
        if answer.status_code not in (401, 404) and not (answer.location or "").startswith("/sign-in"):
            opened.append((door, answer.status_code, answer.location))
    assert opened == []


@pytest.mark.parametrize("page", HALFWAY)
def test_what_is_between_door_and_house_is_for_nobody_else(
    shell: Flask, browser_of: BrowserOf, clinic: Clinic, page: str
) -> None:
    for browser, place in ((shell.test_client(), "/sign-in?ended=1"), (browser_of(clinic.derm), "/worklist")):
        token = token_from(browser.get("/nowhere").text)
        answers = (browser.get(page), browser.post(page, data={"csrf_token": token, "code": "123456"}))
        assert [(answer.status_code, answer.location) for answer in answers] == [(303, place)] * 2


@pytest.mark.parametrize("page", HALFWAY_SCRIPTS)
def test_a_script_gets_no_further_than_its_person(
    shell: Flask, browser_of: BrowserOf, clinic: Clinic, page: str
) -> None:
    for browser in (shell.test_client(), browser_of(clinic.derm)):
        token = token_from(browser.get("/nowhere").text)
        assert browser.post(page, json={}, headers={"X-CSRF-Token": token}).status_code == 401
        assert browser.get(page).status_code == 303


@pytest.mark.parametrize("name", ["pcp", "nurse", "derm", "coordinator", "director", "admin", "officer"])
def test_staff_who_must_have_a_second_factor_come_nowhere_without_it(
    request: pytest.FixtureRequest, runtime: Runtime, clinic: Clinic, officer: Person, name: str
) -> None:
    settings = replace(runtime.settings, second_factor="required")
    browser = create_app(Runtime(replace(runtime.installation, settings=settings))).test_client()
    person = officer if name == "officer" else getattr(clinic, name)
    with runtime.database.writing() as session:
        browser.set_cookie(SESSION, open_session(session, person, datetime.now(UTC)))
    # Whoever tells of a danger is shown the way to help, whoever it is, and nothing else.
    ask = asker(browser, emergency="no")
    assert [page for page in WHO if ask(page, "0" * 32) != 303] == []
    assert browser.get("/account").location == "/sign-in?ended=1"


def test_a_visitor_comes_to_the_door_only(shell: Flask) -> None:
    visitor = shell.test_client()
    # Whoever tells of a danger is shown the way to help instead.
    fields = {"csrf_token": token_from(visitor.get("/sign-in").text), "emergency": "no"}
    for page in WHO:
        method, _, rule = page.partition(" ")
        path = re.sub(r"<int:\w+>", "1", re.sub(r"<\w+>", "0" * 32, rule))
        answer = visitor.open(path, method=method, data=fields if method == "POST" else None)
        assert (answer.status_code, (answer.location or "").partition("?")[0]) == (303, "/sign-in"), page


@pytest.mark.parametrize(
    "name", ["mother", "pcp", "nurse", "derm", "coordinator", "director", "admin", "officer", "guest", "youth"]
)
def test_each_role_comes_to_its_own_pages_alone(
    browser_of: BrowserOf, clinic: Clinic, officer: Person, guest: Person, youth: Person, name: str
) -> None:
    person = {"officer": officer, "guest": guest, "youth": youth}.get(name) or getattr(clinic, name)
    wrong = surprises(asker(browser_of(person)), LETTER[Role(person.role)])
    assert wrong == [], wrong


@pytest.mark.parametrize(
    "name", spread(["mother", "pcp", "nurse", "derm", "director", "admin", "officer", "coordinator"], 2)
)
def test_the_other_language_leads_back_to_the_same_page(
    browser_of: BrowserOf, clinic: Clinic, officer: Person, name: str
) -> None:
    browser = browser_of(officer if name == "officer" else getattr(clinic, name))
    seen = 0
    for page in WHO:
        method, _, path = page.partition(" ")
        answer = browser.get(path) if method == "GET" and "<" not in path else None
        # Where words may be half-written the button belongs to their form, which stays where it is.
        if answer is not None and answer.status_code == 200 and (switch := re.search(SWITCH, answer.text)):
            assert switch[1] == path
            seen += 1
    assert seen >= 2


SWITCH = r'action="/language"><input[^>]+><input type="hidden" name="next" value="([^"]*)"'
STANDING_IN = (
    "GET /coordination/desk",
    "POST /coordination/desk/<public_id>",
    "GET /coordination/desk/several",
    "POST /coordination/desk/several",
    "POST /coordination/desk/<public_id>/decline",
    "POST /consults/<public_id>/second/desk",
    "GET /calls/<public_id>",
    "POST /calls/<public_id>/done",
    "POST /calls/<public_id>/tried",
    "GET /coordination/<public_id>",
    "POST /coordination/<public_id>/informed",
    "POST /coordination/<public_id>/phone",
    "POST /coordination/<public_id>/tried",
    "POST /consults/<public_id>/messages",
    "GET /coordination/desk/<public_id>/death",
    "GET /families/<public_id>/death",
    "POST /families/<public_id>/death",
    "POST /families/<public_id>/death/undo",
)
"""What of the desk opens to directors while no coordinator is there, else to administrators; nothing else does: they
give a request to somebody, say no to a question that nobody can take, and reach a family that nobody else does, and
write down that a child has died. Of a child they learn no more than that takes."""


@pytest.mark.parametrize(
    ("gone", "name", "opened"),
    [
        (("coordinator",), "director", STANDING_IN),
        (("coordinator",), "admin", ()),
        (("coordinator", "director"), "admin", STANDING_IN),
    ],
)
def test_an_empty_desk_opens_to_whoever_stands_in_and_nothing_else_does(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, gone: tuple[str, ...], name: str, opened: tuple[str, ...]
) -> None:
    with runtime.database.writing() as session:
        for each in gone:
            close_account(session, session.get_one(Person, getattr(clinic, each).id), NOW)
    person = getattr(clinic, name)
    wrong = surprises(asker(browser_of(person)), LETTER[Role(person.role)], opened)
    assert wrong == [], wrong


def surprises(ask: Callable[[str, str], int], letter: str, opened: tuple[str, ...] = ()) -> list[tuple[str, int]]:
    """Which pages answer somebody of this role otherwise than the table says; `opened` are theirs as well."""
    wrong = []
    for page, roles in WHO.items():
        if "password" in page or "sign-out" in page:
            continue
        status = ask(page, "0" * 32)
        is_named = "<" in page
        if (page, letter) in ELSEWHERE:
            expected = {ELSEWHERE[page, letter]}
        elif letter not in roles and page not in opened:
            expected = {403}
        elif is_named:
            # Nothing has that id. A form without its fields may be refused first, which tells as little.
            expected = {404, 422}
        else:
            expected = {200, 303, 404, 422} if page.startswith("POST") else {200, 302, 303}
        if status not in expected:
            wrong.append((page, status))
    return wrong
