"""The job INVITE: sends an invitation to the address or number that the clinic gave, while it still waits."""

from __future__ import annotations

import hashlib
import hmac

from econsult.jobs import Lease
from econsult.people.invitations import OPEN_PATH, Invitation, invitation_letter, still_works, token_of
from econsult.reach.mobiles import is_stopped, stop_number
from econsult.reach.short import invitation_text
from workers.desk import Desk
from workers.runtime import Runtime
from workers.sending.gateway import GatewayRefusedError, NumberStoppedError, Sms, send_sms
from workers.sending.mail import AddressRefusedError, Post, post


def send_invitation(desk: Desk, lease: Lease) -> None:
    """Send it and end the job. Raises what the gateway or the mail server raises, OSError, LeaseLostError.

    What can never be delivered there is noted, so that the clinic prints the sheet or asks for another number.
    """
    runtime = desk.runtime
    with runtime.database.reading() as session:
        invitation = session.get_one(Invitation, lease.subject_id)
        works = still_works(session, invitation, desk.now())
        is_mute = invitation.is_texted and is_stopped(session, runtime.database.cipher, invitation.sent_to)
    token = token_of(invitation, runtime.secret_key) if works else None
    is_refused, says_stop = is_mute, False
    if token is not None and not is_mute:
        try:
            _send(runtime, invitation, f"{runtime.settings.base_url}{OPEN_PATH}{token}")
        except (AddressRefusedError, GatewayRefusedError) as refused:
            is_refused, says_stop = True, isinstance(refused, NumberStoppedError)
    with desk.finishing(lease) as session:
        if is_refused:
            session.get_one(Invitation, lease.subject_id).refused_at = desk.now()
        if says_stop:
            stop_number(session, runtime.database.cipher, invitation.sent_to, desk.now())


def _send(runtime: Runtime, invitation: Invitation, link: str) -> None:
    if invitation.is_texted:
        # The gateway sends it once, however often it is handed over.
        key = hmac.digest(runtime.secret_key.encode(), f"invite:{invitation.nonce}".encode(), hashlib.sha256)
        text = invitation_text(link, invitation.language)
        send_sms(runtime.settings, Sms(key.hex()[:32], invitation.sent_to, text))
        return
    subject, text = invitation_letter(invitation, link)
    post(runtime, Post(f"invitation/{invitation.id}", invitation.sent_to, subject, text, invitation.created_at))
