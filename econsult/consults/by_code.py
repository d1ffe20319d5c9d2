"""Reading an answer without an account: a device that was invited types six digits that went to the contact on file.

A code is made from the installation's secret and from what is random in the row, and the row keeps a keyed hash of it:
the database alone tells nobody which digits are right. It works for ten minutes, once, in the browser session that
asked, for one question. What is asked is written down alike whether or not a contact is on file; a worker looks later.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Select, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import about_child, in_program
from econsult.consults.answers import released_answer
from econsult.consults.records import Consult, note
from econsult.consults.telling import inform
from econsult.database import Base, Instant
from econsult.errors import TooManyTriesError
from econsult.jobs import JobKind, Lane, add_job
from econsult.people.caregivers import grown_up_at
from econsult.people.onfile import Way
from econsult.people.patients import Patient
from econsult.people.persons import Person, Program
from econsult.people.tokens import hashed

SOURCE = "reading_code.source"
LIVES, READS = timedelta(minutes=10), timedelta(minutes=30)
"""How long a code may be typed, and how long the answer then stays open in that browser."""
TRIES = 5
CODES, CODES_WITHIN = 5, timedelta(hours=24)
"""So many codes are sent about one child in a day: nobody's telephone rings all night, and guessing gets nowhere."""
ASKED_FROM_ONE, WINDOW = 10, timedelta(minutes=15)
"""So many are asked for from one network address, whoever's child it is about."""


class ReadingCode(Base):
    """One code, asked for by one device about one question. `read_until` is there once it was typed right."""

    __tablename__ = "reading_code"
    __table_args__ = (
        about_child("reading_code"),
        *in_program("reading_code", consult_id="consult", person_id="person", patient_id="patient"),
    )

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    browser_hash: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(100), index=True)
    way: Mapped[str] = mapped_column(String(8))
    nonce: Mapped[str] = mapped_column(String(32))
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(default=0)
    is_over: Mapped[bool] = mapped_column(default=False)
    read_until: Mapped[datetime | None] = mapped_column(Instant)

    def is_live(self, now: datetime) -> bool:
        """Whether it may still be typed."""
        return not self.is_over and self.tries < TRIES and self.created_at + LIVES > now


@dataclass(frozen=True)
class Reader:
    """The device, and the token of its browser's session, of which only a hash is kept."""

    person: Person
    browser: str


@dataclass(frozen=True)
class Asking:
    """How the code is to be sent, and the blind indexes of the network address that asks."""

    way: Way
    sources: Sequence[str]


class Verdict(StrEnum):
    """What became of a code that somebody typed."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


def is_readable(session: Session, consult: Consult, now: datetime) -> bool:
    """Whether there is an answer that a code may open: released, and about somebody who is, or died, under age.

    From the day of majority nobody reads for another on the strength of a contact, nor ever what is confidential.
    """
    if consult.is_confidential or released_answer(session, consult.id) is None:
        return False
    grown_at = grown_up_at(session, consult.patient_id)
    if grown_at is None:
        # The birthday of one who died before it never comes, and ends nothing; one that nobody knows may have come.
        return bool(session.get_one(Patient, consult.patient_id).birth_date_text)
    return now < grown_at


def ask_code(
    session: Session,
    consult: Consult,
    reader: Reader,
    asking: Asking,
    secret_key: str,
    *,
    now: datetime,
) -> None:
    """Write down that this browser wants a code; its older ones are void.

    Raises TooManyTriesError, whether or not there is a contact on file.
    """
    # Askings are counted one after the other; the lock is held for a few statements.
    session.execute(select(Program.id).order_by(Program.id).limit(1).with_for_update(key_share=True))
    _refuse_many(session, consult, asking.sources, now)
    mine = ReadingCode.person_id == reader.person.id
    session.execute(update(ReadingCode).where(mine, ReadingCode.is_over.is_(False)).values(is_over=True))
    code = ReadingCode(
        program_id=consult.program_id,
        consult_id=consult.id,
        patient_id=consult.patient_id,
        person_id=reader.person.id,
        browser_hash=hashed(reader.browser),
        source=asking.sources[0],
        way=asking.way,
        nonce=secrets.token_hex(16),
        code_hash="",
        created_at=now,
        tries=0,
        is_over=False,
    )
    session.add(code)
    session.flush()
    code.code_hash = _hash(code, code_of(code, secret_key), secret_key)
    add_job(session, JobKind.READ_CODE, code.id, lane=Lane.FAST, dedupe_key=f"read:{code.id}", now=now)
    note(session, consult, "ask_code", person_id=reader.person.id, now=now, detail=asking.way)


def give_code(
    session: Session, consult: Consult, reader: Reader, given: str, secret_key: str, *, now: datetime
) -> Verdict:
    """Weigh what was typed. Every try counts, and the caller must let it be written; a right one opens the answer.

    The family has then read it, by the contact on file: the clock of telling it stops.
    """
    code = session.scalars(_newest(consult, reader).with_for_update(key_share=True)).first()
    if code is None or not code.is_live(now):
        return Verdict.OVER
    code.tries += 1
    digits = "".join(sign for sign in given if sign.isascii() and sign.isdigit())
    if not hmac.compare_digest(_hash(code, digits, secret_key), code.code_hash):
        is_over = code.tries >= TRIES
        note(session, consult, "wrong_code", person_id=reader.person.id, now=now, detail=code.way)
        return Verdict.OVER if is_over else Verdict.WRONG
    code.is_over, code.read_until = True, now + READS
    note(session, consult, "give_code", person_id=reader.person.id, now=now, detail=code.way)
    inform(session, consult, reader.person, method="code", teach_back=False, now=now)
    return Verdict.RIGHT


def waits_for_code(session: Session, consult: Consult, reader: Reader, now: datetime) -> bool:
    """Whether a code that this browser asked for may still be typed."""
    code = session.scalars(_newest(consult, reader)).first()
    return code is not None and code.is_live(now)


def opening_of(session: Session, consult: Consult, reader: Reader, now: datetime) -> ReadingCode | None:
    """The code by which the answer is open in this browser at this moment."""
    query = _newest(consult, reader).where(ReadingCode.read_until > now)
    return session.scalars(query).first() if is_readable(session, consult, now) else None


def code_of(code: ReadingCode, secret_key: str) -> str:
    """The six digits."""
    made = hmac.digest(secret_key.encode(), f"reading code:{code.id}:{code.nonce}".encode(), "sha256")
    return f"{int.from_bytes(made[:8], 'big') % 1_000_000:06d}"


def sweep_codes(session: Session, now: datetime) -> None:
    """Forget what is random in codes that nobody may type any more; the rows stay, as who read by them does."""
    old = update(ReadingCode).where(ReadingCode.created_at <= now - CODES_WITHIN, ReadingCode.nonce != "")
    session.execute(old.values(nonce="", code_hash="", source="", is_over=True))


def _hash(code: ReadingCode, digits: str, secret_key: str) -> str:
    text = f"reading code hash:{code.id}:{code.nonce}:{digits}"
    return hmac.digest(secret_key.encode(), text.encode(), "sha256").hex()


def _newest(consult: Consult, reader: Reader) -> Select[ReadingCode]:
    query = select(ReadingCode).where(
        ReadingCode.consult_id == consult.id,
        ReadingCode.person_id == reader.person.id,
        ReadingCode.browser_hash == hashed(reader.browser),
    )
    return query.order_by(ReadingCode.id.desc()).limit(1).execution_options(populate_existing=True)


def _refuse_many(session: Session, consult: Consult, sources: Sequence[str], now: datetime) -> None:
    about = select(func.count(ReadingCode.id)).where(
        ReadingCode.patient_id == consult.patient_id, ReadingCode.created_at > now - CODES_WITHIN
    )
    here = select(func.count(ReadingCode.id)).where(
        ReadingCode.source.in_(sources), ReadingCode.created_at > now - WINDOW
    )
    if session.scalars(about).one() >= CODES or session.scalars(here).one() >= ASKED_FROM_ONE:
        raise TooManyTriesError
