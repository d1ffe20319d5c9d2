"""What supports a code, for whoever bills or audits: who may take it is decided by `seeing`, and that it was taken is
written down. It holds what was recorded, and no clinical word but the diagnosis that a claim asks for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.billing.entries import TimeEntry
from econsult.billing.gathering import Part, parts_in
from econsult.billing.loading import Loaded, load
from econsult.billing.rules import RuleSet, Side
from econsult.billing.seeing import billing_for
from econsult.billing.siterules import rules_in
from econsult.consults.records import Consult, note
from econsult.errors import NotFoundError
from econsult.people.persons import Person, Role
from econsult.rights import Relation


@dataclass(frozen=True)
class Sheet:
    """The parts that this reader may see, with every wording of the time of each, oldest work first.

    `request_mark` is the SHA-256 of the request as it stands, None before it was sent.
    """

    passed: Pass
    loaded: Loaded
    rules: RuleSet
    parts: list[Part]
    entries: list[TimeEntry]
    request_mark: str | None
    consent_by: Person | None
    made_at: datetime

    def entries_of(self, part: Part) -> list[TimeEntry]:
        number, consult = part.person.id if part.person else None, self.passed.consult
        own = (entry for entry in self.entries if entry.person_id == number)
        return [entry for entry in own if self.loaded.version_at(consult, entry.started_at) == part.of.version]


def seen_parts(person: Person, sides: tuple[Side, ...], parts: list[Part]) -> list[Part]:
    """The parts that this reader may see. Of those who answered one after the other, each sees their own."""
    if person.role == Role.SPECIALIST:
        parts = [part for part in parts if part.person is not None and part.person.id == person.id]
    return [part for part in parts if part.side in sides]


def sheet_for(session: Session, person: Person, public_id: str, zone: ZoneInfo, *, now: datetime) -> Sheet:
    """The sheet of a consult for this reader; for whom there is no billing page there is no sheet either.

    To whoever replied to a question beside it the consult is closed: a sheet would tell of it.
    """
    passed, sides = billing_for(session, person, public_id, now=now)
    if passed.relation == Relation.REPLIED:
        raise NotFoundError
    consult = passed.consult
    loaded, rules = load(session, [consult], zone, now=now, with_words=True), rules_in(session)
    parts = seen_parts(person, sides, parts_in(loaded, zone, now=now, rules=rules)[consult.id])
    people = {part.person.id for part in parts if part.person}
    query = select(TimeEntry).where(TimeEntry.consult_id == consult.id, TimeEntry.person_id.in_(people))
    consent = loaded.consents.get(consult.id)
    note(session, consult, "take_sheet", person_id=person.id, now=now)
    return Sheet(
        passed=passed,
        loaded=loaded,
        rules=rules,
        parts=parts,
        entries=list(session.scalars(query.order_by(TimeEntry.started_at, TimeEntry.id))),
        request_mark=_mark_of(consult) if consult.submitted_at else None,
        consent_by=session.get(Person, consent.recorded_by_id) if consent else None,
        made_at=now,
    )


def _mark_of(consult: Consult) -> str:
    request = {
        "consult": consult.public_id,
        "submitted_at": consult.submitted_at.isoformat() if consult.submitted_at else None,
        "question": consult.question,
        "question_type": consult.question_type,
        "details": consult.details,
    }
    text = json.dumps(request, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
