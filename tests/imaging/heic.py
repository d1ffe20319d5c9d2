"""Writes HEIC stills: one HEVC picture from PyAV's encoder in a container made by hand.

The decoder that the product uses cannot encode, and this needs no other tool. A still may be turned by the
container's own properties, as phones do, and carry an Exif block that says so a second time.
"""

import re
import struct
from fractions import Fraction

import av
from av.codec import CodecContext
from PIL import Image

# The video, sequence and picture headers of an HEVC stream, by unit type; pictures have lower types.
_HEADERS = (32, 33, 34)
Links = tuple[bytes, dict[int, list[int]]]
"""The box of references, and which properties, counted from 1, each item has."""
# Exif orientation -> quarter turns against the clock, then the axis to mirror about (1 swaps left and right).
_TURNS = {1: (0, None), 2: (0, 1), 3: (2, None), 4: (0, 0), 5: (3, 1), 6: (3, None), 7: (1, 1), 8: (1, None)}


def heic(
    image: Image.Image, *, orientation: int = 1, exif: bytes = b"", icc: bytes = b"", primaries: int | None = None
) -> bytes:
    """Return a HEIC whose stored pixels are `image`; its sides must be multiples of 16.

    `primaries` are told by number alone, as phones may, instead of by a profile.
    """
    config, coded = _encode(av.VideoFrame.from_image(image), "yuv420p")
    properties = [box(b"hvcC", config), full(b"ispe", struct.pack(">II", *image.size))]
    if icc:
        properties.append(box(b"colr", b"prof" + icc))
    if primaries is not None:
        properties.append(nclx(primaries, 13, 6))
    turns, axis = _TURNS[orientation]
    properties += [box(b"irot", bytes([turns]))] if turns else []
    properties += [box(b"imir", bytes([axis]))] if axis is not None else []
    items = [(b"hvc1", coded)]
    if exif:
        items.append((b"Exif", struct.pack(">I", 6) + exif))
    return _assemble(items, properties)


def cut_heic(image: Image.Image, left: tuple[int, int, int, int], turns: tuple[bytes, ...] = ()) -> bytes:
    """Return a HEIC of which its owner left a part: width, height and how far its middle is from the picture's.

    It is turned afterwards.
    """
    config, coded = _encode(av.VideoFrame.from_image(image), "yuv420p")
    wide, high, across, down = left
    clap = box(b"clap", struct.pack(">IIIIiIiI", wide, 1, high, 1, across, 1, down, 1))
    size = full(b"ispe", struct.pack(">II", *image.size))
    return _assemble([(b"hvc1", coded)], [box(b"hvcC", config), size, clap, *turns])


def tiled_heic(image: Image.Image, tile: tuple[int, int], turns: tuple[bytes, ...] = ()) -> bytes:
    """Return a HEIC whose picture is laid of tiles, as phones write every large one."""
    wide, high = tile
    places = [(x, y) for y in range(0, image.height, high) for x in range(0, image.width, wide)]
    tiles = [_encode(av.VideoFrame.from_image(image.crop((x, y, x + wide, y + high))), "yuv420p") for x, y in places]
    shape = struct.pack(">BBHH", image.height // high - 1, image.width // wide - 1, *image.size)
    items = [(b"grid", b"\x00\x00" + shape), *((b"hvc1", coded) for _, coded in tiles)]
    sizes = [full(b"ispe", struct.pack(">II", *size)) for size in (image.size, tile)]
    laid = range(2, len(items) + 1)
    references = full(b"iref", box(b"dimg", struct.pack(f">HH{len(laid)}H", 1, len(laid), *laid)))
    uses = {1: [1, *range(4, 4 + len(turns))], **{item: [2, 3] for item in laid}}
    return _assemble(items, [sizes[0], box(b"hvcC", tiles[0][0]), sizes[1], *turns], (), (references, uses))


def deep_heic(frame: av.VideoFrame, numbers: tuple[int, int, int], more: tuple[bytes, ...] = ()) -> bytes:
    """Return a HEIC of ten bits (`yuv420p10le`) that tells its primaries, curve and matrix, in the narrow range.

    Further properties of the file, `more`, belong to no picture.
    """
    config, coded = _encode(frame, "yuv420p10le")
    told = [box(b"hvcC", config), full(b"ispe", struct.pack(">II", frame.width, frame.height)), nclx(*numbers)]
    return _assemble([(b"hvc1", coded)], told, more)


def hidden(data: bytes) -> bytes:
    """The file, whose first item says of itself that nobody should be shown it."""
    flags = data.index(b"infe") + 7
    return data[:flags] + b"\1" + data[flags + 1 :]


def sequence(film: bytes) -> bytes:
    """A film as a sequence of stills without a primary one."""
    size = struct.unpack_from(">I", film)[0]
    return box(b"ftyp", (b"msf1" + bytes(4) + b"msf1hevc").ljust(size - 8, b"\0")) + film[size:]


def nclx(primaries: int, curve: int, matrix: int) -> bytes:
    return box(b"colr", b"nclx" + struct.pack(">HHHB", primaries, curve, matrix, 0))


def _encode(frame: av.VideoFrame, pixels: str) -> tuple[bytes, bytes]:
    """Return the decoder configuration and the coded picture, each unit of it behind its length."""
    context = CodecContext.create("libx265", "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, pixels
    context.time_base = Fraction(1)
    context.options = {"crf": "8", "preset": "ultrafast", "x265-params": "log-level=none:pools=1:info=0"}
    frame.pts, frame.time_base = 0, Fraction(1)
    stream = b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    units = [unit for unit in re.split(rb"\x00{2,3}\x01", stream) if unit]
    headers = {kind: unit for unit in units if (kind := unit[0] >> 1 & 0x3F) in _HEADERS}
    pictures = [unit for unit in units if unit[0] >> 1 & 0x3F < _HEADERS[0]]
    return _config(headers, 10 if "10" in pixels else 8), b"".join(
        struct.pack(">I", len(unit)) + unit for unit in pictures
    )


def _config(headers: dict[int, bytes], bits: int) -> bytes:
    """Return the hvcC payload: the profile out of the sequence header, then the three headers themselves."""
    depth = 0xF8 | (bits - 8)
    sequence = headers[_HEADERS[1]].replace(b"\x00\x00\x03", b"\x00\x00")
    fixed = struct.pack(">HBBBBHBB", 0xF000, 0xFC, 0xFD, depth, depth, 0, 0x0F, len(_HEADERS))
    arrays = b"".join(struct.pack(">BHH", 0x80 | kind, 1, len(headers[kind])) + headers[kind] for kind in _HEADERS)
    return b"\x01" + sequence[3:15] + fixed + arrays


def _assemble(
    items: list[tuple[bytes, bytes]], properties: list[bytes], more: tuple[bytes, ...] = (), links: Links | None = None
) -> bytes:
    """Lay a file of items. Without `links` the properties are those of the first, which alone is a picture.

    What is in `more` comes before the properties and is used by none.
    """
    if links is None:
        references = full(b"iref", box(b"cdsc", struct.pack(">HHH", 2, 1, 1))) if len(items) > 1 else b""
        links = references, {1: list(range(1 + len(more), 1 + len(more) + len(properties)))}
    brands = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    size = len(brands) + len(_meta(items, [*more, *properties], links, 0))
    media = b"".join(payload for _, payload in items)
    return brands + _meta(items, [*more, *properties], links, size + 8) + box(b"mdat", media)


def _meta(items: list[tuple[bytes, bytes]], properties: list[bytes], links: Links, start: int) -> bytes:
    """Return the box that describes the items; `start` is where the first one begins in the file."""
    handler = full(b"hdlr", bytes(4) + b"pict" + bytes(13))
    entries = b"".join(
        full(b"infe", struct.pack(">HH", number, 0) + kind + b"\x00", version=2)
        for number, (kind, _) in enumerate(items, 1)
    )
    places = b""
    for number, (_, payload) in enumerate(items, 1):
        places += struct.pack(">HHHII", number, 0, 1, start, len(payload))
        start += len(payload)
    references, uses = links
    used = b""
    for item, numbers in uses.items():
        told = (number | (0x80 if properties[number - 1][4:8] != b"ispe" else 0) for number in numbers)
        used += struct.pack(">HB", item, len(numbers)) + bytes(told)
    linked = full(b"ipma", struct.pack(">I", len(uses)) + used)
    return full(
        b"meta",
        handler
        + full(b"pitm", struct.pack(">H", 1))
        + full(b"iinf", struct.pack(">H", len(items)) + entries)
        + references
        + box(b"iprp", box(b"ipco", b"".join(properties)) + linked)
        + full(b"iloc", struct.pack(">BBH", 0x44, 0, len(items)) + places),
    )


def box(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload) + 8) + name + payload


def full(name: bytes, payload: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, bytes((version, 0, 0, flags)) + payload)
