"""Brings every way in which a still may hold its pixels to the three that colour conversion understands."""

import numpy as np
from PIL import Image

_PAPER = (255, 255, 255)


def plain_pixels(image: Image.Image) -> Image.Image:
    """Return the pixels as RGB, L or CMYK; transparency is laid on white, sixteen bits become eight."""
    if image.mode in {"RGB", "L", "CMYK"}:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _narrow(image)
    if image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info:
        return _lay_on_paper(image.convert("RGBA"))
    return image.convert("L" if image.mode == "1" else "RGB")


def _narrow(image: Image.Image) -> Image.Image:
    """Bring deep grey to eight bits by its highest ones; Pillow's own conversion would clip it to white."""
    values = np.asarray(image).astype(np.float64)
    scale = 1.0 if values.max(initial=0) <= 255 else 256.0
    return Image.fromarray(np.clip(values / scale, 0, 255).astype(np.uint8))


def _lay_on_paper(image: Image.Image) -> Image.Image:
    paper = Image.new("RGB", image.size, _PAPER)
    paper.paste(image, mask=image.getchannel("A"))
    return paper
