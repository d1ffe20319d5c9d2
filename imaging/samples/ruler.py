"""A paper ruler that lies in the photo, so that a reader can measure."""

import cv2
import numpy as np

from imaging.samples.fields import Bitmap, Field, Frame, soften

_DOTS = 24  # Pixels per millimetre of the drawn strip before it is laid into the photo.


def paper_strip(length_mm: int, height_mm: float = 9.0) -> Bitmap:
    """Return the flat ruler as grey levels, shape (height, width): mm and cm ticks, digits, a frame of paper."""
    margin = 4
    strip: Bitmap = np.full((int(height_mm * _DOTS), (length_mm + 2 * margin) * _DOTS), 243, dtype=np.uint8)
    for mm in range(length_mm + 1):
        reach = 4.2 if mm % 10 == 0 else 3.0 if mm % 5 == 0 else 2.0
        x = (margin + mm) * _DOTS
        thick = 5 if mm % 10 == 0 else 3
        cv2.line(strip, (x, 0), (x, int(reach * _DOTS)), 40, thick, cv2.LINE_AA)
        if mm % 10 == 0:
            _number(strip, str(mm // 10), x, int(7.6 * _DOTS))
    cv2.putText(strip, "cm", (int(1.0 * _DOTS), int(3.4 * _DOTS)), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 70, 3, cv2.LINE_AA)
    return strip


def _number(strip: Bitmap, text: str, x: int, baseline: int) -> None:
    """Write a centred number."""
    font, size, thick = cv2.FONT_HERSHEY_SIMPLEX, 2.3, 5
    (width, _), _ = cv2.getTextSize(text, font, size, thick)
    cv2.putText(strip, text, (x - width // 2, baseline), font, size, 45, thick, cv2.LINE_AA)


def lay_ruler(image: Bitmap, frame: Frame, place: tuple[float, float, float], length_mm: int, light: Field) -> None:
    """Lay the ruler into the RGB image in place.

    ``place`` is the centre in mm and the angle in radians; ``light`` (any size, 1 = full) dims it like the scene.
    """
    strip = paper_strip(length_mm)
    corners = _corners(strip, frame, place)
    left, top = np.floor(corners.min(axis=0)).astype(int) - int(frame.scale * 3)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + int(frame.scale * 3)
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, frame.width), min(bottom, frame.height)
    box = (right - left, bottom - top)
    face, cover = _warp(strip, corners - (left, top), box)
    shade = cv2.resize(light, (frame.width, frame.height))[top:bottom, left:right]
    shadow = soften(np.roll(cover, (round(frame.scale * 0.8), round(frame.scale * 0.6)), (0, 1)), frame.scale * 0.7)
    window = image[top:bottom, left:right].astype(np.float32)
    window *= (1 - 0.5 * shadow * (1 - cover))[..., None]
    paper = (face * shade)[..., None] * np.array([1.0, 0.985, 0.95], dtype=np.float32)
    image[top:bottom, left:right] = np.clip(window * (1 - cover[..., None]) + paper * cover[..., None], 0, 255)


def _corners(strip: Bitmap, frame: Frame, place: tuple[float, float, float]) -> Field:
    """Return the four corners in pixels, a little wider on the near side for perspective."""
    x, y, angle = place
    half_w, half_h = strip.shape[1] / _DOTS / 2, strip.shape[0] / _DOTS / 2
    flat = np.array([(-half_w, -half_h), (half_w, -half_h), (half_w * 1.012, half_h), (-half_w * 1.012, half_h)])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.array([x + frame.width_mm / 2, y + frame.height_mm / 2])
    return np.asarray((flat @ turn.T + centre) * frame.scale, dtype=np.float32)


def _warp(strip: Bitmap, corners: Field, box: tuple[int, int]) -> tuple[Field, Field]:
    """Return the ruler's face (grey levels) and its coverage (0..1) within the box."""
    height, width = strip.shape
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    shrink = max(1, int(width / max(np.linalg.norm(corners[1] - corners[0]), 1)))
    if shrink > 1:
        strip = cv2.resize(strip, (width // shrink, height // shrink), interpolation=cv2.INTER_AREA).astype(np.uint8)
        source /= shrink
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    face = cv2.warpPerspective(strip, matrix, box, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover: Bitmap = np.zeros((box[1], box[0]), dtype=np.uint8)
    cv2.fillConvexPoly(cover, (corners * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    return np.asarray(face, dtype=np.float32), np.asarray(cover, dtype=np.float32) / np.float32(255)
