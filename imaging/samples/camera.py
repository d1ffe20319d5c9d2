"""From a lit scene to the pixels of a phone camera: detail, sensor noise and the two common faults."""

from dataclasses import dataclass

import cv2
import numpy as np

from imaging.samples.body import Shape
from imaging.samples.fields import Bitmap, Field, Frame
from imaging.samples.ruler import lay_ruler
from imaging.samples.skin import Surface, albedo, fine_relief, relief_shading, to_srgb, vellus

_BAND = 256  # Rows worked on at a time: a band of floats fits the cache, a whole 12 MP picture does not.
# On dark skin the same reflected light stands out more, so a camera that meters for it shows less.
_GLEAM = (1.0, 0.95, 0.8, 0.6, 0.45, 0.36)
FAULTS = ("blur", "dark")


@dataclass(frozen=True)
class Composition:
    """A scene at working size: linear RGB, where skin is, how coarse it is and how light falls."""

    frame: Frame
    colour: Field
    skin: Field
    coarse: Field
    light: Field


def working_frame(size: tuple[int, int], width_mm: float) -> Frame:
    """Return the frame in which colours are mixed: a third of a big picture, never below 840 pixels wide."""
    width, height = size
    work = min(width, max(840, width // 3))
    return Frame(work, round(height * work / width), width_mm)


def compose(shape: Shape, skin: Surface, background: Field | None = None) -> Composition:
    """Light the skin and set it before the background."""
    bumps = relief_shading(skin)
    light = shape.light * bumps
    gleam = shape.sheen * skin.gloss * bumps * _GLEAM[skin.tone - 1]
    colour = albedo(skin) * light[..., None] + gleam[..., None] * np.array([1.0, 0.97, 0.92], dtype=np.float32)
    if background is not None:
        cover = shape.mask[..., None]
        colour = colour * cover + background * (1 - cover)
    coarse = np.clip(skin.coarse, 0.15, 3.5)
    return Composition(skin.frame, colour, shape.mask, coarse, shape.light)


def develop(rng: np.random.Generator, scene: Composition, size: tuple[int, int]) -> Bitmap:
    """Return the scene as sRGB pixels, shape (height, width, 3), with skin lines, down and cloth weave."""
    width, height = size
    full = scene.frame.resized(width, height)
    image = np.asarray(cv2.resize(to_srgb(scene.colour), size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    # Detail depends on the output size; a stream of its own keeps what is drawn later the same at every size.
    gain = _detail(rng.spawn(1)[0], scene, size)
    weave = _weave(full)
    cloth = np.asarray(cv2.resize(1 - scene.skin, (gain.shape[1], gain.shape[0])), dtype=np.float32)
    has_cloth = float(scene.skin.min()) < 0.5
    ratio = gain.shape[0] / height
    for top in range(0, height, _BAND):
        rows = slice(top, min(top + _BAND, height))
        part = _rows(gain, rows, ratio, width)
        if has_cloth:
            part = part + _rows(cloth, rows, ratio, width) * (weave[0][rows] * weave[1])
        lit = image[rows].astype(np.float32) * part[..., None]
        image[rows] = np.clip(lit, 0, 255)
    return image


def _rows(field: Field, rows: slice, ratio: float, width: int) -> Field:
    """Return a band of full-size rows of a smaller field."""
    count = rows.stop - rows.start
    if ratio == 1:
        return field[rows]
    matrix = np.array([[ratio, 0, 0], [0, ratio, rows.start * ratio]], dtype=np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    band = cv2.warpAffine(field, matrix, (width, count), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(band, dtype=np.float32)


def _detail(rng: np.random.Generator, scene: Composition, size: tuple[int, int]) -> Field:
    """Return brightness factors around 1 of the finest relief, at half the output size or below."""
    shrink = 2 if size[0] > 2400 else 1
    frame = scene.frame.resized(size[0] // shrink, size[1] // shrink)
    shape = (frame.width, frame.height)
    relief = fine_relief(rng, frame) * np.asarray(cv2.resize(scene.coarse * scene.skin, shape), dtype=np.float32)
    hairs = vellus(rng, frame, min(220, int(2.2 * frame.width_mm)))
    hairs = hairs * cv2.resize(scene.skin, shape)
    return np.asarray(1 + relief - 0.10 * hairs, dtype=np.float32)


def _weave(frame: Frame) -> tuple[Field, Field]:
    """Return the column and row whose product is a fine plain weave, faded out where pixels cannot show it."""
    x, y = frame.axes()
    pitch = 1.1
    visible = np.clip(pitch * frame.scale / 3 - 1, 0, 1)
    row = np.sin(x * (2 * np.pi / pitch)) * 0.05 * visible
    column = np.sin(y * (2 * np.pi / pitch))
    return np.asarray(column, dtype=np.float32), np.asarray(row, dtype=np.float32)


def with_ruler(image: Bitmap, scene: Composition, place: tuple[float, float, float], length_mm: int = 50) -> Bitmap:
    """Return the developed picture with a paper ruler lying at ``place`` (x mm, y mm, radians)."""
    height, width = image.shape[:2]
    light = np.clip(scene.light, 0.3, 1.0)
    lay_ruler(image, scene.frame.resized(width, height), place, length_mm, np.asarray(light, dtype=np.float32))
    return image


def expose(rng: np.random.Generator, image: Bitmap, fault: str | None) -> Bitmap:
    """Return the picture as the sensor saw it: shaken or too dark if asked, always with a little noise."""
    noise = 1.3
    if fault == "blur":
        image = _shaken(rng, image)
    elif fault == "dark":
        image = np.asarray(cv2.convertScaleAbs(image, alpha=0.17, beta=2), dtype=np.uint8)
        noise = 3.2
    return _noisy(rng, image, noise)


def _shaken(rng: np.random.Generator, image: Bitmap) -> Bitmap:
    """Return the picture out of focus and moved, by a hundredth of its width."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), width / 4 * 0.0075)
    reach = max(3, int(width / 4 * 0.014)) | 1
    kernel = np.zeros((reach, reach), dtype=np.float32)
    slant = float(rng.uniform(-0.3, 0.3))
    middle = reach // 2
    ends = [(0, round(middle - slant * middle)), (reach - 1, round(middle + slant * middle))]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    moved = cv2.filter2D(soft, -1, kernel / kernel.sum())
    return np.asarray(cv2.resize(moved, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _noisy(rng: np.random.Generator, image: Bitmap, strength: float) -> Bitmap:
    """Return the picture with sensor noise; one tile, shifted per band, is cheaper than fresh noise everywhere."""
    height, width = image.shape[:2]
    tile = rng.standard_normal((_BAND, 1024, 3), dtype=np.float32) * strength
    tile += rng.standard_normal((_BAND, 1024, 1), dtype=np.float32) * strength
    tile = np.asarray(cv2.GaussianBlur(tile, (0, 0), 0.6) * 1.6, dtype=np.float32)
    wide = np.tile(np.rint(tile).astype(np.int16), (1, width // 1024 + 2, 1))
    for top in range(0, height, _BAND):
        shift = int(rng.integers(1024))
        band = image[top : top + _BAND]
        noise = wide[: band.shape[0], shift : shift + width]
        image[top : top + _BAND] = np.clip(band + noise, 0, 255)
    return image
