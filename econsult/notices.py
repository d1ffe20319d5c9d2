"""The outbox: what people are told, in fixed words without health data, written beside the change that causes it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    bindparam,
    column,
    select,
    table,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.codes import Code
from econsult.database import Base, Instant
from econsult.family_notices import said_to
from econsult.jobs import Job, JobKind, JobState, Lane, add_job
from econsult.notice_kinds import NoticeKind
from econsult.notice_words import SUBJECTS, TEXTS
from econsult.people.deaths import is_hushed
from econsult.people.persons import Person
from econsult.picking import one_of

__all__ = ["SUBJECTS", "TEXTS", "NoticeKind"]

AT_ONCE = frozenset(
    {
        NoticeKind.READ_NOW,
        NoticeKind.CORRECTED_NOW,
        NoticeKind.CALL_NOW,
        NoticeKind.CALL_LATE,
        NoticeKind.EMERGENCY,
        NoticeKind.DANGER_WORDS,
    }
)
"""An emergency goes to every channel, by night as by day."""
STANDING_IN = {
    "en": "You hear this because no coordinator is there now: you stand in for them.",
    "es": "Se lo decimos porque ahora no hay nadie de coordinación: usted hace sus veces.",
}
"""Why somebody hears what a desk would of which nobody is there."""
LEADS_TO = {NoticeKind.SIGN_IN_NEW: "/account#h-sessions"}
"""Where a letter leads that does not lead to the front door: a page of everybody's, which names nothing."""


class NoticeState(StrEnum):
    """A gathered notice has no letter of its own: a digest tells of it and of others together.

    A failed one reached its reader on no channel: a person must tell, and settles it then.
    """

    PENDING = "pending"
    GATHERED = "gathered"
    SENT = "sent"
    FAILED = "failed"


_CONSULT = table("consult", column("id", Integer), column("requester_id", Integer), column("is_test", Boolean))
"""By its name: the consult's own modules write notices, and know of these."""
_TESTS = select(_CONSULT.c.id, _CONSULT.c.requester_id).where(one_of(_CONSULT.c.id, "numbers"), _CONSULT.c.is_test)
UNTOLD = text("state = 'failed' AND settled_at IS NULL")
IS_DIGEST = text("kind = 'digest'")


class Notice(Base):
    """One message to one person. `dedupe_key` makes it exist once; sending it, or its digest, is a job."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("dedupe_key", name="uq_notice_dedupe_key"),
        Index("ix_notice_failed", "person_id", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
        Index("ix_notice_digest", "person_id", sqlite_where=IS_DIGEST, postgresql_where=IS_DIGEST),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    consult_id: Mapped[int | None] = mapped_column(ForeignKey("consult.id"), index=True)
    kind: Mapped[str] = mapped_column(Code(24))
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(Code(16), default=NoticeState.PENDING)
    dedupe_key: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), index=True)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def makers_of_tests(session: Session, consult_ids: Collection[int]) -> dict[int, int]:
    """Who made each of these consults that is a test, by its id: nobody else is ever told of it."""
    return {row.id: row.requester_id for row in session.execute(_TESTS, {"numbers": consult_ids})}


_BY_KEY = select(Notice).where(Notice.dedupe_key == bindparam("key"))


def notify(
    session: Session,
    person: Person,
    kind: NoticeKind,
    *,
    consult_id: int | None,
    about: str,
    now: datetime,
    not_before: datetime | None = None,
) -> Notice | None:
    """Tell the person, once per (kind, consult, person, about); `about` tells two messages of one kind apart.

    It is written at once, and sent from `not_before` on: until then it can be taken back (`unsay`).
    None: it is a test, which no letter and no text message tells of but to the person who made it; or it is for the
    family of a child who has died.
    """
    if consult_id is not None and makers_of_tests(session, (consult_id,)).get(consult_id, person.id) != person.id:
        return None
    if consult_id is not None and is_hushed(session, person, kind, consult_id):
        return None
    key = _key(kind, consult_id, person.id, about)
    known = session.scalars(_BY_KEY, {"key": key}).one_or_none()
    if known is not None:
        return known
    notice = Notice(
        person_id=person.id, consult_id=consult_id, kind=kind, language=person.language, dedupe_key=key, created_at=now
    )
    session.add(notice)
    session.flush()
    key = f"notice:{notice.id}"
    add_job(session, JobKind.NOTIFY, notice.id, lane=Lane.FAST, dedupe_key=key, now=now, run_after=not_before)
    return notice


def call_also(session: Session, person_id: int, kind: NoticeKind, *, consult_id: int, about: tuple[str, str]) -> None:
    """The letter about the first tells of the second, too, of which none is written then: one event is one letter."""
    session.flush()
    first, second = (_key(kind, consult_id, person_id, each) for each in about)
    written = session.scalars(_BY_KEY, {"key": first}).one_or_none()
    if written is not None and session.scalars(_BY_KEY, {"key": second}).one_or_none() is None:
        written.dedupe_key = second


def _key(kind: NoticeKind, consult_id: int | None, person_id: int, about: str) -> str:
    return f"{kind}:{consult_id}:{person_id}:{about}"[:80]


def unsay(session: Session, consult_id: int, kinds: Collection[NoticeKind], said_at: datetime) -> bool:
    """Take back the letters of these kinds that were written at that instant, with their jobs. False: one has left.

    Whoever sends one has its job then; whoever comes second finds none.
    """
    query = select(Notice).where(Notice.consult_id == consult_id, Notice.kind.in_(kinds), Notice.created_at == said_at)
    written = list(session.scalars(query))
    jobs = select(Job).where(Job.dedupe_key.in_([f"notice:{notice.id}" for notice in written])).with_for_update()
    letters = list(session.scalars(jobs.execution_options(populate_existing=True)))
    if any(job.state not in (JobState.PENDING, JobState.SENT) or job.attempt for job in letters):
        return False
    for row in (*letters, *written):
        session.delete(row)
    session.flush()
    return True


def letter(notice: Notice, base_url: str, *, is_family: bool, stands_in: bool = False) -> tuple[str, str]:
    """Subject and text of the notice in the person's language; the link leads to the sign-in page, or behind it.

    `stands_in`: they stand in for a desk of which nobody is there, and the letter says why they hear it.
    """
    language = notice.language if notice.language in SUBJECTS else "en"
    path = LEADS_TO.get(NoticeKind(notice.kind), "/")
    is_desks = stands_in and (notice.consult_id is not None or notice.kind == NoticeKind.DIGEST)
    why = f"\n{STANDING_IN[language]}" if is_desks else ""
    said = said_to(notice.kind, is_family=is_family)[language] + why
    return SUBJECTS[language], f"{said}\n\n{base_url}{path}\n"


def mark_notice_sent(notice: Notice, now: datetime) -> None:
    notice.state, notice.sent_at = NoticeState.SENT, now
