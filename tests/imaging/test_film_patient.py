"""Through a film the face that was chosen stays open, and a bystander's stays covered."""

import numpy as np
import pytest
from PIL import Image

from imaging import TREATMENT_USE, Policy, Region
from imaging.boxes import Box
from imaging.choice import around
from imaging.film_patient import FilmPatient
from imaging.refusal import Held
from tests.imaging import pictures
from tests.imaging.conftest import Prepare
from tests.imaging.test_film_masks import film_of, is_grey, shown
from tests.spread import spread

CHILD, MOTHER = Box(0.2, 0.3, 0.35, 0.6), Box(0.7, 0.2, 0.9, 0.6)
REVIEWED = Policy(faces="face_is_finding", text="keep", chosen_by="reviewer")
PART = Policy(faces="keep_region", regions=(Region(0.22, 0.5, 0.1, 0.08),), chosen_by="reviewer")
LOST = "patient_covered_later"


def moved(box: Box, by: float) -> Box:
    return Box(box.left + by, box.top, box.right + by, box.bottom)


class Looks:
    """Looks at a film, five in a second, and whom the patient's choice covers in each."""

    def __init__(self, policy: Policy = REVIEWED) -> None:
        self._patient, self._at = FilmPatient(policy), 0.0

    def __call__(self, *faces: Box, after: float = 0.2) -> list[Box]:
        self._at += after
        whole, in_part = self._patient.to_cover(self._at, list(faces))
        return whole + around(in_part, PART)


def test_a_bystander_who_comes_later_is_covered_and_the_patient_is_not() -> None:
    look = Looks()
    assert look(CHILD) == []
    assert look(moved(CHILD, 0.05), MOTHER) == [MOTHER]
    assert look(MOTHER) == [MOTHER]
    assert look(MOTHER, moved(CHILD, 0.1)) == [MOTHER]


@pytest.mark.parametrize("policy", [REVIEWED, PART, Policy(faces="face_is_finding", regions=PART.regions)])
@pytest.mark.parametrize("other", [moved(CHILD, 0.2), Box(0.165, 0.235, 0.385, 0.665)], ids=["elsewhere", "larger"])
@pytest.mark.parametrize("after", [0.2, 0.6, 1.3])
def test_who_is_seen_alone_after_the_patient_at_another_place_or_size_is_covered(
    policy: Policy, other: Box, after: float
) -> None:
    look = Looks(policy)
    assert look(CHILD) != [CHILD]
    assert look(other, after=after) == [other]
    assert look(other) == [other], "nor is it the patient when it stays"


def test_a_patient_who_turns_away_for_a_moment_is_known_at_the_same_place_and_not_after_a_longer_time() -> None:
    beside, near = moved(CHILD, 0.1), moved(CHILD, 0.05)
    look = Looks()
    look(CHILD)
    assert look(beside, after=0.7) == [beside], "too far for one who was not seen"
    look = Looks()
    look(CHILD)
    assert look(near, after=0.9) == []
    assert look(CHILD, after=1.3) == [CHILD]
    assert look(CHILD) == [CHILD]


def test_who_comes_to_the_place_of_a_patient_that_is_hidden_is_covered() -> None:
    look, beside = Looks(), moved(CHILD, 0.18)
    look(CHILD)
    assert look(CHILD, beside) == [beside]
    for step in range(1, 4):
        coming = moved(beside, -0.06 * step)
        assert look(coming) == [coming]


def test_a_face_that_was_seen_elsewhere_alone_is_no_patient_when_it_is_at_the_patients_place() -> None:
    look, beside = Looks(), moved(CHILD, 0.2)
    look(CHILD)
    assert look(beside) == [beside]
    assert look(CHILD) == [CHILD], "in one quick step"
    look = Looks()
    look(CHILD)
    assert look(MOTHER) == [MOTHER]
    assert look(CHILD, MOTHER) == [MOTHER], "she is still where she was"


def test_where_two_are_there_from_the_beginning_the_drawn_region_says_who_it_is() -> None:
    with pytest.raises(Held):
        Looks()(CHILD, MOTHER)
    look = Looks(Policy(faces="face_is_finding", regions=PART.regions, chosen_by="reviewer"))
    assert look(CHILD, MOTHER) == [MOTHER]
    for step in range(1, 8):
        assert look(MOTHER, moved(CHILD, 0.05 * step)) == [MOTHER]


@pytest.mark.parametrize("policy", [PART, Policy(faces="face_is_finding", regions=PART.regions)])
def test_a_drawn_region_finds_its_face_in_the_first_second_or_never(policy: Policy) -> None:
    look = Looks(policy)
    assert look(MOTHER) == [MOTHER]
    assert CHILD not in look(MOTHER, CHILD)
    look = Looks(policy)
    assert look(MOTHER) == [MOTHER]
    assert look(MOTHER, after=1.0) == [MOTHER]
    assert look(CHILD) == [CHILD]


def test_where_two_could_be_the_patient_neither_is_shown() -> None:
    look = Looks()
    look(CHILD)
    beside, other = moved(CHILD, 0.1), moved(CHILD, -0.1)
    assert look(beside, other) == [beside, other]


def test_two_boxes_around_the_patients_face_are_one_face() -> None:
    look = Looks()
    look(CHILD)
    assert look(CHILD, moved(CHILD, 0.02)) == []


def test_other_policies_are_as_in_a_photo() -> None:
    assert Looks(Policy())(CHILD) == [CHILD]
    with pytest.raises(Held):
        Looks(Policy(faces="keep_region"))(CHILD)
    with pytest.raises(Held):
        Looks(Policy(faces="face_is_finding", chosen_by="requester"))(CHILD)


def test_a_followed_face_that_comes_to_lie_open_under_the_ticked_part_is_held() -> None:
    look = Looks(PART)
    look(CHILD)
    with pytest.raises(Held) as held:
        for step in range(1, 9):
            look(Box(0.2 + 0.008 * step, 0.3 + 0.025 * step, 0.35 - 0.004 * step, 0.6))
    assert held.value.reason == "region_too_large"


@pytest.mark.parametrize("faces", spread(["face_is_finding", "keep_region"], 1))
@pytest.mark.wide
def test_the_phone_is_turned_to_somebody_else_who_stays_covered(run: Prepare, faces: str) -> None:
    """A child that fills the picture and looks away once, a second of floor, then another: larger, over the tick."""

    def picture(number: int) -> Image.Image:
        scene = Image.new("RGB", (640, 360), (150, 150, 140))
        if number < 14 and number not in range(5, 10):
            scene.paste(pictures.portrait(240), (60, 90))
        if number >= 24:
            scene.paste(pictures.portrait(340).transpose(Image.Transpose.FLIP_LEFT_RIGHT), (100, 10))
        return scene

    region = (Region(155 / 640, 250 / 360, 50 / 640, 25 / 360),) if faces == "keep_region" else ()
    policy = Policy(faces=faces, text="keep", regions=region, chosen_by="reviewer")
    report, kept = run(film_of([picture(number) for number in range(40)]), "video", policy)
    assert (report.is_ready, report.open_faces) == (True, 1), report.reason
    assert LOST in report.residual
    frames = shown(kept.files["play"])
    assert len(frames) == 40
    assert not any(is_grey(frame[256:270, 160:200]) for frame in frames[:5] + frames[10:14])
    for frame in frames[24:]:
        assert is_grey(frame[80:290, 200:320])
        assert is_grey(frame[256:270, 160:200])


@pytest.mark.wide
def test_the_ticked_part_of_a_face_opens_in_a_film_and_closes_when_the_face_has_left_it(run: Prepare) -> None:
    """The mouth of a child that nods a little, beside a bystander; then the child goes to where nothing is ticked."""
    mouth = (60 + 55, 90 + 100, 60 + 105, 90 + 130)

    def picture(number: int) -> Image.Image:
        scene = Image.new("RGB", (640, 360), (150, 150, 140))
        at = 60 + number % 2 if number < 20 else 300
        scene.paste(pictures.portrait(150), (at, 90))
        if number < 20:
            scene.paste(pictures.portrait(140).transpose(Image.Transpose.FLIP_LEFT_RIGHT), (250, 100))
        return scene

    left, top, right, bottom = mouth
    region = Region(left / 640, top / 360, (right - left) / 640, (bottom - top) / 360)
    policy = Policy(faces="keep_region", text="keep", regions=(region,), chosen_by="reviewer")
    report, kept = run(film_of([picture(number) for number in range(40)]), "video", policy)
    assert (report.is_ready, report.open_faces) == (True, 1), report.reason
    frames = shown(kept.files["play"])
    for frame in frames[:14]:
        assert np.abs(frame[top + 4 : bottom - 4, left + 4 : right - 4] - (52, 58, 64)).mean() > 40
        assert is_grey(frame[150:180, 110:170])
        assert is_grey(frame[top + 4 : bottom - 4, left - 14 : left - 2])
        assert is_grey(frame[150:200, 295:345])
    for frame in frames[20:]:
        assert is_grey(frame[130:200, 350:400])


def test_who_comes_late_under_the_tick_is_covered_and_no_face_is_counted_open(run: Prepare) -> None:
    def picture(number: int) -> Image.Image:
        scene = Image.new("RGB", (640, 360), (150, 150, 140))
        scene.paste(pictures.portrait(150), (60 if number < 14 else 300, 90))
        return scene

    policy = Policy(faces="keep_region", text="keep", regions=(Region(0.55, 0.53, 0.08, 0.08),), chosen_by="reviewer")
    report, kept = run(film_of([picture(number) for number in range(20)]), "video", policy)
    assert (report.is_ready, report.open_faces) == (True, 0), report.reason
    assert all(is_grey(frame[150:200, 350:400]) for frame in shown(kept.files["play"])[14:])


def test_who_comes_before_the_ticked_part_is_covered_there_too() -> None:
    look, before = Looks(PART), moved(CHILD, 0.13)
    assert look(CHILD, before) == [before, *around([CHILD], PART)]
    assert look(before) == [before]


@pytest.mark.wide
def test_the_reviewers_choice_holds_for_a_film_into_which_somebody_walks(run: Prepare) -> None:
    def picture(number: int) -> Image.Image:
        scene = Image.new("RGB", (640, 360), (150, 150, 140))
        scene.paste(pictures.portrait(150), (60, 90))
        if number >= 12:
            scene.paste(pictures.portrait(140).transpose(Image.Transpose.FLIP_LEFT_RIGHT), (400, 100))
        return scene

    data = film_of([picture(number) for number in range(24)])
    asked, _ = run(data, "video", Policy(faces="face_is_finding", text="keep", chosen_by="requester"))
    assert (asked.verdict, asked.reason) == ("held", "which_face")
    report, kept = run(data, "video", REVIEWED)
    assert report.is_ready, report.reason
    frames = shown(kept.files["play"])
    assert not any(is_grey(frame[130:190, 110:160]) for frame in frames)
    assert all(is_grey(frame[140:190, 445:495]) for frame in frames[12:])
    assert np.median(frames[0][140:190, 445:495]) > 120
    told = report.policy
    assert report.open_faces == 1
    assert (told["faces"], told["chosen_by"], report.label) == ("face_is_finding", "reviewer", TREATMENT_USE)
    assert "patient_face" in report.residual
