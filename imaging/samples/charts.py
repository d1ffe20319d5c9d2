"""Flat drawings that are printed on sheets: a twelve-lead ECG and a growth chart, 280 x 200 mm."""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from imaging.samples.fields import Bitmap, Field

SHEET_MM = (280, 200)
# Heights in mV of P, Q, R, S and T in each lead: the usual pattern of a school-age child.
_LEADS = {
    "I": (0.10, -0.05, 0.70, -0.15, 0.22),
    "aVR": (-0.10, 0.02, -0.75, 0.10, -0.22),
    "V1": (0.08, 0.00, 0.35, -1.00, -0.18),
    "V4": (0.10, -0.12, 1.60, -0.60, 0.45),
    "II": (0.15, -0.08, 1.10, -0.20, 0.32),
    "aVL": (0.04, -0.06, 0.30, -0.10, 0.10),
    "V2": (0.09, 0.00, 0.75, -1.35, -0.10),
    "V5": (0.10, -0.15, 1.45, -0.30, 0.42),
    "III": (0.08, -0.08, 0.55, -0.15, 0.14),
    "aVF": (0.11, -0.08, 0.80, -0.18, 0.22),
    "V3": (0.09, -0.04, 1.10, -1.00, 0.22),
    "V6": (0.10, -0.15, 1.15, -0.15, 0.34),
}
_PERCENTILES = ((-1.881, "3"), (-1.282, "10"), (-0.674, "25"), (0.0, "50"), (0.674, "75"), (1.282, "90"), (1.881, "97"))


def blank_sheet(dots: int, colour: tuple[int, int, int]) -> Bitmap:
    """Return empty paper at ``dots`` per mm, shape (height, width, 3)."""
    sheet: Bitmap = np.empty((SHEET_MM[1] * dots, SHEET_MM[0] * dots, 3), dtype=np.uint8)
    sheet[:] = colour
    return sheet


def letter(sheet: Bitmap, dots: int, lines: list[tuple[float, float, str, float]], ink: tuple[int, int, int]) -> Bitmap:
    """Return the sheet with lines of text, each (x mm, y mm of the middle, text, height mm)."""
    picture = Image.fromarray(sheet)
    pen = ImageDraw.Draw(picture)
    for x, y, text, size in lines:
        pen.text((x * dots, y * dots), text, fill=ink, font=ImageFont.load_default(size * dots), anchor="lm")
    return np.asarray(picture)


def polyline(sheet: Bitmap, dots: int, points_mm: Field, ink: tuple[int, int, int], width_mm: float) -> None:
    """Draw a smooth line through points (n, 2) in mm."""
    pixels = (points_mm * dots * 16).astype(np.int32)
    cv2.polylines(sheet, [pixels], False, ink, max(1, round(width_mm * dots)), cv2.LINE_AA, 4)


def draw_ecg(rng: np.random.Generator, dots: int) -> Bitmap:
    """Return the ECG sheet: 3 rows of 4 leads, a rhythm strip, 25 mm/s and 10 mm/mV, no name."""
    sheet = blank_sheet(dots, (253, 238, 236))
    _ecg_grid(sheet, dots)
    rate = float(rng.uniform(68, 104))
    stretch = float(rng.choice([1.0, 1.0, 1.22]))
    names = list(_LEADS)
    lines = [(14.0, 9.0, f"25 mm/s   10 mm/mV   0.05-150 Hz   {rate:.0f}/min", 4.2)]
    for row in range(3):
        y = 50.0 + row * 40
        for column in range(4):
            lead, x = names[row * 4 + column], 18.0 + column * 62.5
            trace = _trace(rng, lead, rate, stretch, 2.5)
            polyline(sheet, dots, trace * (1, -1) + (x, y), (38, 34, 46), 0.34)
            lines.append((x + 1.5, y - 19.0, lead, 4.6))
    polyline(sheet, dots, _trace(rng, "II", rate, stretch, 10.0) * (1, -1) + (18, 172), (38, 34, 46), 0.34)
    for row in range(4):
        _calibration(sheet, dots, 50.0 + row * 40 + 2 * (row == 3))
    lines += [(19.5, 153.0, "II", 4.6), (14.0, 193.0, "Synthetic tracing - eConsult sample", 3.6)]
    return letter(sheet, dots, lines, (60, 54, 66))


def _ecg_grid(sheet: Bitmap, dots: int) -> None:
    """Print the millimetre grid: thin lines each mm, strong ones each 5 mm, a margin left white."""
    edge = 6 * dots
    inner = sheet[edge:-edge, edge:-edge]
    thin = max(1, dots // 10)
    for step, ink, width in ((1, (246, 212, 210), thin), (5, (232, 164, 164), thin + (dots > 6))):
        for offset in range(width):
            inner[offset :: step * dots] = ink
            inner[:, offset :: step * dots] = ink


def _calibration(sheet: Bitmap, dots: int, y: float) -> None:
    """Draw the 1 mV pulse before a row."""
    points = np.array([(8, y), (10, y), (10, y - 10), (15, y - 10), (15, y), (17, y)], dtype=np.float32)
    polyline(sheet, dots, points, (38, 34, 46), 0.34)


def _trace(rng: np.random.Generator, lead: str, rate: float, stretch: float, seconds: float) -> Field:
    """Return a lead's trace in mm from its start, upwards positive, shape (n, 2)."""
    t = np.arange(0, seconds, 1 / 400)
    rhythm = 60 / rate
    volts = 0.012 * np.sin(t * 2.1 + rng.uniform(0, 6)) + rng.normal(0, 0.006, t.size)
    p, q, r, s, wave = _LEADS[lead]
    beats = np.arange(0.12, seconds + 1, rhythm)
    recovery = 0.30 * stretch * np.sqrt(rhythm)
    for beat in beats + rng.normal(0, 0.008, beats.size):
        for height, when, width in (
            (p, -0.14, 0.022),
            (q, -0.028, 0.008),
            (r, 0.0, 0.011),
            (s, 0.030, 0.011),
            (wave, recovery, 0.045),
        ):
            volts += height * np.exp(-(((t - beat - when) / width) ** 2) / 2)
    return np.asarray(np.stack([t * 25, volts * 10], axis=1), dtype=np.float32)


def height_median(age: Field) -> Field:
    """Return an invented, plausible median height in cm for ages in years from 2 to 14."""
    t = age - 2
    return np.asarray(87 + 7.25 * t - 0.11 * t * t + 0.4 * np.sin(t * 0.5), dtype=np.float32)


def _place(age: Field, height: Field) -> Field:
    """Return sheet coordinates in mm of ages (years) and heights (cm), shape (n, 2)."""
    return np.asarray(np.stack([28 + (age - 2) * 19.5, 178 - (height - 75) * 1.48], axis=-1), dtype=np.float32)


def draw_growth(rng: np.random.Generator, dots: int) -> Bitmap:
    """Return the growth chart: seven curves and a child's visits marked by pen, growth slowing down."""
    sheet = blank_sheet(dots, (250, 249, 243))
    lines = [(28.0, 11.0, "Height for age, 2 to 14 years", 6.4), (116.0, 192.0, "Age (years)", 4.2)]
    lines += _growth_grid(sheet, dots)
    age = np.linspace(2, 14, 90, dtype=np.float32)
    for z, name in _PERCENTILES:
        curve = _place(age, height_median(age) + z * (3.3 + 0.34 * (age - 2)))
        polyline(sheet, dots, curve, (38, 112, 118), 0.75 if name == "50" else 0.38)
        lines.append((263.5, float(curve[-1][1]), name, 3.6))
    lines.append((176.0, 172.0, "Drawn curves, not a reference", 3.4))
    lines.append((176.0, 167.0, "Synthetic chart - eConsult sample", 3.4))
    _visits(rng, sheet, dots)
    return letter(sheet, dots, lines, (44, 66, 72))


def _growth_grid(sheet: Bitmap, dots: int) -> list[tuple[float, float, str, float]]:
    """Print the grid and return the labels of both axes."""
    labels = []
    for year in range(2, 15):
        ends = _place(np.full(2, year, np.float32), np.array([75, 180], np.float32))
        polyline(sheet, dots, ends, (206, 214, 210), 0.3)
        labels.append((float(ends[0][0]) - 1.5, 183.0, str(year), 3.8))
    for height in range(75, 181, 5):
        ends = _place(np.array([2, 14], np.float32), np.full(2, height, np.float32))
        polyline(sheet, dots, ends, (206, 214, 210) if height % 10 == 0 else (228, 232, 228), 0.3)
        if height % 10 == 0:
            labels.append((15.0, float(ends[0][1]), f"{height}", 3.8))
    labels.append((13.0, 19.0, "cm", 3.8))
    return labels


def _visits(rng: np.random.Generator, sheet: Bitmap, dots: int) -> None:
    """Mark six to eight visits with a pen: crosses joined by an unsteady line that leaves its curve."""
    count = int(rng.integers(6, 9))
    age = np.asarray(rng.uniform(2.4, 3.2) + np.arange(count) * rng.uniform(0.75, 0.95), dtype=np.float32)
    slowing = np.maximum(age - age[2], 0)
    height = height_median(age) + rng.uniform(-4, 2) - 3.4 * slowing + rng.normal(0, 0.35, count)
    points = _place(age, np.asarray(height, dtype=np.float32))
    ink = (26, 54, 148)
    unsteady = points + rng.normal(0, 0.3, points.shape)
    polyline(sheet, dots, np.asarray(unsteady, dtype=np.float32), ink, 0.55)
    for x, y in points:
        for slant in (1, -1):
            arm = np.array([(x - 2, y - 2 * slant), (x + 2, y + 2 * slant)]) + rng.normal(0, 0.35, (2, 2))
            polyline(sheet, dots, np.asarray(arm, dtype=np.float32), ink, 0.65)
