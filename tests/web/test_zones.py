"""Everybody reads times in their own zone: chosen by themselves, else by their clinic, else by the program."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from econsult.people.account import time_zone_of
from econsult.people.patients import Patient, link_caregiver
from econsult.people.persons import Organization, Person
from econsult.queue.quiet import Quiet
from econsult.zones import zone_names
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC)
FAR = "Pacific/Kiritimati"


def _said(zone: str, at: datetime) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def test_the_list_names_places_and_nothing_else() -> None:
    names = zone_names()
    assert {"America/Denver", "America/Indiana/Knox", "Europe/Madrid", FAR} <= set(names)
    assert not {"UTC", "Etc/GMT+5", "US/Mountain", "EST", "localtime", "posix/America/Denver"} & set(names)


def test_a_deadline_is_shown_in_the_zone_of_whoever_reads(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    """First the program's, then the clinic's for those of the clinic, then one's own."""
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=NOW)
    due, path = NOW + timedelta(hours=24), f"/consults/{consult.public_id}"
    pcp, director, derm = (browser_of(person) for person in (clinic.pcp, clinic.director, clinic.derm))
    home = runtime.settings.time_zone
    assert _said(home, due) in pcp.get(path).text
    base = f"/program/people/clinics/{clinic.home.public_id}/zone"
    refused = post(director, base, {"time_zone": "Middle/Earth"})
    assert (refused.status_code, "Choose a time zone of the list" in refused.text) == (422, True)
    assert post(director, base, {"time_zone": FAR}).status_code == 303
    assert FAR in director.get("/program/people").text
    assert _said(FAR, due) in pcp.get(path).text
    assert _said(home, due) in derm.get(path).text
    assert "Pacific/Kiritimati, as for everybody" in pcp.get("/account").text
    refused = post(pcp, "/account/zone", {"time_zone": "Etc/GMT+5"})
    assert (refused.status_code, "Choose a time zone of the list" in refused.text) == (422, True)
    assert post(pcp, "/account/zone", {"time_zone": "Asia/Kathmandu"}).status_code == 303
    assert _said("Asia/Kathmandu", due) in pcp.get(path).text
    assert post(pcp, "/account/zone", {"time_zone": ""}).status_code == 303
    assert _said(FAR, due) in pcp.get(path).text


def test_a_family_reads_times_as_its_clinic_does(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    """Of clinics in two zones it is the program's; what it has chosen itself is before all."""
    mother = browser_of(clinic.mother)
    with runtime.database.writing() as session:
        session.get_one(Organization, clinic.home.id).time_zone = FAR
        assert time_zone_of(session, session.get_one(Person, clinic.mother.id)) == FAR
    assert "Pacific/Kiritimati, como para todos" in mother.get("/account").text
    with runtime.database.writing() as session:
        child, person = session.get_one(Patient, clinic.other_child.id), session.get_one(Person, clinic.mother.id)
        link_caregiver(session, child, person, "mother", NOW)
        assert time_zone_of(session, session.get_one(Person, clinic.mother.id)) == ""
        session.get_one(Person, clinic.mother.id).time_zone = "Asia/Kathmandu"
        assert time_zone_of(session, session.get_one(Person, clinic.mother.id)) == "Asia/Kathmandu"


@pytest.mark.parametrize(("own", "is_night"), [("", True), ("America/Denver", False)])
def test_the_night_of_a_clinics_people_is_its_own(runtime: Runtime, clinic: Clinic, own: str, is_night: bool) -> None:
    """At eight in the morning in Denver it is five in the morning of the next day in Kiritimati."""
    at = datetime(2026, 3, 2, 15, tzinfo=UTC)
    with runtime.database.writing() as session:
        pcp = session.get_one(Person, clinic.pcp.id)
        pcp.time_zone = own
        session.get_one(Organization, clinic.home.id).time_zone = FAR
        assert (Quiet("America/Denver").until(pcp, at) > at) == is_night


def test_the_roster_is_written_and_read_in_one_zone_whoever_looks(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    """The list of time off, and what a form would change, named that zone and showed the reader's hours."""
    with runtime.database.writing() as session:
        session.merge(clinic.coordinator).time_zone = FAR
        clinic.econsult(session, now=NOW)
    desk, zone = browser_of(clinic.coordinator), runtime.settings.time_zone
    day = (NOW.astimezone(ZoneInfo(zone)) + timedelta(days=2)).date()
    typed = {"specialty": "dermatology", "from": f"{day}", "from_at": "09:15", "until": f"{day}", "until_at": "10:45"}
    planned = {"specialty": "dermatology", "person": clinic.derm.public_id, "starts": "08:00", "hours": "8"}
    assert post(desk, "/program/roster/shifts", {**planned, "weekday": f"{day.weekday()}"}).status_code == 303
    typed["person"] = clinic.derm.public_id
    looked = post(desk, "/program/roster/off", {**typed, "verb": "look"}).text
    assert post(desk, "/program/roster/off", typed).status_code == 303
    assert "Nobody would be on duty:" in looked
    page = desk.get("/program/roster/off").text
    for shown in (page, looked.partition("Nobody would be on duty:")[2]):
        assert "09:15 \u2013 10:45" in shown
    assert f"Times of {zone}" in page
