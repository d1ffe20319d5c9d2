"""Faces, writing and codes are covered for good, by the policy of the case; what cannot be looked at waits."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from imaging import (
    DEIDENTIFIED,
    TREATMENT_USE,
    Identifiers,
    Jail,
    Policy,
    Region,
    Report,
    busy,
    open_jail,
    prepare,
    samples,
)
from imaging.boxes import Box, united
from imaging.grids import grids_in
from imaging.halves import halves_of
from imaging.masks import FILL, box_mask
from imaging.models import find_models
from tests.imaging import files, pictures
from tests.imaging.conftest import Kept, Prepare
from tests.spread import spread

MASK = Policy()
FACES_ONLY = Policy(text="keep")


def pixels(data: bytes, box: Sequence[float]) -> np.ndarray:
    """The pixels of a copy well inside of a box of shares."""
    image = Image.open(io.BytesIO(data))
    left, top, right, bottom = (
        round(share * side) for share, side in zip(box, (image.width, image.height) * 2, strict=True)
    )
    return np.asarray(image)[top:bottom, left:right].reshape(-1, 3).astype(int)


def is_covered(data: bytes, box: Sequence[float]) -> bool:
    return bool(np.abs(pixels(data, box) - FILL).max() <= 12)


def edges_of(report: Report, what: str) -> list[tuple[float, float, float, float]]:
    masks = [mask for mask in report.masks if mask.what == what]
    return [(mask.left, mask.top, mask.left + mask.width, mask.top + mask.height) for mask in masks]


def test_a_face_is_one_solid_colour_in_every_copy(run: Prepare) -> None:
    report, kept = run(files.encode(pictures.astronaut(1024), "JPEG", quality=95), policy=FACES_ONLY)
    assert report.is_ready
    assert [mask.what for mask in report.masks] == ["face"]
    assert all(is_covered(data, pictures.FACE) for data in kept.files.values())
    assert set(kept.files) == {"thumb", "view", "full"}


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_face_is_found_after_the_picture_was_turned_upright(run: Prepare, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = files.stored(pictures.astronaut(), orientation)
    _, kept = run(files.encode(stored, "JPEG", exif=exif), policy=FACES_ONLY)
    assert is_covered(kept.files["full"], pictures.FACE)


def test_two_looks_at_one_face_become_one_box_around_both() -> None:
    near, wide, far = Box(0.1, 0.1, 0.3, 0.3, 0.9), Box(0.15, 0.1, 0.35, 0.32, 0.5), Box(0.7, 0.7, 0.9, 0.9)
    assert united([near, far], [wide], 0.3) == [far, Box(0.1, 0.1, 0.35, 0.32, 0.9)]
    assert united([], [near, far], 0.3) == [near, far]
    assert united([near], [Box(0.1, 0.1, 0.9, 0.9)], 0.3) == [near, Box(0.1, 0.1, 0.9, 0.9)]


@pytest.mark.parametrize("turn", spread([0, 90, 180, 270], 2))
@pytest.mark.parametrize("share", [0.8, 0.04])
def test_a_face_that_fills_the_photo_or_is_far_off_is_covered_however_it_is_turned(
    run: Prepare, share: float, turn: int
) -> None:
    picture, face = pictures.held_up(share, turn)
    report, kept = run(files.encode(picture, "PNG"), policy=FACES_ONLY)
    found = [Box(*edges) for edges in edges_of(report, "face")]
    assert any(box.common(face) > 0.5 * face.area for box in found)
    middle = face.grown(0.5)
    assert is_covered(kept.files["full"], (middle.left, middle.top, middle.right, middle.bottom))
    assert sum(box.area for box in found) < 2.5 * face.area + 0.02


def test_a_face_that_only_a_copy_of_every_pixel_shows_is_covered(run: Prepare) -> None:
    scene = files.skin(504, 378).resize((4032, 3024))
    # The other lies in the middle, where the look is cut in two.
    for left, top in ((3300, 300), (1946, 1500)):
        scene.paste(pictures.portrait(140), (left, top))
    report, kept = run(files.encode(scene, "JPEG"), policy=Policy(text="keep", keeps_detail=True))
    assert Image.open(io.BytesIO(kept.files["full"])).size == scene.size
    assert [mask.what for mask in report.masks] == ["face", "face"]
    for left, top in ((3300, 300), (1946, 1500)):
        eyes_and_mouth = ((left + 45) / 4032, (top + 50) / 3024, (left + 100) / 4032, (top + 110) / 3024)
        assert is_covered(kept.files["full"], eyes_and_mouth)


def test_where_the_face_is_the_finding_only_bystanders_are_covered(run: Prepare) -> None:
    drawn = (Region(0.22, 0.3, 0.08, 0.2),)
    policy = Policy(faces="face_is_finding", text="keep", regions=drawn)
    report, kept = run(files.encode(pictures.people(), "PNG"), policy=policy)
    (bystander,) = edges_of(report, "face")
    assert bystander[0] > 0.6
    assert is_covered(kept.files["full"], (0.75, 0.5, 0.78, 0.55))
    assert not is_covered(kept.files["full"], (0.2, 0.35, 0.3, 0.5))
    assert (report.label, report.open_faces) == (TREATMENT_USE, 1)


@pytest.mark.parametrize(
    ("faces", "open_faces"), [("mask_all", 0), ("keep_region", 0), ("face_is_finding", 0), ("keep", None)]
)
def test_a_report_says_that_no_face_stays_open_where_none_was_found_and_nothing_where_none_was_sought(
    run: Prepare, faces: str, open_faces: int | None
) -> None:
    report, _ = run(files.encode(files.skin(504, 378), "JPEG"), policy=Policy(faces=faces, text="keep"))
    assert (report.is_ready, report.open_faces) == (True, open_faces)


MOUTH = Box(0.44, 0.68, 0.66, 0.78)
"""Where the mouth is in `pictures.portrait`, whose teeth show."""
OPEN = Policy(faces="face_is_finding", chosen_by="reviewer")


@pytest.mark.parametrize("side", [1100, 800])
@pytest.mark.wide
def test_the_mouth_of_a_face_that_stays_open_is_not_taken_for_writing(run: Prepare, side: int) -> None:
    picture = pictures.portrait(side)
    report, kept = run(files.encode(picture, "JPEG", quality=92), policy=OPEN)
    found = [Box(*edges) for edges in edges_of(report, "text")]
    assert report.is_ready
    assert not any(box.common(MOUTH) > 0 for box in found)
    assert not is_covered(kept.files["view"], (MOUTH.left, MOUTH.top, MOUTH.right, MOUTH.bottom))


def test_a_name_on_a_face_that_stays_open_is_covered_and_may_be_asked_for(run: Prepare) -> None:
    """On tape across the cheek it may hide the finding; on a label beside the face it does not."""
    picture = Image.new("RGB", (1600, 1000), (120, 140, 150))
    picture.paste(pictures.portrait(1000), (0, 0))
    tape = Image.new("RGB", (260, 70), (236, 228, 210))
    ImageDraw.Draw(tape).text((14, 10), "Zoraida Q.", font=ImageFont.load_default(size=44), fill=(30, 30, 50))
    turned = tape.convert("RGBA").rotate(8, expand=True, resample=Image.Resampling.BICUBIC)
    picture.paste(turned, (440, 560), turned)
    picture.paste(tape, (1250, 700))
    report, kept = run(files.encode(picture, "JPEG", quality=92), policy=OPEN)
    texts = [mask for mask in report.masks if mask.what == "text"]
    beside = [mask for mask in texts if mask.left > 0.7]
    assert [mask.on_face for mask in beside] == [False] * len(beside) != []
    assert any(mask.on_face for mask in texts)
    for box in ((475 / 1600, 590 / 1000, 660 / 1600, 640 / 1000), (1270 / 1600, 715 / 1000, 1480 / 1600, 760 / 1000)):
        assert is_covered(kept.files["view"], box)


def test_only_the_drawn_region_of_the_patients_face_stays_open(run: Prepare) -> None:
    region = Region(0.22, 0.5, 0.05, 0.06)
    policy = Policy(faces="keep_region", text="keep", regions=(region,))
    report, kept = run(files.encode(pictures.people(), "PNG"), policy=policy)
    full = kept.files["full"]
    assert not is_covered(full, (0.225, 0.51, 0.265, 0.55))
    assert is_covered(full, (0.2, 0.3, 0.3, 0.48))
    assert is_covered(full, (0.75, 0.5, 0.78, 0.55))
    assert report.label == TREATMENT_USE


@pytest.mark.wide
def test_a_region_over_a_bystander_keeps_the_bystander_covered(run: Prepare) -> None:
    policy = Policy(faces="keep_region", text="keep", regions=(Region(0.1, 0.45, 0.88, 0.3),))
    _, kept = run(files.encode(pictures.people(), "PNG"), policy=policy)
    assert is_covered(kept.files["full"], (0.75, 0.5, 0.78, 0.55))


def test_a_region_that_nobody_drew_holds_the_photo_and_shows_it_to_the_reviewer_alone(run: Prepare) -> None:
    report, kept = run(files.encode(pictures.astronaut(), "PNG"), policy=Policy(faces="keep_region", text="keep"))
    assert (report.verdict, report.reason, report.label) == ("held", "region_needed", TREATMENT_USE)
    assert set(kept.files) == {"review"}
    assert not is_covered(kept.files["review"], pictures.FACE)


def test_a_photo_without_a_face_needs_no_region(run: Prepare) -> None:
    report, _ = run(files.encode(files.corners(), "PNG"), policy=Policy(faces="keep_region", text="keep"))
    assert report.is_ready


@pytest.fixture(scope="module", params=["none", "broken"])
def blind_jail(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jail]:
    """A jail whose models are not there, or are no models."""
    path = tmp_path_factory.mktemp("models") / "model.onnx"
    if request.param == "broken":
        path.write_bytes(b"\x08\x07 not a network")
    with open_jail(face_model=str(path), text_model=str(path)) as jail:
        yield jail


@pytest.mark.parametrize(
    ("policy", "reason"),
    [(MASK, "no_face_model"), (Policy(faces="keep"), "no_text_model"), (FACES_ONLY, "no_face_model")],
)
def test_without_a_model_nothing_is_called_free_of_faces_or_writing(
    blind_jail: Jail, policy: Policy, reason: str
) -> None:
    kept = Kept()
    report = prepare("photo", io.BytesIO(files.encode(files.corners(), "PNG")), kept, policy, jail=blind_jail)
    assert (report.verdict, report.reason, set(kept.files)) == ("held", reason, {"review"})


def test_what_the_policy_keeps_needs_no_model(blind_jail: Jail) -> None:
    policy = Policy(faces="keep", text="keep")
    report = prepare("photo", io.BytesIO(files.encode(files.corners(), "PNG")), Kept(), policy, jail=blind_jail)
    assert (report.verdict, report.label) == ("ready", TREATMENT_USE)


@pytest.mark.parametrize("turn", spread([270, 0, 90, 180], 1))
@pytest.mark.wide
def test_a_stamp_is_covered_whichever_way_it_runs(run: Prepare, turn: int) -> None:
    report, kept = run(files.encode(pictures.written(turn=turn), "PNG"), policy=MASK)
    upright = Image.open(io.BytesIO(kept.files["full"])).rotate(-turn, expand=turn % 180 != 0)
    data = files.encode(upright, "PNG")
    assert is_covered(data, pictures.where_written())
    assert {mask.what for mask in report.masks} == {"text"}
    assert report.label == DEIDENTIFIED


def test_a_code_is_covered(run: Prepare) -> None:
    report, kept = run(files.encode(pictures.qr_code(), "PNG"), policy=MASK)
    assert "code" in {mask.what for mask in report.masks}
    assert is_covered(kept.files["view"], (510 / 1280, 310 / 960, 790 / 1280, 590 / 960))


@pytest.mark.parametrize(
    ("scene", "tone", "seed"),
    spread(
        [("bites_leg", 1, 1), ("bites_leg", 6, 1), ("eczema_far", 4, 11), ("eczema_far", 2, 3), ("eczema_far", 5, 23)],
        1,
    ),
)
@pytest.mark.wide
def test_skin_with_a_rash_stays_as_it_is(run: Prepare, scene: str, tone: int, seed: int) -> None:
    from imaging import samples  # noqa: PLC0415 - drawing libraries that no other test here needs.

    report, _ = run(samples.photo(scene, tone=tone, seed=seed, size=(1600, 1200)), policy=MASK)
    assert [mask for mask in report.masks if mask.width * mask.height > 0.02] == []


@pytest.mark.parametrize("word", spread(["LUPITA", "Zoraida Q.", "778899"], 2))
@pytest.mark.parametrize("turn", spread([90, 0, 180], 1))
@pytest.mark.wide
def test_large_writing_is_told_from_a_rash(run: Prepare, word: str, turn: int) -> None:
    data = files.encode(pictures.written(word, turn=turn, size=150), "PNG")
    report, _ = run(data, policy=MASK)
    assert sum(mask.width * mask.height for mask in report.masks if mask.what == "text") > 0.05


@pytest.mark.wide
def test_without_the_reader_of_letters_large_patches_are_covered_too() -> None:
    from imaging import samples  # noqa: PLC0415 - drawing libraries that no other test here needs.

    data = samples.photo("eczema_far", tone=4, seed=11, size=(1600, 1200))
    with Jail(replace(find_models(), letters=None)) as jail:
        report = prepare("photo", io.BytesIO(data), Kept(), MASK, jail=jail)
    assert max(mask.width * mask.height for mask in report.masks) > 0.1


def test_the_report_names_boxes_and_detectors_and_no_identifier(run: Prepare) -> None:
    known = Identifiers(names=("Zoraida Quintanilla",), birth_dates=("2019-03-07",))
    data = files.encode(pictures.written("Zoraida Quintanilla"), "PNG")
    first, again = (run(data, policy=Policy(identifiers=known))[0] for _ in range(2))
    told = json.loads(first.to_json())
    assert told["policy"]["identifiers"] == 2
    assert "zoraida" not in first.to_json().lower() + repr(Policy(identifiers=known)).lower()
    assert {(mask["what"], mask["detector"], mask["threshold"]) for mask in told["masks"]} == {
        ("text", "ppocrv6_det", 0.3)
    }
    assert {"centerface", "ppocrv6_det"} <= set(told["tools"])
    assert told["masks"] == json.loads(again.to_json())["masks"]


def test_the_models_are_found_without_importing_what_they_came_with() -> None:
    assert find_models().missing() == ()
    assert find_models("/nowhere/model", "").missing() == ("faces",)


@pytest.mark.parametrize("wrong", [{"faces": "blur"}, {"text": "perhaps"}])
def test_a_policy_that_is_not_known_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="unknown policy"):
        Policy(**wrong)


@pytest.mark.parametrize("edges", [(-0.1, 0, 0.5, 0.5), (0.6, 0, 0.5, 0.5), (0, 0, 0, 1)])
def test_a_region_outside_of_the_picture_is_refused(edges: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="inside"):
        Region(*edges)


def test_a_model_folder_is_no_model(tmp_path: Path) -> None:
    assert find_models(str(tmp_path), str(tmp_path)).missing() == ("faces", "texts")


def label(kind: str, side: int) -> Image.Image:
    """A QR code of a record number, or modules as a DataMatrix has them, with the quiet zone around."""
    if kind == "qr":
        grid = np.pad(cv2.QRCodeEncoder.create().encode("MRN:448812;Juan Perez;2019-03-12"), 4, constant_values=255)
    else:
        inner = np.random.default_rng(1).integers(0, 2, (18, 18)) * 255
        inner[:, 0], inner[-1] = 0, 0
        inner[0], inner[:, -1] = np.arange(18) % 2 * 255, np.arange(18)[::-1] % 2 * 255
        grid = np.pad(inner.astype(np.uint8), 2, constant_values=255)
    return Image.fromarray(cv2.resize(grid, (side, side), interpolation=cv2.INTER_NEAREST)).convert("RGB")


@pytest.mark.parametrize("kind", ["qr", "matrix"])
@pytest.mark.parametrize("width", spread([2048, 1280, 1600], 1))
def test_codes_are_found_by_their_look_at_every_size_and_several_at_once(kind: str, width: int) -> None:
    for side in (120, 160, 220, 280, 360):
        scene = files.skin(width, width * 3 // 4)
        places = [(60, 300), (width // 2, 90), (width - side - 40, width * 3 // 4 - side - 60)]
        for at in places:
            scene.paste(label(kind, side), at)
        pixels = np.asarray(scene)
        covered = np.zeros(pixels.shape[:2], bool)
        for box in grids_in(halves_of(np.asarray(scene.convert("L")))):
            mask = box_mask("code", box, "", 0.0)
            left, top, right, bottom = mask.pixels(width, width * 3 // 4)
            covered[top:bottom, left:right] = True
        for left, top in places:
            edge = side // 8
            assert covered[top + edge : top + side - edge, left + edge : left + side - edge].mean() > 0.97, (side, left)


@pytest.mark.parametrize("scene", spread(["growth_chart", "ecg_sheet", "hives", "ring", "bites_leg"], 2))
@pytest.mark.wide
def test_no_chart_and_no_skin_is_taken_for_a_code(scene: str) -> None:
    for tone in (1, 6):
        picture = Image.open(io.BytesIO(samples.photo(scene, tone=tone, seed=1, size=(2048, 1536)))).convert("L")
        assert grids_in(halves_of(np.asarray(picture))) == []


def test_a_large_picture_is_looked_at_for_small_busy_places_in_bands_and_none_is_lost() -> None:
    grey = np.full((4000, 3000), 180, np.uint8)
    marks = np.random.default_rng(3).integers(0, 2, (100, 100)).astype(np.uint8) * 200
    # The first band ends at 2666; whatever its height were, one of these lies across its end.
    places = [(150 + 160 * number, 2300 + 37 * number) for number in range(16)]
    for left, top in places:
        grey[top : top + 100, left : left + 100] = marks
    found = busy.busy_places(grey)
    assert len(found) == len(places)
    for left, top in places:
        assert any(at[0] <= left and at[1] <= top and at[3] >= top + 100 for at in found), (left, top)
