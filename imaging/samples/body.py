"""Shapes of the body and what lies behind them: a close-up of skin, or a limb on cloth."""

from dataclasses import dataclass

import cv2
import numpy as np

from imaging.samples.fields import Field, Frame, clouds, layered_clouds, slope, smoothstep, soften


@dataclass(frozen=True)
class Shape:
    """Where skin is and how light falls on it: ``mask`` 0..1, ``light`` around 1, ``sheen`` added light."""

    mask: Field
    light: Field
    sheen: Field


def close_up(rng: np.random.Generator, frame: Frame) -> Shape:
    """Skin fills the picture; a window on the left, the far corners fall off."""
    x, y = frame.axes()
    half = frame.width_mm / 2
    cx, cy = rng.uniform(-0.25, 0.05) * half, rng.uniform(-0.35, -0.1) * half
    radius = np.sqrt((x - cx) ** 2 + ((y - cy) * 1.1) ** 2) / half
    light = 1.12 - 0.40 * radius**2 + 0.13 * radius**3 + 0.03 * clouds(rng, frame, half * 0.8)
    sheen = 0.05 * np.exp(-((radius / 0.75) ** 2), dtype=np.float32)
    mask: Field = np.ones((frame.height, frame.width), dtype=np.float32)
    return Shape(mask, np.asarray(light, dtype=np.float32), np.asarray(sheen, dtype=np.float32))


@dataclass(frozen=True)
class Limb:
    """A limb that crosses the picture: half width in mm at left, middle and right, and its tilt."""

    left: float
    middle: float
    right: float
    tilt: float = 0.0
    bend: float = 0.0


def limb_across(rng: np.random.Generator, frame: Frame, limb: Limb) -> Shape:
    """A rounded arm or leg from edge to edge, lit from above."""
    x, y = frame.axes()
    t = x / (frame.width_mm / 2)
    wave = np.float32(0.8) * np.sin(t * 4.2 + rng.uniform(0, 6))
    half = limb.middle + np.where(t < 0, (limb.left - limb.middle), (limb.right - limb.middle)) * _ease(np.abs(t))
    axis = limb.tilt * x + limb.bend * np.cos(t * 1.4) + wave
    across = (y - axis) / (half + 0.5 * wave)
    mask = smoothstep(1.0 + 0.6 / limb.middle, 1.0 - 0.6 / limb.middle, np.asarray(np.abs(across), dtype=np.float32))
    inside = np.clip(across, -1, 1)
    dome = np.sqrt(np.maximum(1 - inside * inside, 0), dtype=np.float32)
    lambert = 0.80 * dome - 0.42 * inside
    light = 0.36 + 0.80 * np.maximum(lambert, -0.12) + 0.14 * smoothstep(0.80, 1.0, inside) - 0.05 * t
    sheen = 0.07 * np.exp(-(((inside + 0.42) / 0.26) ** 2), dtype=np.float32)
    return Shape(mask, np.asarray(light, dtype=np.float32), np.asarray(sheen * mask, dtype=np.float32))


def _ease(t: Field) -> Field:
    """Return a gentle 0..1 ramp of 0..1 and beyond."""
    return np.asarray(t * t * (3 - 2 * np.minimum(t, 1)), dtype=np.float32)


def cloth(rng: np.random.Generator, frame: Frame, colour: tuple[int, int, int]) -> Field:
    """Return folded cotton in linear light, shape (height, width, 3)."""
    height = np.zeros((frame.height, frame.width), dtype=np.float32)
    reach = frame.width_mm
    for _ in range(2):
        height += _folds(rng, frame, float(rng.uniform(-0.9, 0.9)), reach * float(rng.uniform(0.22, 0.36)))
    rumple = layered_clouds(rng, frame, reach * 0.12, 3)
    lean = slope(np.asarray(height * reach * 0.013 + rumple * reach * 0.0016, dtype=np.float32), frame, (-0.5, -0.85))
    light = 0.92 + 0.26 * np.tanh(lean * 1.1) + 0.03 * rumple
    base = (np.array(colour, dtype=np.float32) / 255) ** 2.2
    return np.asarray(light[..., None] * base, dtype=np.float32)


def _folds(rng: np.random.Generator, frame: Frame, angle: float, pitch_mm: float) -> Field:
    """Return long soft folds of about unit deviation that run at ``angle`` radians."""
    x, y = frame.axes()
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    drift = clouds(rng, frame, pitch_mm * 2.4)
    across = (y * cos - x * sin) / pitch_mm + 0.55 * drift
    phase = across * np.float32(2 * np.pi) + np.float32(rng.uniform(0, 6))
    strength = 0.5 + 0.5 * np.tanh(clouds(rng, frame, pitch_mm * 2.8))
    return np.asarray((np.sin(phase) + 0.25 * np.sin(2 * phase)) * strength, dtype=np.float32)


def cast_shadow(mask: Field, frame: Frame, depth_mm: float) -> Field:
    """Return the shadow that a shape throws down and right: 1 where nothing falls, less under the limb."""
    down = np.array([[1, 0, depth_mm * 0.35 * frame.scale], [0, 1, depth_mm * frame.scale]], dtype=np.float64)
    moved = cv2.warpAffine(mask, down, (frame.width, frame.height), borderMode=cv2.BORDER_REPLICATE)
    wide = soften(np.asarray(moved, dtype=np.float32), depth_mm * 0.7 * frame.scale)
    tight = soften(mask, depth_mm * 0.22 * frame.scale)
    return np.asarray((1 - 0.50 * wide) * (1 - 0.38 * tight), dtype=np.float32)
