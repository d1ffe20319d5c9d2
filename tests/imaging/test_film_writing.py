"""Writing in a film that moves, comes late or stays for a moment is covered in every picture that shows it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from imaging import Policy
from tests.imaging import files
from tests.imaging.conftest import Prepare
from tests.imaging.test_film_masks import film_of, shown

SIZE = (640, 360)
PLATE = (170, 36)
WRITTEN = Policy(faces="keep")


def plate_at(left: int | None) -> Image.Image:
    """Skin, and on it a plate with its left edge there, or none."""
    scene = files.skin(*SIZE)
    if left is not None:
        draw = ImageDraw.Draw(scene)
        draw.rectangle((left, 150, left + PLATE[0], 150 + PLATE[1]), fill="white")
        draw.text((left + 6, 153), "MRN 4471902", fill="black", font=ImageFont.load_default(26))
    return scene


def bare(frame: np.ndarray, left: int) -> float:
    """The share of the plate that is white still."""
    plate = frame[152 : 150 + PLATE[1] - 2, max(0, left + 2) : left + PLATE[0] - 2]
    return float((plate.min(axis=2) > 180).mean())


@pytest.mark.parametrize(
    ("number", "way"),
    [
        pytest.param(30, lambda at: 10 + 150 * at, id="carried past"),
        pytest.param(21, lambda at: 230 + 190 * np.sin(np.pi * at), id="away and back"),
        pytest.param(20, lambda at: 200 if at >= 0.2 else None, id="late in a short film"),
        pytest.param(32, lambda at: 430 - 350 * (at - 2) if at >= 2.1 else None, id="comes in and goes on"),
    ],
)
def test_writing_is_covered_in_every_picture_of_a_film(
    run: Prepare, number: int, way: Callable[[float], float | None]
) -> None:
    where = [None if (at := way(n / 10)) is None else round(at) for n in range(number)]
    report, kept = run(film_of([plate_at(left) for left in where], options={"crf": "18"}), "video", WRITTEN)
    assert report.is_ready, report.reason
    frames = shown(kept.files["play"])
    assert len(frames) == number
    plates = [(n, left) for n, left in enumerate(where) if left is not None]
    assert [(n, left) for n, left in plates if bare(frames[n], left) > 0.1] == []
