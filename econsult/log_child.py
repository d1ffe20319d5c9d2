"""Which child the privacy officer looks for in the log: by alias, by a request, or by name and birth date.

Whoever complains gives a name and a birth date; they are compared in memory, wherever they differ in accents and
capitals alone, and nothing of them is kept. The officer learns the alias under which the program knows such a child,
and each search leaves a row.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.access_log import check_reader
from econsult.erasure.asking import child_named
from econsult.errors import NotFoundError
from econsult.panel import twins
from econsult.people.patients import Patient
from econsult.people.persons import Person

FEW = 5
"""So many children of one name and birth date are told apart."""


def children_meant(
    session: Session, person: Person, text: str, *, now: datetime, name: str = "", birth_date: str = ""
) -> list[Patient]:
    """The children of the officer's program that are meant, at most a few; none where there is none.

    `text` is an alias, the number of a request or an id; without it a name and a birth date (`2020-01-31`) are asked
    for, and both must fit. Raises ForbiddenError for anybody else.
    """
    check_reader(person)
    found = _by_mark(session, person, text) if text else _by_name(session, person, name, birth_date)
    for child in found:
        audit.record(session, "find", "patient", child.public_id, now=now, person_id=person.id, patient_id=child.id)
    if not found:
        audit.record(session, "find", "patient", "", now=now, person_id=person.id, detail="none")
    return found


def _by_mark(session: Session, person: Person, text: str) -> list[Patient]:
    try:
        return [child_named(session, person.program_id, text)]
    except NotFoundError:
        return []


def _by_name(session: Session, person: Person, name: str, birth_date: str) -> list[Patient]:
    own = select(Patient).where(Patient.program_id == person.program_id, Patient.erased_at.is_(None))
    numbers = sorted(twins(session, person.program_id, own, (name, birth_date, "")))[:FEW]
    return list(session.scalars(select(Patient).where(Patient.id.in_(numbers)).order_by(Patient.id)))
