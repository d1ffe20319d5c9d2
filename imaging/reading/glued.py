"""Parts what was written or read without a space between a label and its value: `MRN:7731842`, `Name:Okafor`."""

import re
from collections.abc import Iterator
from dataclasses import replace

from imaging.reading.words import Line, Word

_MARKS = r"[-\u2010-\u2015.*~=>(\[\"'\u2018\u201c]*"
_GLUED = re.compile(rf"(\W*[^\W\d_][^:#]*[:#]+|\W*[^\W\d_]{{3,}}\.+(?=\d))(?={_MARKS}\w)(.+)")
"""Letters with a colon or a sign for a number, or with a stop before figures; a time begins with a figure.

A dash, a bracket or another such mark may stand before the value; a slash may not, as an address of the web has it.
"""
_SLASHED = re.compile(r"(\W*[^\W\d_]{3,}/)(?=[^\W\d_]{3,}[:#])(.+)")
"""Two words of a label with a slash between them: `Patient/Name:`."""


def parted(line: Line) -> tuple[list[Word], list[int]]:
    """The words of a line, those that were glued in parts, and for each of them the number of the word it was."""
    found = [(part, number) for number, word in enumerate(line) for part in _parts(word)]
    return [part for part, _ in found], [number for _, number in found]


def _parts(word: Word) -> Iterator[Word]:
    parted_at = _SLASHED.fullmatch(word.text) or _GLUED.fullmatch(word.text)
    if parted_at is None:
        yield word
        return
    middle = word.left + (word.right - word.left) * len(parted_at[1]) / len(word.text)
    yield replace(word, text=parted_at[1], right=middle)
    yield from _parts(replace(word, text=parted_at[2], left=middle))
