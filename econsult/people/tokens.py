"""How tokens of browsers and programs are stored: as hashes, of which nobody can make the token."""

from __future__ import annotations

import hashlib


def hashed(token: str) -> str:
    """SHA-256 is enough for a random token of 256 bits."""
    return hashlib.sha256(token.encode()).hexdigest()
