"""How a child's clinic reaches the family of somebody who has no account: the telephone and the e-mail on file.

Staff alone write them down. What was changed a short while ago is not on file yet: whoever talks the clinic into
another number must wait, and the family that had the old one may notice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.database import NO_KEY, Base, Instant, Sealed
from econsult.errors import ForbiddenError, InvalidError
from econsult.people.caregivers import SELF, active_links
from econsult.people.former import keep_former
from econsult.people.formerly import reaches_former
from econsult.people.keptaway import key_of, reaches_kept, refuse_kept
from econsult.people.pasted import pasted
from econsult.people.patients import LONGEST_MARK, Patient, note_patient
from econsult.people.persons import Person, is_address
from econsult.people.told_more import tell_more
from econsult.values import has_digits

RESTS = timedelta(hours=12)
"""How long a new telephone or e-mail waits before a code goes there."""


class Way(StrEnum):
    """The two kinds of contact on file."""

    SMS = "sms"
    EMAIL = "email"


class FamilyContact(Base):
    """Beside the telephone of the child's record: an e-mail, and since when each is there.

    A child without a row has the telephone with which it was registered, and no e-mail.
    """

    __tablename__ = "family_contact"
    __table_args__ = in_program("family_contact", patient_id="patient", set_by_id="person")

    program_id: Mapped[int | None] = program_of("patient")
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), unique=True)
    email: Mapped[str] = mapped_column(Sealed("family_contact.email"), default="")
    phone_since: Mapped[datetime] = mapped_column(Instant)
    email_since: Mapped[datetime] = mapped_column(Instant)
    set_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


def contact_row(session: Session, patient: Patient) -> FamilyContact | None:
    """What is on file beside the child's record, if anything."""
    return session.scalars(select(FamilyContact).where(FamilyContact.patient_id == patient.id)).one_or_none()


def contact_on_file(session: Session, patient: Patient, way: Way, now: datetime) -> str:
    """Where a code may go, as somebody typed it; empty where nothing is on file, or not for long enough.

    What reaches somebody whom a court keeps away, or whose right is over, gets none, whatever is on file.
    """
    row = contact_row(session, patient)
    if way == Way.SMS:
        where, since = patient.phone, row.phone_since if row else patient.created_at
    else:
        where, since = (row.email, row.email_since) if row else ("", now)
    is_barred = reaches_kept(session, patient, where) or reaches_former(session, patient.id, where, now)
    return where if since + RESTS <= now and not is_barred else ""


def rests_until(session: Session, patient: Patient, now: datetime) -> datetime | None:
    """Until when something on file is too new for a code; None where nothing is."""
    row = contact_row(session, patient)
    pairs = [(patient.phone, row.phone_since if row else patient.created_at)]
    pairs += [(row.email, row.email_since)] if row else []
    return max((since + RESTS for where, since in pairs if where and since + RESTS > now), default=None)


def set_contact(session: Session, patient: Patient, phone: str, email: str, staff: Person, *, now: datetime) -> None:
    """Write down how the family is reached; an empty text takes one away. What stays as it was stays on file.

    `patient` comes from `access`. Raises InvalidError for the field `phone` or `email`, with `barred` where it reaches
    somebody whom a court keeps away and `shared` where the young person signs in there, and ForbiddenError for somebody
    who is not of the staff.
    """
    if not staff.is_staff:
        raise ForbiddenError("The clinic writes down how a family is reached.")
    phone, email = pasted(phone), pasted(email)
    _check(phone, email)
    patient = session.get_one(Patient, patient.id, with_for_update=NO_KEY, populate_existing=True)
    row = contact_row(session, patient)
    given, known = {"phone": phone, "email": email}, {"phone": patient.phone, "email": row.email if row else ""}
    changed = [name for name in given if given[name] != known[name]]
    refuse_kept(session, patient, **{name: given[name] for name in changed})
    if "email" in changed:
        _refuse_own(session, patient, email, now)
    if row is None:
        row = FamilyContact(patient_id=patient.id, email="", phone_since=patient.created_at, email_since=now)
        session.add(row)
    row.set_by_id = staff.id
    if old := {name: known[name] for name in changed if known[name] or name == "phone"}:
        keep_former(session, patient, old, staff.id, now)
    if "phone" in changed:
        patient.phone, row.phone_since = phone, now
    if "email" in changed:
        row.email, row.email_since = email, now
    if changed:
        note_patient(session, patient, "set_contact", now, person_id=staff.id, detail="/".join(changed))
        tell_more(session, patient.id, now)
    session.flush()


def is_same_mailbox(one: str, other: str) -> bool:
    """Whether two addresses are one, however they are written. Whoever reads a letter there comes in by it."""
    return bool(one) and key_of(one) == key_of(other)


def _refuse_own(session: Session, patient: Patient, email: str, now: datetime) -> None:
    """The young person's own mailbox is theirs alone: whoever reads the family's letters would come in as them."""
    links = active_links(session, patient.id, now)
    if any(link.relation == SELF and is_same_mailbox(person.email, email) for link, person in links):
        raise InvalidError("The young person signs in with this address.", {"email": "shared"})


def _check(phone: str, email: str) -> None:
    wrong: dict[str, str] = {}
    if phone and (len(phone) > LONGEST_MARK or not phone.isprintable() or not has_digits(phone)):
        wrong["phone"] = "invalid"
    if email and not is_address(email):
        wrong["email"] = "invalid"
    if wrong:
        raise InvalidError("Please check the telephone number and the e-mail address.", wrong)
