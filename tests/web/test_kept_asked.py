"""What a clinic asks of a specialist in confidence: kept from the draft on, asked again, followed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults import answers, declining, holding, requests
from econsult.consults.earlier import attached_to, may_show
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.notices import Notice
from econsult.people.consent import ConsentGiven
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import make_token
from tests.personas import ANSWER, LEASE, QUESTION, TARGETS, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

SECRET = "I took a morning-after pill and now I have this rash. Please do not tell my mother."
ALONE = "talk about this with the young person alone"
KEEP = "Keep it from caregivers"


def found(session: Session, public_id: str) -> Consult:
    return session.scalars(select(Consult).where(Consult.public_id == public_id)).one()


def told(session: Session, consult: Consult) -> set[int]:
    return set(session.scalars(select(Notice.person_id).where(Notice.consult_id == consult.id)))


def declined_secret(session: Session, clinic: Clinic, youth: Person, now: datetime) -> Consult:
    """A young person's own question, sent on by the clinic and declined by the specialist."""
    details = {"red_flags": [], "body_site": "elbow", "story": SECRET}
    consent = ConsentGiven("youth", "electronic", "en")
    form = RequestForm(kind="family_question", question=QUESTION, details=details, consent=consent)
    me, child = session.get_one(Person, youth.id), session.get_one(Patient, clinic.child.id)
    consult = requests.create(session, me, child, form, now=now)
    requests.submit(session, consult, me, SubmitForm(), now=now, targets=TARGETS)
    asked = RequestForm(specialty="dermatology", question=QUESTION, question_type="diagnosis")
    requests.send_on(session, consult, clinic.pcp, asked, now=now, targets=TARGETS)
    holding.claim(session, consult, clinic.derm, now=now, lease=LEASE)
    return declining.decline(session, consult, clinic.derm, "Ask gynaecology as well", now=now)


def test_what_a_young_person_kept_stays_kept_when_it_is_asked_again(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf
) -> None:
    now, pcp = datetime.now(UTC), browser_of(clinic.pcp)
    with runtime.database.writing() as session:
        old = declined_secret(session, clinic, youth, now).public_id
    page = pcp.get(f"/consults/{old}").text
    number = re.search(r'ask-again">.*?name="once" value="([0-9a-f]{16})"', page)
    assert number is not None
    # A double click is one press.
    places = {post(pcp, f"/consults/{old}/ask-again", {"once": number[1]}).location for _ in range(2)}
    assert len(places) == 1
    place = places.pop()
    shown = pcp.get(place).text
    assert (SECRET in shown or QUESTION in shown, ALONE in shown, KEEP in shown) == (True, True, False)
    new = place.rsplit("/", 1)[1]
    assert post(pcp, f"/consults/{new}/confidential", {"sees": "shared"}).status_code == 403
    words = {"specialty": "dermatology", "question": QUESTION, "seen": _seen(shown)}
    assert post(pcp, place, {**words, "verb": "shared"}).status_code == 403
    with runtime.database.writing() as session:
        draft = found(session, new)
        assert (draft.confidential, draft.details["story"], "red_flags" in draft.details) == ("youth", SECRET, False)
        form = RequestForm(details={"red_flags": []}, consent=ConsentGiven("youth", "verbal", "en"))
        requests.edit(session, draft, clinic.pcp, form, now=now)
        requests.submit(session, draft, clinic.pcp, SubmitForm(override_reason="Known"), now=now, targets=TARGETS)
        holding.claim(session, draft, clinic.derm, now=now, lease=LEASE)
        answers.save_draft(session, draft, clinic.derm, ANSWER, now=now, lease=LEASE)
        answers.sign(session, draft, clinic.derm, now=now)
        answers.acknowledge(session, draft, clinic.pcp, now=now + timedelta(minutes=1))
        assert (clinic.mother.id in told(session, draft), youth.id in told(session, draft)) == (False, True)
    for person, status in ((clinic.mother, 404), (youth, 200)):
        assert browser_of(person).get(f"/family/questions/{new}/answer").status_code == status


@pytest.mark.parametrize("writer", ["pcp", "nurse"])
def test_a_clinic_keeps_its_own_request_before_anybody_is_told(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf, writer: str
) -> None:
    now, who = datetime.now(UTC), getattr(clinic, writer)
    with runtime.database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        child.registered_by_id = clinic.nurse.id
        form = RequestForm(kind="econsult", specialty="dermatology", question=QUESTION, question_type="diagnosis")
        draft = requests.create(session, who, child, form, now=now)
    browser, at = browser_of(who), f"/clinic/requests/{draft.public_id}"
    page = browser.get(at).text
    assert (KEEP in page, ALONE in page) == (True, False)
    # The button brings the words along, and a field with a fault keeps nobody waiting for the lock.
    words = {"question": "Is this rash from the pill that she took yesterday?", "specialty": "dermatology"}
    kept = post(browser, at, {**words, "verb": "private", "seen": _seen(page)})
    assert kept.location == f"{at}?said=kept", kept.text[:200]
    page = browser.get(at).text
    assert (KEEP in page, ALONE in page, words["question"] in page) == (False, True, True)
    if writer == "pcp":
        assert post(browser, at, {**words, "verb": "shared", "seen": _seen(page)}).location == f"{at}?said=shown"
        page = browser.get(at).text
        assert KEEP in page
        post(browser, at, {**words, "verb": "private", "seen": _seen(page)})
    with runtime.database.writing() as session:
        consult = found(session, draft.public_id)
        details = {"red_flags": [], "body_site": "elbow"}
        form = RequestForm(details=details, consent=ConsentGiven("youth", "verbal", "en"))
        requests.edit(session, consult, who, form, now=now)
        requests.submit(session, consult, who, SubmitForm(override_reason="Known"), now=now, targets=TARGETS)
        assert (consult.confidential, clinic.mother.id in told(session, consult)) == ("clinic", False)
    if writer == "nurse":
        # Once it is sent, a clinician says who may know of it.
        token = _token(runtime, clinic.nurse, now)
        machine, body = browser.application.test_client(), {"confidential": False}
        said = machine.post(f"/api/v1/consults/{draft.public_id}/confidential", json=body, headers=token)
        assert said.status_code == 403


def test_a_program_keeps_a_request_from_its_first_word(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    now, machine = datetime.now(UTC), browser_of(clinic.pcp).application.test_client()
    tokens = {who: _token(runtime, getattr(clinic, who), now) for who in ("pcp", "mother", "coordinator")}
    body = {"kind": "econsult", "patient_id": clinic.child.public_id, "question": QUESTION, "confidential": True}

    def asked(who: str, kind: str) -> tuple[int, object]:
        made = machine.post("/api/v1/consults", json={**body, "kind": kind}, headers=tokens[who])
        return made.status_code, made.json.get("confidential")

    # A small child keeps nothing from its mother, and she keeps nothing from herself.
    assert (asked("pcp", "econsult")[0], asked("mother", "family_question")[0]) == (403, 403)
    with runtime.database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        child.birth_date_text = now.date().replace(year=now.year - 15, day=1).isoformat()
    assert asked("pcp", "econsult") == (201, True)
    assert (asked("mother", "family_question")[0], asked("coordinator", "family_question")[0]) == (403, 403)
    with runtime.database.reading() as session:
        drafts = session.scalars(select(Consult.confidential).where(Consult.patient_id == clinic.child.id)).all()
    assert drafts == ["clinic"], "What was refused left a draft behind"


@pytest.mark.parametrize("kept", ["", "clinic", "youth"])
def test_a_follow_up_is_one_press_away_and_as_confidential_as_what_it_follows(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf, kept: str
) -> None:
    now, pcp = datetime.now(UTC), browser_of(clinic.pcp)
    with runtime.database.writing() as session:
        old = clinic.answered(session, now=now - timedelta(minutes=5))
        old.confidential = kept
    page = pcp.get(f"/consults/{old.public_id}").text
    number = re.search(r'/follow-up">.*?name="once" value="([0-9a-f]{16})"', page)
    assert number is not None
    fields = {"once": number[1]}
    places = {post(pcp, f"/consults/{old.public_id}/follow-up", fields).location for _ in range(2)}
    assert len(places) == 1
    place = places.pop()
    shown = pcp.get(place).text
    ticked = f'name="earlier" value="{old.public_id}" checked'
    assert (ticked in shown, ALONE in shown, KEEP in shown) == (True, bool(kept), not kept)
    # A follow-up of nothing is not sent, and the page says what is missing.
    words = {"earlier_asked": "yes", "question": QUESTION, "specialty": "dermatology", "no_signs": "1"}
    refused = post(pcp, place, {**words, "seen": _seen(shown), "verb": "send"})
    assert (refused.status_code, "Tick the earlier request that this one follows." in refused.text) == (422, True)
    again = {**words, "earlier": old.public_id, "seen": _seen(refused.text)}
    assert post(pcp, place, again).location == f"{place}?said=saved"
    body = {"kind": "follow_up", "patient_id": clinic.child.public_id, "earlier": [old.public_id]}
    machine, token = pcp.application.test_client(), _token(runtime, clinic.pcp, now)
    made = machine.post("/api/v1/consults", json=body, headers=token)
    assert (made.status_code, made.json["confidential"]) == (201, bool(kept)), made.text
    with runtime.database.writing() as session:
        by_page, by_api = found(session, place.rsplit("/", 1)[1]), found(session, made.json["id"])
        for draft in (by_page, by_api):
            what = (draft.kind, draft.confidential, draft.specialty, draft.question_type)
            assert what == ("follow_up", kept, "dermatology", "follow_up")
            assert [each.id for each in attached_to(session, draft)] == [old.id]
            # An ordinary request shows nothing that is kept better than itself.
            plain = clinic.draft(session, now=now)
            assert may_show(plain, old) == (not kept)
        details = {"red_flags": [], "body_site": "elbow"}
        form = RequestForm(details=details, question=QUESTION, consent=ConsentGiven("youth", "verbal", "en"))
        requests.edit(session, by_page, clinic.pcp, form, now=now)
        requests.submit(session, by_page, clinic.pcp, SubmitForm(override_reason="Known"), now=now, targets=TARGETS)
        assert (clinic.mother.id in told(session, by_page), youth.id in told(session, by_page)) == (not kept, True)
        still_open = clinic.econsult(session, now=now)
    assert post(pcp, f"/consults/{still_open.public_id}/follow-up", {}).status_code == 409
    assert "/follow-up" not in pcp.get(f"/consults/{still_open.public_id}").text
    assert post(browser_of(clinic.other_pcp), f"/consults/{old.public_id}/follow-up", {}).status_code == 404


def _seen(page: str) -> str:
    seen = re.search(r'name="seen" autocomplete="off" value="([^"]*)"', page)
    assert seen is not None
    return seen[1].replace("&#34;", '"')


def _token(runtime: Runtime, person: Person, now: datetime) -> dict[str, str]:
    with runtime.database.writing() as session:
        return {"Authorization": f"Bearer {make_token(session, person, now)}"}
