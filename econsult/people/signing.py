"""Whose yes counts for somebody who is grown up: their own, or that of whom a court or they themselves let act.

It holds whoever writes the yes down, a caregiver or staff who heard it, and on the day on which something is sent: what
a parent said the day before the birthday binds nobody from that day on.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.errors import InvalidError
from econsult.people.caregivers import SELF, active_links, is_proxy
from econsult.people.formerly import is_grown_up
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


def check_signer(session: Session, patient_id: int, by: str, now: datetime, *, field: str) -> None:
    """Raise InvalidError with `grown_up` for the field where the yes of such a person no longer counts."""
    if not counts(session, patient_id, by, now):
        raise InvalidError("They are grown up and decide for themselves.", {field: "grown_up"})


def check_own_name(person: Person, by: str, *, field: str) -> None:
    """Raise InvalidError where somebody of a family signs as what they are not. Staff write down whom they heard."""
    if by not in OWN_NAMES.get(Role(person.role), (by,)):
        raise InvalidError("Somebody signs as what they are to the child.", {field: "not_yours"})
