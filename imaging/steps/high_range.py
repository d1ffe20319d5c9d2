"""Tones a still of high dynamic range (PQ and HLG of ITU-R BT.2100) down to what an ordinary screen shows.

Shown as they are, the numbers of such a picture make skin dark and pale. Here white paper (203 candelas a square metre,
BT.2408) comes out as white, what is less than eight tenths of its light exactly as it was, and what is brighter bends
softly towards the screen's white, in its own hue. As in `matrix_colour`, no sum is ever rounded, so that each processor
gives the same bytes.
"""

import functools
import struct
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.steps.matrix_colour import FULL_LIGHT, srgb_bytes, tag_of

PQ, HLG = 16, 18
_CURVES = {PQ, HLG}
"""By their numbers in ITU-T H.273."""
_WHITE, _PQ_PEAK, _HLG_PEAK, _HLG_GAMMA = 203.0, 10_000.0, 1000.0, 1.2
"""Candelas a square metre, and how a screen of that peak bends the light of HLG's scene."""
_KNEE = 0.8
_TO_SRGB = {
    1: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    9: ((1.660491, -0.587641, -0.07285), (-0.12455, 1.1329, -0.00835), (-0.018151, -0.100579, 1.11873)),
    12: ((1.22494, -0.22494, 0.0), (-0.042057, 1.042057, 0.0), (-0.019638, -0.078636, 1.098274)),
}
_BRIGHTNESS = {1: (0.2126, 0.7152, 0.0722), 9: (0.2627, 0.678, 0.0593), 12: (0.228975, 0.691739, 0.079287)}
"""From these primaries in linear light; what names none that we know has those of BT.2020, as nearly all do."""
_BT2020 = 9
_LIGHT_BITS, _MATRIX_BITS, _GAINS = 22, 20, 1 << 16
_AT_ONCE = 1 << 15
Values = NDArray[np.uint8] | NDArray[np.uint16]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class HighRange:
    """How a picture of high dynamic range is coded: its primaries and its curve, by their numbers in ITU-T H.273."""

    primaries: int
    curve: int


def range_of(numbers: tuple[int, int] | None) -> HighRange | None:
    """Return the coding that two numbers name; None for ordinary light."""
    return HighRange(*numbers) if numbers is not None and numbers[1] in _CURVES else None


def range_of_profile(profile: bytes) -> HighRange | None:
    """The same for a colour profile that names them beside its own tables, which know nothing of white paper."""
    try:
        told = tag_of(profile, b"cicp")
        return range_of(struct.unpack_from("BB", told, 8))
    except (ValueError, struct.error):
        return None


def tone_down(values: Values, high: HighRange, shares: Numbers) -> Image.Image:
    """Return rows of red, green and blue as sRGB. `shares` says what each value is of the largest, 0 to 1."""
    light, gains, matrix = _light(high, shares), _gains(high), _matrix(high)
    found = np.empty(values.shape, np.uint8)
    height, width = values.shape[:2]
    rows = max(1, _AT_ONCE // width)
    for top in range(0, height, rows):
        # Red, green and blue of sRGB, and the brightness of the scene.
        mixed = cv2.transform(light[values[top : top + rows]], matrix)
        colours = np.maximum(mixed[:, :, :3], 0)
        if gains is not None:
            colours *= gains[np.minimum(mixed[:, :, 3] * (_GAINS - 1), _GAINS - 1).astype(np.uint16)][:, :, None]
        brightest = colours.max(axis=2)
        colours *= (_bent(brightest) / np.maximum(brightest, _KNEE))[:, :, None]
        found[top : top + rows] = srgb_bytes()[(colours * FULL_LIGHT + 0.5).astype(np.uint16)]
    return Image.fromarray(found)


def _bent(light: Numbers) -> Numbers:
    """Light above the knee comes ever nearer to 1. Below it the knee itself is given, as by whom this is divided."""
    above = np.maximum(light - _KNEE, 0) / (1 - _KNEE)
    return np.asarray(_KNEE + (1 - _KNEE) * above / (1 + above), np.float64)


def _light(high: HighRange, shares: Numbers) -> Numbers:
    """Of each value: for PQ the light that a screen gives, as a share of white paper's; for HLG that of the scene."""
    if high.curve == PQ:
        root = shares ** (32 / 2523)
        linear = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (16384 / 2610)
        return _whole(linear * _PQ_PEAK / _WHITE, _LIGHT_BITS)
    bright = (np.exp((shares - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return _whole(np.where(shares <= 0.5, shares**2 / 3, bright), _LIGHT_BITS)


@functools.cache
def _gains(high: HighRange) -> Numbers | None:
    """By how much a screen raises the light of HLG's scene, for each brightness of the scene from 0 to 1."""
    if high.curve == PQ:
        return None
    return (np.arange(_GAINS) / (_GAINS - 1)) ** (_HLG_GAMMA - 1) * _HLG_PEAK / _WHITE


@functools.cache
def _matrix(high: HighRange) -> Numbers:
    known = high.primaries if high.primaries in _TO_SRGB else _BT2020
    return _whole(np.array([*_TO_SRGB[known], _BRIGHTNESS[known]]), _MATRIX_BITS)


def _whole(numbers: Numbers, bits: int) -> Numbers:
    return np.asarray(np.round(numbers * (1 << bits)) / (1 << bits), np.float64)
