"""Whose face stays open: never a bystander's, and nobody's where it is not certain."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from imaging.boxes import Box
from imaging.choice import left_open, may_be_near, open_faces
from imaging.detectors import all_faces_in, load_detectors, small_faces_in
from imaging.film_codes import FilmCodes
from imaging.grids import grids_in
from imaging.halves import halves_of
from imaging.masks import Mask
from imaging.models import find_models
from imaging.policy import Policy, Region
from imaging.refusal import Held
from imaging.steps.find_codes import find_codes
from tests.imaging import files, pictures
from tests.imaging.conftest import Prepare

MOTHER, CHILD = Box(0.1, 0.1, 0.5, 0.6), Box(0.6, 0.4, 0.75, 0.6)
ON_CHILD, ELSEWHERE = Region(0.63, 0.45, 0.05, 0.05), Region(0.85, 0.85, 0.1, 0.1)


def policy(*regions: Region, faces: str = "face_is_finding", by: str = "requester") -> Policy:
    return Policy(faces=faces, regions=regions, chosen_by=by)


def test_the_larger_face_of_a_mother_is_not_taken_for_the_childs() -> None:
    for by in ("requester", "reviewer"):
        with pytest.raises(Held) as held:
            open_faces([MOTHER, CHILD], policy(by=by))
        assert held.value.reason == "which_face"
    assert open_faces([MOTHER, CHILD], policy(ON_CHILD)) == [MOTHER]


@pytest.mark.parametrize("faces", ["face_is_finding", "keep_region"])
def test_where_the_regions_touch_nobody_all_who_are_seen_are_bystanders(faces: str) -> None:
    assert open_faces([MOTHER], policy(ELSEWHERE, faces=faces)) == [MOTHER]
    assert open_faces([MOTHER, CHILD], policy(ELSEWHERE, faces=faces)) == [MOTHER, CHILD]


def test_a_region_that_touches_two_faces_alike_does_not_tell_them_apart() -> None:
    close = Box(0.45, 0.4, 0.6, 0.6)
    with pytest.raises(Held):
        open_faces([MOTHER, close], policy(Region(0.44, 0.45, 0.12, 0.1)))


def test_the_only_face_is_the_patients_if_it_fills_the_picture_or_a_person_decided() -> None:
    assert open_faces([MOTHER], policy()) == []
    assert open_faces([CHILD], policy(by="reviewer")) == []
    with pytest.raises(Held):
        open_faces([CHILD], policy())


def test_a_region_that_leaves_a_whole_face_open_is_held_and_a_mouth_is_not() -> None:
    whole = [Region(row / 8, column / 8, 1 / 8, 1 / 8) for row in range(8) for column in range(8)]
    with pytest.raises(Held) as held:
        open_faces([MOTHER], policy(*whole, faces="keep_region"))
    assert held.value.reason == "region_too_large"
    lower_half = Region(0.1, 0.36, 0.4, 0.24)
    assert open_faces([MOTHER], policy(lower_half, faces="keep_region"))


def test_a_face_without_its_rim_is_the_whole_face_and_so_are_two_eyes_with_more_around_them() -> None:
    found = Box(0.2, 0.2, 0.6, 0.7, eyes=((0.32, 0.4), (0.48, 0.4)))
    turned = Box(0.2, 0.2, 0.6, 0.7)

    def opened(left: float, top: float, right: float, bottom: float, face: Box = found) -> str:
        try:
            covered = open_faces(
                [face.grown(1.3)], policy(Region(left, top, right - left, bottom - top), faces="keep_region")
            )
        except Held as held:
            return held.reason
        return "open" if covered else "none covered"

    assert opened(0.2, 0.2, 0.6, 0.7) == "region_too_large"
    assert opened(0.25, 0.25, 0.55, 0.65) == "region_too_large"
    assert opened(0.2, 0.2, 0.6, 0.6, turned) == "region_too_large"
    assert opened(0.2, 0.2, 0.6, 0.5, turned) == "open"
    assert opened(0.2, 0.55, 0.6, 0.75) == "open"
    assert opened(0.22, 0.34, 0.58, 0.45) == "open"
    assert opened(0.2, 0.2, 0.39, 0.75) == "open"


@pytest.mark.wide
def test_the_eyes_of_a_face_are_where_they_are_also_where_a_photo_is_looked_at_in_parts() -> None:
    net = load_detectors(find_models()).faces
    assert net is not None
    for side, left, top, look in ((800, 100, 80, all_faces_in), (1600, 1200, 900, small_faces_in)):
        scene, wide = Image.new("RGB", (side, side), (150, 150, 140)), side // 4 if look is all_faces_in else 90
        scene.paste(pictures.portrait(wide), (left, top))
        (face,) = look(net, np.asarray(scene))
        seen = [((x * side - left) / wide, (y * side - top) / wide) for x, y in face.eyes]
        assert np.abs(np.subtract(seen, [(0.41, 0.485), (0.66, 0.485)])).max() < 0.04


def test_the_face_that_was_found_opened_whole_is_held_though_what_is_around_it_stays_covered(run: Prepare) -> None:
    whole, mouth = Region(0.27, 0.2, 0.53, 0.72), Region(0.35, 0.68, 0.36, 0.2)
    data = files.encode(pictures.portrait(400), "PNG")
    asked: dict[str, Any] = {"faces": "keep_region", "text": "keep", "chosen_by": "reviewer"}
    report, _ = run(data, policy=Policy(regions=(whole,), **asked))
    assert (report.verdict, report.reason) == ("held", "region_too_large")
    report, _ = run(data, policy=Policy(regions=(mouth,), **asked))
    assert (report.verdict, report.reason) == ("ready", None)


def test_what_stays_open_is_the_patients_face_or_the_drawn_part_of_it() -> None:
    assert left_open([MOTHER, CHILD], [MOTHER], policy(ON_CHILD)) == [CHILD]
    (drawn,) = left_open([MOTHER, CHILD], [MOTHER], policy(ON_CHILD, faces="keep_region"))
    assert (drawn.left, drawn.top) == (ON_CHILD.left, ON_CHILD.top)
    assert left_open([MOTHER], [MOTHER], policy(ELSEWHERE, faces="keep_region")) == []
    assert left_open([MOTHER], [MOTHER], Policy()) == []
    assert [may_be_near(faces, policy()) for faces in ([], [CHILD])] == [True, False]
    assert not may_be_near([], Policy())


def test_a_face_that_stays_open_is_no_code_where_a_small_portrait_looks_like_one() -> None:
    scene = Image.new("RGB", (1600, 1200), (205, 170, 150))
    scene.paste(pictures.astronaut(400), (50, 0))
    left, top, right, bottom = (share * 400 for share in pictures.FACE)
    face = Box((50 + left) / 1600, top / 1200, (50 + right) / 1600, bottom / 1200)
    hidden = [mask for mask in find_codes(np.asarray(scene), (), Policy(), ()) if mask.what == "code"]
    assert any(box_of(mask).common(face) > 0.9 * face.area for mask in hidden)
    left_over = find_codes(np.asarray(scene), (), policy(), (face,))
    assert sum(box_of(mask).common(face) for mask in left_over) < 0.01 * face.area
    assert len(left_over) > len(hidden)
    whole, open_face = FilmCodes(), FilmCodes()
    open_face.shown = [face]
    grey = np.asarray(scene.convert("L"))
    hides = [sum(box.common(face) for *_, box in film.look(0.0, grey)) for film in (whole, open_face)]
    assert hides[0] > 0.9 * face.area > 0.1 * face.area > hides[1]


@pytest.mark.parametrize(("name", "side"), [("camera.png", 540), ("camera.png", 720), ("motorcycle_left.png", 240)])
def test_a_person_or_a_thing_before_a_wall_is_no_grid_of_modules(name: str, side: int) -> None:
    scene, picture = Image.new("RGB", (1600, 1200), (205, 170, 150)), pictures.shipped(name)
    scale = side / max(picture.size)
    scene.paste(picture.resize((round(picture.width * scale), round(picture.height * scale))), (200, 150))
    assert grids_in(halves_of(np.asarray(scene.convert("L")))) == []


def box_of(mask: Mask) -> Box:
    return Box(mask.left, mask.top, mask.left + mask.width, mask.top + mask.height)
