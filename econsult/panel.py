"""Finding one child among all whom somebody may know: newest first, or by a word of the name or the record number.

Names rest sealed, so no database can search them. A clinic's own children are at most some thousands: their names are
opened in memory, and nothing of a search stays behind but the audit rows of the children that it showed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.access import known_patients, note_patients
from econsult.people.patients import Patient
from econsult.people.persons import Person

PAGE = 50
APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"


@dataclass(frozen=True)
class Panel:
    """Some children, and the id that the next page starts below; None where nobody is left."""

    children: list[Patient]
    before: int | None


def newest(session: Session, person: Person, *, now: datetime, before: int = 0, limit: int = PAGE) -> Panel:
    """The children whom this person may know by name, newest registration first."""
    query = known_patients(person, now).order_by(Patient.id.desc()).limit(limit + 1)
    found = list(session.scalars(query.where(Patient.id < before) if before else query))
    note_patients(session, person, found[:limit], now)
    return Panel(found[:limit], found[limit - 1].id if len(found) > limit else None)


def find(session: Session, person: Person, words: str, *, now: datetime, limit: int = PAGE) -> Panel:
    """Those whose name has words that begin like each of these, or whose record number holds them, newest first."""
    asked = folded(words).split()
    query = known_patients(person, now).order_by(Patient.id.desc())
    rows = session.execute(query.with_only_columns(Patient.id, Patient.name, Patient.mrn)) if asked else ()
    matching = [number for number, name, mrn in rows if _fits(asked, name, mrn)]
    shown = list(session.scalars(query.where(Patient.id.in_(matching[:limit]))))
    note_patients(session, person, shown, now)
    return Panel(shown, matching[limit - 1] if len(matching) > limit else None)


def folded(text: str) -> str:
    """The text without accents, capitals and doubled spaces, as people type a name in a hurry."""
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if letter not in APOSTROPHES)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in bare.casefold()).split())


def _fits(asked: list[str], name: str, mrn: str) -> bool:
    parts = folded(name).split()
    if all(any(part.startswith(word) for part in parts) for word in asked):
        return True
    return "".join(asked) in folded(mrn).replace(" ", "")
