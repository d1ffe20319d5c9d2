"""Looks for the names of a case among the words of a line: as they are, misread, run together, or with gaps in them."""

import re
from collections.abc import Iterable, Iterator, Sequence

from imaging.reading.lab_words import LAB_TERMS, LAB_WORDS
from imaging.reading.label_phrases import LABEL_WORDS
from imaging.reading.spelling import PARTICLES, as_read, fold, is_alike, pieces_of, spellings_of
from imaging.reading.words import Line, Word

_SHORTEST_ALONE = 4
_SHORTEST_ACROSS = 6
_SHORTEST_OF_TWO = 5
_ANYWHERE_INSIDE = 7
_LONG = 8
_AS_ONE_MOST, _NEAR = 3, 3
_HYPHEN = re.compile("[-\u2010\u2011\u2013]")
_STROKES = str.maketrans("!|\u00a1", "iii")
_BETWEEN = PARTICLES | {word for word in LABEL_WORDS if len(word) >= _SHORTEST_ALONE}
"""What may stand before or between the parts of a name where spaces were lost: `PacienteMar\u00edn`."""


class Names:
    """The names of one case."""

    def __init__(self, names: Iterable[str]) -> None:
        pieces = [part for name in names for part in pieces_of(name) if fold(part) not in PARTICLES]
        self._parts = {way for part in pieces for way in spellings_of(part)} - PARTICLES
        self._alone = {part for part in self._parts if len(part) >= _SHORTEST_ALONE}
        as_seen = {way for part in pieces for way in as_read(part) if len(way) >= _SHORTEST_ALONE} - LAB_WORDS
        self._seen = self._alone | as_seen

    def groups(self, line: Line, *, is_row: bool) -> Iterator[set[int]]:
        """Yield the numbers of words that are, alone or together, parts of a name."""
        found = {number for number, word in enumerate(line) if self.is_in(word)}
        found -= {number for number in found if number - 1 not in found and _is_term(line, number)}
        found |= self._near(line, found) | self._side_by_side(line)
        yield from ({number} for number in sorted(found))
        across = list(self._across(line))
        yield from across
        yield from self._short(line, found.union(*across), is_row=is_row)

    def is_in(self, word: Word) -> bool:
        """Whether one word is a part of a name or holds one."""
        text = word.text.translate(_STROKES)
        pieces = {text, *pieces_of(text), *re.findall(r"[^\W\d_]+", text), *_by_capitals(text)}
        chosen = {way for one in pieces for way in spellings_of(one) if len(way) >= _SHORTEST_ALONE}
        if any(one in self._parts or self._is_run_together(one) for one in chosen):
            return True
        return not (word.is_exact or word.is_word) and any(self._is_misread(one, word.confidence) for one in chosen)

    def is_one(self, word: Word, shortest: int) -> bool:
        """Whether what was put together is one part of a name, of so many letters at least, and nothing else."""
        return any(len(way) >= shortest and way in self._parts for way in spellings_of(word.text))

    def _near(self, line: Line, found: set[int]) -> set[int]:
        """The words near a name that may be another part of it, though less of them is right than elsewhere."""
        near = {number + step for number in found for step in range(-_NEAR, _NEAR + 1)} - found
        doubtful = ((number, line[number]) for number in near if 0 <= number < len(line))
        return {number for number, word in doubtful if not word.is_exact and self._is_misread(fold(word.text), 0.0)}

    def _side_by_side(self, line: Line) -> set[int]:
        """Two words in a row, or the halves of one, that may be two parts of a name, though neither would do alone."""
        doubtful = [number for number, word in enumerate(line) if not (word.is_exact or word.is_word)]
        found = {number for number in doubtful if self._are_two(*_HYPHEN.split(line[number].text, maxsplit=1))}
        for number in doubtful:
            if number + 1 in doubtful and self._are_two(line[number].text, line[number + 1].text):
                found |= {number, number + 1}
        return found

    def _are_two(self, first: str, second: str = "") -> bool:
        one, other = (self._like(fold(text)) for text in (first, second))
        return any(part != another for part in one for another in other)

    def _like(self, folded: str) -> list[str]:
        return [part for part in self._seen if len(part) >= _SHORTEST_OF_TWO and is_alike(folded, part, 0.0)]

    def _is_misread(self, folded: str, confidence: float) -> bool:
        return any(is_alike(folded, part, confidence) for part in self._seen) or self._is_inside(folded)

    def _is_inside(self, folded: str) -> bool:
        """Whether a long name is part of a longer word, as where spaces were lost."""
        is_word = folded in LAB_WORDS
        return not is_word and any(len(part) >= _ANYWHERE_INSIDE and part in folded for part in self._alone)

    def _is_run_together(self, folded: str) -> bool:
        """Whether a word is made of parts of names, at least four letters of them, and of what stands between them."""
        if not any(part in folded for part in self._parts):
            return False
        named = {0: 0}
        for end in range(1, len(folded) + 1):
            pieces = [(folded[start:end], letters) for start, letters in named.items()]
            found = [letters + len(piece) for piece, letters in pieces if piece in self._parts]
            found += [letters for piece, letters in pieces if piece in _BETWEEN]
            if found:
                named[end] = max(found)
        return named.get(len(folded), 0) >= _SHORTEST_ALONE

    def _across(self, line: Line) -> Iterator[set[int]]:
        """Yield what was read, or set, with gaps in it: `VILLA SENOR`."""
        folded = [fold(word.text) for word in line]
        for first in range(len(folded)):
            for count in range(2, _AS_ONE_MOST + 1):
                if first + count <= len(folded) and self._is_one(folded[first : first + count]):
                    yield set(range(first, first + count))

    def _is_one(self, pieces: Sequence[str]) -> bool:
        whole = "".join(pieces)
        if not all(pieces) or len(whole) < _SHORTEST_ACROSS:
            return False
        if whole in self._parts:
            return True
        shorter = "".join(pieces[1:]), "".join(pieces[:-1])
        held = (part for part in self._parts if len(part) >= _LONG and not any(part in one for one in shorter))
        return any(part in whole or is_alike(whole, part) for part in held)

    def _short(self, line: Line, found: set[int], *, is_row: bool) -> Iterator[set[int]]:
        """Short parts of a name are also words and signs of elements: they count only beside another part."""
        short = self._parts - self._alone
        words = {number for number, word in enumerate(line) if fold(word.text) in short and word.text[0].isupper()}
        for number in words:
            beside = [number + step for step in (-2, -1, 1, 2) if number + step in found]
            near = [number + step for step in (-1, 1) if number + step in words and not is_row]
            # `ANA` in the line under `Ana` is a test.
            beside += [other for other in near if line[other].text.isupper() == line[number].text.isupper()]
            if beside:
                yield {number, *beside}


def _is_term(line: Line, number: int) -> bool:
    """Whether a word and the next one, with no more than a space between, are what laboratories count."""
    if number + 1 >= len(line) or line[number + 1].left - line[number].right > line[number].height:
        return False
    return (fold(line[number].text), fold(line[number + 1].text)) in LAB_TERMS


def _by_capitals(text: str) -> list[str]:
    """The pieces of a word in which capitals begin new ones: `ReyesCastro`."""
    marked = "".join(f" {one}" if one.isupper() else one if one.isalpha() else " " for one in text)
    return [part for part in marked.split() if len(part) > 1 and part[0].isupper()]
