"""The kinds of TIFF that scanners and fax servers send come out as they look, others are refused in one sentence."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imaging.pixel_shape import square_size
from tests.imaging import files
from tests.imaging.conftest import Prepare
from tests.spread import spread
from web.words.files import FOR_FAMILIES

SIZE = (864, 1100)


def page() -> Image.Image:
    """A white page with a black square in its middle, and a grey one beneath."""
    picture = Image.new("L", SIZE, 255)
    ImageDraw.Draw(picture).rectangle((232, 200, 632, 600), 0)
    ImageDraw.Draw(picture).rectangle((232, 700, 632, 900), 128)
    return picture


def tiff(picture: Image.Image, **how: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "TIFF", **how)
    return buffer.getvalue()


def deep(kind: type[np.generic], white: float, lowest: float = 0.0) -> Image.Image:
    return Image.fromarray((np.asarray(page(), np.float64) / 255 * (white - lowest) + lowest).astype(kind))


def fax(packing: str, **tags: int) -> bytes:
    """A page as fax servers write it: one bit, white is nought, twice as many dots across as down."""
    picture = page().resize((1728, 1100)).convert("1")
    info = {262: 0, 282: 204.0, 283: 98.0, 296: 2} | {int(tag[1:]): value for tag, value in tags.items()}
    return tiff(picture, compression=packing, tiffinfo=info)


KINDS: dict[str, Callable[[], bytes]] = {
    "group 3": lambda: fax("group3"),
    "group 3, lines told by those before": lambda: fax("group3", t292=1),
    "group 4": lambda: fax("group4"),
    "modified Huffman": lambda: fax("tiff_ccitt"),
    "group 4, last bit first": lambda: fax("group4", t266=2),
    "broken numbers up to 1": lambda: tiff(deep(np.float32, 1.0)),
    "broken numbers up to 255": lambda: tiff(deep(np.float32, 255.0), compression="tiff_lzw"),
    "broken numbers as a scanner of bodies has them": lambda: tiff(deep(np.float32, 3000.0, -1000.0)),
    "sixteen bits": lambda: tiff(deep(np.uint16, 65_535)),
    "thirty-two bits": lambda: tiff(deep(np.int32, 2_000_000)),
    "BigTIFF": lambda: tiff(page(), big_tiff=True),
    "BigTIFF, in colour": lambda: tiff(page().convert("RGB"), big_tiff=True),
}


@pytest.mark.parametrize("name", spread(KINDS, 6))
def test_a_tiff_of_a_scanner_or_a_fax_server_looks_as_it_should(run: Prepare, name: str) -> None:
    report, kept = run(KINDS[name](), "lab_document")
    assert (report.verdict, report.source.media_type) == ("ready", "image/tiff")
    shown = Image.open(io.BytesIO(kept.files["page-1"])).convert("L")
    assert abs(shown.width / shown.height / (SIZE[0] / SIZE[1]) - 1) < 0.05, "a fax is not squashed"
    small = np.asarray(shown.resize((216, 275), Image.Resampling.BOX)).astype(int)
    assert (small[20, 20], small[100, 108]) == (pytest.approx(255, abs=3), pytest.approx(0, abs=3))
    if not name.startswith(("group", "modified")):
        assert small[200, 108] == pytest.approx(128, abs=4)


def _with(data: bytes, tag: int, value: int) -> bytes:
    """The file with another value of a tag of its first directory."""
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    at = next(start + 2 + 12 * n for n in range(count) if struct.unpack_from("<H", data, start + 2 + 12 * n)[0] == tag)
    return data[: at + 2] + struct.pack("<HIHH", 3, 1, value, 0) + data[at + 12 :]


@pytest.mark.parametrize("change", [(259, 34661), (259, 50001), (259, 12345), (258, 24)])
@pytest.mark.parametrize("kind", ["photo", "lab_document"])
def test_a_kind_of_tiff_that_nobody_here_reads_says_what_to_send(
    run: Prepare, change: tuple[int, int], kind: str
) -> None:
    report, kept = run(_with(tiff(page()), *change), kind)
    assert (report.verdict, report.reason, kept.files) == ("rejected", "unsupported_type", {})
    assert "Send a photo" in FOR_FAMILIES.of("rejected", report.reason)


@pytest.mark.parametrize("tags", [{50706: bytes([1, 4, 0, 0])}, {254: 1, 330: 8}], ids=["DNG", "of a camera"])
def test_the_small_picture_in_a_file_of_a_sensor_is_not_taken_for_the_photo(
    run: Prepare, tags: dict[int, object]
) -> None:
    for kind in ("photo", "lab_document"):
        report, kept = run(tiff(page(), tiffinfo=tags), kind)
        assert (report.verdict, report.reason, kept.files) == ("rejected", "unsupported_type", {})
    assert run(tiff(page(), tiffinfo={254: 1}), "photo")[0].is_ready


@pytest.mark.parametrize("data", [b"II+\x00", b"MM\x00+\x00\x08\x00\x00" + bytes(8), tiff(page(), big_tiff=True)[:40]])
def test_a_bigtiff_that_breaks_off_is_damaged(run: Prepare, data: bytes) -> None:
    report, _ = run(data, "lab_document")
    assert (report.verdict, report.reason in {"damaged", "truncated"}) == ("rejected", True), report


@pytest.mark.parametrize(
    ("dpi", "stored"), [((204, 98), (320, 96)), ((100, 200), (160, 200)), ((200, 200), (320, 200))]
)
def test_a_photo_with_other_dots_across_than_down_has_its_shape(
    run: Prepare, dpi: tuple[int, int], stored: tuple[int, int]
) -> None:
    picture = files.corners().resize(stored, Image.Resampling.NEAREST)
    report, kept = run(files.encode(picture, "TIFF", dpi=dpi))
    assert report.is_ready
    width, height = kept.sizes["view"]
    assert (report.source.width, report.source.height) == (width, height)
    assert abs(width / height - 1.6) < 0.01
    assert files.read_corners(kept.files["view"]) == files.CORNERS


def test_a_shape_never_makes_a_photo_too_large() -> None:
    assert square_size(1728, 1100, 2.0) == (1728, 2200)
    assert square_size(9000, 5000, 4.0) == (2250, 5000)
    assert square_size(1000, 2000, 0.5) == (2000, 2000)
    assert square_size(5000, 9000, 0.25) == (5000, 2250)
