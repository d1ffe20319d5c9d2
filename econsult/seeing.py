"""Whether anything can be seen of a text: signs without a shape are no words, and nobody signs or sends them alone."""

from __future__ import annotations

import unicodedata

UNSEEN = frozenset(("Cf", "Cc", "Cs", "Co", "Cn"))
"""The categories of format and control signs, and of what is no letter at all."""
BLANKS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs that are drawn as nothing."""


def is_seen(text: str) -> bool:
    """Whether the text holds at least one sign that can be seen."""
    return any(
        not letter.isspace() and letter not in BLANKS and unicodedata.category(letter) not in UNSEEN for letter in text
    )


def seen_part(text: str) -> str:
    """The text without the spaces around it; empty where nothing of it can be seen."""
    return text.strip() if is_seen(text) else ""
