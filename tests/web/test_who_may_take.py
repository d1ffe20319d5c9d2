"""The page of licences, languages, capacity, conflicts and pools that stand in: the router does what it says."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults import holding
from econsult.consults.records import Consult
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Organization
from econsult.rosters.limits import Conflict, FallbackPool, Limits
from tests.personas import LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC)
PAGE = "/program/people"


@pytest.fixture
def waiting(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.econsult(session, now=NOW)


@pytest.fixture
def desk(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.coordinator)


def consult(runtime: Runtime, waiting: Consult) -> Consult:
    with runtime.database.reading() as session:
        return session.get_one(Consult, waiting.id)


def test_without_a_licence_nobody_may_take_it_and_with_one_it_is_offered_again(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, waiting: Consult
) -> None:
    for person in (clinic.derm, clinic.derm2):
        fields = {"states": "tx, OK", "languages": ["en", "es"], "capacity": "3"}
        assert post(desk, f"{PAGE}/{person.public_id}/limits", fields).status_code == 303
    assert post(desk, f"{PAGE}/clinics/{clinic.home.public_id}", {"state": "nm"}).status_code == 303
    assert consult(runtime, waiting).is_unallocated
    assert 'value="OK, TX"' in desk.get(PAGE).text
    with runtime.database.reading() as session:
        limits = session.query(Limits).filter_by(person_id=clinic.derm.id).one()
        assert (limits.states, limits.languages, limits.capacity) == ("OK,TX", "en,es", 3)
        assert session.get_one(Organization, clinic.home.id).state == "NM"
        assert session.query(Notice).filter_by(kind=NoticeKind.UNALLOCATED).count() == 1
    assert post(desk, f"{PAGE}/{clinic.derm.public_id}/limits", {"states": "NM"}).status_code == 303
    assert not consult(runtime, waiting).is_unallocated


def test_another_specialty_stands_in_and_no_longer(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, waiting: Consult
) -> None:
    post(desk, f"{PAGE}/clinics/{clinic.home.public_id}", {"state": "NM"})
    for person in (clinic.derm, clinic.derm2):
        post(desk, f"{PAGE}/{person.public_id}/limits", {"states": "TX"})
    post(desk, f"{PAGE}/fallbacks", {"specialty": "dermatology", "fallback": "neurology"})
    assert consult(runtime, waiting).fallback_specialty == "neurology"
    for wrong in ("neurology", "dermatology", "soup"):
        reply = post(desk, f"{PAGE}/fallbacks", {"specialty": "dermatology", "fallback": wrong})
        assert (reply.status_code, "Choose another specialty to stand in" in reply.text) == (422, True)
    post(desk, f"{PAGE}/fallbacks", {"specialty": "dermatology", "fallback": "neurology", "verb": "remove"})
    assert (consult(runtime, waiting).is_unallocated, consult(runtime, waiting).fallback_specialty) == (True, None)
    with runtime.database.reading() as session:
        assert session.query(FallbackPool).count() == 0


def test_what_a_state_or_a_conflict_takes_from_whom_is_shown_before_it_is_saved(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, waiting: Consult
) -> None:
    for person in (clinic.derm, clinic.derm2):
        post(desk, f"{PAGE}/{person.public_id}/limits", {"states": "NM"})
    with runtime.database.writing() as session:
        holding.claim(session, session.get_one(Consult, waiting.id), clinic.derm, now=NOW, lease=LEASE)
    page = desk.get(PAGE).text
    bar = {"person": clinic.derm.public_id, "number": waiting.number}
    taken = f"{waiting.number}</span> {clinic.derm.name} → "
    for path, fields, goes in (
        (f"{PAGE}/clinics/{clinic.home.public_id}", {"state": "TX"}, "nobody could take it: the coordinators decide"),
        (f"{PAGE}/conflicts", bar, "Dermatology"),
    ):
        form = page[page.index(f'action="{path}"') :].partition("</form>")[0]
        assert 'value="look"' in form
        looked = post(desk, path, {**fields, "verb": "look"}).text
        assert "1 request would be taken from whoever has it" in looked
        assert f"{taken}{goes}</li>" in looked
        assert "would be offered elsewhere" not in looked
        assert consult(runtime, waiting).holder_id == clinic.derm.id
        # What saving does is what was shown.
        assert post(desk, path, fields).status_code == 303
        found = consult(runtime, waiting)
        assert (found.holder_id, found.is_unallocated) == (None, goes != "Dermatology")
        post(desk, f"{PAGE}/clinics/{clinic.home.public_id}", {"state": "NM"})
        with runtime.database.writing() as session:
            if not session.query(Conflict).count():
                holding.claim(session, session.get_one(Consult, waiting.id), clinic.derm, now=NOW, lease=LEASE)


def test_a_conflict_is_written_down_by_the_number_of_a_request(
    runtime: Runtime, desk: FlaskClient, browser_of: BrowserOf, clinic: Clinic, waiting: Consult
) -> None:
    fields = {"person": clinic.derm.public_id, "number": waiting.number.lower()}
    for _twice in range(2):
        assert post(desk, f"{PAGE}/conflicts", fields).status_code == 303
    with runtime.database.reading() as session:
        assert session.query(Conflict).count() == 1
    assert clinic.child.name in desk.get(PAGE).text
    assert clinic.child.name not in browser_of(clinic.admin).get(PAGE).text
    assert post(browser_of(clinic.derm), f"/consults/{waiting.public_id}/claim", {}).status_code == 404
    path = f"{PAGE}/conflicts/{clinic.derm.public_id}/{clinic.child.public_id}/remove"
    assert post(desk, path, {}).status_code == 303
    assert clinic.child.name not in desk.get(PAGE).text


@pytest.mark.parametrize(
    ("path", "fields", "sentence"),
    [
        ("{derm}/limits", {"states": "New Mexico"}, "two letters, for example NM, TX"),
        ("{derm}/limits", {"capacity": "many"}, "Write a number up to 999"),
        ("{derm}/limits", {"capacity": "-1"}, "Write a number up to 999"),
        ("conflicts", {"person": "{derm}", "number": "C-999999"}, "There is no request with this number"),
        ("conflicts", {"person": "{derm}", "number": "soup"}, "There is no request with this number"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_kept_in_the_form(
    desk: FlaskClient, clinic: Clinic, path: str, fields: dict[str, str], sentence: str
) -> None:
    ids = {"derm": clinic.derm.public_id, "home": clinic.home.public_id}
    given = {name: value.format(**ids) for name, value in fields.items()}
    reply = post(desk, f"{PAGE}/{path.format(**ids)}", given)
    assert (reply.status_code, sentence in reply.text) == (422, True)
    assert all(value in reply.text for value in given.values())


def test_a_state_that_there_is_not_is_refused_in_words(desk: FlaskClient, clinic: Clinic) -> None:
    """No choice of the list, and so nothing that could be kept in it."""
    reply = post(desk, f"{PAGE}/clinics/{clinic.home.public_id}", {"state": "XX"})
    assert (reply.status_code, "Write the state with two letters" in reply.text) == (422, True)


def test_these_forms_are_for_the_planners_of_the_program(browser_of: BrowserOf, clinic: Clinic) -> None:
    paths = [f"{PAGE}/{clinic.derm.public_id}/limits", f"{PAGE}/fallbacks", f"{PAGE}/clinics/{clinic.home.public_id}"]
    for person in (clinic.pcp, clinic.derm, clinic.mother, clinic.nurse):
        browser = browser_of(person)
        assert [post(browser, path, {}).status_code for path in (*paths, f"{PAGE}/conflicts")] == [403] * 4
        assert browser.get(PAGE).status_code == 403
    assert post(browser_of(clinic.admin), f"{PAGE}/conflicts", {}).status_code == 403
    assert post(browser_of(clinic.admin), f"{PAGE}/{clinic.pcp.public_id}/limits", {}).status_code == 404


def test_what_somebody_else_changed_meanwhile_is_not_taken_back_unseen(
    runtime: Runtime, desk: FlaskClient, browser_of: BrowserOf, clinic: Clinic
) -> None:
    """A licence that a director took away came back with the next change of a number from a page of before."""
    path = f"{PAGE}/{clinic.derm.public_id}/limits"
    assert post(desk, path, {"states": "NM, TX", "capacity": "3", "seen": "||0"}).status_code == 303
    stale = {
        "states": "NM, TX",
        "capacity": "5",
        "seen": re.findall('name="seen" value="([^"]*)"', desk.get(PAGE).text)[0],
    }
    assert stale["seen"] == "NM,TX||3"
    assert (
        post(browser_of(clinic.director), path, {"states": "TX", "capacity": "3", "seen": "NM,TX||3"}).status_code
        == 303
    )
    for verb in ("look", "save"):
        refused = post(desk, path, {**stale, "verb": verb})
        assert (refused.status_code, "Somebody has changed this meanwhile" in refused.text) == (422, True)
        assert "Holds now: TX; any language; at most 3 at once" in refused.text
        assert 'value="NM, TX"' in refused.text
    # Whoever has read it and sends it once more means it.
    assert post(desk, path, {**stale, "seen": "TX||3"}).status_code == 303
    with runtime.database.reading() as session:
        assert [(each.states, each.capacity) for each in session.scalars(select(Limits))] == [("NM,TX", 5)]
