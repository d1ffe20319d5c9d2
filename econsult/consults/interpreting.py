"""Answers that are not there in their family's language: somebody tells them by an interpreter, and writes it down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.spoken import told_in
from econsult.consults.turning import turn_clocks
from econsult.consults.versions import signed_answer
from econsult.people.deaths import the_dead
from econsult.people.patients import Patient
from econsult.people.persons import Person

SHOWN = 50


def lacks_words(session: Session, consult: Consult, content: Mapping[str, Any]) -> bool:
    """Whether something that the family should read is not there in its language."""
    return bool(told_in(content, family_language(session, consult)).lacking)


def look_for_words(session: Session, consult: Consult, now: datetime) -> None:
    """What the family has not heard, of this cycle or one before, is told by an interpreter where it lacks words.

    What a caregiver has opened without them is still to be told so; what staff have told is not told again.
    """
    is_untold = consult.status == Status.ANSWERED and consult.informed_at is None
    if not is_untold and consult.unheard_version is None and consult.interpreter_since is None:
        return
    signed = signed_answer(session, consult.id)
    lacking = signed is not None and lacks_words(session, consult, {**signed.content, "reason": signed.why})
    consult.interpreter_since = (consult.interpreter_since or now) if lacking else None


def follow_family(session: Session, consult: Consult, person: Person, now: datetime) -> None:
    """What goes on again takes its family's language: while it had ended it took no notice of one that was put right.

    Call it before a clock starts: the ledger keeps for whom each was promised.
    """
    language = family_language(session, consult)
    if language != consult.language:
        consult.language = language
        turn_clocks(session, consult, now, person_id=person.id)
        look_for_words(session, consult, now)


def family_language(session: Session, consult: Consult) -> str:
    """The language in which the family of this consult reads."""
    return session.scalars(select(Patient.language).where(Patient.id == consult.patient_id)).one()


def to_interpret(session: Session, program_id: int, now: datetime) -> list[Consult]:
    """The consults of a program whose answer must be told by an interpreter, the longest waiting first."""
    waits = (Consult.program_id == program_id, Consult.interpreter_since <= now, Consult.patient_id.not_in(the_dead()))
    query = select(Consult).where(*waits).order_by(Consult.interpreter_since).limit(SHOWN)
    return list(session.scalars(query))
