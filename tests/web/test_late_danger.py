"""A danger sign that came as its session ended: help at once, and the clinic hears where it is proven who spoke."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from econsult.consults.records import Consult, RedFlagStop
from econsult.notices import Notice
from econsult.people.persons import Person
from econsult.people.signin import SignInSession, open_session, sweep_sign_ins
from econsult.people.unsent import Unsent
from tests.personas import Clinic
from tests.web.browsing import SESSION, token_from
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

WAY = "Call my sister Ana at work, never the house"
UNTOLD = ("Nothing was sent, and we told nobody.", "No se envió nada y no avisamos a nadie.")


@pytest.fixture
def place(runtime: Runtime, clinic: Clinic) -> str:
    with runtime.database.writing() as session:
        draft = clinic.family_draft(session, now=datetime.now(UTC), details={"red_flags": None})
    return f"/family/ask/{draft.public_id}/emergency"


def form_of(mother: FlaskClient, place: str, *signs: str) -> dict[str, object]:
    """The page of danger signs, filled in while the session lasted."""
    return {"csrf_token": token_from(mother.get(place).text), "flags": list(signs), "safe_way": WAY, "emergency": "yes"}


def end_all(runtime: Runtime) -> None:
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(seen_at=datetime.now(UTC) - timedelta(days=30)))


def stops(runtime: Runtime) -> list[RedFlagStop]:
    with runtime.database.reading() as session:
        assert session.scalars(select(Unsent)).all() == [], "No word of it waits in this browser."
        return list(session.scalars(select(RedFlagStop)))


def is_told(runtime: Runtime, clinic: Clinic) -> bool:
    with runtime.database.reading() as session:
        told = session.scalars(select(Notice).where(Notice.kind == "emergency"))
        return clinic.pcp.id in {notice.person_id for notice in told}


def test_the_clinic_hears_at_once_and_the_family_sees_whom_to_call(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, place: str
) -> None:
    form = form_of(mother, place, "breathing")
    end_all(runtime)
    page = mother.post(place, data=form)
    assert page.status_code == 200
    # In the language of her account, though the browser asks for none.
    assert "Llame al 911 ahora" in page.text
    assert "Avisamos a su clínica" in page.text
    assert not any(words in page.text for words in UNTOLD)
    assert WAY not in page.text
    assert [(stop.codes, stop.person_id) for stop in stops(runtime)] == [("breathing", clinic.mother.id)]
    assert is_told(runtime, clinic)
    # The button pressed again is the same stop.
    mother.post(place, data=form)
    assert len(stops(runtime)) == 1


@pytest.mark.parametrize(("late", "is_proven"), [(timedelta(hours=23), True), (timedelta(hours=25), False)])
def test_the_session_proves_who_spoke_until_a_day_after_its_longest_and_opens_nothing(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, place: str, late: timedelta, is_proven: bool
) -> None:
    form = form_of(mother, place, "breathing")
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(expires_at=now - late))
        if is_proven:
            sweep_sign_ins(session, now)
    assert mother.get("/family").status_code == 303
    page = mother.post(place, data=form)
    assert (page.status_code, len(stops(runtime))) == ((200, 1) if is_proven else (401, 0))
    assert any(words in page.text for words in UNTOLD) != is_proven
    assert is_told(runtime, clinic) == is_proven


def test_a_home_that_is_not_safe_leaves_no_trace_and_its_way_reaches_the_clinic_alone(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, place: str
) -> None:
    form = form_of(mother, place, "unsafe")
    end_all(runtime)
    sent = mother.post(place, data=form)
    assert (sent.status_code, sent.location) == (303, "/family/help?lang=es")
    page = mother.get(sent.location).text
    assert "data-exit" in page
    assert "Llamar al 911" in page
    assert WAY not in page
    assert [(stop.codes, stop.safe_way) for stop in stops(runtime)] == [("unsafe", WAY)]
    assert is_told(runtime, clinic)
    with runtime.database.reading() as session:
        draft = session.scalars(select(Consult)).one()
        assert (draft.confidential, draft.details.get("safe_way")) == ("unsafe", None)


@pytest.mark.parametrize("sign", ["breathing", "unsafe"])
@pytest.mark.parametrize("lack", ["session", "proof", "family"])
def test_where_nobody_can_be_told_help_is_shown_and_this_is_said(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, browser_of: BrowserOf, place: str, lack: str, sign: str
) -> None:
    # Staff may send for the clinic, never for the family.
    speaker = browser_of(clinic.nurse) if lack == "family" else mother
    form = form_of(mother, place, sign) | {"csrf_token": token_from(speaker.get("/nowhere").text)}
    form |= {"csrf_token": "0" * 64} if lack == "proof" else {}
    end_all(runtime)
    if lack == "session":
        with runtime.database.writing() as session:
            session.execute(delete(SignInSession))
    page = speaker.post(place, data=form)
    assert page.status_code == 401
    assert 'href="tel:911"' in page.text
    assert "data-exit" in page.text
    assert any(words in page.text for words in UNTOLD)
    assert WAY not in page.text
    assert stops(runtime) == []


def test_a_page_of_the_session_before_shows_help_as_well(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, place: str
) -> None:
    form = form_of(mother, place, "breathing")
    with runtime.database.writing() as session:
        token = open_session(session, session.get_one(Person, clinic.mother.id), datetime.now(UTC))
    mother.set_cookie(SESSION, token, secure=True)
    page = mother.post(place, data=form)
    assert (page.status_code, UNTOLD[1] in page.text) == (401, True)
    assert mother.post(place, data={**form, "flags": [], "emergency": "no"}).status_code == 400
    assert stops(runtime) == []


def test_a_no_is_asked_again_after_signing_in(runtime: Runtime, mother: FlaskClient, place: str) -> None:
    form = {**form_of(mother, place), "emergency": "no"}
    end_all(runtime)
    assert mother.post(place, data=form).location == "/sign-in?ended=1"
    assert stops(runtime) == []
