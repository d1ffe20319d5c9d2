"""Lists of recommended steps: what is late at the desk, and what became of a specialist's own advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from econsult.access import patients_on
from econsult.advice.following import Followed, with_words
from econsult.consults.answers import Answer
from econsult.consults.recommendations import OPEN_STEP, Recommendation
from econsult.consults.records import Consult
from econsult.consults.visits import is_arranged
from econsult.errors import ForbiddenError
from econsult.leading import Led
from econsult.people.deaths import the_dead
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role

SHOWN = 200
LOOKED_BACK = timedelta(days=180)
MOST_ANSWERS = 50


@dataclass(frozen=True)
class Late:
    """A step that should have been done, with its child; `consult` is where it is written down that it was."""

    followed: Followed
    consult: Consult
    patient: Patient


def late_steps(session: Session, person: Person, now: datetime) -> list[Late]:
    """The late steps of the coordinators' program, the longest late first. Raises ForbiddenError for others."""
    _check_desk(person)
    query = _late(person, now).with_only_columns(Recommendation, Consult).order_by(Recommendation.due_at)
    rows = [(step, consult) for step, consult in session.execute(query.limit(SHOWN))]
    answers = answers_of(session, [step for step, _ in rows])
    children = patients_on(session, person, [consult for _, consult in rows], now=now)
    found = with_words(session, [step for step, _ in rows], answers)
    return [
        Late(each, consult, children[consult.patient_id])
        for each, (_, consult) in zip(found, rows, strict=True)
        if consult.patient_id in children
    ]


def count_late(session: Session, person: Person, now: datetime) -> int:
    """How many late steps there are; test consults never count."""
    _check_desk(person)
    query = _late(person, now).with_only_columns(func.count()).where(~Consult.is_test)
    return session.scalars(query).one()


def _late(person: Person, now: datetime) -> Select[int]:
    """The steps that are late, by the index of what is to do. Where consent was taken back nobody goes on, nor after a
    child's death; and a visit that is booked is late by its own day alone.
    """
    return (
        select(Recommendation.id)
        .select_from(Led(Recommendation, Consult, Consult.id == Recommendation.consult_id))
        .where(
            OPEN_STEP,
            Recommendation.due_at <= now,
            ~is_arranged(),
            Consult.program_id == person.program_id,
            Consult.consent_withdrawn_at.is_(None),
            Consult.patient_id.not_in(the_dead()),
        )
    )


def _check_desk(person: Person) -> None:
    if person.role != Role.COORDINATOR:
        raise ForbiddenError("The program's coordinators follow up what is late.")


def answers_of(session: Session, steps: Sequence[Recommendation]) -> list[Answer]:
    """The answers that these steps belong to."""
    pairs = {(step.consult_id, step.version) for step in steps}
    query = select(Answer).where(tuple_(Answer.consult_id, Answer.version).in_(pairs))
    return list(session.scalars(query)) if pairs else []


@dataclass(frozen=True)
class Advice:
    """One signed answer of a specialist, and what became of its steps."""

    consult: Consult
    patient: Patient
    answer: Answer
    steps: list[Followed]


def advice_of(session: Session, person: Person, now: datetime) -> list[Advice]:
    """The specialist's own newest signed answers of half a year, whose request they may still open.

    A request that the family took back is gone from here as from everywhere.
    """
    newer = aliased(Answer)
    is_signed = newer.signed_at.is_not(None)
    query = (
        select(Answer, Consult)
        .join(Consult, Consult.id == Answer.consult_id)
        .where(
            Answer.author_id == person.id,
            Answer.signed_at >= now - LOOKED_BACK,
            ~exists().where(newer.consult_id == Answer.consult_id, newer.corrects == Answer.version, is_signed),
            Consult.consent_withdrawn_at.is_(None),
            Consult.program_id == person.program_id,
        )
        .order_by(Answer.signed_at.desc(), Answer.id.desc())
    )
    rows = [(answer, consult) for answer, consult in session.execute(query.limit(MOST_ANSWERS))]
    children = patients_on(session, person, [consult for _, consult in rows], now=now)
    numbers = [answer.consult_id for answer, _ in rows]
    steps = session.scalars(
        select(Recommendation)
        .where(Recommendation.consult_id.in_(numbers))
        .order_by(Recommendation.consult_id, Recommendation.version, Recommendation.position)
    ).all()
    return [
        Advice(
            consult,
            children[consult.patient_id],
            answer,
            with_words(session, [each for each in steps if _is_of(each, answer)], [answer]),
        )
        for answer, consult in rows
    ]


def _is_of(step: Recommendation, answer: Answer) -> bool:
    return (step.consult_id, step.version) == (answer.consult_id, answer.version)
