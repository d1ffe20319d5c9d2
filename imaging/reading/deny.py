"""Decides which words of a page are covered: the case's own identifiers, what has the form of one, what a label names.

Rows of results are read strictly: a value, its unit and its range stay, whatever they look like.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from imaging.identifiers import Identifiers
from imaging.reading.analytes import ANALYTE_WORDS
from imaging.reading.clotting import among_tests
from imaging.reading.company import with_company
from imaging.reading.date_reader import DateReader
from imaging.reading.glued import parted
from imaging.reading.initials import Initials
from imaging.reading.joins import HYPHENS, Joined, Place, over_breaks, spelled_down, spelled_out
from imaging.reading.lab_words import LAB_WORDS
from imaging.reading.label_phrases import LABEL_WORDS
from imaging.reading.labels import (
    cells_under,
    dated_after,
    dated_below,
    heads_of,
    is_close,
    value_after,
    value_below,
    zones_of,
)
from imaging.reading.names import Names
from imaging.reading.nicknames import Nicknames
from imaging.reading.numbers import Numbers, Span
from imaging.reading.page_dates import PageDates
from imaging.reading.rows import is_result
from imaging.reading.short_names import ShortNames
from imaging.reading.spelling import fold, is_lab_word, parts_of, pieces_of
from imaging.reading.tight_heads import FIGURES_OF_SOMEBODY
from imaging.reading.values import holds_unit
from imaging.reading.words import Line, Word

_VALUES = re.compile(r"\d{1,2}\s+\d{1,2}\s+\d{1,2}")
"""In a row of results these are values, though they may be read as a date."""
_BEGINS_AS_NUMBER = re.compile(r"\W*\d")
"""A speck before a value is read as a sign."""
_HALF = re.compile(r"\d[-\u2013]\d")
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_SHORTEST_READ = 5
_UNREAD = 45.0
"""Below this confidence a longer word may be anything, and a person will read what the reader could not."""
_SPELLED, _BROKEN = 3, 5
"""How many letters a part of a name has at least that was spelled out, or goes on in the next line without a hyphen."""


class DenyList:
    """The identifiers of one case, ready to be looked for."""

    def __init__(self, known: Identifiers, reader: DateReader) -> None:
        self._names, self._short = Names(known.names), ShortNames(known.names)
        self._initials, self._nicknames = Initials(known.names), Nicknames(known.names, known.nicknames)
        self._days = {date.fromisoformat(text) for text in known.birth_dates}
        self._dates = PageDates(reader, self._days)
        self._numbers = Numbers(known.numbers, known.phones, known.emails)
        self._addresses = [set(parts_of(text)) for text in known.addresses]

    def hits(self, lines: Sequence[Line]) -> Iterator[tuple[int, set[int]]]:
        """Yield for each line its number and the numbers of its words to cover."""
        parts, sources = zip(*map(parted, lines), strict=True) if lines else ((), ())
        lines = among_tests(parts)
        rows = [self._is_row(line) for line in lines]
        found = self._found(lines, rows)
        for number, line in enumerate(lines):
            near = [bool(found[at]) for at in (number - 1, number + 1) if 0 <= at < len(lines)]
            short = self._short.hits(line, found[number], near, is_row=rows[number])
            hits = with_company(line, found[number] | short, is_row=rows[number])
            yield number, {sources[number][at] for at in hits}

    def _found(self, lines: Sequence[Line], rows: Sequence[bool]) -> list[set[int]]:
        """Find what is covered of each line for its own sake, or for a label beside or above it."""
        above = [(), *(() if row else line for line, row in zip(lines, rows, strict=True))]
        found = [self._hits_of(*one) for one in zip(lines, rows, above, strict=False)]
        for number, one in self._set_apart(lines, rows).items():
            found[number] |= one
        for number, line in enumerate(lines):
            following = lines[number + 1] if number + 1 < len(lines) else ()
            for label, values in self._labelled(line, is_row=rows[number]):
                found[number] |= set(values)
                if not values and following and not rows[number + 1]:
                    found[number + 1] |= set(value_below(line, label, following)) - self._labels_of(following)
            for at, words in self._of_rows(lines, rows, number):
                found[at] |= words
        return found

    def _of_rows(self, lines: Sequence[Line], rows: Sequence[bool], number: int) -> Iterator[tuple[int, set[int]]]:
        """Find who the rows of a table are about, where its head says in which column that stands.

        Under a name's head what has no figure and is no word of a laboratory; under a number's what has four figures.
        """
        for label, is_name in () if rows[number] else heads_of(lines[number]):
            for at in range(number + 1, len(lines)):
                is_next = rows[at] or not any(zones_of(lines[at]))
                if not (is_next and is_close(lines[at - 1], lines[at])):
                    break
                under = cells_under(lines[number], label, lines[at])
                yield at, {one for one in under if _tells(lines[at][one].text, is_name=is_name)}

    def _is_row(self, line: Line) -> bool:
        return is_result(line, self._numbers.figures)

    def _hits_of(self, line: Line, is_row: bool, above: Line) -> set[int]:
        found = self._unread(line, is_row=is_row) | self._of_address(line)
        text, _ = _joined(line)
        spans = [] if is_row else [*self._spans_of_birth_years(text)]
        return found.union(*self._groups(line, is_row=is_row, above=above), *_touched(line, spans))

    def _groups(self, line: Line, *, is_row: bool, above: Line = ()) -> Iterator[set[int]]:
        """Yield the numbers of words that together are one identifier of the case, or have the form of one.

        `above` is the line over it, if it may be a head of columns.
        """
        yield from self._names.groups(line, is_row=is_row)
        yield from self._numbers.groups(line, is_row=is_row)
        yield from self._initials.groups(line, is_row=is_row)
        yield from self._nicknames.groups(line, is_row=is_row)
        text, _ = _joined(line)
        dated = dated_after(line) + (dated_below(above, line) if above else [])
        spans = [*self._dates.spans_of_misread(text)]
        spans += [one for one in self._dates.spans(text) if not (is_row and _VALUES.fullmatch(text, *one))]
        yield from (group for group in _touched(line, spans) if not _is_dated(group, dated))
        yield from _touched(line, [*self._numbers.spans(text, is_row=is_row)])

    def _set_apart(self, lines: Sequence[Line], rows: Sequence[bool]) -> defaultdict[int, set[int]]:
        """Find what no line holds whole: letters set apart, and what goes on in the next line or cell."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        places: list[Place] = []
        for word, sources in (*spelled_out(lines), *spelled_down(lines)):
            is_row = any(rows[number] for number, _ in sources)
            if self._names.is_one(word, _SPELLED) or any(self._groups([word], is_row=is_row)):
                places += sources
        for joined in over_breaks(lines):
            places += self._over_break(joined, is_row=self._is_broken_row(lines, joined[0]))
        for number, at in places:
            found[number].add(at)
        return found

    def _is_broken_row(self, lines: Sequence[Line], joined: Joined) -> bool:
        """Whether either of two lines is a row of results; a half of a number at the break (`555-0151`) makes none."""
        for number, at in (joined.places[joined.second - 1][0], joined.places[joined.second][0]):
            line = lines[number]
            left = [*line[:at], *line[at + 1 :]] if _HALF.search(line[at].text) else line
            if self._is_row(left):
                return True
        return False

    def _over_break(self, joined: Sequence[Joined], *, is_row: bool) -> Iterator[Place]:
        """Yield the words of what begins at the end of one line and goes on in the next."""
        apart, *ones = joined
        found = self._names.groups(apart.words, is_row=True) if is_row else self._groups(apart.words, is_row=False)
        groups = list(found)
        for group in filter(apart.goes_over, groups):
            yield from (place for number in group for place in apart.places[number])
        if {apart.second - 1, apart.second} & set().union(*groups):
            return
        # The head of a column and the whole date under it are no halves of one.
        is_dated = any(values[:1] == [apart.second] for values in dated_after(apart.words))
        is_broken = apart.words[apart.second - 1].text[-1] in HYPHENS
        for one in ones:
            word = one.words[one.second]
            is_name = self._names.is_in(word) if is_broken else self._names.is_one(word, _BROKEN)
            groups = [{one.second}] if is_name else []
            if not is_row:
                text, _ = _joined(one.words)
                spans = [*self._numbers.spans(text, is_row=False), *(() if is_dated else self._dates.spans(text))]
                groups += filter(one.goes_over, _touched(one.words, spans))
            yield from (place for group in groups for number in group for place in one.places[number])

    def _unread(self, line: Line, *, is_row: bool) -> set[int]:
        """Find words that may be names or dates which the reader could not make out.

        In a row of results only what stands before the first number can be a name; what follows are values and units.
        """
        end = len(line)
        if is_row:
            end = next((number for number, word in enumerate(line) if _is_value(word.text)), end)
        return {number for number, word in enumerate(line[:end]) if self._is_unread(word)}

    def _is_unread(self, word: Word) -> bool:
        folded = fold(word.text)
        if word.confidence >= _UNREAD or len(folded) < _SHORTEST_READ or folded in LABEL_WORDS:
            return False
        # `Nitrogeno-ureico`, of which a fax has made one word, is no name either.
        if _is_of_laboratory(folded) or all(_is_of_laboratory(fold(piece)) for piece in pieces_of(word.text)):
            return False
        return not (_TIME.fullmatch(word.text) or any(self._dates.spans_of_any(word.text)))

    def _spans_of_birth_years(self, text: str) -> Iterator[Span]:
        """Find a year of birth that stands in no readable date: the rest of the date was misread."""
        readable = list(self._dates.spans_of_any(text))
        for year in {str(day.year) for day in self._days}:
            for match in re.finditer(rf"(?<!\d){year}(?!\d)", text):
                if not any(start < match.end() and end > match.start() for start, end in readable):
                    before = re.search(r"(?:\S+\s+){0,4}\S*$", text[: match.start()])
                    yield before.start() if before else match.start(), match.end()

    def _of_address(self, line: Line) -> set[int]:
        for parts in self._addresses:
            found = {number for number, word in enumerate(line) if fold(word.text) in parts}
            if len(found) >= 2:
                return found
        return set()

    def _labels_of(self, line: Line) -> set[int]:
        """The words of labels that have a value beside them: they are nobody's name, whatever stands above."""
        labelled = self._labelled(line, is_row=self._is_row(line))
        return {number for label, values in labelled if values for number in range(*label)}

    @staticmethod
    def _labelled(line: Line, *, is_row: bool) -> Iterator[tuple[tuple[int, int], list[int]]]:
        """Yield each label after which somebody is named, with what stands after it. Rows of results have none."""
        if is_row:
            return
        for start, end, opens in zones_of(line):
            if opens:
                yield (start, end), value_after(line, start, end)


def _is_of_laboratory(folded: str) -> bool:
    return folded in ANALYTE_WORDS or is_lab_word(folded)


def _is_value(text: str) -> bool:
    return bool(_BEGINS_AS_NUMBER.match(text)) or holds_unit(text)


def _tells(text: str, *, is_name: bool) -> bool:
    """Whether a cell of a row can be somebody's name, or else somebody's number or day."""
    figures = sum(sign.isdigit() for sign in text)
    return figures >= FIGURES_OF_SOMEBODY if not is_name else not figures and fold(text) not in LAB_WORDS


def _joined(line: Line) -> tuple[str, list[int]]:
    """Return the line as text, and where each word begins in it."""
    starts, at = [], 0
    for word in line:
        starts.append(at)
        at += len(word.text) + 1
    return " ".join(word.text for word in line), starts


def _is_dated(group: set[int], dated: Sequence[list[int]]) -> bool:
    """Whether a date is what a label of a laboratory's own day names; one behind a name there may be of birth."""
    return any(values and min(group) == values[0] and group <= set(values) for values in dated)


def _touched(line: Line, spans: Sequence[Span]) -> Iterator[set[int]]:
    """Yield for each span of the line's text the numbers of the words that it touches."""
    _, starts = _joined(line)
    for start, end in spans:
        touched = {n for n, begin in enumerate(starts) if begin < end and begin + len(line[n].text) > start}
        if touched:
            yield touched
