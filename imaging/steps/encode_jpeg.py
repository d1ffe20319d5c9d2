"""Encodes a picture as JPEG, always with the same settings, so the same pixels give the same bytes."""

import io

from PIL import Image

from imaging.rendition import Rendition


def encode_jpeg(image: Image.Image, name: str, *, quality: int, full_colour: bool = False) -> Rendition:
    """Return the picture as a JPEG rendition. `full_colour` keeps the colour channels at full size (4:4:4)."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=0 if full_colour else 2)
    return Rendition(name, "image/jpeg", image.width, image.height, buffer.getvalue())
