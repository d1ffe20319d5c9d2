"""Cuts a very long picture of a paper, as a phone makes of what it scrolls through, into pages that can be read.

Drawn as one page such a picture would be so narrow that its print is gone: for whoever reads it, and for what looks for
names on it.
"""

import math

import cv2
import numpy as np

from imaging import limits
from imaging.pixels import Pixels

LONG = 2.5
"""How many times as high as wide a picture is before it is cut. The longest screens of phones reach 2.4."""
_WORTH = 1.25
"""A picture that is hardly higher than a page loses nothing as one."""
_WIDE = limits.PAGE_SIDE // 2
_EARLIEST = 0.55
"""Where a page may end at the earliest, as a share of the highest."""
_INK, _BORDER, _GAP = 24, 0.9, 6
"""How far from its row's own tone ink is, of 255; in what share of the rows a line stands that frames a list from top
to bottom; and how many rows without ink in a row lie between two lines of print at least."""


def long_side(width: int, height: int) -> int | None:
    """How long the longer side of a picture shall be that is cut, in pixels; None for one that is drawn as one page."""
    if height < LONG * width or height <= _WORTH * limits.PAGE_SIDE:
        return None
    scale = min(1.0, _WIDE / width, math.sqrt(limits.LONG_PIXELS / (width * height)))
    return math.ceil(scale * height)


def pages_of(pixels: Pixels) -> list[Pixels]:
    """Return the parts of an upright RGB picture from top to bottom, which together are all of it.

    It is cut where nothing is printed, so that no half of a line can be read and not be covered. One in which there is
    no such place within a page's reach is returned whole.
    """
    height, width = pixels.shape[:2]
    page = min(limits.PAGE_SIDE, max(limits.PAGE_LEAST_SIDE, 2 * width))
    ends = [0]
    while height - ends[-1] > page:
        first = ends[-1] + int(_EARLIEST * page)
        place = _quietest(pixels[first : ends[-1] + page])
        if place is None:
            return [pixels]
        ends.append(first + place)
    return [pixels[top:bottom] for top, bottom in zip(ends, [*ends[1:], height], strict=True)]


def _quietest(part: Pixels) -> int | None:
    """The middle of the widest gap between lines, in rows from the top of the part."""
    grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY).astype(np.int16)
    ink = np.abs(grey - np.median(grey, axis=1, keepdims=True)) > _INK
    ink &= ink.mean(axis=0) < _BORDER
    edges = np.flatnonzero(np.diff(np.concatenate(([True], ink.any(axis=1), [True])).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    if not starts.size or (stops - starts).max() < _GAP:
        return None
    widest = int((stops - starts).argmax())
    return int(starts[widest] + stops[widest]) // 2
