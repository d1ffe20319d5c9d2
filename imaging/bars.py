"""Finds the stripes of barcodes by their look, whether or not they can be decoded.

EAN, Code 128, Code 39, ITF and their like, and the rows of PDF417, are dark and light stripes that lie side by side,
in whatever direction, and of uneven widths that do not come again. The ticks of a ruler, the weave of cloth, the lines
of a table and a striped shirt are even, or come again, or are few.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy import fft
from numpy.typing import NDArray

from imaging.boxes import Box
from imaging.pixels import Pixels

_LEAST_SIDE, _LOOKS = 370, 3
"""Longest side of the smallest picture that is looked at, unless there is none larger, and of how many at most."""
_CELL, _WINDOW, _CLOSE = 4, 5, 3
"""Pixels of a cell, and cells of what is looked at together and of a gap that is closed."""
_CONTRAST, _ONE_WAY, _CHANGES = 30.0, 0.62, 0.07
"""In a window: how far its tones lie apart, how much more they change across the stripes than along them, from 0 to 1,
and how much of that distance they change by from pixel to pixel."""
_LEAST_LONG, _LEAST_HIGH, _MOST_WIDE, _LARGEST = 36, 8, 21.0, 0.4
"""Pixels of a code across and along its stripes, and of one stripe, and the share of the picture that a code may have:
a larger one is read by the decoder, and what else is so large is cloth, a blind or a shelf of books."""
_STRIPES, _UNEVEN, _STRONG = 16, 0.3, 0.22
"""How many stripes there are at least, how their widths differ (deviation by mean), and how dark the dark are."""
_ALIKE, _AGAIN = 0.9, 0.7
"""How the upper and the lower half of the stripes go with each other, as a correlation, and how they may go with
themselves some stripes farther on."""
_STACKED, _ALIKE_STACKED, _STRONG_STACKED, _AGAIN_STACKED = 24, 0.55, 0.37, 0.6
"""The same where every row has stripes of its own, as PDF417 has; large or close writing can look so too."""
_BANDS, _SAMPLES = 8, 1600
_BLUR = 81
_MARGIN = 0.06
Line = NDArray[np.float32]


@dataclass(frozen=True)
class _Patch:
    """Where stripes may be: the middle, how long across the stripes and how high along them, and the angle across."""

    x: float
    y: float
    long: float
    high: float
    angle: float


def bars_in(looks: Sequence[Pixels], *, stacked: bool) -> list[Box]:
    """Return an upright box around each, for a picture and its halves (`halves_of`).

    `stacked` looks for rows of stripes too, where writing is covered anyway.
    """
    large = [look for look in looks if look is looks[0] or max(look.shape) >= _LEAST_SIDE]
    return [box for look in large[:_LOOKS] for box in _look(look, stacked=stacked)]


def _look(small: Pixels, *, stacked: bool) -> Iterator[Box]:
    high, wide = small.shape
    for patch in _patches(small):
        if patch.long * patch.high > _LARGEST * wide * high:
            continue
        profile = _profile(small, patch)
        if profile is not None and _is_code(profile, patch.long / profile.shape[1], stacked=stacked):
            yield _around(patch, (wide, high))


def _patches(small: Pixels) -> Iterator[_Patch]:
    """Regions in which tones change much, and in one direction."""
    high, wide = (length // _CELL for length in small.shape)
    small = small[: high * _CELL, : wide * _CELL]
    across, down = (
        np.asarray(cv2.Scharr(small, cv2.CV_32F, *order, scale=1 / 16), np.float32) for order in ((1, 0), (0, 1))
    )
    xx, yy, xy = (_in_windows(one) for one in (across * across, down * down, across * down))
    around = np.ones((_WINDOW * _CELL, _WINDOW * _CELL), np.uint8)
    lightest, darkest = (turn(small, around)[::_CELL, ::_CELL].astype(np.float32) for turn in (cv2.dilate, cv2.erode))
    span, change = lightest - darkest, _in_windows(np.asarray(cv2.magnitude(across, down), np.float32))
    one_way = np.hypot(xx - yy, 2 * xy) / (xx + yy + 1e-3)
    where = (one_way > _ONE_WAY) & (span > _CONTRAST) & (change > _CHANGES * span)
    closed = cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((_CLOSE, _CLOSE), np.uint8))
    count, marks, found, _ = cv2.connectedComponentsWithStats(closed)
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in found[number])
        if area * _CELL**2 < _LEAST_LONG * _LEAST_HIGH:
            continue
        part = (slice(top, top + height), slice(left, left + width))
        chosen = marks[part] == number
        first, second, mixed = (float(one[part][chosen].sum()) for one in (xx, yy, xy))
        yield _patch(chosen, (left, top), 0.5 * math.atan2(2 * mixed, first - second))


def _in_windows(plane: Line) -> Line:
    high, wide = (length // _CELL for length in plane.shape)
    cells = cv2.resize(plane, (wide, high), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.boxFilter(cells, -1, (_WINDOW, _WINDOW)), np.float32)


def _patch(chosen: NDArray[np.bool_], corner: tuple[int, int], angle: float) -> _Patch:
    rows, columns = np.nonzero(chosen)
    cos, sin = math.cos(angle), math.sin(angle)
    along, beside = columns * cos + rows * sin, rows * cos - columns * sin
    (first, last), (low, top) = (np.percentile(line, [1, 99]) for line in (along, beside))
    middle, level = (first + last) / 2, (low + top) / 2
    x, y = corner[0] + 0.5 + middle * cos - level * sin, corner[1] + 0.5 + middle * sin + level * cos
    long, high = last - first + 1, top - low + 1
    return _Patch(float(x * _CELL), float(y * _CELL), float(long * _CELL), float(high * _CELL), angle)


def _profile(small: Pixels, patch: _Patch) -> Line | None:
    """The tones across the stripes, once for each of some bands; None for what is no strip."""
    if patch.long < _LEAST_LONG or patch.high < _LEAST_HIGH:
        return None
    cos, sin = math.cos(patch.angle), math.sin(patch.angle)
    wide, high = min(_SAMPLES, round(patch.long * 2)), max(_BANDS, round(patch.high * 0.7))
    step, rise = patch.long / wide, patch.high * 0.7 / high
    x = patch.x - cos * step * wide / 2 + sin * rise * high / 2
    y = patch.y - sin * step * wide / 2 - cos * rise * high / 2
    turn = np.array([[cos * step, -sin * rise, x], [sin * step, cos * rise, y]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    straight = cv2.warpAffine(small, turn, (wide, high), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(straight, (wide, _BANDS), interpolation=cv2.INTER_AREA), np.float32)


def _is_code(profile: Line, step: float, *, stacked: bool) -> bool:
    line = profile.mean(axis=0)
    widths = _stripes(line)
    if len(widths) < _STRIPES or not _UNEVEN * np.mean(widths) < np.std(widths):
        return False
    dark, light = np.percentile(line, [8, 92])
    alike, again = _alike(profile), _again(line)
    strength = (light - dark) / max(light, 1.0)
    if step * float(np.mean(widths)) > _MOST_WIDE:
        return False
    if alike >= _ALIKE and again <= _AGAIN and strength >= _STRONG:
        return True
    is_like_rows = len(widths) >= _STACKED and alike >= _ALIKE_STACKED and strength >= _STRONG_STACKED
    return stacked and is_like_rows and again <= _AGAIN_STACKED


def _stripes(line: Line) -> NDArray[np.int64]:
    """The widths of the stripes along a line, in samples; those at the ends left out."""
    around = np.ones((1, 61), np.uint8)
    tones = cv2.GaussianBlur(line[None], (0, 0), 1.0)
    lightest, darkest = cv2.dilate(tones, around)[0], cv2.erode(tones, around)[0]
    middle = cv2.blur(((lightest + darkest) / 2)[None], (31, 1))[0]
    is_light, is_strong = tones[0] > middle, lightest - darkest > _CONTRAST / 2
    return np.diff(np.flatnonzero((is_light[1:] != is_light[:-1]) & is_strong[1:]))


def _even(line: Line) -> Line:
    """The line without what light and shade did to it."""
    plain = line - cv2.blur(line[None], (_BLUR, 1))[0]
    return np.asarray(plain - plain.mean(), np.float32)


def _alike(profile: Line) -> float:
    upper, lower = (_even(half.mean(axis=0)) for half in (profile[: _BANDS // 2], profile[_BANDS // 2 :]))
    both = math.sqrt(float((upper**2).sum() * (lower**2).sum()))
    return float((upper * lower).sum()) / both if both > 0 else 0.0


def _again(line: Line) -> float:
    """The highest correlation of the line with itself, from where it first goes against itself, in its first 60 %."""
    plain = _even(line).astype(np.float64)
    size = len(plain)
    wave = fft.rfft(plain, 2 * size)
    shared = fft.irfft(wave * np.conj(wave))[:size]
    so_far = np.concatenate([[0.0], np.cumsum(plain**2)])
    lags = np.arange(size)
    shares = shared / (np.sqrt(so_far[size - lags] * (so_far[size] - so_far[lags])) + 1e-6)
    against = np.flatnonzero(shares < 0)
    kept = shares[against[0] : int(size * 0.6)] if len(against) else shares[:0]
    return float(kept.max()) if len(kept) else 1.0


def _around(patch: _Patch, size: tuple[int, int]) -> Box:
    cos, sin = abs(math.cos(patch.angle)), abs(math.sin(patch.angle))
    more = _MARGIN * patch.long + 4
    half_wide = (cos * patch.long + sin * patch.high) / 2 + more
    half_high = (sin * patch.long + cos * patch.high) / 2 + more
    wide, high = size
    edges = (patch.x - half_wide) / wide, (patch.y - half_high) / high
    ends = (patch.x + half_wide) / wide, (patch.y + half_high) / high
    return Box(*(max(0.0, edge) for edge in edges), *(min(1.0, edge) for edge in ends))
