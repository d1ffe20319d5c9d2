"""Giving several requests to one person at once: each stands alone, and what is refused says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults import holding
from econsult.consults.records import Consult
from econsult.consults.requests import withdraw
from econsult.people.persons import Person
from econsult.queue.cover import watch_absences
from econsult.queue.quiet import Quiet
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import TimeOff
from tests.personas import LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
PATH = "/coordination/desk/several?specialty=dermatology"


@pytest.fixture
def desk(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.coordinator)


@pytest.fixture
def three(runtime: Runtime, clinic: Clinic) -> list[Consult]:
    with runtime.database.writing() as session:
        return [clinic.econsult(session, now=NOW) for _ in range(3)]


def holders(runtime: Runtime, consults: list[Consult]) -> list[int | None]:
    with runtime.database.reading() as session:
        return [session.get_one(Consult, each.id).holder_id for each in consults]


def fields(consults: list[Consult], to: Person, **more: object) -> dict[str, object]:
    had = {f"had-{each.public_id}": "" for each in consults}
    return {"ids": [each.public_id for each in consults], "person": to.public_id, "reason": "", **had, **more}


def test_all_that_is_ticked_goes_to_one_person(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, three: list[Consult]
) -> None:
    page = desk.get(PATH).text
    assert [each.number in page for each in three] == [True] * 3
    assert "and is not there" not in page
    assert 'href="/coordination/desk/several"' in desk.get("/coordination/desk").text
    answer = post(desk, PATH, fields(three[:2], clinic.derm))
    assert (answer.status_code, "said=assigned_several" in answer.location) == (303, True)
    assert holders(runtime, three) == [clinic.derm.id, clinic.derm.id, None]
    assert three[0].number not in desk.get(PATH).text


def test_what_somebody_has_who_is_not_there_needs_a_reason(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, three: list[Consult]
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        for each in three:
            holding.claim(session, session.get_one(Consult, each.id), clinic.derm, now=NOW, lease=LEASE)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(9)))
        session.flush()
        watch_absences(session, now, Quiet())
    page = desk.get(PATH).text
    assert page.count(f"{clinic.derm.name} has it, and is not there") == 3
    had = {f"had-{each.public_id}": clinic.derm.public_id for each in three}
    mute = post(desk, PATH, fields(three, clinic.derm2, **had))
    assert (mute.status_code, mute.text.count("Say why, so that the others understand")) == (422, 3)
    assert post(desk, PATH, fields(three, clinic.derm2, reason="Ill", **had)).status_code == 303
    assert holders(runtime, three) == [clinic.derm2.id] * 3


def test_one_that_is_refused_holds_up_no_other_and_stays_ticked(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, three: list[Consult]
) -> None:
    with runtime.database.writing() as session:
        session.add(Limits(person_id=clinic.derm.id, capacity=2))
    answer = post(desk, PATH, fields(three, clinic.derm, reason="A full night"))
    assert (answer.status_code, "Given: 2. Not given: 1, see below why." in answer.text) == (422, True)
    told = "This person has as many as they may hold at once"
    assert (told in answer.text, "A full night" in answer.text) == (True, True)
    assert [f'value="{each.public_id}" checked' in answer.text for each in three] == [False, False, True]
    assert sorted(map(bool, holders(runtime, three))) == [False, True, True]


def test_what_somebody_else_took_meanwhile_is_not_taken_from_them(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, three: list[Consult]
) -> None:
    with runtime.database.writing() as session:
        holding.claim(session, session.get_one(Consult, three[0].id), clinic.derm2, now=NOW, lease=LEASE)
    form = fields(three[:2], clinic.derm)
    answer = post(desk, PATH, form)
    assert (answer.status_code, "Given: 1. Not given: 1" in answer.text) == (422, True)
    assert holders(runtime, three) == [clinic.derm2.id, clinic.derm.id, None]


def test_what_was_taken_back_meanwhile_holds_up_no_other(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, three: list[Consult]
) -> None:
    with runtime.database.writing() as session:
        withdraw(session, session.get_one(Consult, three[0].id), clinic.pcp, "Seen elsewhere", now=NOW)
    answer = post(desk, PATH, fields(three, clinic.derm))
    assert (answer.status_code, "Given: 2. Not given: 1" in answer.text) == (422, True)
    assert (three[0].number in answer.text, "It is not here any more" in answer.text) == (True, True)
    assert holders(runtime, three) == [None, clinic.derm.id, clinic.derm.id]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ids": []}, "Tick at least one request"),
        ({"person": ""}, "Choose somebody"),
        ({"person": "nobody"}, "This person cannot take it now"),
        ({"ids": ["nothing"]}, "Given: 0. Not given: 1"),
        ({"reason": "x" * 1001}, "Use at most 1000 letters"),
    ],
)
def test_a_form_that_cannot_be_right_gives_nothing(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, three: list[Consult], changed: dict[str, object], words: str
) -> None:
    answer = post(desk, PATH, {**fields(three, clinic.derm), **changed})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert holders(runtime, three) == [None] * 3


def test_without_a_specialty_one_is_asked_for(desk: FlaskClient, runtime: Runtime, three: list[Consult]) -> None:
    page = desk.get("/coordination/desk/several?specialty=magic").text
    assert (three[0].number in page, "Which ones?" in page) == (False, False)
    with runtime.database.reading() as session:
        assert session.scalars(select(Consult.holder_id)).all() == [None] * 3
