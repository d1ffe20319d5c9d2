"""Advice on a picture: is it sharp, is it well lit. It never blocks anything and never changes a pixel.

Absolute sharpness scores punish smooth and dark skin: on them a sharp photo scores like a blurred one. So blur is
judged only where there is texture, and only by a ratio of fine to coarse detail, in which brightness cancels out.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 512
_COARSE = 4
_MEDIAN_TO_SIGMA = 1.4826
_TEXTURE_FLOOR = 3e-4
_SHARP_RATIO = 0.12
_DARK, _BRIGHT = 40, 250
_BLOWN_SHARE = 0.25


def judge_quality(view: Image.Image) -> dict[str, object]:
    """Return `sharpness` (`good`, `blurry`, `unknown`) and `exposure` (`good`, `dark`, `bright`) with the figures."""
    grey = _grey(view)
    return {**_judge_sharpness(grey), **_judge_exposure(grey)}


def _grey(view: Image.Image) -> NDArray[np.float32]:
    scale = min(1.0, _SIDE / max(view.size))
    # By whole steps first, to about twice the wanted size; that is far cheaper.
    view = view.reduce(max(1, round(max(view.size) / (2 * _SIDE))))
    # Shrunk as floating point: whole numbers would round away the little contrast of a dark picture.
    grey = cv2.cvtColor(np.asarray(view), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return _shrink(grey, max(8, round(view.width * scale)), max(8, round(view.height * scale)))


def _shrink(plane: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    return cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)


def _judge_sharpness(grey: NDArray[np.float32]) -> dict[str, object]:
    """Compare the detail of one pixel with the detail four pixels wide; say nothing where neither exists."""
    coarse = _shrink(grey, grey.shape[1] // _COARSE, grey.shape[0] // _COARSE)
    brightness = max(1.0, float(grey.mean())) ** 2
    texture = _edge_energy(coarse) / brightness
    ratio = _edge_energy(grey) / brightness / max(texture, 1e-9)
    verdict = "unknown" if texture < _TEXTURE_FLOOR else "good" if ratio >= _SHARP_RATIO else "blurry"
    return {"sharpness": verdict, "texture": round(texture, 5), "detail": round(ratio, 4)}


def _edge_energy(plane: NDArray[np.float32]) -> float:
    """Return the energy of distinct edges: what is left of all detail without the camera's even noise.

    Noise fills the plane evenly, so the median of the detail measures it; edges are few and strong and do not move
    the median. Without this a dark photo, being noisier, would look sharper than it is.
    """
    detail = cv2.Laplacian(plane, cv2.CV_32F)
    noise = _MEDIAN_TO_SIGMA * float(np.median(np.abs(detail)))
    return max(0.0, float(np.square(detail).mean()) - noise**2)


def _judge_exposure(grey: NDArray[np.float32]) -> dict[str, object]:
    """Judge by the brightest things in the picture: dark skin alone must not make a picture `dark`."""
    brightest = float(np.percentile(grey, 99))
    blown = float((grey >= _BRIGHT).mean())
    verdict = "dark" if brightest < _DARK else "bright" if blown > _BLOWN_SHARE else "good"
    return {"exposure": verdict, "brightest": round(brightest), "blown": round(blown, 3)}
