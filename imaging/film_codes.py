"""Looks for codes in the pictures of a film: by all means some times a second, and hastily in between."""

from collections.abc import Iterator, Sequence

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


class FilmCodes:
    """Takes lightness in order of time and says from when to when what must be covered."""

    def __init__(self) -> None:
        self._next = self._next_whole = 0.0
        self._before: list[tuple[float, bool, list[Box]]] = []
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
        boxes = _codes(grey, self.shown, is_whole=is_whole)
        yield from ((at - _LASTS, at + _LASTS, box) for box in boxes)
        for start, _, others in self._before:
            yield from ((start, at, box.joined(old)) for box in boxes for old in others if may_be_one(box, old))
        # The last of each kind: what only a whole look sees has its way from whole look to whole look.
        kept = [entry for entry in self._before if entry[1] != is_whole]
        self._before = [*kept, (at, is_whole, boxes)]


def _codes(grey: NDArray[np.uint8], shown: Sequence[Box], *, is_whole: bool) -> list[Box]:
    looks = [look for look in halves_of(grey) if is_whole or max(look.shape) <= _COARSE]
    seen = (*bars_in(looks, stacked=True), *grids_in(looks))
    read = codes_in(grey, turned=False, is_hasty=not is_whole)
    return [*read, *(part for box in seen for part in beside_faces(box, shown))]
