"""The end of messages that nobody confirmed, and of whatever else of them lies in the store without being wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from econsult import audit
from econsult.database import Database
from econsult.incoming.records import KNOWN, STANDING, IncomingMail, MailState
from econsult.incoming.storing import forget_parts
from storage.blobs import BlobStore

MOST_AT_ONCE = 50


def sweep_mail(database: Database, store: Callable[[], BlobStore], *, now: datetime) -> int:
    """End what has expired and remove the files of what is over; returns of how many messages. Raises BlobError.

    The `store` is asked for where there is something to remove in it.

    The words and the key go first, in a transaction of their own, so that what a broken store still holds opens no
    more. It may be cut off anywhere: the next sweep goes on.
    """
    with database.reading() as session:
        numbers = list(session.scalars(_over(now)))
    for number in numbers:
        with database.writing() as session:
            public_id = _expire(session, number, now)
        remove_files(database, store(), public_id)
    with database.reading() as session:
        is_old = session.scalars(select(IncomingMail.id).where(*_forgotten(now)).limit(1)).first() is not None
    if is_old:
        with database.writing() as session:
            session.execute(delete(IncomingMail).where(*_forgotten(now)))
    return len(numbers)


def remove_files(database: Database, blobs: BlobStore, public_id: str) -> None:
    """Remove the files of a message that is over. Raises BlobError; the sweep then does it later."""
    forget_parts(blobs, public_id)
    gone = IncomingMail.public_id == public_id, IncomingMail.state == MailState.ENDED
    with database.writing() as session:
        session.execute(update(IncomingMail).where(*gone).values(is_stored=False))


def _over(now: datetime) -> Select[int]:
    is_late = and_(IncomingMail.until <= now, IncomingMail.state != MailState.ENDED)
    is_left = and_(IncomingMail.state == MailState.ENDED, IncomingMail.is_stored)
    return select(IncomingMail.id).where(or_(is_late, is_left)).order_by(IncomingMail.id).limit(MOST_AT_ONCE)


def _expire(session: Session, number: int, now: datetime) -> str:
    """Its public id; whatever was kept of it is forgotten, unread: a key that is lost keeps nothing from its end."""
    columns = IncomingMail.state, IncomingMail.public_id, IncomingMail.program_id
    query = select(*columns).where(IncomingMail.id == number).with_for_update(key_share=True)
    mail = session.execute(query).one()
    if mail.state in STANDING:
        audit.record(
            session,
            "mail_expired",
            "incoming_mail",
            mail.public_id,
            now=now,
            person_id=None,
            program_id=mail.program_id,
        )
    ended = update(IncomingMail).where(IncomingMail.id == number).values(state=MailState.ENDED, content=None)
    session.execute(ended)
    return str(mail.public_id)


def _forgotten(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Rows that have lost everything, so long ago that no mail server still tries to deliver the message."""
    is_empty = IncomingMail.state == MailState.ENDED, IncomingMail.is_stored.is_(False)
    return (*is_empty, IncomingMail.received_at <= now - KNOWN)
