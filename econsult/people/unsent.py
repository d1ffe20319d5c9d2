"""What somebody wrote whose session had ended when the form came: kept sealed for a day, for that person alone.

A browser with scripts keeps a copy of its own; one without them has nothing but what it sent. A random token in the
browser's cookie leads to the words, and only for the person whose session it was, however they sign in again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant, SealedJson, changed_rows
from econsult.people.persons import Person
from econsult.people.signin import ENDED_KEPT, SignInSession
from econsult.people.tokens import hashed

LIVES = timedelta(hours=24)
MOST, LONGEST = 5, 200_000
"""So many forms of one person, the newest, and so many characters in one."""


class Unsent(Base):
    """One form: its path, and its fields as pairs of name and value."""

    __tablename__ = "unsent"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    content: Mapped[dict[str, object]] = mapped_column(SealedJson("unsent.content"))
    at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class Form:
    """Where a form goes, and what stood in it, in its order; `has_files` where files came that were not kept.

    `at` is when it came, of one that is kept.
    """

    path: str
    fields: Sequence[tuple[str, str]]
    has_files: bool = False
    at: datetime | None = None


@dataclass(frozen=True)
class Ended:
    """A session that lasted too long or was idle for too long, and whose it was."""

    session_id: int
    person: Person


def ended_of(session: Session, token: str, now: datetime) -> Ended | None:
    """The session of this token, until a day after its longest; None for one that its owner or the program has ended.

    However long a page stood open within that time, whoever tells a danger sign on it is heard.
    """
    row = session.scalars(select(SignInSession).where(SignInSession.token_hash == hashed(token))).one_or_none()
    row = row if row is not None and row.expires_at > now - ENDED_KEPT else None
    person = session.get_one(Person, row.person_id) if row is not None else None
    return Ended(row.id, person) if row is not None and person is not None and person.is_active else None


def keep_unsent(session: Session, person: Person, form: Form, now: datetime) -> str | None:
    """Keep the form; returns the token for the browser's cookie, or None where it is too long to be words."""
    if sum(len(name) + len(value) for name, value in form.fields) > LONGEST:
        return None
    token = secrets.token_urlsafe(32)
    content = {"path": form.path, "fields": list(form.fields), "has_files": form.has_files}
    session.add(Unsent(token_hash=hashed(token), person_id=person.id, content=content, at=now))
    session.flush()
    newest = select(Unsent.id).where(Unsent.person_id == person.id).order_by(Unsent.id.desc()).limit(MOST)
    kept = list(session.scalars(newest))
    session.execute(delete(Unsent).where(Unsent.person_id == person.id, Unsent.id.not_in(kept)))
    return token


def unsent_of(session: Session, token: str, person: Person, now: datetime) -> Form | None:
    """What this browser holds for this person."""
    query = select(Unsent).where(Unsent.token_hash == hashed(token), Unsent.at > now - LIVES)
    row = session.scalars(query.where(Unsent.person_id == person.id)).one_or_none()
    if row is None:
        return None
    content = dict(row.content)
    pairs = [(str(name), str(value)) for name, value in content["fields"]]  # type: ignore[attr-defined]
    return Form(str(content["path"]), pairs, bool(content["has_files"]), row.at)


def drop_unsent(session: Session, token: str, person: Person) -> None:
    """Throw it away: it was sent, or is not wanted."""
    session.execute(delete(Unsent).where(Unsent.token_hash == hashed(token), Unsent.person_id == person.id))


def sweep_unsent(session: Session, now: datetime) -> int:
    """Remove what is older than a day; returns how many forms."""
    return changed_rows(session.execute(delete(Unsent).where(Unsent.at <= now - LIVES)))
