"""What a file shows has one figure, however it is written; another picture has another."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from imaging import samples
from imaging.content import content_of
from tests.imaging import documents, films
from tests.imaging.conftest import Prepare


def packed(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def without_remarks(data: bytes) -> bytes:
    """The same coded picture without its Exif, and so without which way is up."""
    at, kept = 2, data[:2]
    while data[at + 1] != 0xDA:
        length = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        kept += b"" if data[at + 1] in range(0xE1, 0xF0) else data[at : at + length]
        at += length
    return kept + data[at:]


PHOTO = samples.photo("hives", size=(640, 128))
PICTURE = Image.open(io.BytesIO(PHOTO)).convert("RGB")
LOSSLESS = packed(PICTURE, "PNG")
PAGE, FILM = documents.pdf("A page"), films.film(films.steady(1))


@pytest.mark.parametrize(
    ("kind", "data", "same"),
    [
        ("photo", PHOTO, lambda: PHOTO + b"\0"),
        ("photo", PHOTO, lambda: without_remarks(PHOTO)),
        ("photo", LOSSLESS, lambda: packed(PICTURE, "WEBP", lossless=True, exact=True)),
        ("lab_document", PAGE, lambda: PAGE + b"% more\n%%EOF\n"),
        ("video", FILM, lambda: FILM + b"\0\0\0\x09free\0"),
    ],
    ids=["a byte more", "nothing beside the picture", "packed otherwise", "page", "film"],
)
def test_the_same_pixels_have_the_same_figure(run: Prepare, kind: str, data: bytes, same: Callable[[], bytes]) -> None:
    again = same()
    assert again != data
    reports = [run(each, kind)[0] for each in (data, again)]
    assert [report.verdict for report in reports] == ["ready", "ready"]
    assert reports[0].content is not None
    assert len({report.content for report in reports}) == 1
    assert reports[0].content not in reports[0].to_json(), "a plain figure is for nobody but the caller"


@pytest.mark.parametrize("height", [9, 127, 1512, 3023])
def test_an_array_has_the_figure_of_the_picture_that_holds_it(height: int) -> None:
    pixels = np.random.default_rng(height).integers(0, 256, (height, 3, 3), dtype=np.uint8)
    assert content_of(pixels) == content_of(Image.fromarray(pixels))


@pytest.mark.wide
def test_other_pixels_have_another_figure(run: Prepare) -> None:
    darker = PICTURE.point(lambda value: value // 2)
    cut = PICTURE.crop((0, 0, 640, 127))
    photos = [LOSSLESS, packed(PICTURE, "JPEG", quality=60), packed(darker, "PNG"), packed(cut, "PNG")]
    figures = [run(data)[0].content for data in photos]
    figures += [run(data, "lab_document")[0].content for data in (PAGE, documents.pdf("Another page"))]
    figures += [run(data, "video")[0].content for data in (FILM, films.film(films.steady(2)))]
    assert None not in figures
    assert len(set(figures)) == len(figures)
