"""Finds print that runs along a circle, as on a round stamp: in no direction is it a line that could be read.

Of such a ring the reader makes a word here and there, which proves nothing about the rest, so all of it is covered.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.reading.ink import Ink, groups_of
from imaging.reading.view import Edges

_Letters = NDArray[np.float32]
_FEWEST, _MOST_LETTERS, _GROUPS_MOST = 8, 600, 30
_TRIES, _RINGS_MOST = 160, 3
_STRIDES = (7919, 3), (104_729, 31), (1_299_709, 17)
"""How three letters of a group are picked, again and again in other ways."""
_SMALLEST, _LARGEST = 3.0, 22.0
"""How long the radius is at least and at most, in heights of a letter."""
_ON, _BESIDE, _EMPTY = 0.4, 1.3, 0.5
"""How far from the circle a letter's middle may lie, and print beside it is counted, in heights; how much may be."""
_SECTORS, _ROUND = 24, 9
"""Letters must stand in so many of all sectors of the circle: a line that sags a little is none."""
_LOOKED_AT, _NEXT, _ARC = 12, 2.2, 2 * np.pi / 3
"""How far apart, in heights, two letters of a ring may stand, and along which part of the circle they must."""
_MORE = 0.45


def stamps_in(ink: Ink) -> list[Edges]:
    """Return boxes of the page over the letters that stand in rings."""
    if ink.is_too_much:
        return []
    groups = [group for group in groups_of(ink.letters, ink.grey.shape) if _FEWEST <= len(group) <= _MOST_LETTERS]
    found: list[Edges] = []
    for group in sorted(groups, key=len, reverse=True)[:_GROUPS_MOST]:
        left = group
        for _ in range(_RINGS_MOST):
            ring = _ring_of(left)
            if ring is None:
                break
            on, sectors, high = ring
            found += _boxes(left[on], sectors[on], high)
            left = left[~on]
    return found


def _ring_of(group: _Letters) -> tuple[NDArray[np.bool_], NDArray[np.int64], float] | None:
    """Which letters of a group stand in its best ring, the sector of each, and how high they are."""
    if len(group) < _FEWEST:
        return None
    places = ((group[:, :2] + group[:, 2:4]) / 2).astype(np.float64)
    high = float(np.median(np.maximum(group[:, 2] - group[:, 0], group[:, 3] - group[:, 1])))
    middles, radii = _circles(places, high)
    if not len(radii):
        return None
    ways = places[None] - middles[:, None]
    apart = np.abs(np.hypot(ways[..., 0], ways[..., 1]) - radii[:, None]) / high
    on = apart <= _ON
    beside = ((apart > _ON) & (apart <= _BESIDE)).sum(axis=1)
    turns = np.arctan2(ways[..., 1], ways[..., 0])
    sectors = ((turns / (2 * np.pi) + 0.5) * _SECTORS).astype(np.int64) % _SECTORS
    filled = np.array([len(np.unique(row[mine])) for row, mine in zip(sectors, on, strict=True)])
    count = on.sum(axis=1)
    worth = np.where((count >= _FEWEST) & (beside <= _EMPTY * count) & (filled >= _ROUND), count - beside, 0)
    for best in np.argsort(-worth, kind="stable")[:_LOOKED_AT].tolist():
        if worth[best] > 0 and _goes_round(turns[best][on[best]], float(radii[best]) / high):
            return on[best], sectors[best], high
    return None


def _goes_round(turns: NDArray[np.float64], radius: float) -> bool:
    """Whether letters follow each other along a third of the circle. Level lines meet it, but leave it soon."""
    turns = np.sort(turns)
    gaps = np.diff(np.concatenate([turns, turns + 2 * np.pi]))
    longest = span = 0.0
    for gap in gaps.tolist():
        span = span + gap if gap * radius <= _NEXT else 0.0
        longest = max(longest, span)
    return longest >= _ARC


def _circles(places: NDArray[np.float64], high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The circles through three letters each, chosen alike for the same page, that have the size of a stamp's."""
    # No generator of random numbers: loading it would read files, which the jail forbids.
    tries = np.arange(1, _TRIES + 1, dtype=np.int64)
    a, b, c = (places[(tries * one + tries * tries * two) % len(places)] for one, two in _STRIDES)
    b, c = b - a, c - a
    twice = 2 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    is_open = np.abs(twice) > 1
    a, b, c, twice = a[is_open], b[is_open], c[is_open], twice[is_open]
    first, second = (b * b).sum(axis=1), (c * c).sum(axis=1)
    middles = np.stack(
        [(c[:, 1] * first - b[:, 1] * second) / twice, (b[:, 0] * second - c[:, 0] * first) / twice], axis=1
    )
    radii = np.hypot(middles[:, 0], middles[:, 1])
    fits = (radii >= _SMALLEST * high) & (radii <= _LARGEST * high)
    return (middles + a)[fits], radii[fits]


def _boxes(letters: _Letters, sectors: NDArray[np.int64], high: float) -> list[Edges]:
    """One box over the letters of each sector, wide enough that thin strokes between them lie under it too."""
    more = _MORE * high
    found = []
    for sector in np.unique(sectors):
        mine = letters[sectors == sector]
        left, top = (mine[:, :2].min(axis=0) - more).tolist()
        right, bottom = (mine[:, 2:4].max(axis=0) + more).tolist()
        found.append((left, top, right, bottom))
    return found
