"""Whether a request tells of a fever, in whichever of its coded fields and however it is spelled.

In a child of a few weeks a fever is an emergency, so whatever names one counts as one, unless it is said plainly that
there is none: a clinician can say otherwise by an attestation, and nobody can call a baby back. Only the plain no is a
list, and it is short; what it does not know is a doubt. Free texts are left out: a person reads them, and finding
nothing in them would only reassure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from econsult.consults.degrees import degrees_in, is_hot
from econsult.consults.details import FREE_TEXTS, LONGEST_CODE, spaced

_FEVER = re.compile(r"(?!apyr|apir|afebr).*(?:fever|fiebre|calentura|pyrex|pirex|hyperpyr|hyperther|hiperter)|febri")
_NO_FEVER = re.compile(r"afebr|apyre|apire")
_TEMPERATURE = re.compile(r"(?:temp[a-z]?|temperat\w*|tmax|trect|t)\d*$")
_HIGH = frozenset(("high", "hot", "elevated", "raised", "alta", "elevada", "caliente"))
_NO = frozenset((
    "no", "not", "non", "without", "sin", "denies", "denied", "deny", "niega", "nunca", "never", "none", "negative",
    "negatives", "negativo", "negativa", "absent", "ausente", "nil", "false",
))  # fmt: skip
_NO_AFTER = frozenset((
    "no", "not", "none", "absent", "ausente", "negative", "negativo", "negativa", "denied", "false", "nil", "free",
))  # fmt: skip
_BETWEEN = frozenset(("any", "known", "a", "of", "de", "history", "tiene", "has", "current", "recent", "signs", "or"))
_FILLING = frozenset((
    "any", "known", "reported", "noted", "has", "had", "tiene", "ha", "tenido", "present", "presente", "fever",
    "fiebre",
))  # fmt: skip
_PLAIN_NO = _NO | {"n", "0", "ninguna", "ninguno", "refuted"}
_YES = frozenset(("yes", "y", "si", "s", "1", "true", "present", "positive", "positivo", "positiva", "presente"))
_LABELS = frozenset((
    "name", "code", "coding", "display", "text", "type", "id", "linkid", "question", "label", "system",
))  # fmt: skip
LONGEST_LABEL = 200
_ANSWERS = ("present", "presence", "value", "answer", "has", "is", "result")
"""How the part of a group begins that says yes or no."""
_TERMINOLOGIES = {
    "temperature": re.compile(r"(?<!\d)(?:8310-5|8328-7|8331-1|8332-9|8333-7|8329-5|386725007|276885007)(?!\d)"),
    "fever": re.compile(r"(?<!\d)(?:386661006|271897009|(?i:r50(?:\.\d+)?|p81\.9))(?!\d)"),
}
"""LOINC, SNOMED CT and ICD-10 codes of a body temperature and of a fever."""


class Said(IntEnum):
    """What a part says of a fever; the greatest of several parts counts."""

    NOTHING = 0
    NO = 1
    DOUBT = 2
    YES = 3


def tells_fever(details: Mapping[str, Any]) -> bool:
    """Whether a sign, an answer or a measurement among these details is a fever, or may be one."""
    found = (_said(_words(name), value) for name, value in details.items() if name not in FREE_TEXTS)
    return any(said >= Said.DOUBT for said in found)


def _said(name: Sequence[str], value: Any) -> Said:
    """What a value under this name says; names of groups stand before those of their parts."""
    if isinstance(value, Mapping):
        return _group(name, value)
    if isinstance(value, list):
        return max((_said(name, entry) for entry in value), default=Said.NOTHING)
    if value is None or not str(value).strip():
        return Said.NOTHING
    if _names_fever(name):
        return _answered(name, value)
    if any(map(_TEMPERATURE.match, name)):
        return _measured(name, value)
    return _sign(name, value) if isinstance(value, str) and len(value) <= LONGEST_CODE else Said.NOTHING


def _group(name: Sequence[str], group: Mapping[str, Any]) -> Said:
    """What names a group (`{"code": "fever", "value": false}`) belongs to each of its parts; alone it is the sign."""
    labels = {part: entry for part, entry in group.items() if part.casefold() in _LABELS and _is_label(entry)}
    parts = {part: entry for part, entry in group.items() if part not in labels}
    told = " ".join(_texts(list(labels.values())))[:LONGEST_LABEL]
    if not parts:
        return _said(name, told)
    named = [*name, *_words(told)]
    said = {part: _said([*named, *_words(part)], entry) for part, entry in parts.items()}
    answers = {each for part, each in said.items() if (_words(part) or [""])[0].startswith(_ANSWERS)}
    if _names_fever(name):
        # `{"fever": {"text": "no", "recorded": "today"}}`: what looks like a name may be the answer.
        answers.add(_said(name, told))
    if _names_fever(named) and Said.NO in answers and Said.YES not in said.values():
        return Said.NO
    return max(said.values())


def _answered(name: Sequence[str], value: Any) -> Said:
    """The answer to "fever?", or to "no fever?"."""
    words, degrees = _words(str(value)), [] if isinstance(value, bool) else degrees_in(_plain(value))
    if is_hot(degrees):
        return Said.YES
    is_denied = all(_is_denied(name, at) for at in _mentions(name))
    if _is_plain_no(words):
        # "No" to "no fever?" is a fever, while "no fever" is none wherever it stands.
        return Said.YES if is_denied and not _mentions(words) else Said.NO
    if not _YES.isdisjoint(words):
        return Said.NO if is_denied else Said.YES
    return Said.NO if degrees and not _mentions(words) else Said.DOUBT


def _measured(name: Sequence[str], value: Any) -> Said:
    """The value of a temperature, or the answer to "high temperature?"."""
    words, degrees = _words(str(value)), [] if isinstance(value, bool) else degrees_in(_plain(value))
    if degrees:
        return Said.YES if is_hot(degrees) else Said.NO
    if _is_plain_no(words):
        return Said.NO
    if _mentions(words):
        return _sign(name, str(value))
    is_high = not _HIGH.isdisjoint((*name, *words)) or is_hot(degrees_in(" ".join(name)))
    return Said.YES if is_high and _NO.isdisjoint(words) else Said.NOTHING


def _sign(name: Sequence[str], text: str) -> Said:
    """What a code, or a few words, says of itself; `denies: [fever]` denies what stands in it."""
    words = [*(word for word in name[-1:] if word in _NO), *_words(text)]
    mentions = _mentions(words)
    if (mentions or any(map(_TEMPERATURE.match, words))) and is_hot(degrees_in(_plain(text))):
        return Said.YES
    if mentions:
        return Said.NO if all(_is_denied(words, at) for at in mentions) else Said.DOUBT
    is_high = any(map(_TEMPERATURE.match, words)) and not _HIGH.isdisjoint(words) and _NO.isdisjoint(words)
    return Said.YES if is_high else Said.NOTHING


def _names_fever(words: Sequence[str]) -> bool:
    return _mentions(words) != []


def _mentions(words: Sequence[str]) -> list[int]:
    """Where a fever is named; `hay fever` is none, and in Spanish `hay fiebre` is one."""
    found = [at for at, word in enumerate(words) if _FEVER.match(word) or _NO_FEVER.match(word)]
    return [at for at in found if words[at] != "fever" or words[at - 1 : at] != ["hay"]]


def _is_denied(words: Sequence[str], at: int) -> bool:
    """`afebrile`, `no fever`, `denies any fever`, `fever: no`. A no of something else denies nothing."""
    before = [word for word in words[:at] if word not in _BETWEEN]
    is_denied = bool(_NO_FEVER.match(words[at])) or bool(before and before[-1] in _NO)
    return is_denied or (words[at + 1 :] != [] and set(words[at + 1 :]) <= _NO_AFTER)


def _is_plain_no(words: Sequence[str]) -> bool:
    """`no`, `none reported`, `no fever`, `afebrile`: nothing else stands beside it."""
    left = {word for word in words if word not in _FILLING}
    return bool(left) and all(word in _PLAIN_NO or _NO_FEVER.match(word) for word in left)


def _is_label(entry: Any) -> bool:
    """Whether there are texts in it, and nothing that could be an answer."""
    if isinstance(entry, Mapping):
        return all(map(_is_label, entry.values()))
    return all(map(_is_label, entry)) if isinstance(entry, list) else isinstance(entry, str)


def _texts(entry: Any) -> Iterable[str]:
    if isinstance(entry, str):
        return [entry]
    parts = entry.values() if isinstance(entry, Mapping) else entry
    return [text for part in parts for text in _texts(part)]


def _plain(value: Any) -> str:
    """Small letters without accents, and the codes of terminologies in words."""
    letters = unicodedata.normalize("NFKD", _coded(str(value)))
    return "".join(sign for sign in letters if not unicodedata.combining(sign)).casefold()


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", _plain(spaced(_coded(text))))


def _coded(text: str) -> str:
    for words, code in _TERMINOLOGIES.items():
        text = code.sub(f" {words} ", text)
    return text
