"""Brings every picture to sRGB by its own profile. A profile that is stripped unconverted shifts the colours."""

import functools
import io
import itertools

from PIL import Image, ImageChops, ImageCms

_STEPS = range(0, 256, 32)
_UNNOTICEABLE = 1


def convert_colour(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture as sRGB in mode RGB. A profile that is missing or does not fit means sRGB already."""
    if not profile:
        return image if image.mode == "RGB" else image.convert("RGB")
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)), _srgb(), image.mode, "RGB", ImageCms.Intent.PERCEPTUAL
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image.convert("RGB")
    if image.mode == "RGB":
        # In place: a second copy of the pixels would cost more memory than the conversion takes time.
        return image if _changes_nothing(transform) else _applied_in_place(transform, image)
    return transform.apply(image)


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _applied_in_place(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    return transform.apply_in_place(image)


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether the profile is sRGB under whatever name: tried on a lattice of colours, it moves none of them."""
    lattice = bytes(itertools.chain.from_iterable(itertools.product(_STEPS, repeat=3)))
    before = Image.frombytes("RGB", (len(lattice) // 3, 1), lattice)
    extrema = ImageChops.difference(before, transform.apply(before)).getextrema()
    return all(isinstance(band, tuple) and band[1] <= _UNNOTICEABLE for band in extrema)
