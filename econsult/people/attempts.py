"""Passwords that are tried: each is counted before it is judged, and too many close the account to whoever tries.

Wrong ones in a row leave a row in the trail of every program in which the address has an account, and so does the
closing; each at most once in a quarter of an hour. Of an address without an account no program is told. A network
address that guesses a little at many accounts is closed out of all of them, and every program of these is told.

Whoever tries must not learn by how long it takes whether an address has an account: until the password is right the
database is asked the same, and those rows are written by a job, which alone finds out whose the address is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, delete, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from econsult import audit
from econsult.database import Base, Database, Instant, TextCipher, changed_rows
from econsult.errors import TooManyTriesError
from econsult.jobs import JobKind, Lane, add_job
from econsult.people import browsers
from econsult.people.passwords import is_password
from econsult.people.persons import Person, Program, address_indexes, people_at
from econsult.people.standing import credential_of
from storage.keys import WrongKey

TRIES, TRIES_IN_ALL, TRY_WINDOW = 10, 100, timedelta(minutes=15)
TOLD_FROM = 3
"""From so many wrong passwords within the window on the trail has a row of them: a slip of the finger is none."""
FROM_ONE = 60
"""So many wrong passwords come from one network address, at whatever accounts, as links are asked for from one."""
WRONG, SHUT, SHUT_PLACE = "wrong_passwords", "shut_sign_in", "shut_place"
"""The acts of those rows."""
TOLD_KEPT = timedelta(days=1)
"""How long a try of which a row is to be written rests for workers that are away; no count has it by then."""


class SignInTry(Base):
    """A password that was tried, so that guessing gets slow. `account` and `source` are blind indexes.

    `told` is the act of the row that is left in the trail after it, if any.
    """

    __tablename__ = "sign_in_try"

    account: Mapped[str] = mapped_column(String(100), index=True)
    source: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(Instant)
    told: Mapped[str] = mapped_column(String(32), default="", server_default="")


def sign_in(
    database: Database, email: str, password: str, *, source: str, now: datetime, browser: str = ""
) -> Person | None:
    """The person, when the password is right. `source` is the network address that the try comes from, `browser` the
    token by which the browser is known again.

    Raises TooManyTriesError, for known and unknown addresses alike, before a password is looked at.

    Ten wrong tries from one source, or a hundred from all of them, close the account to them for a quarter of an hour,
    and sixty at whatever accounts close all of these to a source; a guesser elsewhere does not lock the owner out. A
    browser that the account was used by is counted by itself, ten at the account and sixty at all of those that know
    it, so that no stranger behind its network address shuts it out, nor a hundred tries from everywhere.

    It takes the database and not a session because hashing takes a tenth of a second, in which no lock may be held;
    each try is counted before it is evaluated, so that many at once do not slip through.
    """
    cipher = database.cipher
    accounts, network = address_indexes(cipher, email), cipher.blind_indexes(source, "sign_in_try.source")
    with database.writing() as session:
        person = _locked(session, accounts)
        is_known = browsers.knows(session, accounts, browser, now)
        places = cipher.blind_indexes(browser, "sign_in_try.browser") if is_known else network
        before = _recent(session, accounts, now)
        from_one = _from_one(session, places, now)
        own = [each for each in from_one if each.account in accounts]
        if _is_closed(own if is_known else before, places) or len(from_one) >= FROM_ONE:
            raise TooManyTriesError
        stored = _stored(session, person)
        # As the account has it, also while the keys turn: by this the job finds whose it is.
        counted = SignInTry(account=person.email_index if person else accounts[0], source=places[0], at=now)
        session.add(counted)
    if not is_password(stored, password):
        # For an address that nobody has as well: the same answer, by the same work.
        if len(before) + 1 >= TOLD_FROM:
            with database.writing() as session:
                _locked(session, accounts)
                _mark_wrong(session, _recent(session, accounts, now), places, now)
        if len(from_one) + 1 >= FROM_ONE:
            with database.writing() as session:
                _mark_place(session, _from_one(session, places, now), now)
        return None
    with database.writing() as session:
        # One that others' wrong ones were marked on meanwhile stays for its job.
        session.execute(delete(SignInTry).where(SignInTry.id == counted.id, SignInTry.told == ""))
    return person


def _locked(session: Session, accounts: Sequence[str]) -> Person | None:
    """The person of this address, the oldest of several, with the address locked, whether anybody has it or not."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(select(func.pg_advisory_xact_lock(_number(accounts[0]))))
    whose = select(Person).where(Person.email_index.in_(accounts), Person.is_active).order_by(Person.id).limit(1)
    # Two processes may know the address by different keys for a while; its row they both find.
    return session.scalars(whose.with_for_update(key_share=True)).one_or_none()


def _stored(session: Session, person: Person | None) -> str | None:
    """The hash of the password, which is looked for as well where there is nobody."""
    sought = select(Person.password_hash).where(Person.id == (person.id if person is not None else 0))
    try:
        stored = session.scalar(sought)
    except WrongKey:
        return credential_of(person) if person is not None else None
    if person is not None:
        # Whoever welcomes them compares with it, when this transaction is long over.
        set_committed_value(person, "password_hash", stored)
    return stored


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


def _mark_place(session: Session, recent: Sequence[SignInTry], now: datetime) -> None:
    """Have every program told of whose accounts some were tried, where none is told within the window."""
    if not any(each.told == SHUT_PLACE for each in recent):
        _mark(session, [SHUT_PLACE], recent, now)


def _is_closed(recent: Sequence[SignInTry], places: Sequence[str]) -> bool:
    """Whether this address, or all of them, tried too often."""
    return len(recent) >= TRIES_IN_ALL or sum(each.source in places for each in recent) >= TRIES


def _mark_wrong(session: Session, recent: Sequence[SignInTry], places: Sequence[str], now: datetime) -> None:
    """Have the programs told of wrong passwords, and of the closing, where they are not within the window."""
    acts = (WRONG, SHUT) if _is_closed(recent, places) else (WRONG,)
    told = {each.told for each in recent}
    _mark(session, [act for act in acts if act not in told], recent, now)


def _mark(session: Session, acts: Sequence[str], recent: Sequence[SignInTry], now: datetime) -> None:
    """Let a try carry each act to the job that writes its rows."""
    for act, carrier in zip(acts, _untold(recent), strict=False):
        carrier.told = act
        add_job(session, JobKind.TRIES, carrier.id, lane=Lane.FAST, dedupe_key=f"tries:{carrier.id}", now=now)


def tell(session: Session, cipher: TextCipher, try_id: int, now: datetime) -> None:
    """Write what a try carries into the trail of each program with an account at its address, if any."""
    tried = session.get(SignInTry, try_id)
    if tried is None:
        return
    if tried.told == SHUT_PLACE:
        _tell_of_place(session, tried, now)
        return
    owner = session.scalars(select(Person).where(Person.email_index == tried.account).limit(1)).one_or_none()
    for person in people_at(session, cipher, owner.email) if owner is not None else ():
        home = person.program_id
        audit.record(session, tried.told, "person", person.public_id, now=now, person_id=None, program_id=home)


def _tell_of_place(session: Session, last: SignInTry, now: datetime) -> None:
    """Leave a row in every program of whose accounts some were tried from the place of this try, up to it."""
    from_there = SignInTry.source == last.source, SignInTry.at > last.at - TRY_WINDOW, SignInTry.id <= last.id
    tried = Person.email_index.in_(select(SignInTry.account).where(*from_there))
    programs = select(Program).where(Program.id.in_(select(Person.program_id).where(tried, Person.is_active)))
    for program in session.scalars(programs.order_by(Program.id)):
        audit.record(session, SHUT_PLACE, "program", program.public_id, now=now, person_id=None, program_id=program.id)


def _untold(recent: Sequence[SignInTry]) -> list[SignInTry]:
    """The tries that may carry the mark of a row, the newest first: it holds as long as they do."""
    return [each for each in reversed(recent) if not each.told]


def sweep_tries(session: Session, now: datetime) -> int:
    """Remove what no longer counts, and is told; returns how many tries."""
    is_done = or_(SignInTry.told == "", SignInTry.at <= now - TOLD_KEPT)
    return changed_rows(session.execute(delete(SignInTry).where(SignInTry.at <= now - TRY_WINDOW, is_done)))
