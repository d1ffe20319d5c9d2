"""The job CODE: sends the code by which somebody shows that a number for text messages is theirs."""

from __future__ import annotations

import hashlib
import hmac

from econsult.jobs import Lease
from econsult.people.persons import Person
from econsult.reach.mobiles import Mobile, code_of, is_code_live, stop_number
from econsult.reach.short import code_text
from workers.desk import Desk
from workers.sending.gateway import GatewayRefusedError, NumberStoppedError, Sms, send_sms


def send_code(desk: Desk, lease: Lease) -> None:
    """Send it while it can still be typed, and end the job. Raises GatewayBusyError, OSError, LeaseLostError."""
    runtime = desk.runtime
    with runtime.database.reading() as session:
        mobile = session.get_one(Mobile, lease.subject_id)
        person = session.get_one(Person, mobile.person_id)
    is_stopped = is_refused = False
    if person.is_active and is_code_live(mobile, desk.now()):
        key = hmac.digest(runtime.secret_key.encode(), f"code:{mobile.nonce}".encode(), hashlib.sha256).hex()[:32]
        text = code_text(code_of(mobile, runtime.secret_key), person.language)
        try:
            send_sms(runtime.settings, Sms(key, mobile.number, text))
        except GatewayRefusedError as refused:
            is_refused, is_stopped = True, isinstance(refused, NumberStoppedError)
    with desk.finishing(lease) as session:
        known = session.get_one(Mobile, mobile.id)
        # Another number may have been typed meanwhile.
        if is_refused and known.nonce == mobile.nonce:
            known.is_refused = True
        if is_stopped:
            stop_number(session, runtime.database.cipher, mobile.number, desk.now())
