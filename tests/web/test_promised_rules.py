"""The page "What we promise" shows the rules that a new request would get, wherever they come from."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from econsult.consults.policies import LONGEST, Policy, rules_of, save_policy
from econsult.consults.records import Consult
from tests.crowd import Crowd, add_crowd
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

RULES = {"allocate": "60", "next_reply": "24", "family_informed": "24", "pause": "72", "release": "12"}


def test_a_specialty_without_rules_of_its_own_shows_those_for_all(browser_of: BrowserOf, clinic: Clinic) -> None:
    admin = browser_of(clinic.admin)
    fields = {**RULES, "first_reply": "12", "ladder": "50, 75, 90, 100", "verb": "save", "urgency": "routine"}
    assert post(admin, "/program/rules", fields).status_code == 303
    for specialty in ("", "dermatology"):
        page = admin.get(f"/program/rules?urgency=routine&specialty={specialty}").text
        field = page.split('name="first_reply"')[1].split(">")[0]
        assert (specialty, 'value="12"' in field) == (specialty, True)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("10000", 10000), ("43,200", 43200), ("43.200", 43200), ("43\u00a0200", 43200), ("\u200e60 ", 60), ("1", 1)],
)
def test_minutes_are_read_as_people_write_and_copy_them(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, written: str, minutes: int
) -> None:
    fields = {
        **RULES,
        "allocate": written,
        "first_reply": "12,5",
        "ladder": "100",
        "release": "0",
        "urgency": "routine",
    }
    assert post(browser_of(clinic.admin), "/program/rules", {**fields, "verb": "save"}).status_code == 303
    with runtime.database.reading() as session:
        content = json.loads(session.scalars(select(Policy.content)).one())
    assert (content["allocate"], content["first_reply"], content["release"]) == (minutes, 750, 0)


@pytest.mark.parametrize("minutes", [1, 7, 20, 50, 100, 1441, 20_000, 43_199, 43_200])
def test_what_the_form_shows_can_be_saved_again_and_changes_nothing(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, minutes: int
) -> None:
    content = {**dict.fromkeys(LONGEST, minutes), "release": min(minutes - 1, 1440), "ladder": [50, 100]}
    with runtime.database.writing() as session:
        save_policy(session, clinic.admin, specialty="", urgency="routine", content=content, now=datetime.now(UTC))
    admin = browser_of(clinic.admin)
    shown = admin.get("/program/rules?urgency=routine").text
    fields = {name: shown.split(f'name="{name}"')[1].split('value="')[1].split('"')[0] for name in (*LONGEST, "ladder")}
    assert post(admin, "/program/rules", {**fields, "urgency": "routine", "verb": "save"}).status_code == 303
    with runtime.database.reading() as session:
        assert [json.loads(each) for each in session.scalars(select(Policy.content))] == [content, content]


@pytest.mark.wide
def test_more_open_requests_than_go_over_at_once_are_said_and_taken_by_a_button(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    admin, now = browser_of(clinic.admin), datetime.now(UTC)
    with runtime.database.writing() as session:
        template = clinic.econsult(session, now=now, specialty="neurology")
        add_crowd(session, template, Crowd(1020, now + timedelta(hours=1), timedelta(seconds=1), ("dermatology",)))
    fields = {**RULES, "first_reply": "24", "ladder": "60, 100", "urgency": "routine", "specialty": "dermatology"}
    page = post(admin, "/program/rules", {**fields, "verb": "look"}).text
    assert "If this were saved for open requests too, 1,000+ would change." in page
    assert "Only a part of the open requests was looked at" in page
    given = post(admin, "/program/rules", {**fields, "verb": "apply"})
    assert "Many open requests went over, not all of them yet." in admin.get(given.headers["Location"]).text
    pair = {"urgency": "routine", "specialty": "dermatology"}
    rest = admin.get(post(admin, "/program/rules/open", pair).headers["Location"]).text
    assert ("Saved." in rest, "Go on with the others" in rest) == (True, False)
    assert "requests too, 0 would change" in post(admin, "/program/rules", {**fields, "verb": "look"}).text


def test_the_page_says_what_its_rules_replace_and_takes_them_back(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    admin, address = browser_of(clinic.admin), "/program/rules?urgency=routine&specialty=dermatology"
    fields = {**RULES, "first_reply": "12", "ladder": "100", "verb": "save", "urgency": "routine"}
    post(admin, "/program/rules", fields)
    assert "No rules of their own" in admin.get(address).text
    own = {**fields, "first_reply": "8", "specialty": "dermatology"}
    post(admin, "/program/rules", own)
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=datetime.now(UTC))
    page = admin.get(address).text
    assert "They take the place of all of this: All specialties, Routine, version 1." in page
    row = re.search(r"First reply within \(hours\)</th><td[^>]*>8</td><td[^>]*>12</td>", page)
    assert (row is not None, page.count('<th scope="row">')) == (True, 1)
    assert "Dermatology, Routine, version 1" in admin.get("/program/rules?urgency=routine").text
    back = {"urgency": "routine", "specialty": "dermatology"}
    looked = post(admin, "/program/rules", {**back, "verb": "look_back"})
    assert (looked.status_code, consult.number in looked.text) == (200, True)
    assert post(admin, "/program/rules", {**back, "verb": "retire_all"}).status_code == 303
    assert "No rules of their own" in admin.get(address).text
    with runtime.database.reading() as session:
        open_now = session.get_one(Consult, consult.id)
        assert rules_of(open_now).first_reply == timedelta(hours=12)
    again = post(admin, "/program/rules", {**back, "verb": "retire"})
    assert (again.status_code, "These rules were taken back already" in again.text) == (422, True)


def test_a_clinic_reads_before_it_sends_within_what_time_its_program_promises_a_reply(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    began = datetime.now(UTC)
    wish = {"specialty": "dermatology", "urgency": "routine", "content": {"first_reply": 72 * 60}}
    with runtime.database.writing() as session:
        save_policy(session, clinic.admin, **wish, now=began)
        drafts = {3: clinic.draft(session), 1: clinic.draft(session, specialty="neurology")}
    for days, draft in drafts.items():
        page = browser_of(clinic.pcp).get(f"/clinic/requests/{draft.public_id}").text
        field = re.search(r'value="routine" data-due="by ([A-Z][a-z]{2}) [0-9]', page)
        due = [(at + timedelta(days=days)).astimezone(ZoneInfo("America/Denver")) for at in (began, datetime.now(UTC))]
        assert field is not None
        assert field[1] in {f"{at:%a}" for at in due}
