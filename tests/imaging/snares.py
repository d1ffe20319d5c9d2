"""More files made to hurt: each lies about its own structure in a way that a decoder must stumble over."""

import struct
import zlib
from collections.abc import Callable

from tests.imaging import documents, files, films, heic

_JPEG = files.encode(files.corners(), "JPEG")
_ROWS = zlib.compress(bytes((1 + 3 * 64) * 64))


def _segment(kind: int, payload: bytes) -> bytes:
    return bytes([0xFF, kind]) + (len(payload) + 2).to_bytes(2, "big") + payload


def _behind_start(more: bytes) -> bytes:
    return _JPEG[:2] + more + _JPEG[2:]


def _exif(entries: bytes, following: int) -> bytes:
    """A photo whose Exif has these entries, and a next directory at that place."""
    head = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries) // 12)
    return _behind_start(_segment(0xE1, head + entries + struct.pack("<I", following)))


def _png(*chunks: tuple[bytes, bytes], colours: int = 2) -> bytes:
    head = (b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join(files.chunk(*one) for one in (head, *chunks, (b"IEND", b"")))


def _webp(name: bytes, payload: bytes) -> bytes:
    body = b"WEBP" + name + struct.pack("<I", len(payload)) + payload + bytes(len(payload) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _many_tracks(count: int) -> bytes:
    data = films.film(films.steady(0.3))
    index, track = data.index(b"moov") - 4, data.index(b"trak") - 4
    whole = struct.unpack(">I", data[index : index + 4])[0]
    copied = data[track : track + struct.unpack(">I", data[track : track + 4])[0]] * count
    told = struct.pack(">I", whole + len(copied))
    return data[:index] + told + data[index + 4 : index + whole] + copied + data[index + whole :]


def _changed(name: bytes, after: int, value: bytes) -> bytes:
    data = films.film(films.steady(0.3))
    at = data.index(name) + after
    return data[:at] + value + data[at + len(value) :]


def _object(entries: bytes, content: bytes = b"") -> bytes:
    return b"<<" + entries + b"/Length %d>>stream\n" % len(content) + content + b"\nendstream"


def _font_in_itself() -> bytes:
    font = b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[.1 0 0 .1 0 0]/CharProcs<</a 5 0 R>>"
    font += b"/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97/Widths[9]/Resources<</Font<</G 4 0 R>>>>>>"
    letter = _object(b"", b"9 0 d0 BT /G 9 Tf (aaaaaaaaaa) Tj ET")
    return documents.pdf("aaaa", objects=(font, letter), resources=b"/Font<</F 4 0 R>>")


def _mask_of_itself() -> bytes:
    look = b"/Type/XObject/Subtype/Form/BBox[0 0 600 700]/Group<</S/Transparency>>"
    used = b"/ExtGState<</E 4 0 R>>/XObject<</X 5 0 R>>"
    group = _object(look + b"/Resources<<" + used + b">>", b"/E gs 0 0 500 500 re f /X Do")
    state = b"<</Type/ExtGState/SMask<</S/Luminosity/G 5 0 R>>>>"
    return documents.pdf("", objects=(state, group), content=b"/E gs 0 0 600 700 re f /X Do", resources=used)


def _annotated(count: int) -> bytes:
    note = b"<</Type/Annot/Subtype/Square/Rect[0 0 600 700]/AP<</N 4 0 R>>>>"
    drawn = _object(b"/Type/XObject/Subtype/Form/BBox[0 0 600 700]", b"0 0 600 700 re f")
    return documents.pdf("x", page=b"/Annots[" + note * count + b"]", objects=(drawn,))


def _clap() -> bytes:
    data = heic.cut_heic(files.noise(320, 240), (64, 64, 0, 0))
    at = data.index(b"clap") + 4
    return data[:at] + struct.pack(">IIIIiIiI", 64, 0, 64, 0, 0, 0, 0, 0) + data[at + 32 :]


SNARES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "jpeg of 255 parts": ("photo", lambda: _behind_start(_segment(0xC0, b"\x08\0\x40\0\x40\xff" + bytes(765)))),
    "jpeg of 12 MB of filling": ("photo", lambda: _behind_start(b"\xff" * 12_000_000)),
    "jpeg coded by arithmetic": ("photo", lambda: _JPEG.replace(b"\xff\xc0", b"\xff\xc9", 1)),
    "jpeg whose directories form a ring": ("photo", lambda: _exif(b"\x12\x01\3\0\1\0\0\0\6\0\0\0", 8)),
    "jpeg whose thumbnail lies at 4 GB": ("photo", lambda: _exif(b"\1\2\4\0\1\0\0\0\xff\xff\xff\xff", 0)),
    "jpeg of 300,000 restarts": ("photo", lambda: _JPEG[:-2] + b"\xff\xd0\xff\xd1" * 150_000 + _JPEG[-2:]),
    "png in 200,000 empty parts": ("photo", lambda: _png(*[(b"IDAT", b"")] * 200_000, (b"IDAT", _ROWS))),
    "png without its palette": ("photo", lambda: _png((b"IDAT", zlib.compress(bytes(65 * 64))), colours=3)),
    "png of no light": ("photo", lambda: _png((b"gAMA", bytes(4)), (b"cICP", b"\xff" * 4), (b"IDAT", _ROWS))),
    "webp of a canvas of 16 million": ("photo", lambda: _webp(b"VP8X", b"\x10\0\0\0" + b"\xff" * 6)),
    "webp that says 16,384 and has nothing": ("photo", lambda: _webp(b"VP8L", b"\x2f" + b"\xff\xff\xff\x0f\0")),
    "heic cut by a part over nought": ("photo", _clap),
    "film of 1,000 tracks": ("video", lambda: _many_tracks(1_000)),
    "film of 100,000 empty fragments": (
        "video",
        lambda: films.film(films.steady(0.3)) + heic.box(b"moof", heic.box(b"mfhd", bytes(8))) * 100_000,
    ),
    "film of no time": ("video", lambda: films.with_time_scale(films.film(films.steady(0.3)), b"mdhd", 0)),
    "film of 60,000 ways to code": ("video", lambda: _changed(b"stsd", 8, struct.pack(">I", 60_000))),
    "film turned by nonsense": ("video", lambda: _changed(b"tkhd", 44, b"\x7f\xff\xff\xff" * 9)),
    "pdf of a font in itself": ("lab_document", _font_in_itself),
    "pdf masked by itself": ("lab_document", _mask_of_itself),
    "pdf of 20,000 notes": ("lab_document", lambda: _annotated(20_000)),
    "pdf of a million letters": (
        "lab_document",
        lambda: documents.pdf("", content=b"BT /F 1 Tf 1 700 Td (" + b"x" * 1_000_000 + b") Tj ET"),
    ),
    "pdf cut 30,000 times": (
        "lab_document",
        lambda: documents.pdf("", content=b"q 0 0 m 600 0 l 300 700 l h W n " * 30_000 + b"0 0 600 700 re f"),
    ),
}
