"""The telephone task of an emergency on the pages: it stands first, has number and words, and a person ends it."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults import answers, telephone
from econsult.consults.correcting import correct
from econsult.consults.records import Consult
from econsult.consults.tries import FamilyTry
from econsult.people.deaths import Death
from econsult.queue.calling import fire_calls
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.words.terms import PHONE_EVENTS
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
TITLE = "The answer says emergency: telephone now"


@pytest.fixture
def call(runtime: Runtime, clinic: Clinic) -> str:
    """The address of the task that a signed emergency left."""
    with runtime.database.writing() as session:
        session.merge(clinic.child).phone = "505-555-0177"
        consult = clinic.claimed(session, now=NOW)
        content = {**ANSWER, "disposition": "emergency_now"}
        answers.save_draft(session, consult, clinic.derm, content, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
        return f"/calls/{consult.public_id}"


def test_the_call_stands_first_and_has_the_number_and_the_words(
    browser_of: BrowserOf, clinic: Clinic, call: str
) -> None:
    for person, path in ((clinic.pcp, "/clinic"), (clinic.coordinator, "/coordination")):
        browser = browser_of(person)
        assert TITLE in browser.get(path).text
        page = browser.get(call).text
        assert "tel:505-555-0177" in page
        assert "This looks like eczema." in page
        assert "Late since" in page


def test_the_page_of_the_case_says_it_too_until_somebody_has_called(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, call: str
) -> None:
    """Whoever comes by a row of the list reads "due in 23 hours" otherwise, of the promise to tell the family."""
    case = call.replace("/calls/", "/consults/")
    pcp, derm = browser_of(clinic.pcp), browser_of(clinic.derm)
    page = pcp.get(case).text
    assert (TITLE in page, "Late since" in page) == (True, True)
    assert f'href="{call}"' in pcp.get(case).text
    assert TITLE not in derm.get(case).text
    with runtime.database.writing() as session:
        consult = session.scalars(select(Consult)).one()
        content = {**ANSWER, "disposition": "advice_only"}
        correct(session, consult, clinic.derm, content, "Written in the wrong chart", now=NOW + timedelta(minutes=5))
    page = pcp.get(case).text
    assert ("it does not say emergency any more." in page, "Call all the same" in page) == (True, True)
    assert post(pcp, f"{call}/done", {"version": "2", "outcome": "reached"}).status_code == 303
    assert f'href="{call}"' not in pcp.get(case).text


def test_whoever_signed_it_reads_whether_the_family_was_reached(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, call: str
) -> None:
    derm, pcp, advice = browser_of(clinic.derm), browser_of(clinic.pcp), "/worklist/advice?lang=en"
    page = derm.get(advice).text
    assert "Nobody has reached the family by telephone yet." in page
    assert "The family has not said yet that it understood." in page
    post(pcp, f"{call}/done", {"version": "1", "outcome": "reached", "teach_back": "on"})
    page = derm.get(advice).text
    assert ("The family was reached. today" in page, "The family has heard: told by phone" in page) == (True, True)
    assert "Nobody has reached" not in page
    with runtime.database.writing() as session:
        whose = {"program_id": clinic.program.id, "patient_id": clinic.child.id, "noted_by_id": clinic.pcp.id}
        session.add(Death(**whose, noted_at=NOW))
    assert "The family was reached" not in derm.get(advice).text


def test_a_night_of_reminders_is_one_line(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, call: str) -> None:
    with runtime.database.writing() as session:
        fire_calls(session, NOW + timedelta(hours=3))
        steps = [each.kind for each in telephone.events_of(session, session.query(telephone.PhoneTask).one())]
    assert steps.count("late") > 5
    lines = browser_of(clinic.pcp).get(f"{call}?lang=en").text.partition("So far")[2]
    assert lines.count("Late: everybody and the medical director were told") == 1
    assert f"{steps.count('late')} times." in lines


def test_a_try_is_written_down_and_the_task_goes_on(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, call: str
) -> None:
    desk = browser_of(clinic.coordinator)
    form = re.search(r'/tried".*?name="once" value="([0-9a-f]+)"', desk.get(call).text, re.DOTALL)
    assert form is not None, "pressed twice on a slow network it is one try"
    for _ in range(2):
        sent = post(desk, f"{call}/tried", {"tried": "wrong_number", "once": form[1]})
        assert sent.location == f"{call}?said=tried"
    page = desk.get(call).text
    assert ("Nobody answered" in page, "2 times" in page, TITLE in desk.get("/coordination").text) == (
        True,
        False,
        True,
    )
    with runtime.database.reading() as session:
        assert session.query(FamilyTry).count() == 1
    # Another number, yes; a letter would come when it is too late.
    assert all(words in page for words in ("does not reach this family", "Write down another number"))
    assert not any(words in page for words in ("send a letter", "Print a letter", "No letter"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Say whether you reached the family"),
        ({"outcome": "soup"}, "Say whether you reached the family"),
        ({"outcome": "sent_help", "words": " "}, "Write who was sent to the family"),
    ],
)
def test_what_came_of_it_must_be_said(
    browser_of: BrowserOf, clinic: Clinic, call: str, fields: dict[str, str], sentence: str
) -> None:
    pcp = browser_of(clinic.pcp)
    reply = post(pcp, f"{call}/done", {"version": "1", **fields})
    assert (reply.status_code, sentence in reply.text, TITLE in pcp.get("/clinic").text) == (422, True, True)


def test_a_person_ends_it_and_whoever_comes_later_sees_that(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, call: str
) -> None:
    pcp, desk = browser_of(clinic.pcp), browser_of(clinic.coordinator)
    reached = {"version": "1", "outcome": "reached", "teach_back": "on"}
    assert post(pcp, f"{call}/done", reached).location == "/clinic?said=called"
    assert TITLE not in desk.get("/coordination").text
    assert post(desk, f"{call}/tried", {}).location == call
    # Whoever had sent somebody meanwhile is not told that this is written down, and keeps their words.
    sent = {"version": "1", "outcome": "sent_help", "words": "The police are there"}
    # Nor is whoever has said it otherwise in another window.
    for who in (desk, pcp):
        reply = post(who, f"{call}/done", sent)
        shown = ("yours was not kept" in reply.text, "The police are there" in reply.text)
        assert (reply.status_code, *shown) == (409, True, True)
    page = desk.get(call).text
    assert "This family was telephoned" in page
    assert "The family was reached." in page
    with runtime.database.reading() as session:
        task = session.query(telephone.PhoneTask).one()
        assert (task.done_by_id, task.outcome) == (clinic.pcp.id, "reached")


def test_nobody_else_sees_or_ends_it(browser_of: BrowserOf, clinic: Clinic, call: str) -> None:
    def tries(browser: FlaskClient) -> tuple[int, int]:
        done = post(browser, f"{call}/done", {"version": "1", "outcome": "reached"})
        return browser.get(call).status_code, done.status_code

    assert tries(browser_of(clinic.other_pcp)) == (404, 404)
    for person in (clinic.derm, clinic.mother, clinic.nurse, clinic.director):
        assert tries(browser_of(person)) == (403, 403)
    assert TITLE not in browser_of(clinic.other_pcp).get("/clinic").text


def test_a_consult_without_an_emergency_has_no_call(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
    assert browser_of(clinic.pcp).get(f"/calls/{consult.public_id}").status_code == 404


def test_the_director_sees_that_it_is_late_and_which_clinic_to_ask_but_not_whose_child(
    browser_of: BrowserOf, clinic: Clinic, call: str
) -> None:
    director = browser_of(clinic.director)
    page = director.get("/program").text
    assert "Families to telephone now, not reached yet" in page
    assert ("Home clinic" in page, "tel:505-555-0100" in page, clinic.child.name in page) == (True, True, False)
    post(browser_of(clinic.pcp), f"{call}/done", {"version": "1", "outcome": "reached"})
    assert "not reached yet" not in director.get("/program").text


def test_a_corrected_emergency_is_called_as_what_it_is_now(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, call: str
) -> None:
    """No police is sent to a family that needs a cream, which hears that, and why, in its language."""
    why, spanish = "I mixed up two children.", "Use la crema dos veces al día."
    content = {**ANSWER, "family_summary_es": spanish, "watch_for_es": "Fiebre", "spanish_how": "written"}
    with runtime.database.writing() as session:
        session.merge(clinic.child).language = "es"
        consult = session.scalars(select(Consult)).one()
        correct(session, consult, clinic.derm, content, why, now=NOW + timedelta(minutes=5))
    pcp, desk = browser_of(clinic.pcp), browser_of(clinic.coordinator)
    for browser, board in ((pcp, "/clinic"), (desk, "/coordination")):
        page = browser.get(board).text
        assert (TITLE in page, "it does not say emergency any more" in page, call in page) == (False, True, True)
    card = desk.get(call.replace("calls", "coordination")).text
    page = pcp.get(call).text
    for shown in (page, card):
        said = [words in shown for words in (why, spanish, "Fiebre", "It said: ", "Tell the family, and why")]
        assert said == [True] * 5
    words = ("police", "somebody was sent to them", "may be on its way to the hospital")
    assert [each in page for each in words] == [False, False, True]
    assert post(pcp, f"{call}/done", {"version": "2", "outcome": "reached"}).status_code == 303
    assert call not in pcp.get("/clinic").text


def test_a_call_that_was_called_off_and_is_to_be_made_after_all_has_its_page(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, call: str
) -> None:
    """The mark of a death that was a mistake is taken back: whoever has to call now reads the number."""
    browser = browser_of(clinic.pcp)
    for act, words in ((telephone.call_off, "Called off"), (telephone.call_after_all, "To be made after all")):
        with runtime.database.writing() as session:
            consult = session.scalars(select(Consult).where(Consult.public_id == call.rpartition("/")[2])).one()
            act(session, consult, clinic.pcp, now=datetime.now(UTC))
        page = browser.get(call)
        assert (page.status_code, words in page.text, "505-555-0177" in page.text) == (200, True, True)


def test_each_line_of_the_ledger_of_calls_has_its_words() -> None:
    source = inspect.getsource(telephone)
    written = {*re.findall(r'kind="(\w+)"', source), *re.findall(r'_log_again\(session, task, "(\w+)"', source)}
    assert {"called_on", "replaced"} < written
    assert written - {*PHONE_EVENTS} == set()
