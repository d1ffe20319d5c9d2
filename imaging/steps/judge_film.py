"""Advice on a film: that on one picture of it, and how much of it could not be read."""

from collections.abc import Mapping

from PIL import Image

from imaging.steps.judge_quality import judge_quality


def judge_film(view: Image.Image, unread: Mapping[str, float]) -> dict[str, object]:
    """Return the verdicts with the figures behind them, and what could not be read, where there was something."""
    return {**judge_quality(view), **unread}
