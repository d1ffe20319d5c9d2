"""The second factor: an authenticator app, and ten recovery codes for when it, or the passkeys in its place, are lost.

A code works once: the step of the newest one that was used is kept, and an atomic UPDATE moves it on, so that of two
processes that are given the same code only one takes it. Of recovery codes only hashes are stored. Wrong codes
are counted by person, whatever browser, address or session they come from.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, bindparam, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.database import Base, Instant, Sealed, TextCipher, changed_rows
from econsult.errors import TooManyTriesError
from econsult.people.persons import Person
from econsult.people.tokens import hashed
from econsult.people.totp import matching_step

RECOVERY_CODES = 10
FEW_CODES = 3
"""So few recovery codes left are too few: the account page says so."""
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""What recovery codes are made of: nothing that looks like something else on paper."""
TRIES, TRY_WINDOW = 5, timedelta(minutes=15)
TRIES_A_DAY, DAY = 30, timedelta(days=1)
"""Whoever guesses codes knows the password already, so that the owner is not locked out by strangers. Three codes of a
million are right at a time: at thirty tries a day, guessing one takes thirty years on average."""
_HASH = "recovery_code.code"


class SecondFactor(Base):
    """The app of one person. No code of `last_step` or of an earlier step works any more."""

    __tablename__ = "second_factor"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    secret: Mapped[str] = mapped_column(Sealed("second_factor.secret"))
    since: Mapped[datetime] = mapped_column(Instant)
    last_step: Mapped[int]


class RecoveryCode(Base):
    """One of a person's recovery codes; a used one is deleted."""

    __tablename__ = "recovery_code"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(100))


class FactorTry(Base):
    """A code that was wrong, so that guessing gets slow."""

    __tablename__ = "factor_try"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(Instant)


class Proof(StrEnum):
    """What somebody gave as their second factor."""

    APP = "second_factor"
    RECOVERY = "recovery_code"


@dataclass(frozen=True)
class Standing:
    """Since when a factor stands, and how many recovery codes are left."""

    since: datetime
    codes_left: int

    @property
    def has_few(self) -> bool:
        return self.codes_left <= FEW_CODES


_STANDS = select(SecondFactor.id).where(SecondFactor.person_id == bindparam("person"))


def stands(session: Session, person: Person) -> bool:
    """Whether this person has a second factor."""
    return session.scalar(_STANDS, {"person": person.id}) is not None


def standing(session: Session, person: Person) -> Standing | None:
    """What the account page tells of it; None without one."""
    since = session.scalar(select(SecondFactor.since).where(SecondFactor.person_id == person.id))
    if since is None:
        return None
    return Standing(since, codes_left(session, person))


def codes_left(session: Session, person: Person) -> int:
    """How many recovery codes are left."""
    return session.scalars(select(func.count(RecoveryCode.id)).where(RecoveryCode.person_id == person.id)).one()


def lock(session: Session, person: Person) -> None:
    """Let nobody else judge, set up or remove this person's factor before this transaction is over."""
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))


def prove(session: Session, cipher: TextCipher, person: Person, given: str, proof: Proof, *, now: datetime) -> bool:
    """Whether this is a code of the person's app, or a recovery code of theirs; it is used up by this.

    Raises TooManyTriesError, before anything is looked at, after too many wrong ones.
    """
    lock(session, person)
    if _is_closed(session, person, now):
        raise TooManyTriesError
    if proof == Proof.APP:
        is_right = _use_step(session, person, given, now)
    else:
        is_right = _use_recovery(session, cipher, person, given)
    if not is_right:
        session.add(FactorTry(person_id=person.id, at=now))
        _note(session, person, "refuse_code", now, detail=proof)
    elif proof == Proof.RECOVERY:
        _note(session, person, "use_recovery_code", now)
    return is_right


def set_up(session: Session, person: Person, secret: str, step: int, *, now: datetime) -> tuple[str, ...]:
    """Let the app with this secret be the person's factor, in place of any other; returns the recovery codes.

    `step` is that of the code which proved that the app has the secret: it does not work again.
    """
    lock(session, person)
    session.execute(delete(SecondFactor).where(SecondFactor.person_id == person.id))
    session.add(SecondFactor(person_id=person.id, secret=secret, since=now, last_step=step))
    _note(session, person, "set_up_factor", now)
    return _new_codes(session, person)


def set_up_by_passkey(session: Session, person: Person, *, now: datetime) -> tuple[str, ...]:
    """The recovery codes of somebody whose first passkey, just kept, is their second factor."""
    lock(session, person)
    _note(session, person, "set_up_factor", now, detail="passkey")
    return _new_codes(session, person)


def renew_codes(session: Session, person: Person, *, now: datetime) -> tuple[str, ...]:
    """Ten new recovery codes; the old ones are void."""
    lock(session, person)
    _note(session, person, "renew_recovery_codes", now)
    return _new_codes(session, person)


def remove(
    session: Session, person: Person, *, now: datetime, is_operator: bool = False, keeps_codes: bool = False
) -> bool:
    """Take the app away, and the recovery codes unless something else stands; False where there was no app.

    The wrong tries stay counted.
    """
    lock(session, person)
    removed = session.execute(delete(SecondFactor).where(SecondFactor.person_id == person.id))
    if not keeps_codes:
        drop_codes(session, person)
    if not changed_rows(removed):
        return False
    if is_operator:
        audit.record_operator(session, "clear_factor", "person", person, now=now)
    else:
        _note(session, person, "remove_factor", now)
    return True


def drop_codes(session: Session, person: Person) -> None:
    """Let no recovery code work any more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))


def forget_tries(session: Session, person: Person) -> None:
    """Count wrong codes anew. Only for whoever runs the program: else a guesser would."""
    session.execute(delete(FactorTry).where(FactorTry.person_id == person.id))


def sweep_tries(session: Session, now: datetime) -> int:
    """Remove tries that count no more; returns how many."""
    return changed_rows(session.execute(delete(FactorTry).where(FactorTry.at <= now - DAY)))


def _is_closed(session: Session, person: Person, now: datetime) -> bool:
    query = select(FactorTry.at).where(FactorTry.person_id == person.id, FactorTry.at > now - DAY)
    tries = session.scalars(query.limit(TRIES_A_DAY)).all()
    return len(tries) >= TRIES_A_DAY or sum(at > now - TRY_WINDOW for at in tries) >= TRIES


def _use_step(session: Session, person: Person, given: str, now: datetime) -> bool:
    secret = session.scalar(select(SecondFactor.secret).where(SecondFactor.person_id == person.id))
    step = matching_step(secret, given, now) if secret is not None else None
    if step is None:
        return False
    used = update(SecondFactor).where(SecondFactor.person_id == person.id, SecondFactor.last_step < step)
    return changed_rows(session.execute(used.values(last_step=step))) == 1


def _use_recovery(session: Session, cipher: TextCipher, person: Person, given: str) -> bool:
    # Codes that were made before are hashed with a master key, which cannot be retired before they are used or renewed.
    spelt = _spelt(person, given)
    hashes = [hashed(spelt), *cipher.blind_indexes(spelt, _HASH)]
    used = delete(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.code_hash.in_(hashes))
    return changed_rows(session.execute(used)) == 1


def _new_codes(session: Session, person: Person) -> tuple[str, ...]:
    """Each has 123 bits: of so many a plain hash is enough, and it outlives every key."""
    drop_codes(session, person)
    codes = tuple("-".join(_five() for _ in range(5)) for _ in range(RECOVERY_CODES))
    hashes = (hashed(_spelt(person, code)) for code in codes)
    session.add_all(RecoveryCode(person_id=person.id, code_hash=each) for each in hashes)
    return codes


def _five() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(5))


def _spelt(person: Person, code: str) -> str:
    """The code as it is hashed, bound to its person; case, spaces and hyphens do not matter."""
    return f"{person.public_id} {''.join(letter for letter in code.upper() if letter.isalnum())}"


def _note(session: Session, person: Person, action: str, now: datetime, *, detail: str = "") -> None:
    audit.record(session, action, "person", person.public_id, now=now, person_id=person.id, detail=detail)
