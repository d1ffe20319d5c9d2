"""What stays between a young person and the clinic: a question that no caregiver learns of, not even that it is there.

The mark is on the whole question: its words, pictures, messages, answer, note, notices and the rows of the access log.
Who may act for the child finds nothing under its address. Staff see the mark, so that nobody tells by telephone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.details import YOUTH_CALLS, caller_of
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult, Kind, Source, note
from econsult.database import NO_KEY
from econsult.errors import ForbiddenError
from econsult.notices import Notice
from econsult.people.caregivers import SELF, active_links, is_old_enough
from econsult.people.consent import consent_for
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role

BY_YOUTH, BY_CLINIC = "youth", "clinic"
_RANKS = {"": 0, BY_CLINIC: 1, BY_YOUTH: 2}
"""The marks by how few may take them away; the last two have the same readers. What left no trace is like no other."""
BEGUN_BY_PROXY = (Role.CAREGIVER, Role.INVITED)


def may_change(session: Session, consult: Consult, person: Person) -> bool:
    """Whether this person, who has the right to keep it confidential, may change it for this question.

    What a caregiver began, a caregiver knows. What the young person wants kept, only the young person opens. A nurse
    says it of their own draft; once it was sent, a clinician does.
    """
    if person.role == Role.TELEPRESENTER and consult.status != Status.DRAFT:
        return False
    if session.get_one(Person, consult.requester_id).role in BEGUN_BY_PROXY:
        return False
    return person.role == Role.YOUTH or consult.confidential != BY_YOUTH


def is_offered(session: Session, consult: Consult, person: Person, now: datetime) -> bool:
    """Whether a page of staff offers to keep it, or to let the caregivers see it: never what the rules refuse."""
    patient = session.get_one(Patient, consult.patient_id)
    is_old = consult.is_confidential or is_old_enough(session, patient, now)
    return is_old and may_change(session, consult, person)


def keep_confidential(session: Session, consult: Consult, person: Person, wish: bool, *, now: datetime) -> Consult:
    """Hide it from every caregiver, or show it to them. Raises ForbiddenError where this is not the person's to say."""
    session.flush()
    session.refresh(consult, with_for_update=NO_KEY)
    if wish and not is_old_enough(session, session.get_one(Patient, consult.patient_id), now):
        raise ForbiddenError("Somebody so young keeps nothing from their caregivers here.")
    if not may_change(session, consult, person):
        raise ForbiddenError("Who began this question, or wanted it kept, decides who of the family sees it.")
    if consult.is_confidential != wish:
        consult.confidential = "" if not wish else BY_YOUTH if person.role == Role.YOUTH else BY_CLINIC
        consult.version += 1
        act = "keep_confidential" if wish else "show_to_caregivers"
        note(session, consult, act, person_id=person.id, now=now)
    return consult


def is_less_kept(one: Consult, other: Consult) -> bool:
    """Whether more people may show `one` to the caregivers than the `other`."""
    mine, theirs = _RANKS.get(one.confidential), _RANKS.get(other.confidential)
    return mine is not None and theirs is not None and mine < theirs


def keep_as_followed(
    session: Session, consult: Consult, followed: Iterable[Consult], person: Person, *, now: datetime
) -> None:
    """A draft that goes on with what is kept from the caregivers is kept from them as well, and never less than it."""
    for each in followed:
        if is_less_kept(consult, each):
            consult.confidential = each.confidential
            note(session, consult, "keep_confidential", person_id=person.id, now=now)


def keep_as_told(session: Session, consult: Consult, person: Person, *, is_shared: bool, now: datetime) -> None:
    """Keep what a young person told staff by telephone, unless they said that their caregivers may see it.

    As on their own page: where nothing was said, it stays between them and the clinic. Who has an account opens it
    themself later; for who has none, the clinic does once they say so. Call it before anything is told to anybody.
    """
    patient = session.get_one(Patient, consult.patient_id)
    is_kept = not is_shared and is_old_enough(session, patient, now)
    if consult.is_traceless or consult.is_confidential == is_kept or not _is_told_by_youth(session, consult, person):
        return
    has_account = any(link.relation == SELF for link, _ in active_links(session, patient.id, now))
    consult.confidential = "" if not is_kept else BY_YOUTH if has_account else BY_CLINIC
    act = "keep_confidential" if is_kept else "show_to_caregivers"
    note(session, consult, act, person_id=person.id, now=now)


def _is_told_by_youth(session: Session, consult: Consult, person: Person) -> bool:
    """Whether staff wrote down what the young person asked themself, or agreed to themself."""
    if not person.is_staff or consult.source != Source.PHONE or consult.kind != Kind.FAMILY_QUESTION:
        return False
    consent = consent_for(session, consult.id)
    return caller_of(consult.details)["who"] == YOUTH_CALLS or (consent is not None and consent.given_by == "youth")


def is_kept_from(session: Session, notice: Notice, person: Person) -> bool:
    """Whether a notice waits that its reader may hear no more, because its question became confidential meanwhile."""
    if notice.consult_id is None or person.role != Role.CAREGIVER:
        return False
    return session.get_one(Consult, notice.consult_id).is_confidential
