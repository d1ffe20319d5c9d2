"""Rashes, marks and scars, each drawn onto a `Surface` at a place and size in mm."""

from dataclasses import dataclass

import cv2
import numpy as np

from imaging.samples.fields import Bitmap, Field, Frame, clouds, layered_clouds, smoothstep, soften
from imaging.samples.skin import Surface


@dataclass(frozen=True)
class Spot:
    """An ellipse on the scene: centre and half-axes in mm, turned by ``angle`` radians."""

    x: float
    y: float
    rx: float
    ry: float
    angle: float = 0.0


def nearness(frame: Frame, spot: Spot) -> Field:
    """Return 1 at the centre of the spot, 0 on its rim, negative outside."""
    x, y = frame.axes()
    cos, sin = np.float32(np.cos(spot.angle)), np.float32(np.sin(spot.angle))
    u = ((x - spot.x) * cos + (y - spot.y) * sin) / spot.rx
    v = ((y - spot.y) * cos - (x - spot.x) * sin) / spot.ry
    return np.asarray(1 - np.sqrt(u * u + v * v), dtype=np.float32)


def eczema(rng: np.random.Generator, skin: Surface, spots: list[Spot], strength: float = 1.0) -> None:
    """Ill-defined red, rough, scaling patches with small papules at the edge and a few scratch marks."""
    frame = skin.frame
    size = max(spot.rx for spot in spots)
    ragged = 0.34 * layered_clouds(rng, frame, size * 0.55, 4)
    inner = np.max([nearness(frame, spot) for spot in spots], axis=0)
    patch = smoothstep(-0.10, 0.42, inner + ragged)
    halo = smoothstep(-0.75, 0.45, inner + 0.5 * ragged)
    mottle = 0.74 + 0.26 * np.tanh(layered_clouds(rng, frame, size * 0.16, 4))
    papules = smoothstep(0.6, 2.2, clouds(rng, frame, size * 0.062)) * smoothstep(-0.55, 0.15, inner + ragged)
    skin.redden(np.asarray(strength * (0.62 * patch * mottle + 0.20 * halo + 0.42 * papules), dtype=np.float32))
    skin.height += 0.10 * patch + 0.07 * papules + 0.05 * patch * clouds(rng, frame, size * 0.05)
    skin.coarse += 1.5 * patch * strength
    crust = smoothstep(0.8, 2.6, layered_clouds(rng, frame, size * 0.07, 4)) * smoothstep(0.35, 0.9, patch)
    skin.flakes += 0.22 * strength * crust
    for _ in range(int(5 * strength)):
        _scratch(rng, skin, spots[int(rng.integers(len(spots)))])


def _scratch(rng: np.random.Generator, skin: Surface, spot: Spot) -> None:
    """Add one thin dark-red broken line across the spot."""
    angle = 0.6 + rng.normal(0, 0.25)
    length = spot.rx * rng.uniform(0.25, 0.5)
    x, y = spot.x + rng.normal(0, spot.rx * 0.3), spot.y + rng.normal(0, spot.ry * 0.3)
    step = np.array([np.cos(angle), np.sin(angle)]) * length
    line = stroke(skin.frame, np.array([(x, y) - step / 2, (x, y), (x, y) + step / 2]), 0.35)
    broken = smoothstep(-0.5, 0.6, clouds(rng, skin.frame, 1.1))
    skin.redden(np.asarray(0.55 * line * broken, dtype=np.float32))


def stroke(frame: Frame, points_mm: Field, width_mm: float) -> Field:
    """Return a soft-edged polyline as coverage 0..1; points are (n, 2) in mm."""
    canvas: Bitmap = np.zeros((frame.height, frame.width), dtype=np.uint8)
    centre = np.array([frame.width_mm, frame.height_mm]) / 2
    pixels = ((points_mm + centre) * frame.scale * 16).astype(np.int32)
    cv2.polylines(canvas, [pixels], False, 255, max(1, round(width_mm * frame.scale)), cv2.LINE_AA, 4)
    return soften(np.asarray(canvas, dtype=np.float32) / np.float32(255), width_mm * frame.scale * 0.3)


def hives(rng: np.random.Generator, skin: Surface, spots: list[Spot]) -> None:
    """Raised wheals with paler tops and a red flare; neighbours run together."""
    frame = skin.frame
    size = float(np.mean([spot.rx for spot in spots]))
    bend = 0.20 * layered_clouds(rng, frame, size * 0.9, 3)
    mottle = np.tanh(layered_clouds(rng, frame, size * 0.35, 3))
    inner = np.max([nearness(frame, spot) for spot in spots], axis=0) + bend
    wheal = smoothstep(-0.10, 0.16, inner)
    flare = smoothstep(-1.25, 0.1, inner) ** 2
    top = smoothstep(0.05, 0.7, inner)
    skin.redden(np.asarray(0.34 * flare + 0.34 * wheal - 0.24 * top + 0.08 * wheal * mottle, dtype=np.float32))
    skin.height += 0.42 * smoothstep(-0.22, 0.75, inner)
    skin.coarse -= 0.5 * wheal
    skin.gloss += 0.4 * wheal


def ring(rng: np.random.Generator, skin: Surface, spot: Spot) -> None:
    """A ring with a raised, scaling, broken red border and a clearing, slightly brown centre."""
    frame = skin.frame
    wobble = 0.065 * layered_clouds(rng, frame, spot.rx * 0.7, 3)
    inner = nearness(frame, spot) + wobble
    border = np.exp(-((inner / np.where(inner > 0, 0.16, 0.085)) ** 2), dtype=np.float32)
    broken = 0.52 + 0.48 * np.tanh(0.5 + layered_clouds(rng, frame, spot.rx * 0.20, 3))
    papules = smoothstep(0.5, 1.4, clouds(rng, frame, spot.rx * 0.085)) * smoothstep(0.25, 0.8, border)
    centre = smoothstep(0.02, 0.22, inner)
    skin.redden(np.asarray(0.66 * border * broken + 0.40 * papules + 0.14 * centre, dtype=np.float32))
    skin.melanin += 0.05 * centre
    skin.height += 0.26 * border * broken + 0.14 * papules
    scale = smoothstep(0.7, 1.7, layered_clouds(rng, frame, spot.rx * 0.055, 3))
    trailing = np.exp(-(((inner - 0.14) / 0.10) ** 2), dtype=np.float32)
    skin.flakes += 0.30 * scale * np.maximum(0.5 * border, trailing)
    skin.coarse += 0.7 * border + 0.4 * centre


def bites(rng: np.random.Generator, skin: Surface, spots: list[Spot]) -> None:
    """Firm papules with a dark punctum and a pink halo."""
    frame = skin.frame
    for spot in spots:
        bent = nearness(frame, spot) + 0.10 * clouds(rng, frame, spot.rx * 0.8)
        papule = smoothstep(-0.08, 0.55, bent)
        halo = smoothstep(-2.2, 0.2, bent) ** 2
        point = smoothstep(0.76, 0.92, nearness(frame, spot))
        skin.redden(np.asarray(0.62 * papule + 0.26 * halo + 0.8 * point, dtype=np.float32))
        skin.height += 0.55 * papule - 0.2 * point
        skin.gloss += 0.5 * papule


def dark_patches(rng: np.random.Generator, skin: Surface, spots: list[Spot]) -> None:
    """Flat brown patches left by an old rash: soft edge, uneven inside, no relief."""
    frame = skin.frame
    for spot in spots:
        ragged = 0.26 * layered_clouds(rng, frame, spot.rx * 0.6, 4)
        patch = smoothstep(-0.12, 0.62, nearness(frame, spot) + ragged)
        uneven = 0.80 + 0.20 * np.tanh(layered_clouds(rng, frame, spot.rx * 0.22, 3))
        skin.melanin += (0.36 + 0.055 * skin.tone) * patch * uneven
        skin.blood += 0.10 * patch


def cafe_au_lait(rng: np.random.Generator, skin: Surface, spots: list[Spot]) -> None:
    """Even light-brown ovals with a crisp, smooth edge."""
    frame = skin.frame
    for spot in spots:
        bent = nearness(frame, spot) + 0.07 * layered_clouds(rng, frame, spot.rx * 0.55, 3)
        patch = smoothstep(-0.02, 0.10, bent)
        skin.melanin += patch * (0.34 + 0.02 * clouds(rng, frame, 1.2))


def moles(rng: np.random.Generator, skin: Surface, count: int) -> None:
    """A few small, dark, round dots, anywhere."""
    frame = skin.frame
    for _ in range(count):
        radius = float(rng.uniform(0.5, 1.1))
        x, y = rng.uniform(-0.45, 0.45, 2) * (frame.width_mm, frame.height_mm)
        dot = smoothstep(-0.15, 0.35, nearness(frame, Spot(float(x), float(y), radius, radius * 0.9)))
        skin.melanin += dot * np.float32(rng.uniform(0.35, 0.8))


def scar(rng: np.random.Generator, skin: Surface, length_mm: float) -> None:
    """A healed straight cut: a pink, shiny, slightly raised line with a row of stitch marks on each side."""
    frame = skin.frame
    x, y = frame.axes()
    bow = 1.6 * np.sin(x / length_mm * 2.6) + 0.25 * clouds(rng, frame, 6)
    across = np.abs(y - bow - 0.10 * x)
    along = smoothstep(length_mm / 2, length_mm / 2 - 3, np.abs(x) + 0 * y)
    width = 1.15 + 0.30 * clouds(rng, frame, 7)
    line = smoothstep(1.0, 0.45, np.asarray(across / width, dtype=np.float32)) * along
    pale = smoothstep(0.45, 0.0, np.asarray(across / width, dtype=np.float32)) * along
    halo = smoothstep(7.0, 0.5, across) * along
    stitches = _stitches(rng, frame, length_mm)
    skin.redden(np.asarray(0.55 * line - 0.20 * pale + 0.20 * halo + 0.45 * stitches, dtype=np.float32))
    skin.height += 0.42 * line + 0.12 * stitches
    skin.coarse -= 0.8 * line
    skin.gloss += 1.2 * line


def _stitches(rng: np.random.Generator, frame: Frame, length_mm: float) -> Field:
    """Return the small dots where stitches were, in pairs along the cut."""
    total: Field = np.zeros((frame.height, frame.width), dtype=np.float32)
    for place in np.arange(-length_mm / 2 + 3, length_mm / 2 - 2, 4.6):
        middle = 1.6 * np.sin(place / length_mm * 2.6) + 0.10 * place
        for side in (-1, 1):
            x, y = place + rng.normal(0, 0.25), middle + side * (4.0 + rng.normal(0, 0.25))
            total += smoothstep(-0.3, 0.6, nearness(frame, Spot(float(x), float(y), 0.75, 0.6)))
    return total


def crease(skin: Surface, points_mm: Field, depth_mm: float) -> None:
    """Press a skin fold along a polyline: a soft groove, a touch redder at the bottom."""
    groove = soften(stroke(skin.frame, points_mm, 0.45), 0.55 * skin.frame.scale)
    skin.height -= depth_mm * 2.2 * groove
    skin.blood += 0.55 * depth_mm * groove
