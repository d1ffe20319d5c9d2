"""The page on which the clinic or the desk writes down that a child has died, and what others see then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from econsult.advice.asking import ask_how_it_went
from econsult.bereavement import mark_death
from econsult.consults.answers import release_due
from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.consults.threads import Audience, request_info
from econsult.people.deaths import death_of, has_died
from econsult.people.invitations import invite
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import Person
from econsult.people.signin import make_link, make_token
from econsult.queue.quiet import Quiet
from econsult.rosters.shifts import TimeOff
from tests.personas import ANSWER, FAMILY_QUESTION, Clinic
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


def test_whoever_stands_in_for_the_desk_writes_it_down_and_takes_it_back(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    """Neither a coordinator nor anybody of the clinic is there: an emergency tells a director that the child died."""
    know(runtime, clinic.director)
    director, path, now = browser_of(clinic.director), path_of(clinic), datetime.now(UTC)
    with runtime.database.writing() as session:
        off = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(days=9)}
        session.add_all(TimeOff(person_id=person.id, **off) for person in (clinic.pcp, clinic.coordinator))
    # Nobody has asked anything of them about this child.
    assert director.get(path).status_code == 404
    with runtime.database.writing() as session:
        asked = clinic.family_question(session, now=now)
    on = f"/coordination/desk/{asked.public_id}/death"
    assert f'href="{on}"' in director.get("/coordination/desk").text
    assert director.get(on).location == path
    shown = director.get(path).text
    assert (clinic.child.name in shown, f'href="/families/{clinic.child.public_id}"' in shown) == (True, False)
    assert post(director, path, SURE).location == f"{path}?said=death_marked"
    assert is_marked(runtime, clinic)
    # It ended the question, and is still there for whoever must know of it, or was mistaken.
    assert f'href="{path}"' in director.get("/coordination/desk").text
    assert post(director, f"{path}/undo", OWNER).location == f"{path}?said=death_taken_back"
    assert (is_marked(runtime, clinic), director.get(path).status_code) == (False, 200)


def test_the_own_account_of_a_young_person_ends_with_the_mark_and_a_mistake_opens_it_as_it_was(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, youth: Person
) -> None:
    """Whoever has their telephone, or reads their letters, would read what they kept between themselves and them."""
    know(runtime, clinic.pcp)
    know(runtime, youth)
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        kept = clinic.claimed(session, now=now)
        session.get_one(Consult, kept.id).confidential = "youth"
        token, link = make_token(session, youth, now), make_link(session, youth, now)
    theirs, clinics, mothers = browser_of(youth), browser_of(clinic.pcp), browser_of(clinic.mother)
    question, told = f"/family/questions/{kept.public_id}", "own account: nobody comes in by it"
    api = f"/api/v1/consults/{kept.public_id}"
    bearer = {"Authorization": f"Bearer {token}"}
    assert (theirs.get(question).status_code, theirs.get(api, headers=bearer).status_code) == (200, 200)
    assert told in clinics.get(path_of(clinic)).text
    assert post(clinics, path_of(clinic), SURE).status_code == 303
    assert (theirs.get(question).location, theirs.get(api, headers=bearer).status_code) == ("/sign-in?ended=1", 401)
    door = {"email": "youth@clinic.test", "password": PASSWORD}
    visitor = theirs.application.test_client()
    assert post(visitor, "/sign-in", door, form_at="/sign-in").status_code == 422
    assert post(visitor, f"/sign-in/link/{link}", {}, form_at="/sign-in").status_code != 303
    assert mothers.get(question).status_code == 404
    family = f"/families/{clinic.child.public_id}"
    assert "own account" not in clinics.get(family).text
    opened = {"youth_email": "new@clinic.test", "youth_email_again": "new@clinic.test", "is_seen": "yes"}
    assert post(clinics, f"{family}/youth", {**opened, **OWNER}).status_code == 403
    assert post(clinics, f"{path_of(clinic)}/undo", OWNER).status_code == 303
    assert theirs.get(question).status_code == 303
    assert post(visitor, "/sign-in", door, form_at="/sign-in").status_code == 303
    assert (visitor.get(question).status_code, mothers.get(question).status_code) == (200, 404)


def test_a_day_that_nobody_knows_is_not_asked_for(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    know(runtime, clinic.pcp)
    desk = browser_of(clinic.pcp)
    assert post(desk, path_of(clinic), SURE).status_code == 303
    assert "The day is not known here." in desk.get(path_of(clinic)).text


ASKS = (
    "How is", "Send photos", "Go on with it", "Take this photo again", "Add another photo", "Is it clear?", "Tell us",
    "Is this happening now?", "Send the new photo", "Ask a new question", "Write to the care team",
    "send it again", "send another one",
    "Please go to the emergency room now", "You will hear from us", "Your clinic will call you", "call 911",
)  # fmt: skip
"""What pages of a family ask or promise while the child lives."""


def mark(runtime: Runtime, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        mark_death(session, session.get_one(Patient, clinic.child.id), clinic.pcp, "", now=datetime.now(UTC))


def test_the_family_reads_all_of_it_and_no_page_asks_for_anything(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        now = datetime.now(UTC) - timedelta(days=30)
        session.get_one(Person, clinic.mother.id).language = "en"
        session.execute(update(RelatedPerson).values(starts_at=now, proven_at=now))
        told, asked = clinic.answered(session, now=now), clinic.family_question(session, now=now)
        held = clinic.claimed(session, now=now)
        request_info(session, held, clinic.derm, text="A closer photo?", items=(), audience=Audience.FAMILY, now=now)
        for state, reason in (("ready", None), ("rejected", "malware")):
            about = {"consult_id": held.id, "patient_id": held.patient_id, "uploaded_by_id": clinic.mother.id}
            file = {
                "kind": "photo",
                "size": 1,
                "blob_key": f"originals/{state}",
                "key_wrapped": b"",
                "received_at": now,
            }
            session.add(Attachment(**about, **file, state=state, reason=reason, quality={"sharpness": "blurry"}))
        release_due(session, now + timedelta(hours=13))
        ask_how_it_went(session, datetime.now(UTC), Quiet())
        draft = clinic.family_draft(session, now=now)
    mothers = browser_of(clinic.mother)
    assert "How is Luz now?" in mothers.get("/family").text
    assert "Hard to breathe" in mothers.get("/family").text
    mark(runtime, clinic)
    question, answer = f"/family/questions/{told.public_id}", f"/family/questions/{told.public_id}/answer"
    pages = ("/family", question, answer, *(f"/family/questions/{each.public_id}" for each in (asked, held)))
    for path in pages:
        page = mothers.get(path)
        assert page.status_code == 200, path
        assert "We are so sorry for your loss." in page.text, path
        assert ("How can we help?" in page.text, "Hard to breathe" in page.text) == (False, False), path
        main = page.text.partition("<main")[2].partition("</main>")[0]
        assert [words for words in ASKS if words.casefold() in main.casefold()] == [], path
        assert "<form" not in main, path
    assert str(ANSWER["family_summary"]) in mothers.get(answer).text
    assert FAMILY_QUESTION in mothers.get(f"/family/questions/{asked.public_id}").text
    assert mothers.get(f"{answer}/note.txt").status_code == 200
    seen = mothers.get(f"/family/children/{clinic.child.public_id}/seen")
    assert (seen.status_code, "Hard to breathe" in seen.text) == (200, False)
    assert mothers.get(f"{question}/outcome").status_code == 404
    tried = post(mothers, f"/family/children/{clinic.child.public_id}/ask", {})
    assert (tried.status_code, "We take no new question or message for your child." in tried.text) == (403, True)
    assert mothers.get(f"/family/ask/{draft.public_id}/where").status_code == 403


def test_staff_see_a_quiet_mark_by_the_name_and_no_list_asks_them_to_call(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        now = datetime.now(UTC) - timedelta(days=2)
        told, held = clinic.answered(session, now=now), clinic.claimed(session, now=now)
        release_due(session, now + timedelta(hours=13))
    desk, clinics, dermatologist = (browser_of(each) for each in (clinic.coordinator, clinic.pcp, clinic.derm))
    assert told.number in desk.get("/coordination").text
    mark(runtime, clinic)
    board = desk.get("/coordination").text
    assert told.number not in board
    for text in (board, clinics.get("/clinic").text):
        assert "Please do not call or write to these families" in text
        assert f'href="/families/{clinic.child.public_id}">{clinic.child.name}</a>' in text
    assert "Please do not call or write" not in browser_of(clinic.other_pcp).get("/clinic").text
    assert "Has died" in clinics.get("/clinic").text
    assert "Has died" in clinics.get("/clinic/ask").text
    assert "Has died" in dermatologist.get("/worklist?view=mine").text
    for browser in (clinics, dermatologist):
        case = browser.get(f"/consults/{held.public_id}").text
        assert "This child has died." in case
        assert "Day of death" not in case
