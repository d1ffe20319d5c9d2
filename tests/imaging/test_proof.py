"""A finished copy is proved by other code in other processes: pixels, words, structure, another tool, a signature."""

import base64
import io
import json
import os
import random
import signal
from dataclasses import replace
from fractions import Fraction

import av
import pytest
from PIL import Image, ImageDraw, ImageFont

from imaging import Jail, Policy, Report
from imaging.bundle import pack
from imaging.coded import coded_stretches
from imaging.exiftool import Exiftool
from imaging.identifiers import Identifiers
from imaging.masks import FILL, Mask
from imaging.paper import PaperPage, write_paper
from imaging.proof import CODES, PIXELS, STRUCTURE, WORDS, prove
from imaging.rendition import Rendition
from imaging.residual import residual_risks
from imaging.scans import FALLS_SHORT, fault_of
from imaging.second_opinion import strangers
from imaging.signing import is_signed_by, public_key, sign_report
from imaging.steps.check_copies import check_copies
from imaging.steps.cover import cover
from imaging.traces import traces
from imaging.verification import verify, verify_bytes
from tests.imaging import files, films
from tests.imaging.conftest import Prepare
from tests.spread import spread
from tests.timing import quickest

MASK = Mask("face", 0.3, 0.25, 0.3, 0.4, "centerface 1", 0.2)
CASE = Identifiers(
    names=("María Peña Ruiz",), birth_dates=("2019-05-06",), numbers=("MRN 778-899",), phones=("(505) 555-0142",)
)
NOBODY = Identifiers()


def copy_of(image: Image.Image, quality: int = 80) -> Rendition:
    data = files.encode(image, "JPEG", quality=quality, subsampling=2)
    return Rendition("view", "image/jpeg", image.width, image.height, data)


def test_a_covered_box_is_proved_in_every_size(jail: Jail) -> None:
    whole = cover(files.noise(1200, 800), [MASK])
    for size in ((1200, 800), (640, 427), (320, 213), (60, 40)):
        copy = cover(whole.resize(size, Image.Resampling.BICUBIC), [MASK])
        proof = prove(jail, [copy_of(copy)], [MASK], Policy(identifiers=NOBODY))
        assert proof.holds, size
        assert proof.checks == (STRUCTURE, PIXELS, CODES)


def drawn(image: Image.Image, shape: str, place: tuple[int, int, int, int]) -> Image.Image:
    getattr(ImageDraw.Draw(image), shape)(place, (200, 190, 180))
    return image


@pytest.mark.parametrize(
    "spoil",
    [
        lambda image: files.noise(*image.size),
        lambda image: image.rotate(180),
        lambda image: drawn(image, "line", (400, 300, 700, 400)),
        lambda image: drawn(image, "ellipse", (520, 330, 545, 355)),
    ],
)
def test_a_box_that_shows_something_does_not_hold(jail: Jail, spoil) -> None:
    spoiled = spoil(cover(files.noise(1200, 800), [MASK]))
    assert not prove(jail, [copy_of(spoiled)], [MASK], Policy(identifiers=NOBODY)).holds


NAME, PALE = "JUAN PEREZ 448812", (150, 150, 150)


@pytest.mark.parametrize("quality", spread([80, 92, 85], 2))
@pytest.mark.parametrize(("box", "colour"), [((150, 24), PALE), ((150, 24), (255, 255, 255)), ((300, 200), PALE)])
def test_writing_in_a_small_box_or_along_an_edge_does_not_hold(quality: int, box: tuple[int, int], colour) -> None:
    for left, top in ((101, 101), (96, 112), (333, 407)):
        mask = Mask("text", left / 1200, top / 800, box[0] / 1200, box[1] / 800)
        plain = cover(files.skin(1200, 800), [mask])
        written = plain.copy()
        ImageDraw.Draw(written).text((left + 3, top + 1), NAME, fill=colour)
        found = [check_copies(pack([copy_of(image, quality)], [mask])) for image in (plain, written)]
        assert found == [[], ["view uncovered"]]


@pytest.mark.parametrize("ground", ["noise", "wall"])
@pytest.mark.parametrize("side", [0, 90, 180, 270])
def test_a_band_along_the_side_of_a_large_box_that_was_never_covered_does_not_hold(ground: str, side: int) -> None:
    """All is covered but 12 pixels along a side, dark with dark letters, beside a bright wall or in noise."""
    mask = Mask("text", 113 / 600, 113 / 600, 0.6, 0.6)
    scene = files.noise(600, 600) if ground == "noise" else Image.new("RGB", (600, 600), (60, 60, 60))
    if ground == "wall":
        scene.paste((235, 235, 235), (0, 0, 150, 600))
    plain = cover(scene, [mask])
    spoiled = plain.copy()
    band = Image.new("RGB", (360, 12), (30, 36, 42))
    ImageDraw.Draw(band).text((4, -1), NAME, fill=(84, 90, 96))
    turned = band.rotate(side, expand=True)
    far = 113 + 360 - 12
    spoiled.paste(turned, {0: (113, 113), 90: (113, 113), 180: (113, far), 270: (far, 113)}[side])
    found = [check_copies(pack([copy_of(image, 85)], [mask])) for image in (plain, spoiled)]
    assert found == [[], ["view uncovered"]]


def test_a_band_along_the_side_of_a_large_box_in_a_film_does_not_hold() -> None:
    mask = Mask("text", 48 / 320, 46 / 192, 208 / 320, 100 / 192, copy="play", begins=0.0, ends=0.4)

    def film(band: int) -> Rendition:
        pictures = [files.noise(320, 192) for _ in range(6)]
        for picture in pictures:
            picture.paste(FILL, (48, 46, 256, 146))
            if band:
                picture.paste((30, 34, 38), (48, 46, 256, 46 + band))
                ImageDraw.Draw(picture).text((52, 45), NAME, fill=(84, 90, 96), font=ImageFont.load_default(band))
        return _film_of(pictures)

    assert check_copies(pack([film(0)], [mask])) == []
    assert check_copies(pack([film(8)], [mask])) == ["play uncovered"]


def film_with(colours: list[tuple[int, int, int]]) -> Rendition:
    """A film of noise with a box of each colour in turn."""
    pictures = [files.noise(320, 192) for _ in colours]
    for picture, colour in zip(pictures, colours, strict=True):
        picture.paste(colour, (96 - 2, 46, 192 + 2, 126))
    return _film_of(pictures)


def _film_of(pictures: list[Image.Image]) -> Rendition:
    """Encoded as ours."""
    buffer, (width, height) = io.BytesIO(), pictures[0].size
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=30, options={"preset": "veryfast", "crf": "23", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_image(picture).reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return Rendition("play", "video/mp4", width, height, buffer.getvalue())


def test_a_scan_that_goes_on_behind_its_picture_or_ends_before_it_does_not_hold(jail: Jail) -> None:
    clean = copy_of(cover(files.noise(400, 300), [MASK]))
    longer = replace(clean, data=clean.data[:-2] + bytes(20) + clean.data[-2:])
    # What is covered is whole, and grey below; a number more keeps its last byte from being half a marker.
    shorter = replace(clean, data=clean.data[: -len(clean.data) // 10] + b"\0\xff\xd9")
    assert prove(jail, [clean], [MASK], Policy()).holds
    assert not prove(jail, [longer], [MASK], Policy()).holds
    assert not prove(jail, [shorter], [MASK], Policy()).holds
    assert [found.what for found in verify([clean.data, shorter.data])] == [FALLS_SHORT]


def test_every_picture_of_a_film_is_looked_at_and_not_the_key_ones_alone() -> None:
    mask = Mask("face", 96 / 320, 0.25, 96 / 320, 0.4, copy="play", begins=0.0, ends=0.4)
    for shown in ([], [1], [7], [12], range(1, 12)):
        film = film_with([(180, 150, 140) if number in shown else FILL for number in range(16)])
        assert check_copies(pack([film], [mask])) == (["play uncovered"] if shown else [])
    later = film_with([FILL] * 14 + [(180, 150, 140)] * 2)
    assert check_copies(pack([later], [mask])) == []


def test_a_mask_of_one_page_is_not_asked_of_another(jail: Jail) -> None:
    first, page = (copy_of(each) for each in (cover(files.noise(400, 300), [MASK]), files.noise(400, 300)))
    both = [replace(first, name="page-1"), replace(page, name="page-2")]
    assert prove(jail, both, [replace(MASK, copy="page-1")], Policy(identifiers=NOBODY)).holds
    assert not prove(jail, both, [replace(MASK, copy="page-2")], Policy(identifiers=NOBODY)).holds


def test_a_copy_that_is_not_the_size_it_says_does_not_hold(jail: Jail) -> None:
    wrong = replace(copy_of(cover(files.noise(400, 300), [MASK])), width=401)
    assert not prove(jail, [wrong], [MASK], Policy(identifiers=NOBODY)).holds


@pytest.mark.parametrize(
    ("planted", "writing"),
    [
        ("maría peña ruiz".encode(), "ASCII"),
        ("PEÑA".encode(), "ASCII"),
        ("Peña".encode("latin-1") + b" Ruiz", "UTF-16"),
        ("María".encode("utf-16-be"), "UTF-16"),
        (b"778-899", "ASCII"),
        (b"xx778899xx", "ASCII"),
        (b"5055550142", "ASCII"),
        (b"06/05/2019", "ASCII"),
        (b"2019:05:06", "ASCII"),
        (b"20190506", "ASCII"),
        (b"778-899".hex().encode(), "hex"),
        (b"778-899".hex().upper().encode(), "hex"),
        (base64.b64encode(b"MRN 778-899"), "base64"),
        (base64.b64encode(b"x: MRN 778-899!"), "base64"),
        (base64.b64encode(b"xy: MRN 778-899"), "base64"),
    ],
)
def test_a_word_of_the_case_is_found_however_it_is_written(planted: bytes, writing: str) -> None:
    found = traces(os.urandom(5000) + planted + os.urandom(5000), CASE)
    assert found == [writing] or planted.startswith(b"Pe\xf1a")
    assert traces(os.urandom(200_000), CASE) == []


@pytest.mark.parametrize("around", [b"", b"7", b"778-89", bytes(3)])
def test_a_word_is_found_at_either_end(around: bytes) -> None:
    assert traces(b"778-899" + around, CASE) == ["ASCII"]
    assert traces(around + b"778-899", CASE) == ["ASCII"]
    assert traces(around, CASE) == []


@pytest.mark.wide
def test_a_family_of_many_names_costs_no_more_than_one_of_few() -> None:
    many = Identifiers(names=tuple(f"Niña{number:03d} Muñoz{number:03d}" for number in range(200)))
    noise = random.Random(7).randbytes(2_000_000)
    few = quickest(lambda: traces(noise, CASE), enough=0)
    assert quickest(lambda: traces(noise, many), 10 * few) < 10 * few


def test_a_word_in_a_copy_stops_it_and_is_never_quoted(jail: Jail) -> None:
    clean = copy_of(files.corners())
    # Where a decoder shows nothing of it: in the bytes of the picture itself.
    at = clean.data.index(b"\xff\xda") + 100
    told = replace(clean, data=clean.data[:at] + b"778-899" + clean.data[at + 7 :])
    assert prove(jail, [clean], [], Policy(identifiers=CASE)).checks == (STRUCTURE, WORDS, CODES)
    assert not prove(jail, [told], [], Policy(identifiers=CASE)).holds
    assert "a word of the case in ASCII" in [finding.what for finding in verify([told.data], CASE)]


def test_a_family_called_as_a_word_of_each_film_sends_films(run: Prepare) -> None:
    case = Identifiers(names=("Ana Handler", "Rosa Video"))
    policy = Policy(faces="keep", text="keep", identifiers=case)
    report, kept = run(films.film(films.steady(1)), "video", policy)
    assert report.is_ready
    play = kept.files["play"]
    told = [finding.what for finding in verify_bytes(play + b"handler", "play", case)]
    assert "a word of the case in ASCII" in told


def test_a_short_name_that_stands_in_coded_picture_by_chance_stops_no_film() -> None:
    case = Identifiers(names=("Maria Lopez",), numbers=("778-899",))
    noise = random.Random(3).randbytes(400_000)
    for word, found in ((b"mArIa", []), (b"778-899", ["ASCII"]), ("Lopez".encode("utf-16-le"), ["UTF-16"])):
        data = noise[:200_000] + word + noise[200_000:]
        assert traces(data, case, [(100, len(data))]) == found
        assert traces(data, case) != []
        # In front of the picture, and in a stretch so short that chance would not do it, a name is a name.
        assert traces(word + noise, case, [(len(word), len(data))]) != []
        assert traces(word + noise[:1000], case, [(0, 1000)]) != []


def test_what_is_coded_picture_is_known_of_each_type_that_goes_out() -> None:
    photo = files.encode(files.noise(64, 64), "JPEG")
    [(start, end)] = coded_stretches(photo)
    assert photo[end : end + 2] == b"\xff\xd9"
    assert photo.index(b"\xff\xda") < start < photo.index(b"\xff\xda") + 20
    assert coded_stretches(photo[:-2]) == coded_stretches(b"no type") == []


def test_the_small_picture_of_a_paper_is_proved_and_a_page_that_is_not_there_is_noticed(jail: Jail) -> None:
    line, policy = replace(MASK, copy="page-1"), Policy(identifiers=NOBODY)
    last = replace(MASK, copy="page-2")
    page = files.noise(1200, 800)
    small, covered = page.resize((320, 213), Image.Resampling.BICUBIC), cover(page, [line])
    pages = [replace(copy_of(covered), name=name) for name in ("page-1", "page-2")]
    thumb = replace(copy_of(cover(small.copy(), [line])), name="thumb")
    assert prove(jail, [*pages, thumb], [line, last], policy).holds
    assert not prove(jail, [*pages, replace(copy_of(small), name="thumb")], [line, last], policy).holds
    assert not prove(jail, [pages[0], thumb], [line, last], policy).holds


@pytest.mark.parametrize("side", [8, 12, 16, 20])
def test_small_writing_that_was_never_covered_is_noticed_also_where_it_is_hardly_seen(side: int) -> None:
    """On a busy ground of a photo, where much may differ, and in a film of the night, where hardly anything does."""
    height, width = side, side * 8
    for left, top in ((101, 101), (97, 115)):
        box = Mask("text", left / 400, top / 300, width / 400, height / 300)
        photo = files.noise(400, 300)
        photo.paste((30, 36, 42), (left, top, left + width, top + height))
        open_photo = _write(photo, (left, top), side, (112, 118, 124))
        assert check_copies(pack([copy_of(open_photo)], [box])) == ["view uncovered"]
        assert check_copies(pack([copy_of(cover(open_photo.copy(), [box]))], [box])) == []
        night = Image.new("RGB", (400, 300), (20, 20, 22))
        shown, hidden = _write(night.copy(), (left, top), side, (105, 105, 107)), night.copy()
        hidden.paste(FILL, (left - 2, top - 2, left + width + 2, top + height + 2))
        in_film = replace(box, copy="play", begins=0.0, ends=1.0)
        assert check_copies(pack([_film_of([shown] * 4)], [in_film])) == ["play uncovered"]
        assert check_copies(pack([_film_of([hidden] * 4)], [in_film])) == []


def _write(picture: Image.Image, place: tuple[int, int], side: int, colour: tuple[int, int, int]) -> Image.Image:
    words = "OLIVARES 8200417"
    ImageDraw.Draw(picture).text(
        (place[0] + 2, place[1] - 1), words, font=ImageFont.load_default(side - 1), fill=colour
    )
    return picture


def test_the_other_tool_is_named_and_its_no_counts(jail: Jail) -> None:
    proof = prove(jail, [copy_of(files.corners())], [], Policy(identifiers=NOBODY))
    assert proof.holds
    assert proof.opinion.startswith("exiftool 1")
    seen = jail.reader.look([files.soaked_jpeg(), files.encode(files.corners(), "JPEG")])
    found = strangers(seen, ["soaked", "plain"])
    assert {finding.file for finding in found} == {"soaked"}


def test_a_tool_left_in_mid_sentence_answers_the_next_question() -> None:
    tool = Exiftool()
    try:
        pid = os.fork()
        if pid == 0:
            # Asks and dies before it has read the answer.
            tool._process.stdin.write(b"-j\n/etc/hostname\n-execute7\n")
            tool._process.stdin.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(pid, 0)
        (entry,) = tool.look([files.encode(files.corners(), "PNG")])
        assert entry["PNG:ImageWidth"] == 320
    finally:
        tool.close()


def paper_of(*pages: Rendition) -> bytes:
    return b"".join(write_paper([PaperPage(page.width, page.height, len(page.data), [page.data]) for page in pages]))


def test_a_pdf_of_pictures_holds_and_anything_more_does_not() -> None:
    page = replace(copy_of(files.corners(400, 300)), name="page-1")
    paper = paper_of(page, page)
    assert verify([paper]) == []
    assert paper == paper_of(page, page)
    assert verify([paper + b"%%EOF"])
    assert verify([paper.replace(b"/Type/Catalog", b"/Type/Catalog/AA 9 0 R")])
    assert verify([paper_of(replace(page, data=files.soaked_jpeg()))])
    assert verify([paper.replace(b"cm /P Do Q", b"cm /P Do%Q")])
    assert verify([paper.replace(b"/Contents 7 0 R", b"/Contents 4 0 R")])
    assert verify([paper.replace(b"/Kids[3 0 R 6 0 R]", b"/Kids[3 0 R 3 0 R]")])
    assert verify([paper.replace(b"/Count 2/Kids[3 0 R 6 0 R]", b"/Count 1/Kids[3 0 R      ]")])
    assert verify([paper.replace(b"/Width 400", b"/Width 399")])
    for end in range(0, len(paper), 97):
        assert verify([paper[:end]])


def test_a_report_says_how_many_were_removed_what_was_checked_and_what_stays(run: Prepare) -> None:
    report, _ = run(files.soaked_png())
    assert report.counts["text"] == 2
    assert report.counts["exif"] == 1
    assert set(report.removed) == set(report.counts)
    assert report.checks == (STRUCTURE,)
    assert report.second_opinion.startswith("exiftool")
    assert set(report.residual) == {"surroundings", "body_marks", "sensor_noise", "faces", "writing"}
    assert {"missed_faces", "brief_faces"} <= set(residual_risks("video", Policy()))
    assert not {"missed_faces", "brief_faces"} & set(residual_risks("video", Policy(faces="keep")))
    assert "brief_faces" not in residual_risks("photo", Policy())
    assert "dates_of_care" in residual_risks("lab_document", Policy())
    for faces in ("mask_all", "keep_region", "face_is_finding", "no_face"):
        assert "missed_faces" in residual_risks("photo", Policy(faces=faces))
    assert "part_of_face" in residual_risks("photo", Policy(faces="keep_region"))
    assert "part_of_face" not in residual_risks("photo", Policy(faces="keep_region"), has_face=False)
    assert {"missed_faces", "patient_face"} <= set(residual_risks("lab_document", Policy(faces="face_is_finding")))
    for faces in ("face_is_finding", "keep_region"):
        assert "patient_covered_later" in residual_risks("video", Policy(faces=faces))
        assert "patient_covered_later" not in residual_risks("video", Policy(faces=faces), has_face=False)
        assert "patient_covered_later" not in residual_risks("photo", Policy(faces=faces))
    assert "patient_covered_later" not in residual_risks("video", Policy())
    assert "faces" in residual_risks("lab_document", Policy(faces="no_face"))


def test_a_signed_report_is_the_same_each_time_and_fails_on_any_change(run: Prepare) -> None:
    seed = b"\x07" * 32
    first, second = (run(files.soaked_jpeg())[0] for _ in range(2))
    signed = sign_report(first, seed)
    assert signed["signature"] == sign_report(replace(second, usage={"cpu_ms": 1.0}), seed)["signature"]
    assert is_signed_by(json.loads(json.dumps(signed)), public_key(seed))
    assert not is_signed_by(signed, public_key(b"\x08" * 32))
    assert not is_signed_by({**signed, "label": "de-identified"}, public_key(seed))
    assert not is_signed_by({**signed, "added": 1}, public_key(seed))
    assert not is_signed_by(json.loads(first.to_json()), public_key(seed))
    assert not is_signed_by(signed, "no key")


def test_a_report_holds_no_identifier_of_its_policy(run: Prepare) -> None:
    policy = Policy(faces="keep", text="keep", identifiers=CASE)
    report, _ = run(files.encode(files.corners(), "JPEG"), policy=policy)
    assert isinstance(report, Report)
    assert report.checks == (STRUCTURE, WORDS)
    assert not traces(report.to_json().encode(), CASE)


def test_a_picture_of_a_few_pixels_is_whole_whatever_chance_puts_beside_it() -> None:
    data = files.encode(files.noise(8, 8), "JPEG", quality=80)
    assert {fault_of(data) for _ in range(1500)} == {None}
