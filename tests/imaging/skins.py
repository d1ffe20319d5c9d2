"""Skin of every tone before many grounds and in many lights, as the camera of a phone would write it down.

What is drawn is how much light each thing gives back, in linear light; then comes the light it stands in, then the
camera: too little or too much exposure, its balance of white, a lens out of focus, the noise of its sensor, JPEG.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Tone = tuple[int, int, int]
Planes = NDArray[np.float32]
Balances = tuple[tuple[float, float, float], ...]

MONK: tuple[Tone, ...] = (
    (246, 237, 228),
    (243, 231, 219),
    (247, 234, 208),
    (234, 218, 186),
    (215, 189, 150),
    (160, 126, 86),
    (130, 92, 67),
    (96, 65, 52),
    (58, 49, 42),
    (41, 36, 32),
)
"""The Monk scale, in sRGB, from the lightest to the darkest."""

GROUNDS = ("skin", "white", "grey", "blue", "wood", "black")
LIGHTS = ("even", "window", "flash")
FINDINGS = ("smooth", "hairs", "rash")
_GROUND = {
    "white": (0.80, 0.80, 0.78),
    "grey": (0.20, 0.20, 0.20),
    "blue": (0.04, 0.07, 0.19),
    "wood": (0.30, 0.17, 0.09),
    "black": (0.015, 0.015, 0.015),
}
_SIZE = (1024, 768)
_WELL = 6000 * 16
"""Electrons that one of these pixels holds: sixteen of a phone of twelve megapixels, at its least gain."""
_READ = 2.0 * 4


@dataclass(frozen=True)
class Shot:
    """How one picture was taken. `stops` above 0 are too much light, `blur` is in pixels of the view (2048)."""

    tone: Tone
    seed: int = 0
    stops: float = 0.0
    ground: str = "skin"
    light: str = "even"
    finding: str = "hairs"
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur: float = 0.0
    gain: float = 4.0
    quality: int = 90


def linear(tone: Tone) -> Planes:
    """Linear light of an sRGB colour, 0 to 1."""
    share = np.array(tone, np.float32) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4).astype(np.float32)


def take(shot: Shot) -> Image.Image:
    """The picture as it comes out of its JPEG."""
    random = np.random.default_rng(shot.seed)
    scene = _scene(random, shot)
    scene *= np.array(shot.balance, np.float32) * np.float32(2.0**shot.stops)
    if shot.blur:
        scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), shot.blur / 2), np.float32)
    stored = io.BytesIO()
    Image.fromarray(_developed(random, scene, shot.gain)).save(stored, "JPEG", quality=shot.quality)
    return Image.open(stored).convert("RGB")


def _scene(random: np.random.Generator, shot: Shot) -> Planes:
    width, height = _SIZE
    skin = _relief(random, shot.finding)[:, :, None] * linear(shot.tone)
    if shot.finding == "rash":
        _redden(random, skin)
    light, sheen = _light(random, shot.light)
    lit = skin * light[:, :, None] + sheen[:, :, None]
    if shot.ground == "skin":
        return lit
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across = np.abs(y - height / 2 - 0.15 * (x - width / 2)) / (height * random.uniform(0.2, 0.33))
    cover = np.clip((1.0 - across) * 60, 0, 1)[:, :, None]
    round_off = np.sqrt(np.clip(1 - 0.75 * np.square(np.minimum(across, 1)), 0, 1))[:, :, None]
    folds = cv2.resize(random.normal(0, 1, (24, 32)).astype(np.float32), _SIZE, interpolation=cv2.INTER_CUBIC)
    threads = np.sign(np.sin(x * 0.9) * np.sin(y * 0.9)).astype(np.float32)
    cloth = 1 + 0.08 * folds + 0.08 * threads
    behind = np.array(_GROUND[shot.ground], np.float32) * (cloth * light)[:, :, None]
    return np.asarray(lit * round_off * cover + behind * (1 - cover), np.float32)


def _relief(random: np.random.Generator, finding: str) -> Planes:
    """How much more or less each place gives back: uneven tan, pores, and hairs where there are some."""
    width, height = _SIZE
    tan = cv2.resize(random.normal(0, 1, (6, 8)).astype(np.float32), _SIZE, interpolation=cv2.INTER_CUBIC)
    pores = cv2.GaussianBlur(random.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 1.2)
    relief: Planes = np.asarray(1 + 0.03 * tan + (0.04 if finding == "smooth" else 0.10) * pores, np.float32)
    for _ in range(90 if finding == "hairs" else 0):
        start = random.integers(0, (width, height))
        end = start + random.integers(-60, 60, 2)
        cv2.line(relief, start.tolist(), end.tolist(), 0.6, 2, cv2.LINE_AA)
    return relief


def _redden(random: np.random.Generator, skin: Planes) -> None:
    """Papules and one large patch, by the light that blood takes away; they cover about a third."""
    height, width = skin.shape[:2]
    blood = np.zeros((height, width), np.float32)
    cv2.ellipse(blood, (width // 2, height // 2), (300, 170), 0, 0, 360, 0.8, -1)
    for _ in range(60):
        place = random.integers(0, (width, height))
        cv2.circle(blood, place.tolist(), int(random.integers(5, 16)), 1.0, -1)
    soft = cv2.GaussianBlur(blood, (0, 0), 3)[:, :, None]
    skin *= np.exp(-soft * np.array([0.15, 0.75, 0.65], np.float32))


def _light(random: np.random.Generator, kind: str) -> tuple[Planes, Planes]:
    """How much light falls on each place, most of it about 1, and what of it the skin mirrors as it is."""
    width, height = _SIZE
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    if kind == "even":
        return np.ones((height, width), np.float32), np.zeros((height, width), np.float32)
    if kind == "window":
        light = 1.1 - 0.6 * x / width
        sheen = 0.04 * np.clip(1 - x / width, 0, 1) ** 2
    else:
        away = np.hypot(x - width / 2, y - height / 2) / (width / 2)
        light, sheen = 1.15 - 0.45 * away**2, 0.25 * np.exp(-np.square(away / 0.25))
    sparkle = cv2.GaussianBlur(random.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 1.5) * 5
    return np.maximum(light, 0.2).astype(np.float32), (sheen * np.clip(0.6 + 0.6 * sparkle, 0, 3)).astype(np.float32)


def _developed(random: np.random.Generator, scene: Planes, gain: float) -> NDArray[np.uint8]:
    """Noise of light and of reading, then the curve of sRGB."""
    well = _WELL / gain
    electrons = np.clip(scene, 0, 1) * well
    noise = random.standard_normal(scene.shape, np.float32) * np.sqrt(electrons + _READ**2).astype(np.float32)
    level = np.clip((electrons + noise) / well, 0, 1)
    coded = np.where(level <= 0.0031308, 12.92 * level, 1.055 * level ** (1 / 2.4) - 0.055)
    return (255 * coded + 0.5).astype(np.uint8)


WHITE = ((1.0, 1.0, 1.0),)
TINTED = ((1.12, 1.0, 0.82), (0.92, 1.0, 1.12))
"""A warm and a cold room that the camera did not make up for."""


def shots(tone: Tone, count: int, *, stops: float = 0.0, blur: float = 0.0, balances: Balances = WHITE) -> list[Shot]:
    """So many pictures of one tone, by turns in each light, before each ground (every other one a close-up) and so on.

    What has too little light was taken, every other time, with the camera's gain at its end.
    """
    grounds = [ground for other in GROUNDS[1:] for ground in ("skin", other)]
    return [
        Shot(
            tone,
            seed=1000 * round(4 * stops) % 977 + place,
            stops=stops,
            ground=grounds[place % len(grounds)],
            light=LIGHTS[place % 3],
            finding="hairs" if blur else FINDINGS[place // 3 % 3],
            balance=balances[place // 2 % len(balances)],
            blur=blur,
            gain=64.0 if stops < 0 and place % 2 else (1.0, 4.0, 16.0)[place // 4 % 3],
            quality=(80, 90, 95)[place % 3],
        )
        for place in range(count)
    ]


FALLS = ("side", "lamp", "shadow", "wide shadow")
"""Ways in which light falls on skin that is smooth: less and less across it, from a lamp over its middle, and past
something that throws a shadow, near by or farther off."""


def bare(tone: Tone, fall: str, noise: float, quality: int = 85) -> Image.Image:
    """A sharp picture of skin without pores, hairs or findings: nothing has an edge in it but the light.

    `noise` is that of its camera, in steps of 255.
    """
    width, height = _SIZE
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    if fall == "side":
        light = 1 - 0.6 * x / width
    elif fall == "lamp":
        light = 1 - 0.4 * np.square(np.hypot(x - width / 2, y - height / 2) / (width / 2))
    else:
        softness = {"shadow": 12, "wide shadow": 40}[fall]
        light = cv2.GaussianBlur(np.where(x + 0.3 * y < 0.6 * width, 1, 0.5).astype(np.float32), (0, 0), softness)
    grain = np.random.default_rng(1).normal(0, noise, (height, width, 3)) if noise else 0
    stored = io.BytesIO()
    lit = light[:, :, None] * np.array(tone, np.float32) + grain
    Image.fromarray(np.clip(lit + 0.5, 0, 255).astype(np.uint8)).save(stored, "JPEG", quality=quality)
    return Image.open(stored).convert("RGB")
