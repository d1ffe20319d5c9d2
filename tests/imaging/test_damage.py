"""A photo of which a part cannot be read is not shown as if it were whole."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from imaging.steps.decode_jpeg import hear_jpeg
from imaging.steps.hear_tiff import has_gap
from imaging.steps.open_still import open_still
from imaging.walks.heif_items import is_whole_heic
from imaging.walks.jpeg import is_unfinished, walk
from tests.imaging import files, films, heic, pictures
from tests.imaging.conftest import PLAIN, Prepare

WHOLE = pictures.astronaut(512)
OF_FAX = {"group3", "group4", "tiff_ccitt"}


def jpeg(**options: object) -> bytes:
    return files.encode(WHOLE, "JPEG", quality=90, **options)


def tiff(packing: str) -> bytes:
    return files.encode(WHOLE.convert("1") if packing in OF_FAX else WHOLE, "TIFF", compression=packing)


def without_a_stretch(data: bytes) -> bytes:
    return data[: len(data) // 2] + data[len(data) // 2 + 300 :]


def with_garbage(data: bytes) -> bytes:
    at, garbage = len(data) // 2, np.random.default_rng(4).integers(0, 255, 200, dtype=np.uint8).tobytes()
    return data[:at] + garbage + data[at + len(garbage) :]


def with_zeros(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes(512) + data[len(data) // 2 + 512 :]


def of_another_version(data: bytes) -> bytes:
    """JFIF 2.1, on which the decoder remarks, and on nothing after that."""
    return data[:11] + b"\x02" + data[12:]


def of_a_samsung(data: bytes) -> bytes:
    """The head of the scan says nothing of which numbers are in it."""
    scan = data.index(b"\xff\xda") + 2
    end = scan + int.from_bytes(data[scan : scan + 2], "big")
    return data[: end - 3] + bytes(3) + data[end:]


def of_unknown_colours(data: bytes) -> bytes:
    """Adobe's part alone, with a number that says nothing."""
    head = int.from_bytes(data[4:6], "big") + 4
    return data[:2] + b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x07" + data[head:]


def with_bytes_in_the_head(data: bytes) -> bytes:
    return data[:20] + b"\x00\x01" + data[20:]


def ended_early(data: bytes) -> bytes:
    return data[: len(data) // 3] + b"\xff\xd9"


def with_an_end_of_zeros(data: bytes) -> bytes:
    """What a copy that was never finished leaves behind: room was made for all of it."""
    return data[: len(data) * 2 // 3] + bytes(len(data) - len(data) * 2 // 3)


def after_four_steps(data: bytes) -> bytes:
    """The first scans of a JPEG that comes in ten steps, and an end."""
    at = 0
    for _ in range(5):
        at = data.index(b"\xff\xda", at + 1)
    return data[:at] + b"\xff\xd9"


def without_its_colours(data: bytes) -> bytes:
    """A JPEG of which the scan of lightness alone is left."""
    scan = data.index(b"\xff\xda")
    return data[:scan] + b"\xff\xda\x00\x08\x01" + data[scan + 5 : scan + 7] + b"\x00\x3f\x00" + data[scan + 14 :]


def with_one_bit(data: bytes) -> bytes:
    at = data.index(b"IDAT") + 2_000
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("kind", ["photo", "lab_document"])
@pytest.mark.parametrize(
    ("make", "harm"),
    [
        pytest.param(jpeg, without_a_stretch, id="a hole"),
        pytest.param(jpeg, with_garbage, id="garbage"),
        pytest.param(lambda: of_another_version(jpeg()), without_a_stretch, id="a hole behind an unknown version"),
        pytest.param(lambda: with_bytes_in_the_head(jpeg()), without_a_stretch, id="a hole behind bytes in the head"),
        pytest.param(lambda: of_a_samsung(jpeg()), without_a_stretch, id="a hole, of a Samsung"),
        pytest.param(jpeg, ended_early, id="an end amid the picture"),
        pytest.param(lambda: of_another_version(jpeg(progressive=True)), without_a_stretch, id="a hole, progressive"),
        pytest.param(lambda: jpeg(restart_marker_rows=1), without_a_stretch, id="a hole, with markers"),
        pytest.param(lambda: files.encode(WHOLE.convert("L"), "JPEG"), without_a_stretch, id="a hole, grey"),
        pytest.param(lambda: files.encode(WHOLE, "PNG"), with_one_bit, id="one bit of a PNG"),
        pytest.param(lambda: files.encode(WHOLE.convert("CMYK"), "JPEG"), without_a_stretch, id="a hole, in four inks"),
        pytest.param(lambda: jpeg(progressive=True), after_four_steps, id="some steps of ten, and an end"),
        pytest.param(lambda: tiff("group4"), with_garbage, id="a fax"),
        pytest.param(lambda: tiff("group3"), with_zeros, id="a fax of lines by themselves"),
        pytest.param(lambda: tiff("tiff_ccitt"), with_zeros, id="a fax without ends of lines"),
        pytest.param(lambda: tiff("tiff_adobe_deflate"), with_zeros, id="a TIFF packed by deflate"),
        pytest.param(lambda: tiff("jpeg"), with_zeros, id="a JPEG within a TIFF"),
        pytest.param(lambda: heic.heic(WHOLE), with_an_end_of_zeros, id="HEIC, never finished"),
        pytest.param(
            lambda: heic.tiled_heic(WHOLE, (256, 256)), with_an_end_of_zeros, id="HEIC of tiles, never finished"
        ),
        pytest.param(lambda: files.encode(WHOLE, "AVIF"), with_an_end_of_zeros, id="AVIF, never finished"),
        pytest.param(lambda: files.encode(WHOLE, "WEBP", quality=90), with_an_end_of_zeros, id="WebP, never finished"),
        pytest.param(
            lambda: files.encode(WHOLE, "WEBP", lossless=True), with_an_end_of_zeros, id="WebP of every colour, too"
        ),
    ],
)
def test_what_is_damaged_inside_is_refused(
    run: Prepare, make: Callable[[], bytes], harm: Callable[[bytes], bytes], kind: str
) -> None:
    report, kept = run(harm(make()), kind, PLAIN)
    assert (report.verdict, report.reason, kept.files) == ("rejected", "damaged", {})


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: jpeg()[:-2] + bytes(10) + b"\xff\xd9", id="padding before the end"),
        pytest.param(lambda: of_another_version(jpeg()), id="an unknown version"),
        pytest.param(lambda: with_bytes_in_the_head(jpeg()), id="bytes in the head"),
        pytest.param(lambda: jpeg() + bytes(500), id="bytes behind the end"),
        pytest.param(lambda: files.encode(WHOLE.convert("CMYK"), "JPEG"), id="colours of a printer"),
        pytest.param(lambda: files.encode(WHOLE, "PNG"), id="png"),
        pytest.param(lambda: tiff("jpeg"), id="a JPEG within a TIFF"),
        pytest.param(lambda: tiff("packbits"), id="runs of a TIFF"),
        pytest.param(lambda: tiff("group3"), id="a fax"),
        pytest.param(lambda: tiff("tiff_adobe_deflate"), id="a TIFF packed by deflate"),
        pytest.param(lambda: jpeg(progressive=True), id="all steps"),
        pytest.param(
            lambda: files.encode(Image.new("RGB", (4000, 3000), "white"), "WEBP", quality=0), id="a large white WebP"
        ),
        pytest.param(lambda: heic.tiled_heic(WHOLE, (256, 256)), id="HEIC of tiles"),
    ],
)
def test_what_is_odd_and_whole_is_taken(run: Prepare, make: Callable[[], bytes]) -> None:
    report, _ = run(make(), "photo", PLAIN)
    assert report.is_ready, report.reason


@pytest.mark.parametrize("told", [of_a_samsung, of_unknown_colours])
def test_a_head_that_says_nothing_of_a_whole_picture_changes_none_of_its_pixels(told: Callable[[bytes], bytes]) -> None:
    plain, odd = (open_still(data, "image/jpeg").decode(None) for data in (jpeg(), told(jpeg())))
    assert np.array_equal(np.asarray(plain), np.asarray(odd))


def test_a_picture_of_four_inks_may_have_a_head_that_says_nothing() -> None:
    inks = files.encode(WHOLE.convert("CMYK"), "JPEG")
    adobe = inks.index(b"Adobe") + 11
    hear_jpeg(inks[:adobe] + b"\7" + inks[adobe + 1 :])


def test_a_fax_may_be_filled_up_with_zeros_to_the_end_of_a_block_and_no_further() -> None:
    lines = bytes(range(1, 250))
    harmed = (lines, lines + bytes(500), lines + bytes(9_000), lines + bytes(200) + lines)
    assert [has_gap(coded) for coded in harmed] == [False, False, True, True]


def test_a_picture_without_scans_of_all_its_colours_is_unfinished() -> None:
    for data, expected in ((jpeg(), False), (without_its_colours(jpeg()), True)):
        heads = [part for part in walk(data) if part.name in {"SOF0", "SOS"}]
        assert is_unfinished(heads, data) is expected


def test_a_heic_whose_units_are_told_in_another_way_is_left_to_its_decoder() -> None:
    whole = heic.heic(WHOLE)
    short = whole.index(b"hvcC") + 4 + 21
    assert whole[short] & 3 == 3
    zeros = with_an_end_of_zeros(whole)
    assert [is_whole_heic(data) for data in (whole, zeros)] == [True, False]
    assert is_whole_heic(zeros[:short] + bytes([whole[short] & 0xFC | 1]) + zeros[short + 1 :])
    assert is_whole_heic(whole[: whole.index(b"iloc")])


def without_stills() -> bytes:
    return heic.sequence(films.film([0, 0.1]))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda: heic.hidden(heic.heic(WHOLE)), "unsupported_type", id="its picture is hidden"),
        pytest.param(without_stills, "unsupported_type", id="a sequence without a picture"),
        pytest.param(lambda: without_stills()[:-20], "truncated", id="a sequence that breaks off"),
        pytest.param(lambda: heic.heic(WHOLE).replace(b"hvcC", b"xvcC"), "damaged", id="no way to read it"),
    ],
)
def test_a_heic_that_shows_no_picture_is_not_called_damaged(
    run: Prepare, make: Callable[[], bytes], reason: str
) -> None:
    report, _ = run(make(), "photo", PLAIN)
    assert (report.verdict, report.reason) == ("rejected", reason)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        pytest.param(1, b"\xf7", id="JPEG-LS"),
        pytest.param(1, b"\xc3", id="lossless"),
        pytest.param(4, b"\x0c", id="twelve bits"),
        pytest.param(5, b"\0\0", id="its height behind the picture"),
    ],
)
def test_what_no_decoder_here_knows_is_not_called_damaged(run: Prepare, at: int, told: bytes) -> None:
    data = jpeg()
    frame = data.index(b"\xff\xc0") + at
    # Of another coding the end cannot be found, either.
    report, _ = run(data[:frame] + told + data[frame + len(told) : -2], "photo", PLAIN)
    assert (report.verdict, report.reason) == ("rejected", "unsupported_type")


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize(("side", "factor"), [(None, 1), (1024, 2), (600, 4)])
def test_the_pixels_are_those_of_the_usual_decoder(mode: str, side: int | None, factor: int) -> None:
    data = files.encode(files.noise(2400, 1600).convert(mode), "JPEG")
    usual = Image.open(io.BytesIO(data))
    usual.draft(None, (2400 // factor, 1600 // factor))
    assert np.array_equal(np.asarray(open_still(data, "image/jpeg").decode(side)), np.asarray(usual))
