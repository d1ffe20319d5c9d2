"""Words with their places on a page, and the lines that they stand in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_SAME_LINE = 0.5
"""Share of the lower word's height that two words of one line have in common."""


@dataclass(frozen=True)
class Word:
    """One word; its edges are pixels of the page's picture.

    `quarters` says how often the picture must be turned counter-clockwise until the word is upright. `is_exact` says
    that its letters were not made out by a reader but are what was drawn; `is_word` that a reader who was sure of it
    knows it as a word of its language.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float = 100.0
    quarters: int = 0
    is_exact: bool = False
    is_word: bool = False

    @property
    def height(self) -> float:
        """How high the word is."""
        return self.bottom - self.top


Line = Sequence[Word]


def in_lines(words: Iterable[Word]) -> list[Line]:
    """Put words that stand side by side into lines, from top to bottom and from left to right."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda entry: (entry.top + entry.bottom, entry.left)):
        home = next((line for line in reversed(lines[-8:]) if _stand_together(line[-1], word)), None)
        if home is None:
            lines.append([word])
        else:
            home.append(word)
    return [sorted(line, key=lambda entry: entry.left) for line in lines]


def _stand_together(first: Word, second: Word) -> bool:
    common = min(first.bottom, second.bottom) - max(first.top, second.top)
    return common >= _SAME_LINE * min(first.height, second.height)
