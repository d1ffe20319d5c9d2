"""The photo scenes: which body part, which rash, where the ruler lies.

A scene is a function of (rng, tone, size) that returns sRGB pixels of shape (height, width, 3).
"""

import numpy as np

from imaging.samples.body import Limb, Shape, cast_shadow, close_up, cloth, limb_across
from imaging.samples.camera import Composition, compose, develop, with_ruler, working_frame
from imaging.samples.fields import Bitmap, Field, Frame
from imaging.samples.lesions import (
    Spot,
    bites,
    cafe_au_lait,
    crease,
    dark_patches,
    eczema,
    hives,
    moles,
    ring,
    scar,
)
from imaging.samples.skin import Surface, bare_skin

_CLOTHS = ((138, 166, 184), (178, 172, 160), (120, 148, 140), (188, 178, 186))


def eczema_elbow(rng: np.random.Generator, tone: int, size: tuple[int, int]) -> Bitmap:
    """Flexural eczema of the elbow, close up, with creases and a ruler."""
    shape, skin = _close(rng, tone, size, 84)
    _elbow_creases(rng, skin)
    main = Spot(-3 + rng.normal(0, 2), -8 + rng.normal(0, 1.5), 17, 10, rng.normal(0, 0.2))
    side = Spot(14 + rng.normal(0, 2), 4 + rng.normal(0, 1), 8, 4.6, rng.normal(0, 0.3))
    far = Spot(27 + rng.normal(0, 2), -9 + rng.normal(0, 2), 4.2, 3.2)
    low = Spot(-24 + rng.normal(0, 2), 3 + rng.normal(0, 1), 3.0, 2.0)
    eczema(rng, skin, [main, side, far, low])
    return _finish(rng, compose(shape, skin), size, ruler=True)


def eczema_far(rng: np.random.Generator, tone: int, size: tuple[int, int]) -> Bitmap:
    """The whole elbow on cloth, from a step away."""
    frame = working_frame(size, 300)
    shape = limb_across(rng, frame, Limb(46, 54, 48, tilt=rng.uniform(-0.03, 0.10), bend=-8))
    skin = bare_skin(rng, frame, tone)
    centre = (rng.uniform(-8, 8), rng.uniform(-8, 2))
    crease(skin, _wavy(rng, (centre[0] - 6, centre[1] - 40), (centre[0] + 6, centre[1] + 38), 1.6), 0.55)
    crease(skin, _wavy(rng, (centre[0] + 6, centre[1] - 26), (centre[0] + 13, centre[1] + 20), 1.2), 0.35)
    eczema(
        rng,
        skin,
        [
            Spot(centre[0] + 6, centre[1], 25, 17, 0.3),
            Spot(centre[0] + 38, centre[1] - 8, 9, 7),
            Spot(centre[0] - 30, centre[1] + 8, 7, 5),
        ],
        0.95,
    )
    return _finish(rng, compose(shape, skin, _behind(rng, frame, shape)), size, ruler=False)


def hives_trunk(rng: np.random.Generator, tone: int, size: tuple[int, int]) -> Bitmap:
    """Wheals scattered over a close-up of the upper back."""
    shape, skin = _close(rng, tone, size, 130)
    spots = []
    for x, y in _scattered(rng, 17, (-56, 56), (-42, 26), 13):
        radius = 2.8 + 7.5 * rng.uniform() ** 2
        spots.append(Spot(x, y, radius, radius * rng.uniform(0.65, 1.0), rng.uniform(0, 3)))
    hives(rng, skin, spots)
    moles(rng, skin, 2)
    return _finish(rng, compose(shape, skin), size, ruler=True)


def ring_forearm(rng: np.random.Generator, tone: int, size: tuple[int, int]) -> Bitmap:
    """A single ring-shaped rash, close up."""
    shape, skin = _close(rng, tone, size, 78)
    radius = rng.uniform(12.5, 15.5)
    ring(rng, skin, Spot(rng.normal(0, 2), -6 + rng.normal(0, 1.5), radius, radius * 0.93, rng.uniform(0, 3)))
    moles(rng, skin, 1)
    return _finish(rng, compose(shape, skin), size, ruler=True)


def bites_leg(rng: np.random.Generator, tone: int, size: tuple[int, int]) -> Bitmap:
    """Itchy bumps on a lower leg that lies on cloth."""
    frame = working_frame(size, 250)
    shape = limb_across(rng, frame, Limb(56, 47, 36, tilt=rng.uniform(-0.02, 0.08)))
    skin = bare_skin(rng, frame, tone)
    spots = []
    for x, y in _scattered(rng, 8, (-95, 95), (-24, 18), 20):
        radius = rng.uniform(2.4, 4.2)
        spots.append(Spot(x, y, radius, radius * rng.uniform(0.8, 1.0), rng.uniform(0, 3)))
    bites(rng, skin, spots)
    moles(rng, skin, 2)
    return _finish(rng, compose(shape, skin, _behind(rng, frame, shape)), size, ruler=False)


def hyperpigmentation(rng: np.random.Generator, tone: int, size: tuple[int, int]) -> Bitmap:
    """Brown patches that a healed rash left, close up."""
    shape, skin = _close(rng, tone, size, 92)
    spots = [Spot(-9, -11, 14, 10, 0.2), Spot(17, 3, 9, 6.5, -0.4), Spot(-24, 8, 5.5, 4, 0.5), Spot(30, -18, 4, 3)]
    moved = [Spot(s.x + rng.normal(0, 2), s.y + rng.normal(0, 1.5), s.rx, s.ry, s.angle) for s in spots]
    dark_patches(rng, skin, moved)
    return _finish(rng, compose(shape, skin), size, ruler=True)


def cafe_au_lait_spots(rng: np.random.Generator, tone: int, size: tuple[int, int]) -> Bitmap:
    """Several even light-brown spots on the back."""
    shape, skin = _close(rng, tone, size, 120)
    spots = []
    for x, y in _scattered(rng, 7, (-46, 46), (-34, 20), 22):
        radius = rng.uniform(4.0, 10.0)
        spots.append(Spot(x, y, radius, radius * rng.uniform(0.55, 0.8), rng.uniform(0, 3)))
    cafe_au_lait(rng, skin, spots)
    moles(rng, skin, 4)
    return _finish(rng, compose(shape, skin), size, ruler=True)


def surgical_scar(rng: np.random.Generator, tone: int, size: tuple[int, int]) -> Bitmap:
    """A healed straight cut with stitch marks, six weeks on."""
    shape, skin = _close(rng, tone, size, 88)
    scar(rng, skin, rng.uniform(38, 50))
    moles(rng, skin, 1)
    return _finish(rng, compose(shape, skin), size, ruler=True)


def _close(rng: np.random.Generator, tone: int, size: tuple[int, int], width_mm: float) -> tuple[Shape, Surface]:
    """Return the light and the bare skin of a close-up."""
    frame = working_frame(size, width_mm)
    return close_up(rng, frame), bare_skin(rng, frame, tone)


def _behind(rng: np.random.Generator, frame: Frame, shape: Shape) -> Field:
    """Return the cloth under a limb, in the limb's shadow."""
    colour = _CLOTHS[int(rng.integers(len(_CLOTHS)))]
    return np.asarray(cloth(rng, frame, colour) * cast_shadow(shape.mask, frame, 14)[..., None], dtype=np.float32)


def _finish(rng: np.random.Generator, scene: Composition, size: tuple[int, int], *, ruler: bool) -> Bitmap:
    """Return the developed picture, with a ruler along the lower edge if asked."""
    image = develop(rng, scene, size)
    if not ruler:
        return image
    x = rng.uniform(-0.10, 0.06) * scene.frame.width_mm
    y = scene.frame.height_mm / 2 - 9 - rng.uniform(0, 2)
    return with_ruler(image, scene, (x, y, rng.normal(0, 0.035)))


def _elbow_creases(rng: np.random.Generator, skin: Surface) -> None:
    """Press the three folds of the elbow's hollow."""
    tilt = rng.normal(0, 1.5)
    crease(skin, _wavy(rng, (-44, 1 + tilt), (44, 5 - tilt), 1.0), 0.42)
    crease(skin, _wavy(rng, (-31, 8), (12, -1), 0.8), 0.30)
    crease(skin, _wavy(rng, (-14, 13), (30, 14), 0.7), 0.24)


def _wavy(rng: np.random.Generator, start: tuple[float, float], end: tuple[float, float], swing: float) -> Field:
    """Return a gently bent line of 40 points from start to end."""
    t = np.linspace(0, 1, 40)[:, None]
    line = np.array(start) * (1 - t) + np.array(end) * t
    phase, pace = rng.uniform(0, 6), rng.uniform(3, 6)
    offset = swing * (np.sin(t * pace + phase) + 0.3 * np.sin(t * pace * 3.1))
    direction = np.array(end) - np.array(start)
    normal = np.array([-direction[1], direction[0]]) / np.linalg.norm(direction)
    return np.asarray(line + offset * normal, dtype=np.float32)


def _scattered(
    rng: np.random.Generator, count: int, across: tuple[float, float], down: tuple[float, float], apart: float
) -> list[tuple[float, float]]:
    """Return up to ``count`` random places that keep ``apart`` mm from each other."""
    places: list[tuple[float, float]] = []
    for _ in range(count * 12):
        x, y = float(rng.uniform(*across)), float(rng.uniform(*down))
        if all((x - a) ** 2 + (y - b) ** 2 > apart**2 for a, b in places):
            places.append((x, y))
        if len(places) == count:
            break
    return places
