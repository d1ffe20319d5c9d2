"""How a name may be spelled, and whether a word that was read is one of its spellings."""

import functools
import re
import unicodedata
from collections.abc import Iterator

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
_MISREADINGS = (
    ("fi", "n"), ("fl", "n"), ("ji", "n"), ("ii", "n"), ("ii", "u"), ("it", "n"), ("ti", "n"), ("rn", "m"), ("ri", "n"),
    ("0", "o"), ("1", "l"), ("5", "s"), ("8", "b"), ("vv", "w"), ("cl", "d"),
)  # fmt: skip
"""What a reader of English makes of ñ and of letters that run together."""
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


def is_alike(word: str, part: str) -> bool:
    """Whether a folded word is a name's folded part, or could be it misread."""
    if word == part:
        return True
    if len(part) < _ALIKE_FROM or abs(len(word) - len(part)) > 4 or word in LAB_WORDS:
        return False
    readings = {word, *_reread(word)}
    if part in readings:
        return True
    wrong_most = 2 if len(part) >= _TWO_WRONG_FROM else 1
    return any(distance(reading, part, wrong_most) <= wrong_most for reading in readings)


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


@functools.lru_cache(maxsize=4096)
def _reread(word: str) -> frozenset[str]:
    """Return what a word may have been before letters ran together, up to two such mishaps."""
    once = {word.replace(seen, meant) for seen, meant in _MISREADINGS if seen in word}
    twice = {text.replace(seen, meant) for text in once for seen, meant in _MISREADINGS if seen in text}
    return frozenset(once | twice)


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
