"""Browsers that an account was used by: by a random token, which says nothing of anybody, each is known again.

Of the token only a hash is kept. Nothing is asked of the browser beside it, and no network address is written down.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Boolean, ForeignKey, String, UniqueConstraint, delete, exists, select, update
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


def note_browser(session: Session, person: Person, browser: str, now: datetime) -> bool:
    """Note that the person has signed in by this browser; True where it is a stranger, and not the first of all."""
    # Two that come at the same moment are told of: each would else be the first of all to itself.
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    own = {"program_id": person.program_id, "person_id": person.id, "browser_hash": hashed(browser)}
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    added = make(KnownBrowser).values(**own, seen_at=now, is_over=False).on_conflict_do_nothing()
    number = session.scalars(added.returning(KnownBrowser.id)).one_or_none()
    if number is not None:
        others = KnownBrowser.person_id == person.id, KnownBrowser.id != number
        return bool(session.scalar(select(exists().where(*others))))
    row = session.scalars(select(KnownBrowser).filter_by(**own)).one()
    was_over, row.seen_at, row.is_over = row.is_over, now, False
    return was_over


def knows(session: Session, person_id: int, browser: str, now: datetime) -> bool:
    """Whether this person has signed in by the browser of this token, and has not ended that."""
    own = KnownBrowser.person_id == person_id, KnownBrowser.browser_hash == hashed(browser)
    still = ~KnownBrowser.is_over, KnownBrowser.seen_at > now - KNOWN_FOR
    return bool(session.scalar(select(exists().where(*own, *still))))


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
