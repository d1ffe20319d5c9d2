"""A family takes its consent back: nobody sees its files any more, by page, by route or by an old address."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults import answers
from econsult.consults.attachments import Attachment, MediaKind, Rendition, renditions_of
from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from econsult.consults.sealing import TEXT_VERSION, TEXTS, ConsentWithdrawal
from econsult.holds import LASTS, LegalHold
from econsult.notices import Notice, NoticeKind
from econsult.people.consent import hash_of
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import make_token
from econsult.trail import AuditEvent
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post, refuse_without_authority
from tests.web.conftest import BrowserOf
from tests.web.filing import file_ready, file_received
from web.shell.still import EVERY, PIECE
from workers.copies import Made
from workers.runtime import Runtime

BYTES = b"a picture of a rash" * 1000
COPIES = [Made("thumb", "image/jpeg", BYTES, 10, 10), Made("view", "image/jpeg", BYTES, 40, 40)]
EVERYBODY = ("mother", "stranger", "pcp", "nurse", "derm", "derm2", "coordinator", "director", "admin", "officer")
REASON = "An order of the district court, number 4711."


@pytest.fixture
def consult(runtime: Runtime, clinic: Clinic) -> Consult:
    """An eConsult that a dermatologist holds."""
    with runtime.database.writing() as session:
        return clinic.claimed(session, now=datetime.now(UTC))


@pytest.fixture
def photo(runtime: Runtime, clinic: Clinic, consult: Consult) -> Attachment:
    return file_ready(runtime, consult, clinic.pcp, MediaKind.PHOTO, COPIES, datetime.now(UTC))


@pytest.fixture
def copies(runtime: Runtime, photo: Attachment) -> list[str]:
    """The addresses of the photo's copies: the thumb, the view."""
    with runtime.database.reading() as session:
        return [f"/media/{copy.public_id}" for copy in renditions_of(session, [photo.id])[photo.id]]


@pytest.fixture
def held(copies: list[str]) -> list[str]:
    """Where a hold opens them."""
    return [place.replace("/media/", "/media/held/") for place in copies]


@pytest.fixture
def officers(browser_of: BrowserOf, officer: Person) -> FlaskClient:
    return browser_of(officer)


@pytest.fixture
def people(clinic: Clinic, officer: Person) -> dict[str, Person]:
    return {name: officer if name == "officer" else getattr(clinic, name) for name in EVERYBODY}


def seal(mother: FlaskClient, consult: Consult) -> None:
    place = f"/family/questions/{consult.public_id}"
    assert post(mother, f"{place}/consent/withdraw", {"seal": "yes"}).location == place


def found(runtime: Runtime, consult: Consult) -> Consult:
    with runtime.database.reading() as session:
        return session.get_one(Consult, consult.id)


def test_every_copy_and_record_is_gone_for_everybody_at_once(
    runtime: Runtime, people: dict[str, Person], browser_of: BrowserOf, photo: Attachment, copies: list[str]
) -> None:
    browsers = {name: browser_of(person) for name, person in people.items()}
    places = [*copies, f"/reviews/{photo.public_id}", f"/media/papers/{photo.public_id}"]
    with runtime.database.reading() as session:
        consult = session.get_one(Consult, photo.consult_id)
    before = browsers["derm"].get(places[0])
    assert (before.status_code, before.data, before.headers["Cache-Control"]) == (200, BYTES, "no-store")
    assert places[1] in browsers["derm"].get(f"/consults/{consult.public_id}").text
    seal(browsers["mother"], consult)
    with runtime.database.writing() as session:
        tokens = {name: make_token(session, person, datetime.now(UTC)) for name, person in people.items()}
    for name, browser in browsers.items():
        for place in places:
            assert browser.get(place).status_code in ({403, 404} if place.startswith("/reviews") else {404}), (
                name,
                place,
            )
        bearer = {"Authorization": f"Bearer {tokens[name]}"}
        plain = browser.application.test_client()
        for place in (*places[:2], f"/api/v1/attachments/{photo.public_id}/report"):
            assert plain.get(place, headers=bearer).status_code == 404, (name, place)
        for page in (f"/consults/{consult.public_id}", "/worklist", "/clinic", "/reviews", "/family", "/coordination"):
            assert not any(place in browser.get(page).text for place in places[:2]), (name, page)
        record = plain.get(f"/api/v1/consults/{consult.public_id}", headers=bearer)
        for file in record.json.get("attachments", []):
            assert (file["state"], file["reason"], file["renditions"]) == ("rejected", "consent_withdrawn", [])


def test_no_key_stays_where_anybody_reads_and_the_trail_tells_it(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, consult: Consult, photo: Attachment
) -> None:
    seal(mother, consult)
    with runtime.database.reading() as session:
        for table in (Attachment, Rendition, Upload):
            assert set(session.scalars(select(table.key_wrapped))) <= {b""}
        row = session.scalars(select(ConsentWithdrawal)).one()
        acts = session.execute(select(AuditEvent.action, AuditEvent.person_id)).all()
        told = set(session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.CONSENT_WITHDRAWN)))
    assert (row.given_by, row.method, row.language) == ("parent", "electronic", "es")
    assert (row.text_version, row.text_hash) == (TEXT_VERSION, hash_of(TEXTS["es"]))
    assert {("withdraw_consent", clinic.mother.id), ("seal", clinic.mother.id)} <= {tuple(act) for act in acts}
    assert told == {clinic.pcp.id, clinic.derm.id}


def test_a_question_without_an_answer_ends_and_takes_no_more_files(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, consult: Consult, photo: Attachment
) -> None:
    seal(mother, consult)
    assert found(runtime, consult).status == "withdrawn"
    page = mother.get(f"/family/questions/{consult.public_id}?lang=en").text
    assert "You took your consent back" in page
    assert "Closed, because the consent was taken back" in page
    assert "state err" not in page, "what the family wanted is no fault"
    assert "Take it back and lock the files" not in page


def test_a_signed_answer_stays_and_is_not_asked_again(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient, consult: Consult, photo: Attachment
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        mine = session.get_one(Consult, consult.id)
        answers.save_draft(session, mine, clinic.derm, ANSWER, now=now, lease=LEASE)
        answers.sign(session, mine, clinic.derm, now=now)
        answers.acknowledge(session, mine, clinic.pcp, now=now)
    seal(mother, consult)
    assert found(runtime, consult).status == "answered"
    assert mother.get(f"/family/questions/{consult.public_id}/answer").status_code == 200
    doctor = browser_of(clinic.pcp)
    page = doctor.get(f"/consults/{consult.public_id}?lang=en").text
    assert "The files are sealed for everybody. A signed answer stays." in page
    assert "Ask again in the same case" not in page
    assert post(doctor, f"/consults/{consult.public_id}/reopen", {"reason": "Worse"}).status_code == 403


def test_what_a_worker_is_preparing_at_that_moment_is_not_shown(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, consult: Consult
) -> None:
    coming = file_received(runtime, consult, clinic.pcp, MediaKind.PHOTO, datetime.now(UTC))
    seal(mother, consult)
    with runtime.database.reading() as session:
        file = session.get_one(Attachment, coming.id)
    assert (file.state, file.is_sealed, file.is_withdrawn) == ("rejected", True, True)


def test_the_box_guards_and_a_second_time_changes_nothing(
    runtime: Runtime, mother: FlaskClient, consult: Consult, photo: Attachment
) -> None:
    place = f"/family/questions/{consult.public_id}/consent/withdraw"
    page = post(mother, f"{place}?lang=en", {})
    assert (page.status_code, page.text.count("Tick the box if you want to take your consent back")) == (422, 2)
    assert found(runtime, consult).consent_withdrawn_at is None
    seal(mother, consult)
    seal(mother, consult)
    with runtime.database.reading() as session:
        assert len(session.scalars(select(ConsentWithdrawal)).all()) == 1


def test_who_has_no_authority_takes_nothing_back(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, browser_of: BrowserOf, consult: Consult
) -> None:
    place = f"/family/questions/{consult.public_id}/consent/withdraw"
    refuse_without_authority(runtime, (browser_of(clinic.stranger), mother), place, {"seal": "yes"})


@pytest.mark.parametrize("name", ["pcp", "coordinator"])
def test_the_clinic_and_the_desk_write_it_down_for_the_family(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, consult: Consult, photo: Attachment, name: str
) -> None:
    browser, place = browser_of(getattr(clinic, name)), f"/consults/{consult.public_id}/consent/withdraw"
    for given in ({}, {"consent_by": "parent"}, {"consent_by": "parent", "consent_method": "electronic"}):
        assert post(browser, place, given).status_code == 422
    before_form = post(browser, place, {"consent_method": "paper"}).text.partition(f'action="{place}"')[0]
    assert before_form.rpartition("<details")[2].startswith(" open"), "what the fault leads to is open"
    done = post(browser, place, {"consent_by": "guardian", "consent_method": "verbal"})
    assert done.status_code == 303
    assert "took its consent back" in browser.get(f"{done.location}&lang=en").text
    with runtime.database.reading() as session:
        row = session.scalars(select(ConsentWithdrawal)).one()
    assert (row.given_by, row.method) == ("guardian", "verbal")


def test_an_officer_opens_copies_under_a_hold_for_an_hour_and_is_seen(
    runtime: Runtime,
    people: dict[str, Person],
    browser_of: BrowserOf,
    consult: Consult,
    held: list[str],
) -> None:
    browsers = {name: browser_of(person) for name, person in people.items()}
    browser, mother, place = browsers["officer"], browsers["mother"], f"/privacy/sealed/{consult.public_id}"
    assert browser.get(place).status_code == 404, "nothing is sealed yet"
    assert browser.get(held[0]).status_code == 404
    seal(mother, consult)
    assert consult.number in browser.get("/privacy/sealed").text
    assert browser.get(held[0]).status_code == 403, "without a hold"
    for reason in ("", "An order"):
        assert post(browser, place, {"reason": reason}).status_code == 422
    assert post(browser, place, {"reason": REASON}).status_code == 303
    assert held[0] in browser.get(place).text
    unread = browser.open(held[0], buffered=False)
    with runtime.database.reading() as session:
        # The row is there while nothing was read of the copy.
        assert session.scalars(select(AuditEvent.id).where(AuditEvent.action == "read_held_thumb")).all()
    unread.close()
    assert browser.get(held[0]).data == BYTES
    for name in ("mother", "pcp", "derm", "coordinator", "admin"):
        assert browsers[name].get(held[0]).status_code == 403
    with runtime.database.reading() as session:
        child, officer = session.get_one(Patient, consult.patient_id), people["officer"]
    seen = mother.get(f"/family/children/{child.public_id}/seen?lang=en").text
    assert officer.name in seen
    assert "Opened what you had locked away, because a law or a court demands it" in seen
    begun = iter(browser.open(held[0], buffered=False).response)
    assert len(next(begun)) == PIECE
    with runtime.database.writing() as session:
        acts = session.scalars(select(AuditEvent.action).where(AuditEvent.person_id == officer.id)).all()
        session.execute(update(LegalHold).values(ends_at=datetime.now(UTC), opened_at=datetime.now(UTC) - LASTS))
    assert {"legal_hold", "read_held_thumb"} <= set(acts)
    assert browser.get(held[0]).status_code == 403, "the hour is over"
    time.sleep(EVERY)
    with pytest.raises(ConnectionResetError):
        next(begun)
    assert REASON in browser.get(place).text


def test_what_a_family_took_out_of_its_draft_opens_by_no_hold(
    runtime: Runtime, officers: FlaskClient, mother: FlaskClient, consult: Consult, held: list[str]
) -> None:
    with runtime.database.writing() as session:
        session.execute(update(Attachment).values(state="rejected", reason="withdrawn"))
    seal(mother, consult)
    place = f"/privacy/sealed/{consult.public_id}"
    assert post(officers, place, {"reason": REASON}).status_code == 303
    page = officers.get(f"{place}?lang=en").text
    assert "There is no copy of any file." in page
    assert [officers.get(address).status_code for address in held] == [404, 404]
