"""Codes of an authenticator app (RFC 6238: six digits, a new one every 30 seconds, SHA-1 as every app has it)."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

STEP_SECONDS = 30
DIGITS = 6
WINDOW = 1
"""How many steps the clock of a phone may be ahead or behind."""


def new_secret() -> str:
    """A random secret of 160 bits, in the letters and digits (base32) that apps take."""
    return pyotp.random_base32()


def app_address(secret: str, account: str, issuer: str) -> str:
    """What the picture for the app says: the secret, and the names under which the app shows its codes."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def in_fours(secret: str) -> str:
    """The secret as people type it, in groups of four."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def step_of(moment: datetime) -> int:
    """The number of the half minute in which this moment lies, counted from 1970."""
    return int(moment.timestamp()) // STEP_SECONDS


def matching_step(secret: str, given: str, now: datetime) -> int | None:
    """The step whose code this is, within the window around `now`; None for any other text.

    Every step of the window is compared, so that the time it takes tells nothing.
    """
    code = "".join(given.split()).replace("-", "")
    if not (len(code) == DIGITS and code.isascii() and code.isdigit()):
        return None
    made, middle = pyotp.TOTP(secret), step_of(now)
    steps = range(middle - WINDOW, middle + WINDOW + 1)
    fitting = [step for step in steps if hmac.compare_digest(made.generate_otp(step), code)]
    return max(fitting, default=None)
