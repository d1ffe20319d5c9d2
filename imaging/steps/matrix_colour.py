"""Brings RGB to sRGB by three curves and a matrix, as most cameras' profiles describe it, four times faster than lcms.

Every number on the way is a whole one, short enough for double precision to hold all sums exactly: so each processor
gives the same bytes. Whoever makes a `Shaper` compares it with lcms first; what disagrees is left to lcms.
"""

import functools
import struct
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms

from imaging.pixels import Pixels

_FINE_BITS = 22
"""Of the light of a value and of a number of the matrix; what is made of three of each has less than 53."""
FULL_LIGHT = 1 << 14
"""Full light, as the last table counts it. The darkest grey above black is five steps of it."""
_PLACES = 1 << 16
_AT_ONCE = 1 << 15
"""So many pixels go through all steps together, so that what lies between stays near the processor."""
_COLOURS = ("red", "green", "blue")
_CURVES = (b"rTRC", b"gTRC", b"bTRC")
_TAGS_MOST = 100
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Shaper:
    """The light of each byte, a matrix of three rows and four columns, and the byte of each light.

    `light` has one channel where all three curves are the same: to look in three tables takes twice as long.
    """

    light: Numbers
    matrix: Numbers
    shades: Pixels

    def apply(self, source: Pixels, target: Pixels) -> None:
        """Write the rows of `source`, converted, into those of `target`."""
        height, width = source.shape[:2]
        rows = min(height, max(1, _AT_ONCE // width))
        # The same memory for every round: fresh memory costs more than the arithmetic.
        light, mixed = np.empty((rows, width, 3)), np.empty((rows, width, 3))
        places = np.empty((rows, width, 3), np.uint16)
        for top in range(0, height, rows):
            some = min(rows, height - top)
            cv2.LUT(source[top : top + some], self.light, dst=light[:some])
            cv2.transform(light[:some], self.matrix, dst=mixed[:some])
            np.copyto(places[:some], mixed[:some], casting="unsafe")
            cv2.LUT(places[:some], self.shades, dst=target[top : top + some])


def shaper_of(profile: bytes, source: ImageCms.ImageCmsProfile, srgb: ImageCms.ImageCmsProfile) -> Shaper | None:
    """Return what this profile says in curves and a matrix; None where it says it otherwise, or badly."""
    told = source.profile
    if not told.is_matrix_shaper or told.connection_space.strip() != "XYZ":
        return None
    try:
        curves = np.stack([_curve(tag_of(profile, name)) for name in _CURVES], axis=1)
        matrix = np.linalg.inv(_primaries(srgb)) @ _primaries(source)
    except (ValueError, struct.error, np.linalg.LinAlgError):
        return None
    return _fitted(curves, matrix) if np.isfinite(curves).all() and np.isfinite(matrix).all() else None


def _fitted(curves: Numbers, matrix: Numbers) -> Shaper | None:
    """Lay the lights, from the least that this matrix can give, into the places of one table, if they are enough."""
    light, matrix = _whole(np.clip(curves, 0, 1)), _whole(matrix)
    least, most = np.minimum(matrix, 0).sum(axis=1).min(), np.maximum(matrix, 0).sum(axis=1).max()
    below = int(np.ceil(-least * FULL_LIGHT))
    if below + most * FULL_LIGHT + 1 >= _PLACES:
        return None
    # What is cut off behind the point is rounded by the half that is added before.
    moved = np.concatenate([matrix * FULL_LIGHT, np.full((3, 1), below + 0.5)], axis=1)
    shades = np.concatenate([np.zeros(below, np.uint8), srgb_bytes()])
    rest = np.full(_PLACES - len(shades), 255, np.uint8)
    is_one = bool((light == light[:, :1]).all())
    light = np.ascontiguousarray(light[:, :1] if is_one else light)
    return Shaper(light[None], moved, np.concatenate([shades, rest])[None])


def _whole(numbers: Numbers) -> Numbers:
    return np.asarray(np.round(numbers * (1 << _FINE_BITS)) / (1 << _FINE_BITS), np.float64)


def _primaries(profile: ImageCms.ImageCmsProfile) -> NDArray[np.float64]:
    """Red, green and blue in the space between profiles, as columns."""
    found = [getattr(profile.profile, f"{colour}_colorant") for colour in _COLOURS]
    if any(colour is None for colour in found):
        raise ValueError("a colour is not told")
    return np.array([colour[0] for colour in found], dtype=np.float64).T


def tag_of(profile: bytes, name: bytes) -> bytes:
    """Return the content of one tag. Raises struct.error or ValueError where there is none."""
    (count,) = struct.unpack_from(">I", profile, 128)
    for number in range(min(count, _TAGS_MOST)):
        found, start, size = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if found == name:
            return profile[start : start + size]
    raise ValueError("no such tag")


def _curve(tag: bytes) -> Numbers:
    """Return the light, 0 to 1, of each of the 256 values by a `curv` or `para` tag."""
    values = np.arange(256) / 255
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        numbers = struct.unpack_from(f">{_PARAMETERS.get(kind, 0)}i", tag, 12)
        return _parametric(kind, [number / 65536 for number in numbers], values)
    (count,) = struct.unpack_from(">I", tag, 8)
    if tag[:4] != b"curv" or count > len(tag) // 2:
        raise ValueError("no curve")
    table = np.frombuffer(tag, ">u2", count, 12) if count else np.zeros(0)
    if count <= 1:
        return values ** (float(table[0]) / 256 if count else 1.0)
    return np.asarray(np.interp(values * (count - 1), np.arange(count), table / 65535.0), np.float64)


def _parametric(kind: int, numbers: list[float], values: Numbers) -> Numbers:
    """The curves of ICC.1: g, then a and b, then c, d, and e and f by their kind."""
    if not numbers:
        raise ValueError("no such curve")
    power, scale, shift, slope, least, above, below = (
        [numbers[0], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0] if kind == 0 else _spread(kind, numbers)
    )
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        curved = np.maximum(scale * values + shift, 0) ** power + above
        return np.where(values >= least, curved, slope * values + below)


def _spread(kind: int, numbers: list[float]) -> list[float]:
    """All seven numbers of a curve that gives some of them."""
    power, scale, shift, *rest = numbers
    if kind in {1, 2}:
        if scale == 0:
            raise ValueError("no curve")
        above = rest[0] if rest else 0.0
        return [power, scale, shift, 0.0, -shift / scale, above, above]
    slope, least = rest[0], rest[1]
    above, below = (rest[2], rest[3]) if kind == 4 else (0.0, 0.0)
    return [power, scale, shift, slope, least, above, below]


@functools.cache
def srgb_bytes() -> Pixels:
    """The byte of sRGB for each light from none to full."""
    light = np.arange(FULL_LIGHT + 1) / FULL_LIGHT
    power, scale, shift, slope, least = _SRGB_CURVE
    curved = (light ** (1 / power) - shift) / scale
    return np.round(255 * np.where(light >= least * slope, curved, light / slope)).astype(np.uint8)
