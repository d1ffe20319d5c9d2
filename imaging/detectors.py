"""Finds faces, writing and codes in a picture. Lives in the jail: the models are loaded before any file is seen."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box, best_of
from imaging.models import Models
from imaging.reading.tesseract import Reader, load_reader

Pixels = NDArray[np.uint8]
Edges = tuple[float, float, float, float]

FACE_THRESHOLD = 0.2
"""Finds turned faces that 0.5 misses, and hardly anything that is none."""
FACE_SIDE = 640
_FACE_OUTPUTS = ["537", "538", "539", "540"]
_FACE_STRIDE = 4
_FACE_OVERLAP = 0.3

TEXT_THRESHOLD = 0.3
TEXT_SIDE = 960
_TEXT_SCORE, _LARGE_TEXT_SCORE = 0.45, 0.6
_LARGE = 0.06
"""Shares of the longer side above which a line counts as large, or as too huge to be told from a patch."""
_COARSE_SIDE = 320
_HUGE = 0.12
_TEXT_MEAN = np.array((0.485, 0.456, 0.406), np.float32) * 255
_TEXT_SCALE = np.float32(1 / (255 * 0.226))
_TEXT_GROWTH = 0.85
"""How far a found line is grown on each side, in shares of its own height: the model marks the heart of a line."""
_TEXT_SMALLEST = 3.0
_TEXT_SLANT = math.radians(3)
_NETWORK_GRID = 32
_CODE_GROWTH = 1.15


@dataclass(frozen=True)
class Detectors:
    """The loaded models; None where there is no file, and then nothing may be called free of faces or writing.

    `reader` is Tesseract, None where it is not installed.
    """

    faces: cv2.dnn.Net | None = None
    texts: cv2.dnn.Net | None = None
    reader: Reader | None = None


def load_detectors(models: Models) -> Detectors:
    """Load what is there; a file that OpenCV cannot read counts as none."""
    return Detectors(_loaded(str(models.faces or "")), _loaded(str(models.texts or "")), load_reader())


def warm_up(detectors: Detectors) -> None:
    """Let the networks lay out their weights, on a blank picture of our own, before a job would have to wait for it."""
    blank = np.zeros((_NETWORK_GRID, _NETWORK_GRID, 3), np.uint8)
    if detectors.faces is not None:
        faces_in(detectors.faces, blank, _NETWORK_GRID)
    if detectors.texts is not None:
        _texts_at(detectors.texts, blank, _NETWORK_GRID)


def _loaded(path: str) -> cv2.dnn.Net | None:
    if not path:
        return None
    try:
        return cv2.dnn.readNetFromONNX(path)
    except cv2.error:
        return None


def faces_in(net: cv2.dnn.Net, pixels: Pixels, side: int = FACE_SIDE) -> list[Box]:
    """Find faces in an upright RGB picture, looked at with this many pixels on its longer side."""
    width, height = _on_grid(pixels, side)
    net.setInput(cv2.dnn.blobFromImage(pixels, 1.0, (width, height)))
    heat, scale, offset, _landmarks = net.forward(_FACE_OUTPUTS)
    found = []
    for y, x in zip(*np.nonzero(heat[0, 0] > FACE_THRESHOLD), strict=True):
        high, wide = (float(length) * _FACE_STRIDE / 2 for length in np.exp(np.minimum(scale[0, :, y, x], 6)))
        middle_x = (float(x + offset[0, 1, y, x]) + 0.5) * _FACE_STRIDE
        middle_y = (float(y + offset[0, 0, y, x]) + 0.5) * _FACE_STRIDE
        edges = (middle_x - wide, middle_y - high, middle_x + wide, middle_y + high)
        found.append(_share(edges, (width, height), float(heat[0, 0, y, x])))
    return best_of(found, _FACE_OVERLAP)


def texts_in(net: cv2.dnn.Net, pixels: Pixels, side: int = TEXT_SIDE) -> list[Box]:
    """Find writing in an RGB picture, whichever way it runs; a slanting line comes as a row of boxes.

    A line that fills a large part of the picture is believed only where a coarser look finds it too: at full size
    the network takes broad patches, such as a rash, for one.
    """
    found, is_huge = _texts_at(net, pixels, side)
    return found + _texts_at(net, pixels, _COARSE_SIDE)[0] if is_huge else found


def _texts_at(net: cv2.dnn.Net, pixels: Pixels, side: int) -> tuple[list[Box], bool]:
    """Return the lines found at this size, and whether any was left out for being huge."""
    width, height = _on_grid(pixels, side)
    shrunk = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    net.setInput(((shrunk - _TEXT_MEAN) * _TEXT_SCALE).transpose(2, 0, 1)[None])
    heat = net.forward()[0, 0]
    marked = (heat > TEXT_THRESHOLD).astype(np.uint8)
    contours, _ = cv2.findContours(marked, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found, is_huge = [], False
    for contour in contours:
        rectangle, score = cv2.minAreaRect(contour), _score(heat, contour)
        thickness = min(rectangle[1]) / side
        if thickness > _HUGE:
            is_huge = True
        elif score >= (_TEXT_SCORE if thickness < _LARGE else _LARGE_TEXT_SCORE):
            found += [_share(edges, (width, height), score) for edges in _line_boxes(*rectangle)]
    return found, is_huge


def codes_in(pixels: Pixels) -> list[Box]:
    """Find QR codes and barcodes."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    corners = []
    for found, points, *_ in (cv2.QRCodeDetector().detectMulti(grey), cv2.barcode.BarcodeDetector().detect(grey)):
        if found and points is not None:
            corners += list(np.asarray(points, np.float64).reshape(-1, 4, 2))
    boxes = ((float(c[:, 0].min()), float(c[:, 1].min()), float(c[:, 0].max()), float(c[:, 1].max())) for c in corners)
    return [_share(edges, (width, height), 1.0).grown(_CODE_GROWTH) for edges in boxes]


def _on_grid(pixels: Pixels, side: int) -> tuple[int, int]:
    """Return the width and height nearest to the picture's shape that the networks take."""
    height, width = pixels.shape[:2]
    scale = side / max(width, height)
    grid = [max(1, round(length * scale / _NETWORK_GRID)) * _NETWORK_GRID for length in (width, height)]
    return grid[0], grid[1]


def _share(edges: Edges, size: tuple[int, int], score: float) -> Box:
    left, top, right, bottom = edges
    return Box(left / size[0], top / size[1], right / size[0], bottom / size[1], score).grown(1.0)


def _score(heat: NDArray[np.float32], contour: NDArray[np.int32]) -> float:
    """Return the mean heat inside of a contour."""
    left, top, width, height = cv2.boundingRect(contour)
    inside = np.zeros((height, width), np.uint8)
    cv2.drawContours(inside, [contour], -1, 1, cv2.FILLED, offset=(-left, -top))
    return float(cv2.mean(heat[top : top + height, left : left + width], inside)[0])


def _line_boxes(middle: Sequence[float], sides: Sequence[float], angle: float) -> Iterator[Edges]:
    """Yield upright boxes that cover a line of writing; one where it runs straight, several where it slants.

    One box around a slanting line would hide a large part of the picture for nothing.
    """
    (x, y), length, height = middle, max(sides), min(sides)
    turn = math.radians(angle if sides[0] >= sides[1] else angle + 90)
    if height < _TEXT_SMALLEST and length < 2 * _TEXT_SMALLEST:
        return
    length, height = length + 2 * _TEXT_GROWTH * height, height * (1 + 2 * _TEXT_GROWTH)
    along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    slant = min(abs(math.sin(turn)), abs(math.cos(turn)))
    pieces = 1 if slant < math.sin(_TEXT_SLANT) else max(1, math.ceil(length / (1.5 * height)))
    for piece in range(pieces):
        shift = length * ((piece + 0.5) / pieces - 0.5)
        half = length / pieces / 2
        wide = abs(along[0]) * half + abs(across[0]) * height / 2
        high = abs(along[1]) * half + abs(across[1]) * height / 2
        middle_x, middle_y = x + along[0] * shift, y + along[1] * shift
        yield middle_x - wide, middle_y - high, middle_x + wide, middle_y + high
