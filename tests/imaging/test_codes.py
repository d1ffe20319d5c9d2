"""No code that can be read is left in any copy: found by its look and by a reader, proved by another process."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from imaging import Jail, Policy, open_jail, prepare, samples
from imaging.bars import bars_in
from imaging.code_reader import codes_in, reads_a_code
from imaging.film_codes import FilmCodes
from imaging.halves import halves_of
from imaging.masks import box_mask
from imaging.proof import CODES, prove
from imaging.rendition import Rendition
from tests.imaging import files, labels, papers
from tests.imaging.conftest import Kept, Prepare
from tests.imaging.test_film_masks import film_of, is_grey, shown
from tests.imaging.test_liar import EXIT, Liar, done, liar, own, rendition
from tests.spread import spread

__all__ = ["liar", "own"]
MASK = Policy()
CODES_ONLY = Policy(faces="keep")
HARD = [
    ("EAN13", 1.5, 0, 0, 0.0),
    ("EAN13", 3, 37, 0, 0.0),
    ("Code128", 2, 63, 0, 0.0),
    ("Code128", 4, 20, 2.5, 0.0),
    ("Code128", 3, 0, 0, 1.2),
    ("Code39", 2, 0, 1.0, 0.0),
    ("Code39", 3, 90, 0, 1.0),
    ("ITF", 2, 10, 0.7, 0.8),
    ("Codabar", 3, 45, 0, 0.0),
    ("PDF417", 2, 37, 0, 0.0),
    ("PDF417", 4, 20, 2.0, 0.0),
    ("QRCode", 2, 0, 0, 0.0),
    ("QRCode", 4, 25, 1.5, 0.0),
    ("DataMatrix", 2, 0, 0, 0.0),
    ("DataMatrix", 3, 20, 0, 0.0),
    ("Aztec", 3, 70, 0, 0.0),
]
"""Kind, pixels of a module, degrees askew, blur in pixels, and how far around a wrist, in radians."""
STRIPED = labels.STRIPES | {"PDF417"}


@pytest.mark.parametrize(("kind", "module", "turn", "blur", "around"), spread(HARD, 1))
def test_a_code_is_covered_whole_and_read_in_no_copy(
    run: Prepare, kind: str, module: float, turn: float, blur: float, around: float
) -> None:
    flat = labels.label(kind, module)
    picture, where = labels.on_skin(labels.curved(flat, around) if around else flat, turn, blur)
    report, kept = run(files.encode(picture, "PNG"), policy=CODES_ONLY)
    assert report.is_ready, report.reason
    covered = np.zeros(where.shape, bool)
    for mask in report.masks:
        left, top, right, bottom = mask.pixels(960, 720)
        covered[top:bottom, left:right] = True
    assert covered[where > 0].mean() > 0.9
    assert {name: labels.reads(data) for name, data in kept.files.items()} == {"thumb": [], "view": [], "full": []}
    assert "codes" in report.checks


@pytest.mark.parametrize(("kind", "module", "turn", "blur", "around"), [how for how in HARD if how[0] in STRIPED])
def test_stripes_are_covered_by_their_look_alone(
    kind: str, module: float, turn: float, blur: float, around: float
) -> None:
    flat = labels.label(kind, module)
    picture, where = labels.on_skin(labels.curved(flat, around) if around else flat, turn, blur)
    covered = np.zeros(where.shape, bool)
    for box in bars_in(halves_of(np.asarray(picture.convert("L"))), stacked=True):
        left, top, right, bottom = box_mask("code", box, "", 0.0).pixels(960, 720)
        covered[top:bottom, left:right] = True
    assert covered[where > 0].mean() > 0.9


@pytest.mark.wide
def test_a_plain_code_is_what_the_reader_of_these_tests_reads() -> None:
    for kind in labels.CONTENT:
        assert labels.reads(labels.on_skin(labels.label(kind, 3), size=(640, 480))[0]), kind


@pytest.mark.wide
def test_codes_beside_each_other_are_all_covered(run: Prepare) -> None:
    picture = files.skin(1280, 960)
    for number, kind in enumerate(sorted(labels.CONTENT)):
        picture.paste(
            Image.fromarray(labels.label(kind, 2)).convert("RGB"), (30 + 420 * (number % 3), 40 + 300 * (number // 3))
        )
    assert len(set(labels.reads(picture))) > 8
    report, kept = run(files.encode(picture, "JPEG", quality=90), policy=CODES_ONLY)
    assert report.is_ready
    assert [labels.reads(data) for data in kept.files.values()] == [[], [], []]


@pytest.mark.parametrize("kind", spread(["EAN13", "Code128", "ITF", "PDF417", "DataMatrix", "QRCode", "Aztec"], 1))
@pytest.mark.wide
def test_a_code_on_a_page_is_read_in_none_of_its_copies(run: Prepare, kind: str) -> None:
    page = papers.paper(3, "Helvetica").picture()
    page.paste(Image.fromarray(labels.label(kind, 3)).convert("RGB"), (600, 1500))
    assert labels.reads(page)
    report, kept = run(files.encode(page, "JPEG", quality=90, dpi=(200, 200)), "lab_document", Policy(faces="keep"))
    assert report.is_ready, report.reason
    assert [labels.reads(data) for data in kept.files.values()] == [[]] * len(kept.files)
    assert {mask.copy for mask in report.masks if mask.what == "code"} == {"page-1"}


def test_what_is_kept_open_is_not_looked_at_for_codes(run: Prepare) -> None:
    picture, _ = labels.on_skin(labels.label("Code128", 3))
    report, kept = run(files.encode(picture, "PNG"), policy=Policy(faces="keep", text="keep"))
    assert report.is_ready
    assert "codes" not in report.checks
    assert labels.reads(kept.files["view"])


@pytest.mark.parametrize("name", ["thumb", "view", "full", "page-1", "poster"])
def test_a_copy_in_which_a_code_can_be_read_does_not_hold(jail: Jail, name: str) -> None:
    def copy_of(image: Image.Image) -> Rendition:
        data = files.encode(image, "JPEG", quality=85)
        return Rendition(name, "image/jpeg", *image.size, data)

    bare, coded = copy_of(files.skin(640, 480)), copy_of(labels.on_skin(labels.label("QRCode", 3), size=(640, 480))[0])
    clean = prove(jail, [bare], [], MASK)
    assert (clean.holds, clean.checks) == (True, ("structure", CODES))
    left = prove(jail, [bare, coded], [], MASK)
    assert (left.holds, left.is_code_left) == (False, True)
    assert prove(jail, [coded], [], Policy(text="keep")).holds


@pytest.mark.parametrize(("kind", "module", "turn"), [("Aztec", 2, 20), ("Code128", 3, 30), ("Code128", 3, 45)])
def test_the_proof_reads_what_is_small_or_lies_askew(kind: str, module: float, turn: float) -> None:
    grey = np.asarray(labels.on_skin(labels.label(kind, module), turn)[0].convert("L"))
    assert not reads_a_code(grey, is_thorough=False)
    assert reads_a_code(grey)


def test_a_copy_in_which_a_code_was_missed_waits_for_a_person(liar: Liar) -> None:
    picture = labels.on_skin(labels.label("QRCode", 3), size=(320, 200))[0]
    data, kept = files.encode(picture, "JPEG"), Kept()
    with open_jail() as jail:
        jail.address = liar.address
        liar.tell([*rendition(data), done(), EXIT])
        report = prepare("photo", io.BytesIO(data), kept, MASK, jail=jail)
    assert (report.verdict, report.reason, set(kept.files)) == ("held", "code_left", {"review"})


def _cloth(period: float, turn: float, shape: str) -> np.ndarray:
    rows, columns = np.mgrid[0:960, 0:1280].astype(np.float32)
    angle = np.deg2rad(turn)
    along = columns * np.cos(angle) + rows * np.sin(angle) + 6 * np.sin(rows / 130) + 5 * np.sin(columns / 170)
    if shape == "shirt":
        place = along % (4 * period) / period
        dark = (place < 0.3) | ((place > 1) & (place < 1.9)) | ((place > 2.5) & (place < 2.8))
    else:
        dark = along % period < period / (4 if shape == "thin" else 2)
    noisy = np.where(dark, 60, 195) + np.random.default_rng(1).normal(0, 6, dark.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("shape", ["even", "thin", "shirt"])
@pytest.mark.parametrize("turn", spread([25, 0, 90], 1))
@pytest.mark.wide
def test_striped_cloth_is_no_code(shape: str, turn: float) -> None:
    for period in (6, 10, 16, 30, 60):
        grey = _cloth(period, turn, shape)
        assert bars_in(halves_of(grey), stacked=True) == []
        # Fine even stripes have what the reader takes for the corners of a QR code now and then.
        assert sum(box.area for box in codes_in(grey)) < 0.01


@pytest.mark.parametrize("turn", [0, 10, 45])
def test_the_ticks_of_a_ruler_are_no_code(turn: float) -> None:
    ruler = Image.new("L", (900, 110), 230)
    draw = ImageDraw.Draw(ruler)
    for number, x in enumerate(range(15, 890, 9)):
        draw.line((x, 0, x, 50 if number % 10 == 0 else 38 if number % 5 == 0 else 26), 30, 2)
    scene = files.skin(1280, 960).convert("L")
    turned, where = ruler.rotate(turn, expand=True), Image.new("L", ruler.size, 255).rotate(turn, expand=True)
    scene.paste(turned, (200, 150), where)
    assert bars_in(halves_of(np.asarray(scene)), stacked=True) == []
    assert codes_in(np.asarray(scene)) == []


@pytest.mark.parametrize("font", spread(["Times-Roman", "Helvetica", "Courier-Bold"], 1))
@pytest.mark.parametrize("fault", spread(["skew+3", "", "fax", "jpeg40"], 1))
def test_a_page_of_results_has_no_code(font: str, fault: str) -> None:
    page = papers.paper(5, font).picture()
    picture = Image.open(io.BytesIO(papers.scanned(page, fault, 5)[0])) if fault else page
    grey = np.asarray(picture.convert("L"))
    table = cv2.line(grey.copy(), (80, 400), (1600, 400), 0, 2)
    for y in range(420, 1500, 30):
        table = cv2.line(table, (80, y), (1600, y), 60, 2)
    for look in (grey, table):
        assert bars_in(halves_of(look), stacked=False) == []
        assert codes_in(look) == []


@pytest.mark.parametrize("scene", spread(["growth_chart", "ecg_sheet", "bites_leg", "surgical_scar", "hives"], 1))
def test_no_chart_and_no_skin_is_a_code(scene: str) -> None:
    for tone in (1, 6):
        data = samples.photo(scene, tone=tone, seed=3, size=(2048, 1536))
        grey = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
        assert bars_in(halves_of(grey), stacked=True) == []
        assert codes_in(grey) == []


@pytest.mark.parametrize("kind", spread(["Code128", "EAN13", "QRCode"], 1))
@pytest.mark.wide
def test_a_code_that_is_carried_through_a_film_is_read_in_no_picture_of_it(run: Prepare, kind: str) -> None:
    code = Image.fromarray(labels.label(kind, 2)).convert("RGB")

    def picture(at: int) -> Image.Image:
        scene = files.skin(640, 480)
        if at > 200:
            scene.paste(code, (at - 180, 190))
        return scene

    frames = [picture(14 * number) for number in range(30)]
    assert sum(bool(labels.reads(frame)) for frame in frames[::3]) > 3
    report, kept = run(film_of(frames), "video", CODES_ONLY)
    assert report.is_ready, report.reason
    for at, frame in list(enumerate(shown(kept.files["play"])))[::3]:
        image = Image.fromarray(frame.astype(np.uint8))
        assert labels.reads(image) == [], at
    assert labels.reads(kept.files["poster"]) == []
    assert "code" in {mask.what for mask in report.masks}
    assert "codes" in report.checks


@pytest.mark.wide
def test_a_code_stays_covered_for_half_a_second_before_and_after_it_was_seen(run: Prepare) -> None:
    code = Image.fromarray(labels.label("Code128", 2)).convert("RGB")
    with_it, bare = files.skin(640, 480), files.skin(640, 480)
    with_it.paste(code, (180, 190))
    smeared = with_it.copy()
    smeared.paste(with_it.crop((180, 190, 480, 300)).resize((20, 8)).resize((300, 110)), (180, 190))
    frames = [bare] * 10 + [with_it] * 5 + [smeared] * 5 + [with_it] * 5 + [bare] * 12
    _, kept = run(film_of(frames), "video", CODES_ONLY)
    seen = [is_grey(frame[220:250, 220:420]) for frame in shown(kept.files["play"])]
    assert all(seen[10:25])
    assert not any(seen[:4] + seen[-4:])


def test_a_code_that_one_look_loses_is_followed_over_it() -> None:
    bare = np.asarray(files.skin(1280, 720).convert("L"))

    def carried(left: int) -> np.ndarray:
        grey, code = bare.copy(), labels.label("QRCode", 3)
        grey[300 : 300 + code.shape[0], left : left + code.shape[1]] = code
        return grey

    codes, scenes = FilmCodes(), (carried(600), bare, carried(680))
    first, lost, last = (list(codes.look(at, scene)) for at, scene in zip((0.0, 0.2, 0.4), scenes, strict=True))
    assert first
    assert not lost
    ways = [box for begins, ends, box in last if (begins, ends) == (0.0, 0.4)]
    assert any(box.left * 1280 < 620 and box.right * 1280 > 760 for box in ways)


def test_the_proof_looks_for_codes_in_a_films_pictures(jail: Jail, run: Prepare) -> None:
    picture = labels.on_skin(labels.label("QRCode", 3), size=(640, 480))[0]
    _, kept = run(film_of([picture] * 10), "video", Policy(faces="keep", text="keep"))
    play = Rendition("play", "video/mp4", *kept.sizes["play"], kept.files["play"])
    assert prove(jail, [play], [], Policy(text="keep")).holds
    assert prove(jail, [play], [], MASK).is_code_left


def test_what_a_code_says_is_in_no_report(run: Prepare, tmp_path: Path) -> None:
    picture, _ = labels.on_skin(labels.label("QRCode", 3))
    report, _ = run(files.encode(picture, "PNG"), policy=CODES_ONLY)
    assert "448812" not in report.to_json()
    assert "Perez" not in report.to_json()
    assert any(tool == "zxing-cpp" for tool in report.tools)
