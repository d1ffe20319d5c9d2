"""Advice on a picture: is it sharp, is it well lit. It never blocks anything and never changes a pixel.

Absolute sharpness scores punish smooth and dark skin: on them a sharp photo scores like a blurred one. So blur is
judged only where there is texture, and only by a ratio of fine to coarse detail, in which brightness cancels out.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.light import lacks_light

_SIDE = 512
_COARSE = 4
_MEDIAN_TO_SIGMA = 1.4826
_TEXTURE_FLOOR, _COARSER_FLOOR = 3e-4, 2e-5
"""What there is of edges at least where something is said: at a quarter of the size, and where nothing is left there at
an eighth, at which smooth skin has a tenth of that."""
_SHARP_RATIO = 0.11
_PARTS, _LEAST_PARTS = (16, 12), 0.3
"""The picture in so many parts across and down, and how many of them have edges where the whole of it is blurred. What
is left of a blurred rash or of hairs is all over; the edge of a shadow, which is soft in the sharpest photo, is not."""
_PART_FLOOR, _LEFT_IN_A_PART, _NOISE_PER_PART = 8e-5, 0.15, 0.7
"""What a part has of edges at least where it has some: of its brightness, by itself for what a JPEG leaves, and of the
noise, which is not the same in all parts either."""
_FLATTENED = 0.05
"""With less noise than this the JPEG has made most of the picture flat: its edges are the steps from block to block."""
_LEFT_BY_JPEG = 0.5
"""What the blocks of a JPEG add to a smooth dark picture; they are edges, and would make a blurred one look sharp."""
_DARK, _BRIGHT = 34, 250
_LIT_WELL = 150
"""Something as bright as this is in the picture only if there was light enough."""
_LIT = 138
"""Where hardly anything is skin, something in the picture is brighter than that if there was light enough: what two
stops less leave of white is 137. Dark skin on dark cloth is not, in the best light, so that where there is skin its
colour decides alone."""
_BLOWN_SHARE = 0.25
_BLACK, _CLIPPED_SHARE, _CRUSHED_SHARE = 4, 0.08, 0.35
_LEAST_BLUE, _MOST_BLUE, _MOST_GREEN = 0.45, 1.18, 1.15
_LEAST_RED, _LEAST_RED_IN_THE_DARK, _DARKEST = 0.36, 0.345, 60
_EVERY, _GENEROUS = 7, 2
"""Of so many values one is asked first, and twice as many as are wanted are taken to be among the highest."""
_LEAST_SKIN, _FAR_SKIN, _ENOUGH_SKIN = 0.005, 0.06, 0.2


def judge_quality(view: Image.Image) -> dict[str, object]:
    """Return the verdicts with the figures behind them.

    `sharpness` is `good`, `blurry` or `unknown`; `exposure` is `good`, `dark` or `bright`; `clipping` is `good` or
    `clipped`; `colour` is `good` or `cast`; `distance` is `good`, `far` or `unknown`.
    """
    # By whole steps first, to about twice the wanted size; that is far cheaper.
    factor = max(1, round(max(view.size) / (2 * _SIDE)))
    return judge_pixels(np.asarray(view.reduce(factor) if factor > 1 else view))


def judge_pixels(pixels: NDArray[np.uint8]) -> dict[str, object]:
    """Return the same for a picture that is an array already."""
    small = _small(pixels)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    is_skin = _is_skin(small)
    share = int(is_skin.sum()) / grey.size
    return {
        **_judge_sharpness(grey),
        **_judge_exposure(small, grey, share),
        **_judge_colour(small),
        "distance": "unknown" if share < _LEAST_SKIN else "far" if share < _FAR_SKIN else "good",
        "skin": round(share, 3),
    }


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The picture in floating point at about 512 pixels: whole numbers would round away the contrast of a dark one."""
    height, width = pixels.shape[:2]
    if 0.95 <= max(width, height) / (2 * _SIDE) <= 1.05:
        return _halved(pixels)
    scale = min(1.0, _SIDE / max(width, height))
    return _shrink(pixels.astype(np.float32), max(8, round(width * scale)), max(8, round(height * scale)))


def _halved(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Half as large, averaged in whole numbers with eight more bits: a tenth of the cost of doing it in fractions."""
    finer = np.left_shift(pixels, 8, dtype=np.uint16)
    half = cv2.resize(finer, (pixels.shape[1] // 2, pixels.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return np.multiply(half, 1 / 256, dtype=np.float32)


def _light(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sum of the three channels, plane by plane: numpy is slow along an axis of three."""
    red, green, blue = cv2.split(small)
    return np.asarray(red + green + blue, dtype=np.float32)


def _shrink(plane: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    return cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)


def _judge_sharpness(grey: NDArray[np.float32]) -> dict[str, object]:
    """Compare the detail of one pixel with the detail four pixels wide; say nothing where neither exists.

    Of what is blurred by more than that both are gone: then the same is asked of the picture half as large, in which
    smooth skin has nothing either.
    """
    texture, ratio = _compared(grey)
    told = {"texture": round(texture, 5), "detail": round(ratio, 4)}
    if texture >= _TEXTURE_FLOOR and ratio >= _SHARP_RATIO:
        return {"sharpness": "good", **told}
    half = _shrink(grey, max(8, grey.shape[1] // 2), max(8, grey.shape[0] // 2))
    coarser, again = _compared(half)
    is_soft = texture >= _TEXTURE_FLOOR or (coarser >= _COARSER_FLOOR and again < _SHARP_RATIO)
    return {"sharpness": "blurry" if is_soft and _has_edges_all_over(half) else "unknown", **told}


def _has_edges_all_over(grey: NDArray[np.float32]) -> bool:
    """Whether what is soft are things in the picture, and not the light on it: that falls off, and throws shadows."""
    detail, noise = _detail(_coarse(grey))
    if noise**2 < _FLATTENED:
        return False
    parts = cv2.resize(np.square(detail), _PARTS, interpolation=cv2.INTER_AREA) - noise**2
    least = max(_PART_FLOOR * _brightness(grey), _LEFT_IN_A_PART, _NOISE_PER_PART * noise**2)
    return float((parts > least).mean()) >= _LEAST_PARTS


def _compared(grey: NDArray[np.float32]) -> tuple[float, float]:
    """How much there is of detail four pixels wide, and what the detail of one pixel is of that."""
    brightness = _brightness(grey)
    texture = _edge_energy(_coarse(grey)) / brightness
    fine = max(0.0, _edge_energy(grey) - _LEFT_BY_JPEG) / brightness
    return texture, fine / max(texture, 1e-9)


def _coarse(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    return _shrink(grey, max(3, grey.shape[1] // _COARSE), max(3, grey.shape[0] // _COARSE))


def _brightness(grey: NDArray[np.float32]) -> float:
    """In the unit of energies: what is half as bright has a quarter of their detail."""
    return max(1.0, float(grey.mean())) ** 2


def _edge_energy(plane: NDArray[np.float32]) -> float:
    """Return the energy of distinct edges: what is left of all detail without the camera's even noise.

    Noise fills the plane evenly, so the median of the detail measures it; edges are few and strong and do not move
    the median. Without this a dark photo, being noisier, would look sharper than it is.
    """
    detail, noise = _detail(plane)
    return max(0.0, float(np.square(detail).mean()) - noise**2)


def _detail(plane: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Return the detail of each place but those at the rim, and the noise in it.

    Behind the rim the picture is taken to go back the way it came, so that light which falls off has an edge there.
    """
    detail = np.ascontiguousarray(cv2.Laplacian(plane, cv2.CV_32F)[1:-1, 1:-1], np.float32)
    return detail, _MEDIAN_TO_SIGMA * highest(np.abs(detail), 2)


def _judge_exposure(small: NDArray[np.float32], grey: NDArray[np.float32], skin: float) -> dict[str, object]:
    """Judge by the brightest things in the picture, and by whether skin of any depth would look like this."""
    brightest, lack = highest(grey, 100), _lack(small)
    blown, crushed = float((grey >= _BRIGHT).mean()), float((grey <= _BLACK).mean())
    is_dark = brightest < _DARK or (brightest < _LIT_WELL and lack > 0) or (brightest < _LIT and skin < _FAR_SKIN)
    verdict = "dark" if is_dark else "bright" if blown > _BLOWN_SHARE else "good"
    clipping = "clipped" if blown > _CLIPPED_SHARE or (crushed > _CRUSHED_SHARE and verdict != "dark") else "good"
    return {
        "exposure": verdict,
        "clipping": clipping,
        "brightest": round(brightest),
        "lack": round(lack, 1),
        "blown": round(blown, 3),
        "crushed": round(crushed, 3),
    }


def _lack(small: NDArray[np.float32]) -> float:
    """How much speaks for too little light on the skin, or on everything where hardly anything is skin for sure.

    The darker half of the skin must speak for it too: what is beside dark skin, such as wood, may look like skin.
    """
    coarse = _shrink(small, max(1, small.shape[1] // _COARSE), max(1, small.shape[0] // _COARSE))
    is_skin = _is_skin(coarse, least_red=_LEAST_RED_IN_THE_DARK)
    if is_skin.mean() <= _ENOUGH_SKIN:
        return lacks_light(coarse.reshape(-1, 3))
    skin = coarse[is_skin]
    light = skin.sum(axis=1)
    return min(lacks_light(skin), lacks_light(skin[light <= np.median(light)]))


def _judge_colour(small: NDArray[np.float32]) -> dict[str, object]:
    """Tell light that no skin and no white thing could look like: blue or green before red, or hardly any blue."""
    light = _light(small)
    red, green, blue = _mean(small, light >= highest(light, 50))
    warmth, coldness, greenness = blue / green, blue / red, green / max(red, blue)
    is_cast = warmth < _LEAST_BLUE or coldness > _MOST_BLUE or greenness > _MOST_GREEN
    return {"colour": "cast" if is_cast else "good", "blue_to_red": round(coldness, 3)}


def _mean(small: NDArray[np.float32], where: NDArray[np.bool_]) -> tuple[float, float, float]:
    """The mean colour of some pixels, no channel quite black; to take them out first would cost ten times as much."""
    red, green, blue, _ = cv2.mean(small, where.astype(np.uint8))
    return max(1.0, red), max(1.0, green), max(1.0, blue)


def _is_skin(small: NDArray[np.float32], least_red: float = _LEAST_RED) -> NDArray[np.bool_]:
    """Where skin may be, told by its hue whatever its lightness; the darkest may be as little red as `least_red`."""
    light = np.maximum(_light(small), 1)
    red, green = small[:, :, 0] / light, small[:, :, 1] / light
    is_red = (red > _LEAST_RED) | ((red > least_red) & (light < 3 * _DARKEST))
    found: NDArray[np.bool_] = is_red & (red < 0.62) & (green > 0.25) & (green < 0.345) & (light > 3 * _BLACK)
    return found


def highest(plane: NDArray[np.float32], part: int) -> float:
    """The value that only one in `part` pixels reaches. Only those are sorted that a look at some says may be it."""
    count, values = max(1, plane.size // part), plane.reshape(-1)
    some = values[::_EVERY]
    guess = _GENEROUS * len(some) // part
    if 0 < guess < len(some):
        highest = values[values >= np.partition(some, -guess)[-guess]]
        values = highest if len(highest) >= count else values
    return float(np.partition(values, -count)[-count])
