"""The page about the end of records, and what every page says about one that was erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from econsult.consults import answers, telling
from econsult.consults.attachments import MediaKind, renditions_of
from econsult.consults.records import Consult
from econsult.erasure.carrying import Tools, erase_due
from econsult.erasure.records import Erasure, RetentionHold
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import make_token
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import PASSWORD, BrowserOf, stored_password
from tests.web.filing import file_ready
from workers.copies import Made
from workers.runtime import Runtime

PAGE = "/privacy/records"
WHY = "The family court ordered it in case 12-345."
COPIES = [Made("view", "image/jpeg", b"a picture of a rash" * 40, 40, 40)]


@pytest.fixture
def officers(runtime: Runtime, browser_of: BrowserOf, officer: Person) -> FlaskClient:
    with runtime.database.writing() as session:
        session.get_one(Person, officer.id).password_hash = stored_password()
    return browser_of(officer)


def _closed(runtime: Runtime, clinic: Clinic) -> tuple[Consult, str]:
    """A consult about the child that has ended, and the address of its picture."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=now)
    photo = file_ready(runtime, consult, clinic.pcp, MediaKind.PHOTO, COPIES, now)
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, consult.id)
        answers.acknowledge(session, consult, clinic.pcp, now=now)
        telling.inform(session, consult, clinic.pcp, method="phone", teach_back=True, now=now)
        answers.close(session, consult, clinic.pcp, reason="", now=now)
        return consult, f"/media/{renditions_of(session, [photo.id])[photo.id][0].public_id}"


def _ask(officers: FlaskClient, child: str, **changes: str) -> TestResponse:
    given = {"erase_child": child, "erase_basis": "order", "erase_words": WHY, "factor_password": PASSWORD}
    return post(officers, f"{PAGE}/erase", given | changes)


def _carry_out(runtime: Runtime) -> None:
    tools = Tools(runtime.database.cipher, Path(runtime.settings.audit_anchors))
    with runtime.database.writing() as session:
        assert erase_due(session, tools, datetime.now(UTC) + timedelta(days=8)) == 1


def test_asked_for_undone_and_held_with_what_is_wrong_named(
    runtime: Runtime, clinic: Clinic, officers: FlaskClient
) -> None:
    alias = clinic.child.alias
    assert "Every record must still be kept" in officers.get(PAGE).text
    for changes, words in (
        ({"erase_child": ""}, "Write the child"),
        ({"erase_child": "C-9999"}, "No child has this alias"),
        ({"erase_basis": "because"}, "Choose why"),
        ({"erase_words": "court"}, "Write which law"),
        ({"factor_password": "wrong password here"}, "This is not your password"),
        ({"factor_password": ""}, "Write your password"),
    ):
        refused = _ask(officers, alias, **changes)
        assert (refused.status_code, words in refused.text) == (422, True), changes
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=datetime.now(UTC))
    assert "still open" in _ask(officers, consult.number).text
    asked = _ask(officers, clinic.other_child.alias)
    assert asked.location == f"{PAGE}?said=erasure_asked"
    assert WHY in officers.get(asked.location).text
    with runtime.database.reading() as session:
        row = session.scalars(select(Erasure)).one()
    assert post(officers, f"{PAGE}/{row.public_id}/undo", {}).location == f"{PAGE}?said=erasure_undone"
    assert WHY not in officers.get(PAGE).text
    assert post(officers, f"{PAGE}/{'0' * 32}/undo", {}).status_code == 404


def test_a_hold_is_placed_without_and_lifted_with_the_password(
    runtime: Runtime, clinic: Clinic, officers: FlaskClient
) -> None:
    alias = clinic.other_child.alias
    assert post(officers, f"{PAGE}/hold", {"hold_child": alias, "hold_words": "court"}).status_code == 422
    assert post(officers, f"{PAGE}/hold", {"hold_child": alias, "hold_words": WHY}).status_code == 303
    assert "A legal hold keeps this record" in _ask(officers, alias).text
    with runtime.database.reading() as session:
        place = f"{PAGE}/holds/{session.scalars(select(RetentionHold)).one().public_id}"
    assert WHY in officers.get(place).text
    assert post(officers, place, {"factor_password": "wrong password here"}).status_code == 422
    assert post(officers, place, {"factor_password": PASSWORD}).location == f"{PAGE}?said=lifted"
    assert officers.get(place).status_code == 409
    assert _ask(officers, alias).status_code == 303


def test_every_page_over_an_erased_child_says_so_plainly(
    runtime: Runtime, clinic: Clinic, officers: FlaskClient, browser_of: BrowserOf
) -> None:
    consult, picture = _closed(runtime, clinic)
    assert _ask(officers, consult.number).status_code == 303
    _carry_out(runtime)
    with runtime.database.writing() as session:
        row = session.scalars(select(Erasure)).one()
        child = session.get_one(Patient, clinic.child.id)
        people = {name: session.get_one(Person, getattr(clinic, name).id) for name in ("pcp", "derm", "coordinator")}
        token = make_token(session, people["pcp"], datetime.now(UTC))
        foreign = make_token(session, session.get_one(Person, clinic.other_pcp.id), datetime.now(UTC))
    assert row.done_at is not None
    said = f"{row.done_at.astimezone().year}"
    pcp, derm, desk = (browser_of(people[name]) for name in ("pcp", "derm", "coordinator"))
    for browser, place in (
        (pcp, f"/consults/{consult.public_id}"),
        (derm, f"/consults/{consult.public_id}"),
        (desk, f"/coordination/{consult.public_id}"),
        (pcp, f"/families/{child.public_id}"),
        (pcp, f"/consults/{consult.public_id}/note.pdf"),
        (pcp, picture),
    ):
        answer = browser.get(place)
        assert answer.status_code in {404, 410}, place
        if answer.status_code == 410:
            assert "Erased on" in answer.text, place
            assert said in answer.text
    assert pcp.get(f"/consults/{consult.public_id}").status_code == 410
    assert "Borrado el" in pcp.get(f"/consults/{consult.public_id}?lang=es").text
    # Lists go on, with the same words where the child stood; the figures as well.
    for browser, place in (
        (pcp, "/clinic?view=done"),
        (pcp, "/clinic/ask"),
        (derm, "/worklist?view=done"),
        (derm, "/worklist/advice"),
        (desk, "/coordination"),
        (desk, "/coordination/desk"),
        (desk, "/coordination/ages"),
        (desk, "/program"),
        (officers, "/privacy"),
        (officers, PAGE),
    ):
        listed = browser.get(place)
        assert (listed.status_code, clinic.child.name in listed.text) == (200, False), place
    assert "erased on" in pcp.get("/clinic?view=done").text
    plain = pcp.application.test_client()
    for place in (f"/api/v1/consults/{consult.public_id}", f"/api/v1/consults/{consult.public_id}/bundle", picture):
        for bearer, status in ((token, 410), (foreign, 404)):
            answer = plain.get(place, headers={"Authorization": f"Bearer {bearer}", "Accept": "application/json"})
            assert answer.status_code in {status, 404}, place
    answer = plain.get(f"/api/v1/consults/{consult.public_id}", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json["code"]) == (410, "erased")
    assert datetime.fromisoformat(answer.json["erased_at"]) == row.done_at
    listed = plain.get("/api/v1/worklist?view=done", headers={"Authorization": f"Bearer {token}"})
    assert listed.status_code == 200
    assert [each["patient"]["age_months"] for each in listed.json["items"]] == [None]
