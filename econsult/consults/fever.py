"""Whether a request tells of a fever, in whichever of its coded fields and however it is spelled.

In a child of a few weeks a fever is an emergency, so what may be one counts as one: a clinician can say otherwise by an
attestation. Free texts are left out: a person reads them, and finding nothing in them would only reassure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from econsult.consults.details import FREE_TEXTS, LONGEST_CODE, spaced

_FEVER = re.compile(r"^(?!apyr|apir).*(?:fever|fiebre|calentura|pyrex|pirex|hyperpyr|hypertherm|hiperterm)|^febri")
_NO_FEVER = re.compile(r"^(?:afebr|apyre|apire)")
_TEMPERATURE = re.compile(r"^(?:temp|tmax|t|temperat\w*)$")
_HIGH = frozenset(("high", "hot", "elevated", "raised", "alta", "elevada", "caliente"))
_NO = frozenset(("no", "not", "non", "without", "sin", "denies", "denied", "niega", "nunca", "never", "none", "hay"))
"""Before the word; `hay fever` is none either."""
_NO_AFTER = frozenset(("no", "not", "none", "absent", "ausente", "negative", "negativo", "negativa", "denied", "false"))
_BETWEEN = frozenset(("any", "known", "a", "of", "de", "history", "tiene", "has", "current", "recent"))
_IS_NO = _NO_AFTER | {"", "n", "0", "never", "nunca", "ninguna", "ninguno", "denies", "niega", "not present"}
_LABELS = frozenset(("name", "code", "display", "text", "type", "id", "linkid", "question", "label"))
_WHEN = frozenset(("at", "date", "time", "when", "hora", "fecha", "on"))
_NUMBER = re.compile(r"(?<![\d:./\-T])\d{2,3}(?:[.,_]\d{1,2})?(?![\d:/\-])")
_HOT, _MEASURED = ((38.0, 46.0), (100.4, 115.0)), ((30.0, 46.0), (86.0, 115.0))
"""From the least that is a fever, or that a thermometer tells, to what no child has, in Celsius and in Fahrenheit."""


def tells_fever(details: Mapping[str, Any]) -> bool:
    """Whether a sign, an answer or a measurement among these details is a fever, or may be one."""
    return any(_is_fever(name, value) for name, value in details.items() if name not in FREE_TEXTS)


def _is_fever(name: str, value: Any) -> bool:
    """Whether a value under this name is one; names of groups stand before those of their parts."""
    if isinstance(value, Mapping):
        labels, parts = _parted(value)
        return any(_is_fever(f"{name} {labels} {part}", entry) for part, entry in parts.items())
    if isinstance(value, list):
        return any(_is_fever(name, entry) for entry in value)
    words = _words(name)
    if any(map(_NO_FEVER.match, words)):
        return not value or _text(value) in _IS_NO
    if _names_fever(words):
        return _is_yes(value)
    if _is_hot(words, value):
        return True
    return isinstance(value, str) and len(value) <= LONGEST_CODE and _says(_words(value))


def _parted(group: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """What names a group, and its other parts: `{"code": "fever", "value": false}`. A name alone is what it says."""
    labels = {part: text for part, text in group.items() if part.casefold() in _LABELS and isinstance(text, str)}
    others = {part: entry for part, entry in group.items() if part not in labels}
    return (" ".join(labels.values()), others) if others else ("", group)


def _words(text: str) -> list[str]:
    letters = unicodedata.normalize("NFKD", spaced(text))
    plain = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return re.findall(r"[^\W_]+", plain.casefold())


def _text(value: Any) -> str:
    return " ".join(_words(str(value)))


def _says(words: list[str]) -> bool:
    return _names_fever(words) or _is_hot(words, " ".join(words))


def _names_fever(words: list[str]) -> bool:
    return any(_FEVER.match(word) and not _is_denied(words, at) for at, word in enumerate(words))


def _is_denied(words: list[str], at: int) -> bool:
    """`no fever`, `denies any fever`, `fever: no`. A no of something else denies nothing."""
    before = [word for word in words[:at] if word not in _BETWEEN]
    if before and before[-1] in _NO:
        return True
    return words[at + 1 :] != [] and set(words[at + 1 :]) <= _NO_AFTER


def _is_yes(value: Any) -> bool:
    """Whether an answer to "fever?" is anything but a plain no, or a temperature that is none."""
    if isinstance(value, str):
        words = _words(value)
        if any(map(_FEVER.match, words)):
            return _names_fever(words)
        if any(map(_NO_FEVER.match, words)) or " ".join(words) in _IS_NO:
            return False
    if not isinstance(value, bool) and (told := _numbers(value)) and all(_is_in(number, _MEASURED) for number in told):
        return any(_is_in(number, _HOT) for number in told)
    return bool(value)


def _is_hot(words: list[str], value: Any) -> bool:
    """Whether a temperature of 38 degrees Celsius, or 100.4 Fahrenheit, or more was told, or a high one."""
    if not any(map(_TEMPERATURE.match, words)) or _WHEN.intersection(words) or isinstance(value, bool):
        return False
    if any(_is_in(number, _HOT) for number in _numbers(value)):
        return True
    told = {*words, *(_words(value) if isinstance(value, str) else ())}
    return not told.isdisjoint(_HIGH) and told.isdisjoint(_NO)


def _numbers(value: Any) -> list[float]:
    told = _NUMBER.findall(str(value)) if isinstance(value, str | int | float) else ()
    return [float(re.sub("[,_]", ".", number)) for number in told]


def _is_in(number: float, ranges: tuple[tuple[float, float], ...]) -> bool:
    return any(low <= number < high for low, high in ranges)
