"""Passwords, hashed with argon2id; two at a time at most, so that a flood of sign-ins cannot starve the pages."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from econsult.errors import InvalidError

SHORTEST = 15
LONGEST = 256

_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_at_once = threading.BoundedSemaphore(2)
# Checked where an address is unknown, so that the answer takes as long as for a known one.
_DECOY = "$argon2id$v=19$m=47104,t=1,p=1$d2hhdGV2ZXIgc2FsdA$6vGz6oYl0mY2kV8y8S0Ff0sO3Yt0jM1kYyq4m7V2J3A"


def hash_password(password: str) -> str:
    """The stored form. Raises InvalidError for a password shorter than 15 or longer than 256 characters."""
    text = _normal_form(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise InvalidError(f"A password has {SHORTEST} to {LONGEST} characters.", {"password": "length"})
    with _at_once:
        return _hasher.hash(text)


def is_password(stored: str | None, password: str) -> bool:
    """True when the password is right. A person without one costs the same time and is always wrong."""
    if len(password) > LONGEST:
        return False
    with _at_once:
        try:
            return _hasher.verify(stored or _DECOY, _normal_form(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def _normal_form(password: str) -> str:
    return unicodedata.normalize("NFC", password)
