"""A message answers what was asked about a request that is under way: its words now, its files through the door."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.holding import tell_with_words
from econsult.consults.records import Consult
from econsult.consults.threads import Audience, post, takes_messages
from econsult.errors import ImpossibleVerbError, NotFoundError
from econsult.incoming.confirming import request_of, write_down
from econsult.incoming.records import IncomingMail, MailState
from econsult.people.persons import Person


def answer_with(
    session: Session,
    mail: IncomingMail,
    consult: Consult,
    person: Person,
    text: str,
    *,
    now: datetime,
    has_files: bool = False,
) -> None:
    """Say `text` in the clinicians' lane, to which this person may write, and keep for which request the files are.

    With `has_files` whoever has the request is told of these by the letter about the words. Whoever goes on with files
    that are left says nothing twice. Raises NotFoundError for a message that belongs to
    another request, unless that one was taken back, and ImpossibleVerbError for a request that takes no words any more.
    """
    begun = request_of(session, mail)
    if begun is not None and begun.id != consult.id:
        raise NotFoundError
    if begun is not None:
        return
    if not takes_messages(consult, Audience.CLINICIANS, is_staff=True):
        raise ImpossibleVerbError(consult.status, "take messages")
    mail.consult_id, mail.state = consult.id, MailState.BEGUN
    write_down(session, mail, person, "mail_answers", now, consult=consult)
    if text:
        message = post(session, consult, person, Audience.CLINICIANS, text=text, now=now)
        if has_files:
            tell_with_words(session, consult, message.public_id)


def has_answered(session: Session, public_id: str, consult: Consult, person: Person) -> bool:
    """Whether this message, which is over, went to this request: one that was thrown away or expired did not."""
    mine = IncomingMail.public_id == public_id, IncomingMail.person_id == person.id
    return session.scalar(select(IncomingMail.id).where(*mine, IncomingMail.consult_id == consult.id)) is not None
