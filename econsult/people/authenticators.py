"""To whom passkeys belong, and what is known of one; what authenticators say is read by `ceremonies`."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit


class OddAnswerError(Exception):
    """The answer is not one of an authenticator to what was asked here."""


@dataclass(frozen=True)
class Site:
    """To whom passkeys belong: the host, the one origin that may use them, and the name that a browser shows."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True)
class NewKey:
    """A passkey that an authenticator has made."""

    credential_id: str
    public_key: bytes
    sign_count: int


@dataclass(frozen=True)
class Claim:
    """Whose passkey an answer says that it is of, and to which question; nothing of it is proven yet."""

    credential_id: str
    challenge: bytes
    user_handle: bytes | None


def site_of(base_url: str, name: str) -> Site | None:
    """The site at this address; None where browsers have no passkeys, which is where the host is a number."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        usual = {"https": 443, "http": 80}.get(parts.scheme)
        port = "" if parts.port in (None, usual) else f":{parts.port}"
        return Site(host, f"{parts.scheme}://{host}{port}", name)
    return None
