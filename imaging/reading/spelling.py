"""How a name may be spelled, and whether a word that was read is one of its spellings."""

import functools
import re
import unicodedata
from collections.abc import Iterator

from imaging.reading.confusion import is_misreading
from imaging.reading.lab_words import LAB_WORDS

PARTICLES = frozenset(
    (
        "de",
        "la",
        "las",
        "los",
        "lo",
        "del",
        "dela",
        "delas",
        "delos",
        "y",
        "e",
        "da",
        "do",
        "dos",
        "das",
        "van",
        "von",
        "der",
        "den",
        "di",
        "el",
        "al",
    )
)
_ALIKE_FROM = 4
_TWO_WRONG_FROM = 7


def fold(text: str) -> str:
    """Return letters and digits alone, small and without marks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def parts_of(name: str) -> Iterator[str]:
    """Yield the folded parts of a name that tell somebody apart; `de la` does not."""
    for part in re.split(r"[^\w]+", name):
        folded = fold(part)
        if folded and folded not in PARTICLES:
            yield folded


def is_alike(word: str, part: str, confidence: float = 100.0) -> bool:
    """Whether a folded word, read with this confidence, is a name's folded part, or could be it misread.

    Words that laboratories print again and again are what they are.
    """
    return word == part or (word not in LAB_WORDS and is_misreading(word, part, confidence))


@functools.lru_cache(maxsize=4096)
def is_lab_word(word: str) -> bool:
    """Whether a folded word is one that laboratories print, or could be one misread."""
    if word in LAB_WORDS:
        return True
    wrong_most = 2 if len(word) >= _TWO_WRONG_FROM else 1
    return len(word) > _ALIKE_FROM and any(distance(word, known, wrong_most) <= wrong_most for known in LAB_WORDS)


def is_misread(word: str, part: str) -> bool:
    """Whether a folded word is another with at most one letter wrong."""
    return word == part or distance(word, part, 1) <= 1


def distance(first: str, second: str, enough: int) -> int:
    """Return the edit distance, or more than enough as soon as that is clear."""
    if abs(len(first) - len(second)) > enough:
        return enough + 1
    row = list(range(len(second) + 1))
    for number, letter in enumerate(first, 1):
        last, row[0] = row[0], number
        for place, other in enumerate(second, 1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (letter != other))
        if min(row) > enough:
            return enough + 1
    return row[-1]
