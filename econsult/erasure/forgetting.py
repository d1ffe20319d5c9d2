"""Forgetting people: caregivers of a child whose record goes, who have no other child here, and the child's devices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session, aliased

from econsult import audit
from econsult.consults.records import Consult
from econsult.database import TextCipher
from econsult.people.browsers import KnownBrowser
from econsult.people.factors import FactorTry, RecoveryCode, SecondFactor
from econsult.people.halfway import HalfwaySignIn
from econsult.people.invitations import Invitation
from econsult.people.links import AskedLink
from econsult.people.passkeys import Passkey, PasskeyChallenge
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import EMAIL, FAMILIES, NAMES_STAY_SHUT, Person
from econsult.people.signin import close_account
from econsult.people.typed import TypedWords
from econsult.people.unsent import Unsent
from econsult.queue.outbox import NoticeSlot
from econsult.reach.mobiles import Mobile

NAMELESS = "\N{EM DASH}"
OWN = (
    FactorTry,
    RecoveryCode,
    SecondFactor,
    HalfwaySignIn,
    KnownBrowser,
    AskedLink,
    Passkey,
    PasskeyChallenge,
    Mobile,
    NoticeSlot,
    TypedWords,
    Unsent,
)
"""What belongs to an account alone, and goes with it."""
_ID = re.compile("[0-9a-f]{32}")


def forget_family(session: Session, cipher: TextCipher, patient: Patient, now: datetime) -> None:
    """Close and empty the accounts that nobody but this child needs; who has another child here keeps theirs.

    What anybody of the program is typing, or wrote as their session ended, may be about this child: only what was to go
    to the record of another one waits on.
    """
    _forget_unsent(session, patient)
    for person in only_for(session, patient):
        close_account(session, person, now)
        session.execute(update(AskedLink).where(AskedLink.person_id == person.id).values(is_over=True))
        for table in OWN:
            session.execute(delete(table).where(table.person_id == person.id))
        # An address must be nobody's and yet no other's: nothing is ever sent to this one.
        person.name, person.email = NAMELESS, f"{person.public_id}@erased.invalid"
        person.email_index = cipher.blind_index(person.email, EMAIL)
        person.password_hash = None
        audit.record_operator(session, "erase", "person", person, now=now)
    session.flush()


def _forget_unsent(session: Session, patient: Patient) -> None:
    everybody = select(Person.id).where(Person.program_id == patient.program_id)
    waiting: list[TypedWords | Unsent] = []
    for table in (TypedWords, Unsent):
        waiting += session.scalars(select(table).where(table.person_id.in_(everybody)))
    for each in waiting:
        named = _ID.findall(" ".join(str(each.content.get(name, "")) for name in ("path", "page", "place")))
        children = set(session.scalars(select(Patient.id).where(Patient.public_id.in_(named))))
        children |= set(session.scalars(select(Consult.patient_id).where(Consult.public_id.in_(named))))
        if not children or patient.id in children:
            session.delete(each)


def only_for(session: Session, patient: Patient) -> Sequence[Person]:
    """The people who are here for this child alone, and the devices that were invited for it."""
    other, child = aliased(RelatedPerson), aliased(Patient)
    has_other = exists().where(
        other.person_id == Person.id,
        other.patient_id != patient.id,
        child.id == other.patient_id,
        child.erased_at.is_(None),
    )
    linked = Person.id.in_(select(RelatedPerson.person_id).where(RelatedPerson.patient_id == patient.id))
    device = Person.id.in_(select(Invitation.person_id).where(Invitation.patient_id == patient.id))
    query = select(Person).where(Person.role.in_(FAMILIES), linked | device, ~has_other)
    return session.scalars(query.options(*NAMES_STAY_SHUT)).all()
