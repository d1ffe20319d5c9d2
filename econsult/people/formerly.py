"""Whose right about a child is over: what led them near it ends by itself, on the same day and with the same request.

An account is asked at each request by `people.caregivers`. Here is the rest: an invitation whose holder is known, by
where it went or because the clinic said so, and the contact on file.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.database import Base
from econsult.errors import InvalidError
from econsult.people.caregivers import SELF, caregiver_link, caregivers_of, grown_up_at
from econsult.people.deaths import has_died
from econsult.people.keptaway import keys_of, ways_of
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import Person, Role


def is_grown_up(session: Session, patient_id: int, now: datetime) -> bool:
    """Whether the child has come of age; not where nobody knows the birth date."""
    grown_at = grown_up_at(session, patient_id)
    return grown_at is not None and grown_at <= now


def reaches_former(session: Session, patient_id: int, where: str, now: datetime) -> bool:
    """Whether an address or a number is of somebody whose right is over, and of nobody who acts for the child now."""
    ways = ways_of(where)
    if not any(ways & keys_of(session, person) for person in _former(session, patient_id, now)):
        return False
    return not any(ways & keys_of(session, person) for person in caregivers_of(session, patient_id, now))


def is_of_former(session: Session, invitation_id: int, patient_id: int, sent_to: str, now: datetime) -> bool:
    """Whether an invitation is in the hands of somebody who may act no longer, or is about somebody who is grown up.

    From the day of majority nobody can tell whether it is the young person who holds it.
    """
    if is_grown_up(session, patient_id, now) or reaches_former(session, patient_id, sent_to, now):
        return True
    senders = _senders(session, invitation_id)
    return bool(senders) and all(caregiver_link(session, patient_id, each, now) is None for each in senders)


def refuse_former(session: Session, patient: Patient, sent_to: str, now: datetime) -> None:
    """Raise InvalidError for an invitation that nobody could use: `patient` (died, grown up) or `sent_to` (over)."""
    if has_died(session, patient.id):
        raise InvalidError("No invitation is sent for a child who has died.", {"patient": "died"})
    if is_grown_up(session, patient.id, now):
        raise InvalidError("Somebody who is grown up gets an account of their own.", {"patient": "grown_up"})
    if reaches_former(session, patient.id, sent_to, now):
        raise InvalidError("The right of whoever is reached there is over.", {"sent_to": "over"})


def _former(session: Session, patient_id: int, now: datetime) -> list[Person]:
    query = select(RelatedPerson, Person).join(Person, Person.id == RelatedPerson.person_id)
    query = query.where(RelatedPerson.patient_id == patient_id, RelatedPerson.relation != SELF)
    found = session.execute(query.order_by(Person.id))
    return [person for link, person in found if link.over_at is not None and link.over_at <= now]


def _senders(session: Session, invitation_id: int) -> set[int]:
    """Whose the clinic took for what came by the invitation; empty where it was of somebody without an account."""
    # Questions are of another folder, which stands on this one; its tables are asked by name.
    arrival, consult = Base.metadata.tables["arrival"], Base.metadata.tables["consult"]
    query = select(consult.c.requester_id, Person.role).join(arrival, arrival.c.consult_id == consult.c.id)
    query = query.join(Person, Person.id == consult.c.requester_id)
    found = session.execute(query.where(arrival.c.invitation_id == invitation_id, arrival.c.adopted_at.is_not(None)))
    rows = list(found)
    return set() if any(row.role == Role.INVITED for row in rows) else {row.requester_id for row in rows}
