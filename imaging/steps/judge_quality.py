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
_TEXTURE_FLOOR = 2e-3
_SHARP_RATIO = 0.05
_DARK, _BRIGHT = 70, 250
_BLOWN_SHARE = 0.25


def judge_quality(view: Image.Image) -> dict[str, object]:
    """Return `sharpness` (`good`, `blurry`, `unknown`) and `exposure` (`good`, `dark`, `bright`) with the figures."""
    grey = _grey(view)
    return {**_judge_sharpness(grey), **_judge_exposure(grey)}


def _grey(view: Image.Image) -> NDArray[np.float32]:
    scale = min(1.0, _SIDE / max(view.size))
    size = (max(8, round(view.width * scale)), max(8, round(view.height * scale)))
    small = cv2.resize(np.asarray(view), size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _judge_sharpness(grey: NDArray[np.float32]) -> dict[str, object]:
    """Compare the detail of one pixel with the detail four pixels wide; say nothing where neither exists."""
    coarse = cv2.resize(grey, None, fx=1 / _COARSE, fy=1 / _COARSE, interpolation=cv2.INTER_AREA)
    brightness = max(1.0, float(grey.mean())) ** 2
    texture = float(cv2.Laplacian(coarse, cv2.CV_32F).var()) / brightness
    ratio = float(cv2.Laplacian(grey, cv2.CV_32F).var()) / brightness / max(texture, 1e-9)
    verdict = "unknown" if texture < _TEXTURE_FLOOR else "good" if ratio >= _SHARP_RATIO else "blurry"
    return {"sharpness": verdict, "texture": round(texture, 5), "detail": round(ratio, 4)}


def _judge_exposure(grey: NDArray[np.float32]) -> dict[str, object]:
    """Judge by the brightest things in the picture: dark skin alone must not make a picture `dark`."""
    brightest = float(np.percentile(grey, 99))
    blown = float((grey >= _BRIGHT).mean())
    verdict = "dark" if brightest < _DARK else "bright" if blown > _BLOWN_SHARE else "good"
    return {"exposure": verdict, "brightest": round(brightest), "blown": round(blown, 3)}
