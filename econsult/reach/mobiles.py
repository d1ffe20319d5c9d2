"""A person's number for text messages: taken in, confirmed by a code that is sent to it, stopped, taken away.

Nothing but the code goes to a number that has not been confirmed. A code is made from the installation's secret and
from what is random in the row, so that the database holds neither it nor anything it could be guessed from.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, delete, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.belonging import in_program, program_of
from econsult.database import NO_KEY, Base, Instant, Sealed, SealedJson, TextCipher, changed_rows
from econsult.errors import InvalidError, TooManyTriesError
from econsult.jobs import JobKind, Lane, add_job
from econsult.notices import NoticeKind, notify
from econsult.people.patients import RelatedPerson
from econsult.people.persons import Person, Program
from econsult.people.told_more import tell_more
from econsult.reach.numbers import international

MOBILE, STOPPED = "mobile.number", "stopped_number.number"
LIVES = timedelta(minutes=10)
TRIES = 5
"""So many wrong codes, then another must be sent."""
CODES, CODES_WITHIN = 5, timedelta(hours=24)
"""So many codes are sent for one person in a day: nobody's telephone is made to ring all night."""
FORMER = 50
"""So many of the numbers that were there before are remembered, the last ones."""


class Mobile(Base):
    """One number of one person. It is used once `confirmed_at` is set, unless the number has said stop.

    A number that was taken away leaves an empty row, which still counts the codes of the day. `former` has the numbers
    that were there before: old photos and texts still say them.
    """

    __tablename__ = "mobile"
    __table_args__ = in_program("mobile", person_id="person", added_by_id="person")

    program_id: Mapped[int | None] = program_of("person")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    number: Mapped[str] = mapped_column(Sealed(MOBILE))
    number_index: Mapped[str] = mapped_column(String(100), index=True)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    nonce: Mapped[str] = mapped_column(String(32))
    code_expires_at: Mapped[datetime] = mapped_column(Instant)
    code_tries: Mapped[int] = mapped_column(default=0)
    codes_sent: Mapped[int] = mapped_column(default=0)
    codes_since: Mapped[datetime] = mapped_column(Instant)
    is_refused: Mapped[bool] = mapped_column(default=False)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    former: Mapped[dict[str, Any] | None] = mapped_column(SealedJson("mobile.former"))


class StoppedNumber(Base):
    """A number from which somebody wrote STOP. Nothing is sent there, whoever's it is, until START comes from it."""

    __tablename__ = "stopped_number"

    number: Mapped[str] = mapped_column(Sealed(STOPPED))
    number_index: Mapped[str] = mapped_column(String(100), unique=True)
    at: Mapped[datetime] = mapped_column(Instant)


class Proof(StrEnum):
    """What became of a code that somebody typed."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


def mobile_of(session: Session, person: Person) -> Mobile | None:
    """The person's number, confirmed or not."""
    mobile = session.scalars(select(Mobile).where(Mobile.person_id == person.id)).one_or_none()
    return mobile if mobile is not None and mobile.number else None


def usable_number(session: Session, cipher: TextCipher, person: Person) -> str | None:
    """Where text messages to this person go; None where nothing may be sent."""
    mobile = mobile_of(session, person)
    is_confirmed = mobile is not None and mobile.confirmed_at is not None
    return mobile.number if mobile and is_confirmed and not is_stopped(session, cipher, mobile.number) else None


def is_stopped(session: Session, cipher: TextCipher, number: str) -> bool:
    """Whether this number said stop."""
    indexes = cipher.blind_indexes(number, STOPPED)
    return bool(session.scalar(select(exists().where(StoppedNumber.number_index.in_(indexes)))))


def set_mobile(
    session: Session,
    cipher: TextCipher,
    person: Person,
    text: str,
    *,
    by: Person,
    countries: Collection[str],
    now: datetime,
) -> Mobile:
    """Take a number in and send a code to it; one that is confirmed already stays as it is.

    Raises InvalidError for the field `number`, TooManyTriesError where too many codes were sent today.
    """
    number = international(text, countries)
    if is_stopped(session, cipher, number):
        raise InvalidError("This number said stop.", {"number": "stopped"})
    # Two browsers of one person come one after the other.
    session.get_one(Person, person.id, with_for_update=NO_KEY)
    mobile = _locked(session, person)
    if mobile is not None and mobile.confirmed_at is not None and mobile.number == number:
        return mobile
    if mobile is None:
        mobile = Mobile(person_id=person.id, codes_sent=0, codes_since=now, created_at=now)
        session.add(mobile)
    elif mobile.confirmed_at is not None:
        _tell_of_change(session, person, now)
    _keep_former(mobile, number)
    mobile.number, mobile.number_index = number, cipher.blind_index(number, MOBILE)
    mobile.confirmed_at, mobile.added_by_id = None, by.id
    _renew_code(session, mobile, now)
    _note(session, "set_mobile", person, by, now)
    for patient_id in session.scalars(select(RelatedPerson.patient_id).where(RelatedPerson.person_id == person.id)):
        tell_more(session, patient_id, now)
    return mobile


def send_again(session: Session, person: Person, *, now: datetime) -> bool:
    """Another code to the number that waits for one; False where none does. Raises TooManyTriesError."""
    mobile = _locked(session, person)
    if mobile is None or not mobile.number or mobile.confirmed_at is not None:
        return False
    _renew_code(session, mobile, now)
    return True


def confirm(session: Session, person: Person, given: str, secret_key: str, *, by: Person, now: datetime) -> Proof:
    """Weigh a code; every wrong one counts, and the caller must let it be written."""
    mobile = _locked(session, person)
    if mobile is None or not is_code_live(mobile, now):
        return Proof.OVER
    mobile.code_tries += 1
    digits = "".join(sign for sign in given if sign.isascii() and sign.isdigit())
    if not hmac.compare_digest(digits, code_of(mobile, secret_key)):
        return Proof.WRONG if mobile.code_tries < TRIES else Proof.OVER
    mobile.confirmed_at = now
    _note(session, "confirm_mobile", person, by, now)
    _tell_of_change(session, person, now)
    return Proof.RIGHT


def is_code_live(mobile: Mobile, now: datetime) -> bool:
    """Whether the last code may still be typed."""
    waits = bool(mobile.number) and mobile.confirmed_at is None
    return waits and mobile.code_expires_at > now and mobile.code_tries < TRIES


def code_of(mobile: Mobile, secret_key: str) -> str:
    """The six digits."""
    made = hmac.digest(secret_key.encode(), f"mobile code:{mobile.id}:{mobile.nonce}".encode(), "sha256")
    return f"{int.from_bytes(made[:8], 'big') % 1_000_000:06d}"


def remove_mobile(session: Session, cipher: TextCipher, person: Person, *, by: Person, now: datetime) -> bool:
    """Forget the number; False where there is none. What the person wished for stays for the next one."""
    mobile = _locked(session, person)
    if mobile is None or not mobile.number:
        return False
    if mobile.confirmed_at is not None:
        _tell_of_change(session, person, now)
    _keep_former(mobile, "")
    mobile.number, mobile.number_index, mobile.confirmed_at = "", cipher.blind_index("", MOBILE), None
    _note(session, "remove_mobile", person, by, now)
    return True


def stop_number(session: Session, cipher: TextCipher, number: str, now: datetime) -> int:
    """Send nothing more to this number; returns how many people had it. A second time changes nothing."""
    # A gateway may say the same twice at once: one comes after the other.
    session.execute(select(Program.id).order_by(Program.id).limit(1).with_for_update(key_share=True))
    if not is_stopped(session, cipher, number):
        session.add(StoppedNumber(number=number, number_index=cipher.blind_index(number, STOPPED), at=now))
    return _note_owners(session, cipher, number, "stop_texts", now)


def resume_number(session: Session, cipher: TextCipher, number: str, now: datetime) -> int:
    """Somebody wrote START from it: what was confirmed is used again. Returns how many people have it."""
    indexes = cipher.blind_indexes(number, STOPPED)
    changed_rows(session.execute(delete(StoppedNumber).where(StoppedNumber.number_index.in_(indexes))))
    return _note_owners(session, cipher, number, "resume_texts", now)


def _note_owners(session: Session, cipher: TextCipher, number: str, action: str, now: datetime) -> int:
    owned = Mobile.number_index.in_(cipher.blind_indexes(number, MOBILE))
    people = session.scalars(select(Person).join(Mobile, Mobile.person_id == Person.id).where(owned)).all()
    for person in people:
        _note(session, action, person, person, now)
    return len(people)


def _locked(session: Session, person: Person) -> Mobile | None:
    query = select(Mobile).where(Mobile.person_id == person.id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _keep_former(mobile: Mobile, next_one: str) -> None:
    """Remember the number that is about to go: where it was written down it still tells who the family is."""
    if mobile.number and mobile.number != next_one:
        before = [each for each in numbers_before(mobile) if each != mobile.number]
        mobile.former = {"numbers": [*before, mobile.number][-FORMER:]}


def numbers_before(mobile: Mobile) -> list[str]:
    """The numbers that were there before the present one, the oldest first."""
    return list((mobile.former or {}).get("numbers", ()))


def _renew_code(session: Session, mobile: Mobile, now: datetime) -> None:
    if mobile.codes_since <= now - CODES_WITHIN:
        mobile.codes_sent, mobile.codes_since = 0, now
    if mobile.codes_sent >= CODES:
        raise TooManyTriesError
    mobile.nonce, mobile.code_expires_at = secrets.token_hex(16), now + LIVES
    mobile.code_tries, mobile.is_refused, mobile.codes_sent = 0, False, mobile.codes_sent + 1
    session.flush()
    add_job(session, JobKind.CODE, mobile.id, lane=Lane.FAST, dedupe_key=f"code:{mobile.nonce}", now=now)


def _tell_of_change(session: Session, person: Person, now: datetime) -> None:
    notify(session, person, NoticeKind.CONTACT_CHANGED, consult_id=None, about=now.isoformat(), now=now)


def _note(session: Session, action: str, person: Person, by: Person, now: datetime) -> None:
    audit.record(session, action, "person", person.public_id, now=now, person_id=by.id, program_id=person.program_id)
