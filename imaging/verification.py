"""Checks prepared files again, by other code than made them: nothing but what shows the picture may be there.

Our own walk over the structure is binding. exiftool is a second opinion where it is installed (`second_opinion`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from imaging.identifiers import Identifiers
from imaging.magic import HEAD_BYTES, sniff
from imaging.traces import traces
from imaging.walks import jpeg, mp4, pdf, png, webp
from imaging.walks.part import Broken, Part

_JPEG_PARTS = {"SOI", "APP0", "DQT", "SOF0", "SOF2", "DHT", "DRI", "SOS", "SCAN", "EOI"}
_PNG_PARTS = {"IHDR", "PLTE", "IDAT", "IEND"}
_WEBP_PARTS = {"VP8", "VP8L"}
_TABLES = {"stsd", "stsd/avc1", "stsd/avc1/avcC", "stsd/avc1/pasp", "stsd/avc1/colr", "stsd/avc1/btrt", "stts", "ctts"}
_TABLES |= {"stss", "stsc", "stsz", "stco", "co64", "sgpd", "sbgp", "sdtp"}
_STBL = "moov/trak/mdia/minf/stbl"
_MP4_BOXES = {"ftyp", "free", "mdat", "moov", "moov/mvhd", "moov/trak", "moov/trak/tkhd", "moov/trak/edts"}
_MP4_BOXES |= {"moov/trak/edts/elst", "moov/trak/mdia", "moov/trak/mdia/mdhd", "moov/trak/mdia/hdlr"}
_MP4_BOXES |= {"moov/trak/mdia/minf", "moov/trak/mdia/minf/vmhd", "moov/trak/mdia/minf/dinf"}
_MP4_BOXES |= {"moov/trak/mdia/minf/dinf/dref", "moov/trak/mdia/minf/dinf/dref/url ", _STBL}
_MP4_BOXES |= {f"{_STBL}/{table}" for table in _TABLES}
_DATED = {"mvhd": 8, "tkhd": 8, "mdhd": 8}
_VIDEO_HANDLERS = {b"vide" + bytes(12) + b"VideoHandler\x00"}
_CODED_PICTURE = {1, 5, 7, 8}
_JFIF = b"JFIF\x00"
_SIZE = rb"\d{1,5}(?:\.\d{1,2})?"
_PDF_PLACE = re.compile(rb"q %b 0 0 %b 0 0 cm /P Do Q" % (_SIZE, _SIZE))
_PDF_DICTS = (
    re.compile(rb"/Type/Catalog/Pages 2 0 R"),
    re.compile(rb"/Type/Pages/Count \d+/Kids\[(?:\d+ 0 R ?)+\]"),
    re.compile(
        rb"/Type/Page/Parent 2 0 R/MediaBox\[0 0 %b %b\]/Contents \d+ 0 R/Resources<</XObject<</P \d+ 0 R>>>>"
        % (_SIZE, _SIZE)
    ),
    re.compile(rb"/Length \d+"),
    re.compile(
        rb"/Type/XObject/Subtype/Image/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"
        rb"/Width \d+/Height \d+/Length \d+"
    ),
)


@dataclass(frozen=True)
class Finding:
    """One thing in a prepared file that should not be there. `what` names it and never quotes it."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def verify(files: Iterable[Path | bytes], identifiers: Identifiers | None = None) -> list[Finding]:
    """Check prepared files, given as paths or as bytes; an empty list means that nothing was found.

    Where `identifiers` of the case are given, their words must not be anywhere in the bytes.
    Bytes are called `#1`, `#2`, ... by their place. A path that cannot be read raises OSError.
    """
    findings: list[Finding] = []
    for number, file in enumerate(files, 1):
        data, name = (file, f"#{number}") if isinstance(file, bytes) else (file.read_bytes(), str(file))
        findings += verify_bytes(data, name, identifiers)
    return findings


def verify_bytes(data: bytes, name: str, identifiers: Identifiers | None = None) -> list[Finding]:
    """Check one prepared file."""
    words = traces(data, identifiers) if identifiers is not None else []
    return _walked(data, name) + [Finding(name, f"a word of the case in {writing}") for writing in words]


def _walked(data: bytes, name: str) -> list[Finding]:
    check = _CHECKS.get(sniff(data[:HEAD_BYTES]) or "")
    if check is None:
        return [Finding(name, "not a type that we write")]
    findings: list[Finding] = []
    try:
        findings.extend(Finding(name, what) for what in check(data))
    except Broken as broken:
        findings.append(Finding(name, f"broken structure: {broken}"))
    return findings


def _check_jpeg(data: bytes) -> Iterator[str]:
    for part in jpeg.walk(data):
        if part.name not in _JPEG_PARTS:
            yield f"segment {part.name}"
        elif part.name == "APP0" and not _is_plain_jfif(part.of(data)):
            yield "segment APP0 with more than a version"


def _is_plain_jfif(payload: bytes) -> bool:
    """A JFIF header of 14 bytes has no room for a thumbnail."""
    return payload.startswith(_JFIF) and len(payload) == 14 and payload[12:] == b"\x00\x00"


def _check_png(data: bytes) -> Iterator[str]:
    yield from _strangers(png.walk(data, check_sums=True), _PNG_PARTS, "chunk")


def _check_webp(data: bytes) -> Iterator[str]:
    yield from _strangers(webp.walk(data), _WEBP_PARTS, "chunk")


def _strangers(parts: Iterable[Part], allowed: set[str], word: str) -> Iterator[str]:
    for part in parts:
        if part.name not in allowed:
            yield f"{word} {part.name}"


def _check_mp4(data: bytes) -> Iterator[str]:
    boxes = list(mp4.walk(data))
    for box in boxes:
        if box.path not in _MP4_BOXES:
            yield f"box {box.path}"
        elif box.name == "free" and any(box.of(data)):
            yield "a box free that is filled"
        elif box.name in _DATED and any(box.of(data)[4 : 4 + _DATED[box.name]]):
            yield f"box {box.path} with a date"
    paths = Counter(box.path for box in boxes)
    for path in ("ftyp", "moov", "mdat", "moov/trak"):
        if paths[path] != 1:
            yield f"{paths[path]} boxes {path} instead of one"
    yield from _check_media(data, boxes)


def _check_media(data: bytes, boxes: list[mp4.Box]) -> Iterator[str]:
    for box in boxes:
        if box.name == "hdlr" and box.of(data)[8:] not in _VIDEO_HANDLERS:
            yield "a track that is not our video"
        if box.path == "mdat":
            strange = set(mp4.coded_units(data, box.start, box.end)) - _CODED_PICTURE
            yield from (f"coded unit of type {number}" for number in sorted(strange))


def _check_pdf(data: bytes) -> Iterator[str]:
    """Only the dictionaries that we write, a drawing that only places a picture, and pictures that are sound."""
    for part in pdf.walk(data):
        content = part.of(data)
        if part.name == "TRAILER":
            yield "bytes behind the end"
        elif part.name == "DICT" and not any(shape.fullmatch(content) for shape in _PDF_DICTS):
            yield "a dictionary that we do not write"
        elif part.name == "STREAM" and content.startswith(b"\xff\xd8"):
            yield from _check_jpeg(content)
        elif part.name == "STREAM" and not _PDF_PLACE.fullmatch(content):
            yield "a stream that is not a picture"


_CHECKS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "image/jpeg": _check_jpeg,
    "image/png": _check_png,
    "image/webp": _check_webp,
    "video/mp4": _check_mp4,
    "application/pdf": _check_pdf,
}
