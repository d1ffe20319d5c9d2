"""The head of a table whose words stand as close as those of a sentence: `Nombre Edad Folio`, `Patient Name DOB MRN`.

A scan has lost the gaps between its columns, or a program never wrote any. So the words are parted by what they are,
and what stands in the line below belongs to a column by its kind: names have no figures, numbers and days have four.
"""

from collections.abc import Collection, Iterator, Sequence

from imaging.reading.lab_words import LAB_WORDS
from imaging.reading.somebodys import DAY, OF_BIRTH
from imaging.reading.spelling import fold

Phrases = Sequence[tuple[tuple[str, ...], bool]]
LEAST_HEADS, _OTHERS_MOST = 3, 1
FIGURES_OF_SOMEBODY = 4
"""A column of record numbers or birth dates has at least so many figures in a word; a result beside it seldom."""


def tight_zones(folded: Sequence[str], phrases: Phrases) -> list[tuple[int, int, bool]]:
    """Part a line of folded words that is nothing but three labels and more, of which one names somebody.

    Each comes with its begin, its end and whether it names somebody; one word between them may be a head that we do
    not know. Empty for any other line.
    """
    if any(sign.isdigit() for text in folded for sign in text):
        return []
    found = list(_parts(folded, phrases))
    labels = [part for part in found if part[2] is not None]
    if len(labels) < LEAST_HEADS or len(found) - len(labels) > _OTHERS_MOST or not any(part[2] for part in labels):
        return []
    return [(start, end, bool(opens)) for start, end, opens in found]


def _parts(folded: Sequence[str], phrases: Phrases) -> Iterator[tuple[int, int, bool | None]]:
    """The phrases are sorted by length, the longest first; a word of none of them stands alone, with None."""
    at = 0
    while at < len(folded):
        known = (entry for entry in phrases if tuple(folded[at : at + len(entry[0])]) == entry[0])
        phrase, opens = next(known, ((folded[at],), None))
        if folded[at]:
            yield at, at + len(phrase), opens
        at += len(phrase)


def under_tight(label: Collection[str], words: Sequence[str]) -> list[int]:
    """The numbers of the words of a line without gaps that may be what a label in the line above names.

    A day belongs to a label of birth alone: another may be of the laboratory.
    """
    is_of_birth = not OF_BIRTH.isdisjoint(label)
    return [at for at, text in enumerate(words) if (is_of_birth if DAY.fullmatch(text) else _is_somebodys(text))]


def _is_somebodys(text: str) -> bool:
    """Whether a word can be a part of somebody's name, or somebody's number."""
    letters, figures = (sum(map(kind, text)) for kind in (str.isalpha, str.isdigit))
    return figures >= FIGURES_OF_SOMEBODY or (letters > 1 and not figures and fold(text) not in LAB_WORDS)
