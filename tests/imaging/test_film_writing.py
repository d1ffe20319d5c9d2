"""Writing in a film that moves, comes late or stays for a moment is covered in every picture that shows it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from imaging import Policy
from imaging.boxes import Box
from imaging.following import follow
from tests.imaging import files
from tests.imaging.conftest import Prepare
from tests.imaging.test_film_masks import film_of, shown
from tests.spread import spread

SIZE = (640, 360)
PLATE = (170, 36)
WRITTEN = Policy(faces="keep")
RIM = 0.15
"""What of the plate may stay white: its rim, and less than two of its letters."""
BOX = Box(100 / 640, 150 / 360, 270 / 640, 186 / 360)


def plate_at(left: int | None, turn: float = 0.0) -> Image.Image:
    """Skin, and on it a plate with its left edge there, turned so far in degrees, or none."""
    scene = files.skin(*SIZE)
    if left is not None:
        plate = Image.new("RGB", PLATE, "white")
        ImageDraw.Draw(plate).text((6, 3), "MRN 4471902", fill="black", font=ImageFont.load_default(26))
        turned = plate.convert("RGBA").rotate(turn, Image.Resampling.BICUBIC, expand=True)
        middle = left + PLATE[0] // 2, 150 + PLATE[1] // 2
        scene.paste(turned, (middle[0] - turned.width // 2, middle[1] - turned.height // 2), turned)
    return scene


def bare(frame: np.ndarray) -> float:
    """What is white still, as a share of the plate."""
    return float((frame.min(axis=2) > 180).sum()) / (PLATE[0] * PLATE[1])


@pytest.mark.parametrize(
    ("number", "way", "turn"),
    spread(
        [
            pytest.param(21, lambda at: 230 + 190 * np.sin(np.pi * at), 0, id="away and back"),
            pytest.param(20, lambda at: 200 if at >= 0.2 else None, 0, id="late in a short film"),
            pytest.param(32, lambda at: 430 - 350 * (at - 2) if at >= 2.1 else None, 0, id="comes in and goes on"),
            pytest.param(30, lambda at: 10 + 150 * at, 90, id="carried past and turned"),
        ],
        1,
    ),
)
def test_writing_is_covered_in_every_picture_of_a_film(
    run: Prepare, number: int, way: Callable[[float], float | None], turn: float
) -> None:
    where = [None if (at := way(n / 10)) is None else round(at) for n in range(number)]
    pictures = [plate_at(left, turn * n / 10) for n, left in enumerate(where)]
    report, kept = run(film_of(pictures, options={"crf": "18"}), "video", WRITTEN)
    assert report.is_ready, report.reason
    frames = shown(kept.files["play"])
    assert len(frames) == number
    assert [n for n, frame in enumerate(frames) if bare(frame) > RIM] == []


def test_what_moved_is_followed_and_nothing_else_is_taken_for_it() -> None:
    before, now, other = (np.asarray(plate_at(left).convert("L")) for left in (100, 160, None))
    there = follow(before, now, BOX)
    assert there is not None
    assert (there.left, there.top, there.right) == pytest.approx((160 / 640, BOX.top, 330 / 640), abs=0.004)
    assert follow(before, other, BOX) is None
