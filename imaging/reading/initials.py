"""Looks for the initials of a case's names: `M.S.O.Q.`, `M. S. O. Q.`, `MSOQ`."""

import itertools
import re
from collections.abc import Iterable, Iterator

from imaging.reading.short_words import SIGNS
from imaging.reading.spelling import fold, parts_of, pieces_of
from imaging.reading.words import Line

_DOTTED = re.compile(r"\W*((?:[^\W\d_]\.)*[^\W\d_]\.)\W*|\W*((?:[^\W\d_]\.)+[^\W\d_])\W*")
_SHORTEST, _SHORTEST_BARE = 3, 4
"""How many letters tell somebody, with dots and without: two are anybody's, three in capitals a test's."""


class Initials:
    """The first letters of the names of one case, of each name all of them."""

    def __init__(self, names: Iterable[str]) -> None:
        parts = [(list(parts_of(name)), [fold(piece) for piece in pieces_of(name)]) for name in names]
        found = {"".join(part[0] for part in way if part) for ways in parts for way in ways}
        self._all = {one for one in found if len(one) >= _SHORTEST} - SIGNS

    def groups(self, line: Line, *, is_row: bool) -> Iterator[set[int]]:
        """Yield the numbers of words that together are somebody's initials. In a row of results they are a test."""
        if is_row:
            return
        dotted = [_dotted(word.text) for word in line]
        for first in range(len(line)):
            run = list(itertools.takewhile(bool, dotted[first:]))
            letters = itertools.accumulate(run)
            yield from (set(range(first, first + count)) for count, one in enumerate(letters, 1) if one in self._all)
            bare = re.sub(r"\W", "", line[first].text)
            if bare.isupper() and len(bare) >= _SHORTEST_BARE and fold(bare) in self._all:
                yield {first}


def _dotted(text: str) -> str:
    """The letters of a word that is letters with dots and nothing else, folded; empty for any other."""
    found = _DOTTED.fullmatch(text)
    return fold(text) if found else ""
