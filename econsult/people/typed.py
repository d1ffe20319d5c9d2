"""What somebody is typing into a form and has not sent: kept sealed for a day, for that account alone.

The copy that the tab has (`web/static/kept.js`) goes with the browser, and this one outlives it. No colleague and no
officer reads it, and nothing tells that it is there. It goes as the form is sent, at signing out and with the account.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant, SealedJson, changed_rows
from econsult.errors import InvalidError
from econsult.people.persons import Person
from econsult.people.tokens import hashed

LIVES = timedelta(hours=24)
MOST, LONGEST, MOST_FIELDS = 20, 60_000, 2_000
"""So many forms of one person, the newest; and so many characters and fields in one, more than any page of ours has."""
LEAST_APART, AT_ONCE = timedelta(milliseconds=500), 4
"""A page saves a form each second and a half, and several as it is closed; what comes faster is no page of ours."""
_PAGE = re.compile(r"/[A-Za-z0-9_./:-]{0,299}")
_PLACE = re.compile(r"/[^\x00-\x1f]{0,999}")
_NUMBER = re.compile(r"[0-9a-f]{16}")


class TypedWords(Base):
    """One form of one person. `number` is the random number of its words, which comes along when the form is sent.

    `content` is a `Typed`, apart from its number; the form is told by a hash of its place, which tells nobody anything.
    """

    __tablename__ = "typed_words"
    __table_args__ = (UniqueConstraint("person_id", "form_hash", name="uq_typed_words"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    form_hash: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(16))
    content: Mapped[dict[str, Any]] = mapped_column(SealedJson("typed_words.content"))
    saved_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class Typed:
    """The path of the page, the place of the form on it (where it goes, and its fixed fields), and what stands there.

    `at` is the browser's time in milliseconds, by which it knows whether its own copy is newer; `version` is what the
    page showed of somebody else's saves. Raises InvalidError for what no page of ours sends, or is too long.
    """

    page: str
    place: str
    number: str
    at: int
    version: str
    fields: Sequence[tuple[str, str]]

    def __post_init__(self) -> None:
        is_place = _PAGE.fullmatch(self.page) and _PLACE.fullmatch(self.place) and _NUMBER.fullmatch(self.number)
        if not is_place or not 0 < self.at < 2**53 or len(self.version) > 100:
            raise InvalidError("These words belong to no form.", {"form": "unknown_value"})
        letters = sum(len(name) + len(value) for name, value in self.fields)
        if letters > LONGEST or len(self.fields) > MOST_FIELDS:
            raise InvalidError("This is too long to be kept.", {"form": "too_long"})


def keep_typed(session: Session, person: Person, typed: Typed, now: datetime) -> bool:
    """Keep the form as it stands now; False where its last save came a moment ago, or those of some others did.

    What is older than what rests of the very same words changes nothing: it was on its way for longer.
    """
    # One save of a person after the other, on either database.
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    own = {"person_id": person.id, "form_hash": hashed(typed.place)}
    row = session.scalars(select(TypedWords).filter_by(**own)).one_or_none()
    if _is_too_fast(session, person, row, now):
        return False
    if row is not None and row.number == typed.number and row.content["at"] > typed.at:
        return True
    row = row or TypedWords(**own)
    row.number, row.content, row.saved_at = typed.number, _content(typed), now
    session.add(row)
    session.flush()
    _keep_newest(session, person)
    return True


def typed_on(session: Session, person: Person, page: str, now: datetime) -> list[Typed]:
    """What this person was typing on the page of this path."""
    query = select(TypedWords).where(TypedWords.person_id == person.id, TypedWords.saved_at > now - LIVES)
    found = [_typed(row) for row in session.scalars(query.order_by(TypedWords.id))]
    return [each for each in found if each.page == page]


def drop_typed(session: Session, person: Person, number: str) -> None:
    """Forget the words of this number: they were sent, or are not wanted. What was typed since then stays."""
    session.execute(delete(TypedWords).where(TypedWords.person_id == person.id, TypedWords.number == number))


def forget_typed(session: Session, person: Person) -> None:
    """Forget all that this person was typing."""
    session.execute(delete(TypedWords).where(TypedWords.person_id == person.id))


def sweep_typed(session: Session, now: datetime) -> int:
    """Remove what is older than a day; returns how many forms."""
    return changed_rows(session.execute(delete(TypedWords).where(TypedWords.saved_at <= now - LIVES)))


def _is_too_fast(session: Session, person: Person, row: TypedWords | None, now: datetime) -> bool:
    just = TypedWords.person_id == person.id, TypedWords.saved_at > now - LEAST_APART, TypedWords.saved_at <= now
    is_again = row is not None and now - LEAST_APART < row.saved_at <= now
    return is_again or (session.scalar(select(func.count()).where(*just)) or 0) >= AT_ONCE


def _keep_newest(session: Session, person: Person) -> None:
    mine = select(TypedWords.id).where(TypedWords.person_id == person.id)
    kept = list(session.scalars(mine.order_by(TypedWords.saved_at.desc(), TypedWords.id.desc()).limit(MOST)))
    session.execute(delete(TypedWords).where(TypedWords.person_id == person.id, TypedWords.id.not_in(kept)))


def _content(typed: Typed) -> dict[str, Any]:
    fields = [list(pair) for pair in typed.fields]
    return {"page": typed.page, "place": typed.place, "at": typed.at, "version": typed.version, "fields": fields}


def _typed(row: TypedWords) -> Typed:
    content = row.content
    fields = [(str(name), str(value)) for name, value in content["fields"]]
    return Typed(content["page"], content["place"], row.number, content["at"], content["version"], fields)
