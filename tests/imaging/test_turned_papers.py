"""Paper that lies wrong, in whole or in part, shows nobody's name, and upright values stay."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from imaging import Identifiers, Policy, samples
from imaging.masks import FILL
from tests.imaging import papers
from tests.imaging.conftest import Prepare
from tests.imaging.papers import Paper, Planted
from tests.spread import spread

KNOWN = Identifiers(("Lucía Barragán Urrutia",), ("2019-03-12",), ("SYN-48213",), ("(505) 555-0142",))
SECRETS = ("Lucía Barragán Urrutia", "12/03/2019", "SYN-48213", "(505) 555-0142")
ROWS = ("Glucosa", "95 mg/dL"), ("Sodio", "139 mmol/L"), ("Plaquetas", "310 10^3/uL"), ("Creatinina", "0.4 mg/dL")


def form(*, has_head: bool = True) -> Paper:
    """A form with four values; with its head it names somebody."""
    planted = [Planted("Laboratorio Central", 48, 740, is_secret=False, size=15)]
    labels = "Paciente", "Fecha de nacimiento", "Expediente", "Tel"
    for row, (label, value) in enumerate(zip(labels, SECRETS, strict=True) if has_head else ()):
        y = 700 - 22 * row
        planted += [Planted(label, 48, y, is_secret=False), Planted(value, 200, y, is_secret=True, size=11)]
    for row, (test, value) in enumerate(ROWS):
        planted += [
            Planted(test, 48, 560 - 24 * row, is_secret=False),
            Planted(value, 260, 560 - 24 * row, is_secret=False),
        ]
    planted.append(Planted("Fecha de toma 2026-11-03", 48, 440, is_secret=False))
    return Paper(tuple(planted), KNOWN, "Helvetica")


def jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def scan_in_pdf(picture: Image.Image, turned: int, line: bytes) -> bytes:
    """A scan as an app writes it, with a line of its own that can be selected."""
    scan, (width, height) = jpeg(picture), picture.size
    wide, high = width * 72 // 200, height * 72 // 200
    drawn = b"q %d 0 0 %d 0 0 cm /I Do Q BT /F 8 Tf 200 12 Td (%b) Tj ET" % (wide, high, line)
    look = b"/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8" % (width, height)
    box, links = b"/MediaBox[0 0 %d %d]/Rotate %d" % (wide, high, turned), b"/XObject<</I 4 0 R>>/Font<</F 6 0 R>>"
    return papers._file([
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R" + box + b"/Contents 5 0 R/Resources<<" + links + b">>>>",
        b"<<" + look + b"/Filter/DCTDecode/Length %d>>stream\n" % len(scan) + scan + b"\nendstream",
        papers._stream(drawn), b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ])  # fmt: skip


def shares(page: Paper, shown: bytes, turned: int) -> dict[str, float]:
    """How much of each text is covered, on a page turned counter-clockwise by so many degrees."""
    picture = Image.open(io.BytesIO(shown)).rotate(-turned, expand=True)
    return {entry.text: papers.covered(picture, box, 0, FILL) for entry, box in page.places()}


def check(page: Paper, shown: bytes, turned: int) -> None:
    found = shares(page, shown, turned)
    secrets = {entry.text for entry in page.planted if entry.is_secret}
    assert {text: share for text, share in found.items() if text in secrets and share < 0.9} == {}
    assert {text: share for text, share in found.items() if text not in secrets and share > 0.25} == {}


@pytest.mark.parametrize("turned", spread([90, 180, 270], 1))
@pytest.mark.wide
def test_a_scan_that_lies_wrong_is_read_though_an_app_wrote_a_line_of_its_own(run: Prepare, turned: int) -> None:
    page = form()
    data = scan_in_pdf(page.picture().rotate(turned, expand=True), 0, b"Scanned with an app")
    _, kept = run(data, "lab_document", Policy(identifiers=KNOWN, faces="keep"))
    check(page, kept.files["page-1"], turned)


@pytest.mark.wide
@pytest.mark.parametrize(("ink", "paper", "turned"), spread([(90, 130, 270), (135, 205, 90), (110, 160, 180)], 1))
def test_pale_and_dark_paper_that_lies_wrong_is_read(run: Prepare, ink: int, paper: int, turned: int) -> None:
    page = form()
    picture = page.picture().point(lambda level: ink + level * (paper - ink) // 255).rotate(turned, expand=True)
    _, kept = run(jpeg(picture), "lab_document", Policy(identifiers=KNOWN, faces="keep"))
    check(page, kept.files["page-1"], turned)


@pytest.mark.parametrize("turned", spread([180, 90, 270], 1))
def test_a_pdf_whose_page_is_turned_loses_its_names_and_keeps_its_values(run: Prepare, turned: int) -> None:
    page = form()
    data = page.pdf().replace(b"/MediaBox", b"/Rotate %d/MediaBox" % turned)
    _, kept = run(data, "lab_document", Policy(identifiers=KNOWN, faces="keep"))
    check(page, kept.files["page-1"], -turned)


@pytest.mark.wide
@pytest.mark.parametrize("turned", spread([270, 12, 0, 90, 180], 1))
def test_a_sticker_on_an_upright_form_is_covered_whichever_way_it_was_glued(run: Prepare, turned: int) -> None:
    page = form(has_head=False)
    picture, font = page.picture(), ImageFont.load_default(30)
    sticker, written = Image.new("RGB", (520, 170), "white"), Image.new("L", (520, 170))
    for row, text in enumerate(("BARRAGÁN URRUTIA, LUCÍA", "F.N. 12/03/2019  SYN-48213", "Tel 505 555 0142")):
        ImageDraw.Draw(sticker).text((10, 10 + 52 * row), text, "black", font)
    ImageDraw.Draw(written).rectangle((80, 14, 300, 40), 255)
    at = (1150, 90)
    picture.paste(sticker.rotate(turned, Image.Resampling.BICUBIC, expand=True, fillcolor="white"), at)
    name = Image.new("L", picture.size)
    name.paste(written.rotate(turned, expand=True), at)
    _, kept = run(jpeg(picture), "lab_document", Policy(identifiers=KNOWN, faces="keep"))
    check(page, kept.files["page-1"], 0)
    shown = np.asarray(Image.open(io.BytesIO(kept.files["page-1"]))).astype(int)[np.asarray(name) > 128]
    assert float((np.abs(shown - FILL).max(axis=1) <= 24).mean()) > 0.9


@pytest.mark.wide
def test_a_chart_keeps_its_curves(run: Prepare) -> None:
    report, _ = run(samples.photo("growth_chart", seed=1), "lab_document", Policy(identifiers=KNOWN))
    inner = [m for m in report.masks if 0.12 < m.left + m.width / 2 < 0.88 and 0.16 < m.top + m.height / 2 < 0.84]
    assert inner == []


@pytest.mark.parametrize("level", spread([0, 24, 255], 1))
@pytest.mark.wide
def test_what_nobody_can_read_is_covered_and_ends_in_time(run: Prepare, level: int) -> None:
    """More letters than any page has, or noise with whatever is in it."""
    rng = np.random.default_rng(1)
    picture = Image.fromarray(
        np.where(rng.random((2000, 2000, 1)) < 0.5, 255 - level, 255).astype(np.uint8).repeat(3, 2)
    )
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(12)
    for y in range(0, 2000, 14):
        pen.text(
            (0, y), " ".join("".join(chr(97 + n) for n in rng.integers(0, 26, 6)) for _ in range(55)), "black", font
        )
    report, _ = run(jpeg(picture), "lab_document", Policy(identifiers=KNOWN, faces="keep"))
    assert report.verdict == "ready"
    assert sum(mask.width * mask.height for mask in report.masks) > 0.8
    assert report.usage["cpu_ms"] < 5000


def stamped(seed: int) -> tuple[Image.Image, np.ndarray]:
    """A form with a worn grey stamp on its side over a column of units, and where its name and number are."""
    rng, page = np.random.default_rng(seed), form(has_head=False).picture().convert("RGB")
    for row, unit in enumerate(("10*3/uL", "g/dL", "%", "fL")):
        ImageDraw.Draw(page).text((1050, 760 + 62 * row), unit, (0, 0, 0), ImageFont.load_default(34))
    stamp, secret = Image.new("L", (620, 220), 0), Image.new("L", (620, 220), 0)
    drawn = ImageDraw.Draw(stamp)
    drawn.rectangle((6, 6, 613, 213), outline=255, width=6)
    for top, size, text in ((24, 40, "MESA CLINIC  RECEIVED"), (90, 48, "URRUTIA LUCIA"), (150, 44, "8200417")):
        drawn.text((30, top), text, 255, ImageFont.load_default(size))
        if top > 24:
            ImageDraw.Draw(secret).rectangle(drawn.textbbox((30, top), text, ImageFont.load_default(size)), 255)
    worn = np.where(rng.random((220, 620)) < 0.12, 0, np.asarray(stamp)).astype(np.uint8)
    turned = Image.fromarray(worn).rotate(90, expand=True)
    page.paste((120, 120, 120), (950, 300), turned)
    places = np.zeros((page.height, page.width), bool)
    places[300:920, 950:1170] = np.asarray(secret.rotate(90, expand=True)) > 0
    return page, places


@pytest.mark.wide
@pytest.mark.parametrize("seed", spread([3, 7], 1))
def test_a_worn_stamp_on_its_side_over_print_loses_its_number_with_its_name(run: Prepare, seed: int) -> None:
    page, places = stamped(seed)
    known = Identifiers(KNOWN.names, KNOWN.birth_dates, ("8200417",))
    scan = io.BytesIO()
    page.save(scan, "PNG")
    _, kept = run(scan.getvalue(), "lab_document", Policy(identifiers=known))
    shown = np.asarray(Image.open(io.BytesIO(kept.files["page-1"])).convert("RGB")).astype(int)
    assert (np.abs(shown - FILL).max(axis=2) < 24)[places].mean() > 0.98
    values = shares(form(has_head=False), kept.files["page-1"], 0)
    assert max(values.values()) < 0.25


@pytest.mark.parametrize(("angle", "least"), spread([(60, 0.95), (35, 0.8)], 1))
@pytest.mark.wide
def test_a_name_that_runs_aslant_through_a_table_is_covered_along_its_slant(
    run: Prepare, angle: int, least: float
) -> None:
    page = Image.new("RGB", (1700, 2200), (255, 255, 255))
    for row in range(10):
        for left, text in ((120, "Hemoglobin"), (760, "12.9"), (1050, "10*3/uL")):
            ImageDraw.Draw(page).text((left, 760 + 62 * row), text, (0, 0, 0), ImageFont.load_default(34))
    line, font = Image.new("L", (1000, 84), 0), ImageFont.load_default(60)
    ImageDraw.Draw(line).text((10, 5), "URRUTIA LUCIA 8200417", 255, font)
    secret = np.asarray(line.rotate(angle, expand=True)) > 128
    page.paste((150, 150, 150), (150, 650), line.rotate(angle, expand=True, resample=Image.Resampling.BICUBIC))
    scan = io.BytesIO()
    page.save(scan, "PNG")
    known = Identifiers(KNOWN.names, KNOWN.birth_dates, ("8200417",))
    _, kept = run(scan.getvalue(), "lab_document", Policy(identifiers=known))
    shown = np.asarray(Image.open(io.BytesIO(kept.files["page-1"])).convert("RGB")).astype(int)
    is_covered = np.abs(shown - FILL).max(axis=2) < 24
    assert is_covered[650 : 650 + secret.shape[0], 150 : 150 + secret.shape[1]][secret].mean() > least
    assert is_covered.mean() < 0.08, "small boxes, not one over the table"
