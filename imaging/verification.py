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
from imaging.walks.tracks import Track, check_tiled, tracks

_MP4 = "video/mp4"
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
_SOUND_BOXES = {"moov/trak/mdia/minf/smhd", f"{_STBL}/stsd/mp4a"}
_SOUND_BOXES |= {f"{_STBL}/stsd/mp4a/{name}" for name in ("esds", "btrt")}
_DATED = {"mvhd": 8, "tkhd": 8, "mdhd": 8}
_HANDLERS = {b"vide": b"vide" + bytes(12) + b"VideoHandler\x00", b"soun": b"soun" + bytes(12) + b"SoundHandler\x00"}
_ESDS = re.compile(
    rb"\0{4}\x03\x80\x80\x80\x25\0\x02\0\x04\x80\x80\x80\x17\x40\x15.{11}"
    rb"\x05\x80\x80\x80\x05\x11\x88\x56\xe5\0\x06\x80\x80\x80\x01\x02",
    re.DOTALL,
)
"""One channel of plain AAC at 48 kHz; all that varies are the rates in the middle."""
_AAC_MOST = 768
"""No packet of one channel may be longer, by the standard."""
_AAC_ONE_CHANNEL = 0
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


def verify(
    files: Iterable[Path | bytes], identifiers: Identifiers | None = None, *, allows_sound: bool = False
) -> list[Finding]:
    """Check prepared files, given as paths or as bytes; an empty list means that nothing was found.

    Where `identifiers` of the case are given, their words must not be anywhere in the bytes. `allows_sound` lets a
    film have the one track of sound that a family's consent to the voice gives it.
    Bytes are called `#1`, `#2`, ... by their place. A path that cannot be read raises OSError.
    """
    findings: list[Finding] = []
    for number, file in enumerate(files, 1):
        data, name = (file, f"#{number}") if isinstance(file, bytes) else (file.read_bytes(), str(file))
        findings += verify_bytes(data, name, identifiers, allows_sound=allows_sound)
    return findings


def verify_bytes(
    data: bytes, name: str, identifiers: Identifiers | None = None, *, allows_sound: bool = False
) -> list[Finding]:
    """Check one prepared file."""
    words = traces(data, identifiers) if identifiers is not None else []
    return _walked(data, name, allows_sound=allows_sound) + [
        Finding(name, f"a word of the case in {writing}") for writing in words
    ]


def has_sound(data: bytes) -> bool:
    """Whether a film that was verified has a track of sound."""
    return any(box.name == "smhd" for box in mp4.walk(data))


def _walked(data: bytes, name: str, *, allows_sound: bool) -> list[Finding]:
    media_type = sniff(data[:HEAD_BYTES]) or ""
    check = _check_voiced_mp4 if allows_sound and media_type == _MP4 else _CHECKS.get(media_type)
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
    yield from _check_film(data, most_sounds=0)


def _check_voiced_mp4(data: bytes) -> Iterator[str]:
    yield from _check_film(data, most_sounds=1)


def _check_film(data: bytes, most_sounds: int) -> Iterator[str]:
    boxes = list(mp4.walk(data))
    allowed = _MP4_BOXES | (_SOUND_BOXES if most_sounds else set())
    for box in boxes:
        if box.path not in allowed:
            yield f"box {box.path}"
        elif box.name == "free" and any(box.of(data)):
            yield "a box free that is filled"
        elif box.name in _DATED and any(box.of(data)[4 : 4 + _DATED[box.name]]):
            yield f"box {box.path} with a date"
        elif box.name == "hdlr" and box.of(data)[8:] != _HANDLERS.get(box.of(data)[8:12]):
            yield "a track that is not ours"
        elif box.name == "esds" and not _ESDS.fullmatch(box.of(data)):
            yield "sound that is not ours"
    paths = Counter(box.path for box in boxes)
    for path in ("ftyp", "moov", "mdat"):
        if paths[path] != 1:
            yield f"{paths[path]} boxes {path} instead of one"
    yield from _check_tracks(data, boxes, most_sounds)


def _check_tracks(data: bytes, boxes: list[mp4.Box], most_sounds: int) -> Iterator[str]:
    """One track of pictures, at most so many of sound, and not a byte of media that is in none of them."""
    found = tracks(data, boxes)
    kinds = Counter(track.handler for track in found)
    if kinds[b"vide"] != 1 or kinds[b"soun"] > most_sounds or kinds.total() != kinds[b"vide"] + kinds[b"soun"]:
        yield f"tracks: {kinds[b'vide']} of pictures, {kinds[b'soun']} of sound, {kinds.total()} in all"
        return
    for media in (box for box in boxes if box.path == "mdat"):
        check_tiled(found, media)
    for track in found:
        yield from _check_pictures(data, track) if track.handler == b"vide" else _check_sound(data, track)


def _check_pictures(data: bytes, track: Track) -> Iterator[str]:
    units = {unit for start, size in track.samples for unit in mp4.coded_units(data, start, start + size)}
    yield from (f"coded unit of type {number}" for number in sorted(units - _CODED_PICTURE))


def _check_sound(data: bytes, track: Track) -> Iterator[str]:
    """Every packet must begin with the one channel: a packet of data or of filling begins otherwise."""
    for start, size in track.samples:
        if not 0 < size <= _AAC_MOST or data[start] >> 5 != _AAC_ONE_CHANNEL:
            yield "a packet of sound that is not ours"
            return


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
    _MP4: _check_mp4,
    "application/pdf": _check_pdf,
}
