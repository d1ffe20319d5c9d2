"""Finds out whether a still is of high dynamic range, and decodes it toned down, from all its bits where it can."""

import io
from typing import Any

import cv2
import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import Image

from imaging.pixels import Decode, image_of
from imaging.steps.high_range import HighRange, Values, range_of, range_of_profile, tone_down
from imaging.steps.plain_pixels import plain_pixels
from imaging.steps.png_colour import png_numbers
from imaging.steps.shrink import shrink
from imaging.walks.heif import av1_bits, primary_numbers

_BYTE, _PNG_DEPTH_AT = 8, 24
_HEIF_FAMILY = {"image/heic", "image/avif"}
_DEEP_HEIF = {"RGB;10": 10, "RGB;12": 12}


def toned(decode: Decode, profile: bytes | None, data: bytes, media_type: str) -> Decode | None:
    """Return what decodes this still to sRGB, shrunk; None where it is of ordinary light and needs nothing.

    A profile goes before the numbers of a container, as in every viewer, but for those of a PNG.
    """
    high = _range_of_still(profile, data, media_type)
    if high is None:
        return None

    def decode_toned(side: int | None) -> Image.Image:
        if (deep := _deep_pixels(data, media_type, side)) is not None:
            values, bits = deep
            return tone_down(values, high, np.arange(1 << bits) / ((1 << bits) - 1))
        plain = plain_pixels(image_of(decode(side)))
        small = plain if side is None else shrink(plain, side)
        return tone_down(np.asarray(small.convert("RGB")), high, _shares(data, media_type))

    return decode_toned


def _range_of_still(profile: bytes | None, data: bytes, media_type: str) -> HighRange | None:
    if media_type == "image/png" and (numbers := png_numbers(data)) is not None:
        return range_of(numbers)
    if profile is not None:
        return range_of_profile(profile)
    return range_of(primary_numbers(data)) if media_type in _HEIF_FAMILY else None


def _shares(data: bytes, media_type: str) -> NDArray[np.float64]:
    """What each of 256 values is of the largest. Of sixteen bits Pillow cuts off the lower eight: half a step more."""
    is_cut = media_type == "image/png" and data[_PNG_DEPTH_AT] > _BYTE
    return (np.arange(256) + 0.5) / 256 if is_cut else np.arange(256) / 255


def _deep_pixels(data: bytes, media_type: str, side: int | None) -> tuple[Values, int] | None:
    """Decode with all bits and shrink; say how many. None where eight are all there is, or it is not plain RGB."""
    if media_type == "image/heic":
        return _deep_heif(data, side)
    bits = av1_bits(data) if media_type == "image/avif" else _BYTE
    if bits == _BYTE:
        return None
    # Pillow gives eight bits only. OpenCV has the same decoder; the header was read, and its size checked, before.
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.shape[2:] != (3,):
        return None
    return np.asarray(cv2.cvtColor(_shrunk(values, side), cv2.COLOR_BGR2RGB), np.uint16), bits


def _deep_heif(data: bytes, side: int | None) -> tuple[Values, int] | None:
    heif = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)
    if heif.mode not in _DEEP_HEIF:
        return None
    # The array that it shows is memory of its own, which goes with it.
    return _shrunk(np.asarray(heif), side).copy(), _DEEP_HEIF[heif.mode]


def _shrunk(values: NDArray[Any], side: int | None) -> NDArray[np.uint16]:
    """Shrink to a longest side, as `shrink` does with pictures of eight bits."""
    height, width = values.shape[:2]
    scale = 1.0 if side is None else side / max(width, height)
    if scale >= 1:
        return np.asarray(values, np.uint16)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.uint16)
