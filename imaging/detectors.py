"""Finds faces in a picture, and holds the loaded models. In the jail they are loaded before any file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from imaging.boxes import Box, best_of, united
from imaging.models import Models
from imaging.pixels import Pixels, stepped_down
from imaging.reading.date_reader import DateReader, load_date_reader
from imaging.reading.ink import ink_of
from imaging.reading.tesseract import Reader, load_reader
from imaging.reading.whole import read_main, read_rest
from imaging.writing import NETWORK_GRID, Writing, on_grid, share_of, warm_up_writing

FACE_THRESHOLD = 0.2
"""Finds turned faces that 0.5 misses, and hardly anything that is none."""
FACE_SIDE, LARGE_FACE_SIDE, LARGE_FACE = 640, 320, 0.25
"""A face that fills the photo is lost on the finer look when it is turned or blurred. So a coarser one looks for those
whose longer side is at least this share of the picture."""
SMALL_FACE_SIDE, SMALL_FACE = 1152, 0.06
"""A copy that keeps more pixels than the look shows faces that the look cannot see, so a finer one looks for those
whose longer side is at most this share of the picture. It costs three times the other, and so it is cut in parts."""
_PART_MOST, _COMMON = 896, 128
"""How long a side of a part of that look may be, and what two parts have in common: nearly two small faces."""
_FACE_OUTPUTS = ["537", "538", "539", "540"]
_FACE_STRIDE = 4
FACE_OVERLAP = 0.3
_PAGE_SIDE = 240


@dataclass(frozen=True)
class Detectors:
    """The loaded models; None where there is no file, and then nothing may be called free of faces or writing.

    `reader` is Tesseract, None where it is not installed. `dates` reads dates in words.
    """

    faces: cv2.dnn.Net | None = None
    texts: Writing | None = None
    reader: Reader | None = None
    dates: DateReader | None = None


def load_detectors(models: Models) -> Detectors:
    """Load what is there; a file that OpenCV cannot read counts as none."""
    lines, letters = _loaded(str(models.texts or "")), _loaded(str(models.letters or ""))
    texts = None if lines is None else Writing(lines, letters)
    return Detectors(_loaded(str(models.faces or "")), texts, load_reader(), load_date_reader(models.dates))


def warm_up(detectors: Detectors) -> None:
    """Let the networks lay out their weights, on a blank picture of our own, before a job would have to wait for it."""
    if detectors.faces is not None:
        faces_in(detectors.faces, np.zeros((NETWORK_GRID, NETWORK_GRID, 3), np.uint8), NETWORK_GRID)
    if detectors.texts is not None:
        warm_up_writing(detectors.texts)
    if detectors.reader is not None:
        _warm_up_reader(detectors.reader)


def _warm_up_reader(reader: Reader) -> None:
    """Read a line that runs the wrong way up, so that all is loaded that pages need: inside the jail nothing can be."""
    page = np.full((_PAGE_SIDE // 2, _PAGE_SIDE, 3), 255, np.uint8)
    cv2.putText(page, "warm 12 mg", (10, _PAGE_SIDE // 3), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    ink = ink_of(np.ascontiguousarray(page[::-1, ::-1, 0]))
    read_rest(reader, ink, read_main(reader, ink), [])


def _loaded(path: str) -> cv2.dnn.Net | None:
    if not path:
        return None
    try:
        return cv2.dnn.readNetFromONNX(path)
    except cv2.error:
        return None


def all_faces_in(net: cv2.dnn.Net, pixels: Pixels) -> list[Box]:
    """Find faces of every size in an upright RGB picture."""
    large = (box for box in faces_in(net, pixels, LARGE_FACE_SIDE) if box.longest >= LARGE_FACE)
    return united(faces_in(net, pixels), large, FACE_OVERLAP)


def small_faces_in(net: cv2.dnn.Net, pixels: Pixels) -> list[Box]:
    """Find faces in an upright RGB picture, as large as its largest copy, that are too small for the other looks."""
    if max(pixels.shape[:2]) <= SMALL_FACE_SIDE:
        return []
    width, height = on_grid(pixels, SMALL_FACE_SIDE)
    looked = np.asarray(cv2.resize(stepped_down(pixels, SMALL_FACE_SIDE), (width, height)), np.uint8)
    found = [
        box
        for top, bottom in _parts_of(height)
        for left, right in _parts_of(width)
        for box in _faces_of_part(net, looked, (left, top, right, bottom))
    ]
    return best_of((box for box in found if box.longest <= SMALL_FACE), FACE_OVERLAP)


def _parts_of(length: int) -> list[tuple[int, int]]:
    """Where a side is cut, so that no part asks the network for much more memory than the other looks."""
    if length <= _PART_MOST:
        return [(0, length)]
    part = -(-(length + _COMMON) // (2 * NETWORK_GRID)) * NETWORK_GRID
    return [(0, part), (length - part, length)]


def _faces_of_part(net: cv2.dnn.Net, looked: Pixels, part: tuple[int, int, int, int]) -> Iterator[Box]:
    """Yield the faces of a part, in shares of the whole. A small one that is cut is whole in the part beside it."""
    left, top, right, bottom = part
    height, width = looked.shape[:2]
    wide, high = right - left, bottom - top
    for box in faces_in(net, np.ascontiguousarray(looked[top:bottom, left:right]), max(wide, high)):
        edges = (left + box.left * wide, top + box.top * high, left + box.right * wide, top + box.bottom * high)
        is_cut = (left and edges[0] <= left) or (top and edges[1] <= top)
        is_cut = is_cut or (right < width and edges[2] >= right) or (bottom < height and edges[3] >= bottom)
        if not is_cut:
            eyes = tuple(((left + x * wide) / width, (top + y * high) / height) for x, y in box.eyes)
            yield replace(share_of(edges, (width, height), box.score), eyes=eyes)


def faces_in(net: cv2.dnn.Net, pixels: Pixels, side: int = FACE_SIDE) -> list[Box]:
    """Find faces in an upright RGB picture, looked at once with this many pixels on its longer side."""
    width, height = on_grid(pixels, side)
    net.setInput(cv2.dnn.blobFromImage(pixels, 1.0, (width, height)))
    heat, scale, offset, marks = net.forward(_FACE_OUTPUTS)
    found = []
    for y, x in zip(*np.nonzero(heat[0, 0] > FACE_THRESHOLD), strict=True):
        high, wide = (float(length) * _FACE_STRIDE / 2 for length in np.exp(np.minimum(scale[0, :, y, x], 6)))
        middle_x = (float(x + offset[0, 1, y, x]) + 0.5) * _FACE_STRIDE
        middle_y = (float(y + offset[0, 0, y, x]) + 0.5) * _FACE_STRIDE
        edges = (middle_x - wide, middle_y - high, middle_x + wide, middle_y + high)
        across, down = (marks[0, first:4:2, y, x] for first in (1, 0))
        eyes = tuple(
            ((edges[0] + float(right) * 2 * wide) / width, (edges[1] + float(below) * 2 * high) / height)
            for right, below in zip(across, down, strict=True)
        )
        found.append(replace(share_of(edges, (width, height), float(heat[0, 0, y, x])), eyes=eyes))
    return best_of(found, FACE_OVERLAP)
