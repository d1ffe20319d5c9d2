"""Tells rows of results from other lines: in them a value, its unit and its range stay, whatever they look like."""

import re
from collections.abc import Collection, Iterable

from imaging.reading.labels import zones_of
from imaging.reading.words import Line

_UNIT = re.compile(
    r"(?i)(?:[munpkdf]?(?:g|mol|eq|iu|u|l|ua)|10\S{1,5}|cells|mm|ratio)\s*/\s*(?:[mudnpfc]?l|h|hpf|lpf|mm3|m2|mg|g|kg)"
    r"|\bfl\b|\bpg\b|%|/[hl]pf|\bmmhg\b"
)
_RANGE = re.compile(r"\d\s*(?:[-\u2013\u2014]|to|a)\s*\d|[<>]\s*=?\s*\d|[.,]\d+[.,]\s*[-\u2013\u2014]\s*\d+[.,]\d")
"""The last as a fax may have it, with a speck behind the first number."""
_WHOLE_RANGE = re.compile(r"\d+(?:[.,]\d+)?\s*(?:[-\u2013\u2014]|to|a)\s*\d+(?:[.,]\d+)?|[<>]\s*=?\s*\d+(?:[.,]\d+)?")
_VALUE = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)?\s*(?:[HhLl*]\s*)?\Z")
"""A number just before something, with a flag at most between them."""
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)?(?!\w)")
_DATE_OR_PHONE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\(?\d{3}\)?[ .-]{0,2}\d{3}-\d{4}|\(\d{2,3}\)\s*\d{3,4}\s*-\s*\d{4}"
    r"|\d{3}\s*-\s*\d{3}\s*-\s*\d{4}"
)
_FIGURES = re.compile(r"(?<![\w.,])\d(?:[ /.-]{0,3}\d)*(?!\w)")


def is_result(line: Line, known: Iterable[str] = ()) -> bool:
    """Whether a line is a test with its result: a number with a unit or with a range.

    Record numbers are written like ranges too (`MRN 7731-8042`, `004-417`); behind a label that names somebody, and
    where they are `known` ones of the case, in figures alone, they are none.
    """
    text = " ".join(word.text for word in line)
    if not _NUMBER.search(text):
        return False
    has_unit = _UNIT.search(text) or _RANGE.search(_DATE_OR_PHONE.sub(" ", _without(text, set(known))))
    return bool(has_unit) and not any(opens for _, _, opens in zones_of(line))


def is_beside_result(line: Line, number: int, edges: Collection[int]) -> bool:
    """Whether a word stands in a row that has its value before the unit without it, and a range.

    At one of `edges` of the row, where no value stands that has its unit behind it, it needs no range.
    """
    text = " ".join("_" if at == number else word.text for at, word in enumerate(line))
    left, ranges = _WHOLE_RANGE.subn("_", text)
    has_value = any(_VALUE.search(left, 0, unit.start()) for unit in _UNIT.finditer(left))
    return has_value and (bool(ranges) or number in edges)


def _without(text: str, known: set[str]) -> str:
    """The text without numbers of the case, however they are grouped."""
    if not known:
        return text
    return _FIGURES.sub(lambda found: " " if re.sub(r"\D", "", found[0]) in known else found[0], text)
