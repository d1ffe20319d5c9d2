"""Files that came by e-mail, on their way into the request that was begun with them: through the same door as any."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from econsult.consults.attachments import MediaKind
from econsult.database import Database
from econsult.errors import NotFoundError
from econsult.incoming.confirming import mail_begun, mail_for, take_out, throw_away
from econsult.incoming.records import IncomingMail, MailFile
from econsult.incoming.storing import open_part
from econsult.incoming.sweeping import remove_files
from econsult.people.persons import Person
from storage.blobs import BlobError, BlobStore
from storage.sealed import SealBroken
from uploads.door import Door
from uploads.errors import CutShortError
from uploads.kinds import Wanted
from uploads.slots import alone
from uploads.verbs import receive

Clock = Callable[[], datetime]


def hand_over(
    door: Door, blobs: BlobStore, person: Person, request_id: str, chosen: Collection[int], *, clock: Clock
) -> int:
    """Send the chosen files through the door as this person's, and forget the message; returns how many went.

    The door looks whether the person may, as for any file.

    Each one that is through is taken out of the message at once, so that whoever is cut off goes on with the others.
    Raises what `uploads.verbs.receive` raises, for the first file that does not go, and CutShortError for a file that
    cannot be read any more; the message then stays as it is.
    """
    with door.database.reading() as session:
        mail = mail_begun(session, person, request_id, clock())
    return send_files(door, blobs, person, (mail, request_id), chosen, clock=clock) if mail is not None else 0


def send_files(
    door: Door,
    blobs: BlobStore,
    person: Person,
    sent: tuple[IncomingMail, str],
    chosen: Collection[int],
    *,
    clock: Clock,
) -> int:
    """The same of this very message, for the request with this public id.

    A button that is pressed twice sends each file once: the second press waits, and sees what the first has left.
    """
    mail, request_id = sent
    with alone(door.staging, person.id):
        wanted = [each for each in _left(door.database, person, mail, clock()) if each.number in chosen]
        for each in wanted:
            try:
                with open_part(blobs, mail, each.number) as source:
                    receive(door, person, _wanted(request_id, each), source, clock=clock)
            except (BlobError, SealBroken):
                raise CutShortError from None
            _take_out(door.database, person, mail, each.number, clock())
        finish_mail(door.database, blobs, person, mail, now=clock())
    return len(wanted)


def _left(database: Database, person: Person, mail: IncomingMail, now: datetime) -> list[MailFile]:
    """What of the message is in no request yet; nothing of one that is over."""
    try:
        with database.reading() as session:
            return mail_for(session, person, mail.public_id, now).files
    except NotFoundError:
        return []


def finish_mail(database: Database, blobs: BlobStore, person: Person, mail: IncomingMail, *, now: datetime) -> None:
    """Forget what is left of a message. One that somebody has finished meanwhile is no fault.

    A store that does not answer keeps sealed bytes without a key until the clock's sweep removes them.
    """
    try:
        with database.writing() as session:
            throw_away(session, mail_for(session, person, mail.public_id, now), person, now=now)
        remove_files(database, blobs, mail.public_id)
    except (NotFoundError, BlobError):
        return


def _wanted(request_id: str, file: MailFile) -> Wanted:
    return Wanted(
        consult_id=request_id,
        kind=file.kind,
        length=file.size,
        filename=file.name,
        media_type=file.media_type,
        document_type="other" if file.kind == MediaKind.LAB_DOCUMENT else None,
    )


def _take_out(database: Database, person: Person, mail: IncomingMail, number: int, now: datetime) -> None:
    try:
        with database.writing() as session:
            take_out(mail_for(session, person, mail.public_id, now), (number,))
    except NotFoundError:
        # Another window has finished the message meanwhile: this file is in the request all the same.
        return
