"""Codes as they are on wristbands and labels: drawn askew, small, blurred and curved, and read back by all means."""

import io
import math

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from tests.imaging import files

CONTENT = {
    "QRCode": "MRN:448812;Juan Perez;2019-03-12",
    "DataMatrix": "MRN448812JUANPEREZ",
    "Aztec": "MRN448812;JUAN PEREZ",
    "PDF417": "MRN448812 JUAN PEREZ 2019",
    "EAN13": "590123412345",
    "Code128": "MRN-448812",
    "Code39": "MRN448812",
    "ITF": "00448812",
    "Codabar": "A448812B",
}
STRIPES = frozenset({"EAN13", "Code128", "Code39", "ITF", "Codabar"})
_QUIET = 6
Grey = NDArray[np.uint8]


def label(kind: str, module: float) -> Grey:
    """The code in grey ink on paper, with so many pixels for a module and the quiet zone around."""
    code = zxingcpp.create_barcode(CONTENT[kind], getattr(zxingcpp.BarcodeFormat, kind))
    modules = np.array(code.to_image(scale=1, add_quiet_zones=False))
    if kind in STRIPES:
        modules = np.repeat(modules[len(modules) // 2][None], round(modules.shape[1] * 0.35), 0)
    fine = cv2.resize(modules, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    size = [round(length * module) for length in modules.shape[::-1]]
    drawn = cv2.resize(fine, size, interpolation=cv2.INTER_AREA)
    quiet = np.pad(drawn, round(_QUIET * module), constant_values=255)
    return np.asarray(40 + quiet.astype(np.float32) * (195 / 255), np.uint8)


def curved(flat: Grey, by: float) -> Grey:
    """The label around a wrist: `by` is half the angle, in radians, that it goes around."""
    width = flat.shape[1]
    radius = width / (2 * by)
    across = np.arange(int(2 * radius * math.sin(min(by, 1.3)))) - radius * math.sin(min(by, 1.3))
    source = radius * np.arcsin(across / radius) + width / 2
    rows = np.repeat(np.arange(flat.shape[0], dtype=np.float32)[:, None], len(across), 1)
    columns = np.repeat(source[None].astype(np.float32), flat.shape[0], 0)
    light = np.sqrt(1 - (across / radius) ** 2) * 0.5 + 0.5
    return np.asarray(cv2.remap(flat, columns, rows, cv2.INTER_LINEAR) * light, np.uint8)


def on_skin(
    code: Grey, turn: float = 0.0, blur: float = 0.0, size: tuple[int, int] = (960, 720)
) -> tuple[Image.Image, Grey]:
    """The label in the middle of a photo of skin, and where its code lies, as a mask of ones without the quiet zone."""
    width, height = size
    scene = np.asarray(files.skin(width, height)).astype(np.float32)
    matrix = cv2.getRotationMatrix2D((code.shape[1] / 2, code.shape[0] / 2), turn, 1)
    matrix[:, 2] += (width - code.shape[1]) / 2, (height - code.shape[0]) / 2
    where = cv2.warpAffine(np.ones(code.shape, np.float32), matrix, size)[..., None]
    laid = scene * (1 - where) + cv2.warpAffine(code, matrix, size)[..., None] * where
    laid = cv2.GaussianBlur(laid, (0, 0), blur) if blur else laid
    noisy = laid + np.random.default_rng(1).normal(0, 3, laid.shape)
    dark = np.argwhere(code < 120)
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0) + 1
    inner = np.zeros(code.shape, np.uint8)
    inner[top:bottom, left:right] = 1
    mask = cv2.warpAffine(inner, matrix, size, flags=cv2.INTER_NEAREST)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)), np.asarray(mask, np.uint8)


def reads(image: Image.Image | bytes) -> list[str]:
    """The kinds of code that can be read in a picture: turned, enlarged, by two ways to tell dark from light, and by
    OpenCV, which is other code than what covers them."""
    picture = Image.open(io.BytesIO(image)) if isinstance(image, bytes) else image
    grey = np.asarray(picture.convert("L"))
    large = cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) if max(grey.shape) < 1600 else grey
    looks = [grey, large, *(np.asarray(picture.convert("L").rotate(angle, expand=True)) for angle in (25, 45, 65))]
    ways = zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram
    found = [str(code.format) for look in looks for way in ways for code in zxingcpp.read_barcodes(look, binarizer=way)]
    _, texts, *_ = cv2.QRCodeDetector().detectAndDecodeMulti(grey)
    found += ["qr" for text in texts if text]
    _, stripes, *_ = cv2.barcode.BarcodeDetector().detectAndDecodeMulti(grey)
    return found + ["stripes" for text in stripes if text]
