"""Browsers that an account was used by: by a random token, which says nothing of anybody, each is known again.

Of the token only a hash is kept. Nothing is asked of the browser beside it, and no network address is written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Boolean, ForeignKey, String, UniqueConstraint, delete, exists, false, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from econsult.belonging import in_program
from econsult.database import Base, Instant, changed_rows
from econsult.people.persons import Person
from econsult.people.tokens import hashed

KNOWN_FOR = timedelta(days=400)
"""How long a browser that does not come back is known: no browser keeps a cookie for longer."""


class KnownBrowser(Base):
    """One browser by which somebody has signed in. `is_over`: they have ended it since, and it is a stranger again."""

    __tablename__ = "known_browser"
    __table_args__ = (
        *in_program("known_browser", person_id="person"),
        UniqueConstraint("person_id", "browser_hash", name="uq_known_browser"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    browser_hash: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime] = mapped_column(Instant)
    is_over: Mapped[bool] = mapped_column(Boolean, default=False)
    proves_address: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether somebody brought the password of the address by it, or what was sent there."""


def note_browser(session: Session, person: Person, browser: str, now: datetime, *, is_proven: bool = False) -> bool:
    """Note that the person has signed in by this browser; True where it is a stranger, and not the first of all.

    `is_proven` says that they have shown whose the address is.
    """
    # Two that come at the same moment are told of: each would else be the first of all to itself.
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    own = {"program_id": person.program_id, "person_id": person.id, "browser_hash": hashed(browser)}
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    added = (
        make(KnownBrowser).values(**own, seen_at=now, is_over=False, proves_address=is_proven).on_conflict_do_nothing()
    )
    number = session.scalars(added.returning(KnownBrowser.id)).one_or_none()
    if number is not None:
        others = KnownBrowser.person_id == person.id, KnownBrowser.id != number
        return bool(session.scalar(select(exists().where(*others))))
    row = session.scalars(select(KnownBrowser).filter_by(**own)).one()
    was_over, row.seen_at, row.is_over = row.is_over, now, False
    row.proves_address = is_proven or (row.proves_address and not was_over)
    return was_over


def knows(session: Session, accounts: Sequence[str], browser: str, now: datetime) -> bool:
    """Whether an account at this address was used by the browser of this token, by whoever proved that it is theirs.

    `accounts` are the blind indexes of the address. Who opened an account for somebody and uses its first link, or a
    passkey that was added by it, has proven nothing.
    """
    own = KnownBrowser.browser_hash == hashed(browser), KnownBrowser.proves_address, ~KnownBrowser.is_over
    here = Person.id == KnownBrowser.person_id, Person.email_index.in_(accounts), Person.is_active
    return bool(session.scalar(select(exists().where(*own, *here, KnownBrowser.seen_at > now - KNOWN_FOR))))


def forget(session: Session, person: Person, *, but: str = "") -> None:
    """Make every browser of the person a stranger, but for the one of this token."""
    ended = update(KnownBrowser).where(KnownBrowser.person_id == person.id, KnownBrowser.browser_hash != hashed(but))
    session.execute(ended.values(is_over=True))


def forget_one(session: Session, person: Person, browser_hash: str | None) -> None:
    """Make one browser a stranger."""
    own = KnownBrowser.person_id == person.id, KnownBrowser.browser_hash == browser_hash
    session.execute(update(KnownBrowser).where(*own).values(is_over=True))


def sweep_browsers(session: Session, now: datetime) -> int:
    """Remove those that do not come back, but for the last of an account: the next would pass for its first."""
    other = aliased(KnownBrowser)
    has_newer = exists().where(other.person_id == KnownBrowser.person_id, other.id > KnownBrowser.id)
    return changed_rows(session.execute(delete(KnownBrowser).where(KnownBrowser.seen_at <= now - KNOWN_FOR, has_newer)))
