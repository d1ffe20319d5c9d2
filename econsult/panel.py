"""Finding one child among all whom somebody may know: newest first, or by a word of the name or the record number.

Names rest sealed, so no database can search them. A clinic's own children are at most some thousands: their names are
opened in memory, and nothing of a search stays behind but the audit rows of the children that it showed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from econsult.access import known_patients, note_patients
from econsult.errors import ConsultError
from econsult.people.pasted import pasted
from econsult.people.patients import Patient, note_patient
from econsult.people.persons import Organization, Person, Program
from econsult.unreadable import UnreadableError, say

PAGE = 50
APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"


@dataclass(frozen=True)
class Panel:
    """Some children, and the id that the next page starts below; None where nobody is left."""

    children: list[Patient]
    before: int | None


def newest(session: Session, person: Person, *, now: datetime, before: int = 0, limit: int = PAGE) -> Panel:
    """The children whom this person may know by name, newest registration first."""
    query = known_patients(session, person, now).order_by(Patient.id.desc()).limit(limit + 1)
    found = list(session.scalars(query.where(Patient.id < before) if before else query))
    note_patients(session, person, found[:limit], now)
    return Panel(found[:limit], found[limit - 1].id if len(found) > limit else None)


class KnownChildError(ConsultError):
    """The child seems to be registered already; `child` is the record that is there."""

    code = "known_child"
    is_recorded = True  # The child is shown by name, which leaves its audit row.

    def __init__(self, child: Patient) -> None:
        super().__init__("This child seems to be registered already.", detail={"id": child.public_id})
        self.child = child


def refuse_known(session: Session, person: Person, name: str, birth_date: str, mrn: str, *, now: datetime) -> None:
    """Raise KnownChildError where this person knows a child of this record number, or of this name and birth date.

    Two people of one clinic who register the same child at once wait for each other.
    """
    session.execute(
        select(Organization.id).where(Organization.id == person.organization_id).with_for_update(key_share=True)
    )
    for twin in twins(session, known_patients(session, person, now), name, birth_date, mrn):
        child = session.get_one(Patient, twin)
        note_patients(session, person, [child], now)
        raise KnownChildError(child)


class KnownElsewhereError(ConsultError):
    """Another clinic of the program has such a child; whose it is stays there."""

    code = "known_elsewhere"
    is_recorded = True  # Whoever asks about other clinics' children leaves a trace of it.

    def __init__(self) -> None:
        super().__init__("Another clinic of the program has a child of this name and birth date, or of this number.")


def refuse_twin(session: Session, person: Person, child: Patient, told: tuple[str, str, str], *, now: datetime) -> None:
    """Raise KnownChildError or KnownElsewhereError where another child of the program has this name and birth date,
    or this record number; `told` is the three of them, as they are about to be written into the record of `child`.

    Two who put records of one program right at once wait for each other.
    """
    session.execute(select(Program.id).where(Program.id == child.program_id).with_for_update(key_share=True))
    others = Patient.id != child.id
    known = known_patients(session, person, now).where(others)
    twin = next(twins(session, known, *told), None)
    if twin is not None:
        found = session.get_one(Patient, twin)
        note_patients(session, person, [found], now)
        raise KnownChildError(found)
    everybody = select(Patient).where(Patient.program_id == child.program_id, Patient.erased_at.is_(None), others)
    if next(twins(session, everybody, *told), None) is not None:
        note_patient(session, child, "ask_elsewhere", now, person_id=person.id)
        raise KnownElsewhereError


def twins(session: Session, among: Select[Patient], name: str, birth_date: str, mrn: str) -> Iterator[int]:
    """The numbers of children among those of a query who have this record number, or this name and birth date.

    One that cannot be read is passed over: it keeps nobody from registering another.
    """
    columns = (Patient.id, Patient.name, Patient.birth_date_text, Patient.mrn)
    number, who = folded(mrn).replace(" ", ""), (folded(name), birth_date)
    for row in _readable(session, among.with_only_columns(*columns)):
        is_same_number = bool(number) and folded(row.mrn).replace(" ", "") == number
        if is_same_number or (folded(row.name), row.birth_date_text) == who:
            yield row.id


def _readable(session: Session, query: Select[int, str, str, str]) -> Sequence[Row[int, str, str, str]]:
    try:
        return session.execute(query).all()
    except UnreadableError:
        numbers = session.scalars(query.with_only_columns(Patient.id)).all()
        return [row for number in numbers if (row := _one(session, query.where(Patient.id == number), number))]


def _one(session: Session, query: Select[int, str, str, str], number: int) -> Row[int, str, str, str] | None:
    try:
        return session.execute(query).one()
    except UnreadableError as error:
        say(Patient.__tablename__, error.column.partition(".")[2], number)
        return None


def find(session: Session, person: Person, words: str, *, now: datetime, limit: int = PAGE) -> Panel:
    """Those whose name, or name at home, has words that begin like each of these, or whose record number holds them.

    The newest come first.
    """
    asked = folded(words).split()
    query = known_patients(session, person, now).order_by(Patient.id.desc())
    columns = (Patient.id, Patient.name, Patient.nickname, Patient.mrn)
    rows = session.execute(query.with_only_columns(*columns)) if asked else ()
    matching = [number for number, name, home, mrn in rows if _fits(asked, f"{name} {home or ''}", mrn)]
    shown = list(session.scalars(query.where(Patient.id.in_(matching[:limit]))))
    note_patients(session, person, shown, now)
    return Panel(shown, matching[limit - 1] if len(matching) > limit else None)


def folded(text: str) -> str:
    """The text without accents, capitals and doubled spaces, as people type a name in a hurry."""
    letters = (letter for letter in unicodedata.normalize("NFKD", pasted(text)) if letter not in APOSTROPHES)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in bare.casefold()).split())


def _fits(asked: list[str], name: str, mrn: str) -> bool:
    parts = folded(name).split()
    if all(any(part.startswith(word) for part in parts) for word in asked):
        return True
    return "".join(asked) in folded(mrn).replace(" ", "")
