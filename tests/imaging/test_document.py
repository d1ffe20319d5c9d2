"""A lab page comes out as pictures of its pages, whatever else the document held."""

import io
from contextlib import nullcontext

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from imaging import Identifiers, Policy
from imaging.allowance import Allowance
from imaging.masks import FILL, Mask
from imaging.refusal import Held, Refused
from imaging.steps import open_pdf
from imaging.steps.render_pages import render_pages
from tests.imaging import documents, files, papers
from tests.imaging.conftest import Prepare
from tests.spread import spread


def ink(data: bytes) -> float:
    """The share of dark pixels."""
    histogram = Image.open(io.BytesIO(data)).convert("L").histogram()
    return sum(histogram[:128]) / sum(histogram)


def test_each_page_becomes_a_picture_with_its_text_drawn(run: Prepare) -> None:
    report, kept = run(documents.pdf("Sodium 140", "", "Potassium 4.1"), "lab_document")
    assert report.source.pages == 3
    assert list(kept.files) == ["page-1", "page-2", "page-3", "thumb"]
    assert kept.sizes["page-1"] == (1700, 2200)
    assert ink(kept.files["page-1"]) > 0.0005 < ink(kept.files["page-3"])
    assert ink(kept.files["page-2"]) == 0


def test_the_soaked_pdf_is_what_the_other_tests_take_it_for() -> None:
    data = documents.soaked_pdf()
    assert documents.text_of(data).startswith("Sodium")
    pdf = open_pdf.open_pdf(data)
    assert pdf.count_attachments() == 1
    assert pdf.get_metadata_value("Author") == files.CANARY.decode()


def test_a_page_as_large_as_a_field_is_drawn_in_bounds(run: Prepare) -> None:
    data = documents.pdf("x").replace(b"[0 0 612 792]", b"[0 0 14400 9000]")
    report, kept = run(data, "lab_document")
    assert report.is_ready
    assert max(kept.sizes["page-1"]) <= 2601


def test_a_page_in_larger_units_than_points_can_still_be_read(run: Prepare) -> None:
    data = documents.pdf("x").replace(b"/MediaBox[0 0 612 792]", b"/UserUnit 10/MediaBox[0 0 61.2 79.2]")
    report, kept = run(data, "lab_document")
    assert report.is_ready
    assert kept.sizes["page-1"] == (1082, 1400)


@pytest.mark.parametrize("cut", ["700 900 800 1000", "612 0 700 792"])
def test_a_page_that_is_cut_to_a_place_outside_of_it_is_shown_whole_and_covered(run: Prepare, cut: str) -> None:
    page = papers.paper(3, "Helvetica")
    data = page.pdf().replace(b"/MediaBox[0 0 612 792]", b"/MediaBox[0 0 612 792]/CropBox[%b]" % cut.encode())
    report, kept = run(data, "lab_document", Policy(identifiers=page.known))
    assert (report.verdict, kept.sizes["page-1"]) == ("ready", (1700, 2200))
    picture = Image.open(io.BytesIO(kept.files["page-1"]))
    shares = [(entry, papers.covered(picture, box, 0, FILL)) for entry, box in page.places()]
    assert [entry.text for entry, share in shares if entry.is_secret and share < 0.9] == []


@pytest.mark.parametrize("opens", [True, False])
def test_an_encrypted_pdf_is_refused_by_name_even_if_it_asks_no_password(run: Prepare, opens: bool) -> None:
    data = documents.encrypted_pdf(opens=opens)
    if opens:
        assert len(pypdfium2.PdfDocument(data)) == 1
    report, _ = run(data, "lab_document")
    assert (report.verdict, report.reason) == ("rejected", "encrypted_pdf")


@pytest.mark.parametrize("make", [lambda: documents.pdf(*["x"] * 101), lambda: documents.tiff(101)])
def test_more_than_a_hundred_pages_are_refused_before_any_is_drawn(run: Prepare, make) -> None:
    report, kept = run(make(), "lab_document")
    assert (report.verdict, report.reason) == ("rejected", "too_many_pages")
    assert kept.files == {}
    assert report.usage["cpu_ms"] < 1000


@pytest.mark.wide
def test_a_hundred_pages_are_drawn_one_at_a_time(run: Prepare) -> None:
    data = documents.pdf(*[f"page {number}" for number in range(100)]).replace(b"[0 0 612 792]", b"[0 0 300 400]")
    report, kept = run(data, "lab_document")
    assert report.is_ready
    assert len(kept.files) == 101
    # All pages at once would take 370.
    assert report.usage["rss_mib"] < 200


def test_a_tiff_of_several_pages_becomes_pages(run: Prepare) -> None:
    report, kept = run(documents.tiff(3), "lab_document")
    assert report.source.pages == 3
    assert files.read_corners(kept.files["page-1"]) == files.CORNERS
    assert kept.sizes["page-2"] == (200, 100)


@pytest.mark.parametrize("name", spread(["JPEG", "PNG", "WEBP"], 1))
@pytest.mark.wide
def test_a_photo_of_paper_becomes_one_upright_page(run: Prepare, name: str) -> None:
    picture = files.encode(files.stored(files.corners(3200, 2000), 6), name, exif=files.camera_exif(6))
    report, kept = run(picture, "lab_document")
    assert kept.sizes == {"page-1": (2600, 1625), "thumb": (320, 200)}
    assert files.read_corners(kept.files["page-1"]) == files.CORNERS
    assert report.quality["exposure"] == "good"


def test_a_pdf_that_breaks_off_is_called_so_even_where_an_earlier_paper_can_be_read(run: Prepare) -> None:
    whole = documents.soaked_pdf()
    added = whole + b"12 0 obj\n<</Length 500>>stream\n" + bytes(100)
    cut = [whole[: int(len(whole) * part)] for part in (0.1, 0.4, 0.8)]
    reports = [run(data, "lab_document")[0] for data in (*cut, added)]
    assert [(report.verdict, report.reason) for report in reports] == [("rejected", "truncated")] * 4


class Seconds:
    """A clock that stands still but for what a test lets pass."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def draw(self, seconds: float) -> np.ndarray:
        self.now += seconds
        return np.zeros((2, 2, 3), np.uint8)


@pytest.mark.parametrize(
    ("pages", "drawing", "reading", "done"),
    [(100, 0.1, 0.7, 100), (100, 0.14, 0.1, 100), (100, 0.52, 0, 29), (100, 0.01, 2.0, 60), (1, 4, 6, 1), (3, 6, 0, 1)],
)
def test_a_document_has_so_much_time_and_no_more(pages: int, drawing: float, reading: float, done: int) -> None:
    clock = Seconds()
    allowance, count = Allowance(pages, clock), 0
    with pytest.raises(Refused) if done < pages else nullcontext() as refused:
        for _ in range(pages):
            allowance.check()
            allowance.drawn(lambda: clock.draw(drawing))
            clock.now += reading
            count += 1
    assert count == done
    assert refused is None or refused.value.reason == "too_much_work"


def test_a_paper_with_more_boxes_than_can_be_told_waits_for_a_person() -> None:
    """It ended as a crash after three tries, and its family was asked to send it again."""
    page, boxes = np.zeros((20, 20, 3), np.uint8), (Mask("text", 0, 0, 1, 1),) * 4_000
    with pytest.raises(Held, match="too_many_boxes"):
        render_pages(3, lambda _: page, lambda *_: boxes, lambda _: None, lambda _: None, progress=lambda _: None)


@pytest.mark.slow
def test_pages_that_are_slow_to_draw_end_with_a_reason(run: Prepare) -> None:
    data = documents.scans_pdf(20, scans=2500)
    report, kept = run(data, "lab_document")
    assert (report.verdict, report.reason, kept.files) == ("rejected", "too_much_work", {})
    assert report.usage["cpu_ms"] < 12_000


@pytest.mark.wide
def test_a_page_on_which_nothing_is_costs_next_to_nothing(run: Prepare) -> None:
    report, _ = run(documents.pdf(*[""] * 5, content=b" "), "lab_document", Policy())
    assert (report.verdict, report.masks) == ("ready", ())
    assert report.usage["cpu_ms"] < 1000


@pytest.mark.parametrize("told", spread(["0020", "0066"], 1))
def test_a_name_with_a_ligature_that_the_font_does_not_tell_is_covered(run: Prepare, told: str) -> None:
    """Many fonts tell a blank, a sign of their own or one letter instead; here of what is shown as `m`."""
    look = documents.printed_as({ord("m"): told})
    paper = documents.pdf("Ximena was ill with a cough since Monday", objects=look, resources=b"/Font<</F 4 0 R>>")
    _, kept = run(paper, "lab_document", Policy(identifiers=Identifiers(("Ximena Sanz",)), faces="keep"))
    page = np.asarray(Image.open(io.BytesIO(kept.files["page-1"])).convert("L"))
    name, rest = (page[225:250, left : left + 100] for left in (280, 500))
    assert name.max() < 90
    assert rest.max() > 200
