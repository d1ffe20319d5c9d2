"""A home that is not safe: what a family tells of it leaves no trace there, and nobody of the staff rings that home."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from econsult.consults import holding, requests, threads
from econsult.consults.records import Consult, RedFlagStop
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.threads import Audience
from econsult.errors import EmergencyError
from econsult.notices import Notice
from econsult.people.persons import Person
from econsult.people.signin import SignInSession, make_token
from econsult.people.typed import Typed, TypedWords, keep_typed
from tests.personas import TARGETS, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf, Enter
from workers.runtime import Runtime

WAY = "The school nurse, on weekdays before noon"
PUT = """() => new Promise((done) => {
  const asked = indexedDB.open("econsult-uploads", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("files", { keyPath: "id" });
  asked.onsuccess = () => { asked.result.close(); done(); };
})"""
"""Keep something in the phone's own store, as a photo that was picked and is not sent yet."""
TYPED = Typed("/family", "/family/join", "0" * 16, 1, "", [("name", "what was typed elsewhere")])
STORES = "async () => (await indexedDB.databases()).map((each) => each.name)"
TITLE = "Sent to emergency: read each line, then act now"


@pytest.fixture
def mother(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.mother)


def _sessions(runtime: Runtime) -> int:
    """How many are signed in."""
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(SignInSession)) or 0


def _typed(runtime: Runtime) -> list[TypedWords]:
    """What rests on the server of words that were typed and not sent."""
    with runtime.database.reading() as session:
        return list(session.scalars(select(TypedWords)))


def _wait_for(is_so: Callable[[], bool]) -> None:
    """What goes on when its page is gone arrives a moment later."""
    deadline = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < deadline, "It did not come."
        time.sleep(0.05)


def tell(mother: FlaskClient, clinic: Clinic, *signs: str, safe_way: str = WAY) -> str:
    """The mother begins a question and ticks that home is not safe; the address of that step."""
    begun = post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location
    told = post(mother, begun, {"flags": ["unsafe", *signs], "safe_way": safe_way, "emergency": "yes"})
    assert told.location == "/family/help"
    return str(begun)


def test_the_family_finds_nothing_of_it_afterwards(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic, browser_of: BrowserOf
) -> None:
    before = [mother.get(path).text for path in ("/family", f"/family/children/{clinic.child.public_id}/seen")]
    begun = tell(mother, clinic)
    after = [mother.get(path).text for path in ("/family", f"/family/children/{clinic.child.public_id}/seen")]
    assert [text.count("C-1") for text in before] == [text.count("C-1") for text in after]
    with runtime.database.reading() as session:
        draft, stop = session.scalars(select(Consult)).one(), session.scalars(select(RedFlagStop)).one()
        assert (draft.confidential, stop.codes, stop.safe_way) == ("unsafe", "unsafe", WAY)
        assert "safe_way" not in draft.details
    # What a browser's history leads to is the start page, whichever step it was.
    for step in ("emergency", "call-911", "where", "story", "check"):
        gone = mother.get(f"{begun.rpartition('/')[0]}/{step}")
        assert (gone.status_code, gone.location) == (303, "/family")
    another = post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location
    assert draft.public_id not in another
    help_page = mother.get("/family/help").text
    assert (draft.number in help_page, draft.public_id in help_page, "1-800-799-7233" in help_page) == (
        False,
        False,
        True,
    )


@pytest.mark.parametrize(("first", "second"), [("breathing", "unsafe"), ("unsafe", "breathing")])
def test_a_sign_in_a_second_window_is_told_like_the_first_one(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic, first: str, second: str
) -> None:
    begun = str(post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location)
    form = {"csrf_token": token_from(mother.get(begun).text), "emergency": "yes"}
    sent = [mother.post(begun, data={**form, "flags": [sign], "safe_way": WAY}) for sign in (first, second)]
    # Once it is told that home is not safe, nothing leads back to the question.
    assert sent[1].location == "/family/help"
    with runtime.database.reading() as session:
        stops = list(session.scalars(select(RedFlagStop).order_by(RedFlagStop.id)))
        told = (Notice.kind == "emergency", Notice.person_id == clinic.pcp.id)
        notices = session.scalar(select(func.count(Notice.id)).where(*told))
        draft = session.scalars(select(Consult)).one()
    assert [set(stop.codes.split(",")) for stop in stops] == [{first}, {first, second}]
    assert notices == len(stops)
    assert (draft.confidential, "safe_way" in draft.details, stops[1].safe_way) == ("unsafe", False, WAY)
    # A no in a third window takes nothing back, and shows nothing.
    assert mother.post(begun, data={**form, "emergency": "no"}).location == "/family"


@pytest.mark.parametrize("sign", ["breathing", "unsafe"])
def test_a_sign_in_a_window_of_before_stops_and_is_told_of_a_question_that_was_sent(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic, browser_of: BrowserOf, sign: str
) -> None:
    begun = str(post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location)
    form = {"csrf_token": token_from(mother.get(begun).text), "flags": [sign], "safe_way": WAY}
    at = datetime.now(UTC)
    with runtime.database.writing() as session:
        question = session.scalars(select(Consult)).one()
        question.status, question.submitted_at, question.kind = "submitted", at, "econsult"
        question.specialty, question.source = "dermatology", "caregiver"
        holding.claim(session, question, session.merge(clinic.derm), now=at, lease=timedelta(hours=1))
    told = [mother.post(begun, data={**form, "emergency": "yes"}) for _ in range(2)]
    leads_to = "/family/help" if sign == "unsafe" else begun.replace("/emergency", "/call-911")
    assert [each.location for each in told] == [leads_to] * 2
    assert "911" in mother.get(leads_to).text
    with runtime.database.reading() as session:
        (stop,) = session.scalars(select(RedFlagStop))
        heard = session.scalars(select(Notice.person_id).where(Notice.kind == "emergency"))
        assert {clinic.pcp.id, clinic.derm.id} <= set(heard)
        sent = session.get_one(Consult, question.id)
        # What was sent stays as it is, and in the family's hands: only the stop beside it tells of the sign.
        assert (stop.codes, sent.status, sent.is_traceless, "safe_way" in sent.details) == (
            sign, "claimed", False, False
        )  # fmt: skip
    assert f"/stops/{stop.id}/called" in browser_of(clinic.pcp).get("/clinic").text
    case = browser_of(clinic.derm).get(f"/consults/{sent.public_id}").text
    assert ("A danger sign was told after this was sent" in case) == (sign == "breathing")


def test_a_program_with_the_familys_rights_finds_nothing_either(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic
) -> None:
    tell(mother, clinic)
    with runtime.database.writing() as session:
        draft = session.scalars(select(Consult)).one()
        token = make_token(session, session.merge(clinic.mother), datetime.now(UTC))
    program = {"Authorization": f"Bearer {token}"}
    asked = mother.application.test_client()
    assert asked.get(f"/api/v1/consults/{draft.public_id}", headers=program).status_code == 404
    assert draft.public_id not in asked.get("/api/v1/worklist?view=drafts", headers=program).text


def test_staff_read_not_to_call_and_how_it_is_safe(
    mother: FlaskClient, clinic: Clinic, browser_of: BrowserOf, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        session.merge(clinic.child).phone = "505-555-0177"
    tell(mother, clinic, "breathing")
    for person, path in ((clinic.pcp, "/clinic"), (clinic.coordinator, "/coordination")):
        page = browser_of(person).get(path).text
        card = page[page.index(TITLE) : page.index("A safe step was taken")]
        assert "Do not call or write to the home" in card
        assert WAY in card
        assert "505-555-0177" not in card
        assert "The young person told us this alone" not in card


def test_a_safe_way_is_kept_of_nobody_who_is_safe(runtime: Runtime, mother: FlaskClient, clinic: Clinic) -> None:
    begun = post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location
    post(mother, str(begun), {"safe_way": WAY, "emergency": "no"})
    with runtime.database.reading() as session:
        assert "safe_way" not in session.scalars(select(Consult)).one().details


@pytest.mark.parametrize("way", spread(["button", "keys"], 1))
def test_a_page_is_left_at_once_and_leads_back_to_nothing(
    way: str, devices: Devices, address: str, clinic: Clinic, enter: Enter, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        keep_typed(session, clinic.mother, TYPED, datetime.now(UTC))
    page: Page = enter(devices.phone(), clinic.mother)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.route("https://www.weather.gov/*", lambda route: route.fulfill(body="<title>Weather</title>"))
    page.goto(f"{address}/family")
    page.locator("main form[action$='/ask'] button").click()
    page.wait_for_url("**/emergency")
    expect(page.locator("#safe_way")).to_be_hidden()
    page.locator("[value=unsafe]").check()
    page.locator("#safe_way").fill(WAY)
    assert page.evaluate("Object.keys(sessionStorage)") == []
    page.evaluate("sessionStorage.setItem('econsult-kept:x', 'y')")
    page.evaluate(PUT)
    if way == "button":
        page.locator("[data-exit]").click()
    else:
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    page.wait_for_url("https://www.weather.gov/")
    _wait_for(lambda: _sessions(runtime) == 0)
    page.go_back()
    page.wait_for_url(f"{address}/sign-in**")
    assert page.evaluate("sessionStorage.length") == 0
    assert WAY not in page.content()
    assert page.evaluate(STORES) == []
    assert clinic.child.name not in page.content()
    # Nothing of it went to the server meanwhile, and what rested there is gone as well.
    assert not [each for each in asked if each.endswith("/typed")]
    assert _typed(runtime) == []


def test_a_device_that_was_only_invited_leaves_no_word_either_and_stays_in(
    devices: Devices, address: str, guest: Person, enter: Enter, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        keep_typed(session, guest, TYPED, datetime.now(UTC))
    page: Page = enter(devices.phone(), guest)
    page.context.route("https://www.weather.gov/*", lambda route: route.fulfill(body="<title>Weather</title>"))
    page.goto(f"{address}/family/help")
    page.locator("[data-exit]").click()
    page.wait_for_url("https://www.weather.gov/")
    _wait_for(lambda: not _typed(runtime))
    assert _sessions(runtime) == 1


def test_who_leaves_a_page_of_danger_signs_and_is_safe_loses_no_photo_and_no_word(
    devices: Devices, address: str, clinic: Clinic, enter: Enter, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        draft = clinic.family_draft(session, now=datetime.now(UTC), details={"story": "It itches"})
    page: Page = enter(devices.phone(), clinic.mother)
    page.context.route("https://www.weather.gov/*", lambda route: route.fulfill(body="<title>Weather</title>"))
    page.goto(f"{address}/family")
    page.goto(f"{address}/family/ask/{draft.public_id}/emergency")
    page.evaluate(PUT)
    page.locator("[data-exit]").click()
    page.wait_for_url("https://www.weather.gov/")
    _wait_for(lambda: _sessions(runtime) == 0)
    page.go_back()
    page.wait_for_url(f"{address}/sign-in**")
    assert page.evaluate(STORES) == ["econsult-uploads"]
    with runtime.database.reading() as session:
        assert session.get_one(Consult, draft.id).details["story"] == "It itches"


def test_staff_are_warned_on_the_childs_other_requests(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        other = clinic.answered(session, now=datetime.now(UTC) - timedelta(minutes=20))
    tell(mother, clinic)
    warning = "Not safe at home: told to us on"
    for person, path in ((clinic.pcp, "/consults"), (clinic.coordinator, "/coordination")):
        assert warning in browser_of(person).get(f"{path}/{other.public_id}").text
    assert warning not in browser_of(clinic.derm).get(f"/consults/{other.public_id}").text


WARNING = "Not safe at home: told to us on"


def attested(runtime: Runtime, clinic: Clinic, said: dict[str, str]) -> Consult:
    """The clinic's own request, on which `unsafe` stopped it once and was then answered for."""
    moment = datetime.now(UTC) - timedelta(minutes=20)
    with runtime.database.writing() as session:
        session.merge(clinic.child).phone = "505-555-0177"
        draft = clinic.draft(session, now=moment, details={"red_flags": ["unsafe"]})
    with pytest.raises(EmergencyError), runtime.database.writing() as session:
        requests.submit(session, session.merge(draft), clinic.pcp, SubmitForm(), now=moment, targets=TARGETS)
    with runtime.database.writing() as session:
        draft = session.merge(draft)
        if said.get("taken_back"):
            requests.edit(session, draft, clinic.pcp, RequestForm(details={"red_flags": []}), now=moment)
        form = SubmitForm("", {"examined_by": "Dr. Paz", "at": moment.isoformat(), **said})
        return requests.submit(session, draft, clinic.pcp, form, now=moment, targets=TARGETS)


def test_a_home_that_a_clinician_says_is_not_safe_is_told_wherever_somebody_could_call_or_write(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    sent = attested(runtime, clinic, {"why": "Seen today, a social worker helps"})
    child, desk, pcp = clinic.child.public_id, browser_of(clinic.coordinator), browser_of(clinic.pcp)
    card = f"/coordination/{sent.public_id}"
    places = (f"/families/{child}", f"/families/{child}/people", f"/invitations/{child}", f"/clinic/phone/{child}")
    for browser, path in [(desk, card), (pcp, f"/consults/{sent.public_id}"), *((desk, place) for place in places)]:
        page = browser.get(path).text
        assert (path, WARNING in page, "Do not call or write to the home" in page) == (path, True, True)
        assert path.startswith("/families") or "505-555-0177" not in page
    assert "tel:505-555-0177" not in desk.get(f"/families/{child}").text
    assert ("Show the phone number" in desk.get(card).text, "505-555-0177" in post(desk, f"{card}/phone", {}).text) == (
        False,
        False,
    )
    for path in (f"/consults/{sent.public_id}/outcome", f"/coordination/ages/{child}"):
        assert WARNING in desk.get(path).text, path
    sheet = str(post(desk, f"/invitations/{child}", {"language": "es", "sent_to": ""}).location)
    assert WARNING in desk.get(sheet).text


def test_what_was_ticked_by_mistake_warns_of_no_home(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    sent = attested(runtime, clinic, {"taken_back": "mistake", "why": "I touched the wrong line"})
    page = browser_of(clinic.derm).get(f"/consults/{sent.public_id}").text
    assert page.index("A danger sign was ticked by mistake:") < page.index("I touched the wrong line")
    assert WARNING not in browser_of(clinic.pcp).get(f"/consults/{sent.public_id}").text


def test_what_is_told_by_telephone_leaves_no_trace_either(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic, browser_of: BrowserOf
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    seen = f"/family/children/{clinic.child.public_id}/seen"
    told = {"who": "family", "caller_name": "Tía", "red_flags": "unsafe", "safe_way": WAY}
    page = post(desk, path, told)
    assert (page.status_code, "The home is not safe. The clinic and the desk are told" in page.text) == (409, True)
    with runtime.database.reading() as session:
        draft, stop = session.scalars(select(Consult)).one(), session.scalars(select(RedFlagStop)).one()
    assert (draft.confidential, stop.safe_way, "safe_way" in draft.details) == ("unsafe", WAY, False)
    assert draft.number not in mother.get(seen).text
    assert "C-1" not in mother.get("/family").text
    card = browser_of(clinic.pcp).get("/clinic").text
    assert ("Do not call or write to the home" in card, WAY in card) == (True, True)
    # Who wrote it down finds it again, and what it says of sending is true for a question of a family.
    form = desk.get(f"/clinic/requests/{draft.public_id}").text
    assert ("examined_by" in form, "throw this draft away" in form) == (False, True)


def test_words_that_may_tell_of_it_are_read_before_anything_is_done(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=20)
    with runtime.database.writing() as session:
        asked = clinic.family_question(session, now=moment)
        threads.post(session, asked, clinic.mother, Audience.FAMILY, text="Su papá le pega", now=moment)
    pcp, maybe = browser_of(clinic.pcp), "may tell that the home is not safe"
    page = pcp.get("/clinic").text
    assert ("Read them before you do anything else:" in page, "Read them, and call" in page) == (True, False)
    assert maybe in pcp.get(f"/consults/{asked.public_id}").text
    with runtime.database.reading() as session:
        hint = session.scalars(select(RedFlagStop.id)).one()
    post(browser_of(clinic.coordinator), f"/stops/{hint}/called", {"nothing": "1"})
    assert maybe in pcp.get(f"/consults/{asked.public_id}").text
    with runtime.database.writing() as session:
        session.get_one(RedFlagStop, hint).dealt_with_at = None
    post(pcp, f"/stops/{hint}/called", {"nothing": "1"})
    assert maybe not in pcp.get(f"/consults/{asked.public_id}").text


def test_a_clinics_own_draft_that_tells_it_is_in_no_log_of_the_family(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic, youth: Person, browser_of: BrowserOf
) -> None:
    seen, moment = f"/family/children/{clinic.child.public_id}/seen", datetime.now(UTC)
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=moment, details={"red_flags": ["unsafe"]})
    assert draft.number in mother.get(seen).text
    with pytest.raises(EmergencyError), runtime.database.writing() as session:
        requests.submit(session, session.merge(draft), clinic.pcp, SubmitForm(), now=moment, targets=TARGETS)
    assert draft.number not in mother.get(seen).text
    assert draft.number not in browser_of(youth).get(seen).text
