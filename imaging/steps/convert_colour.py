"""Brings every picture to sRGB by its own profile. A profile that is stripped unconverted shifts the colours."""

import functools
import io

import numpy as np
from PIL import Image, ImageCms

from imaging.pixels import Picture, Pixels, bands, image_of, pixels_of
from imaging.steps.matrix_colour import Shaper, shaper_of

_SPACE, _RGB = slice(16, 20), b"RGB "
"""Where a profile says what its colours are."""
_STEPS = 17
_UNNOTICEABLE = 1
"""Out of 255: as far as two ways of rounding may be apart."""


def convert_colour(decoded: Picture, profile: bytes | None) -> Pixels:
    """Return the pixels as sRGB. A profile that is missing or does not fit means sRGB already.

    An array is converted where it lies.
    """
    if not profile:
        return _as_they_are(decoded)
    try:
        # What a PNG tells by gamma is told of red, green and blue, of a grey one too.
        if profile[_SPACE] == _RGB and _mode(decoded) == "L":
            decoded = image_of(decoded).convert("RGB")
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, _srgb(), _mode(decoded), "RGB", ImageCms.Intent.PERCEPTUAL)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return _as_they_are(decoded)
    if _mode(decoded) != "RGB":
        return pixels_of(transform.apply(image_of(decoded)))
    expected = np.asarray(transform.apply(Image.fromarray(_lattice())))
    if _agree(expected, _lattice()):
        return _as_they_are(decoded)
    shaper = shaper_of(profile, source, _srgb())
    if shaper is not None and _shapes(shaper, expected):
        return _shaped(shaper, decoded)
    # In place: a second copy of the pixels would cost more memory than the conversion takes time.
    return pixels_of(transform.apply_in_place(image_of(decoded)))


def _mode(picture: Picture) -> str:
    return "RGB" if isinstance(picture, np.ndarray) else picture.mode


def _as_they_are(picture: Picture) -> Pixels:
    if isinstance(picture, np.ndarray):
        return picture
    return pixels_of(picture if picture.mode == "RGB" else picture.convert("RGB"))


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


def _shaped(shaper: Shaper, picture: Picture) -> Pixels:
    if isinstance(picture, np.ndarray):
        shaper.apply(picture, picture)
        return picture
    found = np.empty((picture.height, picture.width, 3), np.uint8)
    for top, band in bands(picture):
        shaper.apply(band, found[top : top + len(band)])
    return found
