"""One cell that nobody can read takes no list away from everybody: it is shown without that case, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import literal_column, update

from econsult import unreadable
from econsult.consults.ledger import Clock
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import make_token
from econsult.people.typed import Typed, keep_typed
from econsult.tables import METADATA
from tests.personas import Clinic
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=30)
MISSING = "missing from this page"


@pytest.fixture(autouse=True)
def _say_again() -> Iterator[None]:
    unreadable.forget_said()
    yield
    unreadable.forget_said()


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> tuple[Consult, Consult]:
    with runtime.database.writing() as session:
        return clinic.econsult(session, now=NOW), clinic.econsult(
            session, now=NOW, question="What else is this on her?"
        )


def damage(runtime: Runtime, place: str, number: int, key: str = "id", *, as_text: str = "x") -> None:
    table, column = place.split(".")
    with runtime.database.writing() as session:
        rows = METADATA.tables[table]
        broken = update(rows).where(rows.c[key] == number).values({column: literal_column(f"'{as_text}'")})
        session.execute(broken)


PLACES = ["consult.question", "consult.due_at", "clock.deadline_at", "consult.urgency"]


@pytest.mark.parametrize("place", spread(PLACES, 2))
def test_a_damaged_case_is_missing_from_lists_that_say_so_and_show_the_others(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: tuple[Consult, Consult], place: str
) -> None:
    bad, good = asked
    damage(runtime, place, bad.id, "id" if place.startswith("consult") else "consult_id")
    pages = ((clinic.derm, "/worklist"), (clinic.coordinator, "/coordination/desk"), (clinic.pcp, "/clinic"))
    for person, path in pages:
        answer = browser_of(person).get(path)
        assert (answer.status_code, MISSING in answer.text, f"{bad.number}</span>." in answer.text) == (
            200,
            True,
            True,
        ), path
        assert (good.public_id in answer.text, bad.public_id in answer.text) == (True, False), path
    assert browser_of(clinic.mother).get("/family").status_code == 200


def test_the_next_case_is_the_next_that_can_be_read(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: tuple[Consult, Consult]
) -> None:
    damage(runtime, "consult.question", asked[0].id)
    taken = post(browser_of(clinic.derm), "/worklist/next", {})
    assert (taken.status_code, taken.location) == (303, f"/consults/{asked[1].public_id}")


@pytest.mark.wide
def test_nobody_is_kept_from_acting_on_another_request_or_from_asking(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: tuple[Consult, Consult]
) -> None:
    damage(runtime, "consult.due_at", asked[0].id)
    with runtime.database.writing() as session:
        # It waits until somebody is there, so that each change of the roster comes to it.
        waits = {"target_seconds": 10**6, "deadline_at": NOW + timedelta(days=11)}
        its = update(Clock).where(Clock.consult_id == asked[0].id, Clock.name == ClockName.ALLOCATE)
        session.execute(its.values(waits))
    here = f"/consults/{asked[1].public_id}"
    desk, admin, mother = map(browser_of, (clinic.coordinator, clinic.admin, clinic.mother))
    away = {"person": clinic.derm2.public_id, "until": f"{NOW + timedelta(days=9):%Y-%m-%d}"}
    limits = {"specialty": "dermatology", "states": "", "languages": "en", "capacity": "3", "seen": ""}
    forms: tuple[tuple[FlaskClient, str, dict[str, str], int], ...] = (
        (browser_of(clinic.derm), f"{here}/claim", {}, 303),
        (desk, f"/coordination/desk/{asked[1].public_id}", {"person": "", "reason": ""}, 422),
        (mother, f"/family/children/{clinic.child.public_id}/ask", {}, 303),
        (admin, f"/program/people/{clinic.derm2.public_id}/limits", {**limits, "verb": "look"}, 200),
        (admin, f"/program/people/{clinic.derm2.public_id}/limits", {**limits, "verb": "save"}, 303),
        (admin, "/program/roster/off?specialty=dermatology", away, 303),
        (desk, "/coordination/desk/several?specialty=dermatology", {"person": ""}, 422),
        (mother, "/family/join", {"birth_date": ""}, 422),
    )
    for browser, path, fields, status in forms:
        answer = post(browser, path, fields)
        assert answer.status_code == status, path
        # Who saved a change of who is there reads that this request does not follow yet.
        assert ("saved_without" in (answer.location or "")) == (browser is admin and status == 303), path


def test_a_child_that_cannot_be_read_keeps_nobody_from_finding_or_registering_another(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.other_child.id).organization_id = clinic.home.id
    damage(runtime, "patient.name", clinic.other_child.id)
    pcp = browser_of(clinic.pcp)
    for path in ("/clinic/find", "/clinic/phone"):
        found = post(pcp, path, {"find": "Luz"})
        assert (found.status_code, "Luz Prueba" in found.text, "left-out" in found.text) == (200, True, True), path
    new = {"name": "Nora Nueva", "birth_date": "2020-01-15", "sex": "female", "language": "es"}
    assert post(pcp, "/clinic/children/new", new).location.endswith("?said=registered")


def test_a_program_is_told_how_many_an_answer_goes_without(
    runtime: Runtime, visitor: FlaskClient, clinic: Clinic, asked: tuple[Consult, Consult]
) -> None:
    damage(runtime, "consult.question", asked[0].id)
    with runtime.database.writing() as session:
        bearer = {"Authorization": f"Bearer {make_token(session, clinic.derm, NOW)}"}
    answer = visitor.get("/api/v1/worklist", headers=bearer)
    assert (answer.status_code, answer.headers["X-Left-Out"]) == (200, "1")
    assert [each["id"] for each in answer.json["items"]] == [asked[1].public_id]
    own = visitor.get(f"/api/v1/consults/{asked[0].public_id}", headers=bearer)
    assert (own.status_code, own.json["code"]) == (500, "record_damaged")


def test_a_page_about_the_damaged_case_and_a_form_for_it_say_that_and_change_nothing(
    runtime: Runtime,
    browser_of: BrowserOf,
    clinic: Clinic,
    asked: tuple[Consult, Consult],
    caplog: pytest.LogCaptureFixture,
) -> None:
    damage(runtime, "consult.question", asked[0].id)
    derm = browser_of(clinic.derm)
    for answer, is_form in (
        (derm.get(f"/consults/{asked[0].public_id}"), False),
        (post(derm, f"/consults/{asked[0].public_id}/claim", {}), True),
    ):
        assert (answer.status_code, "was damaged where we keep it" in answer.text) == (500, True)
        assert ("see if it was done" in answer.text, "Nothing was changed" in answer.text) == (is_form, False)
    assert f"ALARM: a cell cannot be read and is left out of pages: consult {asked[0].id}, question." in caplog.text


def test_a_child_whose_birth_date_does_not_open_is_missing_with_all_that_hangs_on_it(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: tuple[Consult, Consult]
) -> None:
    with runtime.database.writing() as session:
        other = session.get_one(Patient, clinic.other_child.id)
        other.organization_id = clinic.home.id
    damage(runtime, "patient.birth_date", clinic.child.id)
    page = browser_of(clinic.pcp).get("/clinic").text
    assert ("A child and all its requests" in page, other.name in page) == (True, True)
    assert asked[0].public_id not in page
    assert "A child and all its requests" in browser_of(clinic.derm).get("/worklist").text


def test_an_end_of_a_right_that_cannot_be_read_opens_nothing(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: tuple[Consult, Consult]
) -> None:
    damage(runtime, "related_person.ends_at", clinic.child.id, "patient_id")
    answer = browser_of(clinic.mother).get("/family")
    assert (answer.status_code, clinic.child.name in answer.text) == (200, False)


def test_a_colleague_whose_name_does_not_open_keeps_no_list_from_anybody(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=NOW)
    for place in ("person.name", "person.email"):
        damage(runtime, place, clinic.derm.id)
        page = browser_of(clinic.pcp).get("/clinic")
        assert (page.status_code, held.public_id in page.text, MISSING in page.text) == (200, True, False)
    assert browser_of(clinic.admin).get("/program/accounts").status_code == 200


def test_a_parents_name_that_does_not_open_leaves_no_text_uncovered(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: tuple[Consult, Consult]
) -> None:
    damage(runtime, "person.name", clinic.mother.id)
    page = browser_of(clinic.derm).get("/worklist")
    assert (page.status_code, asked[0].question in page.text) == (200, False)


def test_what_no_page_of_somebody_needs_closes_none_to_them(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    browser = browser_of(clinic.derm)
    typed = Typed("/worklist", "/worklist", "0" * 16, 1, "", [("reason", "because")])
    with runtime.database.writing() as session:
        keep_typed(session, session.get_one(Person, clinic.derm.id), typed, datetime.now(UTC))
    for column in ("created_at", "came_in_at", "codes_offered_at"):
        damage(runtime, f"person.{column}", clinic.derm.id)
    damage(runtime, "typed_words.content", clinic.derm.id, "person_id")
    assert browser.get("/worklist").status_code == 200
