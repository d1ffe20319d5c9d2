"""Visits as families and young people meet them, and whom staff must call themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from econsult.consults.correcting import correct
from econsult.consults.records import Consult
from econsult.people.persons import Person
from econsult.people.signin import close_account
from tests.personas import ANSWER, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_visits import AHEAD, NOW, answered, form, here, visits
from workers.runtime import Runtime

__all__ = ("answered",)


def calendar(browser_of: BrowserOf, clinic: Clinic, consult: Consult, number: str) -> str:
    at = f"/family/questions/{consult.public_id}/visits/{number}/calendar"
    return browser_of(clinic.mother).get(at).text.replace("\r\n ", "")


def test_another_day_takes_the_place_of_the_one_before_in_a_calendar(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    desk, path = browser_of(clinic.coordinator), here(runtime, answered)
    post(desk, path, form(runtime))
    first = visits(runtime)[-1].public_id
    before = calendar(browser_of, clinic, answered, first)
    later = f"{AHEAD + timedelta(days=1):%Y-%m-%d}T10:30"
    post(desk, path, form(runtime, starts_at=later, instead_of=first))
    after = calendar(browser_of, clinic, answered, visits(runtime)[-1].public_id)
    uid = f"UID:{first}@econsult\r\n"
    assert [(uid in each, f"SEQUENCE:{count}\r\n" in each) for count, each in enumerate((before, after))] == [
        (True, True)
    ] * 2


def test_no_control_sign_reaches_a_calendar(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    place = "A\x07B\r\nBEGIN:VEVENT\x1b[2J"
    assert post(browser_of(clinic.pcp), here(runtime, answered), form(runtime, place=place)).status_code == 303
    file = calendar(browser_of, clinic, answered, visits(runtime)[-1].public_id)
    assert "LOCATION:AB\\nBEGIN:VEVENT[2J\\, 505 555 0100\r\n" in file
    assert file.count("\r\nBEGIN:VEVENT") == 1


def test_a_family_reads_of_a_visit_that_its_answer_asks_for_no_more_to_call_first(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    post(browser_of(clinic.pcp), here(runtime, answered), form(runtime))
    with runtime.database.writing() as session:
        row = session.get_one(Consult, answered.id)
        content = {**ANSWER, "recommendations": [], "disposition": "clinic_visit", "watch_for": "Fever"}
        correct(session, row, clinic.derm, content, "A cream will do.", now=NOW)
    mother = browser_of(clinic.mother)
    page = mother.get(f"/family/questions/{answered.public_id}/answer").text
    assert ("Llame a su clínica antes de ir" in page, "Sí vamos" in page, "10:30" in page) == (True, False, True)
    assert "Su cita: " not in mother.get("/family").text
    # What comes next is told as if that visit were none: it is none of this answer.
    assert "necesita una visita. Su clínica le va a llamar" in page


def test_a_young_person_speaks_for_themselves(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult, youth: Person
) -> None:
    post(browser_of(clinic.pcp), here(runtime, answered), form(runtime))
    page = browser_of(youth).get(f"/family/questions/{answered.public_id}/answer").text
    assert ("I need a ride" in page or "Necesito transporte" in page, "We need a ride" in page) == (True, False)


def test_who_gets_no_letter_is_called_by_whoever_books_or_calls_off(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, path = browser_of(clinic.pcp), here(runtime, answered)
    assert "said=visit_booked" in post(pcp, path, form(runtime)).headers["Location"]
    with runtime.database.writing() as session:
        close_account(session, session.get_one(Person, clinic.mother.id), NOW)
    number = visits(runtime)[-1].public_id
    moved = post(pcp, path, form(runtime, place="Elsewhere", instead_of=number))
    assert "gets no letter: call them now" in pcp.get(moved.headers["Location"]).text
    with runtime.database.writing() as session:
        session.execute(update(Consult).values(confidential="youth"))
    off = post(pcp, f"{path}/{visits(runtime)[-1].public_id}", {"verb": "off", "why": "place"})
    assert "tell them alone" in pcp.get(off.headers["Location"]).text


@pytest.mark.parametrize(
    ("phone", "tel"),
    [
        ("505 555 0188 extension 12, ask for us", "+15055550188"),
        ("(505) 555-0188", "+15055550188"),
        ("+52 656 555 0188 o 2", "+526565550188"),
        ("555-0188", "5550188"),
    ],
)
def test_a_number_is_dialled_without_what_stands_beside_it(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult, phone: str, tel: str
) -> None:
    pcp, path = browser_of(clinic.pcp), here(runtime, answered)
    post(pcp, path, form(runtime, phone=phone))
    # Only what is short enough for a narrow telephone is kept in one line.
    kept = "" if len(phone) > 20 else ' class="nowrap"'
    link = f'<a{kept} href="tel:{tel}">'
    assert link in browser_of(clinic.mother).get(f"/family/questions/{answered.public_id}/answer").text
    assert f'href="tel:{tel}"' in pcp.get(path).text
