"""The audit trail as people read it: a family's own log, and the search of the privacy officer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, case, literal, or_, select
from sqlalchemy.orm import Session

from econsult import access, audit, home_safety
from econsult.consults.earlier import BY_WAY, EarlierConsult
from econsult.consults.opened import OPENED
from econsult.consults.records import Consult, RedFlagStop, Source, number_of
from econsult.consults.redflags import UNSAFE
from econsult.cursors import pack, unpack_number
from econsult.errors import ForbiddenError
from econsult.people.patients import Patient
from econsult.people.persons import FAMILIES, Person, Role
from econsult.trail import AuditChain, AuditEvent

HIDDEN = frozenset({"red_flag", "emergency_call", home_safety.ACT})
"""A family's log never tells that somebody said a child is not safe at home: whoever hurts the child may read it."""
OVER = ("come_over", "go_over")
"""That somebody has an account in another program is theirs to read: who shares a child with them is not told."""
TIMER_ROWS = frozenset({"time_start", "time_enter", "time_correct", "time_amend"})
ROWS = 400
LARGEST = 2**31 - 1
"""What fits into a key of PostgreSQL; a cursor may say more."""


NOTE_TAKEN = "read_note"
"""That somebody took the answer along, as `econsult.note` writes it down."""


class Deed(StrEnum):
    """What was done with a child's records, as families are told it."""

    NAME = "name"
    HELD_NAME = "held_name"
    EXCEPTION = "exception"
    HOLD = "hold"
    LISTED = "listed"
    OPENED = "opened"
    MEDIA = "media"
    NOTE = "note"
    CODE_ASKED = "code_asked"
    BY_CODE = "by_code"
    CORRECTED = "corrected"
    SEARCHED = "searched"
    SIGNED = "signed"
    CAME_OVER = "came_over"
    WENT_OVER = "went_over"
    REFUSED = "refused"
    WORKED = "worked"


DEEDS_OF = {
    "legal_hold": Deed.HOLD,
    "list": Deed.LISTED,
    "correct_details": Deed.CORRECTED,
    NOTE_TAKEN: Deed.NOTE,
    OPENED: Deed.OPENED,
    # By the privacy officer, who sees the child's rows and neither its name nor anything of it.
    "search": Deed.SEARCHED,
    "export": Deed.SEARCHED,
    "find": Deed.SEARCHED,
    # Somebody puts their own hours right, and sees nothing of the child.
    "use/own_time": Deed.WORKED,
    "break_glass": Deed.EXCEPTION,
    "read_identity": Deed.EXCEPTION,
    "read_name": Deed.HELD_NAME,
    **dict.fromkeys(("sign_in", "sign_out", "sign_out_others", "end_session", "use_passkey"), Deed.SIGNED),
    "come_over": Deed.CAME_OVER,
    "go_over": Deed.WENT_OVER,
    **dict.fromkeys(("wrong_passwords", "shut_sign_in", "refuse_code", "refuse_passkey"), Deed.REFUSED),
    # By a device without an account.
    "ask_code": Deed.CODE_ASKED,
    "wrong_code": Deed.CODE_ASKED,
    "give_code": Deed.BY_CODE,
    "read_by_code": Deed.BY_CODE,
}
"""What the acts are whose names say enough."""


@dataclass(frozen=True)
class Look:
    """One row of the log. `person` is None for whoever runs the system; `number` names the question, if any.

    `child_id` and `alias` are the public id and the alias of the child whose row it is, or "".
    """

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
    child_id: str
    alias: str


@dataclass(frozen=True)
class Wanted:
    """What the privacy officer looks for; what is left out does not matter. `end` itself is left out of the time.

    `person_id` and `child_id` are public ids, `deed` is a kind of act and `action` the code of one.
    """

    person_id: str = ""
    child_id: str = ""
    consult_id: int | None = None
    deed: str = ""
    action: str = ""
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


def _deed_in_sql() -> ColumnElement[str]:
    """The same as `deed_of`, said by the database, so that a search need not read what it does not show."""
    action, entity = AuditEvent.action, AuditEvent.entity
    named = {deed: [code for code, meant in DEEDS_OF.items() if meant == deed] for deed in DEEDS_OF.values()}
    return case(
        *((action.in_(codes), deed.value) for deed, codes in named.items()),
        (action.startswith("read_held", autoescape=True), Deed.HOLD.value),
        (and_(entity == "attachment", action.startswith("read")), Deed.MEDIA.value),
        (and_(entity == "patient", action.in_(("read", "reveal_phone"))), Deed.NAME.value),
        (or_(action == "read", action.startswith("use/")), Deed.OPENED.value),
        else_=Deed.WORKED.value,
    )


def looks_at(
    session: Session, person: Person, patient_id: str, *, now: datetime, cursor: str = ""
) -> tuple[Patient, list[Look], str]:
    """A known child, what people did with its records, newest first, and the cursor of what comes after, or "".

    Raises NotFoundError for somebody else's child. What the system did by itself is left out.
    """
    patient = access.patient_for(session, person, patient_id, now=now)
    query = _newest(cursor).where(AuditEvent.patient_id == patient.id, AuditEvent.action.not_in(HIDDEN))
    # What stands in no chain, in another program's or after its end was written by a hand in the database: it accuses
    # nobody here.
    query = query.where(AuditEvent.program_id == patient.program_id)
    end = select(AuditChain.sequence).where(AuditChain.program_id == patient.program_id).scalar_subquery()
    query = query.where(AuditEvent.sequence.between(1, end))
    query = query.where(AuditEvent.person_id.is_not(None) | (AuditEvent.action == "read"))
    # Each return to a page starts the timer of who works on it: the look itself is a row of its own.
    query = query.where(AuditEvent.action.not_in(TIMER_ROWS))
    query = query.where(AuditEvent.action.not_in(OVER) | (AuditEvent.person_id == person.id))
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
        query = query.where(~_by_way_of_kept(patient))
        # When the young person was here is theirs alone.
        query = query.where(AuditEvent.person_id.is_(None) | (Person.role != Role.YOUTH))
    found = list(looks_in(session, query.limit(ROWS + 1)))
    return patient, found[:ROWS], pack(found[ROWS - 1].sequence or 0) if len(found) > ROWS else ""


def _by_way_of_kept(patient: Patient) -> ColumnElement[bool]:
    """Whether a row of an open question came about by one that is kept from the caregivers, which shows it as earlier.

    Rows from before the by-way was written down are left out where a kept one shows it still.
    """
    is_kept = and_(Consult.patient_id == patient.id, Consult.confidential != "")
    kept = select(Consult.public_id).where(is_kept)
    looks = select(literal(f"{BY_WAY}/").concat(Consult.public_id)).where(is_kept)
    shown = select(EarlierConsult.earlier_id).join(Consult, Consult.id == EarlierConsult.consult_id).where(is_kept)
    was_attached = and_(AuditEvent.action == "attach", AuditEvent.detail.in_(kept))
    was_read = AuditEvent.detail.in_(looks)
    return or_(was_attached, was_read, and_(AuditEvent.detail == BY_WAY, AuditEvent.consult_id.in_(shown)))


def search(
    session: Session, person: Person, wanted: Wanted, *, now: datetime, cursor: str = "", limit: int = 100
) -> tuple[list[Look], str]:
    """The rows of the privacy officer's program, newest first, and the next cursor. The search leaves a row itself."""
    found = list(looks_in(session, asked_rows(person, wanted, cursor).limit(limit + 1)))
    note_search(session, person, "search", wanted, now)
    return found[:limit], pack(found[limit - 1].sequence or 0) if len(found) > limit else ""


def staff_of(session: Session, person: Person, also: str = "") -> list[Person]:
    """Whom a search may be narrowed to: everybody of the program but families, by name, and whose id is `also`."""
    either = or_(Person.role.not_in(FAMILIES), Person.public_id == also)
    query = select(Person).where(Person.program_id == person.program_id, either)
    return sorted(session.scalars(query), key=lambda each: each.name.casefold())


def asked_rows(person: Person, wanted: Wanted, cursor: str) -> Select[AuditEvent, Person, str, str]:
    """The rows that a privacy officer looks for, newest first. Raises ForbiddenError for anybody else."""
    check_reader(person)
    query = _newest(cursor).where(AuditEvent.program_id == person.program_id, *_conditions(wanted))
    if wanted.start is not None:
        query = query.where(AuditEvent.at >= wanted.start)
    return query if wanted.end is None else query.where(AuditEvent.at < wanted.end)


def check_reader(person: Person) -> None:
    """Raise ForbiddenError for anybody who may not read the log of a program."""
    if person.role != Role.PRIVACY:
        raise ForbiddenError("Only the privacy officer reads the log of a program.")


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.person_id:
        yield Person.public_id == wanted.person_id
    if wanted.child_id:
        # By the number of the child, which the index of the table begins with.
        yield AuditEvent.patient_id.in_(select(Patient.id).where(Patient.public_id == wanted.child_id))
    if wanted.consult_id is not None:
        yield AuditEvent.consult_id == wanted.consult_id
    if wanted.deed:
        yield _deed_in_sql() == wanted.deed
    if wanted.action:
        yield AuditEvent.action == wanted.action


def note_search(session: Session, person: Person, action: str, wanted: Wanted, now: datetime) -> None:
    """The row of a search is one of the child that was searched for: whoever asks who looked, has looked.

    Who and which child stand in an address, where anybody may write anything: the row has them only where they are.
    """
    own = Patient.public_id == wanted.child_id, Patient.program_id == person.program_id
    who = select(Person.public_id).where(Person.public_id == wanted.person_id, Person.program_id == person.program_id)
    audit.record(
        session,
        action,
        "audit_event",
        (session.scalar(who) or "") if wanted.person_id else "",
        now=now,
        person_id=person.id,
        patient_id=session.scalar(select(Patient.id).where(*own)) if wanted.child_id else None,
        detail=" ".join(name for name, value in vars(wanted).items() if value),
    )


def _newest(cursor: str) -> Select[AuditEvent, Person, str, str]:
    query = select(AuditEvent, Person, Patient.public_id, Patient.alias)
    query = query.outerjoin(Person, Person.id == AuditEvent.person_id)
    query = query.outerjoin(Patient, Patient.id == AuditEvent.patient_id)
    before = unpack_number(cursor)
    # By the place in the chain, which its hash covers: somebody who writes into the database may give rows other keys.
    query = query.where(AuditEvent.sequence < min(before, LARGEST)) if before else query
    return query.order_by(AuditEvent.sequence.desc().nulls_last(), AuditEvent.id.desc())


def looks_in(session: Session, query: Select[AuditEvent, Person, str, str]) -> Iterator[Look]:
    """The rows of a query as people read them; it is sent at once."""
    return itertools.starmap(_look, session.execute(query))


def _look(row: AuditEvent, person: Person | None, child_id: str | None, alias: str | None) -> Look:
    return Look(
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
        child_id=child_id or "",
        alias=alias or "",
    )
