"""Whom a family calls: the clinic where the child is at home, or the program where that has no number."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from econsult.people.patients import Patient
from econsult.people.persons import Organization
from econsult.values import dialled
from web.context import settings


@dataclass(frozen=True)
class Telephone:
    """A number as people read it and as a `tel:` link takes it."""

    number: str
    tel: str


def telephone_of(session: Session, patient: Patient) -> Telephone:
    """The number of the child's own clinic."""
    home = session.get(Organization, patient.organization_id) if patient.organization_id else None
    number = (home.phone if home else "") or settings().help_phone
    return Telephone(number, dialled(number))
