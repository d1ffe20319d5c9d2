"""Printed sheets as a phone photographs them: an ECG and a growth chart on a table."""

import cv2
import numpy as np

from imaging.samples.charts import draw_ecg, draw_growth
from imaging.samples.fields import Bitmap, Field, Frame, clouds, layered_clouds, soften
from imaging.samples.skin import to_srgb

_WOODS = ((128, 98, 72), (150, 140, 128), (96, 80, 66))


def ecg_sheet(rng: np.random.Generator, _tone: int, size: tuple[int, int]) -> Bitmap:
    """A twelve-lead ECG on pink paper; the tone plays no part."""
    return _photographed(rng, draw_ecg(rng, _dots(size)), size)


def growth_chart(rng: np.random.Generator, _tone: int, size: tuple[int, int]) -> Bitmap:
    """A height chart with a child's points drawn by pen; the tone plays no part."""
    return _photographed(rng, draw_growth(rng, _dots(size)), size)


def _dots(size: tuple[int, int]) -> int:
    """Return the dots per millimetre that a sheet needs to look crisp at this size."""
    return int(np.clip(size[0] / 300, 4, 12))


def _photographed(rng: np.random.Generator, sheet: Bitmap, size: tuple[int, int]) -> Bitmap:
    """Return the sheet lying on a table, a little askew, in window light."""
    width, height = size
    work = Frame(min(width, 960), round(height * min(width, 960) / width), 330)
    table = np.asarray(cv2.resize(_table(rng, work), size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    corners = _askew(rng, sheet, size)
    wanted = float(np.linalg.norm(corners[2] - corners[3])) / sheet.shape[1]
    if wanted < 1:  # Averaged first: warping alone would leave a moire of the printed grid.
        sheet = np.asarray(cv2.resize(sheet, None, fx=wanted, fy=wanted, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    sheet_h, sheet_w = sheet.shape[:2]
    source = np.array([(0, 0), (sheet_w, 0), (sheet_w, sheet_h), (0, sheet_h)], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners)
    cv2.warpPerspective(sheet, matrix, size, dst=table, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    gain = _light(rng, work, corners * (work.width / width))
    return _lit(table, np.asarray(cv2.resize(gain, size), dtype=np.float32))


def _lit(image: Bitmap, gain: Field) -> Bitmap:
    """Return the picture with brightness factors applied, in bands that fit the cache."""
    for top in range(0, image.shape[0], 256):
        rows = slice(top, top + 256)
        image[rows] = np.clip(image[rows] * gain[rows, :, None], 0, 255)
    return image


def _askew(rng: np.random.Generator, sheet: Bitmap, size: tuple[int, int]) -> Field:
    """Return where the sheet's corners fall in the photo, in pixels."""
    width, height = size
    fit = min(width * 0.93 / sheet.shape[1], height * 0.93 / sheet.shape[0])
    half = np.array([sheet.shape[1], sheet.shape[0]]) * fit / 2
    flat = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half * np.array([(0.965,), (0.965,), (1.0,), (1.0,)])
    angle = rng.normal(0, 0.012)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = flat @ turn.T + (width / 2, height / 2) + rng.normal(0, width * 0.003, (4, 2))
    return np.asarray(moved, dtype=np.float32)


def _table(rng: np.random.Generator, frame: Frame) -> Bitmap:
    """Return a plain wooden table top as sRGB."""
    colour = np.array(_WOODS[int(rng.integers(len(_WOODS)))], dtype=np.float32)
    long = Frame(frame.width, frame.height * 9, frame.width_mm)
    grain = layered_clouds(rng, long, 36, 5)
    grain = np.asarray(cv2.resize(grain, (frame.width, frame.height), interpolation=cv2.INTER_AREA), dtype=np.float32)
    linear = (colour / 255) ** 2.2 * (1 + 0.16 * np.tanh(grain))[..., None]
    return to_srgb(np.asarray(linear, dtype=np.float32))


def _light(rng: np.random.Generator, frame: Frame, corners: Field) -> Field:
    """Return brightness factors: a window at the upper left, the paper's curl, its shadow on the table."""
    x, y = frame.axes()
    half = frame.width_mm / 2
    fall = 1.02 - 0.10 * (x / half) - 0.08 * (y / half) - 0.10 * ((x / half) ** 2 + (y / half) ** 2)
    curl = 0.030 * np.sin(x / 34 + rng.uniform(0, 6) + y / 150) + 0.02 * clouds(rng, frame, 120)
    cover: Bitmap = np.zeros((frame.height, frame.width), dtype=np.uint8)
    cv2.fillConvexPoly(cover, corners.astype(np.int32), 255, cv2.LINE_AA)
    paper = np.asarray(cover, dtype=np.float32) / np.float32(255)
    shadow = soften(np.roll(paper, (round(3 * frame.scale), round(2 * frame.scale)), (0, 1)), 3 * frame.scale)
    return np.asarray(fall + curl * paper - 0.42 * shadow * (1 - paper), dtype=np.float32)
