"""Server-side sessions, one-time sign-in links and API tokens. Only SHA-256 hashes of the secrets are stored."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, bindparam, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.database import Base, Instant, changed_rows, cipher_of
from econsult.people import attempts, browsers, factors, halfway, links, lookalikes, passkeys, typed
from econsult.people.persons import EMAIL, Person, Role
from econsult.people.standing import AddressProof, Step, step_after_password
from econsult.people.tokens import hashed
from storage.keys import WrongKey

FAMILY_IDLE, FAMILY_ABSOLUTE = timedelta(minutes=60), timedelta(hours=24)
STAFF_IDLE, STAFF_ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
INVITED_IDLE = timedelta(days=7)
"""A device that was invited learns nothing by it, and comes back as long as the invitation holds."""
ENDED_KEPT = timedelta(hours=24)
"""So long after it ended by its age a session still says whose it was, to who tells a danger sign; it opens nothing."""
LINK_PATH = "/sign-in/link/"
"""Where a one-time link leads; the token follows."""


class SignInSession(Base):
    """A signed-in browser. `device` is what its header said in two words, such as "Chrome, Android".

    `has_factor` tells that a second factor was proven when it was opened; `browser_hash` by which browser it was, as
    `people.browsers` knows it again.
    """

    __tablename__ = "sign_in_session"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    device: Mapped[str] = mapped_column(String(40), default="", server_default="")
    has_factor: Mapped[bool] = mapped_column(default=False, server_default="0")
    proves_address: Mapped[bool] = mapped_column(default=False, server_default="0")
    """Whether its person brought the password of the address, or what was sent there: whoever made the account, and
    handed its first link over, knows neither."""
    by_letter: Mapped[bool] = mapped_column(default=False, server_default="0")
    """Whether that was a link that was sent there: only who came in by one chooses a password without the old one."""
    browser_hash: Mapped[str | None] = mapped_column(String(64))


class SignInLink(Base):
    """A link that signs one person in once."""

    __tablename__ = "sign_in_link"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class ApiToken(Base):
    """A bearer token for machines, with the rights of its person."""

    __tablename__ = "api_token"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class Visitor:
    """A person and how they came in. `has_factor`: by a second factor too; of a token's person, whether one stands."""

    person: Person
    session_id: int | None
    opened_at: datetime
    has_factor: bool


def idle_limit(person: Person) -> timedelta:
    """How long a session of this person may rest before it ends."""
    if person.role == Role.INVITED:
        return INVITED_IDLE
    return STAFF_IDLE if person.is_staff else FAMILY_IDLE


def longest_for(person: Person) -> timedelta:
    """How long a session of this person may last in all."""
    return STAFF_ABSOLUTE if person.is_staff else FAMILY_ABSOLUTE


def open_session(
    session: Session,
    person: Person,
    now: datetime,
    *,
    device: str = "",
    has_factor: bool = False,
    proof: AddressProof = AddressProof.NONE,
    until: datetime | None = None,
    browser: str = "",
) -> str:
    """Sign the person in; the returned token goes into the cookie and is stored nowhere else.

    `until` is the end of an invited device's session; everybody else's follows from the role. `browser` is the token
    by which the browser is known again, if any.
    """
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            token_hash=hashed(token),
            person_id=person.id,
            created_at=now,
            seen_at=now,
            expires_at=until or now + longest_for(person),
            device=device[:40],
            has_factor=has_factor,
            proves_address=proof != AddressProof.NONE,
            by_letter=proof == AddressProof.LETTER,
            browser_hash=hashed(browser) if browser else None,
        )
    )
    _has_come_in(session, person, now)
    detail = factors.Proof.APP if has_factor else ""
    audit.record(session, "sign_in", "person", person.public_id, now=now, person_id=person.id, detail=detail)
    return token


def _has_come_in(session: Session, person: Person, now: datetime) -> None:
    first = update(Person).where(Person.id == person.id, Person.came_in_at.is_(None)).values(came_in_at=now)
    session.execute(first.execution_options(synchronize_session=False))


_BY_TOKEN = select(SignInSession).where(SignInSession.token_hash == bindparam("token"))


def visitor_by_session(session: Session, token: str, now: datetime) -> Visitor | None:
    """Who this cookie belongs to; None where it is unknown, too old or was idle for too long."""
    row = session.scalars(_BY_TOKEN, {"token": hashed(token)}).one_or_none()
    if row is None or row.expires_at <= now:
        return None
    person = session.get_one(Person, row.person_id)
    if not person.is_active or row.seen_at + idle_limit(person) <= now:
        return None
    return Visitor(person, row.id, row.seen_at, row.has_factor)


def touch_session(session: Session, session_id: int, now: datetime) -> None:
    """Note that the browser was active, so that the idle limit starts anew."""
    session.execute(update(SignInSession).where(SignInSession.id == session_id).values(seen_at=now))


def close_session(session: Session, session_id: int) -> None:
    session.execute(delete(SignInSession).where(SignInSession.id == session_id))


def end_sessions(session: Session, person: Person) -> None:
    """Sign the person out everywhere, and let nobody come in who is half signed in or has asked for a link."""
    halfway.end_all(session, person)
    session.execute(delete(SignInSession).where(SignInSession.person_id == person.id))
    links.end_asked(session, [person.email_index], person.id)


def end_access(session: Session, person: Person, *, browser: str = "") -> None:
    """The same, and every link that was given out and every token of a program: whoever had one has it no more.

    Every browser but this one is a stranger again: a letter tells when it comes back.
    """
    end_sessions(session, person)
    browsers.forget(session, person, but=browser)
    for table in (SignInLink, ApiToken):
        session.execute(delete(table).where(table.person_id == person.id))


def clear_factor(session: Session, person: Person, now: datetime) -> bool:
    """Take a lost second factor and every passkey away, for whoever runs the program; False where there was none.

    Sessions, unused links and tokens end too: whoever has the phone may have had them.
    """
    end_access(session, person)
    factors.forget_tries(session, person)
    had_passkeys = passkeys.remove_all(session, person)
    had_app = factors.remove(session, person, now=now, is_operator=True)
    if had_passkeys and not had_app:
        audit.record_operator(session, "clear_factor", "person", person, now=now)
    return had_app or had_passkeys > 0


def make_link(
    session: Session,
    person: Person,
    now: datetime,
    *,
    lives: timedelta = timedelta(minutes=10),
    by_id: int | None = None,
) -> str:
    """A token for a one-time sign-in link, given out by whoever operates the program, or by `by_id`."""
    token = secrets.token_urlsafe(32)
    session.add(SignInLink(token_hash=hashed(token), person_id=person.id, expires_at=now + lives))
    audit.record_operator(session, "create", "sign_in_link", person, now=now, by_id=by_id)
    return token


def use_link(session: Session, token: str, now: datetime) -> Person | None:
    """The link's person, once: a second use, an expired or an unknown link gives None."""
    used = (
        update(SignInLink)
        .where(SignInLink.token_hash == hashed(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
        .returning(SignInLink.person_id)
    )
    person_id = session.scalars(used).one_or_none()
    return None if person_id is None else session.get_one(Person, person_id)


def set_password(
    session: Session, person: Person, stored: str, now: datetime, *, by: Person | None = None, browser: str = ""
) -> None:
    """Keep the hash of a new password. Whoever is in, or half in, has to sign in again; links and tokens end as well.

    It is that of the address: the person's accounts in other programs have the same, and end as much. `by` is the
    person, who does it by `browser`, or None for whoever runs the program. A second factor stays as it is.
    """
    for account in _at_one_address(session, person):
        account.password_hash = stored
        end_access(session, account, browser=browser)
        if by is None:
            factors.forget_tries(session, account)
        # In each program it is its own account that did it: none hears of the others.
        by_id, home = account.id if by else None, account.program_id
        audit.record(
            session, "edit", "person", account.public_id, now=now, person_id=by_id, program_id=home, detail="password"
        )


def _at_one_address(session: Session, person: Person) -> list[Person]:
    """The accounts of this address in all programs, closed ones too, in the order in which everybody locks them."""
    try:
        indexes = cipher_of(session).blind_indexes(person.email, EMAIL)
    except WrongKey:
        return [person]
    at_address = or_(Person.id == person.id, Person.email_index.in_(indexes))
    return list(session.scalars(select(Person).where(at_address).order_by(Person.id)))


def close_account(session: Session, person: Person, now: datetime, *, by_id: int | None = None) -> None:
    """Let the person in no more: sessions, links and tokens end at once. What they have sent stays."""
    person.is_active = False
    typed.forget_typed(session, person)
    end_access(session, person)
    audit.record_operator(session, "close", "person", person, now=now, by_id=by_id)


def make_token(session: Session, person: Person, now: datetime, *, days: int = 90) -> str:
    """A bearer token for the API; shown once. Whoever has it is in the account: no first link is given out any more."""
    token, expires = secrets.token_urlsafe(32), now + timedelta(days=days)
    session.add(ApiToken(token_hash=hashed(token), person_id=person.id, created_at=now, expires_at=expires))
    _has_come_in(session, person, now)
    audit.record(session, "create", "api_token", person.public_id, now=now, person_id=person.id)
    return token


_BY_API_TOKEN = select(ApiToken).where(ApiToken.token_hash == bindparam("token"))


def visitor_by_token(session: Session, token: str, now: datetime) -> Visitor | None:
    row = session.scalars(_BY_API_TOKEN, {"token": hashed(token)}).one_or_none()
    if row is None or row.expires_at <= now:
        return None
    person = session.get_one(Person, row.person_id)
    # What counts for staff whose program asks for it; of others nobody looks.
    has_factor = step_after_password(session, person, is_required=True) != Step.NONE
    return Visitor(person, None, row.created_at, has_factor) if person.is_active else None


def sweep_sign_ins(session: Session, now: datetime) -> int:
    """Remove what has expired; returns how many rows went."""
    gone = (
        delete(SignInSession).where(SignInSession.expires_at <= now - ENDED_KEPT),
        delete(SignInLink).where(SignInLink.expires_at <= now),
    )
    count = sum(changed_rows(session.execute(statement)) for statement in gone)
    kept_elsewhere = (attempts.sweep_tries, browsers.sweep_browsers, factors.sweep_tries, lookalikes.sweep_looks)
    sweeps = (*kept_elsewhere, halfway.sweep_halfway, links.sweep_asked, passkeys.sweep_challenges)
    return count + sum(sweep(session, now) for sweep in sweeps)
