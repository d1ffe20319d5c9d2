"""What a file shows, as one figure: the same for a file that was written anew without any change to its pixels.

It is taken of what the decoder gives, before anything is turned, brought to other colours or covered, so that neither
what a program writes beside the picture nor how it packs it makes another one. A picture that was compressed anew, cut
or retouched is another.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.pixels import Picture

ROWS, POINTS = 4, 4
"""Every so many rows of a photo, and points of a film's pictures both ways, are taken: no two pictures of a camera have
as many alike, and all of them would cost a hundredth of the whole work."""


class Content:
    """Takes pictures one after another, and gives 64 hexadecimal digits at the end."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Take a picture; how large it is counts too."""
        self._digest.update(repr(pixels.shape).encode())
        self._digest.update(np.ascontiguousarray(pixels).data)

    @property
    def figure(self) -> str:
        """What all of them show."""
        return self._digest.hexdigest()


def content_of(picture: Picture) -> str:
    """Return the figure of a still of any mode."""
    if isinstance(picture, np.ndarray):
        height, width = picture.shape[:2]
        return _figure_of(picture[_taken(height)], f"RGB {(width, height)}")
    rows = picture.resize((picture.width, -(-picture.height // ROWS)), Image.Resampling.NEAREST)
    return _figure_of(np.asarray(rows), f"{picture.mode} {picture.size}")


def _figure_of(rows: NDArray[np.uint8], kind: str) -> str:
    content = Content()
    content.add(rows)
    content.add(np.frombuffer(kind.encode(), np.uint8))
    return content.figure


def _taken(height: int) -> NDArray[np.int64]:
    """Return which rows Pillow would take: it adds one step after another, and rounding is a part of the figure."""
    count = -(-height // ROWS)
    steps = np.full(count, height / count)
    steps[0] /= 2
    return np.cumsum(steps).astype(np.int64)
