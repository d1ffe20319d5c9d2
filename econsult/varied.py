"""A secret that somebody typed: long enough, and nothing that a guesser tries."""

from __future__ import annotations

import re
from itertools import pairwise

from econsult.errors import SettingError
from econsult.values import PREFIX

SHORTEST_SECRET = 32
LEAST_VARIED = 5
_STOPGAP = re.compile("change.?me|default|example|insecure|passw|placeholder|secret", re.IGNORECASE)
"""What stands in a value that an example gave and nobody replaced; of random ones less than one in a million has it."""


def secret_key(name: str, text: str) -> str:
    """A secret that is long enough and looks as if it came from dice, or nothing."""
    if text and len(text) < SHORTEST_SECRET:
        raise SettingError(f"{PREFIX}{name} must have at least {SHORTEST_SECRET} characters.")
    if _STOPGAP.search(text):
        raise SettingError(
            f"{PREFIX}{name} is the stopgap of an example: "
            "take 32 random bytes, as `openssl rand -base64 32` prints them, or leave it empty."
        )
    if text and not _is_varied(text):
        raise SettingError(
            f"{PREFIX}{name} is one sign, a row or a piece again and again, which anybody guesses: "
            "take 32 random bytes, as `openssl rand -base64 32` prints them, or leave it empty."
        )
    return text


def _is_varied(text: str) -> bool:
    """Whether a text has at least five different signs, and steps from sign to sign, and is no piece repeated.

    Eight signs were asked for once: of 10,000 random secrets of 40 decimal digits one has seven or fewer. Four or fewer
    has less than one in 10^13, and fewer of those of hex digits. "abcdefgh…" has a single step.
    """
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(set(text)) >= LEAST_VARIED and len(steps) >= LEAST_VARIED and (text + text).find(text, 1) == len(text)
