"""Skin as light meets it: a tone, two pigments and a relief.

Colour is the tone's own reflectance, dimmed by extra melanin (brown) and extra blood (red). Because the dimming
multiplies, redness turns violet-brown on dark skin by itself, as it does in life.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from imaging.samples.fields import Bitmap, Field, Frame, cells, clouds, layered_clouds, slope

# sRGB of unlit-by-flash forearm skin, one row per tone, light to dark.
_TONES = np.array(
    [
        (240, 205, 188),
        (230, 186, 161),
        (209, 157, 124),
        (177, 121, 88),
        (132, 85, 61),
        (93, 59, 44),
    ],
    dtype=np.float32,
)
# How strongly one unit of each pigment dims red, green and blue.
_MELANIN = np.array([0.55, 0.95, 1.35], dtype=np.float32)
_BLOOD = np.array([0.20, 1.0, 0.84], dtype=np.float32)
# Dark skin hides part of its blood below the melanin, and shows inflammation as brown-violet instead.
_BLOOD_SEEN = (1.0, 0.98, 0.92, 0.84, 0.76, 0.74)
_BROWNING = (0.0, 0.02, 0.06, 0.14, 0.24, 0.30)

# Tan and flush vary more on brown skin; the same variation would look like marble on pale skin.
_UNEVEN = (0.5, 0.6, 0.8, 1.0, 1.1, 1.1)

LIGHT = (-0.62, -0.78)


@dataclass
class Surface:
    """What lies on one piece of skin, all fields of the frame's shape.

    ``melanin`` and ``blood`` are in pigment units (0 = the tone itself), ``height`` in mm, ``flakes`` is the share
    of white scale (0..1), ``coarse`` multiplies the fine relief (1 = healthy), ``gloss`` multiplies the sheen.
    """

    frame: Frame
    tone: int
    melanin: Field
    blood: Field
    height: Field
    flakes: Field
    coarse: Field
    gloss: Field

    def redden(self, amount: Field) -> None:
        """Add inflammation, shown as this tone shows it."""
        self.blood += amount * np.float32(_BLOOD_SEEN[self.tone - 1])
        self.melanin += amount * np.float32(_BROWNING[self.tone - 1])


def bare_skin(rng: np.random.Generator, frame: Frame, tone: int) -> Surface:
    """Return healthy skin: uneven tan, faint mottling, a few freckles on light tones."""
    shape = (frame.height, frame.width)
    even = _UNEVEN[tone - 1]
    tan: Field = np.asarray(0.050 * even * layered_clouds(rng, frame, 34, 3), dtype=np.float32)
    tan += 0.022 * even * layered_clouds(rng, frame, 5, 3)
    flush: Field = np.asarray(0.045 * even * layered_clouds(rng, frame, 22, 3), dtype=np.float32)
    flush += 0.022 * layered_clouds(rng, frame, 3.2, 3)
    relief = 0.10 * clouds(rng, frame, 14) + 0.022 * clouds(rng, frame, 4)
    ones: Field = np.ones(shape, dtype=np.float32)
    zeros: Field = np.zeros(shape, dtype=np.float32)
    return Surface(frame, tone, tan, flush, relief, zeros, ones, ones.copy())


def albedo(skin: Surface) -> Field:
    """Return linear reflectance, shape (height, width, 3), RGB, 0..1."""
    base = to_linear(_TONES[skin.tone - 1])
    dimming = skin.melanin[..., None] * _MELANIN + skin.blood[..., None] * _BLOOD
    colour = base * np.exp(-dimming, dtype=np.float32)
    chalk = skin.flakes[..., None]
    white = np.array([0.78, 0.68, 0.60], dtype=np.float32) * (0.14 + 0.86 * float(base[1]) / 0.6)
    return np.asarray(colour * (1 - chalk) + white * chalk, dtype=np.float32)


def relief_shading(skin: Surface) -> Field:
    """Return brightness factors around 1 of bumps, creases and wheals in side light."""
    lean = slope(skin.height, skin.frame, LIGHT)
    return np.asarray(np.clip(1 + 0.55 * np.tanh(lean * 0.9), 0.45, 1.6), dtype=np.float32)


def fine_relief(rng: np.random.Generator, frame: Frame) -> Field:
    """Return the net of skin lines, pores and down as brightness offsets around 0, of about +-0.05."""
    net = np.minimum(cells(rng, frame, 0.95, 1.25), 0.62)
    if frame.scale > 7:  # Below this the smallest cells would be under three pixels.
        net += 0.55 * np.minimum(cells(rng, frame, 0.42, 1.1), 0.3)
    lit = slope(np.asarray(-net, dtype=np.float32), frame, LIGHT)
    grain = np.tanh(lit * 1.1) * 0.040 - (net - net.mean()) * 0.055
    patchy = 0.75 + 0.25 * np.tanh(clouds(rng, frame, 9))
    return np.asarray(grain * patchy, dtype=np.float32)


def vellus(rng: np.random.Generator, frame: Frame, count: int) -> Field:
    """Return fine hairs as coverage 0..1: short, nearly parallel, curved strokes."""
    canvas: Bitmap = np.zeros((frame.height, frame.width), dtype=np.uint8)
    lean = rng.uniform(-0.5, 0.5)
    for _ in range(count):
        root = rng.uniform((0, 0), (frame.width, frame.height))
        length = rng.uniform(2.0, 5.5) * frame.scale
        angle = lean + rng.normal(0, 0.28)
        bend = rng.normal(0, 0.5)
        t = np.linspace(0, 1, 7)
        x = root[0] + np.cos(angle + bend * t) * length * t
        y = root[1] + np.sin(angle + bend * t) * length * t
        points = np.stack([x, y], axis=1) * 16
        strength = int(rng.uniform(60, 200))
        cv2.polylines(canvas, [points.astype(np.int32)], False, strength, 1, cv2.LINE_AA, 4)
    return np.asarray(canvas, dtype=np.float32) / np.float32(255)


def to_linear(srgb: Field) -> Field:
    """Return linear light (0..1) of sRGB levels (0..255)."""
    return np.asarray((srgb / 255) ** 2.2, dtype=np.float32)


def to_srgb(linear: Field) -> Bitmap:
    """Return sRGB levels (0..255) of linear light, shoulders rolled off so that highlights do not clip hard."""
    soft = np.where(linear > 0.75, 0.75 + 0.25 * np.tanh((linear - 0.75) / 0.25), np.maximum(linear, 0))
    return np.asarray(np.sqrt(soft) ** 0.9091 * 255 + 0.5, dtype=np.float32).astype(np.uint8)
