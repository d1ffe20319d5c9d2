"""A number that does not reach the family: its clinic must find another, or send a letter.

It is a task of the clinic from the try that found it out, until somebody writes down a new contact or the family has
heard. Nothing is kept of it beside the try itself (`tries`), so it can neither be lost nor stay behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.consults.records import Consult
from econsult.consults.tries import IS_OF_NOW, IS_WRONG, FamilyTry
from econsult.leading import Led
from econsult.people.onfile import FamilyContact
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role

MANY = 3
"""So many tries without success are a state of their own for the desk."""
SHOWN = 20
"""So many are listed, those known longest; the others follow once these are mended."""


@dataclass(frozen=True)
class WrongNumber:
    """One family that a contact does not reach, and since when that is known."""

    consult: Consult
    patient: Patient
    since: datetime


def tried_often() -> ColumnElement[bool]:
    """The condition of a consult whose family was tried three times or more with what is still to be told."""
    tries = select(func.count(FamilyTry.id)).where(FamilyTry.consult_id == Consult.id, IS_OF_NOW)
    return tries.correlate(Consult).scalar_subquery() >= MANY


def wrong_numbers_for(session: Session, person: Person, *, now: datetime) -> list[WrongNumber]:
    """The families of this person's clinic, or sessions, that a contact does not reach; each listing is audited.

    At most `SHOWN`, those known longest first.
    """
    if person.role not in (Role.PCP, Role.TELEPRESENTER):
        return []
    if person.role == Role.PCP and person.organization_id is None:
        return []
    ours = Consult.requester_id == person.id
    if person.role == Role.PCP:
        ours = or_(Consult.organization_id == person.organization_id, Patient.organization_id == person.organization_id)
    found = _found(session, Consult.program_id == person.program_id, ours)[:SHOWN]
    audit.record_list(session, [each.consult for each in found], now=now, person_id=person.id)
    return found


def is_number_wrong(session: Session, consult: Consult) -> bool:
    """Whether the contact on file of this consult's family is known not to reach it."""
    return bool(_found(session, Consult.id == consult.id))


def _found(session: Session, *which: ColumnElement[bool]) -> list[WrongNumber]:
    since = func.max(FamilyTry.at).label("since")
    tried = select(FamilyTry.consult_id, since).where(IS_WRONG, IS_OF_NOW)
    # Whose they are stands inside, too: else the tries of everybody are grouped first.
    tried = tried.select_from(Led(FamilyTry, Consult, Consult.id == FamilyTry.consult_id))
    tried = tried.join(Patient, Patient.id == Consult.patient_id).where(*which)
    wrong = tried.group_by(FamilyTry.consult_id).subquery()
    query = (
        select(Consult, Patient, wrong.c.since, FamilyContact)
        .select_from(Led(wrong, Consult, Consult.id == wrong.c.consult_id))
        .join(Patient, Patient.id == Consult.patient_id)
        .outerjoin(FamilyContact, FamilyContact.patient_id == Patient.id)
        .order_by(wrong.c.since, Consult.id)
    )
    rows = session.execute(query).all()
    return [WrongNumber(consult, patient, at) for consult, patient, at, row in rows if not _is_newer(patient, row, at)]


def _is_newer(patient: Patient, contact: FamilyContact | None, at: datetime) -> bool:
    """Whether somebody wrote down another telephone or e-mail since then; one that was taken away is no other."""
    if contact is None:
        return False
    return (contact.phone_since > at and bool(patient.phone)) or (contact.email_since > at and bool(contact.email))
