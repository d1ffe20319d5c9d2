"""Completes boxes over letters that stand under each other: of a word written so the reader misses one or the other."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from imaging.reading.ink import edges_of, inside_of, outside
from imaging.reading.view import Edges

_TALL, _NARROW, _NEXT, _ASIDE = 1.4, 2.0, 2.6, 0.8
"""How much higher than wide such a box is, and how wide, how far from its next letter and from print beside it, all in
heights of a letter."""
_LETTERS_MOST = 60


def whole_columns(boxes: Iterable[Edges], letters: NDArray[np.float32], read: Sequence[Edges]) -> list[Edges]:
    """Return the boxes, grown up and down over the letters that go on a column. What was surely `read` ends one."""
    left = outside(letters, read)
    return [_grown(box, inside_of(left, box), left) for box in boxes]


def _grown(box: Edges, mine: NDArray[np.float32], letters: NDArray[np.float32]) -> Edges:
    if not len(mine) or box[3] - box[1] < _TALL * (box[2] - box[0]):
        return box
    high = float(np.median(np.maximum(mine[:, 3] - mine[:, 1], mine[:, 2] - mine[:, 0])))
    if box[2] - box[0] > _NARROW * high:
        return box
    for _ in range(_LETTERS_MOST):
        following = _next_to(box, high, letters)
        if not len(following):
            return box
        edges = edges_of(following)
        box = min(box[0], edges[0]), min(box[1], edges[1]), max(box[2], edges[2]), max(box[3], edges[3])
        if box[2] - box[0] > _NARROW * high:
            return box
    return box


def _next_to(box: Edges, high: float, letters: NDArray[np.float32]) -> NDArray[np.float32]:
    """The letters over and under a box, if nothing stands beside them."""
    left, top, right, bottom = box
    gaps = np.maximum(top - letters[:, 3], letters[:, 1] - bottom)
    near = letters[(gaps > -high / 2) & (gaps <= _NEXT * high) & ((letters[:, 1] < top) | (letters[:, 3] > bottom))]
    inside = (near[:, 0] + near[:, 2]) / 2
    aside = np.maximum(left - near[:, 2], near[:, 0] - right)
    is_alone = not ((aside > 0) & (aside < _ASIDE * high)).any()
    return np.asarray(near[(inside >= left) & (inside <= right)] if is_alone else near[:0], np.float32)
