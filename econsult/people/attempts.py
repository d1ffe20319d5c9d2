"""Passwords that are tried: each is counted before it is judged, and too many close the account to whoever tries.

Wrong ones in a row leave a row in the trail of every program in which the address has an account, and so does the
closing; each at most once in a quarter of an hour. Of an address without an account no program is told. A network
address that guesses a little at many accounts is closed out of all of them, and every program of these is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.database import NO_KEY, Base, Database, Instant, changed_rows
from econsult.errors import TooManyTriesError
from econsult.people.passwords import is_password
from econsult.people.persons import Person, Program, address_indexes, people_at, person_by_email
from econsult.people.standing import credential_of

TRIES, TRIES_IN_ALL, TRY_WINDOW = 10, 100, timedelta(minutes=15)
TOLD_FROM = 3
"""From so many wrong passwords within the window on the trail has a row of them: a slip of the finger is none."""
FROM_ONE = 60
"""So many wrong passwords come from one network address, at whatever accounts, as links are asked for from one."""
WRONG, SHUT, SHUT_PLACE = "wrong_passwords", "shut_sign_in", "shut_place"
"""The acts of those rows."""


class SignInTry(Base):
    """A password that was tried, so that guessing gets slow. `account` and `source` are blind indexes.

    `told` is the act of the row that was left in the trail after it, if any.
    """

    __tablename__ = "sign_in_try"

    account: Mapped[str] = mapped_column(String(100), index=True)
    source: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(Instant)
    told: Mapped[str] = mapped_column(String(32), default="", server_default="")


def sign_in(database: Database, email: str, password: str, *, source: str, now: datetime) -> Person | None:
    """The person, when the password is right. `source` is the network address that the try comes from.

    Raises TooManyTriesError, for known and unknown addresses alike, before a password is looked at.

    Ten wrong tries from one source, or a hundred from all of them, close the account to them for a quarter of an hour,
    and sixty at whatever accounts close all of these to a source; a guesser elsewhere does not lock the owner out. It
    takes the database and not a session because hashing takes a tenth of a second, in which no lock may be held; each
    try is counted before it is evaluated, so that many at once do not slip through.
    """
    cipher = database.cipher
    accounts, places = address_indexes(cipher, email), cipher.blind_indexes(source, "sign_in_try.source")
    with database.writing() as session:
        person = _locked(session, email, database)
        before = _recent(session, accounts, now)
        from_one = _from_one(session, places, now)
        if _is_closed(before, places) or len(from_one) >= FROM_ONE:
            raise TooManyTriesError
        stored = credential_of(person) if person is not None else None
        counted = SignInTry(account=accounts[0], source=places[0], at=now)
        session.add(counted)
    if not is_password(stored, password):
        # For an address that nobody has as well: the same answer, by the same work.
        if len(before) + 1 >= TOLD_FROM:
            with database.writing() as session:
                _locked(session, email, database)
                _tell(session, people_at(session, cipher, email), _recent(session, accounts, now), places, now)
        if len(from_one) + 1 >= FROM_ONE:
            with database.writing() as session:
                _tell_of_place(session, _from_one(session, places, now), now)
        return None
    with database.writing() as session:
        session.execute(delete(SignInTry).where(SignInTry.id == counted.id))
    return person


def _locked(session: Session, email: str, database: Database) -> Person | None:
    """The person of this address, locked; where nobody has it, a lock of its own stands in: it lets no more guesses by
    than one that somebody has.
    """
    person = person_by_email(session, database.cipher, email)
    if person is not None:
        session.refresh(person, with_for_update=NO_KEY)
    elif session.get_bind().dialect.name != "sqlite":
        session.execute(select(func.pg_advisory_xact_lock(_number(address_indexes(database.cipher, email)[0]))))
    return person


def _recent(session: Session, accounts: Sequence[str], now: datetime) -> list[SignInTry]:
    """The tries at this address, the oldest first. Just after a rotation they lie under two keys."""
    recent = select(SignInTry).where(SignInTry.account.in_(accounts), SignInTry.at > now - TRY_WINDOW)
    return list(session.scalars(recent.order_by(SignInTry.id).limit(TRIES_IN_ALL)))


def _from_one(session: Session, places: Sequence[str], now: datetime) -> list[SignInTry]:
    """The wrong tries from one network address at whatever accounts; whoever else tries from there is waited for."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(select(func.pg_advisory_xact_lock(_number(places[0]))))
    recent = select(SignInTry).where(SignInTry.source.in_(places), SignInTry.at > now - TRY_WINDOW)
    return list(session.scalars(recent.order_by(SignInTry.id).limit(FROM_ONE)))


def _number(index: str) -> int:
    """A blind index as PostgreSQL names a lock of ours."""
    return int.from_bytes(hashlib.sha256(index.encode()).digest()[:8], signed=True)


def _tell_of_place(session: Session, recent: Sequence[SignInTry], now: datetime) -> None:
    """Leave a row in every program of whose accounts some were tried, where none is left within the window."""
    if any(each.told == SHUT_PLACE for each in recent) or not (carriers := _untold(recent)):
        return
    carriers[0].told = SHUT_PLACE
    tried = Person.email_index.in_({each.account for each in recent})
    programs = select(Program).where(Program.id.in_(select(Person.program_id).where(tried, Person.is_active)))
    for program in session.scalars(programs.order_by(Program.id)):
        audit.record(session, SHUT_PLACE, "program", program.public_id, now=now, person_id=None, program_id=program.id)


def _is_closed(recent: Sequence[SignInTry], places: Sequence[str]) -> bool:
    """Whether this address, or all of them, tried too often."""
    return len(recent) >= TRIES_IN_ALL or sum(each.source in places for each in recent) >= TRIES


def _tell(
    session: Session, people: Sequence[Person], recent: Sequence[SignInTry], places: Sequence[str], now: datetime
) -> None:
    """Leave a row of wrong passwords, and of the closing, where none is left within the window."""
    acts = (WRONG, SHUT) if _is_closed(recent, places) else (WRONG,)
    told = {each.told for each in recent}
    for act, carrier in zip([act for act in acts if act not in told], _untold(recent), strict=False):
        carrier.told = act
        for person in people:
            home = person.program_id
            audit.record(session, act, "person", person.public_id, now=now, person_id=None, program_id=home)


def _untold(recent: Sequence[SignInTry]) -> list[SignInTry]:
    """The tries that may carry the mark of a row, the newest first: it holds as long as they do."""
    return [each for each in reversed(recent) if not each.told]


def sweep_tries(session: Session, now: datetime) -> int:
    """Remove what no longer counts; returns how many tries."""
    return changed_rows(session.execute(delete(SignInTry).where(SignInTry.at <= now - TRY_WINDOW)))
