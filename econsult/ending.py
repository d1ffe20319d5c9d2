"""Rights of caregivers that end by a day: the desk's list of what ends soon and of what has just ended.

Nothing waits for this list: the day itself decides, at each request (`people.caregivers`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.access import note_patients
from econsult.errors import ForbiddenError
from econsult.people.caregivers import SELF
from econsult.people.deaths import the_dead
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import Person, Role

AHEAD, SOON, BEHIND = timedelta(days=30), timedelta(days=7), timedelta(days=30)
"""How long before its end a right is listed, from when on it presses, and how long after its end."""
SHOWN = 100


@dataclass(frozen=True)
class Ending:
    """One caregiver of one child, and when their right ends or ended."""

    child: Patient
    person: Person
    at: datetime
    is_over: bool
    is_soon: bool


def ending_rights(session: Session, person: Person, now: datetime) -> list[Ending]:
    """What ends within 30 days or ended so long ago, the soonest first. Raises ForbiddenError but for coordinators."""
    if person.role != Role.COORDINATOR:
        raise ForbiddenError("The program's coordinators look after this.")
    over_at = func.coalesce(RelatedPerson.ends_at, RelatedPerson.authority_until)
    query = select(RelatedPerson, Person, Patient).join(Person, Person.id == RelatedPerson.person_id)
    query = query.join(Patient, Patient.id == RelatedPerson.patient_id)
    query = query.where(
        Patient.program_id == person.program_id,
        Patient.erased_at.is_(None),
        Patient.id.not_in(the_dead()),
        Person.is_active,
        RelatedPerson.relation != SELF,
        RelatedPerson.barred_at.is_(None),
        over_at > now - BEHIND,
        over_at <= now + AHEAD,
    )
    found = []
    for link, caregiver, child in session.execute(query.order_by(over_at.desc()).limit(SHOWN)):
        at = link.over_at
        if at is not None:
            found.append(Ending(child, caregiver, at, at <= now, now < at <= now + SOON))
    note_patients(session, person, [each.child for each in found], now)
    return sorted(found, key=lambda each: each.at)
