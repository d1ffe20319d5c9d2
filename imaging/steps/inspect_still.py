"""Looks at a still's structure before any decoder does: refuses traps and notes what will be removed."""

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from PIL import ExifTags, Image

from imaging import limits
from imaging.refusal import Refused
from imaging.walks import gif, jpeg, png, webp
from imaging.walks.mp4 import read_box
from imaging.walks.part import Broken, Part

_PNG_CLASSES = {"eXIf": "exif", "tEXt": "text", "zTXt": "text", "iTXt": "text", "iCCP": "icc", "tIME": "time"}
_PNG_PICTURE = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "sRGB", "gAMA", "cHRM", "sBIT", "bKGD", "pHYs", "hIST", "cICP"}
_PNG_FRAMES = {"acTL": "other_images", "fcTL": "other_images", "fdAT": "other_images"}
_WEBP_CLASSES = {"EXIF": "exif", "XMP": "xmp", "ICCP": "icc", "ANIM": "other_images", "ANMF": "other_images"}
_GIF_CLASSES = {"IMAGE": "other_images", "COMMENT": "comment", "TEXT": "text", "TRAILER": "trailer"}
_HEIF_CLASSES = {"mpvd": "other_images", "moov": "other_images"}
"""A film beside the picture, with its sound, and a sequence of pictures."""
_HEIF_PICTURE = {"ftyp", "meta", "mdat", "free", "skip", "wide"}
_TO_THE_END = bytes(4)
"""The length of a last box that has whatever follows."""
_WEBP_PICTURE = {"VP8", "VP8L", "VP8X", "ALPH"}


def inspect_still(data: bytes, media_type: str) -> Counter[str]:
    """Return the classes of metadata found, such as `exif` or `trailer`, and how many there were of each.

    Refuses what exceeds a structural limit.
    """
    inspect = _INSPECTORS.get(media_type)
    return inspect(data) if inspect else Counter()


def exif_classes(payload: bytes) -> set[str]:
    """Return which classes an Exif block holds: always `exif`, and `gps`, `thumbnail`, `maker_note` where present."""
    found = {"exif"}
    exif = Image.Exif()
    try:
        exif.load(payload)
        if ExifTags.IFD.GPSInfo in exif:
            found.add("gps")
        if ExifTags.Base.MakerNote in exif.get_ifd(ExifTags.IFD.Exif):
            found.add("maker_note")
        if exif.get_ifd(ExifTags.IFD.IFD1):
            found.add("thumbnail")
    except (SyntaxError, ValueError, KeyError, TypeError, OSError, struct.error):
        # A block too damaged to read is removed all the same.
        return found
    return found


def _inspect_jpeg(data: bytes) -> Counter[str]:
    found: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    heads: list[Part] = []
    for part in _tolerant(jpeg.walk(data, skips=True)):
        if part.name.startswith(("SOF", "SOS")):
            heads.append(part)
        counts[part.name] += 1
        if counts["SOS"] > limits.JPEG_SCANS:
            raise Refused("too_many_scans")
        if counts.total() > limits.JPEG_SEGMENTS:
            raise Refused("too_many_segments")
        found.update(_jpeg_classes(part, data))
    if counts["EOI"] and jpeg.is_unfinished(heads, data):
        raise Refused("damaged")
    return found


def _jpeg_classes(part: Part, data: bytes) -> set[str]:
    if part.name in {"COM", "TRAILER"}:
        return {"comment" if part.name == "COM" else "trailer"}
    if not part.name.startswith("APP") or part.name in {"APP0", "APP14"}:
        return set()
    payload = part.of(data)
    if part.name == "APP1":
        return exif_classes(jpeg.EXIF + payload[len(jpeg.EXIF) :]) if jpeg.is_exif(payload) else {"xmp"}
    if part.name == "APP2" and payload.startswith((b"ICC_PROFILE", b"MPF\x00")):
        return {"icc"} if payload.startswith(b"ICC") else {"other_images"}
    return {"iptc"} if part.name == "APP13" else {"application_data"}


def _inspect_png(data: bytes) -> Counter[str]:
    found: Counter[str] = Counter()
    texts, text_bytes = 0, 0
    for number, part in enumerate(_tolerant(png.walk(data))):
        if part.name in {"tEXt", "zTXt", "iTXt"}:
            texts, text_bytes = texts + 1, text_bytes + part.size
        if texts > limits.PNG_TEXT_CHUNKS or text_bytes > limits.PNG_TEXT_BYTES:
            raise Refused("too_much_text")
        if number > limits.PNG_CHUNKS:
            raise Refused("too_many_segments")
        found.update(_png_classes(part, data))
    return found


def _png_classes(part: Part, data: bytes) -> set[str]:
    if part.name == "eXIf":
        return exif_classes(jpeg.EXIF + part.of(data))
    if part.name == "TRAILER":
        return {"trailer"}
    if part.name == "iTXt" and part.of(data).startswith(b"XML:com.adobe.xmp"):
        return {"xmp"}
    if part.name in _PNG_PICTURE:
        return set()
    return {(_PNG_CLASSES | _PNG_FRAMES).get(part.name, "application_data")}


def _inspect_webp(data: bytes) -> Counter[str]:
    found: Counter[str] = Counter()
    for number, part in enumerate(_tolerant(webp.walk(data))):
        if number > limits.WEBP_CHUNKS:
            raise Refused("too_many_segments")
        if part.name == "EXIF":
            payload = part.of(data)
            found.update(exif_classes(payload if payload.startswith(jpeg.EXIF) else jpeg.EXIF + payload))
        elif part.name == "TRAILER":
            found["trailer"] += 1
        elif part.name not in _WEBP_PICTURE:
            found[_WEBP_CLASSES.get(part.name, "application_data")] += 1
    return found


def _inspect_gif(data: bytes) -> Counter[str]:
    found: Counter[str] = Counter()
    for number, part in enumerate(_tolerant(gif.walk(data))):
        if number > limits.GIF_BLOCKS:
            raise Refused("too_many_segments")
        if part.name != "CONTROL":
            found[_GIF_CLASSES.get(part.name, "application_data")] += 1
    # The first picture is the photo itself.
    found["other_images"] -= 1
    return +found


def _inspect_heif(data: bytes) -> Counter[str]:
    """What stands beside the items of a HEIC or AVIF; these are told by their decoder."""
    found: Counter[str] = Counter()
    at = 0
    for _ in range(limits.HEIF_BOXES):
        if at >= len(data) or data[at : at + 4] == _TO_THE_END:
            return found
        try:
            box = read_box(data, at, len(data), "")
        except Broken:
            return found + Counter(["trailer"])
        at = box.end
        if box.name not in _HEIF_PICTURE:
            found[_HEIF_CLASSES.get(box.name, "application_data")] += 1
    raise Refused("too_many_segments")


def _inspect_tiff(data: bytes) -> Counter[str]:
    """A TIFF is all tags, so what it carries beside its picture cannot be told apart cheaply."""
    return Counter(["metadata"] if data else [])


def _tolerant(parts: Iterable[Part]) -> Iterator[Part]:
    """Stop quietly where the structure breaks: the decoder decides whether the picture is whole."""
    try:
        yield from parts
    except Broken:
        return


_INSPECTORS: dict[str, Callable[[bytes], Counter[str]]] = {
    "image/jpeg": _inspect_jpeg,
    "image/png": _inspect_png,
    "image/webp": _inspect_webp,
    "image/gif": _inspect_gif,
    "image/tiff": _inspect_tiff,
    "image/heic": _inspect_heif,
    "image/avif": _inspect_heif,
}
