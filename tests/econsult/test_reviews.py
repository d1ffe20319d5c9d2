"""Who may decide about a file, what a decision does, and what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult import access
from econsult.consults import reviews
from econsult.consults.attachments import PRIVATE_SITE, Attachment, AttachmentState, Rendition
from econsult.consults.furtherance import Allowed, Choice, FurtherConsent, choose, standing
from econsult.consults.preparing import link_renditions
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, SubmitForm, edit, submit, withdraw
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.jobs import Job
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.rights import Right
from econsult.trail import AuditEvent
from tests.econsult.test_forms_at_once import waiting
from tests.personas import NOON, TARGETS, Clinic, open_clinic
from tests.workers.clinic import wait_until
from workers.policies import policy_for

LATER = NOON + timedelta(minutes=5)
FACE = {"masks": [{"what": "face"}], "policy": {"faces": "mask_all"}}


@pytest.fixture
def file(database: Database, clinic: Clinic) -> Attachment:
    """A prepared photo of an eConsult with a hidden face."""
    with database.writing() as session:
        consult = clinic.econsult(session, now=NOON)
        return _file(session, consult, clinic, AttachmentState.READY)


def _file(session, consult: Consult, clinic: Clinic, state: AttachmentState) -> Attachment:
    attachment = Attachment(
        consult_id=consult.id, patient_id=consult.patient_id, uploaded_by_id=clinic.pcp.id, kind="photo", size=1,
        state=state, reason="no_face_model" if state == AttachmentState.HELD else None, report=FACE,
        blob_key="originals/x", key_wrapped=b"", received_at=NOON,
    )  # fmt: skip
    session.add(attachment)
    session.flush()
    return attachment


def decide(session, file: Attachment, person, **choice) -> Attachment:
    found, _ = access.review_for(session, person, file.public_id, now=LATER)
    asked = {"policy": "mask_all", "regions": [], "has_consent": False} | choice
    reviews.choose_faces(session, found, person, now=LATER, **asked)
    return found


def test_only_the_medical_home_may_decide(database: Database, clinic: Clinic, file: Attachment) -> None:
    for stranger in (clinic.mother, clinic.derm, clinic.coordinator, clinic.other_pcp):
        with database.writing() as session, pytest.raises(NotFoundError):
            access.review_for(session, stranger, file.public_id, now=LATER)
    with database.writing() as session:
        assert access.review_for(session, clinic.pcp, file.public_id, now=LATER)[0].id == file.id


def test_a_decision_prepares_the_file_anew_and_is_written_down(
    database: Database, clinic: Clinic, file: Attachment
) -> None:
    with database.writing() as session:
        found = decide(session, file, clinic.pcp, policy="face_is_finding", has_consent=True)
        assert (found.state, found.face_policy) == (AttachmentState.RECEIVED, "face_is_finding")
        keys = session.scalars(select(Job.dedupe_key).where(Job.subject_id == file.id)).all()
        assert f"prepare:{file.id}:1" in keys
    with database.reading() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "choose_faces")).all()
        assert [event.detail for event in events] == ["face_is_finding/consent"]


@pytest.mark.parametrize(
    ("choice", "field"),
    [({"policy": "blur"}, "face_policy"), ({"policy": "face_is_finding"}, "face_consent"),
     ({"policy": "keep_region"}, "regions")],
)  # fmt: skip
def test_a_decision_that_lacks_something_changes_nothing(
    database: Database, clinic: Clinic, file: Attachment, choice: dict[str, str], field: str
) -> None:
    with database.writing() as session, pytest.raises(InvalidError) as refused:
        decide(session, file, clinic.pcp, **choice)
    assert list(refused.value.fields) == [field]
    with database.reading() as session:
        assert session.get_one(Attachment, file.id).state == AttachmentState.READY


def test_release_and_refusal_need_a_reason_and_do_what_they_say(
    database: Database, clinic: Clinic, file: Attachment
) -> None:
    with database.writing() as session:
        found, _ = access.review_for(session, clinic.pcp, file.public_id, now=LATER)
        for verb in (reviews.release_for_treatment, reviews.reject_file):
            with pytest.raises(InvalidError):
                verb(session, found, clinic.pcp, reason=" ", now=LATER)
        found.state = AttachmentState.HELD
        reviews.release_for_treatment(session, found, clinic.pcp, reason="The label matters", now=LATER)
        assert (found.state, found.face_policy, found.review_note) == ("received", "keep", "The label matters")
        with pytest.raises(ImpossibleVerbError):
            reviews.reject_file(session, found, clinic.pcp, reason="Too late", now=LATER)


def test_a_picture_of_a_private_place_can_only_be_refused(database: Database, clinic: Clinic, file: Attachment) -> None:
    with database.writing() as session:
        found, _ = access.review_for(session, clinic.pcp, file.public_id, now=LATER)
        found.state, found.reason = AttachmentState.HELD, PRIVATE_SITE
        with pytest.raises(ImpossibleVerbError):
            reviews.release_for_treatment(session, found, clinic.pcp, reason="x", now=LATER)
        reviews.reject_file(session, found, clinic.pcp, reason="Private", now=LATER)
        assert (found.state, found.reason) == ("rejected", "reviewed")


def test_to_decline_a_wish_forgets_no_reason_for_which_a_file_waits_or_was_refused(
    database: Database, clinic: Clinic, file: Attachment
) -> None:
    """The place may turn out to be private after a specialist asked to see more of it."""
    waits, refused = (AttachmentState.HELD, PRIVATE_SITE), (AttachmentState.REJECTED, "reviewed")
    for state, reason in (waits, refused):
        with database.writing() as session:
            found, _ = access.review_for(session, clinic.pcp, file.public_id, now=LATER)
            found.state, found.reason, found.show_asked_at = state, reason, LATER
            reviews.refuse_to_show(session, found, clinic.pcp, now=LATER)
            assert (found.state, found.reason) == (state, reason)
            session.expire(found)
            assert found.show_asked_at is None


def test_a_specialist_asks_once_and_the_clinic_finds_it(database: Database, clinic: Clinic, file: Attachment) -> None:
    with database.writing() as session:
        found, _ = access.review_for(session, clinic.derm, file.public_id, now=LATER, right=Right.HOLD)
        reviews.ask_to_show(session, found, clinic.derm, now=LATER)
        reviews.ask_to_show(session, found, clinic.derm, now=LATER)
        waiting = reviews.held_files(session, clinic.pcp)
        assert [entry.id for entry, _ in waiting] == [file.id]
        reviews.refuse_to_show(session, found, clinic.pcp, now=LATER)
        assert reviews.held_files(session, clinic.pcp) == []
    with database.reading() as session:
        asked = session.scalars(select(AuditEvent).where(AuditEvent.action == "ask_to_show")).all()
        assert len(asked) == 1


def test_files_of_a_question_that_the_family_has_not_sent_wait_for_nobody(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session)
        _file(session, draft, clinic, AttachmentState.HELD)
        assert reviews.held_files(session, clinic.pcp) == []
        submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        assert len(reviews.held_files(session, clinic.pcp)) == 1


def test_what_is_listed_for_review_can_be_opened(database: Database, clinic: Clinic) -> None:
    """The clinic's own draft as well, and only by those of the clinic whom `access` lets open it."""
    with database.writing() as session:
        held = _file(session, clinic.draft(session), clinic, AttachmentState.HELD)
        assert [file.id for file, _ in reviews.held_files(session, clinic.pcp)] == [held.id]
        assert access.review_for(session, clinic.pcp, held.public_id, now=LATER)[0].id == held.id
        assert reviews.held_files(session, clinic.other_pcp) == []


def test_a_draft_that_a_family_threw_away_stays_its_own(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session)
        withdraw(session, draft, clinic.mother, "", now=NOON)
        assert access.consult_for(session, clinic.mother, draft.public_id, now=LATER).consult.id == draft.id
        assert access.consults_about(session, clinic.pcp, draft_child(session, draft), now=LATER) == []
        for person in (clinic.pcp, clinic.coordinator):
            with pytest.raises(NotFoundError):
                access.consult_for(session, person, draft.public_id, now=LATER)


def draft_child(session: Session, draft: Consult) -> Patient:
    return session.get_one(Patient, draft.patient_id)


def test_a_review_copy_opens_for_the_reviewer_alone_and_only_while_the_file_is_held(
    database: Database, clinic: Clinic, file: Attachment
) -> None:
    with database.writing() as session:
        held = session.get_one(Attachment, file.id)
        held.state = AttachmentState.HELD
        copy = _copy_of(session, held, "review")
        assert access.rendition_for(session, clinic.pcp, copy.public_id, now=LATER)
        for stranger in (clinic.derm, clinic.mother, clinic.coordinator):
            with pytest.raises(NotFoundError):
                access.rendition_for(session, stranger, copy.public_id, now=LATER)
        held.state = AttachmentState.READY
        with pytest.raises(NotFoundError):
            access.rendition_for(session, clinic.pcp, copy.public_id, now=LATER)


def test_a_file_that_shows_a_face_is_closed_to_the_pool(database: Database, clinic: Clinic, file: Attachment) -> None:
    with database.writing() as session:
        session.get_one(Attachment, file.id).is_restricted = True
        with pytest.raises(ForbiddenError, match="takes the case"):
            access.attachment_for(session, clinic.derm, file.public_id, now=LATER)
        consult = session.get_one(Consult, file.consult_id)
        consult.holder_id = clinic.derm.id
        assert access.attachment_for(session, clinic.derm, file.public_id, now=LATER)


@pytest.mark.parametrize(
    ("told", "is_shut"),
    [
        ({"policy": {"faces": "keep_region"}, "open_faces": 0}, False),
        ({"policy": {"faces": "face_is_finding"}, "open_faces": 0}, False),
        ({"policy": {"faces": "face_is_finding"}, "open_faces": 1}, True),
        ({"policy": {"faces": "keep_region"}, "open_faces": None}, True),
        ({"policy": {"faces": "keep"}}, True),
        ({"policy": {"faces": "no_face"}}, False),
        ({"policy": {"faces": "mask_all"}, "has_sound": True}, True),
    ],
)
def test_the_pool_is_shut_out_where_a_face_stays_open_or_was_not_looked_for(
    database: Database, clinic: Clinic, file: Attachment, told: dict[str, object], is_shut: bool
) -> None:
    with database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        link_renditions(session, mine, (), told, LATER)
        assert mine.is_restricted == is_shut


@pytest.mark.parametrize(
    ("details", "field"),
    [({"face_policy": "blur"}, "details.face_policy"), ({"face_policy": "face_is_finding"}, "details.face_consent")],
)
def test_a_request_that_shows_a_face_needs_consent(
    database: Database, clinic: Clinic, details: dict[str, str], field: str
) -> None:
    with database.writing() as session, pytest.raises(InvalidError) as refused:
        clinic.econsult(session, now=NOON, details=details)
    assert list(refused.value.fields) == [field]


def test_a_changed_policy_of_the_case_prepares_its_files_anew(
    database: Database, clinic: Clinic, file: Attachment
) -> None:
    with database.writing() as session:
        consult = session.get_one(Consult, file.consult_id)
        consult.status = "draft"
        form = RequestForm(details={"face_policy": "face_is_finding", "face_consent": True})
        edit(session, consult, clinic.pcp, form, now=LATER)
        assert session.get_one(Attachment, file.id).state == AttachmentState.RECEIVED
        edit(session, consult, clinic.pcp, RequestForm(details={"tried": "x"}), now=LATER)
        assert session.get_one(Attachment, file.id).reviews == 1


@pytest.mark.parametrize(("has_own_yes", "ends"), [(False, None), (True, "face_is_finding")])
def test_a_face_that_was_shown_by_the_yes_of_the_case_is_covered_when_the_case_takes_it_back(
    database: Database, clinic: Clinic, file: Attachment, has_own_yes: bool, ends: str | None
) -> None:
    """Not so where the family's own yes to the face stands; what was released for a reason rests on that."""
    shows, hides = {"face_policy": "face_is_finding", "face_consent": True}, {"face_policy": "mask_all"}
    with database.writing() as session:
        consult = session.get_one(Consult, file.consult_id)
        consult.status = "draft"
        edit(session, consult, clinic.pcp, RequestForm(details=shows), now=LATER)
        released = _file(session, consult, clinic, AttachmentState.READY)
        released.face_policy = "keep"
        mine = session.get_one(Attachment, file.id)
        mine.state, mine.face_policy = AttachmentState.READY, "face_is_finding"
        if has_own_yes:
            choose(session, consult, clinic.pcp, Choice(Allowed.FACES, True, "parent", "verbal", "es"), now=LATER)
        edit(session, consult, clinic.pcp, RequestForm(details={**hides, "face_consent": False}), now=LATER)
        assert (mine.face_policy, mine.state) == (ends, "ready" if has_own_yes else "received")
        assert (released.face_policy, released.state) == ("keep", "ready")


def _says(session: Session, consult: Consult, person: Person, *, yes: bool) -> None:
    choose(session, consult, person, Choice(Allowed.FACES, yes, "parent", "electronic", "es"), now=LATER)


def test_a_clinics_tick_keeps_whose_yes_it_was_and_the_familys_no_covers_the_face(
    database: Database, clinic: Clinic
) -> None:
    shown = {"body_site": "face", "face_policy": "face_is_finding", "face_consent": True}
    with database.writing() as session:
        consult = clinic.econsult(session, now=NOON, details=shown)
        row = session.scalars(select(FurtherConsent)).one()
        assert (row.what, row.is_given, row.recorded_by_id) == (Allowed.FACES, True, clinic.pcp.id)
        assert (row.given_by, row.method) == ("parent", "verbal")
        file = _file(session, consult, clinic, AttachmentState.READY)
        _says(session, consult, clinic.mother, yes=False)
        assert (file.state, consult.details["face_policy"]) == (AttachmentState.RECEIVED, "mask_all")


@pytest.mark.parametrize("opened", ["keep_region", "keep"])
def test_a_no_without_a_yes_before_it_covers_what_the_clinic_opened(
    database: Database, clinic: Clinic, file: Attachment, opened: str
) -> None:
    with database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        mine.face_policy = opened
        consult = session.get_one(Consult, file.consult_id)
        _says(session, consult, clinic.mother, yes=False)
        assert [mine.face_policy, mine.state] == [None, AttachmentState.RECEIVED]
        assert [row.is_given for row in session.scalars(select(FurtherConsent))] == [False]
        _says(session, consult, clinic.mother, yes=False)
        assert len(session.scalars(select(FurtherConsent)).all()) == 1, "nothing is left to say no to"


def _copy_of(session: Session, file: Attachment, name: str = "view") -> Rendition:
    copy = Rendition(
        attachment_id=file.id, name=name, media_type="image/jpeg", width=1, height=1, size=1, sha256="",
        object_id="o", blob_key="k", key_wrapped=b"",
    )  # fmt: skip
    session.add(copy)
    session.flush()
    return copy


@pytest.mark.parametrize("kind", ["photo", "lab_document"])
def test_a_copy_that_shows_a_face_is_given_to_nobody_after_a_no_but_where_a_later_decision_opened_it(
    database: Database, clinic: Clinic, file: Attachment, kind: str
) -> None:
    """Even where nothing was covered: what is given out is asked for the no itself, and so is what is prepared."""
    everybody = (clinic.derm, clinic.pcp, clinic.mother)
    with database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        consult = session.get_one(Consult, mine.consult_id)
        consult.holder_id = clinic.derm.id
        mine.kind, mine.face_policy, mine.decided_at = kind, "keep", NOON
        mine.report, copy = {"masks": [], "policy": {"faces": "keep"}}, _copy_of(session, mine)
        for person in everybody:
            assert access.rendition_for(session, person, copy.public_id, now=LATER)
        assert policy_for(session, mine, consult).faces == "keep"
        _says(session, consult, clinic.mother, yes=False)
        assert mine.state == AttachmentState.RECEIVED
        # As if nothing had covered it.
        mine.state, mine.face_policy = AttachmentState.READY, "keep"
        for person in everybody:
            with pytest.raises(ForbiddenError, match="said no"):
                access.rendition_for(session, person, copy.public_id, now=LATER)
            with pytest.raises(ForbiddenError, match="said no"):
                access.attachment_for(session, person, mine.public_id, now=LATER)
        asked = policy_for(session, mine, consult)
        assert (asked.faces, asked.text) == ("mask_all", "mask")
        # Two clocks differ: who releases it knows of the no all the same.
        reviews.release_for_treatment(session, mine, clinic.pcp, reason="The stain must be judged", now=NOON)
        assert policy_for(session, mine, consult).faces == "keep"
        mine.state = AttachmentState.READY
        assert access.rendition_for(session, clinic.derm, copy.public_id, now=LATER)
        mine.report, mine.face_policy = FACE, None
        assert access.rendition_for(session, clinic.derm, copy.public_id, now=LATER), "nothing is open in it"


def test_a_face_is_not_decided_to_be_shown_over_a_no(database: Database, clinic: Clinic, file: Attachment) -> None:
    with database.writing() as session:
        _says(session, session.get_one(Consult, file.consult_id), clinic.mother, yes=False)
        with pytest.raises(InvalidError) as refused:
            decide(session, file, clinic.pcp, policy="face_is_finding", has_consent=True)
    assert refused.value.fields == {"face_consent": "family_said_no"}


def test_a_no_said_while_a_reviewer_opens_the_face_covers_it(postgres_database: Database) -> None:
    """Both hold the case: whoever is second sees what the first did."""
    database, clinic = postgres_database, open_clinic(postgres_database)
    with database.writing() as session:
        consult = clinic.econsult(session, now=NOON)
        _says(session, consult, clinic.mother, yes=True)
        file = _file(session, consult, clinic, AttachmentState.READY)

    def say_no() -> None:
        with database.writing() as session:
            _says(session, session.get_one(Consult, consult.id), clinic.mother, yes=False)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            decide(session, file, clinic.pcp, policy="face_is_finding", has_consent=True)
            session.flush()
            no = pool.submit(say_no)
            wait_until(lambda: no.done() or waiting(database) == 1)
        no.result()
    with database.reading() as session:
        mine = session.get_one(Attachment, file.id)
        assert (mine.face_policy, standing(session, consult.id)) == (None, frozenset())


def test_a_photo_of_a_private_place_keeps_no_other_face_open(
    database: Database, clinic: Clinic, file: Attachment
) -> None:
    with database.writing() as session:
        consult = session.get_one(Consult, file.consult_id)
        _says(session, consult, clinic.mother, yes=True)
        private = _file(session, consult, clinic, AttachmentState.HELD)
        private.reason = PRIVATE_SITE
        mine = session.get_one(Attachment, file.id)
        mine.face_policy = private.face_policy = "face_is_finding"
        _says(session, consult, clinic.mother, yes=False)
        assert [mine.state, mine.face_policy] == [AttachmentState.RECEIVED, None]
        assert [private.state, private.face_policy] == [AttachmentState.HELD, None]
