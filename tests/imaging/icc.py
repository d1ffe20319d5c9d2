"""Writes small colour profiles: matrix profiles such as Display P3, and a table profile for CMYK."""

import itertools
import struct

_D50 = (0.9642, 1.0, 0.8249)
Matrix = tuple[tuple[float, float, float], ...]
# Columns red, green, blue in the profile connection space, adapted to D50.
DISPLAY_P3: Matrix = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
ADOBE_RGB: Matrix = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
SRGB: Matrix = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))


def matrix_profile(columns: Matrix, gamma: float | None) -> bytes:
    """Return an RGB display profile; `gamma` None means the sRGB curve."""
    curve = _srgb_curve() if gamma is None else b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + bytes(2)
    tags = {b"wtpt": _xyz(_D50), b"rXYZ": _xyz(columns[0]), b"gXYZ": _xyz(columns[1]), b"bXYZ": _xyz(columns[2])}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags | {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def grey_profile(gamma: float) -> bytes:
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + bytes(2)
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _xyz(_D50), b"kTRC": curve})


def cmyk_profile() -> bytes:
    """Return a printer profile whose table mixes ideal inks on white paper into Lab, dulled as real inks are."""
    nodes = [_ink_lab(*node) for node in itertools.product((0.0, 0.5, 1.0), repeat=4)]
    table = b"".join(struct.pack(">BBB", *node) for node in nodes)
    ramp = bytes(range(256))
    identity = b"".join(struct.pack(">i", round(value * 65536)) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    lut = b"mft1" + bytes(4) + struct.pack(">BBBB", 4, 3, 3, 0) + identity + ramp * 4 + table + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"wtpt": _xyz(_D50), b"A2B0": lut})


def _ink_lab(cyan: float, magenta: float, yellow: float, black: float) -> tuple[int, int, int]:
    paper = 1 - black
    red, green, blue = ((1 - 0.85 * ink) * paper for ink in (cyan, magenta, yellow))
    lightness = 100 * (0.3 * red + 0.6 * green + 0.1 * blue)
    first, second = 90 * (red - green), 60 * (green - blue)
    return round(lightness * 2.55), round(first + 128), round(second + 128)


def _srgb_curve() -> bytes:
    numbers = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return b"para" + struct.pack(">IHH", 0, 3, 0) + b"".join(struct.pack(">i", round(n * 65536)) for n in numbers)


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _profile(device: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags |= {
        b"desc": b"desc" + struct.pack(">II", 0, 5) + b"test\x00" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"-\x00",
    }
    directory, body = b"", b""
    for name, content in tags.items():
        directory += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    white = b"".join(struct.pack(">i", round(value * 65536)) for value in _D50)
    head = b"none" + b"\x02\x40\x00\x00" + device + space + connection + struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head += b"acsp" + bytes(28) + white + bytes(48)
    rest = struct.pack(">I", len(tags)) + directory + body
    return struct.pack(">I", 4 + len(head) + len(rest)) + head + rest


def curved_profile(curve: bytes, columns: Matrix = DISPLAY_P3, more: dict[bytes, bytes] | None = None) -> bytes:
    """Return an RGB display profile with this curve for each colour, and whatever tags beside."""
    tags = {b"wtpt": _xyz(_D50), b"rXYZ": _xyz(columns[0]), b"gXYZ": _xyz(columns[1]), b"bXYZ": _xyz(columns[2])}
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags | (more or {}))


def parametric(kind: int, *numbers: float) -> bytes:
    """A curve of one of the five kinds that are given by numbers."""
    return b"para" + struct.pack(">IHH", 0, kind, 0) + b"".join(struct.pack(">i", round(n * 65536)) for n in numbers)


def tabled(*values: int) -> bytes:
    """A curve given by its values, of 16 bits; none is a straight line, one is a power."""
    return b"curv" + struct.pack(f">II{len(values)}H", 0, len(values), *values)


def swapping_table() -> bytes:
    """A table that gives red's place to blue: a profile with it and a matrix says two things, and the table counts."""
    identity = b"".join(struct.pack(">i", round(value * 65536)) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    nodes = b"".join(struct.pack(">BBB", *(round(127 * v) for v in node[::-1])) for node in _CORNERS)
    ramp = bytes(range(256))
    return b"mft1" + bytes(4) + struct.pack(">BBBB", 3, 3, 2, 0) + identity + ramp * 3 + nodes + ramp * 3


_CORNERS = list(itertools.product((0.0, 1.0), repeat=3))
