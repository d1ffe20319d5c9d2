"""Finds what on a page looks like letters, whatever it is: dark or pale, light on dark, upright or lying on its side.

What looks like letters and was read by nobody may be a name, so this says what is still to be explained.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.pixels import Pixels
from imaging.reading.view import Edges

_PAPER_SHRUNK, _PAPER_WINDOW = 8, 21
_FAINTEST, _OVER_NOISE = 10.0, 4.0
_STRONG, _PLAIN_CONTRAST, _GAIN_MOST = 99.0, 140.0, 4.0
_RULE = 70
"""A stroke of so many pixels is a rule of a table or of a form, and no letter."""
_LOWEST, _HIGHEST, _LONGEST, _THIN = 6, 110, 300, 2
_FULLEST, _EMPTIEST = 0.93, 0.06
_BODY, _LONGEST_STROKE, _LARGE, _EMPTIEST_LARGE, _THICK = 8, 45, 40, 0.14, 5
LETTERS_MOST = 8_000
"""A page of small print has some six thousand. What has more is noise, or a trap, and could not be read in time."""
_NOISY, _NOISE_MOST, _SMOOTHED = 8.0, 12.0, (3, 5)
_JOINED_BY, _COARSE = 0.9, 4
_STROKE, _WITH_BODY = 3.5, 0.4
_NEAR, _PART_OF_STRONGEST, _SHADE = 5, 0.4, 0.5
_WHITE = 255


@dataclass(frozen=True)
class Ink:
    """A page as its reader should see it, black on white, and what looks like letters on it.

    `letters` has a row for each: left, top, right, bottom in pixels, and how many letters it may be, for those that
    touch each other are one.
    """

    grey: Pixels
    letters: NDArray[np.float32]
    is_noise: bool = False
    """Whether the paper itself is so restless that letters on it could not be told from it."""

    @property
    def is_too_much(self) -> bool:
        """Whether there is more than can be read in the time that a page has."""
        return self.is_noise or len(self.letters) > LETTERS_MOST


def ink_of(grey: Pixels) -> Ink:
    """Look at a grey picture of a page."""
    contrast = _contrast(grey)
    noise = _noise(contrast)
    for size in _SMOOTHED:
        if noise > _NOISY:
            # A raster of dots becomes grey again, and grain is less than letters are.
            contrast = _contrast(np.asarray(cv2.blur(grey, (size, size)), np.uint8))
            noise = _noise(contrast)
    least = np.maximum(_strongest_near(contrast), max(_FAINTEST, _OVER_NOISE * noise))
    marked = contrast > least
    strong = float(np.percentile(contrast[marked], _STRONG)) if marked.any() else _PLAIN_CONTRAST
    gain = 1.0 if strong > _PLAIN_CONTRAST else min(_GAIN_MOST, _PLAIN_CONTRAST * 1.4 / max(strong, 1.0))
    contrast[contrast < _SHADE * least] = 0
    plain = cv2.convertScaleAbs(contrast, alpha=gain)
    return Ink(np.asarray(_WHITE - plain, np.uint8), _letters(marked.astype(np.uint8)), noise > _NOISE_MOST)


def letters_alone(ink: Ink) -> Pixels:
    """The page without whatever is no letter: edges of the paper, grids, curves."""
    plane = np.zeros(ink.grey.shape, np.uint8)
    for left, top, right, bottom in ink.letters[:, :4].astype(int).tolist():
        cv2.rectangle(plane, (left, top), (right, bottom), _WHITE, cv2.FILLED)
    return np.asarray(cv2.bitwise_or(ink.grey, cv2.bitwise_not(plane)), np.uint8)


def groups_of(letters: NDArray[np.float32], shape: tuple[int, ...]) -> list[NDArray[np.float32]]:
    """Put letters that stand near each other together, whichever way they run."""
    if not len(letters):
        return []
    height, width = (side // _COARSE + 1 for side in shape[:2])
    plane = np.zeros((height, width), np.uint8)
    reach = _JOINED_BY * np.minimum(letters[:, 2] - letters[:, 0], letters[:, 3] - letters[:, 1]).clip(10, 40)
    for (left, top, right, bottom, _), more in zip(letters.tolist(), reach.tolist(), strict=True):
        corner = (int((left - more) / _COARSE), int((top - more) / _COARSE))
        cv2.rectangle(plane, corner, (int((right + more) / _COARSE), int((bottom + more) / _COARSE)), 1, cv2.FILLED)
    _, labels = cv2.connectedComponents(plane)
    middles = _middles(letters) / _COARSE
    homes = labels[middles[:, 1].astype(int).clip(0, height - 1), middles[:, 0].astype(int).clip(0, width - 1)]
    return [letters[homes == home] for home in np.unique(homes)]


def weight(letters: NDArray[np.float32]) -> float:
    """About how many letters they are."""
    return float(letters[:, 4].sum())


def is_like_print(letters: NDArray[np.float32], fewest: float) -> bool:
    """Whether a group may be a word: enough letters, and not nearly all of them strokes, as pieces of a grid are."""
    wide, high = letters[:, 2] - letters[:, 0], letters[:, 3] - letters[:, 1]
    has_body = (np.maximum(wide, high) <= _STROKE * np.minimum(wide, high)) | (np.minimum(wide, high) >= 2 * _BODY)
    return weight(letters) >= fewest and float(has_body.mean()) >= _WITH_BODY


def edges_of(letters: NDArray[np.float32]) -> Edges:
    """The box around letters."""
    left, top = letters[:, :2].min(axis=0).tolist()
    right, bottom = letters[:, 2:4].max(axis=0).tolist()
    return left, top, right, bottom


def outside(letters: NDArray[np.float32], boxes: Iterable[Edges]) -> NDArray[np.float32]:
    """The letters whose middle lies in none of the boxes."""
    middles = _middles(letters)
    left = np.ones(len(letters), bool)
    for box in boxes:
        left &= ~_within(middles, box)
    return letters[left]


def inside_of(letters: NDArray[np.float32], box: Edges) -> NDArray[np.float32]:
    """The letters whose middle lies in a box."""
    return np.asarray(letters[_within(_middles(letters), box)], np.float32)


def _within(middles: NDArray[np.float32], box: Edges) -> NDArray[np.bool_]:
    x, y = middles[:, 0], middles[:, 1]
    return np.asarray((x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3]))


def _middles(letters: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((letters[:, :2] + letters[:, 2:4]) / 2, np.float32)


def _contrast(grey: Pixels) -> Pixels:
    """By how much each place differs from the paper around it."""
    height, width = grey.shape
    small = (max(1, width // _PAPER_SHRUNK), max(1, height // _PAPER_SHRUNK))
    paper = cv2.medianBlur(cv2.resize(grey, small, interpolation=cv2.INTER_AREA), _PAPER_WINDOW)
    return np.asarray(cv2.absdiff(grey, cv2.resize(paper, (width, height))), np.uint8)


def _strongest_near(contrast: Pixels) -> Pixels:
    """A share of the strongest ink around each place: the pale grid under a curve or under print is no print."""
    height, width = contrast.shape
    small = cv2.resize(contrast, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    rows, columns = (side // 8 * 8 for side in small.shape)
    if not rows or not columns:
        return np.zeros_like(contrast)
    most = small[:rows, :columns].reshape(rows // 8, 8, columns // 8, 8).max(axis=(1, 3))
    near = cv2.dilate(np.ascontiguousarray(most), np.ones((_NEAR, _NEAR), np.uint8))
    near = cv2.convertScaleAbs(
        cv2.resize(near, (width, height), interpolation=cv2.INTER_LINEAR), alpha=_PART_OF_STRONGEST
    )
    return np.asarray(near, np.uint8)


def _noise(contrast: Pixels) -> float:
    return 1.48 * float(np.median(contrast[::4, ::4]))


def _letters(marked: Pixels) -> NDArray[np.float32]:
    """The marks that have the size of letters, without the rules of tables that they may touch."""
    for shape in ((_RULE, 1), (1, _RULE)):
        rules = cv2.morphologyEx(marked, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, shape))
        marked = np.asarray(cv2.subtract(marked, rules), np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=8, ltype=cv2.CV_32S)
    left, top, wide, high, area = (stats[1:, column].astype(np.float32) for column in range(5))
    short, long = np.minimum(wide, high), np.maximum(wide, high)
    full = area / (wide * high)
    is_letter = (short >= _THIN) & (long >= _LOWEST) & (short <= _HIGHEST) & (long <= _LONGEST)
    is_letter &= (full >= _EMPTIEST) & ((full <= _FULLEST) | (long < _HIGHEST / 3))
    # A thin stroke is an l or a 1; a longer one is a piece of a rule, a wide and empty shape one of a curve.
    is_letter &= (short >= _BODY) | (long <= _LONGEST_STROKE)
    is_letter &= (long <= _LONGEST_STROKE) | (area >= _THICK * long)
    is_letter &= (short <= _LARGE) | (full >= _EMPTIEST_LARGE)
    count = np.where(short >= _BODY, np.maximum(1, long / np.maximum(short, 1) / 1.2), np.where(short >= 5, 1, 0.25))
    return np.stack([left, top, left + wide, top + high, count], axis=1)[is_letter].astype(np.float32)
