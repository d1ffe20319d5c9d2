"""Load this for that person, or say no. Nothing else in the house fetches a record by an id that came from outside.

A stranger gets NotFoundError, as if the record did not exist; somebody who may know it but lacks a right gets
ForbiddenError. Every load of a record with health data leaves an audit row in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from econsult import audit
from econsult.consults import glass
from econsult.consults.adopting import came_from
from econsult.consults.attachments import REVIEW_COPY, Attachment, AttachmentState, Rendition, note_attachment
from econsult.consults.family_word import check_face
from econsult.consults.intake import Upload
from econsult.consults.lifecycle import Status
from econsult.consults.own_clinic import is_own
from econsult.consults.records import Consult, Kind, note
from econsult.consults.threads import Audience
from econsult.errors import ForbiddenError, NotFoundError
from econsult.people.caregivers import SELF, caregiver_link, links_of
from econsult.people.deaths import AfterDeathError, has_died
from econsult.people.patients import Patient, note_patient
from econsult.people.persons import Person, Role
from econsult.rights import (
    OF_FAMILY,
    OF_THE_LIVING,
    READ_RIGHTS,
    SHUT,
    WAITS_FOR_ADOPTION,
    Relation,
    Right,
    report_right,
    rights_of,
)
from econsult.seconds import specialists_relation, time_relation
from econsult.standing import desk_relation, known_to_stand_in


@dataclass(frozen=True)
class Pass:
    """A consult that was loaded for somebody, and what they may do with it."""

    consult: Consult
    patient: Patient
    relation: Relation
    rights: frozenset[Right]

    def may(self, right: Right) -> bool:
        return right in self.rights

    def readable_lanes(self) -> tuple[Audience, ...]:
        return tuple(lane for lane, right in READ_RIGHTS.items() if right in self.rights)


def consult_for(session: Session, person: Person, public_id: str, *, now: datetime, right: Right = Right.SEE) -> Pass:
    """The consult, when this person may know it and has the right.

    Raises NotFoundError, ForbiddenError, and AfterDeathError for what a family writes about a child who has died.
    """
    query = select(Consult).where(Consult.public_id == public_id)
    if right != Right.SEE:
        # Whoever is about to change it waits for whoever is changing it now, and then sees what became of it.
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    consult = session.scalars(query).one_or_none()
    if consult is None or consult.program_id != person.program_id:
        raise NotFoundError
    relation = time_relation(session, person, consult, right) or _relation_to(session, person, consult, now)
    if relation is None:
        raise NotFoundError
    patient = session.get_one(Patient, consult.patient_id)
    patient.check_kept()
    rights = _rights(relation, person, consult)
    if relation in OF_FAMILY and has_died(session, patient.id):
        # The row is locked by now: whoever marks the child at this moment ends afterwards what was just written.
        if right in OF_THE_LIVING:
            raise AfterDeathError
        rights -= OF_THE_LIVING
    if right not in rights:
        raise ForbiddenError("You may look at this consult, but not do that.")
    act = "read" if right == Right.SEE else f"use/{right}"
    note(session, consult, act, person_id=person.id, now=now, detail=relation)
    return Pass(consult, patient, relation, rights)


def identity_for(
    session: Session, person: Person, public_id: str, *, now: datetime, is_let: bool = True
) -> tuple[Pass, glass.Opening | None]:
    """The consult, for somebody who may not know whose it is, and whether the name is open to them all the same.

    One that was taken back is gone for this; who has not taken it gets NotTakenError. `is_let`: the installation's say.
    """
    passed = consult_for(session, person, public_id, now=now)
    if passed.consult.status == Status.WITHDRAWN:
        raise NotFoundError
    if not passed.may(Right.BREAK_GLASS):
        refused = ForbiddenError("You may look at this consult, but not do that.")
        raise glass.NotTakenError if passed.relation == Relation.POOL else refused
    return passed, glass.look_for_name(session, passed.consult, person, now, is_let=is_let)


def rendition_for(session: Session, person: Person, public_id: str, *, now: datetime) -> tuple[Rendition, Attachment]:
    """A safe copy, under the rules of its consult. The audit row is there before the first byte leaves."""
    rendition = session.scalars(select(Rendition).where(Rendition.public_id == public_id)).one_or_none()
    if rendition is None:
        raise NotFoundError
    attachment = session.get_one(Attachment, rendition.attachment_id)
    is_review = rendition.name.startswith(REVIEW_COPY)
    state, right = (AttachmentState.HELD, Right.REVIEW) if is_review else (AttachmentState.READY, Right.SEE_MEDIA)
    if attachment.state != state or attachment.is_for_nobody:
        raise NotFoundError
    _check_media(session, person, attachment, now, f"read_{rendition.name}", right=right)
    return rendition, attachment


def review_for(
    session: Session, person: Person, public_id: str, *, now: datetime, right: Right = Right.REVIEW
) -> tuple[Attachment, Consult]:
    """A file to decide about, locked until the transaction ends; `right` is what is going to be done with it."""
    file = select(Attachment).where(Attachment.public_id == public_id)
    # The case before its file, as whoever changes both does: a family that says no waits for who decides, or is seen.
    case = select(Consult.id).where(Consult.id.in_(file.with_only_columns(Attachment.consult_id)))
    session.execute(case.with_for_update(key_share=True))
    locked = file.with_for_update(key_share=True).execution_options(populate_existing=True)
    if (attachment := session.scalars(locked).one_or_none()) is None:
        raise NotFoundError
    _check_media(session, person, attachment, now, f"use_{right}", right=right)
    return attachment, session.get_one(Consult, attachment.consult_id)


def attachment_for(
    session: Session, person: Person, public_id: str, *, now: datetime, for_report: bool = False
) -> Attachment:
    """An attachment's record (state, reason), under the rules of its consult, or `for_report` also of its report."""
    attachment = session.scalars(select(Attachment).where(Attachment.public_id == public_id)).one_or_none()
    if attachment is None:
        raise NotFoundError
    right = report_right(is_ready=attachment.state == AttachmentState.READY) if for_report else Right.SEE_MEDIA
    _check_media(session, person, attachment, now, "read", right=right)
    return attachment


def sent_file_for(session: Session, person: Person, public_id: str, *, now: datetime) -> Attachment:
    """A file that this person sent, to take it back; what it shows stays closed to who may not look."""
    query = select(Attachment).where(Attachment.public_id == public_id, Attachment.uploaded_by_id == person.id)
    attachment = session.scalars(query).one_or_none()
    consult = session.get_one(Consult, attachment.consult_id) if attachment is not None else None
    if attachment is None or consult is None or _relation_to(session, person, consult, now) is None:
        raise NotFoundError
    return attachment


def upload_for(session: Session, person: Person, public_id: str, *, now: datetime) -> Upload:
    """An upload in progress: its owner's alone, and only while the owner may still know the consult."""
    query = select(Upload).where(Upload.public_id == public_id).options(joinedload(Upload.consult, innerjoin=True))
    upload = session.scalars(query).one_or_none()
    if upload is None or upload.owner_id != person.id or _relation_to(session, person, upload.consult, now) is None:
        raise NotFoundError
    return upload


def may_look(session: Session, person: Person, consult: Consult, now: datetime, at: Right = Right.SEE_MEDIA) -> bool:
    """Whether the consult's pictures, or what else this right opens, would open to this person now."""
    relation = _relation_to(session, person, consult, now)
    return relation is not None and at in _rights(relation, person, consult)


def patient_for(session: Session, person: Person, public_id: str, *, now: datetime) -> Patient:
    """A child whom this person may know by name."""
    known = known_patients(session, person, now, even_erased=True)
    patient = session.scalars(known.where(Patient.public_id == public_id)).one_or_none()
    if patient is None:
        raise NotFoundError
    patient.check_kept()
    note_patients(session, person, [patient], now)
    return patient


def patients_for(session: Session, person: Person, *, now: datetime, after: int = 0, limit: int = 50) -> list[Patient]:
    """The children whom this person may know by name, oldest registration first."""
    query = known_patients(session, person, now).where(Patient.id > after).order_by(Patient.id).limit(limit)
    patients = list(session.scalars(query))
    note_patients(session, person, patients, now)
    return patients


def consults_about(session: Session, person: Person, patient: Patient, *, now: datetime) -> list[Consult]:
    """A known child's consults that this person may open, newest first; `patient` comes from `patient_for`."""
    query = select(Consult).where(Consult.patient_id == patient.id).order_by(Consult.id.desc())
    return [each for each in session.scalars(query) if _relation_to(session, person, each, now) not in SHUT]


def patients_on(session: Session, person: Person, consults: Iterable[Consult], *, now: datetime) -> dict[int, Patient]:
    """The children of consults that `worklist.page` listed for this person, by their id; each listing is audited."""
    if not (listed := list(consults)):
        return {}
    query = select(Patient).where(Patient.id.in_({consult.patient_id for consult in listed}))
    audit.record_list(session, listed, now=now, person_id=person.id)
    return {patient.id: patient for patient in session.scalars(query)}


def note_patients(session: Session, person: Person, patients: Iterable[Patient], now: datetime) -> None:
    """Leave an audit row for each child that is shown by name."""
    for patient in patients:
        note_patient(session, patient, "read", now, person_id=person.id)


def _relation_to(session: Session, person: Person, consult: Consult, now: datetime) -> Relation | None:
    # A request may outlive the account that began it.
    if not person.is_active or _is_hidden_draft(person, consult):
        return None
    match person.role:
        case Role.CAREGIVER | Role.YOUTH | Role.INVITED:
            return _familys_relation(session, person, consult, now)
        case Role.PCP if is_own(session, consult, person):
            return Relation.MEDICAL_HOME
        case Role.TELEPRESENTER if consult.requester_id == person.id:
            return Relation.PRESENTER
        case Role.SPECIALIST:
            return specialists_relation(session, person, consult)
        case _:
            return desk_relation(session, person, now, consult)


def _familys_relation(session: Session, person: Person, consult: Consult, now: datetime) -> Relation | None:
    if person.role == Role.INVITED:
        return Relation.INVITED if came_from(session, consult, person, now) else None
    link = caregiver_link(session, consult.patient_id, person.id, now)
    if link is None or (link.relation != SELF and consult.is_confidential):
        return None
    return Relation.YOUTH if link.relation == SELF else Relation.CAREGIVER


def _is_hidden_draft(person: Person, consult: Consult) -> bool:
    """What was never sent is its writer's, and of the writer's team where the clinic asks; thrown away as well."""
    if consult.submitted_at is not None or consult.requester_id == person.id:
        return consult.is_traceless and not person.is_staff
    is_team_draft = person.role == Role.PCP and consult.kind != Kind.FAMILY_QUESTION
    return not is_team_draft or consult.organization_id != person.organization_id


def _rights(relation: Relation, person: Person, consult: Consult) -> frozenset[Right]:
    rights = set(rights_of(relation, consult))
    if person.id in {consult.requester_id, consult.sent_on_by_id}:
        rights.add(Right.REQUEST)
    if relation == Relation.MEDICAL_HOME:
        rights |= {Right.HOLD, Right.DECLINE, Right.ANSWER} if consult.kind == Kind.FAMILY_QUESTION else {Right.REQUEST}
    return frozenset(rights - WAITS_FOR_ADOPTION if consult.awaits_adoption else rights)


def _check_media(
    session: Session,
    person: Person,
    attachment: Attachment,
    now: datetime,
    action: str,
    *,
    right: Right = Right.SEE_MEDIA,
) -> None:
    consult = session.get_one(Consult, attachment.consult_id)
    is_here = consult.program_id == person.program_id and consult.consent_withdrawn_at is None
    relation = _relation_to(session, person, consult, now) if is_here else None
    if relation is None:
        raise NotFoundError
    session.get_one(Patient, consult.patient_id).check_kept()
    rights = _rights(relation, person, consult)
    if right != Right.SEE_MEDIA and right not in rights:
        # Who may not decide about a file learns nothing of there being something to decide.
        raise NotFoundError
    if attachment.is_restricted and relation in (Relation.POOL, Relation.ASKED):
        raise ForbiddenError("This file shows a face or keeps a voice. It opens for the specialist who takes the case.")
    if Right.SEE_MEDIA not in rights:
        raise ForbiddenError("You may know this consult, but not look at its photos and documents.")
    if right == Right.SEE_MEDIA:
        check_face(session, attachment)
    note_attachment(session, attachment, action, now, person_id=person.id, detail=relation)


def known_patients(session: Session, person: Person, now: datetime, *, even_erased: bool = False) -> Select[Patient]:
    """The children whom this person may know by name; whoever shows one of them calls `note_patients`."""
    query = select(Patient).where(Patient.program_id == person.program_id)
    query = query if even_erased else query.where(Patient.erased_at.is_(None))
    match person.role:
        case Role.CAREGIVER | Role.YOUTH:
            return query.where(Patient.id.in_([link.patient_id for link in links_of(session, person, now)]))
        case Role.PCP:
            return query.where(Patient.organization_id.is_not(None), Patient.organization_id == person.organization_id)
        case Role.TELEPRESENTER:
            presented = select(Consult.patient_id).where(Consult.requester_id == person.id)
            return query.where(or_(Patient.registered_by_id == person.id, Patient.id.in_(presented)))
        case Role.COORDINATOR:
            return query
        case _:
            return query.where(Patient.id.in_(known_to_stand_in(session, person, now)))
