"""Whether somebody may take or hold a consult: conflicts of interest, licences, languages, and room in their hands."""

from __future__ import annotations

from sqlalchemy.orm import Session

from econsult.consults.choice import ask_of
from econsult.consults.hands import check_room
from econsult.consults.records import Consult
from econsult.errors import ForbiddenError
from econsult.people.persons import Person
from econsult.rosters.limits import conflicted, limits_of


def check_may_take(session: Session, consult: Consult, person: Person) -> None:
    """Raise ForbiddenError for somebody who may not take it of their own accord: as below, or without the language."""
    check_may_hold(session, consult, person)
    limits, ask = limits_of(session, [person.id]).get(person.id), ask_of(session, consult)
    if limits is not None and ask.specialty is not None and not limits.speaks(ask.language):
        raise ForbiddenError("You do not answer in this family's language.", code="no_language")


def check_may_hold(session: Session, consult: Consult, person: Person) -> None:
    """Raise ForbiddenError for somebody with a conflict of interest, without a licence, or with hands full.

    The desk may give it to somebody who needs an interpreter.
    """
    ask = ask_of(session, consult)
    limits = limits_of(session, [person.id]).get(person.id)
    if person.id in conflicted(session, consult.patient_id):
        raise ForbiddenError("There is a conflict of interest: somebody else must take this.", code="conflict")
    if limits is None or ask.specialty is None:
        return
    if not limits.may_work_in(ask.state):
        raise ForbiddenError("This child lives where you have no licence.", code="no_licence")
    check_room(session, consult, person)
