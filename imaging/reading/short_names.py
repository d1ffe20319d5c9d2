"""Looks for names of three letters and fewer, which are also words, months, signs of elements and names of tests.

Such a name is told by its case and its place. `Zoe` is covered where it stands as a name is written, `Ana` too, while
`ANA` is a test unless something beside it says that it is somebody; `Li`, `May` and `Sol` need that as well.
"""

import re
from collections.abc import Iterable, Sequence

from imaging.reading.lab_words import LAB_WORDS
from imaging.reading.short_words import AGES, CUES, ELEMENTS, EVERYDAY, MONTHS, RESULTS, SIGNS
from imaging.reading.spelling import PARTICLES, fold, pieces_of, spellings_of
from imaging.reading.words import Line, Word

_LONGEST, _SHORTEST, _CAPITALS_ALONE = 3, 2, 3
_NEAR, _CELL = 3, 1.5
_OWNED = re.compile(r"['\u2019]s?$")
_AROUND = re.compile(r"^[\W_]+|[.,;:()\[\]\"*`\u201c\u201d]+$")
_FIGURES_FOR = str.maketrans("0158!|", "oisbii")


class ShortNames:
    """The parts of a case's names that are so short, and those written without capitals and small letters."""

    def __init__(self, names: Iterable[str]) -> None:
        names = list(names)
        found = {way for name in names for part in pieces_of(name) for way in spellings_of(part)} - PARTICLES
        self._short = {one for one in found if _SHORTEST <= len(one) <= _LONGEST}
        wholes = {fold(name) for name in names} | {one for one in found if len(one) >= _SHORTEST}
        self._unbroken = {one for one in wholes if len(one) >= _SHORTEST and all(map(_is_unspaced, one))}

    def hits(self, line: Line, found: set[int], near: Sequence[bool], *, is_row: bool) -> set[int]:
        """Return the numbers of further words of a line that are such names.

        `found` are the words that are covered anyhow, `near` says of the lines above and below whether any is there.
        """
        candidates = [number for number, word in enumerate(line) if number not in found and self._is_one(word)]
        return {
            number for number in candidates if self._is_somebody(line, number, found, near=any(near), is_row=is_row)
        }

    def _is_one(self, word: Word) -> bool:
        folded = fold(_bare(word))
        return folded in self._short or (not folded.isascii() and any(one in folded for one in self._unbroken))

    def _is_somebody(self, line: Line, number: int, found: set[int], *, near: bool, is_row: bool) -> bool:
        text = _bare(line[number])
        if not (text[:1].isupper() or text[:1].islower()):
            return not is_row
        if not text[0].isupper() or (is_row and not _is_before_numbers(line, number)):
            return False
        folded = fold(text)
        if _is_test(line, number, folded):
            return False
        if _has_age(line, number):
            return True
        if not _is_ambiguous(line, number, text, folded) and not (is_row and folded in SIGNS):
            return True
        return not is_row and _is_shown(line, number, found, near=near)


def _bare(word: Word) -> str:
    """The word without signs around it and without what makes it somebody's; figures in it are letters misread."""
    text = _AROUND.sub("", _OWNED.sub("", _AROUND.sub("", word.text)))
    if word.is_exact or sum(map(str.isalpha, text)) < _SHORTEST:
        return text
    return text.translate(_FIGURES_FOR)


def _is_unspaced(letter: str) -> bool:
    """Whether it is of a script that is written without spaces: Chinese, Japanese, Korean names within a sentence."""
    return "\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3" or "\u0e00" <= letter <= "\u0e7f"


def _is_before_numbers(line: Line, number: int) -> bool:
    return not any(letter.isdigit() for word in line[: number + 1] for letter in word.text)


def _is_test(line: Line, number: int, folded: str) -> bool:
    """Whether the name of a test stands there, with what was found: `ANA Negative`, `ANA (IFA) 1:80`, `Li 0.8`."""
    if folded not in SIGNS and folded not in ELEMENTS:
        return False
    following = line[number + 1] if number + 1 < len(line) else None
    if following is None:
        return False
    after = fold(following.text)
    if following.text[:1].isdigit() or following.text[:1] in "<>(=":
        return not _has_age(line, number)
    return after in RESULTS or (after in LAB_WORDS and line[number].text.isupper())


def _has_age(line: Line, number: int) -> bool:
    """Whether an age follows: `May, 4 years`."""
    return number + 2 < len(line) and line[number + 1].text.isdigit() and fold(line[number + 2].text) in AGES


def _is_ambiguous(line: Line, number: int, text: str, folded: str) -> bool:
    """Whether something else than a name may be written so in this place."""
    if folded in ELEMENTS or (len(text) < _CAPITALS_ALONE and text.isupper()):
        return True
    if text.isupper() and len(text) > 1 and folded in SIGNS:
        return True
    if folded in MONTHS and any(_has_figure(line, number + step) for step in (-2, -1, 1, 2)):
        return True
    return folded in EVERYDAY | MONTHS and (text.isupper() or _begins(line, number))


def _has_figure(line: Line, number: int) -> bool:
    return 0 <= number < len(line) and any(map(str.isdigit, line[number].text))


def _begins(line: Line, number: int) -> bool:
    """Whether any word would have a capital there: at the beginning of a line, of a cell or of a sentence."""
    if number == 0:
        return True
    before, word = line[number - 1], line[number]
    return before.text[-1] in ".:;!?/" or word.left - before.right > _CELL * word.height


def _is_in_sentence(line: Line, number: int) -> bool:
    """Whether something is said of it, in small letters and without a figure near it: `today Li came with`."""
    if _begins(line, number) or number + 1 == len(line) or line[number].text.isupper():
        return False
    following = line[number + 1].text
    is_word = following.isalpha() and following.islower() and len(following) >= _CAPITALS_ALONE
    is_of_test = fold(following) in RESULTS or fold(following) in LAB_WORDS
    return is_word and not is_of_test and not any(_has_figure(line, number + step) for step in (-2, -1, 2))


def _is_shown(line: Line, number: int, found: set[int], *, near: bool) -> bool:
    """Whether something beside it says that it is somebody."""
    if any(abs(number - other) <= _NEAR for other in found):
        return True
    if (number and fold(line[number - 1].text) in CUES) or _is_in_sentence(line, number):
        return True
    return near and all(len(fold(word.text)) <= 1 for at, word in enumerate(line) if at != number)
