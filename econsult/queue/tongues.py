"""A family's language that was written down wrong and is put right: what goes on follows it at once.

Nothing else looks at what waits for a reason of the child's: those who may take it now would not be told, and where
nobody may, the desk would hear of it at the next step of the ladder and not at once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from econsult.consults.choice import choose
from econsult.consults.interpreting import look_for_words
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import ENDED, Status
from econsult.consults.offering import offer_anew
from econsult.consults.records import Consult, Kind
from econsult.consults.turning import turn_clocks
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.queue.absence import lock_in_order

Takers = tuple[frozenset[int], frozenset[int]]
"""The ids of those who may take a request, and of those of them who are there."""
RUNS = exists().where(Clock.consult_id == Consult.id, Clock.state != ClockState.STOPPED)
IS_TO_TELL = or_(Consult.unheard_version.is_not(None), Consult.interpreter_since.is_not(None))


def put_language_right(session: Session, child: Patient, language: str, staff: Person, now: datetime) -> None:
    """The family reads this language. What waits and would be taken by others is offered anew; who may not, loses it.

    What somebody holds stays with them: a language takes nothing from anybody.
    """
    consults = _going_on(session, child)
    before = {consult.id: _takers(session, consult, now) for consult in consults if consult.status == Status.SUBMITTED}
    child.language = language
    session.flush()
    for consult in consults:
        consult.language = language
        turn_clocks(session, consult, now, person_id=staff.id)
        look_for_words(session, consult, now)
    for consult in consults:
        if consult.id in before and before[consult.id] != _takers(session, consult, now):
            offer_anew(session, consult, now)


def _going_on(session: Session, child: Patient) -> list[Consult]:
    """The child's requests that have not ended, and of which something is still to be told, locked by their numbers
    before anybody is told of one.

    What has ended is locked with them: who opens it again at this moment is waited for, or finds the new language. So
    is a clinic's draft, which is sent without a look at the child. A family holds its own and waits for the child at
    each save, so that both would wait for each other; as it is sent, it takes the language anew.
    """
    is_family_draft = (Consult.status == Status.DRAFT) & (Consult.kind == Kind.FAMILY_QUESTION)
    numbers = list(session.scalars(select(Consult.id).where(Consult.patient_id == child.id, ~is_family_draft)))
    lock_in_order(session, numbers)
    goes_on = or_(Consult.status.not_in(ENDED), RUNS, IS_TO_TELL)
    found = select(Consult).where(Consult.id.in_(numbers), goes_on).order_by(Consult.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def _takers(session: Session, consult: Consult, now: datetime) -> Takers:
    chosen = choose(session, consult, now)
    return frozenset(each.id for each in chosen.qualified), frozenset(each.id for each in chosen.ready)
