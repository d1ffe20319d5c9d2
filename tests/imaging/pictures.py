"""A real face to look for, and writing to hide. The portrait is NASA's, in the public domain, from scikit-image."""

import functools
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from imaging.boxes import Box
from tests.imaging import files

FACE = (0.36, 0.13, 0.52, 0.34)
"""Where the astronaut's face is: left, top, right and bottom as shares of the picture."""
_PORTRAIT_FACE = Box(0.28, 0.26, 0.78, 0.91)
"""Where it is in `portrait`."""
STAMP = "2024-05-06 13:37"


@functools.cache
def shipped(name: str) -> Image.Image:
    """A picture of scikit-image's wheel; the package itself is never imported."""
    spec = find_spec("skimage")
    assert spec is not None
    assert spec.submodule_search_locations
    with Image.open(Path(spec.submodule_search_locations[0]) / "data" / name) as image:
        return image.convert("RGB")


def astronaut(side: int = 512) -> Image.Image:
    """A woman's portrait with one face."""
    return shipped("astronaut.png").resize((side, side), Image.Resampling.BICUBIC)


def portrait(side: int = 300) -> Image.Image:
    """The face alone with some hair, as a square."""
    return shipped("astronaut.png").crop((130, 15, 310, 195)).resize((side, side), Image.Resampling.BICUBIC)


def people(small_at: tuple[int, int] = (900, 420)) -> Image.Image:
    """A large face and, further back, a small one, before a plain wall."""
    scene = files.noise(1280, 960).point(lambda value: 150 + value // 16)
    scene.paste(portrait(520), (100, 150))
    scene.paste(portrait(160).transpose(Image.Transpose.FLIP_LEFT_RIGHT), small_at)
    return scene


def held_up(share: float, turn: int = 0, size: tuple[int, int] = (1008, 756)) -> tuple[Image.Image, Box]:
    """The astronaut's face, this share of the picture's width, before a softly lit wall; and where it is."""
    width, height = size
    side = max(8, round(share * width / (_PORTRAIT_FACE.right - _PORTRAIT_FACE.left)))
    left, top = (width - side) // 2, (height - side) // 2
    scene = files.noise(width, height).point(lambda value: 150 + value // 16)
    scene.paste(portrait(side), (left, top))
    xs = [left + edge * side for edge in (_PORTRAIT_FACE.left, _PORTRAIT_FACE.right)]
    ys = [top + edge * side for edge in (_PORTRAIT_FACE.top, _PORTRAIT_FACE.bottom)]
    scene = scene.rotate(turn, expand=True)
    if turn == 180:
        xs, ys = [width - xs[1], width - xs[0]], [height - ys[1], height - ys[0]]
    elif turn:
        flipped = [width - xs[1], width - xs[0]] if turn == 90 else xs
        xs, ys = (ys if turn == 90 else [height - ys[1], height - ys[0]]), flipped
    edges = (xs[0] / scene.width, ys[0] / scene.height, xs[1] / scene.width, ys[1] / scene.height)
    return scene, Box(*(min(1.0, max(0.0, edge)) for edge in edges))


def written(text: str = STAMP, *, size: int = 40, ink: int = 235, ground: int = 90, turn: int = 0) -> Image.Image:
    """Writing on a grey, slightly noisy ground, turned by so many degrees."""
    scene = files.noise(1280, 960).point(lambda value: ground + value // 32)
    font = ImageFont.load_default(size=size)
    ImageDraw.Draw(scene).text((420, 440), text, font=font, fill=(ink, ink, ink))
    return scene.rotate(turn, expand=turn % 180 != 0, fillcolor=(ground,) * 3)


def where_written(text: str = STAMP, *, size: int = 40) -> tuple[float, ...]:
    """Where `written` puts its text, unturned, in shares of the picture."""
    box = ImageFont.load_default(size=size).getbbox(text)
    edges = (420 + box[0], 440 + box[1], 420 + box[2], 440 + box[3])
    return tuple(edge / side for edge, side in zip(edges, (1280, 960, 1280, 960), strict=True))


def qr_code(content: str = "MRN 0042") -> Image.Image:
    """A QR code on a wall."""
    scene = Image.new("RGB", (1280, 960), (170, 160, 150))
    code = cv2.QRCodeEncoder.create().encode(content)
    scene.paste(Image.fromarray(np.asarray(code)).resize((300, 300), Image.Resampling.NEAREST), (500, 300))
    return scene
