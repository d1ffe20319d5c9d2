"""One drawn photo, as bytes that a phone could have sent."""

import io
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import cv2
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from imaging.samples import scenes, sheets
from imaging.samples.camera import FAULTS, expose
from imaging.samples.fields import Bitmap
from imaging.samples.metadata import ORIENTATIONS, PRODUCER, phone_exif, xmp_packet

SceneMaker = Callable[[np.random.Generator, int, tuple[int, int]], Bitmap]

SCENES: Mapping[str, SceneMaker] = MappingProxyType(
    {
        "eczema_elbow": scenes.eczema_elbow,
        "eczema_far": scenes.eczema_far,
        "hives": scenes.hives_trunk,
        "ring": scenes.ring_forearm,
        "bites_leg": scenes.bites_leg,
        "hyperpigmentation": scenes.hyperpigmentation,
        "cafe_au_lait": scenes.cafe_au_lait_spots,
        "surgical_scar": scenes.surgical_scar,
        "ecg_sheet": sheets.ecg_sheet,
        "growth_chart": sheets.growth_chart,
    }
)
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_FIRST_DAY = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def photo(
    scene: str,
    *,
    tone: int = 3,
    seed: int = 1,
    size: tuple[int, int] = (4032, 3024),
    metadata: bool = True,
    quality: int = 92,
    fault: str | None = None,
    media_type: str = "image/jpeg",
    taken_at: datetime | None = None,
) -> bytes:
    """Return an encoded synthetic photo; the same arguments give the same bytes.

    ``scene`` is a key of ``SCENES``; ``tone`` is 1 (lightest) to 6 (darkest); ``size`` is (width, height) in pixels
    as a person sees the picture. With ``metadata`` the file carries EXIF with camera, date, GPS and an orientation,
    and its pixels may be stored turned, as phones do. ``fault`` is None, "blur" or "dark". ``taken_at`` defaults to
    a date drawn from the seed. Raises ValueError for an unknown scene, tone, fault or media type.
    """
    if scene not in SCENES or media_type not in _FORMATS:
        raise ValueError(f"unknown scene or media type: {scene}, {media_type}")
    if tone not in range(1, 7) or fault not in (None, *FAULTS):
        raise ValueError(f"unknown tone or fault: {tone}, {fault}")
    rng = np.random.default_rng([seed, tone, zlib.crc32(scene.encode())])
    moment = taken_at or _FIRST_DAY + timedelta(minutes=int(rng.integers(60 * 24 * 200)))
    image = expose(rng, SCENES[scene](rng, tone, size), fault)
    return _encoded(rng, image, moment if metadata else None, media_type, quality)


def _encoded(
    rng: np.random.Generator, image: Bitmap, taken_at: datetime | None, media_type: str, quality: int
) -> bytes:
    """Return the file's bytes, with a phone's metadata when a moment is given."""
    target = io.BytesIO()
    options: dict[str, object] = {"quality": quality}
    if media_type == "image/png":
        options = {"compress_level": 1}
    elif media_type == "image/webp":
        options["method"] = 1
    if taken_at is not None:
        orientation = ORIENTATIONS[int(rng.integers(len(ORIENTATIONS)))]
        image = stored_pixels(image, orientation)
        options |= _labels(media_type, taken_at)
        options["exif"] = phone_exif(rng, taken_at, orientation)
    Image.fromarray(image).save(target, _FORMATS[media_type], **options)
    return target.getvalue()


def _labels(media_type: str, taken_at: datetime) -> dict[str, object]:
    """Return the writer's options for what each format carries beside EXIF."""
    if media_type == "image/png":
        info = PngInfo()
        info.add_text("Author", "Owner of this phone (synthetic)")
        info.add_text("Software", PRODUCER)
        info.add_text("Creation Time", taken_at.isoformat())
        return {"pnginfo": info}
    if media_type == "image/webp":
        return {"xmp": xmp_packet(taken_at)}
    return {"xmp": xmp_packet(taken_at), "comment": PRODUCER.encode()}


def stored_pixels(image: Bitmap, orientation: int) -> Bitmap:
    """Return the pixels as the sensor stored them, so that this EXIF orientation turns them upright again."""
    turns = {6: cv2.ROTATE_90_COUNTERCLOCKWISE, 3: cv2.ROTATE_180, 8: cv2.ROTATE_90_CLOCKWISE}
    return image if orientation == 1 else np.asarray(cv2.rotate(image, turns[orientation]), dtype=np.uint8)
