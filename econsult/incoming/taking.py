"""Taking a message in: whose it says it is, whether there is room, and what of it is kept until they confirm it.

A sender's address can be forged. So it opens nothing: it only says to whom the message is shown, and nothing hangs on a
child, counts or runs before that person has signed in and said that it is theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.database import NO_KEY, Database
from econsult.errors import ConsultError
from econsult.incoming.parsing import Letter, read_letter, read_sender
from econsult.incoming.records import MOST_WAITING, WAITS, IncomingMail, MailState
from econsult.incoming.storing import forget_parts, keep_parts
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person, Role, people_at
from storage.blobs import BlobError, BlobStore
from storage.keys import new_key

ASKERS = (Role.PCP, Role.TELEPRESENTER)
"""Who may begin a request with what came by e-mail: those who have a clinic's page on which it is shown."""
ARRIVES = timedelta(minutes=10)
"""So long a delivery may take; one that is older was cut off, and the next one of the same message takes its place."""


class RefusedMailError(ConsultError):
    """It is from nobody who may begin a request by e-mail; nothing of it is kept."""

    code = "refused_mail"


class BusyMailError(ConsultError):
    """It cannot be taken now: too many wait, or the same message is arriving, or the store does not answer."""

    code = "busy_mail"


@dataclass(frozen=True)
class Intake:
    """Where messages go. `programs` narrows whose accounts count; None for those of all programs."""

    database: Database
    blobs: BlobStore
    programs: Sequence[int] | None = None


def take_mail(intake: Intake, raw: bytes, *, now: datetime) -> None:
    """Take one message. A second delivery of one that was taken changes nothing.

    Raises CorruptMailError, RefusedMailError, BusyMailError.
    """
    address = read_sender(raw)
    with intake.database.reading() as session:
        person = _asker(session, intake, address)
    letter = read_letter(raw)
    key = new_key()
    mail = _begin(intake, person, letter, key, now)
    if mail is None:
        return
    try:
        keep_parts(intake.blobs, mail.public_id, letter.parts, key)
    except BlobError:
        raise BusyMailError("The store does not take it now.") from None
    with intake.database.writing() as session:
        _arrive(session, mail, now)


def _asker(session: Session, intake: Intake, address: str) -> Person:
    """The one open account of that address that may ask. Raises RefusedMailError for none and for several."""
    found = people_at(session, intake.database.cipher, address) if address else []
    among = [each for each in found if intake.programs is None or each.program_id in intake.programs]
    askers = [each for each in among if each.role in ASKERS]
    if len(askers) != 1:
        raise RefusedMailError("It is from nobody who may begin a request by e-mail.")
    return askers[0]


def _begin(intake: Intake, person: Person, letter: Letter, key: bytes, now: datetime) -> IncomingMail | None:
    """A row for what arrives, before its files: whatever is cut off from here on is swept. None: it is known."""
    with intake.database.writing() as session:
        # One after the other, so that two deliveries of one message, or of the last that has room, see each other.
        session.scalars(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True)).one()
        same = IncomingMail.person_id == person.id, IncomingMail.message_hash == letter.message_hash
        known = session.scalars(select(IncomingMail).where(*same)).one_or_none()
        if known is not None:
            if known.state != MailState.ARRIVING:
                return None
            _replace(session, intake.blobs, known, now)
        _check_room(session, person, now)
        mail = IncomingMail(
            program_id=person.program_id,
            person_id=person.id,
            state=MailState.ARRIVING,
            message_hash=letter.message_hash,
            content=_content(letter, key),
            received_at=now,
            until=now + WAITS,
        )
        session.add(mail)
    return mail


def _replace(session: Session, blobs: BlobStore, cut_off: IncomingMail, now: datetime) -> None:
    """Make room for a new delivery of a message whose first one was cut off. Raises BusyMailError for a recent one."""
    if cut_off.received_at > now - ARRIVES:
        raise BusyMailError("The same message is arriving just now.")
    try:
        forget_parts(blobs, cut_off.public_id)
    except BlobError:
        raise BusyMailError("The store does not answer now.") from None
    session.delete(cut_off)
    session.flush()


def _check_room(session: Session, person: Person, now: datetime) -> None:
    mine = IncomingMail.person_id == person.id, IncomingMail.until > now, IncomingMail.state != MailState.ENDED
    if (session.scalar(select(func.count(IncomingMail.id)).where(*mine)) or 0) >= MOST_WAITING:
        raise BusyMailError("Too many messages wait for this person.")


def _content(letter: Letter, key: bytes) -> dict[str, object]:
    files = [
        {"number": number, "name": part.name, "kind": part.kind, "media_type": part.media_type, "size": len(part.data)}
        for number, part in enumerate(letter.parts)
    ]
    kept = {"text": letter.text, "is_cut": letter.is_cut, "left_out": letter.left_out}
    return {**kept, "files": files, "key": key.hex()}


def _arrive(session: Session, arriving: IncomingMail, now: datetime) -> None:
    """All of it is there: its person is told, once an hour at most however many come. Raises BusyMailError where a
    later delivery has taken this one's place."""
    mail = session.get(IncomingMail, arriving.id, with_for_update=NO_KEY)
    if mail is None or mail.state != MailState.ARRIVING:
        raise BusyMailError("Another delivery of the same message has taken its place.")
    mail.state = MailState.WAITING
    person = session.get_one(Person, mail.person_id)
    audit.record(
        session,
        "mail_taken",
        "incoming_mail",
        mail.public_id,
        now=now,
        person_id=None,
        program_id=mail.program_id,
        detail=f"files/{len(mail.files)}",
    )
    notify(session, person, NoticeKind.MAIL_CAME, consult_id=None, about=f"{now:%Y-%m-%dT%H}", now=now)
