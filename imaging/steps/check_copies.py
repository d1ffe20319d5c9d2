"""Decodes finished copies again and looks whether they are what they say, and every covered box of one colour.

It runs in a process of its own, after the one that made them has ended, and shares no pixel with it.
"""

import io
from collections.abc import Iterator, Sequence

import av
import cv2
import numpy as np

from imaging.bundle import unpack
from imaging.masks import Mask
from imaging.pixels import Pixels
from imaging.rendition import Rendition

_BLOCK = 16
"""An encoder works in blocks of so many pixels; only a block that is covered whole comes out without a ripple."""
_EDGE, _SEEP = 4, 2
_RIPPLE, _RAGGED = 6, 110
"""How far apart values may be in covered blocks, and in a box too small to hold one."""


def check_copies(data: bytes) -> list[str]:
    """Return a line per thing that is not as it should be: the copy's name and what is wrong with it."""
    bundle = unpack(data)
    return [f"{copy.name} {what}" for copy in bundle.copies for what in _check(copy, bundle.masks)]


def _check(copy: Rendition, masks: Sequence[Mask]) -> Iterator[str]:
    chosen = [mask for mask in masks if mask.copy in {None, copy.name}]
    check = _check_film if copy.media_type == "video/mp4" else _check_picture
    yield from check(copy, chosen)


def _check_picture(copy: Rendition, masks: Sequence[Mask]) -> Iterator[str]:
    # What is written here is read by another library than wrote it, and by the faster one.
    decoded = cv2.imdecode(np.frombuffer(copy.data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None or decoded.shape[:2] != (copy.height, copy.width):
        yield "size"
        return
    pixels = np.asarray(decoded, dtype=np.uint8)
    if not all(_is_covered(pixels, mask) for mask in masks):
        yield "uncovered"


def _check_film(copy: Rendition, masks: Sequence[Mask]) -> Iterator[str]:
    """Look at the pictures that stand for themselves; those between are made from them."""
    with av.open(io.BytesIO(copy.data), "r", format="mov") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        stream.codec_context.skip_frame = "NONKEY"
        if (stream.codec_context.width, stream.codec_context.height) != (copy.width, copy.height):
            yield "size"
            return
        for frame in container.decode(stream) if masks else ():
            pixels = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
            if not all(_is_covered(pixels, mask) for mask in masks if _is_shown(mask, frame.time or 0.0)):
                yield "uncovered"
                return


def _is_shown(mask: Mask, at: float) -> bool:
    return (mask.begins is None or mask.begins <= at) and (mask.ends is None or at <= mask.ends)


def _is_covered(pixels: Pixels, mask: Mask) -> bool:
    """Whether the box shows nothing. Its very edge, where an encoder mixes in what is beside it, is left out."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = mask.pixels(width, height)
    left, top, right, bottom = left + _EDGE, top + _EDGE, right - _EDGE, bottom - _EDGE
    if right <= left or bottom <= top:
        return True
    # Colour is kept at half size, so it seeps two pixels out of a neighbouring block.
    inner_left, inner_top = -(-left // _BLOCK) * _BLOCK + _SEEP, -(-top // _BLOCK) * _BLOCK + _SEEP
    inner_right, inner_bottom = right // _BLOCK * _BLOCK - _SEEP, bottom // _BLOCK * _BLOCK - _SEEP
    if inner_right <= inner_left or inner_bottom <= inner_top:
        return _span(pixels[top:bottom, left:right]) <= _RAGGED
    return _span(pixels[inner_top:inner_bottom, inner_left:inner_right]) <= _RIPPLE


def _span(pixels: Pixels) -> int:
    """The widest distance between two values of one channel."""
    # Rows first: numpy goes along whole rows at once, and one channel after another would take a hundred times longer.
    highest, lowest = pixels.max(axis=0).max(axis=0), pixels.min(axis=0).min(axis=0)
    return int((highest.astype(int) - lowest).max())
