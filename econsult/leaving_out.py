"""Finds whose a cell is that cannot be read, and reads the records without that case (`unreadable`)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, String, Table, or_, select, type_coerce
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.policies import ClockName
from econsult.consults.recommendations import Recommendation, StepState
from econsult.consults.records import Consult, Kind, Urgency, number_of
from econsult.database import Base, Instant, Sealed, SealedJson
from econsult.erasure.places import OWNERS, STAYS
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import FAMILIES, Person
from econsult.trail import AuditEvent
from econsult.unreadable import NAMES, LeftOut, UnreadableError, left_out, say

MOST = 50
"""So many rows with the same damage are left out at once."""
CODES: dict[type[Base], dict[str, type[StrEnum]]] = {
    Consult: {"status": Status, "kind": Kind, "urgency": Urgency},
    Clock: {"name": ClockName, "state": ClockState},
    Attachment: {"kind": MediaKind, "state": AttachmentState},
    Recommendation: {"state": StepState},
}
"""The codes by which lists are made, and what each may be."""


def whose(session: Session, error: UnreadableError) -> LeftOut:
    """What a look must go without to do without this cell: nothing where it belongs to no case.

    It is found by what lies in it; a moment that was worked out, and lies in no column, is looked for in all of them.
    """
    found = LeftOut()
    if not (error.stored or error.column):
        return found
    for column in _places(error.column):
        table = column.table
        same = type_coerce(column, String) == error.stored
        for number in session.scalars(select(table.c.id).where(same).limit(MOST)).all():
            say(table.name, column.name, number)
            found |= _owner(session, table, number, error.column, error.stored)
    return found


def odd(session: Session) -> LeftOut:
    """What a look must go without because a code of it is none that there is."""
    found = LeftOut()
    for kind, codes in CODES.items():
        table = Base.metadata.tables[kind.__tablename__]
        for name, known in codes.items():
            for number in session.scalars(select(table.c.id).where(_is_none_of(table, name, known)).limit(MOST)).all():
                say(table.name, name, number)
                found |= _owner(session, table, number, "")
    return found


def check_codes(session: Session, consult: Consult) -> None:
    """Raise UnreadableError for a request with a code that is none that there is: no list shows it, nobody takes it."""
    for kind, codes in CODES.items():
        table = Base.metadata.tables[kind.__tablename__]
        own = table.c.id if kind is Consult else table.c.consult_id
        is_odd = or_(*(_is_none_of(table, name, known) for name, known in codes.items()))
        if session.scalar(select(table.c.id).where(own == consult.id, is_odd).limit(1)) is not None:
            raise UnreadableError("")


def _is_none_of(table: Table, name: str, known: type[StrEnum]) -> ColumnElement[bool]:
    return table.c[name].not_in(list(known))


def known_to(session: Session, person: Person, left: LeftOut) -> LeftOut:
    """What of it is told to somebody: what is of their program, and to a clinic what is its own.

    The same damage may lie in others, and a code that there is not is looked for everywhere.
    """
    consults = select(Consult.id).where(Consult.id.in_(left.consults), Consult.program_id == person.program_id)
    children = select(Patient.id).where(Patient.id.in_(left.children), Patient.program_id == person.program_id)
    if person.organization_id is not None:
        homes = select(Patient.id).where(Patient.organization_id == person.organization_id)
        is_own = Consult.organization_id == person.organization_id
        consults = consults.where(or_(is_own, Consult.requester_id == person.id, Consult.patient_id.in_(homes)))
        children = children.where(Patient.id.in_(homes))
    rows = select(AuditEvent.id).where(AuditEvent.id.in_(left.rows), AuditEvent.program_id == person.program_id)
    own, kids, told = (frozenset(session.scalars(query)) for query in (consults, children, rows))
    return LeftOut(own, kids, rows=told)


def numbers_of(left: LeftOut) -> list[str]:
    """The requests by their numbers, as people know them."""
    return [number_of(each) for each in sorted(left.consults)]


def leave_out(state: ORMExecuteState) -> None:
    """Let a statement find nothing of what is left out: an event of every session."""
    left = left_out()
    if left is not None and state.is_select and (left.consults or left.children or left.rows):
        state.statement = state.statement.options(*_criteria(left))


def _places(column: str) -> Iterator[Any]:
    for table in Base.metadata.sorted_tables:
        for each in table.columns:
            kind = each.type
            is_sealed = isinstance(kind, Sealed | SealedJson) and kind.context == column
            if is_sealed or (isinstance(kind, Instant) and column in ("", kind.column)):
                yield each


def _owner(session: Session, table: Table, number: int, column: str, stored: str = "") -> LeftOut:
    """The request or the child on which a row hangs."""
    if table.name == Consult.__tablename__:
        return LeftOut(consults=frozenset((number,)))
    if table.name == Patient.__tablename__:
        return LeftOut(children=frozenset((number,)))
    if table.name == AuditEvent.__tablename__:
        # What a row of the trail tells of is whole all the same.
        return LeftOut(rows=frozenset((number,)))
    if table.name == Person.__tablename__ and column in NAMES:
        return _person(session, number, stored)
    for key, owner in {"consult_id": "consult", **OWNERS, "patient_id": "patient"}.items():
        above = _above(session, table, key, number)
        if above is not None:
            return _owner(session, Base.metadata.tables[owner], above, column)
    return LeftOut()


def _above(session: Session, table: Table, key: str, number: int) -> int | None:
    return session.scalar(select(table.c[key]).where(table.c.id == number)) if key in table.c else None


def _person(session: Session, number: int, stored: str) -> LeftOut:
    """Of the staff a mark is read instead. What a family's name is, texts must be covered by: without it none are."""
    if session.scalar(select(Person.role).where(Person.id == number)) not in FAMILIES:
        return LeftOut(names=frozenset((stored,)))
    children = select(RelatedPerson.patient_id).where(RelatedPerson.person_id == number)
    return LeftOut(children=frozenset(session.scalars(children)))


@cache
def _classes() -> list[tuple[type[Base], tuple[str, ...]]]:
    """What hangs on a request or a child, apart from the trail, which tells of all."""
    own = {Consult: ("id", "patient_id"), Patient: ("", "id")}
    others = [
        (kind, tuple(name if hasattr(kind, name) else "" for name in ("consult_id", "patient_id")))
        for kind in (each.class_ for each in Base.registry.mappers)
        if kind not in own and kind.__tablename__ not in STAYS
    ]
    return [*own.items(), *((kind, names) for kind, names in others if any(names))]


def _criteria(left: LeftOut) -> Iterator[Any]:
    if left.rows:
        yield with_loader_criteria(AuditEvent, AuditEvent.id.not_in(left.rows))
    for table, (consult, child) in _classes():
        parts = [*_without(table, consult, left.consults), *_without(table, child, left.children)]
        for part in parts:
            yield with_loader_criteria(table, part, include_aliases=True)


def _without(table: type[Base], name: str, numbers: frozenset[int]) -> Iterator[ColumnElement[bool]]:
    if name and numbers:
        column = getattr(table, name)
        yield or_(column.is_(None), column.not_in(numbers))
