"""What a paper says, part by part, without a word about how it looks."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Style(StrEnum):
    """How the lines of a part belong together."""

    TEXT = "text"
    FACTS = "facts"
    STEPS = "steps"
    POINTS = "points"
    WARNING = "warning"
    MARK = "mark"


@dataclass(frozen=True)
class Line:
    """One line of a part: words, and beside them what they are called or who does it."""

    text: str
    beside: str = ""


@dataclass(frozen=True)
class Part:
    """Lines under one heading. `language` is theirs, where it differs from the paper's."""

    heading: str
    lines: Sequence[Line]
    style: Style = Style.TEXT
    language: str = ""


@dataclass(frozen=True)
class Leaflet:
    """A whole paper. `made_at` is its one date, in seconds; `letters` the size of its letters in points.

    `page` is how a page names itself, with `{page}` and `{pages}`; `unprintable` is said where letters were replaced.
    """

    title: str
    author: str
    language: str
    footer: str
    page: str
    unprintable: str
    made_at: int
    letters: float = 10.5
    parts: Sequence[Part] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        """The same for the process that sets it."""
        return asdict(self)
