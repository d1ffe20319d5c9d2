"""Who telephoned what staff wrote down, for the pages of those who may know the child."""

from __future__ import annotations

from econsult.access import Pass
from econsult.consults.details import caller_of
from econsult.rights import Right


def caller_words(loaded: Pass) -> str:
    """Name and number; empty where nobody telephoned, and for who may not know whose child it is."""
    told = caller_of(loaded.consult.details)
    if not told["who"] or not loaded.may(Right.SEE_IDENTITY):
        return ""
    return ", ".join(filter(None, (told["name"], told["phone"])))
