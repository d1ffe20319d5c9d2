"""One picture of a film as a photo: converted exactly, so that the poster has the colours that the film has."""

from typing import cast

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image

from imaging.pixels import Pixels

_BLACK, _LUMA, _CHROMA, _MIDDLE = 16.0, 219.0, 224.0, 128.0
_RED, _BLUE = 0.2126, 0.0722
"""BT.709, in its narrow range: what `Fitter` gives."""
_BLOCK, _SMOOTH = 16, 8
"""Pixels of a block's side, and by how much of 255 what a decoder makes up differs within it."""
_TO_SRGB = {
    5: ((1.044043, -0.044043, 0.0), (0.0, 1.0, 0.0), (0.0, 0.011793, 0.988207)),
    6: ((0.939542, 0.050181, 0.010277), (0.017772, 0.965793, 0.016435), (-0.001622, -0.00437, 1.005991)),
}
"""From the two sets of primaries of BT.601, in linear light."""


def lightness_of(frame: VideoFrame) -> float:
    """The mean lightness, 0 to 255."""
    return (float(_planes(frame)[0].mean()) - _BLACK) * 255 / _LUMA


def lightness_plane(frame: VideoFrame) -> NDArray[np.uint8]:
    """The lightness of a fitted frame as it is coded, for those who look at shapes alone."""
    return np.ascontiguousarray(_planes(frame)[0])


def luma_of(frame: VideoFrame) -> NDArray[np.uint8]:
    """The same where the frame has it, without a copy: to be read at once."""
    plane = frame.planes[0]
    if plane.line_size <= 0:
        return lightness_plane(frame)
    # The stubs do not know that a plane is a buffer.
    pixels = np.frombuffer(memoryview(cast("bytes", plane)), np.uint8).reshape(plane.height, plane.line_size)
    return pixels[:, : frame.width]


def drawn_share(frame: VideoFrame) -> float:
    """The share of a picture, from 0 to 1, in which anything is: what a decoder makes up for what it lost is smooth."""
    light = frame.to_ndarray(format="gray")
    rows, columns = (np.arange(0, length, _BLOCK) for length in light.shape)
    high, low = (end.reduceat(end.reduceat(light, rows, 0), columns, 1) for end in (np.maximum, np.minimum))
    return float(np.mean(high - low > _SMOOTH))


def shrunk(frame: VideoFrame, side: int) -> Pixels:
    """The frame as RGB, its longer side of so many pixels, for those who look for something in it."""
    scale = side / max(frame.width, frame.height)
    width, height = (max(2, round(length * scale / 2) * 2) for length in (frame.width, frame.height))
    # A frame keeps what scaled it, with its threads, as long as it waits: with more than one the jail's were used up.
    small = frame.reformat(width=width, height=height, format="rgb24", threads=1)
    return np.asarray(small.to_ndarray(), np.uint8)


def picture_of(frame: VideoFrame) -> Image.Image:
    """Return a fitted frame as RGB."""
    luma, *colours = _planes(frame)
    light = (luma.astype(np.float32) - _BLACK) / _LUMA
    size = (frame.width, frame.height)
    blue, red = (_at_full_size((plane.astype(np.float32) - _MIDDLE) / _CHROMA, size) for plane in colours)
    red, blue = light + 2 * (1 - _RED) * red, light + 2 * (1 - _BLUE) * blue
    green = (light - _RED * red - _BLUE * blue) / (1 - _RED - _BLUE)
    whole = np.dstack([red, green, blue])
    if (matrix := _TO_SRGB.get(int(frame.color_primaries))) is not None:
        linear = np.clip(whole, 0, 1) ** 2.2
        whole = np.clip(linear @ np.array(matrix, np.float32).T, 0, 1) ** (1 / 2.2)
    whole *= 255
    return Image.fromarray(np.clip(np.rint(whole), 0, 255).astype(np.uint8))


def _at_full_size(plane: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _planes(frame: VideoFrame) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    pixels = np.asarray(frame.to_ndarray(), np.uint8)
    half = pixels[frame.height :].reshape(2, frame.height // 2, frame.width // 2)
    return pixels[: frame.height], half[0], half[1]
