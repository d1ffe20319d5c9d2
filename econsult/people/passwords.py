"""Passwords, hashed with argon2id; two at a time at most, so that a flood of sign-ins cannot starve the pages.

A hash takes a processor for a tenth of a second. It is made in a thread that yields to those that answer pages.
"""

from __future__ import annotations

import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from econsult.errors import InvalidError

SHORTEST = 15
LONGEST = 256

_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_Made = TypeVar("_Made")
_AT_ONCE = 2
_YIELDING = 3
"""How much nicer the threads of the hashes are than the process: one that answers a page gets twice their share."""
# Checked where an address is unknown, so that the answer takes as long as for a known one.
_DECOY = "$argon2id$v=19$m=47104,t=1,p=1$d2hhdGV2ZXIgc2FsdA$6vGz6oYl0mY2kV8y8S0Ff0sO3Yt0jM1kYyq4m7V2J3A"


def hash_password(password: str) -> str:
    """The stored form. Raises InvalidError for a password shorter than 15 or longer than 256 characters."""
    text = _normal_form(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise InvalidError(f"A password has {SHORTEST} to {LONGEST} characters.", {"password": "length"})
    return _in_turn(lambda: _hasher.hash(text))


def is_password(stored: str | None, password: str) -> bool:
    """True when the password is right. A person without one costs the same time and is always wrong."""
    if len(password) > LONGEST:
        return False
    return _in_turn(lambda: _fits(stored or _DECOY, _normal_form(password))) and stored is not None


def _fits(stored: str, text: str) -> bool:
    try:
        return _hasher.verify(stored, text)
    except (VerificationError, InvalidHashError):
        return False


def _in_turn(make: Callable[[], _Made]) -> _Made:
    return _turns.threads.submit(make).result()


class _Turns:
    """The threads of this process that hash; a fork has none of those of the process that it came from."""

    def __init__(self) -> None:
        self.start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.start)

    def start(self) -> None:
        self.threads = ThreadPoolExecutor(_AT_ONCE, "hash", _yield_to_pages)


def _yield_to_pages() -> None:
    # On Linux a thread has a niceness of its own; elsewhere hashes are made like everything else.
    if sys.platform == "linux":
        with suppress(OSError):
            nice = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(19, nice + _YIELDING))


_turns = _Turns()


def _normal_form(password: str) -> str:
    return unicodedata.normalize("NFC", password)
