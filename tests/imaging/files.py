"""Makes the files that the imaging tests need, good and bad, in code. Nothing here comes from a person."""

import functools
import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 200, 40), (30, 40, 210), (245, 245, 245)
CORNERS = (RED, GREEN, BLUE, WHITE)
"""Top left, top right, bottom left, bottom right of an upright `corners` picture."""
CANARY = b"CANARY-Jane-Q-Tester-MRN-778899"
_UNDO = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
_STORED = {code: Image.Transpose(value) for code, value in _UNDO.items()}


def corners(width: int = 320, height: int = 200) -> Image.Image:
    """Return an upright picture with a colour of its own in each corner."""
    image = Image.new("RGB", (width, height))
    boxes = ((0, 0), (width // 2, 0), (0, height // 2), (width // 2, height // 2))
    for colour, (left, top) in zip(CORNERS, boxes, strict=True):
        image.paste(colour, (left, top, left + width // 2, top + height // 2))
    return image


def read_corners(data: bytes) -> tuple[tuple[int, ...], ...]:
    """Return the colours in the four corners of an encoded picture, each as the nearest of CORNERS."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = image.size
    places = ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9))
    return tuple(nearest(image.getpixel((int(width * x), int(height * y)))) for x, y in places)


def nearest(pixel: object) -> tuple[int, ...]:
    """Return the colour of CORNERS that a pixel is meant to be."""
    return min(CORNERS, key=lambda colour: sum((a - b) ** 2 for a, b in zip(colour, pixel, strict=True)))


def stored(image: Image.Image, orientation: int) -> Image.Image:
    """Return the pixels as a camera held that way would store them."""
    turn = _STORED.get(orientation)
    return image if turn is None else image.transpose(turn)


def noise(width: int, height: int, seed: int = 1) -> Image.Image:
    """Return a picture that does not compress to nothing."""
    values = np.random.default_rng(seed).integers(0, 255, (height // 4, width // 4, 3), dtype=np.uint8)
    return Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC)


def skin(width: int, height: int, seed: int = 1) -> Image.Image:
    """Return a picture of hardly anything: light skin with a camera's noise."""
    return _skin(width, height, seed).copy()


@functools.lru_cache(maxsize=16)
def _skin(width: int, height: int, seed: int) -> Image.Image:
    """Drawn once: the noise of a million pixels takes a tenth of a second, and films lay it under every picture."""
    grain = np.random.default_rng(seed).normal((196, 150, 125), 4, (height, width, 3))
    return Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8))


def encode(image: Image.Image, name: str, **options: object) -> bytes:
    """Encode with Pillow; a PNG quickly, since grain takes three times as long to pack well, and is unpacked alike."""
    buffer = io.BytesIO()
    image.save(buffer, name, **({"compress_level": 1} if name == "PNG" else {}), **options)
    return buffer.getvalue()


def camera_exif(orientation: int = 1) -> bytes:
    """Return an Exif block as from a phone: maker, serial, dates, GPS, maker note, and a thumbnail."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Synthetic", "Phone 1", orientation
    exif[0x013B], exif[0x0132] = CANARY.decode(), "2024:05:06 07:08:09"
    details = exif.get_ifd(0x8769)
    details[0x9003], details[0xA431], details[0x927C] = "2024:05:06 07:08:09", "SN-778899", CANARY
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", tuple(TiffImagePlugin.IFDRational(value) for value in (40, 1, 30))
    gps[3], gps[4] = "W", tuple(TiffImagePlugin.IFDRational(value) for value in (105, 16, 12))
    return _with_thumbnail(exif.tobytes())


def _with_thumbnail(block: bytes) -> bytes:
    """Chain a second directory with a small JPEG behind the first one of a little-endian Exif block."""
    tiff = bytearray(block.removeprefix(b"Exif\x00\x00"))
    order = "<" if tiff[:2] == b"II" else ">"
    first = struct.unpack_from(order + "I", tiff, 4)[0]
    link = first + 2 + 12 * struct.unpack_from(order + "H", tiff, first)[0]
    thumbnail = encode(corners(64, 40), "JPEG")
    tiff += bytes(len(tiff) % 2)
    struct.pack_into(order + "I", tiff, link, len(tiff))
    data_at = len(tiff) + 2 + 2 * 12 + 4
    tiff += struct.pack(order + "HHHIIHHIII", 2, 0x0201, 4, 1, data_at, 0x0202, 4, 1, len(thumbnail), 0)
    return b"Exif\x00\x00" + bytes(tiff) + thumbnail


def xmp() -> bytes:
    """Return an XMP packet that names somebody."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>'
        + CANARY
        + b"</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def soaked_jpeg() -> bytes:
    """Return a JPEG with everything a camera, an editor and an attacker may hang on it."""
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", 5 + len(CANARY))
    iptc += b"\x1c\x02\x50" + struct.pack(">H", len(CANARY)) + CANARY
    plain = encode(corners(), "JPEG", quality=95, exif=camera_exif(), comment=CANARY, xmp=xmp())
    second = encode(corners(), "JPEG", comment=CANARY)
    extra = _segment(0xED, iptc) + _segment(0xE5, CANARY) + _segment(0xE2, b"MPF\x00" + bytes(16))
    return plain[:2] + extra + plain[2:] + second + b"PK\x03\x04" + CANARY


def _segment(code: int, payload: bytes) -> bytes:
    return bytes((0xFF, code)) + struct.pack(">H", len(payload) + 2) + payload


def chunk(name: bytes, payload: bytes) -> bytes:
    """Return one PNG chunk."""
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


def soaked_png() -> bytes:
    """Return a PNG with text of all kinds, Exif, a time, a private chunk and a trailer."""
    plain = encode(corners(), "PNG", exif=camera_exif())
    extra = chunk(b"tEXt", b"Author\x00" + CANARY) + chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(CANARY))
    extra += chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + xmp())
    extra += chunk(b"tIME", bytes((7, 232, 5, 6, 7, 8, 9))) + chunk(b"prVt", CANARY)
    return plain[:33] + extra + plain[33:] + CANARY


def soaked_webp() -> bytes:
    """Return a WebP with Exif, XMP and bytes behind its container."""
    return encode(corners(), "WEBP", exif=camera_exif().removeprefix(b"Exif\x00\x00"), xmp=xmp()) + CANARY


def soaked_avif() -> bytes:
    """Return an AVIF with Exif, XMP, a colour profile and a second picture."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    told = {"exif": camera_exif(), "xmp": xmp(), "icc_profile": profile}
    return encode(corners(), "AVIF", save_all=True, append_images=[corners().rotate(180)], **told)


def header_png(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds almost nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")
    )


def flat_png(width: int, height: int) -> bytes:
    """Return a whole PNG of one colour: few bytes, many pixels."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # A row that is packed by itself can be written again and again: to pack them all takes as long as to unpack them.
    row = packer.compress(bytes(1 + width * 3)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = struct.pack(">HH", (1 + width * 3) * height % 65521, 1)
    rows = b"\x78\xda" + row * height + b"\x03\x00" + check
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def many_scans(scans: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated: each one costs a decoder a pass over the picture."""
    plain = encode(corners(4000, 4000), "JPEG", progressive=True)
    last = plain.rfind(b"\xff\xda")
    return plain[:last] + plain[last:-2] * scans + b"\xff\xd9"


def text_flood(chunks: int, size: int) -> bytes:
    """Return a PNG with compressed texts that unpack to much more."""
    plain = encode(corners(), "PNG")
    text = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(size)))
    return plain[:33] + text * chunks + plain[33:]
