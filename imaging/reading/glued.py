"""Parts what was written or read without a space between a label and its value: `MRN:7731842`, `Name:Okafor`."""

import re
from collections.abc import Iterator
from dataclasses import replace

from imaging.reading.words import Line, Word

_GLUED = re.compile(r"(\W*[^\W\d_][^:#]*[:#]+|\W*[^\W\d_]{3,}\.+(?=\d))(?=\w)(.+)")
"""Letters with a colon or a sign for a number, or with a stop before figures; a time begins with a figure."""


def parted(line: Line) -> tuple[list[Word], list[int]]:
    """The words of a line, those that were glued in parts, and for each of them the number of the word it was."""
    found = [(part, number) for number, word in enumerate(line) for part in _parts(word)]
    return [part for part, _ in found], [number for _, number in found]


def _parts(word: Word) -> Iterator[Word]:
    glued = _GLUED.fullmatch(word.text)
    if glued is None:
        yield word
        return
    middle = word.left + (word.right - word.left) * len(glued[1]) / len(word.text)
    yield replace(word, text=glued[1], right=middle)
    yield replace(word, text=glued[2], left=middle)
