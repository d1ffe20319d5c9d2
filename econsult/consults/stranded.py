"""A family's question that nobody of its clinic can take: what the desk may do with it, so that it comes to an end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.declining import decline
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult, Kind, note
from econsult.consults.threads import Audience, post
from econsult.errors import ImpossibleVerbError
from econsult.people.persons import Person, Role


def is_stranded(consult: Consult) -> bool:
    """Whether it is a family's, and the desk was told that nobody of its clinic can act on it, or nobody is left."""
    is_alarmed = consult.is_unallocated or consult.uncovered_at is not None
    return consult.kind == Kind.FAMILY_QUESTION and consult.status in OPEN and is_alarmed


def may_answer(consult: Consult, to: Person) -> bool:
    """Whether this clinician may be given a family's question: of its clinic, or of any while nobody of it is there."""
    is_clinician = to.role == Role.PCP and to.organization_id is not None
    return is_clinician and (to.organization_id == consult.organization_id or is_stranded(consult))


def move_to_clinic(session: Session, consult: Consult, to: Person, by: Person, now: datetime) -> None:
    """The clinic of whoever is given it answers for it from now on; the child stays its own clinic's."""
    if consult.kind == Kind.FAMILY_QUESTION and to.organization_id != consult.organization_id:
        consult.organization_id = to.organization_id
        note(session, consult, "move_clinic", person_id=by.id, now=now)


def turn_down(session: Session, consult: Consult, person: Person, words: str, reason: str, *, now: datetime) -> Consult:
    """The desk says no with words that the family reads; `reason` is for the clinic, such as who was called instead.

    The family is told it once more by telephone, as of every decline. Raises ImpossibleVerbError for what somebody
    could take, or has.
    """
    if not is_stranded(consult) or consult.status != Status.SUBMITTED:
        raise ImpossibleVerbError(consult.status, "decline")
    post(session, consult, person, Audience.FAMILY, text=words, now=now)
    return decline(session, consult, person, reason.strip() or words.strip(), now=now)
