"""What a child, a caregiver or somebody of the staff may be called: any letters of any script, in one line."""

from __future__ import annotations

from typing import Final

from econsult.errors import InvalidError

LONGEST_NAME: Final = 120


def is_name(text: str) -> bool:
    """Whether this can be somebody's name as it stands."""
    return 1 <= len(text) <= LONGEST_NAME and text.isprintable()


def check_name(text: str) -> None:
    """Raise InvalidError for what cannot be somebody's name."""
    if not is_name(text):
        raise InvalidError(f"A name has 1 to {LONGEST_NAME} letters.", {"name": "invalid"})
