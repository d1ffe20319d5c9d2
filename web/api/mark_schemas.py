"""What is drawn over a photo that should be taken again, as JSON Schema. Places are fractions of the picture."""

from __future__ import annotations

from econsult.consults.marks import MOST_MARKS, MOST_POINTS, SHAPES, WORDS
from econsult.consults.retakes import MOST_RETAKES
from web.api.described import COUNT, INSTANT, closed, listed, text

POINT = listed({"type": "number"}, 2)
MARK = closed(("shape", "points"), shape=text(16, *SHAPES), points=listed(POINT, MOST_POINTS))
_DRAWN = {"marks": listed(MARK, MOST_MARKS), "words": listed(text(16, *WORDS), len(WORDS))}
RETAKES_IN = listed(closed(("attachment_id",), attachment_id=text(32), **_DRAWN), MOST_RETAKES)
RETAKE = closed(
    ("id", "attachment_id", "version", "width", "height", "marks", "words", "taken"),
    id=text(),
    attachment_id=text(),
    version=COUNT,
    width=COUNT,
    height=COUNT,
    **_DRAWN,
    sent_at=INSTANT,
    taken=listed(text(), 1000),
)
