"""Visits through the API: booked, changed, replied to and ended, and what whoever answered does not read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from econsult.consults import answers
from econsult.consults.records import Consult
from econsult.people.persons import Organization
from tests.api.conftest import ProgramOf
from tests.api.test_openapi import check
from tests.personas import ANSWER, LEASE, Clinic

Made = Callable[..., str]
AHEAD = (datetime.now(UTC) + timedelta(days=9)).replace(hour=17, minute=30, second=0, microsecond=0)


def with_visit(clinic: Clinic) -> Callable[[Session, datetime], Consult]:
    def make(session: Session, now: datetime) -> Consult:
        consult = clinic.claimed(session, now=now)
        plan = [{"text": "See her in the skin clinic", "owner": "pcp", "kind": "visit"}]
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, "recommendations": plan}, now=now, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=now)
        answers.acknowledge(session, consult, clinic.pcp, now=now)
        return consult

    return make


LOCAL = f"{AHEAD.astimezone(ZoneInfo('America/Phoenix')):%Y-%m-%dT%H:%M}"
BODY = {
    "place": "Skin clinic", "starts_at": LOCAL, "zone": "America/Phoenix", "bring": ["papers"], "phone": "505 555 0100",
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Moon/Base"},
        {"starts_at": "2020-01-01T10:00"},
        {"starts_at": "soon"},
        {"starts_at": LOCAL[:10]},
        {"phone": "505"},
        {"place": "\u200b"},
    ],
)
def test_a_booking_that_cannot_be_right_is_refused(
    clinic: Clinic, program_of: ProgramOf, made: Made, wrong: dict[str, str]
) -> None:
    at, pcp = f"/consults/{made(with_visit(clinic))}", program_of(clinic.pcp)
    (step,) = pcp.get(f"{at}/steps").json["items"]
    assert pcp.post(f"{at}/steps/{step['id']}/visit", {**BODY, **wrong}).status_code == 422
    assert pcp.get(f"{at}/visits").json["items"] == []


def test_a_visit_is_booked_and_kept(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    at = f"/consults/{made(with_visit(clinic))}"
    pcp, mother, derm = (program_of(person) for person in (clinic.pcp, clinic.mother, clinic.derm))
    (step,) = pcp.get(f"{at}/steps").json["items"]
    book = f"{at}/steps/{step['id']}/visit"
    found = pcp.post(book, BODY).json
    check(pcp.client.get("/api/openapi.json").json, "Visits", found)
    (visit,) = found["items"]
    assert (visit["state"], visit["step"], visit["bring"]) == ("booked", step["id"], ["papers"])
    assert datetime.fromisoformat(visit["starts_at"]) == AHEAD
    assert pcp.post(book, BODY).json == found
    assert pcp.post(book, {**BODY, "place": "Elsewhere"}).json["code"] == "stale_version"
    listed = pcp.post(book, {"place": "Skin clinic", "instead_of": visit["id"]}).json["items"]
    assert [each["state"] for each in listed] == ["moved", "listed"]
    (*_, visit) = pcp.post(book, {**BODY, "instead_of": listed[-1]["id"]}).json["items"]
    # Whoever answered reads when, and not where; the family all of it.
    assert [each["place"] for each in derm.get(f"{at}/visits").json["items"]] == [None] * 3
    assert mother.get(f"{at}/visits").json["items"][-1]["place"] == "Skin clinic"
    say = f"{at}/visits/{visit['id']}"
    assert mother.post(say, {"verb": "ride"}).json["items"][-1]["reply"] == "ride"
    assert mother.post(say, {"verb": "off", "why": "sick"}).status_code == 403
    assert pcp.post(say, {"verb": "came"}).status_code == 409
    assert pcp.post(say, {"verb": "off"}).status_code == 422
    assert pcp.post(say, {"verb": "off", "why": "sick"}).json["items"][-1]["state"] == "off"
    assert pcp.post(say, {"verb": "missed", "why": "sick"}).status_code == 409


def test_a_time_without_a_zone_is_by_the_clock_of_the_childs_clinic(
    clinic: Clinic, program_of: ProgramOf, made: Made
) -> None:
    def make(session: Session, now: datetime) -> Consult:
        session.get_one(Organization, clinic.home.id).time_zone = "America/Phoenix"
        return with_visit(clinic)(session, now)

    at, desk = f"/consults/{made(make)}", program_of(clinic.coordinator)
    (step,) = desk.get(f"{at}/steps").json["items"]
    body = {name: value for name, value in BODY.items() if name != "zone"}
    (visit,) = desk.post(f"{at}/steps/{step['id']}/visit", body).json["items"]
    assert (visit["zone"], datetime.fromisoformat(visit["starts_at"])) == ("America/Phoenix", AHEAD)
