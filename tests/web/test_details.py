"""The page on which the clinic and the desk put a child's details right."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from econsult.people.former import PAGE, PatientCorrection
from econsult.people.lookalikes import LOOKS
from econsult.people.patients import Patient
from econsult.people.persons import Person
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import PASSWORD, BrowserOf, Enter, stored_password
from tests.web.looking import complaints, look_at
from workers.runtime import Runtime

TOLD = {"name": "Luz Prueba", "birth_date": "2022-01-15", "sex": "female", "language": "en", "version": "1"}


@pytest.fixture
def clinic(runtime: Runtime, clinic: Clinic) -> Clinic:
    with runtime.database.writing() as session:
        for person in (clinic.coordinator, clinic.pcp):
            session.get_one(Person, person.id).password_hash = stored_password()
    return clinic


def _path(clinic: Clinic) -> str:
    return f"/families/{clinic.child.public_id}/details"


def test_a_name_is_put_right_with_the_password_and_the_family_sees_it(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    desk, path = browser_of(clinic.coordinator), _path(clinic)
    assert f'href="{path}"' in desk.get(f"/families/{clinic.child.public_id}").text
    assert 'value="Luz Prueba"' in desk.get(path).text
    new = {**TOLD, "name": "Lucía Nomás", "nickname": "Chuyita", "language": "es", "region": "Norte"}
    for password, words in (("", "Write your password"), ("not this one", "This is not your password")):
        refused = post(desk, path, {**new, "factor_password": password})
        assert (refused.status_code, words in refused.text, 'value="Lucía Nomás"' in refused.text) == (422, True, True)
    saved = post(desk, path, {**new, "factor_password": PASSWORD})
    assert (saved.status_code, saved.location) == (303, f"{path}?said=details_saved")
    page = desk.get(f"{path}?said=details_saved").text
    assert all(words in page for words in ("Saved. What it said before", "<dd>Luz Prueba</dd>", "<dd>English</dd>"))
    with runtime.database.reading() as session:
        child = session.get_one(Patient, clinic.child.id)
        assert (child.name, child.language, child.region, child.version) == ("Lucía Nomás", "es", "Norte", 2)
    assert "At home: Chuyita" in desk.get(f"/families/{clinic.child.public_id}").text
    seen = browser_of(clinic.mother).get(f"/family/children/{clinic.child.public_id}/seen")
    assert "Cambió el nombre, la fecha de nacimiento u otros datos guardados" in seen.text
    # What has nothing to do with who it is needs no password; nothing at all is no change.
    also = {**new, "version": "2", "region": "Sur"}
    assert post(desk, path, also).location == f"{path}?said=details_saved"
    assert post(desk, path, {**also, "version": "3"}).location == f"{path}?said=details_same"
    moved = {**also, "version": "3", "birth_date": "2021-12-24", "factor_password": PASSWORD}
    assert post(desk, path, moved).location == f"{path}?said=born_otherwise"
    assert "January 15, 2022" in desk.get(path).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Write the child"),
        ({"birth_date": "15/01/2022"}, "Write the date as 2021-05-30"),
        ({"birth_date": "1990-01-15"}, "The child must be under 21 years"),
        ({"birth_date": "2999-01-15"}, "This day is still to come"),
        ({"language": ""}, "Choose the language of the family"),
        ({"phone": "12"}, "Write the whole number"),
        ({"mrn": "7" * 41}, "Use at most 40 letters"),
        ({"region": "a\u200bb\u0007c"}, "This holds a sign that cannot be seen"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, changes: dict[str, str], words: str
) -> None:
    given = {**TOLD, "phone": "505-555-0123", "region": "Norte", "factor_password": PASSWORD, **changes}
    refused = post(browser_of(clinic.pcp), _path(clinic), given)
    assert (refused.status_code, words in refused.text) == (422, True)
    assert ("Norte" if "region" not in changes else "505-555-0123") in refused.text
    with runtime.database.reading() as session:
        assert session.scalars(select(PatientCorrection.id)).all() == []


def test_two_windows_do_not_undo_each_other(clinic: Clinic, browser_of: BrowserOf) -> None:
    pcp, desk, path = browser_of(clinic.pcp), browser_of(clinic.coordinator), _path(clinic)
    assert post(desk, path, {**TOLD, "region": "Norte"}).status_code == 303
    stale = post(pcp, path, {**TOLD, "region": "Sur"})
    assert (stale.status_code, "Somebody changed this record while you wrote" in stale.text) == (409, True)
    assert ('value="Sur"' in stale.text, "It says now: Norte" in stale.text) == (True, True)
    # A page that was refused for something else has not shown what the other wrote, and still may not go over it.
    wrong = post(pcp, path, {**TOLD, "region": "Sur", "phone": "1"})
    assert (wrong.status_code, 'name="version" value="1"' in wrong.text) == (422, True)
    version = re.search(r'name="version" value="(\d+)"', stale.text)
    assert version is not None
    assert post(pcp, path, {**TOLD, "region": "Sur", "version": version[1]}).status_code == 303


def test_a_child_that_is_there_already_is_shown_or_only_told_of(clinic: Clinic, browser_of: BrowserOf) -> None:
    desk, pcp, path = browser_of(clinic.coordinator), browser_of(clinic.pcp), _path(clinic)
    same = {**TOLD, "name": "Sam Sample", "factor_password": PASSWORD}
    known = post(desk, path, same)
    assert (known.status_code, "Is it this child?" in known.text) == (409, True)
    assert f'href="/families/{clinic.other_child.public_id}"' in known.text
    told = post(pcp, path, same)
    assert (told.status_code, "Another clinic may know this child" in told.text) == (409, True)
    assert clinic.other_child.public_id not in told.text
    for number in range(1, LOOKS):
        post(pcp, path, {**TOLD, "mrn": f"A-{number}", "version": f"{number}"})
    late = post(pcp, path, {**same, "version": f"{LOOKS}"})
    assert (late.status_code, "names, numbers or addresses you wrote" in late.text) == (429, True)
    assert 'value="Sam Sample"' in late.text
    assert post(pcp, path, {**same, "version": f"{LOOKS}", "is_another": "yes"}).status_code == 303


def test_a_presenter_of_another_site_is_shown_no_form(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).registered_by_id = clinic.nurse.id
    nurse, path = browser_of(clinic.nurse), _path(clinic)
    assert nurse.get(path).status_code == 200
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.nurse.id).organization_id = clinic.other_pcp.organization_id
    family = nurse.get(f"/families/{clinic.child.public_id}")
    assert (family.status_code, path in family.text) == (200, False)
    assert (nurse.get(path).status_code, post(nurse, path, TOLD).status_code) == (403, 403)


def test_what_it_said_long_before_stands_on_a_page_of_its_own(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    here = {"program_id": clinic.program.id, "patient_id": clinic.child.id, "at": datetime.now(UTC)}
    with runtime.database.writing() as session:
        rows = [
            PatientCorrection(**here, by_id=clinic.pcp.id, was={"mrn": f"MRN-{number}"}) for number in range(PAGE + 2)
        ]
        session.add_all(rows)
    desk, path = browser_of(clinic.coordinator), _path(clinic)
    pages = [desk.get(path).text]
    older = re.search(r'href="(\?before=[^"#]+)#h-before"', pages[0])
    assert older is not None
    pages.append(desk.get(path + older[1]).text)
    assert [len(re.findall("<dd>MRN-", page)) for page in pages] == [PAGE, 2]
    assert "Older changes" not in pages[1]
    assert desk.get(f"{path}?before=made-up").status_code == 422


@pytest.mark.wide
@pytest.mark.parametrize("language", spread(["es", "en"], 1))
def test_it_is_accessible_whole_and_in_its_language(
    runtime: Runtime, clinic: Clinic, enter: Enter, address: str, devices: Devices, language: str
) -> None:
    was = {"name": "Luz Pruebas", "birth_date": "2021-01-15", "phone": "505-555-0177"}
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.coordinator.id).language = language
        here = {"program_id": clinic.program.id, "patient_id": clinic.child.id, "at": datetime.now(UTC)}
        session.add(PatientCorrection(**here, by_id=clinic.pcp.id, was=was))
    width = 390 if language == "es" else 1440
    page = enter(devices.desktop(viewport={"width": width, "height": 900}), clinic.coordinator)
    heard = complaints(page)
    page.goto(f"{address}{_path(clinic)}")
    look_at(page, "details", language, {"pcp", "Luz Pruebas"})
    page.locator("#name").fill("Sam Sample")
    page.locator("form[id=second-step] button").click()
    page.get_by_role("alert").first.wait_for()
    look_at(page, "details-wrong", language, {"pcp", "Luz Pruebas"})
    assert heard == []
