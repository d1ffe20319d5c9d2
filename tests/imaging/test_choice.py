"""Whose face stays open: never a bystander's, and nobody's where it is not certain."""

import pytest

from imaging.boxes import Box
from imaging.choice import left_open, may_be_near, open_faces
from imaging.policy import Policy, Region
from imaging.refusal import Held

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


def test_what_stays_open_is_the_patients_face_or_the_drawn_part_of_it() -> None:
    assert left_open([MOTHER, CHILD], [MOTHER], policy(ON_CHILD)) == [CHILD]
    (drawn,) = left_open([MOTHER, CHILD], [MOTHER], policy(ON_CHILD, faces="keep_region"))
    assert (drawn.left, drawn.top) == (ON_CHILD.left, ON_CHILD.top)
    assert left_open([MOTHER], [MOTHER], policy(ELSEWHERE, faces="keep_region")) == []
    assert left_open([MOTHER], [MOTHER], Policy()) == []
    assert [may_be_near(faces, policy()) for faces in ([], [CHILD])] == [True, False]
    assert not may_be_near([], Policy())
