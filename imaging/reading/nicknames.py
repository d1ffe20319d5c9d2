"""Looks for what a child is called at home: what is on file, `Sofi` and `Sofita` of Sofía, what is behind `goes by`.

Only what is written with a capital is one, and nothing in a row of results: what somebody is called fondly is the name
of a food or an animal as well more often than a word that is registered.
"""

import itertools
from collections.abc import Iterable, Iterator

from imaging.reading.lab_words import LAB_WORDS
from imaging.reading.label_phrases import LABEL_WORDS
from imaging.reading.short_words import EVERYDAY, SIGNS
from imaging.reading.spelling import PARTICLES, fold, pieces_of, spellings_of
from imaging.reading.words import Line

_SHORTEST, _SHORTEST_STEM = 4, 3
_VOWELS = "aeio"
_ENDINGS = ("i", "y", "ie", "ito", "ita", "cito", "cita")
_CALLED = tuple(
    tuple(phrase.split())
    for phrase in ("goes by", "nickname", "nickname is", "nicknamed", "likes to be called", "prefers to be called",
                   "wants to be called", "answers to", "my name is", "le dicen", "le llaman", "le decimos",
                   "le llamamos", "la llaman", "lo llaman", "la llamamos", "lo llamamos", "apodo", "apodo es",
                   "apodado", "apodada", "me llamo", "le gusta que le digan", "prefiere que le digan")
)  # fmt: skip
"""Behind these a person is named, whatever the name. `Known as` may as well name a disease."""
_KIN = tuple(
    (word, of)
    for words, of in (("daughter son child baby mother father", "of"), ("hija hijo bebe madre padre mama papa", "de"))
    for word in words.split()
)
"""Behind these, too, all that has a capital: `hija de Amelia Sosa`; and who has `a mother of two` is not named."""


class Nicknames:
    """The nicknames of one case that are on file, and the short and the fond forms of its given names."""

    def __init__(self, names: Iterable[str], on_file: Iterable[str] = ()) -> None:
        told = {way for name in on_file for part in pieces_of(name) for way in spellings_of(part)}
        given = {way for name in names for part in _given(name) for way in spellings_of(part)}
        forms = {form for one in given for form in _forms(one)}
        forms |= {one for one in told if len(one) >= _SHORTEST_STEM} - PARTICLES - SIGNS
        self._forms = forms - LAB_WORDS - LABEL_WORDS - EVERYDAY

    def groups(self, line: Line, *, is_row: bool) -> Iterator[set[int]]:
        """Yield the numbers of words that are such a name."""
        if is_row:
            return
        folded = [fold(word.text) for word in line]
        is_name = [next(filter(str.isalpha, word.text), "").isupper() for word in line]
        yield from ({at} for at, one in enumerate(folded) if is_name[at] and self._is_form(line[at].text))
        for at, phrase in itertools.product(range(len(line)), _CALLED):
            after = at + len(phrase)
            if after < len(line) and tuple(folded[at:after]) == phrase and is_name[after]:
                yield {after}
        for at, phrase in itertools.product(range(len(line)), _KIN):
            if tuple(folded[at : at + 2]) == phrase:
                yield {*self._named(line, at + 2, is_name)}

    @staticmethod
    def _named(line: Line, start: int, is_name: list[bool]) -> Iterator[int]:
        """The words with a capital from there on, with `de la` between them, to the end of a sentence."""
        for at in range(start, len(line)):
            folded = fold(line[at].text)
            is_particle = folded in PARTICLES and at + 1 < len(line)
            if folded in LAB_WORDS or not (is_name[at] or is_particle):
                return
            yield at
            if line[at].text[-1] in ",.;:)":
                return

    def _is_form(self, text: str) -> bool:
        return any(fold(piece) in self._forms for piece in pieces_of(text))


def _given(name: str) -> list[str]:
    """The parts of a name that are no surname, as far as their number tells."""
    parts = [part for part in pieces_of(name) if fold(part) not in PARTICLES]
    return parts[: (len(parts) + 1) // 2]


def _forms(part: str) -> Iterator[str]:
    """At least half of a name from its beginning on, and the name with the ending of a fond form."""
    yield from (part[:end] for end in range(max(_SHORTEST, (len(part) + 1) // 2), len(part)))
    stem = part.rstrip(_VOWELS)
    if len(stem) >= _SHORTEST_STEM:
        yield from (stem + ending for ending in _ENDINGS)
