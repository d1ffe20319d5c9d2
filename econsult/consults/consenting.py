"""The yes to a request: who may say it, and whether it still counts when the request is sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.records import Consult
from econsult.people.caregivers import check_speaks
from econsult.people.consent import ConsentGiven, consent_for, record_consent
from econsult.people.persons import HOUSEHOLD, Person
from econsult.people.signing import check_own_name, check_signer

BY = "consent.by"


def take_consent(session: Session, consult: Consult, given: ConsentGiven, person: Person, now: datetime) -> None:
    """Keep it. Raises ForbiddenError, and InvalidError for who does not decide for somebody who is grown up."""
    if person.role in HOUSEHOLD:
        check_speaks(session, consult.patient_id, person, now)
    check_own_name(person, given.by, field=BY)
    check_signer(session, consult.patient_id, given.by, now, field=BY)
    names = (consult.id, consult.public_id)
    record_consent(session, patient_id=consult.patient_id, consult=names, given=given, recorded_by=person, now=now)


def check_signed(session: Session, consult: Consult, now: datetime) -> None:
    """Raise InvalidError where the birthday has come since somebody else said yes."""
    given = consent_for(session, consult.id)
    if given is not None:
        check_signer(session, consult.patient_id, given.given_by, now, field=BY)
