"""Visits whose place keeps another time than whoever books them, or reads of them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from econsult.consults.records import Consult
from econsult.consults.visits import Visit, morning
from econsult.people.persons import Organization, Person
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_visits import AHEAD, answered, form, here, visits
from workers.runtime import Runtime

__all__ = ("answered",)
CHOSEN = re.compile(r'<option value="([^"]+)" selected')


@pytest.fixture
def far_desk(runtime: Runtime, clinic: Clinic) -> None:
    """A coordinator who works from New York, for a clinic in Phoenix."""
    with runtime.database.writing() as session:
        session.execute(update(Person).where(Person.id == clinic.coordinator.id).values(time_zone="America/New_York"))
        session.execute(update(Organization).values(time_zone="America/Phoenix"))


def test_the_clock_is_that_of_the_childs_clinic_unless_another_is_chosen(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult, far_desk: None
) -> None:
    desk, path = browser_of(clinic.coordinator), here(runtime, answered)
    assert CHOSEN.findall(desk.get(path).text)[0] == "America/Phoenix"
    assert (
        post(desk, path, form(runtime, zone="America/Phoenix", starts_at=f"{AHEAD:%Y-%m-%d}T10:30")).status_code == 303
    )
    (visit,) = visits(runtime)
    assert (visit.starts_at, visit.zone) == (AHEAD, "America/Phoenix")
    page = desk.get(path).text
    assert f'value="{AHEAD:%Y-%m-%d}T10:30"' in page
    assert "10:30" in browser_of(clinic.mother).get(f"/family/questions/{answered.public_id}/answer").text
    # The second who changes it, in yet another zone, changes what they meant to and no more.
    changed = form(
        runtime,
        zone=CHOSEN.findall(page)[0],
        starts_at=f"{AHEAD:%Y-%m-%d}T10:30",
        note="Agua",
        instead_of=visit.public_id,
    )
    assert post(browser_of(clinic.pcp), path, changed).status_code == 303
    assert [(each.starts_at, each.zone) for each in visits(runtime)] == [(AHEAD, "America/Phoenix")] * 2


@pytest.mark.parametrize("zone", ["Moon/Base", "../../etc/passwd", ""])
def test_an_unknown_clock_is_refused_and_nothing_typed_is_lost(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult, zone: str
) -> None:
    refused = post(browser_of(clinic.pcp), here(runtime, answered), form(runtime, zone=zone))
    assert (refused.status_code, "Choose a time zone" in refused.text, "Traiga agua" in refused.text) == (
        422,
        True,
        True,
    )
    assert visits(runtime) == []


def test_a_day_without_a_time_is_no_visit_at_midnight(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    refused = post(browser_of(clinic.pcp), here(runtime, answered), form(runtime, starts_at=f"{AHEAD:%Y-%m-%d}"))
    assert (refused.status_code, "Choose a day and a time" in refused.text) == (422, True)


def test_a_zone_that_this_machine_does_not_know_stops_no_page(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    desk, path = browser_of(clinic.coordinator), here(runtime, answered)
    post(desk, path, form(runtime))
    with runtime.database.writing() as session:
        session.execute(update(Visit).values(zone="America/Atlantis"))
    mother = browser_of(clinic.mother)
    pages = (desk.get("/visits"), desk.get(path), mother.get(f"/family/questions/{answered.public_id}/answer"))
    assert [page.status_code for page in (*pages, mother.get("/family"))] == [200] * 4
    assert morning(AHEAD, "America/Atlantis", 1).hour == 9
