"""Finding one child among all whom somebody may know: newest first, or by a word of the name or the record number.

Names rest sealed. Whole words, birth dates and record numbers are found by keyed hashes (`people.searching`), and what
was found is opened and compared once more. For a beginning of a word, or a part of a number, the newest names are
opened in memory. Nothing of a search stays behind but the audit rows of the children that it showed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from econsult.access import known_patients, note_patients
from econsult.errors import ConsultError, InvalidError
from econsult.people.lookalikes import count_look
from econsult.people.patients import Patient, RelatedPerson, note_patient
from econsult.people.persons import Organization, Person, Program, Role
from econsult.people.searching import asked_days, born, folded, number, parts, who, with_words, words_of
from econsult.unreadable import UnreadableError, say

PAGE, MOST_OPENED = 50, 10_000
COMPARED = ("name", "birth_date", "mrn")
"""What of a child's details tells whether another one has a record already."""
_Found = tuple[int, str, str | None, str, str]
_FOUND_BY = (Patient.id, Patient.name, Patient.nickname, Patient.birth_date_text, Patient.mrn)


@dataclass(frozen=True)
class Panel:
    """Some children, and the id that the next page starts below; None where nobody is left."""

    children: list[Patient]
    before: int | None
    looked_at: int = 0
    """Of how many, the newest, the names were opened, where there were more; 0 where all were looked at."""


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
    known = known_patients(session, person, now)
    for twin in twins(session, person.program_id, known, (name, birth_date, mrn)):
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

    Two who put records of one program right at once wait for each other. Raises TooManyTriesError where this person had
    records compared with other clinics' too often today; the desk, to whom no clinic is another, has no such limit.
    """
    session.execute(select(Program.id).where(Program.id == child.program_id).with_for_update(key_share=True))
    others = Patient.id != child.id
    known = known_patients(session, person, now).where(others)
    twin = next(twins(session, child.program_id, known, told), None)
    if twin is not None:
        found = session.get_one(Patient, twin)
        note_patients(session, person, [found], now)
        raise KnownChildError(found)
    if person.role != Role.COORDINATOR:
        count_look(session, person, child, now)
    everybody = select(Patient).where(Patient.program_id == child.program_id, Patient.erased_at.is_(None), others)
    if next(twins(session, child.program_id, everybody, told), None) is not None:
        note_patient(session, child, "ask_elsewhere", now, person_id=person.id)
        raise KnownElsewhereError


class KnownAddressError(InvalidError):
    """Somebody uses the address that was written down for another; who, is not said."""

    is_recorded = True  # Whoever asks which addresses are in use is counted.

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, {"email": code})


def count_stranger(session: Session, person: Person, child: Patient, account: Person, now: datetime) -> None:
    """Count that this person wrote down the address of an account of the program, for somebody about `child`.

    What follows tells whose it is, or that there is one. An account of a family that they know counts as nothing.
    Raises TooManyTriesError, as `refuse_twin` does.
    """
    known = known_patients(session, person, now).with_only_columns(Patient.id)
    theirs = select(RelatedPerson.id).where(RelatedPerson.person_id == account.id, RelatedPerson.patient_id.in_(known))
    if person.role != Role.COORDINATOR and session.scalar(theirs.limit(1)) is None:
        count_look(session, person, child, now)


def twins(session: Session, program_id: int, among: Select[Patient], told: tuple[str, str, str]) -> Iterator[int]:
    """The numbers of children among those of a query who have this record number, or this name and birth date; `told`
    are name, birth date and record number.

    One that cannot be read is passed over: it keeps nobody from registering another.
    """
    columns = (Patient.id, Patient.name, Patient.birth_date_text, Patient.mrn)
    name, birth_date, mrn = told
    for word in filter(None, (number(mrn), who(name, birth_date))):
        narrowed = with_words(session, program_id, among, [word])
        for row in _readable(session, narrowed.with_only_columns(*columns)):
            if word in (number(row.mrn), who(row.name, row.birth_date_text)):
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


def find(
    session: Session, person: Person, words: str, *, now: datetime, limit: int = PAGE, opened: int = MOST_OPENED
) -> Panel:
    """Those of whom a name or a name at home has words that begin like each of these, or whose record number holds
    them: whoever has the whole words first, and then the newest.

    Whole words and record numbers are found of all children, their beginnings and parts of the newest `opened`. With a
    birth date, as people write it, those who were born then, of whom the other words are words so.
    """
    query = known_patients(session, person, now).order_by(Patient.id.desc())
    days, rest = asked_days(words)
    if days:
        matching, looked_at = _born(session, person, query, days, rest), 0
    else:
        begun, looked_at = _by_beginnings(session, query, words, opened)
        matching = list(dict.fromkeys((*_by_words(session, person, query, words), *begun)))
    found = session.scalars(query.where(Patient.id.in_(matching[:limit])))
    shown = sorted(found, key=lambda child: matching.index(child.id))
    note_patients(session, person, shown, now)
    return Panel(shown, matching[limit - 1] if len(matching) > limit else None, looked_at)


def _born(session: Session, person: Person, query: Select[Patient], days: list[str], rest: str) -> list[int]:
    asked = folded(rest).split()
    rows = (row for day in days for row in _having(session, person, query, [born(day)]))
    return sorted({row.id for row in rows if _fits(asked, f"{row.name} {row.nickname or ''}", row.mrn)}, reverse=True)


def _by_words(session: Session, person: Person, query: Select[Patient], text: str) -> list[int]:
    ways = ([number(text)] if number(text) else [], parts(text))
    return [row.id for words in ways if words for row in _having(session, person, query, words)]


def _having(session: Session, person: Person, query: Select[Patient], words: list[str]) -> list[Row[*_Found]]:
    """Who has each of these whole words; a row that a hand has moved shows nobody."""
    found = with_words(session, person.program_id, query, words).with_only_columns(*_FOUND_BY)
    return [row for row in session.execute(found) if set(words) <= words_of(*row[1:])]


def _by_beginnings(session: Session, query: Select[Patient], text: str, opened: int) -> tuple[list[int], int]:
    """Those of the newest `opened` whose names begin so; and this number where there are more."""
    asked = folded(text).split()
    columns = (Patient.id, Patient.name, Patient.nickname, Patient.mrn)
    rows = session.execute(query.with_only_columns(*columns).limit(opened + 1)).all() if asked else []
    found = [child for child, name, home, mrn in rows[:opened] if _fits(asked, f"{name} {home or ''}", mrn)]
    return found, opened if len(rows) > opened else 0


def _fits(asked: list[str], name: str, mrn: str) -> bool:
    own = folded(name).split()
    if all(any(part.startswith(word) for part in own) for word in asked):
        return True
    return "".join(asked) in folded(mrn).replace(" ", "")
