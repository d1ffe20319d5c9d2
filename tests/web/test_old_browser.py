"""A browser that was left open: whatever lets others see or do more asks for its owner first, and typed words stay.

Each page that changes something is sorted by hand below; a new one fails until somebody has said which it is.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from types import ModuleType

from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults.confidential import keep_confidential
from econsult.consults.policies import policies_held
from econsult.consults.records import Consult
from econsult.home_safety import HomeForm, say, words_on
from econsult.people.invitations import OPEN_PATH, Invitation
from econsult.people.persons import Person
from econsult.people.signin import SignInSession
from econsult.reach.mobiles import Mobile
from tests.personas import Clinic
from tests.web.browsing import post, token_from
from tests.web.conftest import PASSWORD, BrowserOf
from tests.web.test_elsewhere import know
from tests.web.test_promised_rules import RULES
from tests.web.test_who_may import WHO
from tests.web.test_youth import send
from web import create_app
from workers.runtime import Runtime

ASKS = frozenset(
    (
        "POST /account/programs/<public_id>",
        "POST /account/mobile",
        "POST /account/passkeys/options",
        "POST /account/passkeys/<passkey_id>/remove",
        "POST /account/second-factor",
        "POST /account/second-factor/codes",
        "POST /account/second-factor/off",
        "POST /family/questions/<public_id>/allowed",
        "POST /family/questions/<public_id>/private",
        "POST /family/sharing/<person_id>",
        "POST /consults/<public_id>/confidential",
        "POST /families/<public_id>/youth",
        "POST /invitations/<public_id>",
        "POST /invitations/<public_id>/<invitation_id>",
        "POST /families/<public_id>/death",
        "POST /families/<public_id>/death/undo",
        "POST /families/<public_id>/details",
        "POST /families/<public_id>/people",
        "POST /families/<public_id>/people/<person_id>",
        "POST /families/<public_id>/people/<person_id>/lift",
        "POST /families/<public_id>/people/order",
        "POST /families/<public_id>/<person_id>/mobile",
        "POST /families/<public_id>/contact",
        "POST /families/<public_id>/safety/safe",
        "POST /clinic/requests/<public_id>",
        "POST /consults/<public_id>/identity",
        "POST /coordination/ages/<public_id>/rights",
        "POST /program/people/conflicts/<public_id>/<patient_id>/remove",
        "POST /program/rules",
        "POST /privacy/names",
        "POST /privacy/officers/<public_id>/confirm",
        "POST /privacy/sealed/<public_id>",
        "POST /privacy/records/erase",
        "POST /privacy/records/holds/<public_id>",
        "POST /program/accounts/new",
        "POST /program/accounts/<public_id>/link",
        "POST /program/accounts/<public_id>/name",
        "POST /program/accounts/<public_id>/specialties",
        "POST /program/accounts/<public_id>/close",
        "POST /program/accounts/<public_id>/reopen",
    )
)
"""What asks for its owner in an old browser, or always: others see or do more afterwards."""
PLAIN = frozenset(
    (
        "POST /account/sessions/<int:number>/end",
        "POST /account/tokens/<int:number>/end",
        "POST /program/accounts/find",
        "POST /program/sessions",
        "POST /program/sessions/<public_id>",
        "POST /account/contact",
        "POST /account/second-factor/first-codes",
        "POST /account/unsent/drop",
        "POST /account/unsent/send",
        "POST /typed",
        "POST /account/zone",
        "POST /account/mobile/again",
        "POST /account/mobile/code",
        "POST /account/mobile/remove",
        "POST /account/passkeys",
        "POST /account/password",
        "POST /account/second-factor/passkey/options",
        "POST /account/sign-out-others",
        "POST /family/ask/<public_id>/check",
        "POST /family/ask/<public_id>/discard",
        "POST /family/ask/<public_id>/emergency",
        "POST /family/ask/<public_id>/face",
        "POST /family/ask/<public_id>/photos/<attachment_id>/remove",
        "POST /family/ask/<public_id>/private",
        "POST /family/ask/<public_id>/questions/<subject>",
        "POST /family/ask/<public_id>/story",
        "POST /family/ask/<public_id>/topic",
        "POST /family/ask/<public_id>/where",
        "POST /family/children/<public_id>/ask",
        "POST /family/questions/<public_id>/answer/understood",
        "POST /family/questions/<public_id>/cancel",
        "POST /family/questions/<public_id>/outcome",
        "POST /family/questions/<public_id>/steps/<step_id>",
        "POST /family/questions/<public_id>/visits/<visit_id>",
        "POST /family/questions/<public_id>/messages",
        "POST /family/questions/<public_id>/voice",
        "POST /family/questions/<public_id>/consent/withdraw",
        "POST /families/<public_id>/youth/end",
        "POST /invitations/<public_id>/<invitation_id>/revoke",
        "POST /consults/<public_id>/adopt",
        "POST /families/<public_id>/people/<person_id>/end",
        "POST /families/<public_id>/people/<person_id>/bar",
        "POST /families/<public_id>/<person_id>/mobile/again",
        "POST /families/<public_id>/<person_id>/mobile/code",
        "POST /families/<public_id>/<person_id>/mobile/remove",
        "POST /family/join",
        "POST /families/<public_id>/safety/unsafe",
        "POST /invited/questions/<public_id>/answer",
        "POST /invited/questions/<public_id>/code",
        "POST /invited/ask",
        "POST /clinic/ask",
        "POST /clinic/children/new",
        "POST /clinic/phone",
        "POST /clinic/phone/<patient_id>",
        "POST /clinic/find",
        "POST /clinic/mail/<public_id>/ask",
        "POST /clinic/mail/<public_id>/answer",
        "POST /clinic/mail/<public_id>/find",
        "POST /clinic/mail/<public_id>/throw-away",
        "POST /clinic/requests/<public_id>/discard",
        "POST /consults/<public_id>/acknowledge",
        "POST /consults/<public_id>/ask-again",
        "POST /consults/<public_id>/follow-up",
        "POST /consults/<public_id>/close",
        "POST /consults/<public_id>/close-out",
        "POST /consults/<public_id>/informed",
        "POST /consults/<public_id>/tried",
        "POST /consults/<public_id>/send-on",
        "POST /consults/<public_id>/withdraw",
        "POST /consults/<public_id>/reopen",
        "POST /consults/<public_id>/results",
        "POST /consults/<public_id>/messages",
        "POST /consults/<public_id>/messages/<message_id>/take-back",
        "POST /consults/<public_id>/marks/<attachment_id>",
        "POST /consults/<public_id>/urgency",
        "POST /consults/<public_id>/answer",
        "POST /consults/<public_id>/answer/undo",
        "POST /consults/<public_id>/correct",
        "POST /consults/<public_id>/answer/leave",
        "POST /consults/<public_id>/claim",
        "POST /consults/<public_id>/decline",
        "POST /consults/<public_id>/release",
        "POST /consults/<public_id>/reroute",
        "POST /consults/<public_id>/take-over",
        "POST /worklist/next",
        "POST /consults/<public_id>/steps/<step_id>",
        "POST /consults/<public_id>/steps/<step_id>/visit",
        "POST /consults/<public_id>/steps/<step_id>/visit/<visit_id>",
        "POST /consults/<public_id>/steps/<step_id>/visit/<visit_id>/said",
        "POST /coordination/desk/several",
        "POST /worklist/begin-with",
        "POST /consults/<public_id>/second",
        "POST /consults/<public_id>/second/desk",
        "POST /consults/<public_id>/second/give-back",
        "POST /consults/<public_id>/second/reply",
        "POST /consults/<public_id>/second/take",
        "POST /consults/<public_id>/second/take-back",
        "POST /consults/<public_id>/outcome",
        "POST /reviews/<attachment_id>/ask",
        "POST /reviews/<attachment_id>/faces",
        "POST /reviews/<attachment_id>/keep-hidden",
        "POST /reviews/<attachment_id>/reject",
        "POST /reviews/<attachment_id>/release",
        "POST /reviews/<attachment_id>/silence",
        "POST /consults/<public_id>/time",
        "POST /consults/<public_id>/billing/time",
        "POST /consults/<public_id>/billing/attest",
        "POST /consults/<public_id>/billing/diagnosis",
        "POST /consults/<public_id>/billing/coverage",
        "POST /consults/<public_id>/billing/numbers",
        "POST /calls/<public_id>/done",
        "POST /calls/<public_id>/tried",
        "POST /sentences",
        "POST /sentences/<snippet_id>/remove",
        "POST /stops/<int:stop_id>/called",
        "POST /coordination/<public_id>/close",
        "POST /coordination/<public_id>/informed",
        "POST /coordination/<public_id>/tried",
        "POST /coordination/<public_id>/phone",
        "POST /unreached/<int:number>/told",
        "POST /coordination/desk/<public_id>",
        "POST /coordination/desk/<public_id>/decline",
        "POST /coordination/desk/<public_id>/send-on",
        "POST /coordination/ages/<public_id>/done",
        "POST /coordination/ages/<public_id>/rights/<right_id>/end",
        "POST /program/people/<public_id>/limits",
        "POST /program/people/clinics/<public_id>",
        "POST /program/people/clinics/<public_id>/zone",
        "POST /program/people/conflicts",
        "POST /program/people/fallbacks",
        "POST /program/roster/off/<int:number>/end",
        "POST /program/roster/off",
        "POST /program/roster/shifts",
        "POST /program/roster/shifts/<int:number>/remove",
        "POST /program/roster/swaps",
        "POST /program/roster/swaps/<int:number>/take-back",
        "POST /program/roster/mine/swaps",
        "POST /program/roster/mine/<int:number>",
        "POST /program/roster/mine/<int:number>/decline",
        "POST /program/rules/open",
        "POST /consults/<public_id>/consent/withdraw",
        "POST /privacy/records/hold",
        "POST /privacy/records/<public_id>/undo",
        "POST /privacy/opened/<int:number>/reviewed",
        "POST /privacy/child",
    )
)
"""The work of the day, what only narrows, and what has a proof of its own: nobody is asked anything."""
ASKING = frozenset(("check_owner", "check_recent", "once_more"))


def age(runtime: Runtime) -> None:
    """Make every sign-in so old that somebody else may sit at the browser."""
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=datetime.now(UTC) - timedelta(minutes=11)))


def refuse(browser: FlaskClient, path: str, fields: dict[str, str]) -> str:
    """Post as the page before does, without a password and with a wrong one; returns the page that asks."""
    asked = post(browser, path, fields)
    assert (asked.status_code, "Write your password" in asked.text) == (422, False), "nobody has made a mistake yet"
    for given, words in (("", "Write your password"), ("wrong", "This is not your password")):
        page = post(browser, path, {**fields, "factor_password": given})
        assert (page.status_code, words in page.text) == (422, True), (path, page.status_code)
        assert page.text.count('name="factor_password"') == 1
    return page.text


def let(browser: FlaskClient, path: str, fields: dict[str, str]) -> None:
    """Post with the password."""
    assert post(browser, path, {**fields, "factor_password": PASSWORD}).status_code == 303, path


def test_nobody_at_a_young_persons_telephone_allows_more_or_takes_its_texts(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf
) -> None:
    know(runtime, youth)
    own = browser_of(youth)
    allowed = f"/family/questions/{send(own, clinic.child, None)}/allowed"
    age(runtime)
    assert 'name="allowed" value="teaching"' in refuse(own, allowed, {"allowed": "teaching"})
    # A no is never slower than it was.
    assert post(own, allowed, {}).status_code == 303
    refuse(own, "/account/mobile", {"number": "505-555-0142"})
    with runtime.database.reading() as session:
        assert session.scalars(select(Mobile)).all() == []
    let(own, allowed, {"allowed": "teaching"})
    let(own, "/account/mobile", {"number": "505-555-0142"})


def test_who_came_by_a_link_is_told_to_come_by_a_new_one(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf
) -> None:
    own = browser_of(youth)
    with runtime.database.writing() as session:
        session.get_one(Person, youth.id).language = "es"
        session.get_one(Person, youth.id).password_hash = None
    age(runtime)
    page = post(own, "/account/mobile", {"number": "505-555-0142"})
    assert page.status_code == 422
    assert "Entre con un enlace nuevo" in page.text
    assert 'href="#second-step"' in page.text
    assert 'id="second-step"' in page.text
    assert "factor_password" not in page.text


def test_a_clinics_old_browser_shows_no_kept_draft_and_ends_no_warning(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf
) -> None:
    know(runtime, clinic.pcp)
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=now)
        keep_confidential(session, draft, clinic.pcp, True, now=now)
        say(session, session.merge(clinic.child), HomeForm(False, "Call the school."), clinic.pcp, now=now)
        number = draft.public_id
    desk = browser_of(clinic.pcp)
    age(runtime)
    page = refuse(desk, f"/clinic/requests/{number}", {"verb": "shared", "question": "What is on the arm?"})
    assert f'action="/consults/{number}/confidential"' in page
    refuse(desk, f"/consults/{number}/confidential", {"sees": "shared"})
    home = f"/families/{clinic.child.public_id}/safety/safe", {"home_reason": "The father has moved out."}
    assert "The father has moved out." in refuse(desk, *home)
    with runtime.database.reading() as session:
        assert session.scalars(select(Consult.confidential).where(Consult.public_id == number)).one() == "clinic"
        assert len(words_on(session, clinic.child.id)) == 1
    let(desk, f"/consults/{number}/confidential", {"sees": "shared"})
    let(desk, *home)
    with runtime.database.reading() as session:
        assert session.scalars(select(Consult.confidential).where(Consult.public_id == number)).one() == ""
        assert len(words_on(session, clinic.child.id)) == 2
    assert "What is on the arm?" in desk.get(f"/clinic/requests/{number}").text


def test_an_old_browser_shows_no_link_of_before_and_promises_nothing_else(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    for each in (clinic.pcp, clinic.admin):
        know(runtime, each)
    desk, office = browser_of(clinic.pcp), browser_of(clinic.admin)
    age(runtime)
    making = f"/invitations/{clinic.child.public_id}", {"language": "en", "factor_password": PASSWORD}
    sheet = str(post(desk, *making).location).partition("?")[0]
    assert OPEN_PATH in desk.get(sheet).text, "who has just made it has shown themself"
    with runtime.database.writing() as session:
        session.execute(update(Invitation).values(created_at=datetime.now(UTC) - timedelta(minutes=11)))
    asked = desk.get(sheet)
    assert (asked.status_code, "Is it still you?" in asked.text, OPEN_PATH in asked.text) == (200, True, False)
    assert OPEN_PATH not in refuse(desk, sheet, {})
    assert OPEN_PATH in post(desk, sheet, {"factor_password": PASSWORD}).text
    rules = {**RULES, "specialty": "dermatology", "urgency": "routine", "first_reply": "12", "ladder": "50, 100"}
    assert post(office, "/program/rules", {**rules, "verb": "look"}).status_code == 200
    for verb in ("save", "apply"):
        assert 'name="first_reply" value="12"' in refuse(office, "/program/rules", {**rules, "verb": verb})
    with runtime.database.reading() as session:
        assert policies_held(session, clinic.program.id) == {}
    let(office, "/program/rules", {**rules, "verb": "save"})
    for verb in ("retire", "retire_all"):
        refuse(office, "/program/rules", {**rules, "verb": verb})
    let(office, "/program/rules", {**rules, "verb": "retire"})


def test_by_the_api_an_old_session_says_no_yes_and_shows_nothing_kept(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf
) -> None:
    own = browser_of(youth)
    place = f"/api/v1/consults/{send(own, clinic.child, None)}"
    proof = {"X-CSRF-Token": token_from(own.get("/account").text)}
    yes = {"what": "teaching", "by": "youth", "method": "electronic", "language": "en"}

    def say(verb: str, **body: object) -> tuple[int, str]:
        answer = own.post(f"{place}/{verb}", json=body, headers=proof)
        return answer.status_code, answer.json.get("code", "")

    age(runtime)
    refused = 403, "sign_in_again"
    assert say("allowed", **yes, given=True) == refused
    assert say("confidential", confidential=False) == refused
    # A no, and keeping something back, are never slower than they were.
    assert say("allowed", **yes, given=False)[0] == 200
    assert say("confidential", confidential=True)[0] == 200
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=datetime.now(UTC)))
    assert say("allowed", **yes, given=True)[0] == 200


@cache
def asks(module: ModuleType, name: str) -> bool:
    """Whether the function calls, by itself or by others of the pages, what asks for the owner."""
    if name in ASKING:
        return True
    found = getattr(module, name, None)
    if not inspect.isfunction(found) or not found.__module__.startswith("web.pages"):
        return False
    plain = inspect.unwrap(found)
    calls = {
        each.func.id
        for each in ast.walk(ast.parse(inspect.getsource(plain)))
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)
    }
    own = importlib.import_module(plain.__module__)
    return any(asks(own, each) for each in sorted(calls - {name, plain.__name__}))


def test_every_page_that_changes_something_says_whether_it_asks_for_the_owner(runtime: Runtime) -> None:
    app = create_app(runtime)
    posts = {page for page in WHO if page.startswith("POST ")}
    assert not ASKS & PLAIN
    assert posts == ASKS | PLAIN
    found = set()
    for rule in app.url_map.iter_rules():
        view = inspect.unwrap(app.view_functions[rule.endpoint])
        page = f"POST {rule.rule}"
        if page in posts and "POST" in (rule.methods or ()) and asks(sys.modules[view.__module__], view.__name__):
            found.add(page)
    assert found == ASKS
