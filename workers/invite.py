"""The job INVITE: sends an invitation to the address that the clinic gave, while it still waits to be opened."""

from __future__ import annotations

from econsult.jobs import Lease
from econsult.people.invitations import OPEN_PATH, Invitation, invitation_letter, token_of
from workers.desk import Desk
from workers.sending.mail import Post, post


def send_invitation(desk: Desk, lease: Lease) -> None:
    """Send the letter and end the job. Raises smtplib.SMTPException, OSError, LeaseLostError."""
    runtime = desk.runtime
    with runtime.database.reading() as session:
        invitation = session.get_one(Invitation, lease.subject_id)
    token = token_of(invitation, runtime.secret_key) if invitation.is_live(desk.now()) else None
    if token is not None:
        subject, text = invitation_letter(invitation, f"{runtime.settings.base_url}{OPEN_PATH}{token}")
        post(runtime, Post(f"invitation/{invitation.id}", invitation.sent_to, subject, text, invitation.created_at))
    with desk.finishing(lease):
        pass
