"""Whose yes counts: of somebody grown up their own, or that of whom a court or they themselves let act; of a child that
is too young for an account of its own never the child's.

It holds whoever writes the yes down, a caregiver or staff who heard it, and on the day on which something is sent: what
a parent said the day before the birthday binds nobody from that day on.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.errors import InvalidError
from econsult.people.caregivers import SELF, active_links, is_old_enough, is_proxy
from econsult.people.formerly import is_grown_up
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role

YOUTH = "youth"
OWN_NAMES = {Role.CAREGIVER: ("parent", "guardian", "agency"), Role.YOUTH: (YOUTH,)}
"""As what somebody with an account signs."""
OWN_NAMES[Role.INVITED] = OWN_NAMES[Role.CAREGIVER]


def counts(session: Session, patient_id: int, by: str, now: datetime) -> bool:
    """Whether a yes of this kind of person binds the child, or the grown-up, at this moment."""
    if by == YOUTH or not is_grown_up(session, patient_id, now):
        return True
    links = active_links(session, patient_id, now, is_named=False)
    return any(link.relation != SELF and link.speaks(now) and is_proxy(session, link, now) for link, _person in links)


def check_signer(session: Session, patient_id: int, by: str, now: datetime, *, field: str, is_yes: bool = True) -> None:
    """Raise InvalidError where such a person's yes does not count: `grown_up` for the field, or `too_young`.

    A no of a small child is written down as anybody's: it takes no right to decide.
    """
    if not counts(session, patient_id, by, now):
        raise InvalidError("They are grown up and decide for themselves.", {field: "grown_up"})
    if is_yes and by == YOUTH and not is_old_enough(session, session.get_one(Patient, patient_id), now):
        raise InvalidError("They are too young to decide for themselves.", {field: "too_young"})


def check_own_name(person: Person, by: str, *, field: str) -> None:
    """Raise InvalidError where somebody of a family signs as what they are not. Staff write down whom they heard."""
    if by not in OWN_NAMES.get(Role(person.role), (by,)):
        raise InvalidError("Somebody signs as what they are to the child.", {field: "not_yours"})
