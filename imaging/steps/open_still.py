"""Opens a still by the one decoder of its type, reads the header and checks it. No pixel is decoded yet."""

import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pi_heif
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from imaging import limits
from imaging.cut_short import telling, telling_cut
from imaging.pixel_shape import shape_of, square_size, squared
from imaging.pixels import Decode, Picture, image_of
from imaging.refusal import Refused
from imaging.steps.decode_jpeg import decode_jpeg
from imaging.steps.hear_tiff import hearing
from imaging.steps.inspect_still import exif_classes
from imaging.steps.large_webp import SIDEWAYS, open_large
from imaging.steps.png_colour import png_profile
from imaging.steps.shrink import CLOSE_ENOUGH
from imaging.steps.told_profile import adobe_profile, told_profile
from imaging.steps.toned_still import toned
from imaging.walks import jpeg, png, tiff, webp
from imaging.walks.cut import is_cut
from imaging.walks.heif import Edges, clean_aperture, uncut
from imaging.walks.heif_items import has_shown_picture, is_whole_avif, is_whole_heic

# MPO files come through the JPEG opener; naming MPO here makes Pillow fail on every file that is none.
_PILLOW_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/tiff": "TIFF"}
_PILLOW_FORMATS |= {"image/gif": "GIF", "image/avif": "AVIF"}
_NOT_BUILT_IN = {"webp", "jbig", "sgilog", "sgilog24", "thunderscan", "tiff_jpeg"}
"""Ways to pack a TIFF that the decoder knows by name and may not have."""
_ORIENTATION, _RAW_EXIF = 0x0112, "Raw profile type exif"
_SILENT = {"image/webp", "image/heic", "image/avif", "image/tiff"}
"""Their decoders do not say of a file that it breaks off."""
_IS_WHOLE: dict[str, Callable[[bytes], bool]] = {
    "image/png": png.has_true_sums,
    "image/webp": webp.is_whole,
    "image/heic": is_whole_heic,
    "image/avif": is_whole_avif,
}
"""What tells, of formats whose decoders show damaged pictures without a word, that a part is none of the picture."""
_ADOBE_INDEX = "R03"
_SMALLEST = 8
"""A JPEG can be decoded at an eighth of its size, not less."""


@dataclass(frozen=True)
class Still:
    """An opened picture. `orientation` is the Exif value 1 to 8; `width` and `height` are of the upright picture.

    `decode` decodes at a fraction of the size where the format can; what is too large to be decoded whole never is.
    """

    decode: Decode
    profile: bytes | None
    orientation: int
    width: int
    height: int
    found: frozenset[str] = frozenset()


def open_still(data: bytes, media_type: str) -> Still:
    """Read the header. Refuses `too_many_pixels`, `too_small`, and `damaged` where the decoder finds no picture.

    That is `truncated` where its end is missing; so is what `decode` cannot decode.
    What is of high dynamic range is toned down as it is decoded, and has no profile any more.
    """
    # The decoder of HEIC takes a picture of which much is cut away for one that lies about its size.
    cut = uncut(data) if media_type == "image/heic" else None
    data, edges = cut or (data, None)
    if media_type == "image/jpeg" and jpeg.is_strange(data):
        # Its end may be written in another way, too, and seem to be missing: to send it again would not help.
        raise Refused("unsupported_type")
    sent = data
    data = jpeg.with_end(jpeg.with_exif_named(data)) if media_type == "image/jpeg" else data
    with telling_cut(sent, media_type):
        still = _opened(data, media_type)
    decode = toned(still.decode, still.profile, data, media_type)
    if decode is not None:
        still = replace(still, decode=decode, profile=None)
    if media_type == "image/avif":
        edges = clean_aperture(data, *_stored(still))
    if edges is not None:
        still = _cut_out(still, edges)
    is_short = (media_type in _SILENT or len(data) > len(sent)) and is_cut(sent, media_type)
    return replace(still, decode=_telling(still.decode)) if is_short else still


def _stored(still: Still) -> tuple[int, int]:
    """The width and height of a picture before it is turned by its `orientation`."""
    return (still.height, still.width) if still.orientation in SIDEWAYS else (still.width, still.height)


def _cut_out(still: Still, edges: Edges) -> Still:
    """Leave away what the owner of a picture had cut away: it is still in the file, and its decoder does not ask."""
    width, height = _stored(still)
    wide, high = edges[2] - edges[0], edges[3] - edges[1]
    check_size(wide, high, can_scale=False)

    def decode(side: int | None) -> Image.Image:
        image = image_of(still.decode(None if side is None else -(-side * max(width, height) // max(wide, high))))
        across, down = image.width / width, image.height / height
        left, right = (round(edge * across) for edge in edges[::2])
        top, bottom = (round(edge * down) for edge in edges[1::2])
        return image.crop((left, top, right, bottom))

    upright = (high, wide) if still.orientation in SIDEWAYS else (wide, high)
    return replace(still, decode=decode, width=upright[0], height=upright[1])


def _telling(decode: Decode) -> Decode:
    """Decode what is known to break off; a picture may still come out whole."""

    def decode_told(side: int | None) -> Picture:
        with telling(lambda: True):
            return decode(side)

    return decode_told


def _opened(data: bytes, media_type: str) -> Still:
    still = _large(data, media_type) or _described(data, media_type)
    if not _IS_WHOLE.get(media_type, bool)(data):
        raise Refused("damaged")
    return still


def _large(data: bytes, media_type: str) -> Still | None:
    """Open what Pillow would need too much memory for; None for everything else."""
    found = open_large(data) if media_type == "image/webp" else None
    if found is None:
        return None
    check_size(found.width, found.height, can_scale=False)
    return Still(found.decode, found.profile, found.orientation, found.width, found.height)


def _described(data: bytes, media_type: str) -> Still:
    if media_type == "image/heic":
        return _open_heif(data)
    image = open_image(data, media_type)
    still = still_of(image)
    if media_type == "image/tiff":
        return _with_square_pixels(replace(still, decode=hearing(still.decode, data, image, 0)), shape_of(image))
    if media_type == "image/jpeg":
        return replace(still, decode=_heard(still, image, data))
    if media_type == "image/png":
        return replace(still, profile=png_profile(data, still.profile))
    if media_type != "image/avif":
        return still
    # What an AVIF carries is read with its header, by its decoder; of the others the walk of the structure tells it.
    found = frozenset(_told_classes(image.info, getattr(image, "n_frames", 1)))
    return replace(still, profile=still.profile or told_profile(data), found=found)


def _heard(still: Still, image: ImageFile.ImageFile, data: bytes) -> Decode:
    """Decode a JPEG by what tells its damage, where that can decode it."""
    is_halved = image.width * image.height > limits.PHOTO_PIXELS

    def decode(side: int | None) -> Picture:
        found = decode_jpeg(data, image.mode, _factor(image, side, is_halved=is_halved))
        return still.decode(side) if found is None else found

    return decode


def _with_square_pixels(still: Still, shape: float) -> Still:
    width, height = square_size(still.width, still.height, shape)
    return replace(still, decode=lambda side: squared(image_of(still.decode(side)), shape), width=width, height=height)


def still_of(image: ImageFile.ImageFile) -> Still:
    """Describe the current frame of a picture that Pillow opened, after checking its size."""
    width, height = image.size
    is_scaled = check_size(width, height, can_scale=image.format in {"JPEG", "MPO"} and "progression" not in image.info)
    # Asked before Exif is, for which Pillow reads a PNG to its end: a profile behind the picture is none in browsers.
    profile = image.info.get("icc_profile")
    # Pillow turns a TIFF itself while it decodes it, and tells the size of the upright picture from the start.
    orientation = 1 if image.format == "TIFF" else _orientation(image)
    if orientation in SIDEWAYS:
        width, height = height, width
    return Still(
        lambda side: _decode_pillow(image, side, is_halved=is_scaled),
        profile or (adobe_profile() if _is_adobe(image) else None),
        orientation,
        width,
        height,
    )


def check_size(width: int, height: int, *, can_scale: bool) -> bool:
    """Refuse what is too large, or too small to see anything; return whether it must be decoded at half its size."""
    if min(width, height) < limits.STILL_LEAST or min(width, height) * limits.STILL_NARROWEST < max(width, height):
        raise Refused("too_small")
    if max(width, height) > limits.STILL_SIDE or width * height > limits.SCALED_PIXELS:
        raise Refused("too_many_pixels")
    if width * height <= limits.PHOTO_PIXELS:
        return False
    if not can_scale:
        raise Refused("too_many_pixels")
    return True


def open_image(data: bytes, media_type: str) -> ImageFile.ImageFile:
    """Read a picture's header with Pillow, by the one decoder of its type."""
    if media_type == "image/tiff" and tiff.is_raw(data):
        raise Refused("unsupported_type")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=[_PILLOW_FORMATS[media_type]])
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise Refused("too_many_pixels") from None
        except UnidentifiedImageError:
            is_strange = media_type == "image/tiff" and tiff.has_directory(data)
            raise Refused("unsupported_type" if is_strange else "damaged") from None
        except KeyError:
            # A way to pack a TIFF that the decoder has never heard of.
            raise Refused("unsupported_type") from None
    if not isinstance(image, ImageFile.ImageFile):
        raise Refused("damaged")
    return image


def _orientation(image: Image.Image) -> int:
    """What Exif says. Pillow takes the word of an XMP packet where Exif has none; browsers and phones do not."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
        is_told = _RAW_EXIF in image.info or _ORIENTATION in _own_exif(image)
    except (SyntaxError, ValueError, KeyError, TypeError, OSError):
        return 1
    return value if is_told and value in range(1, 9) else 1


def _own_exif(image: Image.Image) -> Image.Exif:
    exif = Image.Exif()
    exif.load(image.info.get("exif") or b"")
    return exif


def _is_adobe(image: Image.Image) -> bool:
    """Whether Exif says Adobe RGB: its index of interoperability is R03. Cameras set to it often write no profile."""
    try:
        return str(image.getexif().get_ifd(ExifTags.IFD.Interop).get(1, "")).startswith(_ADOBE_INDEX)
    except (SyntaxError, ValueError, KeyError, TypeError, OSError):
        return False


def _factor(image: ImageFile.ImageFile, side: int | None, *, is_halved: bool) -> int:
    """How many times smaller a JPEG may be decoded, to stay close enough to the side that is wanted."""
    factor = 2 if is_halved else 1
    while side is not None and factor < _SMALLEST and max(image.size) >= 2 * factor * side * CLOSE_ENOUGH:
        factor *= 2
    return factor


def _decode_pillow(image: ImageFile.ImageFile, side: int | None, *, is_halved: bool) -> Image.Image:
    factor = _factor(image, side, is_halved=is_halved)
    if factor > 1:
        image.draft(None, (image.width // factor, image.height // factor))
    try:
        image.load()
    except OSError as error:
        if image.info.get("compression") in _NOT_BUILT_IN:
            raise Refused("unsupported_type") from None
        # Pillow tells a short file from a damaged one only in its message.
        raise Refused("truncated" if "truncated" in str(error) else "damaged") from None
    except SyntaxError:
        raise Refused("damaged") from None
    return image


def _open_heif(data: bytes) -> Still:
    """Open an HEIF still. Its decoder turns the picture itself, so an Exif orientation must not be applied again."""
    try:
        heif = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
    except (ValueError, RuntimeError, OSError, SyntaxError, EOFError):
        raise Refused("damaged" if has_shown_picture(data) else "unsupported_type") from None
    width, height = heif.size
    check_size(width, height, can_scale=False)
    info = heif.info
    return Still(
        lambda _side: heif.to_pillow(),
        info.get("icc_profile") or told_profile(data),
        1,
        width,
        height,
        frozenset(_told_classes(info, len(heif))),
    )


def _told_classes(info: Mapping[str | tuple[int, int], Any], pictures: int) -> set[str]:
    """Name what a file of the HEIF family carries beside its primary picture."""
    found = exif_classes(info["exif"]) if info.get("exif") else set()
    names = {"xmp": "xmp", "icc_profile": "icc", "thumbnails": "thumbnail", "depth_images": "other_images"}
    names |= {"aux": "other_images", "metadata": "application_data"}
    found |= {name for key, name in names.items() if info.get(key)}
    return found | ({"other_images"} if pictures > 1 else set())
