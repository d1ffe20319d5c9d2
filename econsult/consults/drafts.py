"""Requests that somebody began and did not fill in: the next press of the button goes on with them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.people.patients import Patient
from econsult.people.persons import Person

WORDS = ("thinks", "tried", "background")


def empty_draft(session: Session, patient: Patient, person: Person) -> Consult | None:
    """This person's draft about the child in which nothing was chosen, written or attached; None where there is none.

    A draft with a danger sign is never empty: it must not be offered as if nothing had been said.
    """
    query = select(Consult).where(
        Consult.patient_id == patient.id,
        Consult.requester_id == person.id,
        Consult.status == Status.DRAFT,
        Consult.specialty.is_(None),
        Consult.question_type.is_(None),
        ~select(Attachment.id).where(Attachment.consult_id == Consult.id).exists(),
    )
    return next((draft for draft in session.scalars(query) if not _says_anything(draft)), None)


def _says_anything(draft: Consult) -> bool:
    return bool(draft.question or draft.details.get("red_flags") or any(draft.details.get(name) for name in WORDS))
