"""Tells rows of results from other lines: in them a value, its unit and its range stay, whatever they look like."""

import re
from collections.abc import Collection, Iterable

from imaging.reading.labels import zones_of
from imaging.reading.values import DATE_OR_PHONE, RANGE, UNIT, WHOLE_RANGE
from imaging.reading.words import Line

_VALUE = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)?\s*(?:[HhLl*]\s*)?\Z")
"""A number just before something, with a flag at most between them."""
_AGE = re.compile(r"\b\d{1,2}\s*a\s*\d{1,2}\s*m\b")
"""`4 a 8 m`, years and months, reads like a range in Spanish (`70 a 100`)."""
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)?(?!\w)")
_FIGURES = re.compile(r"(?<![\w.,])\d(?:[ /.-]{0,3}\d)*(?!\w)")


def is_result(line: Line, known: Iterable[str] = ()) -> bool:
    """Whether a line is a test with its result: a number with a unit or with a range.

    Record numbers are written like ranges too (`MRN 7731-8042`, `004-417`); behind a label that names somebody, and
    where they are `known` ones of the case, in figures alone, they are none.
    """
    text = " ".join(word.text for word in line)
    if not _NUMBER.search(text):
        return False
    has_unit = UNIT.search(text) or RANGE.search(DATE_OR_PHONE.sub(" ", _AGE.sub(" ", _without(text, set(known)))))
    return bool(has_unit) and not any(opens for _, _, opens in zones_of(line))


def is_beside_result(line: Line, number: int, edges: Collection[int]) -> bool:
    """Whether a word stands in a row that has its value before the unit without it, and a range.

    At one of `edges` of the row, where no value stands that has its unit behind it, it needs no range.
    """
    text = " ".join("_" if at == number else word.text for at, word in enumerate(line))
    left, ranges = WHOLE_RANGE.subn("_", text)
    has_value = any(_VALUE.search(left, 0, unit.start()) for unit in UNIT.finditer(left))
    return has_value and (bool(ranges) or number in edges)


def _without(text: str, known: set[str]) -> str:
    """The text without numbers of the case, however they are grouped."""
    if not known:
        return text
    return _FIGURES.sub(lambda found: " " if re.sub(r"\D", "", found[0]) in known else found[0], text)
