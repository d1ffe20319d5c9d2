"""The pixels of a fax are not square: most have twice as many across as down."""

from PIL import Image, ImageFile

from imaging import limits

_ACROSS, _DOWN, _ORIENTATION = 282, 283, 274
"""The tags of a TIFF that say how many pixels an inch has, and how it lies."""
_SQUARE, _LONGEST_PIXEL = 1.1, 5.0


def shape_of(image: ImageFile.ImageFile) -> float:
    """How many times as high as wide the pixels are; 1 where they are square, or nothing that can be is told."""
    tags = getattr(image, "tag_v2", {})
    try:
        across, down = (float(tags.get(tag) or 1.0) for tag in (_ACROSS, _DOWN))
        shape = across / down
    except (TypeError, ValueError, ZeroDivisionError):
        return 1.0
    is_told = 1.0 / _LONGEST_PIXEL < shape < _LONGEST_PIXEL and tags.get(_ORIENTATION, 1) == 1
    return shape if is_told and not 1.0 / _SQUARE < shape < _SQUARE else 1.0


def square_size(width: int, height: int, shape: float) -> tuple[int, int]:
    """The size with square pixels: stretched one way, or where that were too large shrunk the other way."""
    if (shape > 1) == (width * height * max(shape, 1 / shape) <= limits.PHOTO_PIXELS):
        return width, round(height * shape)
    return round(width / shape), height


def squared(image: Image.Image, shape: float) -> Image.Image:
    """The picture with square pixels."""
    if shape == 1.0:
        return image
    return image.resize(square_size(*image.size, shape), Image.Resampling.BICUBIC)
