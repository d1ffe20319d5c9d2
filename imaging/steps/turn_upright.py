"""Turns a picture the way the camera was held, so that no copy needs an orientation tag."""

from PIL import Image

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Return the picture upright. `orientation` is the Exif value; 1 and anything unknown change nothing."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
