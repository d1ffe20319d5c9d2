"""Invitations: a clinic lets one device send about one child, for seven days, without an account.

Whoever opens the link first binds it to that browser; the device becomes a person of the role INVITED, who may send and
see how far that is, and nothing else: no name, no birth date, no answer. The child's birth date is asked against
mix-ups only: who knows it has proven nothing.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.belonging import in_program, numbered_within
from econsult.database import NO_KEY, Base, Instant, PublicId, Sealed, TextCipher
from econsult.errors import InvalidError
from econsult.jobs import JobKind, Lane, add_job
from econsult.people.formerly import is_of_former, refuse_former
from econsult.people.keptaway import reaches_kept, refuse_kept
from econsult.people.patients import RELATIONS, Patient, day_of
from econsult.people.persons import LANGUAGES, Person, Program, Role, add_person, is_address
from econsult.people.signin import end_sessions
from econsult.people.tokens import hashed
from econsult.people.told_more import tell_more

LASTS = timedelta(days=7)
OPEN_PATH = "/invitation/"
"""Where an invitation leads; its secret follows."""
TRIES, LOCKED, TRIES_IN_ALL = 5, timedelta(minutes=15), 20
"""So many wrong birth dates close it for a while, and so many in all for good."""
SUBJECTS = {"en": "Your child's clinic invites you", "es": "La clínica de su hijo le invita"}
TEXTS = {
    "en": "With this link you can send photos and a question to your child's clinic. Open it on the telephone that you "
    "want to use: it then works on that telephone alone, for 7 days.\n\n{link}\n\n"
    "This is not for emergencies: call 911. If you do not know why you got this, do nothing.\n",
    "es": "Con este enlace puede enviar fotos y una pregunta a la clínica de su hijo. Ábralo en el teléfono que quiera "
    "usar: después solo sirve en ese teléfono, durante 7 días.\n\n{link}\n\n"
    "Esto no es para emergencias: llame al 911. Si no sabe por qué recibió esto, no haga nada.\n",
}
NAMES = {"en": "Invitation", "es": "Invitación"}
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


class Invitation(PublicId, Base):
    """One invitation about one child. Of its secret and of the device that opened it only hashes are kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        numbered_within("invitation"),
        *in_program("invitation", patient_id="patient", person_id="person"),
        *in_program("invitation", created_by_id="person", revoked_by_id="person"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    language: Mapped[str] = mapped_column(String(8))
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sent_to: Mapped[str] = mapped_column(Sealed("invitation.sent_to"), default="")
    """An e-mail address, or a telephone number as `+15055550142`; empty for a sheet that is printed."""
    refused_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it turned out that nothing can be delivered there."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    relation: Mapped[str] = mapped_column(String(24), default="")
    device_hash: Mapped[str | None] = mapped_column(String(64))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), unique=True)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    wrong_tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_texted(self) -> bool:
        """Whether it goes by text message."""
        return self.sent_to.startswith("+")

    def is_live(self, now: datetime) -> bool:
        """Whether it was neither revoked nor is too old nor was tried too often: see `still_works`."""
        return self.revoked_at is None and self.expires_at > now and self.wrong_tries < TRIES_IN_ALL


class Door(StrEnum):
    """What somebody meets who holds a link."""

    READY = "ready"
    ELSEWHERE = "elsewhere"
    LOCKED = "locked"
    GONE = "gone"
    WRONG = "wrong"
    OPENED = "opened"


@dataclass(frozen=True)
class Device:
    """The browser that opens a link, who its holder says to be to the child, and the child's birth date."""

    secret: str
    relation: str
    birth_date: str


def invite(
    session: Session,
    staff: Person,
    patient: Patient,
    language: str,
    *,
    secret_key: str,
    now: datetime,
    sent_to: str = "",
) -> Invitation:
    """Make an invitation for a child whom `access` let this member of staff know, and send it to `sent_to`.

    That is an e-mail address, or a number as `reach.numbers` keeps it. Raises InvalidError for a wrong language or
    address, for one that reaches somebody whom a court keeps away or whose right is over, and for a child who has died,
    is grown up or has no clinic that could answer.
    """
    _check(patient, language, sent_to)
    # An order of a court, or a death, that is written down now is waited for, or finds the invitation and ends it.
    patient = session.get_one(Patient, patient.id, with_for_update=NO_KEY, populate_existing=True)
    refuse_kept(session, patient, sent_to=sent_to)
    refuse_former(session, patient, sent_to, now)
    invitation = Invitation(
        program_id=patient.program_id,
        patient_id=patient.id,
        created_by_id=staff.id,
        language=language,
        nonce=secrets.token_hex(16),
        token_hash=secrets.token_hex(32),
        sent_to=sent_to.strip(),
        created_at=now,
        expires_at=now + LASTS,
    )
    session.add(invitation)
    session.flush()
    invitation.token_hash = hashed(_token(invitation, secret_key))
    _note(session, invitation, "invite", staff.id, now)
    if invitation.sent_to:
        key = f"invite:{invitation.id}"
        add_job(session, JobKind.INVITE, invitation.id, lane=Lane.FAST, dedupe_key=key, now=now)
        tell_more(session, patient.id, now)
    return invitation


def token_of(invitation: Invitation, secret_key: str) -> str | None:
    """The secret of an unopened invitation, made anew; None where the installation's secret has changed since."""
    token = _token(invitation, secret_key)
    is_same = hmac.compare_digest(hashed(token), invitation.token_hash)
    return token if is_same and invitation.opened_at is None else None


def invitation_letter(invitation: Invitation, address: str) -> tuple[str, str]:
    """Subject and text in the invitation's language; `address` is the link. Nothing names the child."""
    return SUBJECTS[invitation.language], TEXTS[invitation.language].format(link=address)


def invitations_of(session: Session, patient: Patient, limit: int = 50) -> list[Invitation]:
    """A child's invitations, newest first."""
    query = select(Invitation).where(Invitation.patient_id == patient.id)
    return list(session.scalars(query.order_by(Invitation.id.desc()).limit(limit)))


def revoke(session: Session, invitation: Invitation, staff: Person, now: datetime) -> None:
    """End it, and with it the session of the device that opened it. A second time changes nothing."""
    session.flush()
    session.refresh(invitation, with_for_update=NO_KEY)
    if invitation.revoked_at is not None:
        return
    invitation.revoked_at, invitation.revoked_by_id = now, staff.id
    if invitation.person_id is not None:
        device = session.get_one(Person, invitation.person_id)
        device.is_active = False
        end_sessions(session, device)
    _note(session, invitation, "revoke_invitation", staff.id, now)


def look_at(session: Session, token: str, device: str, now: datetime) -> tuple[Door, Invitation | None]:
    """What a link opens in this browser; looking uses nothing up."""
    query = select(Invitation).where(Invitation.token_hash == hashed(token))
    invitation = session.scalars(query).one_or_none()
    return _door(session, invitation, device, now), invitation


def open_invitation(
    session: Session, cipher: TextCipher, token: str, device: Device, now: datetime
) -> tuple[Door, Person | None]:
    """Bind the link to this browser, or come back with it. A wrong birth date is counted.

    The person is there only where the door opened. Raises InvalidError for an unknown relation.
    """
    if device.relation not in RELATIONS:
        raise InvalidError("Say who you are to the child.", {"relation": "unknown_value"})
    query = select(Invitation).where(Invitation.token_hash == hashed(token))
    # Of two browsers at the same moment the second finds that the first has opened it.
    invitation = session.scalars(query.with_for_update(key_share=True)).one_or_none()
    door = _door(session, invitation, device.secret, now)
    if invitation is None or door != Door.READY:
        return door, None
    if session.get_one(Patient, invitation.patient_id).birth_date != day_of(device.birth_date):
        _count_wrong(session, invitation, now)
        return (Door.LOCKED if invitation.locked_until == now + LOCKED else Door.WRONG), None
    person = _device_person(session, cipher, invitation, device, now)
    return Door.OPENED, person


def still_works(session: Session, invitation: Invitation, now: datetime) -> bool:
    """Whether it lets anybody in at this moment: it ends with the right of whoever holds it."""
    where = (invitation.id, invitation.patient_id, invitation.sent_to)
    is_kept = reaches_kept(session, session.get_one(Patient, invitation.patient_id), invitation.sent_to)
    return invitation.is_live(now) and not is_kept and not is_of_former(session, *where, now)


def live_invitation(session: Session, person: Person, now: datetime) -> Invitation | None:
    """The invitation that holds for this device at this moment."""
    query = select(Invitation).where(Invitation.person_id == person.id)
    invitation = session.scalars(query).one_or_none()
    return invitation if invitation is not None and still_works(session, invitation, now) else None


def _device_person(
    session: Session, cipher: TextCipher, invitation: Invitation, device: Device, now: datetime
) -> Person:
    if invitation.person_id is not None:
        return session.get_one(Person, invitation.person_id)
    # Nobody has this address, and nobody signs in with it: it is there because every person has one of their own.
    address = f"{secrets.token_hex(16)}@invited.invalid"
    person = add_person(
        session,
        cipher,
        session.get_one(Program, invitation.program_id),
        email=address,
        name=f"{NAMES[invitation.language]} {invitation.public_id[:6].upper()}",
        role=Role.INVITED,
        language=invitation.language,
        now=now,
    )
    invitation.person_id, invitation.device_hash = person.id, hashed(device.secret)
    invitation.opened_at, invitation.relation = now, device.relation
    _note(session, invitation, "open_invitation", person.id, now)
    return person


def _door(session: Session, invitation: Invitation | None, device: str, now: datetime) -> Door:
    if invitation is None or not still_works(session, invitation, now):
        return Door.GONE
    if invitation.device_hash is not None and not hmac.compare_digest(invitation.device_hash, hashed(device)):
        return Door.ELSEWHERE
    is_locked = invitation.locked_until is not None and invitation.locked_until > now
    return Door.LOCKED if is_locked else Door.READY


def _count_wrong(session: Session, invitation: Invitation, now: datetime) -> None:
    invitation.wrong_tries += 1
    if invitation.wrong_tries % TRIES == 0:
        invitation.locked_until = now + LOCKED
        _note(session, invitation, "lock_invitation", None, now)


def _token(invitation: Invitation, secret_key: str) -> str:
    """Made from the installation's secret and from what is random in the row, so that no token lies in the database."""
    text = f"invitation:{invitation.public_id}:{invitation.nonce}"
    made = hmac.digest(secret_key.encode(), text.encode(), "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _check(patient: Patient, language: str, sent_to: str) -> None:
    wrong: dict[str, str] = {}
    if language not in LANGUAGES:
        wrong["language"] = "unknown_value"
    if sent_to.strip() and not (is_address(sent_to) or NUMBER.fullmatch(sent_to.strip())):
        wrong["sent_to"] = "invalid"
    if patient.organization_id is None:
        wrong["patient"] = "no_clinic"
    if wrong:
        raise InvalidError("Please check the language, the address and the child's clinic.", wrong)


def _note(session: Session, invitation: Invitation, action: str, person_id: int | None, now: datetime) -> None:
    audit.record(
        session,
        action,
        "invitation",
        invitation.public_id,
        now=now,
        person_id=person_id,
        patient_id=invitation.patient_id,
    )
