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
# Exif orientation -> quarter turns against the clock, then the axis to mirror about (1 swaps left and right).
_TURNS = {1: (0, None), 2: (0, 1), 3: (2, None), 4: (0, 0), 5: (3, 1), 6: (3, None), 7: (1, 1), 8: (1, None)}


def heic(
    image: Image.Image, *, orientation: int = 1, exif: bytes = b"", icc: bytes = b"", primaries: int | None = None
) -> bytes:
    """Return a HEIC whose stored pixels are `image`; its sides must be multiples of 16.

    `primaries` are told by number alone, as phones may, instead of by a profile.
    """
    config, coded = _encode(image)
    properties = [_box(b"hvcC", config), _full(b"ispe", struct.pack(">II", *image.size))]
    if icc:
        properties.append(_box(b"colr", b"prof" + icc))
    if primaries is not None:
        properties.append(_box(b"colr", b"nclx" + struct.pack(">HHHB", primaries, 13, 6, 0)))
    turns, axis = _TURNS[orientation]
    properties += [_box(b"irot", bytes([turns]))] if turns else []
    properties += [_box(b"imir", bytes([axis]))] if axis is not None else []
    items = [(b"hvc1", coded)]
    if exif:
        items.append((b"Exif", struct.pack(">I", 6) + exif))
    return _assemble(items, properties)


def _encode(image: Image.Image) -> tuple[bytes, bytes]:
    """Return the decoder configuration and the coded picture, each unit of it behind its length."""
    context = CodecContext.create("libx265", "w")
    context.width, context.height, context.pix_fmt = image.width, image.height, "yuv420p"
    context.time_base = Fraction(1)
    context.options = {"crf": "8", "x265-params": "log-level=none:pools=1:info=0"}
    frame = av.VideoFrame.from_image(image)
    frame.pts, frame.time_base = 0, Fraction(1)
    stream = b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    units = [unit for unit in re.split(rb"\x00{2,3}\x01", stream) if unit]
    headers = {kind: unit for unit in units if (kind := unit[0] >> 1 & 0x3F) in _HEADERS}
    pictures = [unit for unit in units if unit[0] >> 1 & 0x3F < _HEADERS[0]]
    return _config(headers), b"".join(struct.pack(">I", len(unit)) + unit for unit in pictures)


def _config(headers: dict[int, bytes]) -> bytes:
    """Return the hvcC payload: the profile out of the sequence header, then the three headers themselves."""
    sequence = headers[_HEADERS[1]].replace(b"\x00\x00\x03", b"\x00\x00")
    fixed = struct.pack(">HBBBBHBB", 0xF000, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0x0F, len(_HEADERS))
    arrays = b"".join(struct.pack(">BHH", 0x80 | kind, 1, len(headers[kind])) + headers[kind] for kind in _HEADERS)
    return b"\x01" + sequence[3:15] + fixed + arrays


def _assemble(items: list[tuple[bytes, bytes]], properties: list[bytes]) -> bytes:
    brands = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    size = len(brands) + len(_meta(items, properties, 0))
    media = b"".join(payload for _, payload in items)
    return brands + _meta(items, properties, size + 8) + _box(b"mdat", media)


def _meta(items: list[tuple[bytes, bytes]], properties: list[bytes], start: int) -> bytes:
    """Return the box that describes the items; `start` is where the first one begins in the file."""
    handler = _full(b"hdlr", bytes(4) + b"pict" + bytes(13))
    entries = b"".join(
        _full(b"infe", struct.pack(">HH", number, 0) + kind + b"\x00", version=2)
        for number, (kind, _) in enumerate(items, 1)
    )
    places = b""
    for number, (_, payload) in enumerate(items, 1):
        places += struct.pack(">HHHII", number, 0, 1, start, len(payload))
        start += len(payload)
    references = _full(b"iref", _box(b"cdsc", struct.pack(">HHH", 2, 1, 1))) if len(items) > 1 else b""
    uses = bytes(
        number | (0x80 if properties[number - 1][4:8] != b"ispe" else 0) for number in range(1, len(properties) + 1)
    )
    links = _full(b"ipma", struct.pack(">IHB", 1, 1, len(uses)) + uses)
    return _full(
        b"meta",
        handler
        + _full(b"pitm", struct.pack(">H", 1))
        + _full(b"iinf", struct.pack(">H", len(items)) + entries)
        + references
        + _box(b"iprp", _box(b"ipco", b"".join(properties)) + links)
        + _full(b"iloc", struct.pack(">BBH", 0x44, 0, len(items)) + places),
    )


def _box(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload) + 8) + name + payload


def _full(name: bytes, payload: bytes, version: int = 0) -> bytes:
    return _box(name, bytes((version, 0, 0, 0)) + payload)
