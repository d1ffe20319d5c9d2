"""What a family allows besides its consent: each by itself, no until it says yes, and gone with the consent."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults.attachments import Attachment
from econsult.consults.facepolicy import FACE_IS_FINDING, KEEP
from econsult.consults.furtherance import (
    TEXT_VERSION,
    TEXTS,
    Allowed,
    Choice,
    FurtherConsent,
    choose,
    standing,
    write_told_yes,
)
from econsult.consults.records import Consult
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.jobs import Job, JobKind
from econsult.people.consent import hash_of
from econsult.trail import AuditEvent
from tests.personas import Clinic
from tests.web.browsing import post, refuse_without_authority
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC)


@pytest.fixture
def consult(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.claimed(session, now=NOW)


def allowed(runtime: Runtime, consult: Consult) -> set[str]:
    with runtime.database.reading() as session:
        return set(standing(session, consult.id))


def test_nothing_is_ticked_before_the_family_does_it(runtime: Runtime, mother: FlaskClient, consult: Consult) -> None:
    page = mother.get(f"/family/questions/{consult.public_id}?lang=en").text
    form = page[page.index('id="allowed"') : page.index('id="consent"')]
    assert form.count('type="checkbox"') == 2
    assert "checked" not in form
    assert allowed(runtime, consult) == set()


def test_each_yes_and_each_no_is_kept_with_its_text(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient, consult: Consult
) -> None:
    place = f"/family/questions/{consult.public_id}/allowed"
    assert post(mother, place, {"allowed": ["trainees", "teaching", "nonsense"]}).status_code == 303
    assert post(mother, place, {"allowed": ["trainees", "teaching"]}).status_code == 303, "again changes nothing"
    assert allowed(runtime, consult) == {"trainees", "teaching"}
    assert "Trainees may look" in browser_of(clinic.derm).get(f"/consults/{consult.public_id}?lang=en").text
    post(mother, place, {"allowed": "teaching"})
    assert allowed(runtime, consult) == {"teaching"}
    with runtime.database.reading() as session:
        rows = session.scalars(select(FurtherConsent).order_by(FurtherConsent.id)).all()
        acts = session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("opt%"))).all()
    assert [(row.what, row.is_given) for row in rows] == [("trainees", True), ("teaching", True), ("trainees", False)]
    assert {(row.given_by, row.method, row.language) for row in rows} == {("parent", "electronic", "es")}
    assert rows[0].text_version == TEXT_VERSION
    assert rows[0].text_hash == hash_of(TEXTS[Allowed.TRAINEES]["es"])
    assert acts == ["opt_in", "opt_in", "opt_out"]


def test_taking_the_consent_back_takes_them_all_back(runtime: Runtime, mother: FlaskClient, consult: Consult) -> None:
    place = f"/family/questions/{consult.public_id}"
    post(mother, f"{place}/allowed", {"allowed": "trainees"})
    post(mother, f"{place}/consent/withdraw", {"seal": "yes"})
    assert allowed(runtime, consult) == set()
    assert post(mother, f"{place}/allowed", {"allowed": "trainees"}).status_code == 409


def test_taking_the_consent_back_is_a_no_to_the_face_that_the_clinic_opened(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, consult: Consult
) -> None:
    with runtime.database.writing() as session:
        session.add(
            Attachment(
                consult_id=consult.id, patient_id=consult.patient_id, uploaded_by_id=clinic.pcp.id, kind="lab_document",
                size=1, state="ready", face_policy=KEEP, blob_key="originals/x", key_wrapped=b"", received_at=NOW,
            )
        )  # fmt: skip
    post(mother, f"/family/questions/{consult.public_id}/consent/withdraw", {"seal": "yes"})
    with runtime.database.reading() as session:
        rows = session.execute(select(FurtherConsent.what, FurtherConsent.is_given, FurtherConsent.method)).all()
    assert [tuple(row) for row in rows] == [("faces", False, "electronic")]


def test_the_face_is_a_yes_of_its_own_where_the_photos_are(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient
) -> None:
    ask = post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location.rsplit("/", 1)[0]
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": "face"})
    post(mother, f"{ask}/face", {"face": "face_is_finding"})
    with runtime.database.reading() as session:
        draft = session.scalars(select(Consult)).one()
    assert allowed(runtime, draft) == {"faces"}
    post(mother, f"{ask}/face", {"face": "mask_all"})
    assert allowed(runtime, draft) == set()


def test_a_yes_to_the_face_is_taken_back_where_the_question_was_sent_and_covers_every_photo(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, consult: Consult
) -> None:
    place, yes = f"/family/questions/{consult.public_id}", ("parent", "electronic", "es")
    with runtime.database.writing() as session:
        case = session.get_one(Consult, consult.id)
        choose(session, case, session.merge(clinic.mother), Choice(Allowed.FACES, True, *yes), now=NOW)
        case.details = {**case.details, "face_policy": FACE_IS_FINDING, "face_consent": True}
        # Shown by the choice of the case; by a decision about this file alone; released by a person for a reason.
        kinds = ((None, "photo"), (FACE_IS_FINDING, "photo"), (KEEP, "photo"), (KEEP, "lab_document"))
        for policy, kind in kinds:
            session.add(
                Attachment(
                    consult_id=case.id, patient_id=case.patient_id, uploaded_by_id=clinic.pcp.id, kind=kind,
                    size=1, state="ready", face_policy=policy, blob_key="originals/x", key_wrapped=b"", received_at=NOW,
                )
            )  # fmt: skip
    page = mother.get(f"{place}?lang=en").text
    assert re.search(r'value="faces" checked', page)
    post(mother, f"{place}/allowed", {"allowed": "trainees"})
    assert allowed(runtime, consult) == {"trainees"}
    with runtime.database.reading() as session:
        case = session.get_one(Consult, consult.id)
        assert (case.details["face_policy"], case.details["face_consent"]) == ("mask_all", False)
        files = session.execute(select(Attachment.state, Attachment.face_policy).order_by(Attachment.id)).all()
        again = session.scalars(select(Job.dedupe_key).where(Job.kind == JobKind.PREPARE)).all()
    assert [tuple(row) for row in files] == [("received", None)] * 4
    assert len(again) == 4
    assert re.search(r'value="faces">', mother.get(f"{place}?lang=en").text), "a no can be taken back where it is kept"


def test_who_may_not_answer_for_the_child_allows_nothing(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient, consult: Consult
) -> None:
    place = f"/family/questions/{consult.public_id}/allowed"
    refuse_without_authority(runtime, (browser_of(clinic.stranger), mother), place, {"allowed": "trainees"})
    yes = ("parent", "electronic", "es")
    with runtime.database.writing() as session:
        for person, error in ((clinic.derm, ForbiddenError), (clinic.pcp, InvalidError)):
            with pytest.raises(error):
                choose(session, consult, person, Choice(Allowed.TEACHING, True, *yes), now=NOW)
        with pytest.raises(InvalidError):
            Choice(Allowed.TEACHING, True, "king", "verbal", "es")
        choose(session, consult, clinic.pcp, Choice(Allowed.TEACHING, True, "parent", "verbal", "es"), now=NOW)
        ended = session.get_one(Consult, consult.id)
        ended.status = "closed"
        with pytest.raises(ImpossibleVerbError):
            choose(session, ended, clinic.pcp, Choice(Allowed.TRAINEES, True, "parent", "paper", "es"), now=NOW)
    assert allowed(runtime, consult) == {"teaching"}


def test_the_family_finds_and_takes_back_the_yes_that_its_clinic_told(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient
) -> None:
    shown = {"body_site": "face", "face_policy": FACE_IS_FINDING, "face_consent": True}
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=NOW, details=shown)
    place = f"/family/questions/{consult.public_id}"
    assert re.search(r'value="faces" checked', mother.get(f"{place}?lang=en").text)
    assert allowed(runtime, consult) == {"faces"}
    assert post(mother, f"{place}/allowed", {}).status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Consult, consult.id).details["face_policy"] == "mask_all"
    assert allowed(runtime, consult) == set()
    assert re.search(r'value="faces">', mother.get(place).text)


def test_a_no_before_anybody_opened_the_face_is_kept_and_her_page_lets_her_take_it_back(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, consult: Consult
) -> None:
    place = f"/family/questions/{consult.public_id}"
    assert 'value="faces"' not in mother.get(f"{place}?lang=en").text, "no page of a sent question asks for the face"
    with runtime.database.writing() as session:
        no = Choice(Allowed.FACES, False, "parent", "electronic", "es")
        for _again in range(2):
            choose(session, session.get_one(Consult, consult.id), session.merge(clinic.mother), no, now=NOW)
        assert [row.is_given for row in session.scalars(select(FurtherConsent))] == [False]
        # What another clinic's tick says does not write a yes over it.
        case = session.get_one(Consult, consult.id)
        case.details = {**case.details, "face_policy": FACE_IS_FINDING, "face_consent": True}
        with pytest.raises(InvalidError) as refused:
            write_told_yes(session, case, session.merge(clinic.pcp), now=NOW)
        assert refused.value.fields == {"details.face_consent": "family_said_no"}
        case.details = {**case.details, "face_policy": "mask_all"}
    assert re.search(r'value="faces">', mother.get(f"{place}?lang=en").text)
    assert post(mother, f"{place}/allowed", {"allowed": "faces"}).status_code == 303
    assert allowed(runtime, consult) == {"faces"}
