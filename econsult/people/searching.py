"""The words by which a child is found: each part of its names, its birth date, its record number, and who it is.

Names rest sealed, and no database searches what it cannot read. Of each word a keyed hash is kept beside it, one for
each program, so that equal words have equal hashes and nothing else can be told of them. Rows follow the child by
themselves, whoever writes it, and go with its record.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from sqlalchemy import Connection, ForeignKey, Select, String, delete, event, exists, insert, inspect, select
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


def asked_words(text: str) -> list[list[str]]:
    """The words that somebody looks for: parts of names and a birth date, once for each day that it may mean.

    `1/2/2020` is the first of February or the second of January. Figures alone are a record number.
    """
    found = [one for one in readings(text) if not text[one.start : one.end].isdecimal()]
    if not found:
        return [_parts(text)]
    born = max(found, key=lambda one: one.end - one.start)
    exact = day_of(text[born.start : born.end])
    rest = _parts(f"{text[: born.start]} {text[born.end :]}")
    return [[f"born:{day.isoformat()}", *rest] for day in ([exact] if exact else sorted(born.days))]


def _parts(text: str) -> list[str]:
    return [f"part:{part}" for part in folded(text).split()]


def words_of(name: str, nickname: str | None, birth_date: str, mrn: str) -> set[str]:
    """All words of a child."""
    parts = {f"part:{part}" for part in folded(f"{name} {nickname or ''}").split()}
    return {who(name, birth_date), f"born:{birth_date}", number(mrn), *parts} - {""}


def with_words(session: Session, program_id: int, among: Select[Patient], words: Iterable[str]) -> Select[Patient]:
    """Those of a query who have each of these words, and those of whom no words are kept, who must be looked at."""
    cipher = cipher_of(session)
    for word in words:
        indexes = cipher.blind_indexes(_of_program(program_id, word), WORD)
        has = Patient.id.in_(select(PatientWord.patient_id).where(PatientWord.word_index.in_(indexes)))
        among = among.where(has | ~exists().where(PatientWord.patient_id == Patient.id))
    return among


def keep_all_words(connection: Connection) -> None:
    """Write the words of every child, for an installation that had none. One that cannot be read is looked at anew."""
    told = select(Patient.program_id, Patient.name, Patient.nickname, Patient.birth_date_text, Patient.mrn)
    for child_id in connection.scalars(select(Patient.id).where(Patient.erased_at.is_(None))).all():
        try:
            program_id, name, home, born, mrn = connection.execute(told.where(Patient.id == child_id)).one()
        except UnreadableError:
            continue
        _keep(connection, program_id, child_id, words_of(name, home, born, mrn))


def _keep(connection: Connection, program_id: int, child_id: int, words: Iterable[str]) -> None:
    cipher = cipher_on(connection.dialect)
    about = {"program_id": program_id, "patient_id": child_id}
    texts = [_of_program(program_id, word) for word in sorted(words)]
    rows = [{**about, "word": each, "word_index": cipher.blind_index(each, WORD)} for each in texts]
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
        _keep(connection, child.program_id, child.id, words)


event.listen(Patient, "after_insert", _follow)
event.listen(Patient, "after_update", _follow)
