"""A sign-in that still lacks its second factor. It opens nothing but the page that asks for it.

The browser holds a random token of its own, of which only the hash is stored; the session that follows has another.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant, Sealed, changed_rows
from econsult.people import factors
from econsult.people.persons import Person
from econsult.people.standing import AddressProof, Step, address_proof, step_after_password
from econsult.people.tokens import hashed
from econsult.people.totp import new_secret

CODE_LIVES, SET_UP_LIVES = timedelta(minutes=10), timedelta(minutes=30)
"""Somebody who sets a factor up may have to find and install an app first."""


class Wanted(StrEnum):
    """What somebody whose password or link was right must do before they are in."""

    NOTHING = "nothing"
    CODE = "code"
    SET_UP = "set_up"


class HalfwaySignIn(Base):
    """One browser's sign-in. `secret` is for an app that is being set up, and known to this browser alone."""

    __tablename__ = "halfway_sign_in"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    secret: Mapped[str | None] = mapped_column(Sealed("halfway_sign_in.secret"))
    proves_address: Mapped[bool] = mapped_column(default=False, server_default="0")
    by_letter: Mapped[bool] = mapped_column(default=False, server_default="0")


@dataclass(frozen=True)
class Halfway:
    """Who is on the way in, and the secret where they are setting a factor up."""

    id: int
    person: Person
    secret: str | None
    proof: AddressProof
    """As of the session that follows: `SignInSession`."""


def wanted_of(session: Session, person: Person, *, is_required: bool) -> Wanted:
    """What this person must do. The person stays locked, so that a factor cannot come up before the session does."""
    factors.lock(session, person)
    if step_after_password(session, person, is_required=is_required) != Step.NONE:
        return Wanted.CODE
    return Wanted.SET_UP if is_required and person.is_staff else Wanted.NOTHING


def begin(
    session: Session, person: Person, wanted: Wanted, now: datetime, *, proof: AddressProof = AddressProof.NONE
) -> str:
    """The token for the browser's cookie."""
    token = secrets.token_urlsafe(32)
    sets_up = wanted == Wanted.SET_UP
    session.add(
        HalfwaySignIn(
            token_hash=hashed(token),
            person_id=person.id,
            expires_at=now + (SET_UP_LIVES if sets_up else CODE_LIVES),
            secret=new_secret() if sets_up else None,
            proves_address=proof != AddressProof.NONE,
            by_letter=proof == AddressProof.LETTER,
        )
    )
    return token


def find(session: Session, token: str, now: datetime) -> Halfway | None:
    """The sign-in of this browser; None where it is unknown, over, or its person may not come in any more."""
    query = select(HalfwaySignIn).where(HalfwaySignIn.token_hash == hashed(token), HalfwaySignIn.expires_at > now)
    row = session.scalars(query).one_or_none()
    person = session.get_one(Person, row.person_id) if row is not None else None
    if row is None or person is None or not person.is_active:
        return None
    return Halfway(row.id, person, row.secret, address_proof(row.proves_address, row.by_letter))


def take(session: Session, token: str, now: datetime) -> Halfway | None:
    """The same, with its person locked: of two requests that bring one code, the second finds that it is over."""
    found = find(session, token, now)
    if found is None:
        return None
    factors.lock(session, found.person)
    return find(session, token, now)


def end(session: Session, token: str) -> None:
    """End the half sign-in, or half set-up, of this browser."""
    session.execute(delete(HalfwaySignIn).where(HalfwaySignIn.token_hash == hashed(token)))


def end_all(session: Session, person: Person) -> None:
    """End every half sign-in of this person, wherever it is. Locks the person, so that none begins meanwhile."""
    factors.lock(session, person)
    session.execute(delete(HalfwaySignIn).where(HalfwaySignIn.person_id == person.id))


def sweep_halfway(session: Session, now: datetime) -> int:
    """Remove those that are over; returns how many."""
    return changed_rows(session.execute(delete(HalfwaySignIn).where(HalfwaySignIn.expires_at <= now)))
