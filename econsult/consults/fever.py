"""Whether a request tells of a fever, in whichever of its coded fields and however it is spelled.

In a child of a few weeks a fever is an emergency, so whatever names one counts as one, unless it is said plainly that
there is none: a clinician can say otherwise by an attestation, and nobody can call a baby back. Only the plain no is a
list, and it is short; what it does not know is a doubt. Free texts are left out: a person reads them, and finding
nothing in them would only reassure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from econsult.consults.degrees import degrees_in, is_hot, is_thermometers, reading_in
from econsult.consults.details import FREE_TEXTS, LONGEST_CODE
from econsult.consults.fever_words import (
    FEVER,
    HIGH,
    NO,
    OF_THINGS,
    TEMPERATURE,
    YES,
    is_denied,
    is_plain_no,
    is_unit,
    mentions_in,
    names_fever,
    names_temperature,
    plain,
    words_of,
)

_LABELS = frozenset((
    "name", "code", "coding", "display", "text", "type", "id", "linkid", "question", "label", "system",
))  # fmt: skip
LONGEST_LABEL, LONGEST_ANSWER = 200, 500
_PLAIN_NAME = frozenset((
    "body", "corporal", "oral", "rectal", "axillary", "axilar", "tympanic", "max", "measured", "c", "f", "de", "la",
    "of",
))  # fmt: skip
_ANSWERS = ("present", "presence", "value", "answer", "has", "is", "result", "reading", "verification")
"""How the part of a group begins that says yes or no."""


class Said(IntEnum):
    """What a part says of a fever; the greatest of several parts counts."""

    NOTHING = 0
    NO = 1
    DOUBT = 2
    YES = 3


def tells_fever(details: Mapping[str, Any]) -> bool:
    """Whether a sign, an answer or a measurement among these details is a fever, or may be one."""
    told = {name: value for name, value in details.items() if name not in FREE_TEXTS}
    apart = (_said(words_of(name), value) for name, value in told.items())
    return any(said >= Said.DOUBT for said in apart) or _group((), told, names_only=True) >= Said.DOUBT


def _said(name: Sequence[str], value: Any) -> Said:
    """What a value under this name says; names of groups stand before those of their parts."""
    if isinstance(value, Mapping):
        return _group(name, value)
    if isinstance(value, list):
        return max((_said(name, entry) for entry in value), default=Said.NOTHING)
    if value is None or not str(value).strip():
        return Said.NOTHING
    if names_fever(name):
        return _answered(name, value)
    if names_temperature(name):
        return Said.NOTHING if not OF_THINGS.isdisjoint(name) else _measured(name, value)
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
    is_degrees = any(is_unit(part, entry) for part, entry in group.items() if isinstance(entry, str))
    named = [*name, *words_of(told), *(("temperature",) if is_degrees else ())]
    said = {part: _said([*named, *words_of(part)], entry) for part, entry in parts.items()}
    answers = {each for part, each in said.items() if (words_of(part) or [""])[0].startswith(_ANSWERS)}
    if names_fever(name):
        # `{"fever": {"text": "no", "recorded": "today"}}`: what looks like a name may be the answer.
        answers.add(_said(name, told))
    if names_fever(named) and Said.NO in answers and Said.YES not in said.values():
        return Said.NO
    return max(said.values())


def _is_label(part: str, entry: Any, *, names_only: bool) -> bool:
    """Whether a part of a group names the others: by its own name, or since it says only what is measured."""
    if not _is_text(entry):
        return False
    words = words_of(" ".join(_texts(entry))[:LONGEST_LABEL])
    named = [word for word in words if FEVER.match(word) or (TEMPERATURE.match(word) and word not in _PLAIN_NAME)]
    is_name = named != [] and all(word in named or word in _PLAIN_NAME for word in words)
    is_named = part.casefold() in _LABELS
    if names_only and is_named:
        return is_name
    # `{"negative": ["fever"]}` is a sign and its answer.
    return is_named or (is_name and isinstance(entry, str) and NO.isdisjoint(words_of(part)))


def _answered(name: Sequence[str], value: Any) -> Said:
    """The answer to "fever?", or to "no fever?"."""
    words, degrees = words_of(str(value)), [] if isinstance(value, bool) else degrees_in(plain(value))
    if is_hot(degrees):
        return Said.YES
    if len(str(value)) > LONGEST_ANSWER:
        return Said.DOUBT
    asks_for_none = all(is_denied(name, at) for at in mentions_in(name))
    if is_plain_no(words):
        # "No" to "no fever?" is a fever, while "no fever" is none wherever it stands.
        return Said.YES if asks_for_none and not mentions_in(words) else Said.NO
    mentions = mentions_in(words)
    if mentions and all(is_denied(words, at) for at in mentions) and HIGH.isdisjoint(words):
        return Said.NO
    if not YES.isdisjoint(words):
        return Said.NO if asks_for_none else Said.YES
    return Said.NO if degrees and not mentions else Said.DOUBT


def _measured(name: Sequence[str], value: Any) -> Said:
    """The value of a temperature, or the answer to "high temperature?"."""
    words, degrees = words_of(str(value)), [] if isinstance(value, bool) else reading_in(plain(value))
    if degrees:
        return Said.YES if is_hot(degrees) else Said.NO
    if is_plain_no(words):
        return Said.NO
    if mentions_in(words):
        return _sign(name, str(value))
    is_high = not HIGH.isdisjoint((*name, *words)) or is_hot(degrees_in(" ".join(name)))
    return Said.YES if is_high and NO.isdisjoint(words) else Said.NOTHING


def _sign(name: Sequence[str], text: str) -> Said:
    """What a code, or a few words, says of itself; `denies: [fever]` denies what stands in it."""
    words = [*(word for word in name[-1:] if word in NO), *words_of(text)]
    mentions, small = mentions_in(words), plain(text)
    if (mentions or names_temperature(words)) and is_hot(degrees_in(small)):
        return Said.YES
    if is_thermometers(small) and OF_THINGS.isdisjoint(name):
        return Said.YES
    if mentions:
        return Said.NO if all(is_denied(words, at) for at in mentions) else Said.DOUBT
    is_high = names_temperature(words) and not HIGH.isdisjoint(words) and NO.isdisjoint(words)
    return Said.YES if is_high else Said.NOTHING


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
