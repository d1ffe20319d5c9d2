"""The page on which the clinic or the desk writes down that a child has died, and what others see then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from econsult.consults.records import Consult
from econsult.people.deaths import death_of, has_died
from econsult.people.invitations import invite
from econsult.people.patients import Patient
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import PASSWORD, BrowserOf
from tests.web.test_elsewhere import know
from workers.runtime import Runtime

OWNER = {"factor_password": PASSWORD}
SURE = {"is_sure": "yes", **OWNER}
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def path_of(clinic: Clinic) -> str:
    return f"/families/{clinic.child.public_id}/death"


def is_marked(runtime: Runtime, clinic: Clinic) -> bool:
    with runtime.database.reading() as session:
        return has_died(session, clinic.child.id)


@pytest.mark.parametrize("who", ["pcp", "coordinator"])
def test_the_clinic_and_the_desk_see_what_stops_write_it_down_and_take_it_back(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, who: str
) -> None:
    know(runtime, getattr(clinic, who))
    desk, path = browser_of(getattr(clinic, who)), path_of(clinic)
    with runtime.database.writing() as session:
        now = datetime.now(UTC)
        asked, held = clinic.family_question(session, now=now), clinic.claimed(session, now=now)
        child = session.get_one(Patient, clinic.child.id)
        invite(session, clinic.pcp, child, "es", secret_key=runtime.secret_key, now=now, sent_to="m@example.test")
    assert f'href="{path}"' in desk.get(f"/families/{clinic.child.public_id}").text
    page = desk.get(path).text
    for words in (asked.number, held.number, "One invitation that nobody has opened.", "It names nobody."):
        assert words in page, words
    for fields, said in (
        ({}, "Tick it once you are sure"),
        ({"is_sure": "yes"}, "Write your password"),
        ({"is_sure": "yes", "factor_password": "wrong"}, "This is not your password"),
        ({**SURE, "day": "2019-01-01"}, "This day cannot be"),
        ({**SURE, "day": "soon"}, "This day cannot be"),
    ):
        refused = post(desk, path, fields)
        assert (refused.status_code, said in refused.text) == (422, True), fields
    assert not is_marked(runtime, clinic)
    done = post(desk, path, {**SURE, "day": YESTERDAY})
    assert (done.status_code, done.location) == (303, f"{path}?said=death_marked")
    page = desk.get(path).text
    assert f"{clinic.child.name} died on" in page
    assert held.number in page
    with runtime.database.reading() as session:
        death = death_of(session, clinic.child.id)
        assert death is not None
        assert death.day_text == YESTERDAY
    for near in (f"/families/{clinic.child.public_id}", f"/invitations/{clinic.child.public_id}"):
        assert "Do not call or write to the family" in desk.get(near).text, near
    refused = post(desk, f"/invitations/{clinic.child.public_id}", {"language": "es", "sent_to": ""})
    assert (refused.status_code, "nobody of the family is invited" in refused.text) == (422, True)
    assert post(desk, f"{path}/undo", {}).status_code == 422
    assert is_marked(runtime, clinic)
    assert post(desk, f"{path}/undo", OWNER).status_code == 303
    assert not is_marked(runtime, clinic)
    assert "Do not call or write to the family" not in desk.get(f"/families/{clinic.child.public_id}").text
    with runtime.database.reading() as session:
        assert session.get_one(Consult, asked.id).status == "submitted"


def test_a_day_that_nobody_knows_is_not_asked_for(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    know(runtime, clinic.pcp)
    desk = browser_of(clinic.pcp)
    assert post(desk, path_of(clinic), SURE).status_code == 303
    assert "The day is not known here." in desk.get(path_of(clinic)).text
