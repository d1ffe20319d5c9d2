"""Shrinks a picture to a longest side, by whole steps where that comes close: they cost a tenth."""

from PIL import Image

CLOSE_ENOUGH = 0.95


def shrink(image: Image.Image, side: int) -> Image.Image:
    """Return the picture with its longer side at most `side` pixels; a smaller one is returned as it is."""
    longest = max(image.size)
    if longest <= side:
        return image
    factor = -(-longest // side)
    if longest / factor >= side * CLOSE_ENOUGH:
        return image.reduce(factor)
    scale = side / longest
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=1.5)
