"""One place of a picture that was covered, and what is told of it: a box and who found it, never what it showed."""

from collections.abc import Sequence
from dataclasses import dataclass

from imaging.boxes import Box

FILL = (52, 58, 64)
"""The colour of the masks, in sRGB."""
FILL_IN_FILMS = (65, 131, 125)
"""The same as video stores it: lightness, blue, red."""


@dataclass(frozen=True)
class Mask:
    """A covered box. `left`, `top`, `width` and `height` are shares of the upright picture, 0 to 1.

    `what` is `face`, `text`, `code` or `identifier`. `detector` names what found it, with its version, and
    `threshold` is the score it asked for. `copy` is the one rendition that the box lies in (`page-3`); without it
    the box lies in every picture of the file. In a film it is shown from `begins` to `ends`, in seconds. `on_face` is
    said of what was covered within a face that stays open, where it may hide the finding.
    """

    what: str
    left: float
    top: float
    width: float
    height: float
    detector: str = ""
    threshold: float = 0.0
    copy: str | None = None
    begins: float | None = None
    ends: float | None = None
    on_face: bool = False

    def is_at(self, at: float) -> bool:
        """Whether it is shown at this second of a film."""
        return (self.begins is None or self.begins <= at) and (self.ends is None or at <= self.ends)

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom in a picture of this size, clipped to it."""
        left, top = max(0, round(self.left * width)), max(0, round(self.top * height))
        right = min(width, round((self.left + self.width) * width))
        return left, top, right, min(height, round((self.top + self.height) * height))


def box_mask(what: str, box: Box, detector: str, threshold: float, shown: Sequence[Box] = ()) -> Mask:
    """Return a mask over a box; `shown` are the faces of the picture that stay open."""
    edges = (round(edge, 5) for edge in (box.left, box.top, box.right - box.left, box.bottom - box.top))
    left, top, width, height = edges
    return Mask(
        what, left, top, width, height, detector, threshold, on_face=any(box.common(face) > 0 for face in shown)
    )
