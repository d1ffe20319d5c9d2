"""The words before which, on a laboratory's paper, stands something that tells who the child is."""

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence

from imaging.reading.analytes import NO_LABELS
from imaging.reading.clotting import is_timed
from imaging.reading.label_phrases import EVERYDAY, NAME_HEADS, NUMBER_HEADS, OF_DATES, PHRASES, TEST
from imaging.reading.prose import begins_prose, goes_on
from imaging.reading.somebodys import NUMBER_OF, TELLING, ends_number, is_somebodys, numbering, proves_test
from imaging.reading.spelling import fold, is_misread
from imaging.reading.tight_heads import LEAST_HEADS, tight_zones, under_tight
from imaging.reading.values import begins_with_result
from imaging.reading.words import Line, Word

_FIRST_GAP, _NEXT_GAP = 24.0, 2.2
"""How far, in heights of the label, a value may stand from its label, and its words from each other."""
_CELL_GAP = 0.9
_PROVEN_LABEL = 3
_HIGH_BY_WIDE = 1.6


def zones_of(line: Line) -> Iterator[tuple[int, int, bool]]:
    """Yield each label of a line: the number of its first word, of the word after it, and whether it names somebody.

    In the middle of a sentence the same word is no label.
    """
    yield from _zones_of(tuple(line))


@functools.lru_cache(maxsize=1024)
def _zones_of(line: tuple[Word, ...]) -> tuple[tuple[int, int, bool], ...]:
    """Found once for each line, which is asked for its labels a hundred times."""
    return tuple(_find_zones(line))


def _find_zones(line: Line) -> Iterator[tuple[int, int, bool]]:
    texts = _texts(line)
    folded = [fold(text) for text in texts]
    if len(_filled(line)) == 1 and (tight := tight_zones(folded, PHRASES)):
        yield from tight
        return
    at = 0
    while at < len(line):
        if count := numbering(texts, at):
            yield at, at + count, True
            at += count
            continue
        phrases = _beginning(folded[at], is_certain=_is_certain(line[at]))
        phrase, opens = next(((p, o) for p, o in phrases if _stands(line, folded, at, p)), ((), False))
        if phrase == TEST and is_timed(texts[at + 1 :]):
            phrase = ()
        end = at + len(phrase)
        begins = phrase not in EVERYDAY and _begins(line, at) and not (opens and begins_prose(line, at, end))
        if phrase and (_has_colon(line, end) or begins):
            yield at, end, opens
        at += max(1, len(phrase))


@functools.lru_cache(maxsize=4096)
def _beginning(text: str, *, is_certain: bool) -> tuple[tuple[tuple[str, ...], bool], ...]:
    """The labels whose first word a folded word may be: of over two hundred, hardly ever more than three."""
    return tuple(entry for entry in PHRASES if _may_be(text, entry[0][0], is_certain=is_certain))


def dated_after(line: Line) -> list[list[int]]:
    """Return for each label of a laboratory's own day the numbers of the words after it, up to the next label."""
    return [value_after(line, start, end) for start, end, _ in zones_of(line) if _is_of_date(line, start, end)]


def dated_below(line: Line, below: Line) -> list[list[int]]:
    """Return for each such label with no figure behind it the numbers of the words of the next line under it."""
    zones = [(start, end) for start, end, _ in zones_of(line) if _is_of_date(line, start, end)]
    return [value_below(line, zone, below) for zone in zones if not _has_figures(line, value_after(line, *zone))]


def _has_figures(line: Line, numbers: Iterable[int]) -> bool:
    return any(sign.isdigit() for number in numbers for sign in line[number].text)


def _is_of_date(line: Line, start: int, end: int) -> bool:
    # The label itself is read without doubt: what may be `Nacido` misread opens no date of birth.
    return tuple(fold(word.text) for word in line[start:end]) in OF_DATES


def _has_colon(line: Line, end: int) -> bool:
    """Whether a colon follows a label, at once or behind a sign for a number: `Visit #:`, `Record no.:`."""
    if line[end - 1].text.endswith((":", "#")):
        return True
    return end < len(line) and fold(line[end].text) in NUMBER_OF and line[end].text.endswith((":", "#"))


def _begins(line: Line, at: int) -> bool:
    """Whether a word stands at the beginning of a line or of a cell, or after something that ends one."""
    if at == 0:
        return True
    before = line[at - 1]
    return line[at].left - before.right > line[at].height or not fold(before.text) or before.text[-1] in ",;:|/)"


def value_after(line: Line, start: int, end: int) -> list[int]:
    """Return the numbers of the words that stand after the label at `start`, up to a gap or the next label."""
    stops = {first for first, _, _ in zones_of(line)} - {start}
    found: list[int] = []
    texts, last, allowed, is_said = _texts(line), line[end - 1], _FIRST_GAP, _is_said(line, start, end)
    for number in range(end, len(line)):
        word = line[number]
        gap = (word.left - last.right) / _size_of(line[start])
        if number in stops or gap > allowed or _is_over(texts, (start, end), [texts[at] for at in found], number):
            break
        if is_said and found and goes_on(line, number):
            break
        found.append(number)
        # A colon alone is no value; the value itself may still be far away.
        last, allowed = word, _NEXT_GAP if fold(word.text) else allowed
    return [number for number in found if fold(line[number].text)]


def _is_said(line: Line, start: int, end: int) -> bool:
    """Whether a label that names somebody may be a sentence's first word: it has no colon, and tells no number."""
    return not _has_colon(line, end) and TELLING.isdisjoint(fold(word.text) for word in line[start:end])


def _is_over(texts: Sequence[str], label: tuple[int, int], found: Sequence[str], number: int) -> bool:
    """Whether a label's value is whole before this word of its line, though no gap says so."""
    start, end = label
    if found and texts[start].startswith("(") and ")" in found[-1]:
        return True
    behind = texts[number:]
    is_test = bool(found) and (proves_test(behind) or (fold(behind[0]) in TEST and is_timed(behind[1:])))
    return is_test or ends_number(texts[start:end], found, behind)


def _size_of(word: Word) -> float:
    """How high a word is; where a fax has lost half of its line, as high as its width says that it was."""
    return max(1.0, word.height, _HIGH_BY_WIDE * (word.right - word.left) / len(word.text))


def value_below(line: Line, label: tuple[int, int], below: Line) -> list[int]:
    """Return the numbers of the words of the next line that stand under a label, as under the head of a column.

    A head may be centred over values that are wider than it is, or narrower. So each cell of the next line belongs to
    the head that it has most in common with, and where it lies under none to the nearest.
    """
    return cells_under(line, label, below) if is_close(line, below) else []


def is_close(line: Line, below: Line) -> bool:
    """Whether a line follows another one without a gap that would end a table."""
    return bool(below) and below[0].top - line[0].bottom <= 2 * line[0].height


def heads_of(line: Line) -> Iterator[tuple[tuple[int, int], bool]]:
    """Yield the heads under which each row of a table tells who somebody is, and whether it does so by a name."""
    zones = list(zones_of(line))
    if all(opens for _, _, opens in zones):
        # Without a head of results, such as `Test` or `Unit`, it is no head of a table.
        return
    folded = [fold(word.text) for word in line]
    for start, end, _ in zones:
        heads = {phrase for phrase in NAME_HEADS | NUMBER_HEADS if len(phrase) == end - start}
        found = {phrase for phrase in heads if _stands(line, folded, start, phrase)}
        if found and not _has_colon(line, end):
            yield (start, end), bool(found & NAME_HEADS)


def cells_under(line: Line, label: tuple[int, int], below: Line) -> list[int]:
    """The words of a line further down that stand under a head."""
    start, end = label
    heads, cells = _heads(line, label), _filled(below)
    if len(cells) == 1 and len(heads) >= LEAST_HEADS:
        return under_tight({fold(word.text) for word in line[start:end]}, _texts(below))
    mine = heads.index((line[start].left, line[end - 1].right))
    # As many cells as heads are theirs one by one, wherever they lie.
    ordered = [cells[mine]] if len(cells) == len(heads) else []
    found = [cell for cell in cells if _home(below, cell, heads) == mine or cell in ordered]
    return [number for cell in found for number in range(*cell)]


def _heads(line: Line, label: tuple[int, int]) -> list[tuple[float, float]]:
    """The edges of all heads of a line: the label itself, and what stands before and behind it in cells."""
    start, end = label
    edges = [(line[first].left, line[last - 1].right) for first, last, _ in zones_of(line)]
    taken = [(start, end), *((first, last) for first, last, _ in zones_of(line))]
    free = [at for at in range(len(line)) if not any(first <= at < last for first, last in taken)]
    edges += [(line[at].left, line[at].right) for at in free]
    return sorted({*edges, (line[start].left, line[end - 1].right)})


def _cells(below: Line) -> Iterator[tuple[int, int]]:
    """The words of a line in cells: a gap wider than between two words ends one."""
    first = 0
    for at in range(1, len(below)):
        before, word = below[at - 1], below[at]
        if word.left - before.right > _CELL_GAP * max(1.0, word.height):
            yield first, at
            first = at
    if below:
        yield first, len(below)


def _filled(line: Line) -> list[tuple[int, int]]:
    """The cells of a line in which anything is written: a speck at its end is none."""
    return [cell for cell in _cells(line) if any(fold(line[at].text) for at in range(*cell))]


def _home(below: Line, cell: tuple[int, int], heads: list[tuple[float, float]]) -> int:
    left, right = below[cell[0]].left, below[cell[1] - 1].right
    common = [min(right, end) - max(left, start) for start, end in heads]
    return common.index(max(common))


def _stands(line: Line, folded: list[str], at: int, phrase: tuple[str, ...]) -> bool:
    """Whether a label stands there. A word that nobody had to make out is what it is: `came` is no `name`."""
    end = at + len(phrase)
    words = zip(line[at:end], folded[at:end], phrase, strict=False)
    if end > len(line) or not all(_may_be(text, part, is_certain=_is_certain(word)) for word, text, part in words):
        return False
    return tuple(folded[at:end]) == phrase or _is_believable(folded[at:end], line, end)


def _texts(words: Iterable[Word]) -> list[str]:
    return [word.text for word in words]


def _may_be(text: str, part: str, *, is_certain: bool) -> bool:
    return text == part or (not (is_certain or len(part) <= _PROVEN_LABEL) and is_misread(text, part))


def _is_certain(word: Word) -> bool:
    return word.is_exact or word.is_word


def _is_believable(read: Sequence[str], line: Line, end: int) -> bool:
    """Whether words that only resemble a label are one: neither a test with its result nor words of laboratories.

    Where somebody's number stands behind it, such a word is the label all the same: `CRP` before a CURP.
    """
    behind = _texts(line[end:])
    if begins_with_result(" ".join(itertools.dropwhile(lambda text: fold(text) in NO_LABELS, behind))):
        return False
    return not NO_LABELS.issuperset(read) or (bool(behind) and is_somebodys(behind[0]))
