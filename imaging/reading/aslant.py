"""Reads what runs aslant through other print, such as a name across a table.

Each of its letters stands in another row of the table, so none of them looks like a word of its own there; and what is
cut out around them is mostly table, and is turned as the table lies. Alone they lie in one line.
"""

from collections.abc import Sequence

import numpy as np

from imaging.reading.ink import Ink, edges_of, letters_alone, outside, weight
from imaging.reading.straighten import turns_of
from imaging.reading.tesseract import Reader, read_words
from imaging.reading.view import Edges, view_of
from imaging.reading.whole import DOTS, HALF_SURE, SURE, Letters, Reading

_FEWEST, _MOST = 8.0, 600.0
"""About how many letters are left that this is for: more are a page that could not be read at all."""
_ASLANT, _ENOUGH, _MARGIN = 6.0, 0.5, 12.0
_STEP, _IN_LINE = 3.0, 8
"""Degrees between the slants that are tried, and how many letters follow each other in one line of one at least."""
_APART, _DARK = 6.0, 160
"""How many times its height a line may be interrupted by print that runs through it."""


def read_aslant(reader: Reader, ink: Ink, page: Reading, told: Sequence[Edges]) -> Reading | None:
    """Return what the letters say that are in none of the boxes `told`, where they lie in lines of their own slant."""
    left = outside(ink.letters, told)
    if not _FEWEST <= weight(left) <= _MOST:
        return None
    if not _may_run_aslant(left, page.view.angle):
        return None
    alone = letters_alone(Ink(ink.grey, left))
    likely, other = turns_of(alone)
    if abs((likely - page.view.angle + 45) % 90 - 45) < _ASLANT:
        return None
    start, top, end, bottom = edges_of(left)
    box = start - _MARGIN, top - _MARGIN, end + _MARGIN, bottom + _MARGIN
    best, most = None, 0.0
    for turn in (likely, likely + 180, other, other + 180):
        view = view_of(alone, box, turn)
        words = [word for word in read_words(reader, view.grey, DOTS) if word.confidence >= HALF_SURE]
        reading = Reading(view, words)
        share = 1 - weight(outside(left, reading.boxes(SURE))) / weight(left)
        if share > most:
            best, most = reading, share
        if most >= _ENOUGH:
            break
    return best


def _may_run_aslant(left: Letters, turned: float) -> bool:
    """Whether enough letters lie in one line of some slant: to look at all of the page costs a tenth of its reading."""
    x, y = (left[:, 0] + left[:, 2]) / 2, (left[:, 1] + left[:, 3]) / 2
    high = max(1.0, float(np.median(np.maximum(left[:, 2] - left[:, 0], left[:, 3] - left[:, 1]))))
    turn = np.radians(turned)
    level, upright = y * np.cos(turn) - x * np.sin(turn), x * np.cos(turn) + y * np.sin(turn)
    for angle in np.radians(np.arange(-90.0, 90.0, _STEP)):
        if abs((np.degrees(angle) - turned + 45) % 90 - 45) < _ASLANT:
            continue
        across, along = y * np.cos(angle) - x * np.sin(angle), x * np.cos(angle) + y * np.sin(angle)
        bins = ((across - across.min()) / high).astype(int)
        counts = np.bincount(bins, minlength=2)
        for at in np.flatnonzero(counts[:-1] + counts[1:] >= _IN_LINE):
            here = np.flatnonzero((bins == at) | (bins == at + 1))
            here = here[np.argsort(along[here])]
            for run in np.split(here, np.flatnonzero(np.diff(along[here]) > _APART * high) + 1):
                # A word that lies as the page does is in such a line as well, and in one row of it.
                if len(run) >= _IN_LINE and min(np.ptp(level[run]), np.ptp(upright[run])) > 2 * high:
                    return True
    return False


def whole_line(reading: Reading, found: Edges) -> Edges:
    """A box of the view, grown along its line over what the print around it left unread."""
    left, top, right, bottom = found
    grey = reading.view.grey
    inked = np.flatnonzero((grey[max(0, int(top)) : int(bottom) + 1] < _DARK).any(axis=0))
    most = _APART * (bottom - top)
    for at in inked[inked > right]:
        right = float(at) if at - right <= most else right
    for at in inked[inked < left][::-1]:
        left = float(at) if left - at <= most else left
    return left, top, right, bottom
