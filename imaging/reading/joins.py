"""Puts together what was set apart: letters with spaces between them, and what goes on in the next line or cell."""

import itertools
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from imaging.reading.spelling import fold
from imaging.reading.words import Line, Word

Place = tuple[int, int]
"""The number of a line and of a word in it."""
_FEWEST, _PIECE_MOST = 3, 2
_WIDER, _WIDE = 1.6, 0.6
_NEXT_BELOW = 2.6
_CELL = 1.5
"""How wide, in heights of a word, the gap between two cells of a line is at least."""
_LINES_BELOW, _FAR_BELOW = 3, 2.5
_ENDS = 4
HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u00ac"


@dataclass(frozen=True)
class Joined:
    """Words as if they stood in one line, and which words of the page each is made of.

    `second` is the number of the first word of the second line; where `is_one` it is made of words of both.
    """

    words: Line
    places: Sequence[Sequence[Place]]
    second: int
    is_one: bool = False

    def goes_over(self, group: set[int]) -> bool:
        """Whether a group of these words stands in both lines."""
        return self.second in group if self.is_one else min(group) < self.second <= max(group)


def spelled_out(lines: Sequence[Line]) -> Iterator[tuple[Word, Sequence[Place]]]:
    """Yield the words that single letters or figures with spaces between them make: `M A R I N`."""
    for number, line in enumerate(lines):
        for start, end in _runs(line):
            for first, last in {(start, end), *_parts(line, start, end)}:
                if last - first >= _FEWEST:
                    yield _one(line[first:last]), [(number, at) for at in range(first, last)]


def spelled_down(lines: Sequence[Line]) -> Iterator[tuple[Word, Sequence[Place]]]:
    """Yield the words that single letters or figures under each other make, read downwards and upwards."""
    single = [(word, (n, at)) for n, line in enumerate(lines) for at, word in enumerate(line) if len(word.text) == 1]
    columns: list[list[tuple[Word, Place]]] = []
    for one in sorted(single, key=lambda entry: entry[0].top):
        home = next((column for column in columns if _stands_under(column[-1][0], one[0])), None)
        if home is None:
            columns.append([one])
        else:
            home.append(one)
    for column in columns:
        if len(column) >= _FEWEST:
            for run in (column, column[::-1]):
                yield _one([word for word, _ in run]), [place for _, place in run]


def _stands_under(above: Word, word: Word) -> bool:
    """Whether a letter goes on a column: a gap as between two words, or a letter that was not read, ends none."""
    size = max(above.height, word.height, 1.0)
    apart = (above.left + above.right - word.left - word.right) / 2
    return abs(apart) <= _WIDE * size and 0 < word.top - above.top <= _NEXT_BELOW * size


def over_breaks(lines: Sequence[Line]) -> Iterator[Sequence[Joined]]:
    """Yield the end of each line, or of each of its cells, with the beginning of what follows it.

    First come the words as they are, then once or twice with the two at the break as one, with a hyphen and without.
    """
    cells = [list(_cells(line)) for line in lines]
    for number in range(len(lines)):
        for cell in cells[number]:
            for below in _following(lines, cells, number, cell):
                yield _joined(lines, (number, cell), below)
        if number + 1 < len(lines) and len(cells[number]) > 1:
            yield _joined(lines, (number, cells[number][-1]), (number + 1, cells[number + 1][0]))


def _runs(line: Line) -> Iterator[tuple[int, int]]:
    """Where at least three pieces of one or two signs stand beside each other, most of them of one."""
    start = 0
    for is_piece, run in itertools.groupby(line, key=lambda word: len(fold(word.text)) <= _PIECE_MOST):
        end = start + len(list(run))
        single = sum(len(fold(word.text)) <= 1 for word in line[start:end])
        if is_piece and end - start >= _FEWEST and 2 * single >= end - start:
            yield start, end
        start = end


def _parts(line: Line, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A run in pieces where its gaps are wider than most of them."""
    gaps = [line[at + 1].left - line[at].right for at in range(start, end - 1)]
    usual = statistics.median(gaps)
    first = start
    for at, gap in enumerate(gaps, start):
        if gap > max(_WIDER * usual, _WIDE * line[at].height):
            yield first, at + 1
            first = at + 1
    yield first, end


def _cells(line: Line) -> Iterator[tuple[int, int]]:
    first = 0
    for at, (word, following) in enumerate(itertools.pairwise(line), 1):
        if following.left - word.right > _CELL * max(word.height, following.height):
            yield first, at
            first = at
    yield first, len(line)


def _following(
    lines: Sequence[Line], cells: Sequence[Sequence[tuple[int, int]]], number: int, cell: tuple[int, int]
) -> Iterator[tuple[int, tuple[int, int]]]:
    """The cell that stands under another, next to it."""
    above = _one(lines[number][cell[0] : cell[1]])
    for at in range(number + 1, min(len(lines), number + 1 + _LINES_BELOW)):
        for other in cells[at]:
            below = _one(lines[at][other[0] : other[1]])
            near = below.top - above.bottom < _FAR_BELOW * max(above.height, 1.0)
            if near and min(above.right, below.right) > max(above.left, below.left):
                yield at, other
                return


def _joined(
    lines: Sequence[Line], above: tuple[int, tuple[int, int]], below: tuple[int, tuple[int, int]]
) -> Sequence[Joined]:
    (upper, (start, end)), (lower, (first, last)) = above, below
    ends = [(upper, at) for at in range(max(start, end - _ENDS), end)]
    begins = [(lower, at) for at in range(first, min(last, first + _ENDS))]
    before, after = ([lines[line][at] for line, at in places] for places in (ends, begins))
    found = [Joined([*before, *after], [[place] for place in (*ends, *begins)], len(ends))]
    places = [*([place] for place in ends[:-1]), [ends[-1], begins[0]], *([place] for place in begins[1:])]
    texts = {before[-1].text, before[-1].text.rstrip(HYPHENS)} - {""}
    for text in sorted(texts):
        one = replace(_one([before[-1], after[0]]), text=text + after[0].text)
        found.append(Joined([*before[:-1], one, *after[1:]], places, len(ends) - 1, is_one=True))
    return found


def _one(words: Line) -> Word:
    """The word that several make."""
    return Word(
        "".join(word.text for word in words),
        min(word.left for word in words),
        min(word.top for word in words),
        max(word.right for word in words),
        max(word.bottom for word in words),
        min(word.confidence for word in words),
        words[0].quarters,
        is_exact=all(word.is_exact for word in words),
    )
