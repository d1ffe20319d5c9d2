"""The colours of a PNG that names them by numbers instead of by a profile: cICP, or cHRM and gAMA."""

import struct

import numpy as np
from numpy.typing import NDArray

from imaging.steps.told_profile import gamma_profile, number_profile
from imaging.walks import png
from imaging.walks.part import Broken

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])
_SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
"""White, red, green and blue, each as x and y."""
_HUNDRED_THOUSANDTHS, _SRGB_GAMMA, _LIKE = 100_000, 1 / 2.2, 0.05
_LEAST_GAMMA, _MOST_GAMMA = 0.2, 2.0


def png_profile(data: bytes, profile: bytes | None) -> bytes | None:
    """Return the profile by which a PNG is shown: cICP goes before an embedded one, cHRM and gAMA stand behind it."""
    told = _told(data)
    if "cICP" in told:
        primaries, transfer = told["cICP"][:2]
        return number_profile(primaries, transfer) or profile
    if profile is not None or "sRGB" in told or "gAMA" not in told:
        return profile
    gamma = int.from_bytes(told["gAMA"], "big") / _HUNDRED_THOUSANDTHS
    if not _LEAST_GAMMA <= gamma <= _MOST_GAMMA:
        return None
    if "cHRM" not in told:
        return None if abs(gamma - _SRGB_GAMMA) < _LIKE * _SRGB_GAMMA else gamma_profile(_under_d50(_SRGB), 1 / gamma)
    places = tuple(value / _HUNDRED_THOUSANDTHS for value in struct.unpack(">8I", told["cHRM"]))
    try:
        return gamma_profile(_under_d50(places), 1 / gamma)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return None


def png_numbers(data: bytes) -> tuple[int, int] | None:
    """Return the numbers of the primaries and of the curve that cICP names; None where there is none."""
    told = _told(data).get("cICP")
    return (told[0], told[1]) if told is not None else None


def _told(data: bytes) -> dict[str, bytes]:
    lengths = {"cICP": 4, "sRGB": 1, "gAMA": 4, "cHRM": 32}
    told = {}
    try:
        for part in png.walk(data):
            if part.name == "IDAT":
                break
            if lengths.get(part.name) == part.size:
                told[part.name] = part.of(data)
    except Broken:
        return {}
    return told


def _under_d50(places: tuple[float, ...]) -> list[tuple[float, float, float]]:
    """The primaries as XYZ under the white of the profile connection space."""
    white, *primaries = (_xyz(x, y) for x, y in zip(places[::2], places[1::2], strict=True))
    columns = np.stack(primaries, axis=1)
    scaled = columns * np.linalg.solve(columns, white)
    ratios = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(ratios) @ _BRADFORD @ scaled
    return [(float(x), float(y), float(z)) for x, y, z in adapted.T]


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])
