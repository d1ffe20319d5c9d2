"""A very long page, as a phone makes of what it scrolls through, or a strip of paper, becomes sheets to be read."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from imaging import Identifiers, Policy
from imaging.masks import FILL
from imaging.pixels import Pixels
from imaging.reading.words import Word
from imaging.steps.cut_long import Sheets, Source, long_side, pages_of, words_on
from tests.imaging import documents, files, papers
from tests.imaging.conftest import Kept, Prepare

WIDE = 1300


def scroll(page: papers.Paper, times: int) -> Image.Image:
    """The same paper several times below itself, on a list with a frame."""
    one = page.picture()
    one = one.resize((WIDE, round(one.height * WIDE / one.width)), Image.Resampling.LANCZOS)
    whole = Image.new("RGB", (WIDE, one.height * times), "white")
    for number in range(times):
        whole.paste(one, (0, number * one.height))
    for x in (10, WIDE - 14):
        whole.paste((120, 120, 120), (x, 0, x + 4, whole.height))
    return whole


def joined(kept: Kept) -> Image.Image:
    pages = [Image.open(io.BytesIO(kept.files[f"page-{number}"])) for number in range(1, len(kept.files))]
    whole = Image.new("RGB", (pages[0].width, sum(page.height for page in pages)))
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    return whole


def test_a_scroll_becomes_pages_as_wide_as_it_was_which_keep_their_values_and_lose_their_names(run: Prepare) -> None:
    page = papers.paper(7, "Helvetica")
    whole = scroll(page, 4)
    picture = files.encode(files.stored(whole, 6), "JPEG", exif=files.camera_exif(6))
    report, kept = run(picture, "lab_document", Policy(identifiers=page.known))
    assert (report.verdict, report.source.pages) == ("ready", len(kept.files) - 1)
    seen = joined(kept)
    assert seen.size == whole.size
    assert all(height <= 2600 for _, height in kept.sizes.values())
    shares = [
        (entry, number, papers.covered(seen, (box[0], (number + box[1]) / 4, box[2], (number + box[3]) / 4), 0.0, FILL))
        for entry, box in page.places()
        for number in range(4)
    ]
    assert [(entry.text, number) for entry, number, share in shares if entry.is_secret and share < 0.95] == []
    assert len([entry.text for entry, _, share in shares if not entry.is_secret and share > 0.25]) <= 4


@pytest.mark.wide
def test_a_strip_printed_as_one_pdf_page_is_read_as_large_as_any_other_and_its_names_are_covered(run: Prepare) -> None:
    """Eighty millimetres wide and half a metre long; drawn as one sheet it had 66 dots per inch."""
    width, height, rows = 227, 1500, range(40, 1480, 40)
    texts = {y: "Lucia Barragan" if y % 200 == 0 else "Sodium 135 mmol/L" for y in rows}
    lines = b"".join(b"1 0 0 1 20 %d Tm (%b) Tj " % (height - y, text.encode()) for y, text in texts.items())
    strip = documents.pdf("", content=b"BT /F 12 Tf " + lines + b"ET")
    strip = strip.replace(b"[0 0 612 792]", b"[0 0 %d %d]" % (width, height))
    policy = Policy(identifiers=Identifiers(names=("Lucia Barragan",)))
    report, kept = run(strip, "lab_document", policy)
    seen = joined(kept)
    assert (report.source.pages, seen.size) == (len(kept.files) - 1, (631, 4167))
    shares = [
        (text, papers.covered(seen, (21 / width, (y - 8) / height, 100 / width, y / height), 0.0, FILL))
        for y, text in texts.items()
    ]
    assert [text for text, share in shares if (share > 0.9) != text.startswith("Lucia")] == []


def test_a_long_page_among_others_is_cut_and_the_others_are_not() -> None:
    long, short = np.zeros((9000, 1000, 3), np.uint8), np.zeros((1300, 1000, 3), np.uint8)
    source = Source(3, lambda page: 9000 if page == 1 else None, lambda page, side: long if side else short + page)
    asked: list[int] = []

    def drawn(draw: Callable[[], list[Pixels]]) -> list[Pixels]:
        asked.append(1)
        return draw()

    sheets = Sheets(source, drawn)
    assert [place.page for place in sheets.places] == [0, *[1] * (len(sheets.places) - 2), 2]
    assert len(asked) == 1
    tall = [place for place in sheets.places if place.height]
    assert (tall[0].top, tall[-1].top + len(sheets.draw(tall[-1].part + 1))) == (0, 9000)
    below = words_on(sheets.places, lambda *_: [Word("x", 0, 8990, 9, 8999)], len(tall), 1000, 9000 - tall[-1].top)
    assert [word.top for word in below] == [8990 - tall[-1].top]


def test_nothing_is_cut_through_and_nothing_is_lost_or_shown_twice() -> None:
    pixels = np.asarray(scroll(papers.paper(3, "Courier"), 5))
    parts = pages_of(pixels)
    assert len(parts) > 2
    assert np.array_equal(np.concatenate(parts), pixels)
    # But for the frame, there is one tone at each end.
    assert all(part[edge, 20 : WIDE - 20].std() == 0 for part in parts[:-1] for edge in (-1,))


def test_pale_print_is_not_cut_through_either() -> None:
    lines = np.full((4_000, 1_000, 3), 255, np.uint8)
    lines[::40, 100:900] = lines[1::40, 100:900] = 60
    lines[1_500:1_620] = 255
    lines[1_550:1_570, 100:900] = 241
    first, *_ = pages_of(lines)
    assert 1_500 < len(first) < 1_620
    assert lines[len(first) - 1].min() == 255


def dense(width: int, height: int, *gaps: tuple[int, int]) -> Image.Image:
    """Noise in which nothing parts two lines but these gaps."""
    noise = np.random.default_rng(2).integers(0, 2, (height // 5 + 1, width // 5, 3), np.uint8) * 255
    pixels = noise.repeat(5, 0).repeat(5, 1)[:height]
    for first, last in gaps:
        pixels[first:last] = 255
    return Image.fromarray(pixels)


def test_even_lines_make_no_more_pages_than_they_need_and_no_page_is_a_few_rows() -> None:
    lines = np.full((9000, 1080, 3), 255, np.uint8)
    for top in range(0, 9000, 40):
        # As print does, its gaps differ by some rows.
        lines[top : top + 20 + top // 40 % 3] = lines[0, 0] * (np.arange(1080) % 7 < 3)[None, :, None]
    parts = pages_of(lines)
    assert (len(parts), np.array_equal(np.concatenate(parts), lines)) == (5, True)
    ends_in_a_gap = np.asarray(dense(1000, 3998, (1990, 2004), (3988, 3996)))
    assert [len(part) for part in pages_of(ends_in_a_gap)] == [1995, 2003]


def test_what_has_no_place_to_be_cut_at_is_one_page(run: Prepare) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (800, 160, 3), np.uint8).repeat(5, 0).repeat(5, 1)
    _, kept = run(files.encode(Image.fromarray(noise), "JPEG"), "lab_document")
    assert kept.sizes["page-1"] == (520, 2600)


def test_what_a_page_can_hold_is_one_page() -> None:
    assert [long_side(*size) for size in ((1700, 2200), (1080, 2400), (1170, 2900), (8000, 1000))] == [None] * 4
    assert long_side(1080, 8000) == 8000
    assert long_side(3000, 12_000) == 5200
