"""The details of a request: what of them has a shape, how much they hold, and how they are read afterwards.

Programs send template answers of their own, so other names are taken too; every rule and page that relies on a detail
reads it here, and survives what was stored before there was a shape.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from econsult.consults.facepolicy import check_face
from econsult.consults.redflags import UNSAFE, body_sites
from econsult.errors import InvalidError

SAFE_WAY = "safe_way"
"""How a family that is not safe at home can be reached: it moves to the stop, which the family's pages never show."""
CONTACT_WAYS = ("call_back", "visit")
"""How a family is answered about a private place, of which no photo is taken."""
FOR_THE_CLINIC = frozenset({"contact", "caller"})
"""Details that tell who the family is or how to reach it: for those alone who may know the child."""
HIDDEN_PHONE = "phone_hidden"
"""Stands beside a number that a reader is not shown. What was read so is not written back: the number would be lost."""
YOUTH_CALLS = "youth"
CALLERS = ("family", YOUTH_CALLS, "clinic")
"""Who telephoned what staff wrote down."""
LONGEST_TEXT = 5000
LONGEST_CALLER = 120
LONGEST_CODE, LONGEST_PHONE, MOST_CODES, _MOST_DETAILS = 64, 40, 80, 200
_DEEPEST, _LARGEST = 4, 64 * 1024
FREE_TEXTS = (SAFE_WAY, "story", "thinks", "tried", "background", "family_question")
"""What somebody writes in sentences."""
_NAME = re.compile(r"[\w.\-/:]{1,64}")
"""Codes of templates and of terminologies too (`1.1`, `8310-5`); no blanks, which names of people have."""
_JOINT = re.compile(r"[_.\-/:]+|(?<=[a-z])(?=[A-Z])")


def check_details(given: Mapping[str, Any], merged: Mapping[str, Any]) -> None:
    """Raise InvalidError naming each field of `given` that has the wrong shape; `merged` is what would be stored."""
    wrong = {f"details.{name}": fault for name, value in given.items() if (fault := _fault(name, value)) is not None}
    if not all(map(_is_name, given)):
        # A name that breaks the rule may be anybody's, so it is not said again.
        wrong = {"details": "unknown_value"}
    # What has a shape has its own limit: what a clinic writes is never too much beside what a family's program sent.
    free = {name: value for name, value in merged.items() if name not in _SHAPES}
    if not wrong and (len(free) > _MOST_DETAILS or len(json.dumps(free, ensure_ascii=False)) > _LARGEST):
        wrong["details"] = "too_long"
    if wrong:
        raise InvalidError("Some details cannot be taken: see docs/api.md for their shapes.", wrong)
    body_sites(given.get("body_site"))
    check_face({name: value for name, value in merged.items() if value is not None})


def sound(details: Mapping[str, Any]) -> dict[str, Any]:
    """Those details that would be taken today, of a request that may be older than their shapes."""
    return {name: value for name, value in details.items() if _is_name(name) and _fault(name, value) is None}


def settled(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details as they are kept: what is None was taken back, and a safe way belongs to a home that is not safe."""
    is_unsafe = UNSAFE in flags_of(details)
    return {name: value for name, value in details.items() if value is not None and (name != SAFE_WAY or is_unsafe)}


def spaced(name: str) -> str:
    """A detail's name in words: `weight_kg`, `onset.days` and `hasFever` are two each."""
    return " ".join(_JOINT.sub(" ", name).split())


def contact_of(details: Mapping[str, Any]) -> dict[str, str]:
    """The way and the telephone number that a family gave; both empty where it did not."""
    found = details.get("contact")
    asked = found if isinstance(found, Mapping) else {}
    return {name: value if isinstance(value := asked.get(name), str) else "" for name in ("way", "phone")}


def caller_of(details: Mapping[str, Any]) -> dict[str, str]:
    """Who telephoned, by `who`, `name` and `phone`; each empty where nobody did."""
    found = details.get("caller")
    told = found if isinstance(found, Mapping) else {}
    return {name: value if isinstance(value := told.get(name), str) else "" for name in ("who", "name", "phone")}


def symptoms_of(details: Mapping[str, Any]) -> tuple[str, ...]:
    """The codes of the signs that were told, small and without spaces, whatever holds them."""
    found = details.get("symptoms")
    told = [found] if isinstance(found, str) else list(found) if isinstance(found, list | Mapping) else []
    return tuple("_".join(sign.casefold().split()) for sign in told if isinstance(sign, str))


def text_of(details: Mapping[str, Any], name: str) -> str:
    """A detail that is a text or a code; empty where it is not there, or is something else."""
    found = details.get(name)
    return found if isinstance(found, str) else ""


def flags_of(details: Mapping[str, Any]) -> tuple[str, ...]:
    """The danger signs that were ticked, as codes."""
    found = details.get("red_flags")
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _is_name(name: str) -> bool:
    """Whether a name has the signs of one; a letter and the mark on it may come as two signs, as some systems do."""
    bare = "".join(sign for sign in name if not unicodedata.category(sign).startswith("M"))
    return len(name) <= LONGEST_CODE and _NAME.fullmatch(bare) is not None


def _fault(name: str, value: object) -> str | None:
    if value is None:
        return None
    return _SHAPES.get(name, _free)(value)


def _text(value: object, longest: int = LONGEST_TEXT) -> str | None:
    if not isinstance(value, str):
        return "invalid"
    return "too_long" if len(value) > longest else None


def _code(value: object) -> str | None:
    return _text(value, LONGEST_CODE)


def _codes(value: object) -> str | None:
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        return "invalid"
    return "too_long" if len(value) > MOST_CODES or any(map(_code, value)) else None


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "invalid"


def _contact(value: object) -> str | None:
    """A way that we do not know is taken and not shown; where photos are barred, sending asks for one that we know."""
    if not isinstance(value, Mapping):
        return "invalid"
    if HIDDEN_PHONE in value:
        return "unknown_value"
    limits = (("way", LONGEST_CODE), ("phone", LONGEST_PHONE))
    wrong = (_text(found, longest) for name, longest in limits if (found := value.get(name)) is not None)
    return next((fault for fault in wrong if fault), None) or _free(value)


def _caller(value: object) -> str | None:
    """Who telephoned: `who` of the three, a name, and a number to call back."""
    if not isinstance(value, Mapping):
        return "invalid"
    limits = (("who", LONGEST_CODE), ("name", LONGEST_CALLER), ("phone", LONGEST_PHONE))
    wrong = (_text(found, longest) for name, longest in limits if (found := value.get(name)) is not None)
    is_known = value.get("who") in CALLERS and not set(value) - {name for name, _ in limits}
    return next((fault for fault in wrong if fault), None) or (None if is_known else "unknown_value")


def _free(value: object) -> str | None:
    """A template's answer: texts, numbers, yes and no, and lists and groups of them."""
    return next((fault for fault in _faults(value, 1) if fault is not None), None)


def _faults(value: object, depth: int) -> Iterator[str | None]:
    if isinstance(value, str):
        yield _text(value)
    elif value is None or isinstance(value, bool | int | float):
        yield None
    elif depth > _DEEPEST:
        yield "too_long"
    elif isinstance(value, Mapping):
        yield None if all(isinstance(name, str) and _is_name(name) for name in value) else "unknown_value"
        for part in value.values():
            yield from _faults(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _faults(part, depth + 1)
    else:
        yield "invalid"


_SHAPES: Mapping[str, Callable[[object], str | None]] = {
    "red_flags": _codes,
    "red_flags_asked": _flag,
    "symptoms": _codes,
    "since": _code,
    "contact": _contact,
    "caller": _caller,
    "face_policy": _code,
    "face_consent": _flag,
    **dict.fromkeys(FREE_TEXTS, _text),
}
