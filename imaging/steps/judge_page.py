"""Gives advice on a photo of paper; a page that was drawn from a PDF is as sharp as it can be."""

from PIL import Image

from imaging.steps.judge_quality import judge_quality


def judge_page(first: Image.Image, media_type: str) -> dict[str, object]:
    """Return the advice on the first page."""
    return {} if media_type == "application/pdf" else judge_quality(first)
