"""Advice on a photo, judged before anything in it is covered: a solid box would look like an edge, or like the dark."""

from imaging.pixels import Pixels
from imaging.steps.judge_quality import judge_pixels

_LEAST_SIDE, _LEAST_PIXELS = 480, 500_000


def judge_photo(small: Pixels, width: int, height: int) -> dict[str, object]:
    """Return what `judge_pixels` says of the upright pixels, and whether the photo had enough of them."""
    is_low = min(width, height) < _LEAST_SIDE or width * height < _LEAST_PIXELS
    return {**judge_pixels(small), "resolution": "low" if is_low else "good"}
