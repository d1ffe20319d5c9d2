"""Finds small busy places in a picture: where a code may be that is too small to be read as it is."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

_STEEP, _FULL, _SPAN = 14.0, 0.4, 50
"""By how much of 255 tones change from pixel to pixel where it is busy, what share of a place does, and how far its
tones lie apart."""
_LEAST, _MOST, _LONG = 14, 220, 3.5
_GAP = 7
"""Plain stretches of so many pixels are within one place: modules beside each other may have one tone."""
_COUNT = 48
_AT_ONCE, _HALO = 8_000_000, 8
"""Pixels that are looked at together, and how many rows at a cut edge may look otherwise than within."""
_OVERLAP = _MOST + 3 * _HALO
Edges = tuple[int, int, int, int]


def busy_places(grey: NDArray[np.uint8]) -> list[Edges]:
    """Return left, top, right and bottom of each in pixels, the steepest first.

    A large picture is looked at in bands, for which a tenth of the memory is enough. They overlap by more than a place
    is high, so each place lies whole in one of them; what a band cuts off is too high, or whole in another.
    """
    found: dict[Edges, float] = {}
    rows = max(_AT_ONCE // grey.shape[1], 4 * _OVERLAP)
    for top in range(0, max(1, len(grey) - _OVERLAP), rows - _OVERLAP):
        band = grey[top : top + rows]
        is_cut_above, is_cut_below = top > 0, top + rows < len(grey)
        for (left, upper, right, lower), steepness in _places_in(band):
            if (upper <= _HALO and is_cut_above) or (lower >= len(band) - _HALO and is_cut_below):
                continue
            found[left, top + upper, right, top + lower] = steepness
    return sorted(found, key=lambda edges: -found[edges])[:_COUNT]


def _places_in(grey: NDArray[np.uint8]) -> Iterator[tuple[Edges, float]]:
    """Yield the places of a band, and how steep each is."""
    across, down = (cv2.Scharr(grey, cv2.CV_16S, *order) for order in ((1, 0), (0, 1)))
    steep = cv2.addWeighted(cv2.convertScaleAbs(across, alpha=1 / 16), 1, cv2.convertScaleAbs(down, alpha=1 / 16), 1, 0)
    where = (steep > _STEEP).astype(np.uint8)
    closed = cv2.morphologyEx(where, cv2.MORPH_CLOSE, np.ones((_GAP, _GAP), np.uint8))
    islands = islands_in(np.asarray(closed, np.uint8))
    wide, high, area = islands[:, 2], islands[:, 3], islands[:, 4]
    shorter, longer = np.minimum(wide, high), np.maximum(wide, high)
    is_one = (shorter >= _LEAST) & (longer <= _MOST) & (longer <= _LONG * shorter) & (area >= _FULL * wide * high)
    for left, top, width, height, _ in islands[is_one].tolist():
        edges = left, top, left + width, top + height
        part = (slice(top, edges[3]), slice(left, edges[2]))
        if int(grey[part].max()) - int(grey[part].min()) >= _SPAN:
            yield edges, float(steep[part].mean())


def islands_in(marks: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return left, top, width, height and area of each region of marked pixels that touch each other.

    One way to number them is three times faster than what OpenCV takes by itself where they are few, and as fast where
    they are many; it gives the same.
    """
    _, _, found, _ = cv2.connectedComponentsWithStatsWithAlgorithm(marks, 8, cv2.CV_32S, cv2.CCL_GRANA)
    return np.asarray(found[1:], np.int32)
