"""What a text layer may be believed of, beside what was read on the same page."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from imaging.reading.spelling import distance, fold
from imaging.reading.view import Edges, around, quarters
from imaging.reading.whole import SURE, Reading
from imaging.reading.words import Word

_COVERED = 0.6
_ENOUGH_TO_JUDGE, _AGREED = 5, 0.5
_GROWN, _SHARED = 0.25, 0.3


def turned(words: Iterable[Word], count: int, size: tuple[int, int]) -> list[Word]:
    """Those words that are upright after so many quarters, with their places on the picture turned so."""
    turn = quarters(count, *size)
    return [_moved(word, around(turn, _edges(word))) for word in words if word.quarters == count]


def believed(layer: Sequence[Word], page: Reading | None) -> list[Word]:
    """Return the layer's words; where they differ from what was read in their places, none of them is exact.

    A font whose letters are told wrongly shows a name and lets another text be selected.
    """
    exact = [word for word in layer if word.is_exact]
    read = [] if page is None else _pairs(page, exact)
    if len(read) < _ENOUGH_TO_JUDGE or sum(_agree(*pair) for pair in read) >= _AGREED * len(read):
        return list(layer)
    return [replace(word, is_exact=False) for word in layer]


def proven(layer: Iterable[Word]) -> list[Edges]:
    """The boxes in which it is known what stands."""
    found = []
    for word in layer:
        if word.is_exact:
            more = _GROWN * min(word.height, word.right - word.left)
            found.append((word.left - more, word.top - more, word.right + more, word.bottom + more))
    return found


def corrected(reading: Reading, layer: Iterable[Word]) -> list[Word]:
    """Return what was read with the layer's exact words in the place of what was made of them."""
    exact = _Laid(_on_view(reading, layer))
    kept = [word for word in reading.words if not _is_told_by(word, exact)]
    return [*kept, *exact.words] if kept else []


def seen_otherwise(reading: Reading, layer: Iterable[Word]) -> tuple[list[Word], set[Word]]:
    """Return all that was read, letter for letter, and which of it are words that the layer tells with other letters.

    Of a ligature many fonts tell a blank, nothing or one letter. That a reader makes just a name of another word by
    mistake is less likely.
    """
    exact, read = _Laid(_on_view(reading, layer)), [replace(word, is_exact=True) for word in reading.words]
    told = {word for word in read if word.text.isalpha() and _is_told_by(word, exact)}
    return read, {word for word in told if fold(word.text) != fold("".join(one.text for one in exact.under(word)))}


def _is_told_by(word: Word, exact: "_Laid") -> bool:
    told = exact.under(word)
    covered = sum(_common(word, one) for one in told) / max(1.0, _area(word))
    return covered >= _COVERED and _agree(word.text, "".join(one.text for one in told))


def _pairs(page: Reading, exact: Sequence[Word]) -> list[tuple[str, str]]:
    """What was surely read, and what the layer has there."""
    there = _Laid(_on_view(page, exact))
    sure = [word for word in page.words if word.confidence >= SURE and len(fold(word.text)) > 1]
    found = ((word.text, "".join(one.text for one in there.under(word))) for word in sure)
    return [(text, told) for text, told in found if told]


def _agree(text: str, told: str) -> bool:
    first, second = fold(text), fold(told)
    enough = max(1, max(len(first), len(second)) // 2)
    return distance(first, second, enough) <= enough


class _Laid:
    """Words with their places in one array, so that those under another are found without looking at each."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        edges = np.array([(word.left, word.top, word.right, word.bottom) for word in words], np.float64).reshape(-1, 4)
        self._starts, self._ends = edges[:, :2], edges[:, 2:]
        self._areas = np.clip(self._ends - self._starts, 0.0, None).prod(axis=1)

    def under(self, word: Word) -> list[Word]:
        """Those that share with this word three tenths of the smaller of both, from left to right."""
        starts = np.maximum(self._starts, (word.left, word.top))
        shared = np.clip(np.minimum(self._ends, (word.right, word.bottom)) - starts, 0.0, None).prod(axis=1)
        found = np.flatnonzero(shared > _SHARED * np.minimum(_area(word), self._areas))
        return sorted((self.words[number] for number in found), key=lambda one: one.left)


def _on_view(reading: Reading, layer: Iterable[Word]) -> list[Word]:
    """The exact words that run along the lines of a view, with their places on it."""
    forth = np.asarray(cv2.invertAffineTransform(reading.view.back), np.float64)
    count = round(np.degrees(np.arctan2(-forth[1, 0], forth[0, 0])) / 90) % 4
    height, width = reading.view.grey.shape
    moved = [_moved(word, around(forth, _edges(word))) for word in layer if word.is_exact and word.quarters == count]
    return [word for word in moved if word.right > 0 and word.bottom > 0 and word.left < width and word.top < height]


def _moved(word: Word, edges: Edges) -> Word:
    left, top, right, bottom = edges
    return replace(word, left=left, top=top, right=right, bottom=bottom)


def _edges(word: Word) -> Edges:
    return word.left, word.top, word.right, word.bottom


def _area(word: Word) -> float:
    return max(0.0, word.right - word.left) * max(0.0, word.height)


def _common(first: Word, second: Word) -> float:
    wide = min(first.right, second.right) - max(first.left, second.left)
    high = min(first.bottom, second.bottom) - max(first.top, second.top)
    return max(0.0, wide) * max(0.0, high)
