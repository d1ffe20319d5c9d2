"""Makes, in code, files that are meant to hurt whoever opens them. Each says what kind of file it pretends to be."""

import struct
import zlib
from collections.abc import Callable
from random import Random

from PIL import Image

from tests.imaging import documents, files, films
from tests.imaging.heic import heic

Bomb = tuple[str, Callable[[], bytes]]


def _gif(frames: int) -> bytes:
    pictures = [Image.new("P", (64, 64), number % 251) for number in range(frames)]
    return files.encode(pictures[0], "GIF", save_all=True, append_images=pictures[1:], optimize=False)


def _gif_of_one_byte(side: int) -> bytes:
    """A picture of many pixels in a few bytes."""
    head = b"GIF89a" + struct.pack("<HH", side, side) + b"\xf0\x00\x00" + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x44\x01\x00;"


def _tiff_chain(pages: int) -> bytes:
    """Directories that point at each other without end."""
    entries = [(256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8)]
    entries += [(277, 3, 1, 1), (278, 3, 1, 8), (279, 4, 1, 64)]
    size = 2 + 12 * len(entries) + 4
    out = bytearray(b"II*\x00" + struct.pack("<I", 80) + bytes(72))
    for page in range(pages):
        following = 80 + size * (page + 1) if page < pages - 1 else 80
        out += struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
        out += struct.pack("<I", following)
    return bytes(out)


def _packed_pdf(levels: int) -> bytes:
    """A page whose content unpacks to gigabytes, through filters in a row."""
    content = bytes(1 << 20) * 64
    for _ in range(levels):
        content = zlib.compress(content, 9)
    filters = b"/FlateDecode " * levels
    stream = b"<</Filter[%b]/Length %d>>stream\n%b\nendstream" % (filters, len(content), content)
    return documents.pdf("x", objects=(stream,)).replace(b"/Contents 6 0 R", b"/Contents 4 0 R")


def _image_pdf(side: int) -> bytes:
    """A page with a picture of huge size in a few kilobytes."""
    packed = zlib.compress(bytes(side * side // 8), 9)
    look = b"/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/FlateDecode" % (side, side)
    image = b"<</Type/XObject/Subtype/Image%b/Length %d>>stream\n%b\nendstream" % (look, len(packed), packed)
    return documents.pdf("", objects=(image,), content=b"600 0 0 700 0 0 cm /X Do", resources=b"/XObject<</X 4 0 R>>")


def _pages_in_a_ring() -> bytes:
    return documents.pdf("x").replace(b"/Kids[4 0 R]", b"/Kids[2 0 R]")


def _told_count(pages: int) -> bytes:
    return documents.pdf("x").replace(b"/Count 1", b"/Count %d" % pages)


def _deep_pdf(levels: int) -> bytes:
    return documents.pdf("x", catalog=b"/X" + b"[" * levels + b"]" * levels)


def _endless_film() -> bytes:
    """A film whose header says one second and whose pictures go on for an hour."""
    data = bytearray(films.film([0, 1800, 3600]))
    for name in (b"mvhd", b"tkhd", b"mdhd"):
        at = data.find(name)
        place = at + 4 + (20 if name == b"tkhd" else 16)
        data[place : place + 4] = struct.pack(">I", 1000)
    return bytes(data)


def _film_of_one_picture(times: int) -> bytes:
    """A table that shows the same few bytes of picture millions of times."""
    data = bytearray(films.film([0, 0.1, 0.2]))
    at = data.find(b"stsz") + 8
    data[at : at + 8] = struct.pack(">II", 100, times)
    at = data.find(b"stts") + 8
    data[at : at + 12] = struct.pack(">III", 1, times, 1)
    return bytes(data)


def _boxes(levels: int) -> bytes:
    inner = b""
    for _ in range(levels):
        inner = struct.pack(">I", len(inner) + 8) + b"moov" + inner
    return struct.pack(">I", 16) + b"ftypisom" + bytes(4) + inner


def _playlist() -> bytes:
    return b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1.0\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


def _heic_of(side: int) -> bytes:
    return heic(files.corners(320, 160)).replace(struct.pack(">II", 320, 160), struct.pack(">II", side, side))


def _webp_frames(frames: int) -> bytes:
    pictures = [Image.new("RGB", (64, 64), (number % 251, 0, 0)) for number in range(frames)]
    return files.encode(pictures[0], "WEBP", save_all=True, append_images=pictures[1:], duration=1)


def _header_jpeg(side: int) -> bytes:
    data = bytearray(files.encode(files.corners(), "JPEG"))
    at = data.find(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", side, side)
    return bytes(data)


def _icc_bomb() -> bytes:
    """A profile that says it has millions of tags."""
    profile = bytearray(files.encode(files.corners(), "JPEG")[:4] + bytes(400))
    profile[36:40], profile[128:132] = b"acsp", struct.pack(">I", 2**31)
    return files.encode(files.corners(), "PNG", icc_profile=bytes(profile))


BOMBS: dict[str, Bomb] = {
    "jpeg of 5,000 scans": ("photo", lambda: files.many_scans(5_000)),
    "jpeg of 99 scans": ("photo", lambda: files.many_scans(88)),
    "jpeg that says 65,500 by 65,500": ("photo", lambda: _header_jpeg(65_500)),
    "png with 400 packed texts": ("photo", lambda: files.text_flood(400, 4 << 20)),
    "png with 60 packed texts": ("photo", lambda: files.text_flood(60, 60 << 20)),
    "png of 79 megapixels": ("photo", lambda: files.flat_png(8_900, 8_900)),
    "png of 49 megapixels": ("photo", lambda: files.flat_png(7_000, 7_000)),
    "png that says 65,000 by 65,000": ("photo", lambda: files.header_png(65_000, 65_000)),
    "png of one row and 30,000 columns": ("photo", lambda: files.flat_png(30_000, 1)),
    "png with a profile of a billion tags": ("photo", _icc_bomb),
    "gif of 2,000 frames": ("photo", lambda: _gif(2_000)),
    "gif of 65,000 by 65,000": ("photo", lambda: _gif_of_one_byte(65_000)),
    "gif of 7,000 by 7,000": ("photo", lambda: _gif_of_one_byte(7_000)),
    "webp of 500 frames": ("photo", lambda: _webp_frames(500)),
    "heic that says 60,000 by 60,000": ("photo", lambda: _heic_of(60_000)),
    "heic that says 7,000 by 7,000": ("photo", lambda: _heic_of(7_000)),
    "tiff whose pages form a ring": ("lab_document", lambda: _tiff_chain(50)),
    "tiff of 5,000 pages": ("lab_document", lambda: _tiff_chain(5_000)),
    "pdf that unpacks to 64 MB, twice packed": ("lab_document", lambda: _packed_pdf(3)),
    "pdf with a picture of 60,000 by 60,000": ("lab_document", lambda: _image_pdf(60_000)),
    "pdf that draws itself": ("lab_document", lambda: documents.nested_pdf(3, 60)),
    "pdf whose pages form a ring": ("lab_document", _pages_in_a_ring),
    "pdf that says a million pages": ("lab_document", lambda: _told_count(1_000_000)),
    "pdf nested 100,000 deep": ("lab_document", lambda: _deep_pdf(100_000)),
    "film that goes on after its end": ("video", _endless_film),
    "film of a million pictures in 100 bytes": ("video", lambda: _film_of_one_picture(1_000_000)),
    "film of boxes in boxes": ("video", lambda: _boxes(20_000)),
    "playlist called a film": ("video", _playlist),
}


def mutated(data: bytes, random: Random) -> bytes:
    """Return the file with a few bytes changed, cut out, doubled or swapped for extreme values."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        at = random.randrange(1, max(2, len(changed)))
        kind = random.randrange(5)
        if kind == 0:
            changed[at : at + 1] = bytes([random.randrange(256)])
        elif kind == 1:
            del changed[at : at + random.choice((1, 2, 64, 1000))]
        elif kind == 2:
            changed[at:at] = changed[at : at + random.choice((1, 8, 300))]
        elif kind == 3:
            changed[at : at + 4] = random.choice(
                (b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00")
            )
        else:
            changed[at - 1] ^= 1 << random.randrange(8)
    return bytes(changed)
