"""Makes a colour profile for pictures that only name their primaries by number, as HEIC and AVIF may."""

import functools
import struct
from collections.abc import Sequence

from imaging.walks.heif import primary_numbers

_D50 = (0.9642, 1.0, 0.8249)
_PRIMARIES = {
    # Display P3, and BT.2020: red, green and blue as XYZ under the white of the profile connection space.
    12: ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)),
    9: ((0.6735, 0.2790, -0.0019), (0.1657, 0.6753, 0.0300), (0.1251, 0.0456, 0.7969)),
}
_ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
_ADOBE_GAMMA = 0x0233
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_SRGB_LIKE = {1, 6, 13, 14, 15}
"""Transfer curves that are close enough to that of sRGB; the curves of HDR are not among them."""


def told_profile(data: bytes) -> bytes | None:
    """Return a profile for the primaries that the container names; None for sRGB's own, unknown ones, or HDR."""
    numbers = primary_numbers(data)
    return number_profile(*numbers) if numbers is not None else None


def number_profile(primaries: int, transfer: int) -> bytes | None:
    """The same for two numbers of the standard."""
    return wide_profile(primaries) if primaries in _PRIMARIES and transfer in _SRGB_LIKE else None


def gamma_profile(primaries: Sequence[tuple[float, float, float]], gamma: float) -> bytes:
    """Return a profile of these primaries, as XYZ under D50, whose numbers are to be raised to this power."""
    return _profile(primaries, b"para" + struct.pack(">IHH", 0, 0, 0) + _fixed(gamma))


@functools.cache
def adobe_profile() -> bytes:
    """Return the profile of Adobe RGB (1998), which cameras name in Exif alone."""
    return _profile(_ADOBE, b"curv" + struct.pack(">IIH", 0, 1, _ADOBE_GAMMA) + bytes(2))


@functools.cache
def wide_profile(primaries: int) -> bytes:
    curve = b"para" + struct.pack(">IHH", 0, 3, 0) + b"".join(_fixed(number) for number in _SRGB_CURVE)
    return _profile(_PRIMARIES[primaries], curve)


def _profile(primaries: Sequence[tuple[float, float, float]], curve: bytes) -> bytes:
    red, green, blue = (_xyz(values) for values in primaries)
    tags = {b"wtpt": _xyz(_D50), b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags |= {
        b"desc": b"desc" + struct.pack(">II", 0, 5) + b"wide\x00" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"-\x00",
    }
    directory, body = b"", b""
    for name, content in tags.items():
        directory += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = b"none\x02\x40\x00\x00mntrRGB XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    whole = (
        head + b"".join(_fixed(number) for number in _D50) + bytes(48) + struct.pack(">I", len(tags)) + directory + body
    )
    return struct.pack(">I", 4 + len(whole)) + whole


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(value) for value in values)


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))
