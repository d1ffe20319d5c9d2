"""Letters under each other, spread wide or along a circle tell nobody's name, and values beside them stay."""

import io
import math

import cv2
import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from imaging import Policy
from imaging.masks import FILL
from imaging.reading.columns import whole_columns
from imaging.reading.ink import Ink, ink_of
from imaging.reading.stamps import stamps_in
from tests.imaging import papers
from tests.imaging.conftest import Prepare
from tests.imaging.test_turned_papers import KNOWN, form, jpeg
from tests.spread import spread

POLICY = Policy(identifiers=KNOWN, faces="keep")
DARK, COVERED = 110, 24
STAMPS = {
    "whole circle": ("LUCIA BARRAGAN URRUTIA * SYN-48213 *", 150, 34, ""),
    "with a date in it": ("LUCIA BARRAGAN URRUTIA * SYN-48213 *", 150, 34, "12/03/2019"),
    "half a circle": ("LUCIA BARRAGAN URRUTIA", 170, 36, "12/03/2019"),
    "large": ("LUCIA BARRAGAN URRUTIA * SYN-48213 * BARRAGAN URRUTIA *", 250, 36, "12/03/2019"),
}


def page_with(drawn: bytes) -> bytes:
    """The form, with something more drawn on it."""
    content = b"".join(papers._drawn(entry) for entry in form(has_head=False).planted) + drawn
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    return papers._file([
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[4 0 R]/Count 1>>", font, papers._PAGE,
        papers._stream(content),
    ])  # fmt: skip


def stacked(text: str, lead: int) -> bytes:
    letters = [(row, letter) for row, letter in enumerate(text) if letter != " "]
    return b"".join(_letter(450, 420 - lead * row, letter, b"") for row, letter in letters)


def spaced(text: str, points: int) -> bytes:
    return _letter(100, 380, text, b"%d Tc" % points)


def _letter(x: int, y: int, text: str, how: bytes) -> bytes:
    return b"BT /F 12 Tf %b %d %d Td (" % (how, x, y) + text.encode("cp1252") + b") Tj 0 Tc ET\n"


def picture_of(data: bytes) -> Image.Image:
    return pypdfium2.PdfDocument(data)[0].render(scale=papers.DOTS / 72).to_pil().convert("RGB")


def shares(before: Image.Image, plain: Image.Image, after: bytes) -> tuple[float, float]:
    """How much of what was drawn more is covered, and of the form itself."""
    pictures = before, plain, form(has_head=False).picture()
    dark, known, printed = (np.asarray(picture.convert("L")) < DARK for picture in pictures)
    filled = np.abs(np.asarray(Image.open(io.BytesIO(after))).astype(int) - FILL).max(axis=2) <= COVERED
    # A mask is wider than any stroke of a letter.
    masked = cv2.morphologyEx(filled.astype(np.uint8), cv2.MORPH_OPEN, np.ones((9, 9), np.uint8)) > 0
    return _share(dark & ~known, masked), _share(printed, masked)


def _share(where: NDArray[np.bool_], masked: NDArray[np.bool_]) -> float:
    return float(masked[where].mean())


@pytest.mark.parametrize("kind", spread(["scan", "pdf"], 1))
@pytest.mark.parametrize(
    "drawn",
    spread([stacked("BARRAGÁN", 14), stacked("LUCÍA BARRAGÁN", 14), stacked("12/03/2019", 14), stacked("SYN-48213", 14),
     stacked("NÁGARRAB", 20), spaced("LUCÍA BARRAGÁN", 14), spaced("12/03/2019", 12), spaced("SYN-48213", 24)], 2),
    ids=["name", "two names", "date", "number", "upwards", "spaced", "spaced date", "spaced number"],
)  # fmt: skip
def test_letters_under_each_other_and_spread_wide_are_covered(run: Prepare, drawn: bytes, kind: str) -> None:
    data = page_with(drawn)
    before = picture_of(data)
    _, kept = run(data if kind == "pdf" else jpeg(before), "lab_document", POLICY)
    secret, lost = shares(before, picture_of(page_with(b"")), kept.files["page-1"])
    assert (secret > 0.97, lost < 0.01) == (True, True), (secret, lost)


@pytest.mark.parametrize("name", spread(STAMPS, 1))
@pytest.mark.wide
def test_a_round_stamp_is_covered_though_a_word_of_it_can_be_read(run: Prepare, name: str) -> None:
    plain = form(has_head=False).picture()
    edge = STAMPS[name][1] + STAMPS[name][2]
    ImageDraw.Draw(plain).ellipse((1150 - edge, 1500 - edge, 1150 + edge, 1500 + edge), outline=(40, 40, 140), width=4)
    before = stamped(plain, *STAMPS[name])
    report, kept = run(jpeg(before), "lab_document", POLICY)
    assert report.verdict == "ready", report.reason
    secret, lost = shares(before, plain, kept.files["page-1"])
    assert (secret > 0.97, lost < 0.01) == (True, True), (secret, lost)


def stamped(plain: Image.Image, text: str, radius: int, size: int, inside: str) -> Image.Image:
    """The page with letters along a circle."""
    page, font, turn = plain.copy(), ImageFont.load_default(size), -math.pi
    for letter in text:
        half = font.getlength(letter) * 0.55 / radius
        turn += half
        glyph = Image.new("L", (2 * size, 2 * size))
        ImageDraw.Draw(glyph).text((size, size), letter, 255, font, "mm")
        glyph = glyph.rotate(-math.degrees(turn) - 90, Image.Resampling.BICUBIC)
        corner = round(1150 + radius * math.cos(turn)) - size, round(1500 + radius * math.sin(turn)) - size
        page.paste((40, 40, 140), corner, glyph)
        turn += half
    ImageDraw.Draw(page).text((1150, 1500), inside, (40, 40, 140), font, "mm")
    return page


@pytest.mark.parametrize("number", spread(range(6), 1))
def test_lines_of_a_page_are_no_rings(number: int) -> None:
    page = papers.paper(number, papers.FONTS[2 * number]).picture()
    for fault in ("clean", "skew+3", "fax"):
        data, _ = papers.scanned(page, fault, number)
        grey = np.array(Image.open(io.BytesIO(data)).convert("L"))
        assert stamps_in(ink_of(grey)) == []


def test_letters_in_two_lines_are_no_ring_though_a_circle_meets_them() -> None:
    lines = [(20 * at, top, 20 * at + 16, top + 20, 1) for top in (0, 110) for at in range(14)]
    ring = [(200 + 60 * math.cos(at / 2), 60 + 60 * math.sin(at / 2)) for at in range(12)]
    letters = [(x, y, x + 16, y + 20, 1) for x, y in ring]
    grey = np.full((200, 400), 255, np.uint8)
    assert stamps_in(Ink(grey, np.array(lines, np.float32))) == []
    assert len(stamps_in(Ink(grey, np.array(letters, np.float32)))) >= 9


def test_a_column_goes_on_over_letters_alone_and_ends_at_print_and_at_what_was_read() -> None:
    letters = np.array([(100, 30 * row, 116, 30 * row + 20, 1) for row in range(8)], np.float32)
    box = (100.0, 60.0, 116.0, 140.0)
    assert whole_columns([box], letters, []) == [(100.0, 0.0, 116.0, 230.0)]
    assert whole_columns([box], letters, [(90, 145, 130, 235)]) == [(100.0, 0.0, 116.0, 140.0)]
    beside = np.vstack([letters, np.array([(120, 150, 136, 170, 1)], np.float32)])
    assert whole_columns([box], beside, []) == [box]
    assert whole_columns([(0.0, 60.0, 300.0, 140.0)], letters, []) == [(0.0, 60.0, 300.0, 140.0)]
