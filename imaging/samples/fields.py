"""Random fields in millimetres: the clay from which skin, cloth and paper are made.

A field is a float32 array of shape (height, width). Its random numbers belong to places on the scene, not to
pixels, so that one seed gives the same picture at every output size.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Bitmap = NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """A window on the scene: ``width`` x ``height`` pixels that show ``width_mm`` millimetres across."""

    width: int
    height: int
    width_mm: float

    @property
    def scale(self) -> float:
        """Pixels per millimetre."""
        return self.width / self.width_mm

    @property
    def height_mm(self) -> float:
        """Millimetres from top to bottom."""
        return self.height / self.scale

    @property
    def whole_height_mm(self) -> int:
        """Height in whole millimetres: the same at every size, where the exact height differs by a rounding."""
        return round(self.height_mm) + 1

    def axes(self) -> tuple[Field, Field]:
        """Return open x (1, width) and y (height, 1) coordinates in mm, (0, 0) at the centre, y downwards."""
        x = (np.arange(self.width, dtype=np.float32) + 0.5) / self.scale - self.width_mm / 2
        y = (np.arange(self.height, dtype=np.float32) + 0.5) / self.scale - self.height_mm / 2
        return x[None, :], y[:, None]

    def resized(self, width: int, height: int) -> "Frame":
        """Return the same window with other pixels."""
        return Frame(width, height, self.width_mm)


def smoothstep(low: float, high: float, field: Field) -> Field:
    """Return 0 below ``low``, 1 above ``high`` and a soft ramp between; ``low > high`` turns it round."""
    t = np.clip((field - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def soften(field: Field, sigma_px: float) -> Field:
    """Return the field blurred by a Gaussian."""
    if sigma_px < 0.3:
        return field
    if sigma_px < 8:
        return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma_px), dtype=np.float32)
    height, width = field.shape[:2]
    small = cv2.resize(field, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma_px / 4, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def clouds(rng: np.random.Generator, frame: Frame, feature_mm: float) -> Field:
    """Return smooth noise of about unit deviation whose features are ``feature_mm`` wide."""
    columns = int(np.ceil(frame.width_mm / feature_mm)) + 4
    rows = int(np.ceil(frame.whole_height_mm / feature_mm)) + 4
    grid = rng.standard_normal((rows, columns), dtype=np.float32)
    x0, y0 = rng.uniform(1, 2, 2)
    # Wide features are as smooth from a quarter of the pixels, and cost a tenth.
    shrink = 4 if frame.scale * feature_mm > 40 else 1
    step = shrink / (frame.scale * feature_mm)
    matrix = np.array([[step, 0, x0], [0, step, y0]], dtype=np.float64)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    box = (-(-frame.width // shrink), -(-frame.height // shrink))
    noise = cv2.warpAffine(grid, matrix, box, flags=flags, borderMode=cv2.BORDER_REFLECT)
    if shrink > 1:
        noise = cv2.resize(noise, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(noise, dtype=np.float32) * np.float32(1.25)


def layered_clouds(rng: np.random.Generator, frame: Frame, feature_mm: float, octaves: int) -> Field:
    """Return fractal noise of about unit deviation: each octave half as wide and 0.6 as strong."""
    total = clouds(rng, frame, feature_mm)
    weight, power = 1.0, 1.0
    for octave in range(1, octaves):
        weight *= 0.6
        power += weight * weight
        total += weight * clouds(rng, frame, feature_mm / 2**octave)
    return np.asarray(total / np.sqrt(power), dtype=np.float32)


def cells(rng: np.random.Generator, frame: Frame, spacing_mm: float, stretch: float) -> Field:
    """Return the distance in mm to the nearest of many scattered points.

    Its ridges are the borders of cells, like the fine net of lines on skin; ``stretch`` > 1 makes cells wide.
    """
    step_x, step_y = spacing_mm * stretch, spacing_mm / stretch
    columns, rows = int(frame.width_mm / step_x) + 3, int(frame.whole_height_mm / step_y) + 3
    gx, gy = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    x = (gx - 1 + (gy % 2) * 0.5 + rng.uniform(-0.42, 0.42, gx.shape)) * step_x * frame.scale
    y = (gy - 1 + rng.uniform(-0.42, 0.42, gy.shape)) * step_y * frame.scale
    inside = (x >= 0) & (x < frame.width) & (y >= 0) & (y < frame.height)
    holes: Bitmap = np.full((frame.height, frame.width), 255, dtype=np.uint8)
    holes[y[inside].astype(np.intp), x[inside].astype(np.intp)] = 0
    distance = cv2.distanceTransform(holes, cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(distance, dtype=np.float32) / np.float32(frame.scale)


def slope(height_mm: Field, frame: Frame, light: tuple[float, float]) -> Field:
    """Return how far a surface leans towards the light at (x, y) of the upper left: positive is brighter."""
    scale = frame.scale / 2
    dx = cv2.Sobel(height_mm, cv2.CV_32F, 1, 0, ksize=1, scale=scale)
    dy = cv2.Sobel(height_mm, cv2.CV_32F, 0, 1, ksize=1, scale=scale)
    return np.asarray(dx * -light[0] + dy * -light[1], dtype=np.float32)
