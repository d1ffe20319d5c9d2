"""The answer as something to take away: which version of it, for whom, and the mark by which two copies are compared.

Who may have it is decided here and in `access` alone: who may read the answer on a page may take it along, in the
edition that is meant for them. A draft is in no note.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult import access, audit
from econsult.access import Pass
from econsult.access_log import NOTE_TAKEN
from econsult.consults.answers import Answer
from econsult.consults.records import Consult
from econsult.errors import ForbiddenError, NotFoundError
from econsult.people.persons import Person
from econsult.rights import OF_FAMILY, Relation


class Edition(StrEnum):
    """For whom a note is written."""

    CLINICIAN = "clinician"
    FAMILY = "family"


EDITIONS: Mapping[Relation, tuple[Edition, ...]] = {
    Relation.CAREGIVER: (Edition.FAMILY,),
    Relation.YOUTH: (Edition.FAMILY,),
    Relation.MEDICAL_HOME: (Edition.CLINICIAN, Edition.FAMILY),
    Relation.HOLDER: (Edition.CLINICIAN, Edition.FAMILY),
    Relation.COORDINATOR: (Edition.CLINICIAN, Edition.FAMILY),
}
"""Who reads answers at all, and as what; the first is what they get unasked."""


@dataclass(frozen=True)
class Note:
    """One signed version of an answer, for somebody who may have it.

    `newer` is a version after it that this reader may read as well; `is_before` says that the question goes on.
    """

    passed: Pass
    answer: Answer
    signed_at: datetime
    author: Person
    asked_by: Person
    edition: Edition
    newer: Answer | None
    is_before: bool
    fingerprint: str

    @property
    def content(self) -> Mapping[str, Any]:
        return self.answer.content


def note_for(
    session: Session,
    person: Person,
    public_id: str,
    *,
    now: datetime,
    edition: Edition | None = None,
    version: int | None = None,
    how: str = "",
) -> Note:
    """The note, newest version unless another is named; that it was taken, and `how`, is written down."""
    passed = access.consult_for(session, person, public_id, now=now)
    consult, editions = passed.consult, EDITIONS.get(passed.relation, ())
    wanted = edition or (editions[0] if editions else None)
    if wanted is None or wanted not in editions:
        raise ForbiddenError("You may know of this consult, but not take this note of its answer.")
    signed = _readable(session, passed)
    answer = next((each for each in reversed(signed) if version in (None, each.version)), None)
    if answer is None or answer.signed_at is None:
        raise NotFoundError
    author = session.get_one(Person, answer.author_id)
    _note_taking(session, consult, person, f"{wanted}/{how}/{answer.version}", now)
    return Note(
        passed=passed,
        answer=answer,
        signed_at=answer.signed_at,
        author=author,
        asked_by=session.get_one(Person, consult.sent_on_by_id or consult.requester_id),
        edition=wanted,
        newer=signed[-1] if signed[-1].version != answer.version else None,
        is_before=(consult.answered_at if person.is_staff else consult.released_at) is None,
        fingerprint=fingerprint_of(session, consult, answer),
    )


def codes_of(session: Session, passed: Pass) -> dict[int, str]:
    """The code of each version that this reader may take a note of, oldest first; none for who reads no answers."""
    if passed.relation not in EDITIONS:
        return {}
    return {each.version: fingerprint_of(session, passed.consult, each) for each in _readable(session, passed)}


def fingerprint_of(session: Session, consult: Consult, answer: Answer) -> str:
    """The same as `fingerprint`, of an answer whose author is not at hand."""
    return fingerprint(consult, answer, session.get_one(Person, answer.author_id))


def fingerprint(consult: Consult, answer: Answer, author: Person) -> str:
    """SHA-256 of what was signed: which consult, which version, by whom, when, and every field as it was written.

    It holds no identifier of the child, so every edition of a version bears the same one.
    """
    signed = {
        "consult": consult.public_id,
        "version": answer.version,
        "author": author.public_id,
        "signed_at": answer.signed_at.isoformat() if answer.signed_at else None,
        "content": answer.content,
    }
    if answer.corrects is not None:
        signed |= {"corrects": answer.corrects, "reason": answer.reason}
    text = json.dumps(signed, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _readable(session: Session, passed: Pass) -> list[Answer]:
    """The signed versions, oldest first; a family's are those that were released to it."""
    query = select(Answer).where(Answer.consult_id == passed.consult.id, Answer.signed_at.is_not(None))
    if passed.relation in OF_FAMILY:
        query = query.where(Answer.released_at.is_not(None))
    return list(session.scalars(query.order_by(Answer.version)))


def _note_taking(session: Session, consult: Consult, person: Person, detail: str, now: datetime) -> None:
    audit.record(
        session,
        NOTE_TAKEN,
        "consult",
        consult.public_id,
        now=now,
        person_id=person.id,
        patient_id=consult.patient_id,
        consult_id=consult.id,
        detail=detail,
    )
