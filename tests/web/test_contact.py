"""How people say how they want to be told: on their own page, and on their clinic's page of the family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.people.persons import Person
from econsult.reach.mobiles import is_stopped, mobile_of, stop_number, usable_number
from econsult.trail import AuditEvent
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.texting import browser, code_for, texting_app, wrong_for
from web import create_app
from workers.runtime import Runtime

In = Callable[[Person], FlaskClient]
SHOWN = "(505) 555-0142"


@pytest.fixture
def app(runtime: Runtime, clinic: Clinic) -> Flask:
    return texting_app(runtime)


@pytest.fixture
def enter_as(app: Flask, runtime: Runtime) -> In:
    return lambda person: browser(app, runtime, person)


def usable(runtime: Runtime, person: Person) -> str | None:
    with runtime.database.reading() as session:
        return usable_number(session, runtime.database.cipher, person)


@pytest.mark.parametrize("name", ["mother", "derm"])
def test_a_number_is_given_proven_used_and_taken_away(
    runtime: Runtime, clinic: Clinic, enter_as: In, name: str
) -> None:
    person = getattr(clinic, name)
    here = enter_as(person)
    assert post(here, "/account/mobile", {"number": "505 555 0142"}).location == "/account?said=code_sent#reach"
    assert f"We sent a code to {SHOWN}." in here.get("/account?lang=en").text
    assert usable(runtime, person) is None
    assert post(here, "/account/mobile/code", {"code": code_for(runtime, person)}).status_code == 303
    assert usable(runtime, person) == "+15055550142"
    page = here.get("/account?said=number_confirmed&lang=en").text
    assert f"Text messages go to {SHOWN}." in page
    assert "The phone is confirmed." in page
    assert post(here, "/account/contact", {"channel": "sms", "quiet": "own", "quiet_from": "22", "quiet_to": "6"})
    with runtime.database.reading() as session:
        known = session.get_one(Person, person.id)
        assert (known.channel, known.quiet_hours) == ("sms", "22-6")
    assert post(here, "/account/mobile/remove", {}).location == "/account?said=number_removed#reach"
    assert usable(runtime, person) is None
    assert SHOWN not in here.get("/account").text


@pytest.mark.parametrize(
    ("number", "language", "words"),
    [
        ("", "en", "Write the phone number"),
        ("555-0142", "en", "This is no whole phone number."),
        ("555-0142", "es", "Este no es un número completo."),
        ("<b>505</b>", "en", "This is no whole phone number."),
        ("+34 912 345 678", "en", "We send text messages to phones of these countries only: United States"),
        ("+34 912 345 678", "es", "Enviamos mensajes de texto solo a teléfonos de estos países: Estados Unidos"),
        ("900-555-0142", "en", "This number takes no text messages."),
        ("5" * 41, "en", "Use at most 40 letters. You have 41."),
    ],
)
def test_a_wrong_number_gets_one_sentence_and_is_kept_in_its_field(
    runtime: Runtime, clinic: Clinic, enter_as: In, number: str, language: str, words: str
) -> None:
    page = post(enter_as(clinic.mother), f"/account/mobile?lang={language}", {"number": number})
    assert page.status_code == 422
    assert page.text.count(words) == 2  # In the summary, and at the field.
    assert "<b>505" not in page.text
    assert not number or number.replace("<", "&lt;").replace(">", "&gt;") in page.text
    with runtime.database.reading() as session:
        assert mobile_of(session, clinic.mother) is None


def test_a_wrong_code_says_so_and_five_end_it(runtime: Runtime, clinic: Clinic, enter_as: In) -> None:
    here = enter_as(clinic.mother)
    assert "Write the code" in post(here, "/account/mobile/code?lang=en", {"code": " "}).text
    assert "This code is over." in post(here, "/account/mobile/code?lang=en", {"code": "123456"}).text
    post(here, "/account/mobile", {"number": "505-555-0142"})
    wrong, right = wrong_for(runtime, clinic.mother), code_for(runtime, clinic.mother)
    for _ in range(4):
        page = post(here, "/account/mobile/code?lang=en", {"code": wrong})
        assert (page.status_code, "This is not the code that we sent." in page.text) == (422, True)
    assert "This code is over." in post(here, "/account/mobile/code?lang=en", {"code": wrong}).text
    assert "This code is over." in post(here, "/account/mobile/code?lang=en", {"code": right}).text
    assert f"The code for {SHOWN} is over." in here.get("/account?lang=en").text
    assert post(here, "/account/mobile/again", {}).status_code == 303
    for _ in range(3):
        post(here, "/account/mobile/again", {})
    page = post(here, "/account/mobile/again?lang=en", {})
    assert (page.status_code, "Five codes were sent today." in page.text) == (422, True)
    assert usable(runtime, clinic.mother) is None


def test_a_stopped_phone_is_said_to_be_and_cannot_be_given_again(
    runtime: Runtime, clinic: Clinic, enter_as: In
) -> None:
    here = enter_as(clinic.mother)
    post(here, "/account/mobile", {"number": "505-555-0142"})
    with runtime.database.writing() as session:
        stop_number(session, runtime.database.cipher, "+15055550142", clinic.child.created_at)
    assert f"{SHOWN} answered STOP" in here.get("/account?lang=en").text
    assert f"{SHOWN} respondió ALTO" in here.get("/account?lang=es").text
    page = post(here, "/account/mobile?lang=en", {"number": "505-555-0142"})
    assert (page.status_code, "This phone answered STOP." in page.text) == (422, True)
    with runtime.database.reading() as session:
        assert is_stopped(session, runtime.database.cipher, "+15055550142")


def test_own_hours_need_both(clinic: Clinic, enter_as: In) -> None:
    page = post(enter_as(clinic.mother), "/account/contact?lang=en", {"channel": "both", "quiet": "own"})
    assert (page.status_code, "Choose both hours" in page.text) == (422, True)


def test_a_clinic_without_a_gateway_says_that_it_sends_none(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    page = browser_of(clinic.mother).get("/account?lang=en").text
    assert "This clinic sends no text messages." in page
    assert 'name="number"' not in page
    page = browser_of(clinic.pcp).get(f"/families/{clinic.child.public_id}?lang=en").text
    assert "Your program sends no text messages" in page
    demo = create_app(Runtime(replace(runtime.installation, settings=replace(runtime.settings, is_demo=True))))
    page = browser(demo, runtime, clinic.mother, "econsult_session").get("/account?lang=es").text
    assert "no envía mensajes de texto por ahora" in page
    assert 'name="number"' in page


def test_the_clinic_writes_the_number_down_and_types_the_code_that_it_hears(
    runtime: Runtime, clinic: Clinic, enter_as: In
) -> None:
    nurse_or_pcp = enter_as(clinic.pcp)
    page = f"/families/{clinic.child.public_id}"
    base = f"{page}/{clinic.mother.public_id}/mobile"
    shown = nurse_or_pcp.get(f"{page}?lang=en").text
    assert clinic.mother.name in shown
    wrong = post(nurse_or_pcp, f"{base}?lang=en", {"number": "12"})
    assert (wrong.status_code, f'id="number-{clinic.mother.public_id}-error"' in wrong.text) == (422, True)
    assert post(nurse_or_pcp, base, {"number": "505-555-0142"}).location == f"{page}?said=code_sent"
    refused = post(nurse_or_pcp, f"{base}/code?lang=en", {"code": wrong_for(runtime, clinic.mother)})
    assert refused.status_code == 422
    assert post(nurse_or_pcp, f"{base}/again", {}).status_code == 303
    assert post(nurse_or_pcp, f"{base}/code", {"code": code_for(runtime, clinic.mother)}).status_code == 303
    assert usable(runtime, clinic.mother) == "+15055550142"
    with runtime.database.reading() as session:
        rows = session.execute(
            select(AuditEvent.action, AuditEvent.entity_id).where(
                AuditEvent.person_id == clinic.pcp.id, AuditEvent.action.like("%_mobile")
            )
        )
        assert [tuple(row) for row in rows] == [
            ("set_mobile", clinic.mother.public_id),
            ("confirm_mobile", clinic.mother.public_id),
        ]
    assert post(nurse_or_pcp, f"{base}/remove", {}).status_code == 303
    assert usable(runtime, clinic.mother) is None


def test_a_clinic_touches_the_numbers_of_its_own_families_alone(runtime: Runtime, clinic: Clinic, enter_as: In) -> None:
    for person, child, member in (
        (clinic.other_pcp, clinic.child, clinic.mother),
        (clinic.pcp, clinic.other_child, clinic.stranger),
        (clinic.pcp, clinic.child, clinic.stranger),
        (clinic.pcp, clinic.child, clinic.derm),
    ):
        base = f"/families/{child.public_id}/{member.public_id}/mobile"
        for path in (base, f"{base}/code", f"{base}/again", f"{base}/remove"):
            assert post(enter_as(person), path, {"number": "505-555-0142", "code": "123456"}).status_code == 404
    with runtime.database.reading() as session:
        assert mobile_of(session, clinic.mother) is None


@pytest.mark.parametrize("damaged", ["x-7", "21-99", "22"])
def test_hours_that_cannot_be_read_are_chosen_anew_on_the_page(
    runtime: Runtime, enter_as: In, clinic: Clinic, damaged: str
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.mother.id).quiet_hours = damaged
    here = enter_as(clinic.mother)
    assert here.get("/account").status_code == 200
    chosen = {"channel": "email", "quiet": "own", "quiet_from": "22", "quiet_to": "6"}
    assert post(here, "/account/contact", chosen).status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Person, clinic.mother.id).quiet_hours == "22-6"
