"""Brings every way in which a still may hold its pixels to the three that colour conversion understands."""

import numpy as np
from PIL import Image

_PAPER, _ROWS = (255, 255, 255), 64
_SHEER_GREY = {"LA", "La"}
_WHITES = (255.0, 65_535.0)


def plain_pixels(image: Image.Image) -> Image.Image:
    """Return the pixels as RGB, L or CMYK; transparency is laid on white, sixteen bits become eight."""
    if image.mode in {"RGB", "L", "CMYK"}:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _narrow(image)
    if image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info:
        return _lay_on_paper(image)
    return image.convert("L" if image.mode == "1" else "RGB")


def _narrow(image: Image.Image) -> Image.Image:
    """Bring deep grey to eight bits; Pillow's own conversion would clip it to white.

    What its white is nobody tells: 1 of broken numbers, or what eight or sixteen bits can hold; of what goes beyond
    that, or below nought, the highest and the lowest that there is.
    """
    values = np.nan_to_num(np.asarray(image).astype(np.float32), posinf=0.0, neginf=0.0)
    lowest, highest = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    whites = ((1.0,) if image.mode == "F" else ()) + _WHITES
    white = next((white for white in whites if lowest >= 0 and highest <= white), highest)
    values -= lowest
    values *= 255.0 / max(white - lowest, 1e-6)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def _lay_on_paper(image: Image.Image) -> Image.Image:
    """Some rows at a time: Pillow makes three copies of what it lays on something else. Grey stays grey.

    The profile of a grey picture is one of grey, which fits no other.
    """
    if image.mode in _SHEER_GREY:
        sheer, paper = image.convert("LA"), Image.new("L", image.size, _PAPER[0])
    else:
        sheer = image if image.mode == "RGBA" else image.convert("RGBA")
        paper = Image.new("RGB", image.size, _PAPER)
    for top in range(0, image.height, _ROWS):
        part = sheer.crop((0, top, image.width, min(image.height, top + _ROWS)))
        paper.paste(part.convert(paper.mode), (0, top), mask=part.getchannel("A"))
    return paper
