"""Looks for the initials of a case's names: `M.S.O.Q.`, `M. S. O. Q.`, `MSOQ`.

With dots they may also leave names out (`M.S.O.`, `S.O.Q.`) or begin with the surname (`O.Q.M.S.`).
"""

import itertools
import re
from collections.abc import Iterable, Iterator

from imaging.reading.short_words import EVERYDAY, SIGNS
from imaging.reading.spelling import fold, parts_of, pieces_of
from imaging.reading.words import Line

_DOTTED = re.compile(r"\W*((?:[^\W\d_]\.)*[^\W\d_]\.)\W*|\W*((?:[^\W\d_]\.)+[^\W\d_])\W*")
_OWNED = re.compile(r"['\u2019][sS]?\W*\Z")
_SHORTEST, _SHORTEST_BARE, _MOST = 3, 4, 7
"""How many letters tell somebody, with dots and without: two are anybody's, three in capitals a test's. Nobody writes
more than the last of them."""


class Initials:
    """The first letters of the names of one case: without dots of each name all of them."""

    def __init__(self, names: Iterable[str]) -> None:
        parts = [(list(parts_of(name)), [fold(piece) for piece in pieces_of(name)]) for name in names]
        found = {"".join(part[0] for part in way if part) for ways in parts for way in ways}
        self._all = {one for one in found if len(one) >= _SHORTEST} - SIGNS
        self._dotted = self._all | {way for one in self._all for way in _ways(one)} - SIGNS - EVERYDAY

    def groups(self, line: Line, *, is_row: bool) -> Iterator[set[int]]:
        """Yield the numbers of words that together are somebody's initials. In a row of results they are a test."""
        if is_row:
            return
        dotted = [_dotted(word.text) for word in line]
        for first in range(len(line)):
            run = list(itertools.takewhile(bool, dotted[first:]))
            letters = itertools.accumulate(run)
            yield from (set(range(first, first + count)) for count, one in enumerate(letters, 1) if one in self._dotted)
            bare = re.sub(r"\W", "", _OWNED.sub("", line[first].text))
            if bare.isupper() and len(bare) >= _SHORTEST_BARE and fold(bare) in self._all:
                yield {first}


def _ways(initials: str) -> set[str]:
    """How else somebody's initials are written: with the surnames first, or without one name or another."""
    letters = initials[:_MOST]
    turned = {letters[at:] + letters[:at] for at in range(len(letters))}
    fewer = (itertools.combinations(letters, count) for count in range(_SHORTEST, len(letters)))
    return turned | {"".join(one) for ones in fewer for one in ones}


def _dotted(text: str) -> str:
    """The letters of a word that is letters with dots and nothing else, folded; empty for any other."""
    text = _OWNED.sub("", text)
    found = _DOTTED.fullmatch(text)
    return fold(text) if found else ""
