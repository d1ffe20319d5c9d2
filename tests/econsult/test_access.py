"""Who may know, see and do what. Expected answers come from the table in the security design, not from the program."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from econsult import access, stops
from econsult.consults import attachments, preparing, requests, screening
from econsult.consults.attachments import MediaKind, Received
from econsult.consults.preparing import PreparedCopy
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from econsult.consults.views import View
from econsult.consults.worklist import page
from econsult.database import Database
from econsult.errors import EmergencyError, ForbiddenError, NotFoundError
from econsult.people.patients import RelatedPerson
from econsult.rights import Right
from econsult.rosters.limits import Conflict
from econsult.trail import AuditEvent
from tests.personas import NOON, TARGETS, Clinic

PEOPLE = (
    *("mother", "stranger", "pcp", "other_pcp", "derm", "derm2", "neuro"),
    *("coordinator", "nurse", "director", "admin"),
)


def _answers(database: Database, clinic: Clinic, consult: Consult, right: Right) -> dict[str, str]:
    """For each person: yes, no (403) or nothing (404)."""
    found = {}
    for name in PEOPLE:
        with database.writing() as session:
            try:
                access.consult_for(session, getattr(clinic, name), consult.public_id, now=NOON, right=right)
                found[name] = "yes"
            except ForbiddenError:
                found[name] = "no"
            except NotFoundError:
                found[name] = "nothing"
    return found


def _expected(**known: str) -> dict[str, str]:
    return {name: known.get(name, "nothing") for name in PEOPLE}


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        (Right.SEE, _expected(mother="yes", pcp="yes", derm="yes", derm2="yes", coordinator="yes")),
        (Right.SEE_MEDIA, _expected(mother="yes", pcp="yes", derm="yes", derm2="yes", coordinator="no")),
        (Right.SEE_IDENTITY, _expected(mother="yes", pcp="yes", derm="no", derm2="no", coordinator="yes")),
        (Right.READ_FAMILY, _expected(mother="yes", pcp="yes", derm="yes", derm2="no", coordinator="yes")),
        (Right.READ_CLINICIANS, _expected(mother="no", pcp="yes", derm="yes", derm2="no", coordinator="no")),
        (Right.READ_COORDINATION, _expected(mother="no", pcp="yes", derm="no", derm2="no", coordinator="yes")),
        (Right.HOLD, _expected(mother="no", pcp="no", derm="yes", derm2="yes", coordinator="no")),
        (Right.ANSWER, _expected(mother="no", pcp="no", derm="yes", derm2="no", coordinator="no")),
        (Right.ACKNOWLEDGE, _expected(mother="no", pcp="yes", derm="no", derm2="no", coordinator="no")),
        (Right.INFORM, _expected(mother="yes", pcp="yes", derm="no", derm2="no", coordinator="yes")),
        (Right.UPLOAD, _expected(mother="yes", pcp="yes", derm="no", derm2="no", coordinator="no")),
        (Right.CLOSE, _expected(mother="no", pcp="yes", derm="no", derm2="no", coordinator="yes")),
    ],
)
def test_an_econsult_held_by_a_specialist(
    database: Database, clinic: Clinic, right: Right, expected: dict[str, str]
) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
    assert _answers(database, clinic, consult, right) == expected


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        (Right.SEE, _expected(mother="yes", pcp="yes", coordinator="yes")),
        (Right.HOLD, _expected(mother="no", pcp="yes", coordinator="no")),
        (Right.SEND_ON, _expected(mother="no", pcp="yes", coordinator="no")),
        (Right.REQUEST, _expected(mother="yes", pcp="no", coordinator="no")),
    ],
)
def test_a_family_question_belongs_to_the_medical_home(
    database: Database, clinic: Clinic, right: Right, expected: dict[str, str]
) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
    assert _answers(database, clinic, consult, right) == expected


def test_a_draft_is_its_writers_and_a_clinics_draft_its_teams(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        family, clinics = clinic.family_draft(session), clinic.draft(session)
    assert _answers(database, clinic, family, Right.SEE) == _expected(mother="yes")
    assert _answers(database, clinic, clinics, Right.SEE) == _expected(pcp="yes")


def test_whoever_must_not_answer_for_a_child_is_a_stranger_to_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, barred = clinic.econsult(session), Conflict(person_id=clinic.derm.id, patient_id=clinic.child.id)
        other, signed = clinic.claimed(session), clinic.answered(session)
        session.add(barred)
        expected = _expected(mother="yes", pcp="yes", derm2="yes", coordinator="yes")
    assert _answers(database, clinic, consult, Right.SEE) == expected
    # What they had taken before somebody knew of the conflict closes as well, before anybody gives it away.
    assert (
        _answers(database, clinic, other, Right.SEE)["derm"] == _answers(database, clinic, consult, Right.SEE)["derm"]
    )
    assert (
        _answers(database, clinic, signed, Right.SEE)["derm"] == _answers(database, clinic, consult, Right.SEE)["derm"]
    )
    with database.writing() as session:
        assert [each.id for each in page(session, clinic.derm2, View.POOL, now=NOON).consults] == [consult.id]
        for view in (View.POOL, View.WAITING, View.OVERDUE):
            assert page(session, clinic.derm, view, now=NOON + timedelta(days=9)).consults == []


def test_after_the_end_only_the_specialist_who_answered_still_sees_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
    assert _answers(database, clinic, consult, Right.SEE) == _expected(
        mother="yes", pcp="yes", derm="yes", coordinator="yes"
    )


def test_a_revoked_caregiver_is_a_stranger_from_that_moment(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        session.scalars(select(RelatedPerson).where(RelatedPerson.person_id == clinic.mother.id)).one().ends_at = NOON
    with pytest.raises(NotFoundError), database.writing() as session:
        access.consult_for(session, clinic.mother, consult.public_id, now=NOON + timedelta(seconds=1))
    with pytest.raises(NotFoundError), database.writing() as session:
        access.patient_for(session, clinic.mother, clinic.child.public_id, now=NOON + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("name", "number"),
    [("mother", 1), ("stranger", 0), ("pcp", 1), ("other_pcp", 0), ("derm", 0), ("coordinator", 1), ("admin", 0)],
)
def test_who_may_know_a_child_by_name(database: Database, clinic: Clinic, name: str, number: int) -> None:
    with database.writing() as session:
        known = access.patients_for(session, getattr(clinic, name), now=NOON)
        assert [patient.id for patient in known].count(clinic.child.id) == number


def test_an_unknown_id_is_nothing(database: Database, clinic: Clinic) -> None:
    with pytest.raises(NotFoundError), database.writing() as session:
        access.consult_for(session, clinic.pcp, "0" * 32, now=NOON)
    with pytest.raises(NotFoundError), database.writing() as session:
        access.rendition_for(session, clinic.pcp, "0" * 32, now=NOON)
    with pytest.raises(NotFoundError), database.writing() as session:
        access.upload_for(session, clinic.pcp, "0" * 32, now=NOON)


def test_looking_at_a_photo_leaves_a_row_and_coordinators_do_not_look(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        received = Received("a" * 32, MediaKind.PHOTO, 9, "IMG_1.jpg", b"k", clinic.mother.id)
        attachment = attachments.receive(session, consult, received, NOON)
        copy = PreparedCopy("thumb", "image/jpeg", 1, 1, 9, "0" * 64, "b" * 32, "renditions/b", b"k")
        preparing.link_renditions(session, attachment, [copy], {}, NOON)
        rendition = attachments.renditions_of(session, [attachment.id])[attachment.id][0]
    with database.writing() as session:
        access.rendition_for(session, clinic.derm, rendition.public_id, now=NOON)
    with database.reading() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == "read_thumb")).all()
        assert [(row.person_id, row.patient_id) for row in rows] == [(clinic.derm.id, clinic.child.id)]
    with pytest.raises(ForbiddenError), database.writing() as session:
        access.rendition_for(session, clinic.coordinator, rendition.public_id, now=NOON)
    with pytest.raises(NotFoundError), database.writing() as session:
        access.attachment_for(session, clinic.stranger, attachment.public_id, now=NOON)


def test_lanes_follow_the_relation(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)

        def lanes(name: str) -> set[str]:
            found = access.consult_for(session, getattr(clinic, name), consult.public_id, now=NOON)
            return set(found.readable_lanes())

        assert lanes("mother") == {Audience.FAMILY}
        assert lanes("derm") == {Audience.FAMILY, Audience.CLINICIANS}
        assert lanes("derm2") == set()
        assert lanes("coordinator") == {Audience.FAMILY, Audience.COORDINATION}


def test_the_clinic_that_sent_a_question_on_may_take_it_back(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        form = requests.RequestForm(specialty="dermatology", question_type="diagnosis")
        requests.send_on(session, consult, clinic.pcp, form, now=NOON, targets={"routine": timedelta(hours=24)})
        access.consult_for(session, clinic.pcp, consult.public_id, now=NOON, right=Right.REQUEST)


def test_a_familys_emergency_is_found_by_its_clinic_until_somebody_called(database: Database, clinic: Clinic) -> None:
    with pytest.raises(EmergencyError), database.writing() as session:
        draft = clinic.family_draft(session, details={"red_flags": ["breathing"]})
        requests.submit(session, draft, clinic.mother, requests.SubmitForm(), now=NOON, targets=TARGETS)

    def known(name: str) -> list[int]:
        with database.writing() as session:
            return [found.stop.id for found in stops.stops_for(session, getattr(clinic, name), now=NOON)]

    assert {name for name in PEOPLE if known(name)} == {"pcp", "coordinator"}
    (number,) = known("pcp")
    with pytest.raises(NotFoundError), database.writing() as session:
        stops.stop_for(session, clinic.other_pcp, number, now=NOON)
    with database.writing() as session:
        screening.deal_with(session, stops.stop_for(session, clinic.pcp, number, now=NOON).stop, clinic.pcp, now=NOON)
    assert known("pcp") == known("coordinator") == []
