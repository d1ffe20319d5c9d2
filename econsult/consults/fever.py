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
_TEMPERATURE = re.compile(r"(?:temp[a-z]?|temperat\w*|tmax|trect|ta|t)\d*$|(?:rectal|axillary|axilar|tympanic)$")
_OF_THINGS = frozenset(("bath", "water", "room", "ambient", "incubator", "bano", "agua", "cuarto", "bottle"))
_OTHER_FEVERS, _OTRAS_FIEBRES = ("hay", "yellow", "rheumatic", "if"), ("amarilla", "reumatica")
"""What stands before `fever`, or behind `fiebre`, that is none now; in Spanish `hay fiebre` is one."""
_HIGH = frozenset(("high", "hot", "elevated", "raised", "alta", "elevada", "caliente"))
_NO = frozenset((
    "no", "not", "non", "without", "sin", "denies", "denied", "deny", "niega", "nunca", "never", "none", "negative",
    "negatives", "negativo", "negativa", "absent", "ausente", "nil", "false",
))  # fmt: skip
_NO_AFTER = frozenset((
    "no", "not", "none", "absent", "ausente", "negative", "negativo", "negativa", "denied", "false", "nil", "free",
))  # fmt: skip
_DENIES = frozenset(("denies", "denied", "deny", "niega", "without", "sin"))
_BUT = frozenset(("but", "except", "pero", "excepto", "salvo", "although", "aunque"))
_JOINED = (["or"], ["nor"], ["ni"], ["o"])
_BETWEEN = frozenset(("any", "known", "a", "of", "de", "history", "tiene", "has", "current", "recent", "signs", "or"))
_FILLING = frozenset((
    "any", "known", "reported", "noted", "has", "had", "tiene", "ha", "tenido", "present", "presente", "fever",
    "fiebre", "hay", "refiere", "presenta", "at", "all",
))  # fmt: skip
_PLAIN_NO = _NO | {"n", "0", "ninguna", "ninguno", "refuted"}
_YES = frozenset(("yes", "y", "si", "s", "1", "true", "present", "positive", "positivo", "positiva", "presente"))
_LABELS = frozenset((
    "name", "code", "coding", "display", "text", "type", "id", "linkid", "question", "label", "system",
))  # fmt: skip
LONGEST_LABEL, LONG = 200, 3
_ADDRESS = re.compile(r"(?:https?://|urn:)\S+")
_PLAIN_NAME = frozenset((
    "body", "corporal", "oral", "rectal", "axillary", "axilar", "tympanic", "max", "measured", "c", "f", "de", "la",
    "of",
))  # fmt: skip
_ANSWERS = ("present", "presence", "value", "answer", "has", "is", "result", "reading", "verification")
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
    told = {name: value for name, value in details.items() if name not in FREE_TEXTS}
    apart = (_said(_words(name), value) for name, value in told.items())
    return any(said >= Said.DOUBT for said in apart) or _group((), told, names_only=True) >= Said.DOUBT


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
    if _names_temperature(name):
        return Said.NOTHING if not _OF_THINGS.isdisjoint(name) else _measured(name, value)
    return _sign(name, value) if isinstance(value, str) and len(value) <= LONGEST_CODE else Said.NOTHING


def _group(name: Sequence[str], group: Mapping[str, Any], *, names_only: bool = False) -> Said:
    """What names a group (`{"code": "fever", "value": false}`) belongs to each of its parts; alone it is the sign.

    `names_only`: texts count as names only where they hold nothing else, since the group is a whole request.
    """
    labels = {part: entry for part, entry in group.items() if _is_label(part, entry, names_only=names_only)}
    parts = {part: entry for part, entry in group.items() if part not in labels}
    told = " ".join(_texts(list(labels.values())))[:LONGEST_LABEL]
    if names_only:
        # Of a whole request only what says that it is the value of what is named.
        parts = {part: entry for part, entry in parts.items() if part.casefold().startswith(_ANSWERS)}
        if not labels or not parts:
            return Said.NOTHING
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


def _is_label(part: str, entry: Any, *, names_only: bool) -> bool:
    """Whether a part of a group names the others: by its own name, or since it says only what is measured."""
    if not _is_text(entry):
        return False
    words = _words(" ".join(_texts(entry))[:LONGEST_LABEL])
    named = [word for word in words if _FEVER.match(word) or (_TEMPERATURE.match(word) and word not in _PLAIN_NAME)]
    is_name = named != [] and all(word in named or word in _PLAIN_NAME for word in words)
    is_named = part.casefold() in _LABELS
    if names_only and is_named:
        return is_name
    # `{"negative": ["fever"]}` is a sign and its answer.
    return is_named or (is_name and isinstance(entry, str) and _NO.isdisjoint(_words(part)))


def _answered(name: Sequence[str], value: Any) -> Said:
    """The answer to "fever?", or to "no fever?"."""
    words, degrees = _words(str(value)), [] if isinstance(value, bool) else degrees_in(_plain(value))
    if is_hot(degrees):
        return Said.YES
    is_denied = all(_is_denied(name, at) for at in _mentions(name))
    if _is_plain_no(words):
        # "No" to "no fever?" is a fever, while "no fever" is none wherever it stands.
        return Said.YES if is_denied and not _mentions(words) else Said.NO
    mentions = _mentions(words)
    if mentions and all(_is_denied(words, at) for at in mentions) and _HIGH.isdisjoint(words):
        return Said.NO
    if not _YES.isdisjoint(words):
        return Said.NO if is_denied else Said.YES
    return Said.NO if degrees and not mentions else Said.DOUBT


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
    if (mentions or _names_temperature(words)) and is_hot(degrees_in(_plain(text))):
        return Said.YES
    if mentions:
        return Said.NO if all(_is_denied(words, at) for at in mentions) else Said.DOUBT
    is_high = _names_temperature(words) and not _HIGH.isdisjoint(words) and _NO.isdisjoint(words)
    return Said.YES if is_high else Said.NOTHING


def _names_fever(words: Sequence[str]) -> bool:
    return _mentions(words) != []


def _names_temperature(words: Sequence[str]) -> bool:
    """A `t` alone is one, but not that of `t_bili`."""
    found = [at for at, word in enumerate(words) if _TEMPERATURE.match(word)]
    return any(words[at] != "t" or len("".join(words[at + 1 : at + 2])) < LONG for at in found)


def _mentions(words: Sequence[str]) -> list[int]:
    """Where a fever is named, but for `hay fever` and others that are none."""
    found = [at for at, word in enumerate(words) if _FEVER.match(word) or _NO_FEVER.match(word)]
    return [at for at in found if not _is_another(words, at)]


def _is_another(words: Sequence[str], at: int) -> bool:
    before, behind = words[max(0, at - 1) : at], words[at + 1 : at + 2]
    if words[at] == "fever":
        return bool(before) and before[0] in _OTHER_FEVERS
    return words[at] == "fiebre" and bool(behind) and behind[0] in _OTRAS_FIEBRES


def _is_denied(words: Sequence[str], at: int) -> bool:
    """`afebrile`, `no fever`, `denies cough or fever`, `fever: no`. A no of something else denies nothing."""
    if _NO_FEVER.match(words[at]):
        return True
    cut = max((place + 1 for place in range(at) if words[place] in _BUT), default=0)
    before = [word for word in words[cut:at] if word not in _BETWEEN]
    is_listed = words[at - 1 : at] in _JOINED and before[:1] == ["no"]
    if is_listed or not _DENIES.isdisjoint(before) or (before and before[-1] in _NO):
        return True
    return words[at + 1 :] != [] and set(words[at + 1 :]) <= _NO_AFTER


def _is_plain_no(words: Sequence[str]) -> bool:
    """`no`, `none reported`, `no fever`, `afebrile`: nothing else stands beside it."""
    left = {word for word in words if word not in _FILLING and not (word.isdigit() and len(word) > 5)}
    return bool(left) and all(word in _PLAIN_NO or _NO_FEVER.match(word) for word in left)


def _is_text(entry: Any) -> bool:
    """Whether there are texts in it, and nothing that could be an answer."""
    if isinstance(entry, Mapping):
        return all(map(_is_text, entry.values()))
    return all(map(_is_text, entry)) if isinstance(entry, list) else isinstance(entry, str)


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
    text = _ADDRESS.sub(" ", text)
    for words, code in _TERMINOLOGIES.items():
        text = code.sub(f" {words} ", text)
    return text
