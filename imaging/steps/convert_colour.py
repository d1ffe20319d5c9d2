"""Brings every picture to sRGB by its own profile. A profile that is stripped unconverted shifts the colours."""

import functools
import io

import numpy as np
from PIL import Image, ImageCms

from imaging.pixels import Pixels, bands, pixels_of
from imaging.steps.matrix_colour import Shaper, shaper_of

_SPACE, _RGB = slice(16, 20), b"RGB "
"""Where a profile says what its colours are."""
_STEPS = 17
_UNNOTICEABLE = 1
"""Out of 255: as far as two ways of rounding may be apart."""


def convert_colour(decoded: Image.Image, profile: bytes | None) -> Pixels:
    """Return the pixels as sRGB. A profile that is missing or does not fit means sRGB already."""
    if not profile:
        return pixels_of(decoded if decoded.mode == "RGB" else decoded.convert("RGB"))
    try:
        # What a PNG tells by gamma is told of red, green and blue, of a grey one too.
        if profile[_SPACE] == _RGB and decoded.mode == "L":
            decoded = decoded.convert("RGB")
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, _srgb(), decoded.mode, "RGB", ImageCms.Intent.PERCEPTUAL)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return pixels_of(decoded.convert("RGB"))
    if decoded.mode != "RGB":
        return pixels_of(transform.apply(decoded))
    expected = np.asarray(transform.apply(Image.fromarray(_lattice())))
    if _agree(expected, _lattice()):
        return pixels_of(decoded)
    shaper = shaper_of(profile, source, _srgb())
    if shaper is not None and _shapes(shaper, expected):
        return _shaped(shaper, decoded)
    # In place: a second copy of the pixels would cost more memory than the conversion takes time.
    return pixels_of(transform.apply_in_place(decoded))


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@functools.cache
def _lattice() -> Pixels:
    """Colours from all over the cube, on which two ways of conversion are compared, and every grey."""
    steps = np.round(np.linspace(0, 255, _STEPS)).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 1, 3)
    grey = np.arange(256, dtype=np.uint8).repeat(3).reshape(-1, 1, 3)
    return np.concatenate([cube, grey])


def _agree(one: Pixels, other: Pixels) -> bool:
    return int(np.abs(one.astype(np.int16) - other).max()) <= _UNNOTICEABLE


def _shapes(shaper: Shaper, expected: Pixels) -> bool:
    """Whether the quicker way gives what lcms gives: a profile may say one thing in its matrix and another beside."""
    found = np.empty_like(expected)
    shaper.apply(_lattice(), found)
    return _agree(found, expected)


def _shaped(shaper: Shaper, image: Image.Image) -> Pixels:
    found = np.empty((image.height, image.width, 3), np.uint8)
    for top, band in bands(image):
        shaper.apply(band, found[top : top + len(band)])
    return found
