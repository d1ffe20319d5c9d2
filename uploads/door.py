"""What the verbs of this room need from the house, and who may send what to which consult."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from econsult import access
from econsult.consults.attachments import MediaKind
from econsult.consults.awaited import photos_awaited, results_awaited
from econsult.consults.intake import Upload, UploadState
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult, Source
from econsult.consults.redflags import is_answered
from econsult.consults.screening import stopping_signs
from econsult.database import Database
from econsult.errors import EmergencyError, ForbiddenError, ImpossibleVerbError
from econsult.people.deaths import check_lives
from econsult.people.persons import Person
from econsult.rights import Right
from econsult.vault import Vault
from uploads.errors import SignsFirstError, SiteFirstError, TooManyError
from uploads.kinds import BYTES_WINDOW, FORGOTTEN, LIVES, MOST_BYTES, MOST_OPEN, SHOWS_A_BODY
from uploads.lines import Lines

UNFINISHED = (UploadState.CREATED, UploadState.RECEIVING)
UNCOUNTED = (UploadState.EXPIRED, UploadState.TERMINATED, UploadState.REJECTED, UploadState.FAILED)


@dataclass(frozen=True)
class Door:
    """The records, the keys, the folder where uploads rest until a worker takes them, and who is sending now.

    An unfinished upload `lives` for so long after its last byte.
    """

    database: Database
    vault: Vault
    staging: Path
    lines: Lines = field(default_factory=Lines)
    lives: timedelta = LIVES


def admit(session: Session, person: Person, consult_id: str, kind: MediaKind, now: datetime) -> Consult:
    """The consult, when this person may add such a file to it now.

    Raises NotFoundError, ForbiddenError (code `private_site` for a caregiver's picture of a private place),
    SiteFirstError for a family's picture of nobody knows what, ImpossibleVerbError for a consult that is answered
    or has ended, AfterDeathError for a family whose child has died, and what `check_signs` raises.
    """
    consult = access.consult_for(session, person, consult_id, now=now, right=Right.UPLOAD).consult
    if not person.is_staff:
        check_lives(session, consult.patient_id)
    check_signs(session, person, consult)
    check_open(session, person, consult, kind)
    return consult


def check_signs(session: Session, person: Person, consult: Consult) -> None:
    """Raise SignsFirstError for a draft whose danger signs nobody was asked about, and EmergencyError for one that
    they stopped: a child in danger is not photographed first. Who may attest that it can wait may add files all the
    while, and is asked for that word when the request is sent."""
    if consult.status != Status.DRAFT:
        return
    if not is_answered(consult.details):
        raise SignsFirstError
    if codes := stopping_signs(session, consult, person):
        raise EmergencyError(codes)


def check_open(session: Session, person: Person, consult: Consult, kind: MediaKind) -> None:
    """Raise where the consult takes no more files, or not such a file from this person.

    What is answered takes the new photo that its answer asked for, and from its clinic the results; nothing else.
    """
    is_awaited = kind in SHOWS_A_BODY and bool(photos_awaited(session, consult))
    is_awaited = is_awaited or (person.is_staff and results_awaited(session, consult) is not None)
    if consult.status != Status.DRAFT and consult.status not in OPEN and not is_awaited:
        raise ImpossibleVerbError(consult.status, "take files")
    if not person.is_staff and kind in SHOWS_A_BODY:
        _check_site(consult)


def _check_site(consult: Consult) -> None:
    if consult.is_private_site:
        raise ForbiddenError(
            "We do not take photos or videos of this part of the body from families; the clinic will call you.",
            code="private_site",
        )
    # What a clinic opened, a clinician answers for; a family that opens a question could leave the place out.
    if consult.source == Source.CAREGIVER and not consult.details.get("body_site"):
        raise SiteFirstError


def check_quota(session: Session, person: Person, reserved: int, now: datetime) -> None:
    """Raise TooManyError where the person has too many files on their way, or sent too much within a day."""
    _take_turns(session, person)
    is_open = (*_counted(person, now), Upload.state.in_(UNFINISHED), Upload.expires_at > now)
    if session.scalars(select(func.count(Upload.id)).where(*is_open)).one() >= MOST_OPEN:
        raise TooManyError(f"At most {MOST_OPEN} files can be on their way at once.", retry_after=60)
    check_day(session, person, reserved, now)


def check_day(session: Session, person: Person, reserved: int, now: datetime, *, but: int = 0) -> None:
    """Raise TooManyError where so many bytes more are too many within a day; `but` is an upload that is not counted."""
    _take_turns(session, person)
    counted = (*_counted(person, now), Upload.created_at > now - BYTES_WINDOW, Upload.id != but)
    sent = int(session.scalars(select(func.coalesce(func.sum(Upload.reserved), 0)).where(*counted)).one())
    if sent + reserved > MOST_BYTES:
        raise TooManyError("You have sent as much as one person may send in a day.", retry_after=3600)


def _take_turns(session: Session, person: Person) -> None:
    """Two requests of one person at the same moment would each find room for themselves alone."""
    session.scalars(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True)).one()


def _counted(person: Person, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The person's uploads that stand against what they may send.

    One that was begun and then forgotten takes nobody's place: the answer that named it may have been lost. Should
    its bytes come all the same, they are counted when it is complete.
    """
    is_forgotten = and_(Upload.state == UploadState.CREATED, Upload.created_at <= now - FORGOTTEN)
    return Upload.owner_id == person.id, Upload.state.not_in(UNCOUNTED), ~is_forgotten
