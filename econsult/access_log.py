"""The audit trail as people read it: a family's own log, and the search of the privacy officer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from econsult import access, audit
from econsult.consults.records import Consult, RedFlagStop, Source, number_of
from econsult.consults.redflags import UNSAFE
from econsult.cursors import pack, unpack_number
from econsult.errors import ForbiddenError
from econsult.people.patients import Patient
from econsult.people.persons import FAMILIES, Person, Role
from econsult.trail import AuditEvent

HIDDEN = frozenset({"red_flag", "emergency_call"})
"""A family's log never tells that somebody said a child is not safe at home: whoever hurts the child may read it."""
TIMER_ROWS = frozenset({"time_start", "time_enter", "time_correct", "time_amend"})
ROWS, AT_ONCE = 400, 1000
LARGEST = 2**31 - 1
"""What fits into a key of PostgreSQL; a cursor may say more."""


NOTE_TAKEN = "read_note"
"""That somebody took the answer along, as `econsult.note` writes it down."""


class Deed(StrEnum):
    """What was done with a child's records, as families are told it."""

    NAME = "name"
    EXCEPTION = "exception"
    HOLD = "hold"
    LISTED = "listed"
    OPENED = "opened"
    MEDIA = "media"
    NOTE = "note"
    CODE_ASKED = "code_asked"
    BY_CODE = "by_code"
    CORRECTED = "corrected"
    WORKED = "worked"


DEEDS_OF = {
    "legal_hold": Deed.HOLD,
    "list": Deed.LISTED,
    "correct_details": Deed.CORRECTED,
    NOTE_TAKEN: Deed.NOTE,
    # Somebody puts their own hours right, and sees nothing of the child.
    "use/own_time": Deed.WORKED,
    "break_glass": Deed.EXCEPTION,
    "read_identity": Deed.EXCEPTION,
    # By a device without an account.
    "ask_code": Deed.CODE_ASKED,
    "wrong_code": Deed.CODE_ASKED,
    "give_code": Deed.BY_CODE,
    "read_by_code": Deed.BY_CODE,
}
"""What the acts are whose names say enough."""


@dataclass(frozen=True)
class Look:
    """One row of the log. `person` is None for whoever runs the system; `number` names the question, if any."""

    id: int
    at: datetime
    person: Person | None
    deed: Deed
    action: str
    entity: str
    entity_id: str
    detail: str
    number: str
    sequence: int | None


@dataclass(frozen=True)
class Wanted:
    """What the privacy officer looks for; what is left out does not matter. `end` itself is left out of the time."""

    person_id: str = ""
    consult_id: int | None = None
    start: datetime | None = None
    end: datetime | None = None


def deed_of(action: str, entity: str) -> Deed:
    """The kind of an audit row's act."""
    if action in DEEDS_OF:
        return DEEDS_OF[action]
    if action.startswith("read_held"):
        return Deed.HOLD
    if entity == "attachment" and action.startswith("read"):
        return Deed.MEDIA
    if entity == "patient" and action in {"read", "reveal_phone"}:
        return Deed.NAME
    return Deed.OPENED if action == "read" or action.startswith("use/") else Deed.WORKED


def looks_at(
    session: Session, person: Person, patient_id: str, *, now: datetime, cursor: str = ""
) -> tuple[Patient, list[Look], str]:
    """A known child, what people did with its records, newest first, and the cursor of what comes after, or "".

    Raises NotFoundError for somebody else's child. What the system did by itself is left out.
    """
    patient = access.patient_for(session, person, patient_id, now=now)
    query = _newest(cursor).where(AuditEvent.patient_id == patient.id, AuditEvent.action.not_in(HIDDEN))
    query = query.where(AuditEvent.person_id.is_not(None) | (AuditEvent.action == "read"))
    # Each return to a page starts the timer of who works on it: the look itself is a row of its own.
    query = query.where(AuditEvent.action.not_in(TIMER_ROWS))
    # The number of a question that was begun and never sent would tell that somebody was stopped: by the family itself,
    # by telephone, or by the clinic before which somebody said that the home is not safe.
    told = select(RedFlagStop.consult_id).where(RedFlagStop.codes.contains(UNSAFE))
    unsent = select(Consult.id).where(
        Consult.patient_id == patient.id,
        Consult.submitted_at.is_(None),
        Consult.source.in_((Source.CAREGIVER, Source.PHONE)) | Consult.id.in_(told),
    )
    query = query.where(AuditEvent.consult_id.is_(None) | AuditEvent.consult_id.not_in(unsent))
    if person.role == Role.CAREGIVER:
        kept = select(Consult.id).where(Consult.patient_id == patient.id, Consult.confidential != "")
        query = query.where(AuditEvent.consult_id.is_(None) | AuditEvent.consult_id.not_in(kept))
        # When the young person was here is theirs alone.
        query = query.where(AuditEvent.person_id.is_(None) | (Person.role != Role.YOUTH))
    found = list(_looks(session, query.limit(ROWS + 1)))
    return patient, found[:ROWS], pack(found[ROWS - 1].id) if len(found) > ROWS else ""


def search(
    session: Session, person: Person, wanted: Wanted, *, now: datetime, cursor: str = "", limit: int = 100
) -> tuple[list[Look], str]:
    """The rows of the privacy officer's program, newest first, and the next cursor. The search leaves a row itself."""
    found = list(_looks(session, _asked(person, wanted, cursor).limit(limit + 1)))
    _note(session, person, "search", wanted, now)
    return found[:limit], pack(found[limit - 1].id) if len(found) > limit else ""


def note_export(session: Session, person: Person, wanted: Wanted, *, now: datetime) -> None:
    """Leave the row of an export, before its first row is read by `exported`. Raises ForbiddenError."""
    _asked(person, wanted, "")
    _note(session, person, "export", wanted, now)


def exported(session: Session, person: Person, wanted: Wanted) -> Iterator[Look]:
    """All rows, one after the other and in bounded memory."""
    yield from _looks(session, _asked(person, wanted, "").execution_options(yield_per=AT_ONCE))


def staff_of(session: Session, person: Person) -> list[Person]:
    """Whom a search may be narrowed to: everybody of the program but families, by name."""
    query = select(Person).where(Person.program_id == person.program_id, Person.role.not_in(FAMILIES))
    return sorted(session.scalars(query), key=lambda each: each.name.casefold())


def _asked(person: Person, wanted: Wanted, cursor: str) -> Select[AuditEvent, Person]:
    if person.role != Role.PRIVACY:
        raise ForbiddenError("Only the privacy officer reads the log of a program.")
    query = _newest(cursor).where(AuditEvent.program_id == person.program_id)
    if wanted.person_id:
        query = query.where(Person.public_id == wanted.person_id)
    if wanted.consult_id is not None:
        query = query.where(AuditEvent.consult_id == wanted.consult_id)
    if wanted.start is not None:
        query = query.where(AuditEvent.at >= wanted.start)
    return query if wanted.end is None else query.where(AuditEvent.at < wanted.end)


def _note(session: Session, person: Person, action: str, wanted: Wanted, now: datetime) -> None:
    narrowed = [name for name, value in vars(wanted).items() if value]
    audit.record(
        session,
        action,
        "audit_event",
        wanted.person_id,
        now=now,
        person_id=person.id,
        detail=" ".join(narrowed),
    )


def _newest(cursor: str) -> Select[AuditEvent, Person]:
    query = select(AuditEvent, Person).outerjoin(Person, Person.id == AuditEvent.person_id)
    before = unpack_number(cursor)
    query = query.where(AuditEvent.id < min(before, LARGEST)) if before else query
    return query.order_by(AuditEvent.id.desc())


def _looks(session: Session, query: Select[AuditEvent, Person]) -> Iterator[Look]:
    for row, person in session.execute(query):
        yield Look(
            id=row.id,
            at=row.at,
            person=person,
            deed=deed_of(row.action, row.entity),
            action=row.action,
            entity=row.entity,
            entity_id=row.entity_id,
            detail=row.detail,
            number=number_of(row.consult_id) if row.consult_id else "",
            sequence=row.sequence,
        )
