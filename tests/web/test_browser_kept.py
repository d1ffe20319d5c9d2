"""In a real browser: what a person wrote outlives the session, for that person alone."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Error, Locator, Page, Route, expect
from sqlalchemy import delete, func, select

from econsult.consults import answers, passing, requests
from econsult.consults.records import Consult
from econsult.consults.threads import Message
from econsult.home_safety import HomeForm, say
from econsult.people.passwords import hash_password
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role, add_organization, add_person
from econsult.people.signin import SignInSession
from econsult.people.typed import TypedWords
from tests.personas import ANSWER, LEASE, Clinic
from tests.services.browser import Devices
from tests.web.conftest import Enter
from tests.web.looking import complaints, overflow, violations
from workers.runtime import Runtime

PASSWORD = "correct horse battery"
WORDS = "Le pica de noche y se rasca mucho."
QUESTION = "¿Qué es esta mancha roja en el codo?"
COPIES = "() => Object.keys(sessionStorage).filter((key) => key.startsWith('econsult-kept:')).length"


@pytest.fixture
def house(runtime: Runtime, clinic: Clinic) -> Clinic:
    """The clinic, in which the mother and the stranger have a password."""
    hashed = hash_password(PASSWORD)
    with runtime.database.writing() as session:
        for person in (clinic.mother, clinic.stranger, clinic.derm, clinic.pcp):
            session.get_one(Person, person.id).password_hash = hashed
    return clinic


@pytest.fixture
def story(runtime: Runtime, house: Clinic, address: str) -> str:
    details = {"body_site": "elbow", "red_flags": [], "red_flags_asked": True}
    with runtime.database.writing() as session:
        draft = house.family_draft(session, now=datetime.now(UTC), details=details, question="")
    return f"{address}/family/ask/{draft.public_id}/story"


def _end_sessions(runtime: Runtime) -> None:
    with runtime.database.writing() as session:
        session.execute(delete(SignInSession))


def _sign_in(page: Page, email: str) -> None:
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("main form[action='/sign-in'] button")


def _write_and_lose_the_session(page: Page, runtime: Runtime, story: str) -> None:
    page.goto(story)
    _end_sessions(runtime)
    page.check("input[name=since] >> nth=1")
    page.fill("#story", WORDS)
    page.fill("#question", QUESTION)
    page.get_by_role("button", name="Seguir").click()
    page.wait_for_url("**/sign-in**")
    expect(page.get_by_text("Su sesión terminó.")).to_be_visible()


def test_a_story_outlives_the_session(phone: Page, runtime: Runtime, house: Clinic, enter: Enter, story: str) -> None:
    page = enter(phone, house.mother)
    _write_and_lose_the_session(page, runtime, story)
    assert violations(page) == []
    assert overflow(page) == 0
    heard = complaints(page)
    _sign_in(page, "mother@clinic.test")
    expect(page.locator("#story")).to_have_value(WORDS)
    expect(page.locator("#question")).to_have_value(QUESTION)
    expect(page.locator("input[name=since] >> nth=1")).to_be_checked()
    expect(page.get_by_text("aún no se envió")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Seguir").click()
    page.wait_for_url("**/questions/dermatology")
    with runtime.database.reading() as session:
        draft = session.scalars(select(Consult)).one()
    assert (draft.details["story"], draft.question) == (WORDS, QUESTION)
    assert page.evaluate(COPIES) == 0
    assert heard == []


def _begin_to_withdraw(page: Page, here: str) -> Locator:
    """Write why the request is taken back; gives the button of that form."""
    page.goto(here)
    form = page.locator("form[action$='/withdraw']:has([name=reason])")
    form.evaluate("(form) => { form.closest('details').open = true }")
    form.locator("[name=reason]").fill("Seen today: it was impetigo.")
    return form.locator("button")


@pytest.mark.wide
def test_what_was_refused_is_shown_where_its_form_is_gone(
    desktop: Page, runtime: Runtime, house: Clinic, enter: Enter, address: str
) -> None:
    with runtime.database.writing() as session:
        consult = house.econsult(session, now=datetime.now(UTC))
    page, here = enter(desktop, house.pcp), f"{address}/consults/{consult.public_id}"
    button = _begin_to_withdraw(page, here)
    with runtime.database.writing() as session:
        requests.withdraw(session, session.get_one(Consult, consult.id), house.pcp, "Gone", now=datetime.now(UTC))
    button.click()
    expect(page.get_by_text("What you wrote went nowhere.")).to_be_visible()
    expect(page.locator("#lost")).to_be_focused()
    expect(page.get_by_role("textbox", name="Your words")).to_have_count(1)
    page.goto(here)
    expect(page.get_by_role("textbox", name="Your words")).to_have_value("Seen today: it was impetigo.")
    expect(page.get_by_text("it was not sent")).to_be_visible()
    assert (violations(page), overflow(page)) == ([], 0)
    page.get_by_role("button", name="I do not need it any more").click()
    page.reload()
    expect(page.get_by_text("it was not sent")).to_have_count(0)
    assert page.evaluate(COPIES) == 0


def _lose_the_answer(page: Page, button: Locator, *, is_taken: bool = True) -> None:
    """Press it; the line breaks before the answer is here, and where it is not taken before the server has the form."""

    def lose(route: Route) -> None:
        if is_taken:
            route.fetch(max_redirects=0)
            page.context.clear_cookies(name="__Host-heard")
        route.abort()

    page.route(re.compile("/(withdraw|messages|answer)$"), lose, times=1)
    button.click()
    page.wait_for_url("chrome-error://**")


@pytest.mark.wide
def test_nobody_reads_that_it_was_not_sent_where_only_the_answer_got_lost(
    desktop: Page, runtime: Runtime, house: Clinic, enter: Enter, address: str
) -> None:
    with runtime.database.writing() as session:
        consult = house.econsult(session, now=datetime.now(UTC))
    page, here = enter(desktop, house.pcp), f"{address}/consults/{consult.public_id}"
    button = _begin_to_withdraw(page, here)
    _lose_the_answer(page, button)
    page.goto(here)
    expect(page.get_by_role("textbox", name="Your words")).to_have_value("Seen today: it was impetigo.")
    expect(page.get_by_role("status").get_by_text("we cannot tell whether it was sent")).to_be_visible()
    expect(page.get_by_text("it was not sent")).to_have_count(0)
    assert (violations(page), overflow(page)) == ([], 0)
    expect(page.locator("[data-lanes]").get_by_role("textbox", name="Your words")).to_be_visible()
    page.goto(f"{here}?lane=family")
    expect(page.get_by_role("textbox", name="Your words")).to_have_count(0)


def test_words_of_one_lane_stand_in_no_other_lane(
    desktop: Page, runtime: Runtime, house: Clinic, enter: Enter, address: str
) -> None:
    with runtime.database.writing() as session:
        case = f"{address}/consults/{house.claimed(session, now=datetime.now(UTC)).public_id}?lane="
    page = enter(desktop, house.derm)
    page.goto(f"{case}clinicians")
    page.fill("#text", "Which dose?")
    _lose_the_answer(page, page.get_by_role("button", name="Send message"), is_taken=False)
    for lane in ("family", "answer"):
        page.goto(f"{case}{lane}")
        expect(page.get_by_role("textbox", name="Your words")).to_have_count(0)
    page.goto(f"{case}clinicians")
    expect(page.locator("#text")).to_have_value("Which dose?")
    expect(page.get_by_text("We cannot tell whether this was sent.")).to_be_visible()
    # Another press that is refused says nothing of the first one.
    _end_sessions(runtime)
    page.get_by_role("button", name="Send message").click()
    _sign_in(page, "derm@clinic.test")
    page.goto(f"{case}clinicians")
    expect(page.get_by_text("We cannot tell whether this was sent.")).to_be_visible()


@pytest.fixture
def late(desktop: Page, runtime: Runtime, house: Clinic, enter: Enter, address: str) -> Page:
    """The page that says to whoever saves an answer that a colleague has taken the case over meanwhile."""
    with runtime.database.writing() as session:
        consult = house.claimed(session, now=datetime.now(UTC))
    page = enter(desktop, house.derm)
    page.goto(f"{address}/consults/{consult.public_id}")
    page.fill("#impression", "Nummular eczema")
    with runtime.database.writing() as session:
        loaded = session.get_one(Consult, consult.id)
        passing.take_over(session, loaded, house.derm2, "Away", now=datetime.now(UTC), lease=LEASE)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#left")).to_have_value("Likely diagnosis\nNummular eczema")
    return page


@pytest.mark.wide
def test_an_answer_that_came_too_late_stands_once_on_a_page(late: Page) -> None:
    shown = late.locator("textarea[readonly]:visible")
    expect(shown).to_have_count(0)
    late.goto(late.url)
    expect(shown).to_have_count(1)
    expect(shown).to_have_value("Nummular eczema")
    expect(late.get_by_text("It was not saved.")).to_be_visible()


@pytest.mark.wide
@pytest.mark.parametrize("words", ["", "I thought of nummular eczema."])
def test_an_answer_that_was_sent_as_a_note_is_not_called_unsent(late: Page, words: str) -> None:
    if words:
        late.fill("#left", words)
    # The button stands below the words, and touches them no more.
    box, button = late.locator("#left"), late.get_by_role("button", name="Send it as a note")
    edges = [part.evaluate("(part) => part.getBoundingClientRect().toJSON()") for part in (box, button)]
    assert edges[1]["top"] - edges[0]["bottom"] > 8
    button.click()
    late.wait_for_url("**said=left**")
    late.wait_for_function(f"{COPIES} === 0")
    expect(late.locator("textarea[readonly]:visible")).to_have_count(0)


def test_nobody_else_on_the_same_phone_sees_it(
    phone: Page, runtime: Runtime, house: Clinic, enter: Enter, story: str
) -> None:
    page = enter(phone, house.mother)
    _write_and_lose_the_session(page, runtime, story)
    assert page.evaluate(COPIES) == 1
    _sign_in(page, "stranger@clinic.test")
    page.wait_for_url(story)
    assert WORDS not in page.content()
    page.goto(story.partition("/family")[0] + "/family")
    assert page.evaluate(COPIES) == 0


@pytest.mark.wide
def test_they_wait_in_the_other_account_of_the_same_person(
    phone: Page, runtime: Runtime, house: Clinic, enter: Enter, address: str
) -> None:
    with runtime.database.writing() as session:
        program = runtime.vault.add_program(session, "Second Program", datetime.now(UTC))
        about = {"email": house.pcp.email, "name": "Ana Ruiz", "role": Role.PCP, "now": datetime.now(UTC)}
        about["organization"] = add_organization(session, program, "Second clinic", "505-555-0199")
        there = add_person(session, runtime.database.cipher, program, **about)
        there.password_hash = session.get_one(Person, house.pcp.id).password_hash
    page = enter(phone, there)
    page.goto(f"{address}/clinic/children/new")
    page.fill("[name=name]", "Joaquín Begay")
    _end_sessions(runtime)
    page.reload()
    page.wait_for_url("**/sign-in**")
    _sign_in(page, house.pcp.email)
    page.wait_for_url("**/account/programs")
    page.click(f"form[action='/account/programs/{there.public_id}'] button")
    page.wait_for_url("**/clinic/children/new")
    expect(page.locator("[name=name]")).to_have_value("Joaquín Begay")
    # Somebody else finds nothing, though they once chose among two accounts in this tab.
    _end_sessions(runtime)
    enter(page, house.stranger).goto(f"{address}/family")
    assert page.evaluate(COPIES) == 0


@pytest.mark.wide
def test_the_story_saves_itself_and_keeps_no_copy_then(
    phone: Page, runtime: Runtime, house: Clinic, enter: Enter, story: str
) -> None:
    page = enter(phone, house.mother)
    page.goto(story)
    page.fill("#story", WORDS)
    assert page.evaluate(COPIES) == 1
    expect(page.locator("[data-saved]")).to_have_text("Guardado")
    page.wait_for_function(f"{COPIES} === 0")
    with runtime.database.reading() as session:
        assert session.scalars(select(Consult)).one().details["story"] == WORDS
    page.reload()
    expect(page.locator("#story")).to_have_value(WORDS)
    expect(page.get_by_text("aún no se envió")).to_have_count(0)


@pytest.mark.wide
def test_a_message_is_put_back_once_and_not_after_it_was_sent(
    devices: Devices, runtime: Runtime, house: Clinic, enter: Enter, address: str
) -> None:
    with runtime.database.writing() as session:
        consult = house.claimed(session, now=datetime.now(UTC))
    page = enter(devices.desktop(), house.derm)
    page.goto(f"{address}/consults/{consult.public_id}?lane=clinicians")
    _end_sessions(runtime)
    page.fill("#text", "Which dose?")
    page.get_by_role("button", name="Send message").click()
    _sign_in(page, "derm@clinic.test")
    page.wait_for_url(f"**/consults/{consult.public_id}**")
    page.goto(f"{address}/consults/{consult.public_id}?lane=clinicians")
    expect(page.locator("#text")).to_have_value("Which dose?")
    page.goto(f"{address}/consults/{consult.public_id}?lane=family")
    expect(page.locator("#text")).to_have_value("")
    page.goto(f"{address}/consults/{consult.public_id}?lane=clinicians")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("log").get_by_text("Which dose?")).to_be_visible()
    expect(page.locator("#text")).to_have_value("")
    page.wait_for_function(f"{COPIES} === 0")
    with runtime.database.reading() as session:
        assert len(session.scalars(select(Message)).all()) == 1


@pytest.mark.wide
def test_an_answer_that_was_saved_elsewhere_meanwhile_is_not_written_over_unasked(
    devices: Devices, runtime: Runtime, house: Clinic, enter: Enter, address: str
) -> None:
    with runtime.database.writing() as session:
        consult = house.claimed(session, now=datetime.now(UTC))
    page = enter(devices.desktop(), house.derm)
    page.goto(f"{address}/consults/{consult.public_id}")
    _end_sessions(runtime)
    page.fill("#impression", "Nummular eczema")
    page.fill("#rec1", "Emollient twice a day")
    expect(page.get_by_text("Your session ended.")).to_be_visible()
    with runtime.database.writing() as session:
        loaded = session.get_one(Consult, consult.id)
        answers.save_draft(session, loaded, house.derm, ANSWER, now=datetime.now(UTC), lease=LEASE)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Save", exact=True).click()
    _sign_in(page, "derm@clinic.test")
    page.wait_for_url(f"**/consults/{consult.public_id}**")
    expect(page.locator("#impression")).to_have_value(ANSWER["impression"])
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("#impression")).to_have_value("Nummular eczema")
    expect(page.locator("#rec1")).to_have_value("Emollient twice a day")


@pytest.mark.wide
def test_a_request_of_the_clinic_outlives_the_session(
    devices: Devices, runtime: Runtime, house: Clinic, enter: Enter, address: str
) -> None:
    with runtime.database.writing() as session:
        draft = house.draft(session, now=datetime.now(UTC), question="")
    page = enter(devices.desktop(), house.pcp)
    place = f"{address}/clinic/requests/{draft.public_id}"
    page.goto(place)
    _end_sessions(runtime)
    page.fill("#question", QUESTION)
    page.select_option("#question_type", "treatment")
    page.check("input[name=urgency][value=same_day]", force=True)
    page.click("#question")
    page.locator("[data-send]").click()
    _sign_in(page, "pcp@clinic.test")
    page.wait_for_url(place)
    expect(page.locator("#question")).to_have_value(QUESTION)
    expect(page.locator("#question_type")).to_have_value("treatment")
    expect(page.locator("input[name=urgency][value=same_day]")).to_be_checked()
    expect(page.locator("[data-saved]")).to_have_text("Draft saved")
    page.wait_for_function(f"{COPIES} === 0")


@pytest.mark.wide
def test_words_outlive_a_line_that_broke(
    phone: Page, runtime: Runtime, house: Clinic, enter: Enter, story: str
) -> None:
    page = enter(phone, house.mother)
    page.goto(story)
    page.context.set_offline(True)
    page.fill("#story", WORDS)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        page.goto(story)
    page.context.set_offline(False)
    page.goto(story)
    expect(page.locator("#story")).to_have_value(WORDS)


def test_signing_out_forgets_what_was_not_saved(
    devices: Devices, runtime: Runtime, house: Clinic, enter: Enter, address: str
) -> None:
    with runtime.database.writing() as session:
        consult = house.claimed(session, now=datetime.now(UTC))
    page = enter(devices.desktop(), house.derm)
    page.goto(f"{address}/consults/{consult.public_id}?lane=clinicians")
    page.fill("#text", "Which dose?")
    assert page.evaluate(COPIES) == 1
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert page.evaluate(COPIES) == 0


def _wait_for_words(runtime: Runtime, forms: int) -> None:
    """Until the server has the words of so many forms."""
    deadline = time.monotonic() + 20
    while True:
        with runtime.database.reading() as session:
            if session.scalar(select(func.count()).select_from(TypedWords)) == forms:
                return
        assert time.monotonic() < deadline, "The server has other words."
        time.sleep(0.05)


@pytest.mark.wide
def test_a_message_waits_in_another_browser_until_it_was_sent(
    devices: Devices, runtime: Runtime, house: Clinic, enter: Enter, address: str
) -> None:
    with runtime.database.writing() as session:
        case = f"{address}/consults/{house.claimed(session, now=datetime.now(UTC)).public_id}?lane="
    page = enter(devices.desktop(), house.derm)
    page.goto(f"{case}family")
    page.fill("#text", "Which dose?")
    _wait_for_words(runtime, 1)
    page.get_by_role("button", name="Show what the family will read").click()
    expect(page.get_by_role("heading", name="The family reads this")).to_be_visible()
    # The browser ends here: what was only shown is still nowhere else.
    other = enter(devices.desktop(), house.derm)
    heard = complaints(other)
    other.goto(f"{case}clinicians")
    expect(other.locator("#text")).to_have_value("")
    other.goto(f"{case}family")
    expect(other.locator("#text")).to_have_value("Which dose?")
    expect(other.get_by_text("It is still here.")).to_be_visible()
    assert (violations(other), overflow(other), heard) == ([], 0, [])
    other.get_by_role("button", name="Show what the family will read").click()
    other.get_by_role("button", name="Send it to the family").click()
    expect(other.get_by_role("log").get_by_text("Which dose?")).to_be_visible()
    _wait_for_words(runtime, 0)
    assert other.evaluate(COPIES) == 0
    other.goto(f"{case}family")
    expect(other.locator("#text")).to_have_value("")


@pytest.mark.wide
def test_a_family_finds_its_words_in_another_browser_unless_its_home_is_not_safe(
    devices: Devices, runtime: Runtime, house: Clinic, enter: Enter, address: str
) -> None:
    with runtime.database.writing() as session:
        question = f"{address}/family/questions/{house.family_question(session, now=datetime.now(UTC)).public_id}"
    page = enter(devices.phone(), house.mother)
    page.goto(question)
    page.fill("#text", WORDS)
    _wait_for_words(runtime, 1)
    other = enter(devices.phone(), house.mother)
    other.goto(question)
    expect(other.locator("#text")).to_have_value(WORDS)
    with runtime.database.writing() as session:
        child = session.get_one(Patient, house.child.id)
        say(session, child, HomeForm(False, ""), house.pcp, now=datetime.now(UTC))
    # Whatever else is typed, and sent as its page is left, ends what rested.
    page.fill("#text", "Ya está mejor.")
    page.goto(f"{address}/family")
    _wait_for_words(runtime, 0)
    third = enter(devices.phone(), house.mother)
    third.goto(question)
    expect(third.locator("#text")).to_have_value("")
