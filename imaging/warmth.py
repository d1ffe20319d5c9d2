"""Loads and warms up, before a job is forked, all that its first file would otherwise load.

Inside the jail nothing can be loaded any more: not a module, not a table of a character set, not a library. So each
kind of file that we take goes once through its own pipeline here, made by us and small.
"""

import codecs
import contextlib
import encodings
import importlib
import io
import pkgutil
import warnings

import av
import cv2
import numpy as np
import pi_heif
from PIL import AvifImagePlugin, Image, ImageCms, _imaging

from imaging import limits, pipeline
from imaging.policy import KEEP, Policy
from imaging.refusal import Held, Refused
from imaging.steps.told_profile import wide_profile

_PLUGINS = ("Jpeg", "Mpo", "Png", "WebP", "Tiff", "Gif", "Avif")
_SUBTITLES = ("av.subtitles.codeccontext", "av.subtitles.subtitle")
"""What PyAV loads only when it meets the first film that has any; no blank of ours has."""
_SIDE = 64
_BLOCK = 1 << 20
"""Pillow's pictures lie in pieces of at most so many bytes: in what a decoder has just let go, and not behind it."""
_DISPLAY_P3 = 12
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj "
    b"4 0 obj<</Length 30>>stream\nBT /F 9 Tf 9 9 Td (warm) Tj ET\nendstream endobj "
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj trailer<</Root 1 0 R>>\n%%EOF\n"
)


def warm_up() -> None:
    """Load every decoder, and take a blank of each kind through its pipeline. Nothing is looked for in them."""
    _load_character_sets()
    cv2.setNumThreads(1)
    Image.MAX_IMAGE_PIXELS = limits.SCALED_PIXELS
    for name in (*(f"PIL.{plugin}ImagePlugin" for plugin in _PLUGINS), *_SUBTITLES):
        importlib.import_module(name)
    _imaging.set_block_size(_BLOCK)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # None beside the one that decodes: a thread that finds no room to start ends the whole job.
    pi_heif.options.DECODE_THREADS = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind, media_type, data in _blanks():
            with contextlib.suppress(Refused, Held):
                _try(kind, media_type, data)


def _load_character_sets() -> None:
    """Tags may be in any of them; some exist on other systems only and need not be here."""
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name.startswith(("utf", "latin", "ascii", "iso8859", "cp125", "unicode", "mac_roman", "idna")):
            with contextlib.suppress(LookupError):
                codecs.lookup(module.name)


def _try(kind: str, media_type: str, data: bytes) -> None:
    pipeline.run(
        kind,
        source=io.BytesIO(data),
        size=len(data),
        media_type=media_type,
        policy=Policy(faces=KEEP, text=KEEP),
        emit=lambda _rendition: None,
        budget=lambda _seconds: None,
        progress=lambda _share: None,
    )


def _blanks() -> list[tuple[str, str, bytes]]:
    """A small file of each kind that we can write."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    grey = np.tile(np.arange(_SIDE, dtype=np.uint8), (_SIDE, 1))
    colour = Image.fromarray(np.stack([grey, grey.T, grey * 2], axis=2))
    files = [
        ("photo", f"image/{name}", _encoded(colour, name, icc_profile=profile, exif=exif.tobytes()))
        for name in ("jpeg", "png", "webp", "avif", "tiff")
    ]
    deep = Image.fromarray(grey.astype(np.uint16) * 256)
    files += [("photo", "image/png", _encoded(colour, "png", icc_profile=wide_profile(_DISPLAY_P3)))]
    files += [("photo", "image/png", _encoded(deep, "png")), ("lab_document", "image/tiff", _encoded(colour, "tiff"))]
    files += [("photo", "image/png", _encoded(colour.convert("RGBA"), "png"))]
    files += [("photo", "image/gif", _encoded(colour.convert("P"), "gif"))]
    files += [("lab_document", "application/pdf", _PDF), ("video", "video/mp4", _film(colour))]
    return files


def _encoded(image: Image.Image, name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def _film(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = *picture.size, "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
        container.mux(stream.encode(None))
    return buffer.getvalue()
