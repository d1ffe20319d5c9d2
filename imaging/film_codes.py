"""Looks for codes in the pictures of a film: by all means some times a second, and hastily in between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.bars import bars_in
from imaging.boxes import Box
from imaging.choice import beside_faces
from imaging.code_reader import CODE_READER, codes_in
from imaging.film_patient import may_be_one
from imaging.grids import grids_in
from imaging.halves import halves_of

CODES_EVERY, _WHOLE_EVERY, _LASTS = 0.2, 0.4, 0.5
"""Seconds. What is seen at one whole look is covered until after the next; in between it has to be followed, and what
is read in a moment only must be found."""
_COARSE = 720
"""Longest side of the pictures in which the look of codes is looked for in between."""
DETECTOR = f"{CODE_READER} bars module_grids"
Found = tuple[float, float, Box]


@dataclass(frozen=True)
class _Code:
    """A box around a code that was read, or around what only looks like one."""

    box: Box
    is_read: bool

    def joined(self, other: "_Code") -> "_Code":
        return _Code(self.box.joined(other.box), self.is_read or other.is_read)

    def beside(self, shown: Sequence[Box]) -> list[Box]:
        """What is covered of it: of its way, too, no open face where it was not read."""
        return [self.box] if self.is_read else beside_faces(self.box, shown)


class FilmCodes:
    """Takes lightness in order of time and says from when to when what must be covered."""

    def __init__(self) -> None:
        self._next = self._next_whole = 0.0
        self._before: list[tuple[float, bool, list[_Code]]] = []
        self.shown: list[Box] = []
        """Where faces are that stay open: what only looks like a code hides none of them."""

    def is_due(self, at: float) -> bool:
        """Whether the picture of this time is to be looked at."""
        return at >= self._next

    def look(self, at: float, grey: NDArray[np.uint8]) -> Iterator[Found]:
        """Yield begin, end and box of each code, and of the way that one has gone since the last looks."""
        self._next = at + CODES_EVERY
        is_whole = at >= self._next_whole
        if is_whole:
            self._next_whole = at + _WHOLE_EVERY
        codes = _codes(grey, is_whole=is_whole)
        found = [(at - _LASTS, at + _LASTS, code) for code in codes]
        for start, _, others in self._before:
            found += [
                (start, at, code.joined(old)) for code in codes for old in others if may_be_one(code.box, old.box)
            ]
        # The last of each kind: what only a whole look sees has its way from whole look to whole look.
        kept = [entry for entry in self._before if entry[1] != is_whole]
        self._before = [*kept, (at, is_whole, codes)]
        yield from ((begins, ends, box) for begins, ends, code in found for box in code.beside(self.shown))


def _codes(grey: NDArray[np.uint8], *, is_whole: bool) -> list[_Code]:
    looks = [look for look in halves_of(grey) if is_whole or max(look.shape) <= _COARSE]
    read = (_Code(box, is_read=True) for box in codes_in(grey, turned=False, is_hasty=not is_whole))
    return [*read, *(_Code(box, is_read=False) for box in (*bars_in(looks, stacked=True), *grids_in(looks)))]
