"""Reads the facts that the jail tells, as if a stranger told them: a number is a number, a word is a plain word."""

import math
import re
from dataclasses import dataclass, field

from imaging.masks import Mask

_WORD = re.compile(r"[a-zA-Z0-9_]{1,40}")
_FIGURE = re.compile(r"[0-9a-f]{64}")
_ENTRIES = 64
_MASKS = 10_000
_DETECTOR = re.compile(r"[a-zA-Z0-9_. -]{0,60}")
_COPY = re.compile(r"[a-z]{1,10}(-[1-9][0-9]{0,2})?")
_KINDS_OF_MASK = {"face", "text", "code", "identifier"}


@dataclass(frozen=True)
class Told:
    """The facts of one job, without anything that could carry more than it should."""

    width: int | None = None
    height: int | None = None
    duration: float | None = None
    pages: int | None = None
    removed: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    masks: tuple[Mask, ...] = ()
    quality: dict[str, object] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    detail: str | None = None
    open_faces: int | None = None
    content: str | None = None

    @property
    def has_face(self) -> bool:
        """Whether a face was found of which something is covered."""
        return any(mask.what == "face" for mask in self.masks)


def read_facts(facts: dict[str, object]) -> Told:
    """Take what has the right shape and drop the rest."""
    removed = facts.get("removed")
    return Told(
        _whole(facts.get("width")),
        _whole(facts.get("height")),
        _number(facts.get("duration")),
        _whole(facts.get("pages")),
        tuple(word for word in removed[:_ENTRIES] if _word(word)) if isinstance(removed, list) else (),
        {name: count for name, raw in _entries(facts.get("counts")) if (count := _whole(raw)) is not None},
        _masks(facts.get("masks")),
        {name: value for name, value in _entries(facts.get("quality")) if _number(value) is not None or _word(value)},
        {name: value for name, raw in _entries(facts.get("timings")) if (value := _number(raw)) is not None},
        _word(facts.get("detail")),
        _whole(facts.get("open_faces")),
        _figure(facts.get("content")),
    )


def _masks(value: object) -> tuple[Mask, ...]:
    """Take the boxes that are boxes."""
    if not isinstance(value, list):
        return ()
    return tuple(mask for entry in value[:_MASKS] if isinstance(entry, dict) and (mask := _mask(entry)) is not None)


def _mask(entry: dict[str, object]) -> Mask | None:
    sides = [_number(entry.get(name)) for name in ("left", "top", "width", "height")]
    detector, copy = str(entry.get("detector") or ""), entry.get("copy")
    if entry.get("what") not in _KINDS_OF_MASK or any(side is None for side in sides):
        return None
    left, top, width, height = _inside(*(side or 0.0 for side in sides))
    return Mask(
        str(entry["what"]),
        left,
        top,
        width,
        height,
        detector if _DETECTOR.fullmatch(detector) else "",
        _number(entry.get("threshold")) or 0.0,
        _copy(copy),
        _number(entry.get("begins")),
        _number(entry.get("ends")),
        entry.get("on_face") is True,
    )


def _inside(left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
    """What of a box lies in its picture: shares from 0 to 1, which is all of it that anybody can see."""
    right, bottom = (min(1.0, max(0.0, edge)) for edge in (left + width, top + height))
    left, top = (min(1.0, max(0.0, edge)) for edge in (left, top))
    return left, top, round(max(0.0, right - left), 5), round(max(0.0, bottom - top), 5)


def _copy(value: object) -> str | None:
    return value if isinstance(value, str) and _COPY.fullmatch(value) else None


def _entries(value: object) -> list[tuple[str, object]]:
    if not isinstance(value, dict):
        return []
    return [(name, entry) for name, entry in list(value.items())[:_ENTRIES] if _word(name)]


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _figure(value: object) -> str | None:
    return value if isinstance(value, str) and _FIGURE.fullmatch(value) else None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None
