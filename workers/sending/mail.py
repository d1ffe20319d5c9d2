"""Letters: handed to a mail server by SMTP, or written as files where there is none."""

from __future__ import annotations

import hashlib
import hmac
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from econsult.settings import Settings
from econsult.values import LOOPBACK
from workers.runtime import Runtime
from workers.sending.cutting import PATIENCE, Patience, cut_after
from workers.sending.files import write_whole

READY = 220


class AddressRefusedError(Exception):
    """The mail server will never take a letter to this address."""


@dataclass(frozen=True)
class Post:
    """One letter. Its `name` is the same at each attempt, and no other letter has it."""

    name: str
    to: str
    subject: str
    text: str
    at: datetime


def post(runtime: Runtime, letter: Post, patience: Patience = PATIENCE) -> None:
    """Send it, or write it as a file. Raises AddressRefusedError, smtplib.SMTPException, OSError."""
    if runtime.settings.smtp_url:
        _send(runtime.settings, letter.to, message_of(runtime, letter), patience)
    else:
        name = letter.name.replace("/", "-")
        write_whole(runtime.settings.outbox, f"{name}.eml", bytes(message_of(runtime, letter)))


def message_of(runtime: Runtime, letter: Post) -> EmailMessage:
    """The letter. Its Message-ID is a keyed hash: the same at each attempt, and nothing can be read from it."""
    settings = runtime.settings
    digest = hmac.digest(runtime.secret_key.encode(), letter.name.encode(), hashlib.sha256).hex()[:32]
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
    message = EmailMessage()
    message["Message-ID"] = f"<{digest}@{domain}>"
    message["Date"] = format_datetime(letter.at)
    message["From"], message["To"], message["Subject"] = settings.mail_from, letter.to, letter.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


class _Server(smtplib.SMTP):
    """Knows its host before it is connected, so that the whole conversation, from the greeting on, can be cut."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(timeout=seconds)
        self._host = host


class _SealedServer(smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""

    def __init__(self, host: str, seconds: float, context: ssl.SSLContext) -> None:
        super().__init__(timeout=seconds, context=context)
        self._host = host


def _send(settings: Settings, to: str, message: EmailMessage, patience: Patience) -> None:
    """Hand it to the mail server, over TLS wherever the server is not on this machine."""
    parts = urlsplit(settings.smtp_url)
    host, context = parts.hostname or "", ssl.create_default_context()
    is_sealed = parts.scheme == "smtps"
    server = _SealedServer(host, patience.step, context) if is_sealed else _Server(host, patience.step)
    try:
        with cut_after(patience.whole, lambda: _line(server)):
            code, words = server.connect(host, parts.port or (465 if is_sealed else 25))
            if code != READY:
                raise smtplib.SMTPConnectError(code, words)
            server.ehlo_or_helo_if_needed()
            if not is_sealed and (host not in LOOPBACK or server.has_extn("starttls")):
                server.starttls(context=context)
            _log_in(server, parts)
            _hand_over(server, to, message)
            # The letter is theirs now: a server that says no good-bye has it all the same.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
    finally:
        server.close()


def _line(server: smtplib.SMTP) -> socket.socket | None:
    return server.sock


def _log_in(server: smtplib.SMTP, parts: SplitResult) -> None:
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))


def _hand_over(server: smtplib.SMTP, to: str, message: EmailMessage) -> None:
    """One letter to one address. What readers of addresses take for another one, or for two, is refused."""
    if parseaddr(to)[1] != to:
        raise AddressRefusedError
    try:
        server.send_message(message, to_addrs=[to])
    except smtplib.SMTPRecipientsRefused as refused:
        code, _words = refused.recipients.get(to, (550, b""))
        if 500 <= code < 600:
            raise AddressRefusedError from None
        raise
    except smtplib.SMTPDataError as refused:
        if 500 <= refused.smtp_code < 600:
            raise AddressRefusedError from None
        raise
    except (smtplib.SMTPNotSupportedError, UnicodeEncodeError):
        # The server takes no address with such letters, today or tomorrow.
        raise AddressRefusedError from None
