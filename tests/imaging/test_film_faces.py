"""A face that moves fast through a film, or is shaken in it, is covered in every picture of it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from imaging.boxes import Box
from imaging.film_faces import FACE, IN_PART, Covered, FaceWays
from imaging.following import is_among
from tests.imaging import pictures
from tests.imaging.conftest import Prepare
from tests.imaging.test_film_masks import FACES_ONLY, GREY, film_of, shown
from tests.spread import spread

Way = Callable[[float], float | None]
SCALE, RATE, SIDE, TOP = 0.375, 15, 112, 80
"""Pictures of 480 x 270, of which all speeds and ways are told as of 1280 x 720."""
OPEN = 0.4
"""The least share of what is seen of the face, from brow to chin, that must be uncovered for it to be open."""


def passing(speed: float, since: float = 0.3) -> Way:
    """Through the picture, from its left edge to its right one, at so many pixels a second."""
    ends = since + 1580 / speed
    return lambda at: -300 + speed * (at - since) if since <= at <= ends else None


def shaken(width: float, often: float) -> Way:
    return lambda at: 490 + width * math.sin(2 * math.pi * at * often)


def into_and_back(at: float) -> float | None:
    """In at the right edge, a moment in the picture, and out again at the same."""
    return 1280 - 520 * math.sin(math.pi * (at - 0.35) / 0.4) if 0.35 <= at <= 0.75 else None


def blurred(at: float, way: Way, face: Image.Image) -> Image.Image:
    """The picture of a camera that was open for a sixtieth of a second."""
    scenes = []
    for left in (way(at - 1 / 120), way(at), way(at + 1 / 120)):
        scene = Image.new("RGB", (480, 270), (90, 90, 90))
        if left is not None:
            scene.paste(face, (round(left * SCALE), TOP))
        scenes.append(scene)
    return Image.blend(Image.blend(scenes[0], scenes[2], 1 / 2), scenes[1], 1 / 3)


def film_with(way: Way, seconds: float, rate: int) -> bytes:
    face = pictures.portrait(SIDE)
    return film_of([blurred(number / rate, way, face) for number in range(round(seconds * rate))], rate)


def open_pictures(copy: bytes, way: Way, rate: int) -> list[tuple[int, float]]:
    """The number of each picture in which the face is open, and how much of it."""
    bare = ((number, openness(frame, way(number / rate))) for number, frame in enumerate(shown(copy)))
    return [(number, round(share, 2)) for number, share in bare if share > OPEN]


def openness(frame: np.ndarray, left: float | None) -> float:
    """How much of what is in the picture of the face's middle is uncovered; 0 where too little of it is in there."""
    if left is None:
        return 0.0
    begins, ends = (max(0, min(480, round(left * SCALE) + edge)) for edge in (SIDE // 4, 3 * SIDE // 4))
    part = frame[TOP + SIDE // 5 : TOP + 4 * SIDE // 5, begins:ends]
    return float((np.abs(part - GREY).max(axis=2) > 20).mean()) if ends - begins >= 0.6 * SIDE / 2 else 0.0


CASES = {
    "600 pixels a second": (passing(600), 2.2),
    "shaken": (shaken(250, 2.2), 1.2),
    "shaken as often as is looked": (shaken(130, 5), 1.0),
    "1000 pixels a second": (passing(1000), 1.9),
    "into the picture and back": (into_and_back, 1.0),
    "shaken widely": (shaken(400, 1), 1.4),
    "1600 pixels a second": (passing(1600), 1.3),
}


@pytest.mark.parametrize("case", spread(CASES, 2))
def test_a_face_that_moves_fast_is_covered_in_every_picture(run: Prepare, case: str) -> None:
    way, seconds = CASES[case]
    report, kept = run(film_with(way, seconds, RATE), "video", FACES_ONLY)
    assert report.is_ready, report.reason
    assert len(shown(kept.files["play"])) == round(seconds * RATE)
    assert open_pictures(kept.files["play"], way, RATE) == []


def at(left: float) -> Box:
    return Box(left, 0.3, left + 0.1, 0.5)


def covered(found: list[Covered], moment: float, box: Box) -> bool:
    return any(begins <= moment <= ends and is_among(box, [seen], 0.99) for begins, ends, _, seen in found)


def test_a_face_is_joined_with_where_it_was_and_carried_on_to_where_it_came_from_and_went() -> None:
    ways = FaceWays()
    found: list[Covered] = []
    for moment, boxes in [(1.0, [at(0.3)]), (1.2, []), (1.6, [at(0.75)]), (1.8, [])]:
        found += ways.look(moment, boxes, [])
    assert all(covered(found, 1.3, at(left)) for left in (0.3, 0.5, 0.75)), "nothing was found for a while"
    assert covered(found, 0.7, at(0.0))
    assert covered(found, 2.0, at(0.9))
    assert not covered(found, 2.2, at(0.9))


def test_a_part_that_stays_open_is_joined_with_nobody_who_was_far_off() -> None:
    ways = FaceWays()
    before = list(ways.look(1.0, [at(0.1)], []))
    assert [what for _, _, what, _ in before] == [FACE]
    after = [(what, box) for _, _, what, box in ways.look(1.2, [], [at(0.6)])]
    assert after == [(IN_PART, at(0.6)), (FACE, at(0.1))]
