"""Decodes large WebP pictures in a third of the memory that Pillow takes for them.

Pillow decodes each WebP as an animation, with four copies of four bytes a pixel: from 36 megapixels on more than a job
may have. The decoder that reads films reads its pictures too, and gives them as they are coded.
"""

import struct
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image

from imaging.pixels import Decode, Pixels, stepped_down
from imaging.refusal import Refused
from imaging.walks import webp
from imaging.walks.part import Broken

LARGE = 20_000_000
"""Pixels from which on; what is smaller is left to the library that everybody decodes WebP with."""
_ROWS = 256
_ORIENTATION = 0x0112
SIDEWAYS = {5, 6, 7, 8}
"""Orientations of Exif in which width and height change places."""
_TRANSPARENT = {"yuva420p", "argb"}
_MODES = {"yuv420p", *_TRANSPARENT}


@dataclass(frozen=True)
class LargeWebp:
    """An opened picture, as `Still` has it: the size is that of the upright picture."""

    decode: Decode
    profile: bytes | None
    orientation: int
    width: int
    height: int


def open_large(data: bytes, least: int = LARGE) -> LargeWebp | None:
    """Open a whole WebP of one picture with more than `least` pixels; None for every other."""
    try:
        parts = {part.name: part for part in reversed([*webp.walk(data)])}
        width, height = webp.size_of(data, parts.values())
    except Broken:
        return None
    if width * height <= least or not parts.keys().isdisjoint({"ANIM", "ANMF"}):
        return None
    told = {name: parts[name].of(data) for name in ("EXIF", "ICCP") if name in parts}
    orientation = _orientation(told.get("EXIF", b""))
    size = (height, width) if orientation in SIDEWAYS else (width, height)
    return LargeWebp(partial(_decode, data), told.get("ICCP"), orientation, *size)


def _orientation(payload: bytes) -> int:
    exif = Image.Exif()
    with suppress(SyntaxError, ValueError, KeyError, TypeError, OSError, struct.error):
        exif.load(payload)
    value = exif.get(_ORIENTATION, 1)
    return value if value in range(1, 9) else 1


def _decode(data: bytes, side: int | None) -> Pixels:
    """Decode, and lay what is transparent on white. Refuses `damaged`."""
    pixels = _rgb(_frame(data))
    return pixels if side is None else np.ascontiguousarray(stepped_down(pixels, side))


def _frame(data: bytes) -> VideoFrame:
    context = av.CodecContext.create("webp", "r")
    context.thread_count = 1
    context.options = {"err_detect": "explode"}
    try:
        frames = [*context.decode(av.Packet(data)), *context.decode(None)]
    except av.FFmpegError:
        frames = []
    if not frames or not isinstance(frames[0], VideoFrame) or frames[0].format.name not in _MODES:
        raise Refused("damaged")
    return frames[0]


def _rgb(frame: VideoFrame) -> Pixels:
    """The colours of a frame, laid on white where it is transparent."""
    if frame.format.name == "yuv420p":
        return _of_light_and_colour(frame)
    if frame.format.name == "argb":
        whole = _plane(frame, 0, 4)
        alpha, pixels = whole[..., 0], np.ascontiguousarray(whole[..., 1:])
    else:
        alpha, pixels = _plane(frame, 3)[..., 0], _of_light_and_colour(frame)
    for top in range(0, frame.height, _ROWS):
        rows = slice(top, top + _ROWS)
        _lay_on_white(pixels[rows], alpha[rows])
    return pixels


def _of_light_and_colour(frame: VideoFrame) -> Pixels:
    """By the matrix of BT.601 in its narrow range, which is WebP's."""
    planes = [plane[..., 0] for plane in (_plane(frame, number) for number in range(3))]
    high, wide = frame.height + frame.height % 2, frame.width + frame.width % 2
    light, *colours = planes
    light = np.pad(light, ((0, high - frame.height), (0, wide - frame.width)), "edge")
    coded = np.concatenate([light.reshape(-1), *(plane.reshape(-1) for plane in colours)])
    found = cv2.cvtColor(coded.reshape(high * 3 // 2, wide), cv2.COLOR_YUV2RGB_I420)
    return np.asarray(found[: frame.height, : frame.width], np.uint8)


def _plane(frame: VideoFrame, number: int, depth: int = 1) -> NDArray[np.uint8]:
    """One plane without what is beside its rows: height, width, depth."""
    plane = frame.planes[number]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width * depth].reshape(plane.height, plane.width, depth)


def _lay_on_white(pixels: Pixels, alpha: NDArray[np.uint8]) -> None:
    if int(alpha.min()) < 255:
        share = alpha[..., None].astype(np.float32) / 255
        pixels[...] = np.rint(255 + (pixels.astype(np.float32) - 255) * share).astype(np.uint8)
