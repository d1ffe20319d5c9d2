"""Through a film the face that was chosen stays open, and a bystander's stays covered."""

import numpy as np
import pytest
from PIL import Image

from imaging import TREATMENT_USE, Policy, Region
from imaging.boxes import Box
from imaging.choice import divided
from imaging.film_patient import FilmPatient
from imaging.refusal import Held
from tests.imaging import pictures
from tests.imaging.conftest import Prepare
from tests.imaging.test_film_masks import film_of, is_grey, shown

CHILD, MOTHER = Box(0.2, 0.3, 0.35, 0.6), Box(0.7, 0.2, 0.9, 0.6)
REVIEWED = Policy(faces="face_is_finding", text="keep", chosen_by="reviewer")


def moved(box: Box, by: float) -> Box:
    return Box(box.left + by, box.top, box.right + by, box.bottom)


def test_a_bystander_who_comes_later_is_covered_and_the_patient_is_not() -> None:
    patient = FilmPatient(REVIEWED)
    assert patient.to_cover([CHILD]) == []
    assert patient.to_cover([moved(CHILD, 0.05), MOTHER]) == [MOTHER]
    assert patient.to_cover([MOTHER]) == [MOTHER]
    assert patient.to_cover([MOTHER, moved(CHILD, 0.1)]) == [MOTHER]


def test_where_two_are_there_from_the_beginning_the_drawn_region_says_who_it_is() -> None:
    with pytest.raises(Held):
        FilmPatient(REVIEWED).to_cover([CHILD, MOTHER])
    drawn = Policy(faces="face_is_finding", regions=(Region(0.25, 0.4, 0.05, 0.05),), chosen_by="reviewer")
    patient = FilmPatient(drawn)
    assert patient.to_cover([CHILD, MOTHER]) == [MOTHER]
    for step in range(1, 8):
        assert patient.to_cover([MOTHER, moved(CHILD, 0.05 * step)]) == [MOTHER]


def test_where_two_could_be_the_patient_neither_is_shown() -> None:
    patient = FilmPatient(REVIEWED)
    patient.to_cover([CHILD])
    beside, other = moved(CHILD, 0.1), moved(CHILD, -0.1)
    assert patient.to_cover([beside, other]) == [beside, other]


def test_two_boxes_around_the_patients_face_are_one_face() -> None:
    patient = FilmPatient(REVIEWED)
    patient.to_cover([CHILD])
    assert patient.to_cover([CHILD, moved(CHILD, 0.02)]) == []


def test_other_policies_are_as_in_a_photo() -> None:
    assert FilmPatient(Policy()).to_cover([CHILD]) == [CHILD]
    with pytest.raises(Held):
        FilmPatient(Policy(faces="keep_region")).to_cover([CHILD])
    with pytest.raises(Held):
        FilmPatient(Policy(faces="face_is_finding", chosen_by="requester")).to_cover([CHILD])


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


def test_who_comes_before_the_ticked_part_is_covered_there_too() -> None:
    drawn = Policy(faces="keep_region", regions=(Region(0.22, 0.5, 0.1, 0.08),), chosen_by="reviewer")
    before = moved(CHILD, 0.13)
    whole, in_part = divided([CHILD, before], drawn)
    assert (whole, in_part) == ([before], [CHILD])


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
