"""The clock over recommended steps: what was not done in time is told once, to whoever does it and to the desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from econsult.consults.answers import Answer
from econsult.consults.conversion import VISIT
from econsult.consults.hearers import desk_of, family_of
from econsult.consults.next_photo import PHOTO
from econsult.consults.own_clinic import own_team
from econsult.consults.photo_came import is_under_way
from econsult.consults.recommendations import LOOK_AGAIN, TO_DO, Recommendation, tell_late
from econsult.consults.records import SEALED_STAY_SHUT, Consult
from econsult.consults.visits import is_arranged
from econsult.notices import NoticeKind
from econsult.people.deaths import has_died
from econsult.people.persons import NAMES_STAY_SHUT, Person, team_of
from econsult.picking import ANY, Pick
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet

ANSWERS_STAY_SHUT = defer(Answer.content)


def tell_of_late_steps(session: Session, now: datetime, quiet: Quiet, pick: Pick = ANY) -> int:
    """Tell of every step whose due instant has come; returns how many were looked at.

    A step is told once, whatever the number of clocks, kills and restarts: its line in the ledger is there once. Where
    the family took its consent back, or its child has died, nobody is asked to go on. A new photo that was sent, and is
    being prepared or waits for the clinic's word, is not late: its step is looked at again a day later.
    """
    due = pick.due(session, select(Recommendation), Recommendation.next_at, Recommendation.id, now)
    tellings: list[Telling] = []
    for step in due:
        consult = session.get_one(Consult, step.consult_id, options=SEALED_STAY_SHUT)
        is_over = consult.consent_withdrawn_at is not None or has_died(session, consult.patient_id)
        if step.state not in TO_DO or is_over:
            step.next_at = None
            continue
        if (step.kind == PHOTO and is_under_way(session, consult)) or _is_arranged(session, step):
            # Whoever had to send it has; whether it is the photo is for the clinic to say, and is looked at again. A
            # visit that is booked has a clock of its own.
            step.next_at = now + LOOK_AGAIN
            continue
        tell_late(session, step, now)
        about = f"step:{step.id}"
        for person, kind in _readers(session, step, consult, now):
            tellings.append(Telling(person, kind, consult.id, about))
    session.flush()
    tell_all(session, tellings, quiet, now)
    return len(due)


def _is_arranged(session: Session, step: Recommendation) -> bool:
    """Whether its visit is still ahead, on a day or on a waiting list."""
    return step.kind == VISIT and bool(
        session.scalar(select(Recommendation.id).where(Recommendation.id == step.id, is_arranged()))
    )


def _readers(
    session: Session, step: Recommendation, consult: Consult, now: datetime
) -> list[tuple[Person, NoticeKind]]:
    """Whoever does it, and the desk; the family is told in words of its own, and only of what it can read."""
    staff = [*_doers(session, step, consult), *desk_of(session, consult.program_id, now)]
    found = [(person, NoticeKind.STEP_LATE) for person in {each.id: each for each in staff}.values()]
    if step.owner == "family" and _answer(session, step).released_at is not None:
        found += [(person, NoticeKind.STEP_OPEN) for person in family_of(session, consult, now)]
    return found


def _doers(session: Session, step: Recommendation, consult: Consult) -> list[Person]:
    if step.owner == "specialist":
        author = session.get_one(Person, _answer(session, step).author_id, options=NAMES_STAY_SHUT)
        return [author] if author.is_active else []
    is_clinics = step.owner == "pcp"
    return [*team_of(session, consult.organization_id), *own_team(session, consult)] if is_clinics else []


def _answer(session: Session, step: Recommendation) -> Answer:
    """The answer of a step, of which nobody's words are needed."""
    query = select(Answer).where(Answer.consult_id == step.consult_id, Answer.version == step.version)
    return session.scalars(query.options(ANSWERS_STAY_SHUT)).one()
