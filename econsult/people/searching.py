"""The words by which a child is found: each part of its names, its birth date, its record number, and who it is.

Names rest sealed, and no database searches what it cannot read. Of each word a keyed hash is kept beside it, one for
each program, so that equal words have equal hashes and nothing else can be told of them. Rows follow the child by
themselves, whoever writes it, and go with its record.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    ForeignKey,
    Integer,
    Select,
    String,
    column,
    delete,
    event,
    insert,
    inspect,
    select,
    table,
)
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from econsult.belonging import in_program
from econsult.database import Base, Sealed, cipher_of, cipher_on
from econsult.people.dates import readings
from econsult.people.pasted import pasted
from econsult.people.patients import Patient, day_of
from econsult.unreadable import UnreadableError

WORD = "patient_word.word"
APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"
TOLD = ("name", "nickname", "birth_date_text", "mrn", "erased_at")
"""What the words are made of: a child of whom one of these changes has others."""
UNREAD, BATCH = "unread", 500
_SEALED = (column(name, Sealed(f"patient.{name}")) for name in ("name", "nickname", "birth_date", "mrn"))
_CHILD = table("patient", column("id", Integer), column("program_id", Integer), column("erased_at"), *_SEALED)
"""The children as they were kept when their words were first written, whatever becomes of the table later."""


class PatientWord(Base):
    """One word of a child, sealed, and `word_index`, which finds it without revealing it."""

    __tablename__ = "patient_word"
    __table_args__ = in_program("patient_word", patient_id="patient")

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    word: Mapped[str] = mapped_column(Sealed(WORD))
    word_index: Mapped[str] = mapped_column(String(100), index=True)


def folded(text: str) -> str:
    """The text without accents, capitals and doubled spaces, as people type a name in a hurry."""
    letters = (letter for letter in unicodedata.normalize("NFKD", pasted(text)) if letter not in APOSTROPHES)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in bare.casefold()).split())


def who(name: str, birth_date: str) -> str:
    """The word of a whole name with a birth date (`2020-01-31`)."""
    return f"who:{folded(name)}|{birth_date}"


def number(mrn: str) -> str:
    """The word of a record number; empty for none."""
    bare = folded(mrn).replace(" ", "")
    return f"mrn:{bare}" if bare else ""


def asked_days(text: str) -> tuple[list[str], str]:
    """The birth dates that a text may mean, as `2020-01-31`, and what else stands in it.

    `1/2/2020` is the first of February or the second of January. Figures alone are a record number.
    """
    found = [one for one in readings(text) if not text[one.start : one.end].isdecimal()]
    if not found:
        return [], text
    longest = max(found, key=lambda one: one.end - one.start)
    exact = day_of(text[longest.start : longest.end])
    days = [exact] if exact else sorted(longest.days)
    return [day.isoformat() for day in days], f"{text[: longest.start]} {text[longest.end :]}"


def born(day: str) -> str:
    """The word of a birth date (`2020-01-31`)."""
    return f"born:{day}"


def parts(text: str) -> list[str]:
    """The words of the parts of a name."""
    return [f"part:{part}" for part in folded(text).split()]


def words_of(name: str, nickname: str | None, birth_date: str, mrn: str) -> set[str]:
    """All words of a child."""
    return {who(name, birth_date), born(birth_date), number(mrn), *parts(f"{name} {nickname or ''}")} - {""}


def with_words(session: Session, program_id: int, among: Select[Patient], words: Iterable[str]) -> Select[Patient]:
    """Those of a query who have each of these words, and those whose words could not be read, who must be looked at."""
    cipher = cipher_of(session)
    for word in words:
        either = (_of_program(program_id, each) for each in (word, UNREAD))
        indexes = [index for each in either for index in cipher.blind_indexes(each, WORD)]
        among = among.where(Patient.id.in_(select(PatientWord.patient_id).where(PatientWord.word_index.in_(indexes))))
    return among


def keep_all_words(connection: Connection) -> None:
    """Write the words of every child, for an installation that had none."""
    last, own = 0, select(_CHILD.c.id).where(_CHILD.c.erased_at.is_(None)).order_by(_CHILD.c.id).limit(BATCH)
    while numbers := connection.scalars(own.where(_CHILD.c.id > last)).all():
        _write(connection, [row for rows in _readable(connection, numbers) for row in rows])
        last = numbers[-1]


def _readable(connection: Connection, numbers: Sequence[int]) -> Iterator[list[dict[str, Any]]]:
    """The rows of these children. One that cannot be read has a single word, by which it is looked at each time."""
    query = select(*_CHILD.c).where(_CHILD.c.id.in_(numbers))
    try:
        for child in connection.execute(query).all():
            told = (child.name, child.nickname, child.birth_date, child.mrn)
            yield _rows(connection, child.program_id, child.id, words_of(*told))
    except UnreadableError:
        if len(numbers) == 1:
            program_id = connection.execute(select(_CHILD.c.program_id).where(_CHILD.c.id == numbers[0])).scalar_one()
            yield _rows(connection, program_id, numbers[0], {UNREAD})
        else:
            for half in (numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]):
                yield from _readable(connection, half)


def _rows(connection: Connection, program_id: int, child_id: int, words: Iterable[str]) -> list[dict[str, Any]]:
    cipher = cipher_on(connection.dialect)
    about = {"program_id": program_id, "patient_id": child_id}
    texts = [_of_program(program_id, word) for word in sorted(words)]
    return [{**about, "word": each, "word_index": cipher.blind_index(each, WORD)} for each in texts]


def _write(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(PatientWord), rows)


def _of_program(program_id: int, word: str) -> str:
    return f"{program_id}:{word}"


def _follow(_mapper: Mapper[Patient], connection: Connection, child: Patient) -> None:
    """Write the words of a child anew where what they are made of changed; of one whose record ended there are none."""
    state = inspect(child)
    if not any(state.attrs[name].history.has_changes() for name in TOLD):
        return
    connection.execute(delete(PatientWord).where(PatientWord.patient_id == child.id))
    if child.erased_at is None:
        words = words_of(child.name, child.nickname, child.birth_date_text, child.mrn)
        _write(connection, _rows(connection, child.program_id, child.id, words))


event.listen(Patient, "after_insert", _follow)
event.listen(Patient, "after_update", _follow)
