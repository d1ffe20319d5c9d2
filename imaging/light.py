"""Tells too little light from dark skin, by asking which of the two explains a picture's colour better.

Half the light on light skin gives what all the light on darker skin gives, so brightness alone says nothing about
exposure. Light keeps its hue when there is less of it, and the hue of skin changes with its depth: it grows redder, and
the darkest is nearly neutral again, like the lightest. So a picture is compared with the colours of published scales of
skin, once in good light and once in a quarter of it or less. Where both explain it, or neither, nothing is said.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]

# sRGB colours of skin in good light: the Monk scale, three renderings of the six types of Fitzpatrick, and three redder
# dark ones of the scale of von Luschan.
_SKINS = (
    ((246, 237, 228), (243, 231, 219), (247, 234, 208), (234, 218, 186), (215, 189, 150), (160, 126, 86)),
    ((130, 92, 67), (96, 65, 52), (58, 49, 42), (41, 36, 32)),
    ((244, 208, 184), (224, 172, 140), (198, 134, 98), (141, 85, 60), (95, 57, 40), (62, 38, 30)),
    ((244, 208, 177), (231, 180, 143), (210, 158, 124), (186, 119, 80), (165, 93, 43), (60, 32, 29)),
    ((140, 85, 55), (75, 50, 38), (60, 46, 40)),
    ((93, 49, 38), (85, 43, 31), (68, 34, 26)),
)
_GOOD = (-0.25, 0.0, 0.5, 1.0)
_POOR = (-1.75, -2.0, -2.5, -3.0, -3.5)
"""Stops. With less than the least of these light skin looks as the darkest does in good light; a camera that sees only
dark skin makes it lighter than it is, and that is no fault either."""
_BALANCES = ((1.0, 1.0, 1.0), (1.05, 1.0, 0.93), (0.96, 1.0, 1.05))
"""A camera takes warm or cold light for white only nearly."""
_HUE_SPREAD, _LIGHT_SPREAD = 0.12, 0.3
_UNLIKE = 1e-3
"""What is as unlike all skin as this is not spoken of."""
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_LIT = 75
_LEAST = 1e-5


def lacks_light(skin: Planes) -> float:
    """Return how much better too little light explains these pixels than dark skin does; above 0 it does.

    `skin` has the shape (pixels, 3): sRGB from 0 to 255. The mean hue counts, and how bright the better lit are.
    """
    light = np.maximum(linear(skin), _LEAST)
    brightness = np.log2(np.percentile(light @ _LUMINANCE, _LIT))
    place = np.array([*_hue(light.mean(axis=0)), brightness])
    good, poor = _likeness(place, _IN_GOOD_LIGHT), _likeness(place, _IN_POOR_LIGHT)
    return float(np.log((poor + _LEAST) / (good + _UNLIKE)))


def linear(colour: NDArray[np.generic]) -> Planes:
    """Linear light from 0 to 1 of sRGB from 0 to 255."""
    share = np.asarray(colour, np.float32) / 255
    low, high = share / 12.92, ((share + 0.055) / 1.055) ** 2.4
    return np.asarray(np.where(share <= 0.04045, low, high), np.float32)


def _hue(light: Planes) -> tuple[float, float]:
    """By how many stops red exceeds green, and green blue."""
    red, green, blue = (float(value) for value in light)
    return float(np.log2(red / green)), float(np.log2(green / blue))


def _places(stops: tuple[float, ...], balances: tuple[tuple[float, float, float], ...]) -> NDArray[np.float64]:
    """Where each skin is with so many stops of light: two of hue, one of brightness."""
    skins = [linear(np.array(skin)) for scale in _SKINS for skin in scale]
    lit = [
        skin * np.array(balance, np.float32) * np.float32(2.0**stop)
        for skin, stop, balance in product(skins, stops, balances)
    ]
    return np.array([(*_hue(one), np.log2(float(one @ _LUMINANCE))) for one in lit])


def _likeness(place: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    away = (others - place) / (_HUE_SPREAD, _HUE_SPREAD, _LIGHT_SPREAD)
    return float(np.exp(-np.square(away).sum(axis=1) / 2).sum())


_IN_GOOD_LIGHT = _places(_GOOD, _BALANCES)
_IN_POOR_LIGHT = _places(_POOR, _BALANCES[:1])
