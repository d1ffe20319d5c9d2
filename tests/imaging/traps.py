"""More files that are meant to hurt: tables that lie about their length, references that lead nowhere or in a ring."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image

from tests.imaging import documents, files, films
from tests.imaging.bombs import Bomb
from tests.imaging.heic import heic
from tests.imaging.voices import sounding

HUGE = 2**32 - 1


def _box(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload) + 8) + name + payload


def _patched(data: bytes, name: bytes, after: int, value: bytes) -> bytes:
    """Return the file with bytes changed so far behind the first box of this name."""
    at = data.find(name) + 4 + after
    return data[:at] + value + data[at + len(value) :]


def _heif_references(count: int) -> bytes:
    """Items that refer to each other, each to the next and the last to the first, in a file cut short."""
    entries = b"".join(
        _box(b"dimg", struct.pack(">HHH", number, 1, number % count + 1)) for number in range(1, count + 1)
    )
    data = heic(files.corners(320, 160))
    at = data.find(b"iprp") - 4
    meta = data.find(b"meta") - 4
    size = struct.unpack(">I", data[meta : meta + 4])[0]
    refs = _box(b"iref", bytes(4) + entries)
    grown = data[:meta] + struct.pack(">I", size + len(refs)) + data[meta + 4 : at] + refs + data[at:]
    return grown[:-20]


def _grid(rows: int, columns: int, side: int) -> bytes:
    """A HEIC whose picture is a grid of the same tile many times."""
    data = heic(files.corners(320, 160))
    tile = struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, side, side)
    return data.replace(b"hvc1\x00\x00", b"grid\x00\x00", 1) + _box(b"mdat", tile)


def _avif(side: int) -> bytes:
    data = files.encode(files.corners(320, 160), "AVIF")
    return data.replace(struct.pack(">II", 320, 160), struct.pack(">II", side, side))


def _pdf_image(filters: bytes, payload: bytes, side: int = 4000) -> bytes:
    look = b"/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/%b" % (side, side, filters)
    image = b"<</Type/XObject/Subtype/Image%b/Length %d>>stream\n%b\nendstream" % (look, len(payload), payload)
    return documents.pdf("", objects=(image,), content=b"600 0 0 700 0 0 cm /X Do", resources=b"/XObject<</X 4 0 R>>")


def _jpx(side: int) -> bytes:
    """The header of a JPEG 2000 picture of this size, and no picture."""
    size_mark = struct.pack(">HIIIIIIIIH", 0, side, side, 0, 0, side, side, 0, 0, 3) + b"\x07\x01\x01" * 3
    cod = b"\x00\x00\x00\x01\x00\x05\x04\x04\x00\x00"
    qcd = b"\x40" + b"\x40" * 16
    stream = b"\xff\x4f\xff\x51" + struct.pack(">H", len(size_mark) + 2) + size_mark
    stream += b"\xff\x52" + struct.pack(">H", len(cod) + 2) + cod + b"\xff\x5c" + struct.pack(">H", len(qcd) + 2) + qcd
    return stream + b"\xff\x90\x00\x0a\x00\x00\x00\x00\x00\x00\x00\x01\xff\x93" + bytes(200) + b"\xff\xd9"


def _page_box(box: bytes) -> bytes:
    return documents.pdf("x").replace(b"/MediaBox[0 0 612 792]", b"/MediaBox[" + box + b"]")


def _many_objects(count: int) -> bytes:
    return documents.pdf("x", objects=(b"<</A 1>>",) * count)


def _tree_of_itself(width: int) -> bytes:
    """A page tree that holds itself many times over."""
    return documents.pdf("x").replace(b"/Kids[4 0 R]", b"/Kids[" + b"2 0 R " * width + b"4 0 R]")


def _deep_tree(levels: int) -> bytes:
    nodes = tuple(b"<</Type/Pages/Count 1/Parent %d 0 R/Kids[%d 0 R]>>" % (max(2, 3 + n), 5 + n) for n in range(levels))
    data = documents.pdf("x", objects=nodes)
    return data.replace(b"/Kids[%d 0 R]" % (4 + levels), b"/Kids[4 0 R]", 1) if levels else data


def _xref_ring() -> bytes:
    """A table of places whose forerunner is itself."""
    data = documents.pdf("x")
    start = int(data.rsplit(b"startxref", 1)[1].split()[0])
    return data.replace(b"trailer\n<<", b"trailer\n<</Prev %d" % start).replace(
        b"trailer<<", b"trailer<</Prev %d" % start
    )


def _object_streams(levels: int) -> bytes:
    """A length that is told by an object whose length is told by the next, in a ring."""
    ring = tuple(b"<</Length %d 0 R>>stream\nx\nendstream" % (4 + (n + 1) % levels) for n in range(levels))
    return documents.pdf("x", objects=ring).replace(b"/Contents %d 0 R" % (5 + levels), b"/Contents 4 0 R")


def _pattern(size: float) -> bytes:
    """A page filled with a pattern whose tile is tiny."""
    tile = b"0 0 %f %f re f" % (size, size)
    head = b"<</Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 %f %f]/XStep %f/YStep %f" % ((size,) * 4)
    pattern = head + b"/Resources<<>>/Length %d>>stream\n%b\nendstream" % (len(tile), tile)
    content = b"/Pattern cs /P scn 0 0 612 792 re f " * 20
    return documents.pdf("", objects=(pattern,), content=content, resources=b"/Pattern<</P 4 0 R>>")


def _shading() -> bytes:
    """A page of shadings, each calculated by a function in a language of its own."""
    program = b"{ " + b"dup mul sqrt " * 2000 + b"dup dup }"
    function = b"<</FunctionType 4/Domain[0 1]/Range[0 1 0 1 0 1]/Length %d>>stream\n%b\nendstream" % (
        len(program),
        program,
    )
    shade = b"<</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 612 792]/Function 4 0 R/Extend[true true]>>"
    return documents.pdf("", objects=(function, shade), content=b"/S sh " * 60, resources=b"/Shading<</S 5 0 R>>")


def _apng(frames: int, side: int) -> bytes:
    pictures = [Image.new("RGB", (side, side), (number % 251, 0, 0)) for number in range(frames)]
    return files.encode(pictures[0], "PNG", save_all=True, append_images=pictures[1:], duration=0)


def _long_gif(frames: int) -> bytes:
    """So many frames without any delay; all but the first are the same few bytes."""
    first = files.encode(Image.new("P", (640, 480), 3), "GIF")
    frame = b"\x21\xf9\x04\x00\x00\x00\x00\x00," + struct.pack("<HHHHB", 0, 0, 640, 480, 0) + b"\x02\x02\x44\x01\x00"
    return first[:-1] + frame * frames + b";"


def _tiff(entries: list[tuple[int, int, int, int]], tail: bytes = b"", repeat: int = 1) -> bytes:
    """A TIFF of so many directories with these entries, each of which points on to the next."""
    out, size = bytearray(b"II*\x00\x08\x00\x00\x00"), 6 + 12 * len(entries)
    for number in range(repeat):
        out += struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
        out += struct.pack("<I", 8 + size * (number + 1) if number < repeat - 1 else 0)
    return bytes(out) + tail


def _look(
    width: int, height: int, strip: int, *, code: int = 1, rows: int | None = None
) -> list[tuple[int, int, int, int]]:
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, code), (262, 3, 1, 1)]
    return [*entries, (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, rows or height), (279, 4, 1, strip)]


def _deflated_tiff(side: int) -> bytes:
    packed = zlib.compress(bytes(side * side), 9)
    head = _tiff(_look(side, side, len(packed), code=8))
    return (
        _tiff(
            [entry if entry[0] != 273 else (273, 4, 1, len(head)) for entry in _look(side, side, len(packed), code=8)]
        )
        + packed
    )


def _film_table(name: bytes, count: int) -> bytes:
    """A film one of whose tables says that it is that long."""
    after = {b"stsz": 8, b"elst": 4, b"stts": 4, b"stsc": 4, b"stco": 4, b"ctts": 4, b"stss": 4}[name]
    return _patched(films.film(films.steady(0.5)), name, after, struct.pack(">I", count))


def _film_shift(name: bytes, value: int) -> bytes:
    """A film whose edit list or table of times holds an absurd value."""
    after = {b"elst": 8, b"stts": 12}[name]
    return _patched(films.film(films.steady(0.5)), name, after, struct.pack(">I", value))


def _matroska(clusters: int) -> bytes:
    """Clusters of unknown size, one in another, none of which ever ends."""
    data = films.film(films.steady(0.4), form="webm", codec="libvpx")
    at = data.find(b"\x1f\x43\xb6\x75")
    return data[:at] + b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff" * clusters + data[at:]


def _tall_jpeg() -> bytes:
    return files.encode(Image.new("RGB", (1, 65_500), (200, 90, 80)), "JPEG")


def _wide_jpeg() -> bytes:
    return files.encode(Image.new("RGB", (65_500, 1), (200, 90, 80)), "JPEG")


def _cmyk_without_adobe() -> bytes:
    data = files.encode(files.corners().convert("CMYK"), "JPEG")
    at = data.find(b"\xff\xee")
    return data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0] :]


def _profile(size: int) -> bytes:
    """A PNG whose colour profile packs so many bytes."""
    body = bytearray(size)
    body[:4], body[36:40] = struct.pack(">I", size), b"acsp"
    plain = files.encode(files.corners(), "PNG")
    return plain[:33] + files.chunk(b"iCCP", b"x\x00\x00" + zlib.compress(bytes(body), 9)) + plain[33:]


def _deep_grey() -> bytes:
    return files.encode(Image.new("I;16", (3000, 2000), 40_000), "PNG")


def _interlaced() -> bytes:
    """A picture of one bit a pixel in seven passes, none of whose rows is there."""
    side = 30_000
    head = struct.pack(">IIBBBBB", side, side // 20, 1, 0, 0, 0, 1)
    rows = zlib.compress(bytes(side * side // 20 // 8), 9)
    return b"\x89PNG\r\n\x1a\n" + files.chunk(b"IHDR", head) + files.chunk(b"IDAT", rows) + files.chunk(b"IEND", b"")


def _with_archive(data: bytes) -> bytes:
    """A picture with an archive behind it, of a gigabyte of nothing."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a", "w") as entry:
        for _ in range(64):
            entry.write(bytes(1 << 20))
    return data + buffer.getvalue()


def _turned(name: str) -> bytes:
    return files.encode(files.corners(), name, exif=files.camera_exif(6))


def _voice_table(name: bytes, after: int, value: int) -> bytes:
    """A film with sound, the tables of whose last track lie."""
    data = sounding()
    at = data.rfind(name) + 4 + after
    return data[:at] + struct.pack(">I", value) + data[at + 4 :]


TRAPS: dict[str, Bomb] = {
    "heic cut short with 20,000 items in a ring": ("photo", lambda: _heif_references(20_000)),
    "heic of a grid of 256 by 256 tiles": ("photo", lambda: _grid(256, 256, 65_000)),
    "avif that says 65,000 by 65,000": ("photo", lambda: _avif(65_000)),
    "avif that says 7,000 by 7,000": ("photo", lambda: _avif(7_000)),
    "pdf with a JPEG 2000 header of 30,000 by 30,000": ("lab_document", lambda: _pdf_image(b"JPXDecode", _jpx(30_000))),
    "pdf with a JBIG2 picture of nothing": ("lab_document", lambda: _pdf_image(b"JBIG2Decode", bytes(4000))),
    "pdf with a fax of 60,000 rows": ("lab_document", lambda: _pdf_image(b"CCITTFaxDecode", b"\xff" * 4000, 60_000)),
    "pdf with runs of a run": ("lab_document", lambda: _pdf_image(b"RunLengthDecode", b"\x81\x00" * 400_000, 8_000)),
    "pdf of a page of a million inches": ("lab_document", lambda: _page_box(b"0 0 72000000 72000000")),
    "pdf of a page of no size": ("lab_document", lambda: _page_box(b"0 0 0 0")),
    "pdf of a page turned inside out": ("lab_document", lambda: _page_box(b"612 792 -1e38 -1e38")),
    "pdf of a page one point high": ("lab_document", lambda: _page_box(b"0 0 14400 0.01")),
    "pdf of 100,000 objects": ("lab_document", lambda: _many_objects(100_000)),
    "pdf whose tree holds itself 5,000 times": ("lab_document", lambda: _tree_of_itself(5_000)),
    "pdf whose tree is 20,000 deep": ("lab_document", lambda: _deep_tree(20_000)),
    "pdf whose table comes before itself": ("lab_document", _xref_ring),
    "pdf whose lengths form a ring": ("lab_document", lambda: _object_streams(50)),
    "pdf of tiny tiles": ("lab_document", lambda: _pattern(0.01)),
    "pdf of shadings that calculate": ("lab_document", _shading),
    "png of 500 moving frames": ("photo", lambda: _apng(500, 64)),
    "gif of 65,000 frames without delay": ("photo", lambda: _long_gif(65_000)),
    "tiff of 65,000 directories": ("lab_document", lambda: _tiff(_look(8, 8, 64), repeat=65_000)),
    "tiff whose strip is four gigabytes": ("photo", lambda: _tiff(_look(3000, 3000, HUGE))),
    "tiff of a row of four billion pixels": ("photo", lambda: _tiff(_look(HUGE, 1, 64))),
    "tiff of 50 megapixels in a few bytes": ("photo", lambda: _deflated_tiff(7_000)),
    "tiff of one row a strip": ("photo", lambda: _tiff(_look(64, 20_000, 64, rows=1))),
    "tiff with a field of four billion values": ("photo", lambda: _tiff([*_look(8, 8, 64), (700, 1, HUGE, 8)])),
    "film with an edit list of a billion entries": ("video", lambda: _film_table(b"elst", 10**9)),
    "film with a table of 2^32 sizes": ("video", lambda: _film_table(b"stsz", HUGE)),
    "film with a table of 2^32 times": ("video", lambda: _film_table(b"stts", HUGE)),
    "film with a table of 2^32 chunks": ("video", lambda: _film_table(b"stco", HUGE)),
    "film with a table of 2^32 runs": ("video", lambda: _film_table(b"stsc", HUGE)),
    "film with a table of 2^32 shifts": ("video", lambda: _film_table(b"ctts", HUGE)),
    "film whose edit lasts for ever": ("video", lambda: _film_shift(b"elst", HUGE)),
    "film whose first picture lasts for ever": ("video", lambda: _film_shift(b"stts", HUGE)),
    "film with 2^32 sizes of sound": ("video", lambda: _voice_table(b"stsz", 8, HUGE)),
    "film whose sound comes in a thousand years": ("video", lambda: _voice_table(b"elst", 12, 2**31 - 1)),
    "webm of 50,000 clusters without end": ("video", lambda: _matroska(50_000)),
    "jpeg of one column": ("photo", _tall_jpeg),
    "jpeg of one row": ("photo", _wide_jpeg),
    "jpeg of four inks and no word about them": ("photo", _cmyk_without_adobe),
    "png with a profile of 300 MB": ("photo", lambda: _profile(300 << 20)),
    "png of 16 bits": ("photo", _deep_grey),
    "png of one bit in seven passes": ("photo", _interlaced),
    "png turned by a tag": ("photo", lambda: _turned("PNG")),
    "webp turned by a tag": ("photo", lambda: _turned("WEBP")),
    "jpeg with an archive behind it": ("photo", lambda: _with_archive(files.encode(files.corners(), "JPEG"))),
    "png with an archive behind it": ("photo", lambda: _with_archive(files.encode(files.corners(), "PNG"))),
    "gif with an archive behind it": ("photo", lambda: _with_archive(files.encode(files.corners(), "GIF"))),
    "film with an archive behind it": ("video", lambda: _with_archive(films.film(films.steady(0.3)))),
    "pdf with an archive behind it": ("lab_document", lambda: _with_archive(documents.pdf("x"))),
}
TAKEN = {
    "png turned by a tag", "webp turned by a tag", "png of 16 bits", "jpeg of four inks and no word about them",
    "jpeg with an archive behind it", "png with an archive behind it", "film with an archive behind it",
    "pdf with an archive behind it", "png of 500 moving frames",
}  # fmt: skip
"""Those that are good files all the same, and must be taken."""
