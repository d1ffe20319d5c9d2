"""What is drawn over a photo, in words: the fixed list that goes with it, and where each mark is."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from econsult.consults.marks import ARROW, BOX, ELLIPSE, LINE, WORDS, Mark
from econsult.errors import InvalidError
from web.words.language import gettext

SAID = {
    "closer": _l("Come closer"),
    "farther": _l("Step back a little"),
    "in_focus": _l("Hold still until it is sharp"),
    "more_light": _l("Use more light"),
    "less_glare": _l("No flash, no shine"),
    "ruler": _l("Put a ruler or a coin beside it"),
    "this_edge": _l("Show this edge"),
    "whole_area": _l("Show the whole area"),
    "other_angle": _l("Take it from another side"),
}
"""The words of the list, for whoever asks and whoever takes the photo."""
SHAPES = {ELLIPSE: _l("Circle"), ARROW: _l("Arrow"), BOX: _l("Box"), LINE: _l("Line")}
PLACES = {
    "nw": _l("top left"),
    "n": _l("top"),
    "ne": _l("top right"),
    "w": _l("left"),
    "c": _l("in the middle"),
    "e": _l("right"),
    "sw": _l("bottom left"),
    "s": _l("bottom"),
    "se": _l("bottom right"),
}
"""Nine parts of a picture, row by row."""
SIZES = {"small": _l("Small"), "medium": _l("Medium"), "large": _l("Large")}


def said_words(codes: tuple[str, ...]) -> list[str]:
    """Words of the list in the language of this request, in the list's order."""
    return [str(SAID[code]) for code in WORDS if code in codes]


def told_mark(mark: Mark) -> str:
    """One mark for who does not see it: "Circle, top left"."""
    return gettext("%(shape)s, %(place)s", shape=SHAPES[mark.shape], place=PLACES[place_of(mark)])


def place_of(mark: Mark) -> str:
    """In which of the nine parts the middle of a mark is; of an arrow, what it points at."""
    points = mark.points[-1:] if mark.shape == ARROW else mark.points
    across = _third([x for x, _ in points])
    down = _third([y for _, y in points])
    return list(PLACES)[3 * down + across]


def _third(values: list[float]) -> int:
    return min(int((min(values) + max(values)) / 2 * 3), 2)


def refusal_words(error: InvalidError) -> str:
    """Why a photo cannot be marked, or asked for again, in a sentence."""
    told = {
        "not_a_photo": gettext("Only a photo can be marked. Write in words what a video or a document should show."),
        "on_list": gettext("This photo is in your question already, or you took it back. Ask for it in words."),
        "not_ready": gettext("This photo cannot be looked at now, so it cannot be marked or asked for again."),
        "private_site": gettext("No family is asked for a photo of a private place. Ask the clinic."),
        "too_many": gettext("These are too many marks. Take some away, or draw shorter lines."),
        "too_small": gettext("This mark is too small to be seen. Draw it larger."),
    }
    return next((told[code] for code in error.fields.values() if code in told), gettext("This mark cannot be kept."))
