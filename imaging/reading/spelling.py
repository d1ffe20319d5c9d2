"""How a name may be spelled, and whether a word that was read is one of its spellings."""

import functools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from imaging.reading.confusion import is_misreading
from imaging.reading.lab_words import LAB_WORDS

PARTICLES = frozenset(
    ("de", "la", "las", "los", "lo", "del", "dela", "delas", "delos", "y", "e", "da", "do", "dos", "das", "van", "von",
     "der", "den", "di", "el", "al")
)  # fmt: skip
_ALIKE_FROM = 4
_TWO_WRONG_FROM = 7


def _table(rows: str) -> dict[str, tuple[str, ...]]:
    """Read `ł:l` or `ø:o,oe`: a letter and what may stand in its place; `-` is nothing."""
    pairs = (row.split(":") for row in rows.split())
    return {letter: tuple(one.strip("-") for one in ways.split(",")) for letter, ways in pairs}


_PLAIN = str.maketrans({
    letter: ways[0]
    for letter, ways in _table(
        "ł:l ø:o đ:d \u0131:i æ:ae œ:oe ð:d þ:th ħ:h ŋ:n ŧ:t ĸ:k "
        "ɨ:i ƙ:k ɓ:b ɗ:d ƴ:y ɛ:e ɔ:o ə:e ǝ:e ǥ:g \u0269:i ɖ:d"
    ).items()
})  # fmt: skip
"""Letters that no mark can be taken from, and what they are where a form or a keyboard has only the plain ones."""
_LONG = _table("ä:ae ö:oe ü:ue å:aa ø:oe æ:a,e œ:o,e đ:dj ð:dh þ:t ŋ:ng ß:s")  # codespell:ignore ue
"""Further ways to write such letters with plain ones."""
_SEEN = _table("ł:t ø:e,g ß:b,l,f,- þ:p,b æ:z,ee œ:oo,ce")
"""What a reader of English was seen to make of them."""
_SHORTENED = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"), ("dj", "d"), ("dh", "d"))  # codespell:ignore ue
_WAYS_MOST = 48
_ABOVE, _ABOVE_LAST = "\u02b0", "\u02ff"


@functools.lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return letters and digits alone, small and without marks; `ł` is `l`, `æ` is `ae`.

    Each word of a page is asked for so twenty times; what is kept ends with the job's process.
    """
    if text.isascii():
        return "".join(filter(str.isalnum, text.lower()))
    plain = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_PLAIN)
    return "".join(letter for letter in plain if letter.isalnum() and not _ABOVE <= letter <= _ABOVE_LAST)


def pieces_of(text: str) -> list[str]:
    """The runs of letters and digits of a text, with the marks that stand on them."""
    return "".join(one if _is_of_word(one) else " " for one in unicodedata.normalize("NFC", text)).split()


def parts_of(name: str) -> Iterator[str]:
    """Yield the folded parts of a name that tell somebody apart; `de la` does not."""
    yield from (folded for part in pieces_of(name) if (folded := fold(part)) and folded not in PARTICLES)


def spellings_of(text: str) -> set[str]:
    """The folded ways to write a word: `Müller` is `muller` and `mueller`."""
    return {fold(text)} if text.isascii() else _ways(text, _LONG)


def as_read(text: str) -> set[str]:
    """What a reader of English may make of a word, folded, though it read every other letter rightly.

    Where the record has two letters for one with a mark, the paper may have the one, and the reader loses its mark.
    """
    ways = spellings_of(text)
    short = {way.replace(two, one) for way in ways for two, one in _SHORTENED if two in way and len(way) > _ALIKE_FROM}
    return short if text.isascii() else short | _ways(text, {**_LONG, **_SEEN})


def _ways(text: str, others: Mapping[str, Sequence[str]]) -> set[str]:
    letters = unicodedata.normalize("NFC", text.casefold() if "ß" not in text else text.lower())
    found = [""]
    for letter in letters:
        ways = (fold(letter), *others.get(letter, ()))
        found = [before + way for before in found for way in ways][:_WAYS_MOST]
    return set(found) - {""}


def _is_of_word(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter) in {"Mn", "Mc"}


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
    if abs(len(word) - len(part)) > 1:
        return False
    # What comes behind the first letter that differs must be alike: of one letter more, less, or another.
    same = next((at for at, (one, other) in enumerate(zip(word, part, strict=False)) if one != other), None)
    if same is None:
        return True
    one, other = word[same:], part[same:]
    return one[1:] == other[1:] if len(one) == len(other) else one[1:] == other or one == other[1:]


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
