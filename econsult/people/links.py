"""Sign-in links that somebody asks for: by letter, for ten minutes, once, in the browser that asked, the newest alone.

What is asked is written down in the same way for a known and for an unknown address. Only a worker, later, looks
whether there is an account, so that neither the words nor the time of an answer tell a stranger who has one.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, String, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.database import Base, Database, Instant, Sealed, TextCipher, changed_rows
from econsult.errors import TooManyTriesError
from econsult.jobs import JobKind, Lane, add_job
from econsult.people.persons import Person, Program, address_indexes, person_by_email
from econsult.people.tokens import hashed

LIVES = timedelta(minutes=10)
WINDOW = timedelta(minutes=15)
LETTERS, LETTERS_IN_ALL, ASKED_FROM_ONE = 3, 20, 60
"""So many for one address from one place, for one address from all places, and for all addresses from one place."""
SUBJECTS = {"en": "eConsult: your sign-in link", "es": "eConsult: su enlace para entrar"}
TEXTS = {
    "en": "Open this link in the browser in which you asked for it. It works once, for 10 minutes:\n\n{link}\n\n"
    "If you did not ask for it, do nothing. In another browser nobody comes in with it.\n",
    "es": "Abra este enlace en el navegador en el que lo pidió. Sirve una vez, durante 10 minutos:\n\n{link}\n\n"
    "Si usted no lo pidió, no haga nada. En otro navegador nadie entra con él.\n",
}


class AskedLink(Base):
    """One asking. `browser_hash` is of what the browser's cookie holds; `token_hash` is there once the letter is."""

    __tablename__ = "asked_link"

    email: Mapped[str] = mapped_column(Sealed("asked_link.email"))
    account: Mapped[str] = mapped_column(String(100), index=True)
    source: Mapped[str] = mapped_column(String(100), index=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    is_over: Mapped[bool] = mapped_column(default=False)


@dataclass(frozen=True)
class Letter:
    """To whom a link goes, in which language, and the token at its end."""

    person: Person
    token: str
    asked_at: datetime


def ask_link(database: Database, email: str, *, source: str, browser: str, now: datetime) -> None:
    """Write down that somebody in this browser wants a link. Older links to the address are void from now on.

    Raises TooManyTriesError, for known and unknown addresses alike.
    """
    cipher = database.cipher
    accounts, places = address_indexes(cipher, email), cipher.blind_indexes(source, "asked_link.source")
    with database.writing() as session:
        # Askings are counted one after the other; the lock is held for a few statements.
        session.execute(select(Program.id).order_by(Program.id).limit(1).with_for_update(key_share=True))
        _refuse_many(session, accounts, places, now)
        end_asked(session, accounts)
        marks = {"account": accounts[0], "source": places[0], "browser_hash": hashed(browser)}
        asked = AskedLink(email=email, created_at=now, **marks)
        session.add(asked)
        session.flush()
        add_job(session, JobKind.LINK, asked.id, lane=Lane.FAST, dedupe_key=f"link:{asked.id}", now=now)


def write_letter(session: Session, cipher: TextCipher, link_id: int, secret_key: str, now: datetime) -> Letter | None:
    """What to send; None where there is no account, or where the link would no longer work.

    The token is made from the installation's secret and from what is random in the row, so that a second attempt sends
    the same, and no token lies in the database.
    """
    asked = session.get(AskedLink, link_id)
    if asked is None or asked.is_over or asked.created_at + LIVES <= now:
        return None
    person = person_by_email(session, cipher, asked.email)
    if person is None:
        return None
    made = hmac.digest(secret_key.encode(), f"asked link:{asked.id}:{asked.browser_hash}".encode(), "sha256")
    token = base64.urlsafe_b64encode(made).decode().rstrip("=")
    if asked.token_hash is None:
        asked.token_hash, asked.person_id = hashed(token), person.id
        audit.record(session, "ask_link", "person", person.public_id, now=now, person_id=person.id)
    return Letter(person, token, asked.created_at)


def letter_text(letter: Letter, address: str) -> tuple[str, str]:
    """Subject and text in the person's language; `address` is the link."""
    language = letter.person.language if letter.person.language in TEXTS else "en"
    return SUBJECTS[language], TEXTS[language].format(link=address)


def use_asked(session: Session, token: str, browser: str, now: datetime) -> Person | None:
    """Whom the link signs in, once and in this browser; None for any other, which uses nothing up."""
    used = update(AskedLink).where(*_works(token, now), AskedLink.browser_hash == hashed(browser)).values(is_over=True)
    person_id = session.scalars(used.returning(AskedLink.person_id)).one_or_none()
    person = session.get_one(Person, person_id) if person_id is not None else None
    return person if person is not None and person.is_active else None


def is_of_another_browser(session: Session, token: str, browser: str, now: datetime) -> bool:
    """Whether the link works, but not here."""
    query = select(AskedLink.id).where(*_works(token, now), AskedLink.browser_hash != hashed(browser))
    return session.scalar(query) is not None


def end_asked(session: Session, accounts: Sequence[str], person_id: int | None = None) -> None:
    """Void every link that was asked for the account with one of these indexes of its address, or is this person's."""
    whose: ColumnElement[bool] = AskedLink.account.in_(accounts)
    if person_id is not None:
        whose = or_(whose, AskedLink.person_id == person_id)
    open_links = update(AskedLink).where(whose, AskedLink.is_over.is_(False))
    session.execute(open_links.values(is_over=True))


def sweep_asked(session: Session, now: datetime) -> int:
    """Remove askings that count no more; returns how many."""
    return changed_rows(session.execute(delete(AskedLink).where(AskedLink.created_at <= now - WINDOW)))


def _works(token: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return AskedLink.token_hash == hashed(token), AskedLink.is_over.is_(False), AskedLink.created_at > now - LIVES


def _refuse_many(session: Session, accounts: Sequence[str], places: Sequence[str], now: datetime) -> None:
    recent = select(AskedLink.source).where(AskedLink.account.in_(accounts), AskedLink.created_at > now - WINDOW)
    sources = session.scalars(recent.limit(LETTERS_IN_ALL)).all()
    here = select(func.count(AskedLink.id)).where(AskedLink.source.in_(places), AskedLink.created_at > now - WINDOW)
    is_much = sum(source in places for source in sources) >= LETTERS or len(sources) >= LETTERS_IN_ALL
    if is_much or (session.scalar(here) or 0) >= ASKED_FROM_ONE:
        raise TooManyTriesError
