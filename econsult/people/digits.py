"""The record numbers and telephone numbers of a case, found in a text whatever signs stand between their digits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Place = tuple[int, int]
"""Where in a text something begins and ends."""
SHORTEST_DIGITS = 6
_SHORTEST_PHONE, _SHORTEST_NUMBER, _LONGEST_COUNTRY = 7, 4, 10
_DIGITS = re.compile(r"\d")
_RUN = re.compile(r"\d(?:[\W_]{0,3}\d){6,}")
_COUNTRY = re.compile(r"(?:(?:\+|00)\(?\d{1,3}[\W_]{0,3}|(?<!\d)1[\W_]{1,2}|\d*)\(?\Z")


def numbers_in(text: str, numbers: Iterable[str]) -> Iterator[Place]:
    """A record number with whatever signs stand between its letters and digits, or its digits alone."""
    for form in {form for number in numbers for form in _forms_of(number)}:
        pattern = r"[\W_]{0,3}".join(re.escape(letter) for letter in form)
        for hit in re.finditer(rf"{_edge(form[0], '<!')}{pattern}{_edge(form[-1], '!')}", text, re.IGNORECASE):
            yield hit.span()


def _forms_of(number: str) -> Iterator[str]:
    """The letters and digits of a record number; long ones also without letters or the noughts before them."""
    whole = "".join(letter for letter in number if letter.isalnum())
    digits = "".join(_DIGITS.findall(number))
    if len(whole) >= _SHORTEST_NUMBER:
        yield whole
    yield from (form for form in (digits, digits.lstrip("0")) if len(form) >= SHORTEST_DIGITS)


def _edge(letter: str, side: str) -> str:
    """What keeps a number from being found inside of a longer one, though a word may be written together with it."""
    return rf"(?{side}\d)" if letter.isdecimal() else rf"(?{side}[^\W_])"


def phones_in(text: str, phones: Iterable[str]) -> Iterator[Place]:
    """A telephone number, with or without its country, or its last seven digits, in any grouping."""
    wanted = set()
    for phone in phones:
        digits = "".join(_DIGITS.findall(phone))
        if len(digits) >= _SHORTEST_PHONE:
            wanted |= {digits[-10:], digits[-_SHORTEST_PHONE:]}
    for run in _RUN.finditer(text) if wanted else ():
        places = [hit.start() for hit in _DIGITS.finditer(text, *run.span())]
        written = "".join(text[place] for place in places)
        for digits in wanted:
            for first in _found(written, digits):
                start, end = places[first], places[first + len(digits) - 1] + 1
                if not _DIGITS.match(text, end):
                    yield _with_country(text, start), end


def _found(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _with_country(text: str, start: int) -> int:
    """Where a number begins with the digits written together with it, its bracket and the code of its country."""
    before = _COUNTRY.search(text, max(0, start - _LONGEST_COUNTRY), start)
    return before.start() if before else start
