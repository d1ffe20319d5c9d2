"""The job READ_CODE: sends the code by which a family without an account reads an answer to the contact on file.

Only here is it found out whether there is one: whoever asked learns nothing of that, neither by words nor by time.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy.orm import Session

from econsult.consults.by_code import ReadingCode, code_of
from econsult.errors import InvalidError
from econsult.jobs import Lease
from econsult.people.invitations import live_invitation
from econsult.people.onfile import Way, contact_on_file
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role
from econsult.reach.mobiles import is_stopped, stop_number
from econsult.reach.numbers import international
from econsult.reach.short import reading_code_letter, reading_code_text
from workers.desk import Desk
from workers.runtime import Runtime
from workers.sending.gateway import GatewayRefusedError, NumberStoppedError, Sms, send_sms
from workers.sending.mail import AddressRefusedError, Post, post


def send_reading_code(desk: Desk, lease: Lease) -> None:
    """Send it where it can still be typed, and end the job. Raises what the gateway or the mail server raises."""
    runtime = desk.runtime
    with runtime.database.reading() as session:
        code = session.get_one(ReadingCode, lease.subject_id)
        patient = session.get_one(Patient, code.patient_id)
        where = _where(session, runtime, code, patient, desk) if _may_read(session, code, desk) else ""
    stopped = _send(runtime, code, where, patient.language) if where and code.is_live(desk.now()) else ""
    with desk.finishing(lease) as session:
        if stopped:
            stop_number(session, runtime.database.cipher, stopped, desk.now())


def _may_read(session: Session, code: ReadingCode, desk: Desk) -> bool:
    """Whether whoever asked may still read: the invitation of a device may have ended meanwhile."""
    person = session.get_one(Person, code.person_id)
    is_let_in = person.role != Role.INVITED or live_invitation(session, person, desk.now()) is not None
    return person.is_active and is_let_in


def _where(session: Session, runtime: Runtime, code: ReadingCode, patient: Patient, desk: Desk) -> str:
    """The address or number; empty where none is on file, or where nothing may be sent there."""
    where = contact_on_file(session, patient, Way(code.way), desk.now())
    if not where or code.way == Way.EMAIL:
        return where
    try:
        number = international(where, runtime.settings.sms_countries)
    except InvalidError:
        return ""
    return "" if is_stopped(session, runtime.database.cipher, number) else number


def _send(runtime: Runtime, code: ReadingCode, where: str, language: str) -> str:
    """Hand it over; what is refused for good is not tried again. Returns a number that turns out to have said stop."""
    digits = code_of(code, runtime.secret_key)
    try:
        if code.way == Way.SMS:
            key = hmac.digest(runtime.secret_key.encode(), f"read:{code.nonce}".encode(), hashlib.sha256).hex()[:32]
            send_sms(runtime.settings, Sms(key, where, reading_code_text(digits, language)))
        else:
            subject, text = reading_code_letter(digits, language)
            post(runtime, Post(f"read/{code.id}", where, subject, text, code.created_at))
    except AddressRefusedError:
        return ""
    except GatewayRefusedError as refused:
        return where if isinstance(refused, NumberStoppedError) else ""
    return ""
