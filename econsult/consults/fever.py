"""Whether a request tells of a fever, in whichever of its coded fields and however it is spelled.

In a child of a few weeks a fever is an emergency, so what may be one counts as one: a clinician can say otherwise by an
attestation. Free texts are left out: a person reads them, and finding nothing in them would only reassure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

FREE_TEXTS = frozenset(("story", "thinks", "tried", "background", "family_question"))
_LONGEST_CODE = 64
_FEVERS = ("fever", "febri", "fiebre", "calentura", "pyrex", "hyperpyr", "hypertherm", "hiperterm", "destemplad")
_TEMPERATURES = ("temp", "temperature", "temperatura", "tmax")
_NO = frozenset(
    ("no", "not", "non", "without", "sin", "denies", "denied", "niega", "nunca", "never", "none", "ninguna")
)
_NO_AFTER = frozenset(("no", "not", "none", "absent", "ausente", "negative", "negativo", "negativa", "denied", "false"))
_BETWEEN = frozenset(("any", "known", "a", "of", "de", "history", "tiene", "has", "current", "recent"))
_IS_NO = frozenset(("", "no", "n", "none", "false", "never", "absent", "negative", "nunca", "ninguna", "ninguno", "0"))
_NUMBER = re.compile(r"\d{2,3}(?:[.,_]\d{1,2})?")
_HOT = ((38.0, 46.0), (100.4, 115.0))
"""From the least that is a fever to what no child has, in Celsius and in Fahrenheit."""


def tells_fever(details: Mapping[str, Any]) -> bool:
    """Whether a sign, an answer or a measurement among these details is a fever, or may be one."""
    return any(_is_fever(name, value) for name, value in details.items() if name not in FREE_TEXTS)


def _is_fever(name: str, value: Any) -> bool:
    if isinstance(value, Mapping):
        # The name of a group stands before those of its parts: {"fever": {"present": true}}.
        return any(_is_fever(f"{name} {part}", entry) for part, entry in value.items())
    if isinstance(value, list):
        return any(_is_fever(name, entry) for entry in value)
    words = _words(name)
    if _names_fever(words):
        return _is_yes(value)
    return _is_hot(words, value) or (isinstance(value, str) and len(value) <= _LONGEST_CODE and _says(_words(value)))


def _words(text: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", parted) if not unicodedata.combining(sign))
    return re.findall(r"[^\W_]+", plain.casefold())


def _says(words: list[str]) -> bool:
    return _names_fever(words) or _is_hot(words, " ".join(words))


def _names_fever(words: list[str]) -> bool:
    return any(word.startswith(_FEVERS) and not _is_denied(words, at) for at, word in enumerate(words))


def _is_denied(words: list[str], at: int) -> bool:
    """`no fever`, `denies any fever`, `fever: no`; and hay fever is none. A no of something else denies nothing."""
    before = [word for word in words[:at] if word not in _BETWEEN]
    if before and before[-1] in {*_NO, "hay"}:
        return True
    return words[at + 1 :] != [] and set(words[at + 1 :]) <= _NO_AFTER


def _is_yes(value: Any) -> bool:
    if isinstance(value, str):
        words = _words(value)
        return " ".join(words) not in _IS_NO and not (len(words) > 1 and words[0] in _NO and not _names_fever(words))
    return bool(value)


def _is_hot(words: list[str], value: Any) -> bool:
    """Whether a temperature of 38 degrees Celsius, or 100.4 Fahrenheit, or more was measured."""
    if not any(word in _TEMPERATURES or word.startswith("temperat") for word in words) or isinstance(value, bool):
        return False
    told = _NUMBER.findall(str(value)) if isinstance(value, str | int | float) else ()
    return any(low <= float(re.sub("[,_]", ".", number)) < high for number in told for low, high in _HOT)
