"""A family's question that nobody of its clinic can take: what the desk may do with it, so that it comes to an end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from econsult.consults.declining import decline
from econsult.consults.handover import hand_over
from econsult.consults.hearers import family_of
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.own_clinic import is_own
from econsult.consults.records import Consult, Kind, note
from econsult.consults.threads import Audience, post
from econsult.consults.turning import turn_clocks
from econsult.errors import ImpossibleVerbError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person, Role


def is_stranded(consult: Consult) -> bool:
    """Whether it is a family's, and the desk was told that nobody of its clinic can act on it, or nobody is left."""
    is_alarmed = consult.is_unallocated or consult.uncovered_at is not None
    return consult.kind == Kind.FAMILY_QUESTION and consult.status in OPEN and is_alarmed


STRANDED = and_(
    Consult.kind == Kind.FAMILY_QUESTION,
    Consult.status.in_(OPEN),
    or_(Consult.is_unallocated.is_(True), Consult.uncovered_at.is_not(None)),
)
"""The same as a part of a look at consults."""


def may_answer(session: Session, consult: Consult, to: Person) -> bool:
    """Whether this clinician may be given a family's question: of its clinic or of the child's own, or of any while
    nobody of it is there.
    """
    is_clinician = to.role == Role.PCP and to.organization_id is not None
    return is_clinician and (is_stranded(consult) or is_own(session, consult, to))


def move_to_clinic(session: Session, consult: Consult, to: Person, by: Person, now: datetime) -> None:
    """The clinic of whoever is given it answers for it from now on; the child stays its own clinic's.

    The family is told that others answer it than it asked; of its own clinic, which has it again, it is told nothing.
    """
    if consult.kind != Kind.FAMILY_QUESTION or is_own(session, consult, to):
        return
    consult.organization_id = to.organization_id
    turn_clocks(session, consult, now, person_id=by.id)
    note(session, consult, "move_clinic", person_id=by.id, now=now)
    for caregiver in family_of(session, consult, now):
        about = f"moved:{consult.version}"
        notify(session, caregiver, NoticeKind.CLINIC_MOVED, consult_id=consult.id, about=about, now=now)


def turn_down(session: Session, consult: Consult, person: Person, words: str, reason: str, *, now: datetime) -> Consult:
    """The desk says no with words that the family reads; `reason` is for the clinic, such as who was called instead.

    The family is told it once more by telephone, as of every decline. What somebody has who is not there goes out of
    their hands first, and what it waits for is waited for no more. Raises ImpossibleVerbError for what somebody could
    take.
    """
    if not is_stranded(consult):
        raise ImpossibleVerbError(consult.status, "decline")
    if consult.holder_id is not None:
        hand_over(session, consult, "release", None, by_id=person.id, now=now, reason=reason)
        consult.status, consult.holder_id, consult.claim_until = Status.SUBMITTED, None, None
    post(session, consult, person, Audience.FAMILY, text=words, now=now)
    return decline(session, consult, person, reason.strip() or words.strip(), now=now)
