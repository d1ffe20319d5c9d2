"""What somebody means who answers a text message: stop, start, or something that is not for us."""

from __future__ import annotations

import unicodedata
from enum import StrEnum


class Answered(StrEnum):
    STOP = "stop"
    START = "start"
    OTHER = "other"


IN_ENGLISH = {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"}
IN_SPANISH = {"alto", "baja", "cancelar", "parar", "pare", "basta", "fin", "terminar", "no mas"}
STOPS = frozenset(IN_ENGLISH | IN_SPANISH)
STARTS = frozenset({"start", "unstop", "alta", "iniciar", "inicio", "comenzar"})


def read_answer(text: str) -> Answered:
    """The whole message must be one of the words, whatever its capitals, accents and full stops."""
    parts = unicodedata.normalize("NFKD", text[:200]).casefold()
    letters = (sign for sign in parts if not unicodedata.combining(sign))
    plain = " ".join("".join(sign if sign.isalnum() else " " for sign in letters).split())
    if plain in STOPS:
        return Answered.STOP
    return Answered.START if plain in STARTS else Answered.OTHER
