"""Decides which words of a page are covered: the case's own identifiers, what has the form of one, what a label names.

Rows of results are read strictly: a value, its unit and its range stay, whatever they look like.
"""

import re
from collections.abc import Iterator, Sequence, Set
from datetime import date

from imaging.identifiers import Identifiers
from imaging.reading.date_reader import DateReader
from imaging.reading.lab_words import LAB_WORDS
from imaging.reading.labels import LABEL_WORDS, value_after, value_below, zones_of
from imaging.reading.page_dates import PageDates
from imaging.reading.spelling import (
    PARTICLES,
    fold,
    is_alike,
    is_lab_word,
    parts_of,
)
from imaging.reading.words import Line, Word

_UNIT = re.compile(
    r"(?i)(?:[munpkdf]?(?:g|mol|eq|iu|u|l|ua)|10\S{1,5}|cells|mm|ratio)\s*/\s*(?:[mudnpfc]?l|h|hpf|lpf|mm3|m2|mg|g|kg)"
    r"|\bfl\b|\bpg\b|%|/[hl]pf|\bmmhg\b"
)
_RANGE = re.compile(r"\d\s*(?:[-\u2013\u2014]|to|a)\s*\d|[<>]\s*=?\s*\d|[.,]\d+[.,]\s*[-\u2013\u2014]\s*\d+[.,]\d")
"""The last as a fax may have it, with a speck behind the first number."""
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)?(?!\w)")
_FORMS = (
    re.compile(r"(?<![\w.])(?:\+?\d{1,2}[ .-]?)?\(?\d{3}\)?[ .-]{0,2}\d{3}[ .-]\d{4}(?!\w)"),
    re.compile(r"(?<!\w)\d{3}-\d{2}-\d{4}(?!\w)"),
    re.compile(r"\S+\s?[@©]\s?\S+\.[A-Za-z]{2,}"),
    re.compile(r"\w[\w.+-]+[@©]\w\S*(?:\s\S+\.[A-Za-z]{2,})?"),
    re.compile(r"(?i)(?:https?://|www\.)\S+"),
    re.compile(r"(?<!\w)[A-Z]{4}\d{6}[HM][A-Z]{5}\w\d(?!\w)"),
)
"""Telephone and fax numbers, social security numbers, e-mail addresses, links, Mexican population codes."""
_VALUES = re.compile(r"\d{1,2}\s+\d{1,2}\s+\d{1,2}")
"""In a row of results these are values, though they may be read as a date."""
_LIKE_DIGITS = str.maketrans("oil", "011")
_BEGINS_AS_NUMBER = re.compile(r"\W*\d")
"""A speck before a value is read as a sign."""
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_SHORTEST_ALONE = 4
_SHORTEST_INSIDE = 5
_SHORTEST_ACROSS = 6
_UNREAD = 45.0
"""Below this confidence a longer word may be anything, and a person will read what the reader could not."""
_SHORTEST_NUMBER = 5
_PHONE_DIGITS = 7
_BESIDE = 0.9


class DenyList:
    """The identifiers of one case, ready to be looked for."""

    def __init__(self, known: Identifiers, reader: DateReader) -> None:
        self._parts = {part for name in known.names for part in parts_of(name)}
        self._days = {date.fromisoformat(text) for text in known.birth_dates}
        self._dates = PageDates(reader, self._days)
        numbers = (fold(text).translate(_LIKE_DIGITS) for text in known.numbers)
        self._numbers = {number for number in numbers if len(number) >= _SHORTEST_NUMBER}
        digits = ("".join(filter(str.isdigit, text)) for text in known.phones)
        self._phones = {text[-_PHONE_DIGITS:] for text in digits if len(text) >= _PHONE_DIGITS}
        self._emails = {fold(text) for text in known.emails if text}
        self._addresses = [set(parts_of(text)) for text in known.addresses]

    def hits(self, lines: Sequence[Line]) -> Iterator[tuple[int, set[int]]]:
        """Yield for each line its number and the numbers of its words to cover."""
        below: set[int] = set()
        for number, line in enumerate(lines):
            following = lines[number + 1] if number + 1 < len(lines) else ()
            found, under = self._hits_of(line), set(below)
            below = set()
            for label, values in self._labelled(line):
                found |= set(values)
                if not values and following and not is_result(following):
                    below |= set(value_below(line, label, following)) - self._labels_of(following)
            found |= under
            yield number, _with_company(line, found)

    def _hits_of(self, line: Line) -> set[int]:
        is_row = is_result(line)
        # Between results figures alone are values, whatever number they are the same as.
        known = {one for one in self._numbers if not one.isdigit()} if is_row else self._numbers
        found = {number for number, word in enumerate(line) if self._is_known(word, known)} | self._unread(line)
        found |= self._across_words(line, known)
        found |= self._short_parts(line, found)
        found |= self._of_address(line)
        text, starts = _joined(line)
        spans = [*self._dates.spans_of_misread(text)]
        spans += [one for one in self._dates.spans(text) if not (is_row and _VALUES.fullmatch(text, *one))]
        spans += self._spans_of_phones(text)
        if not is_row:
            spans += self._spans_of_birth_years(text)
            spans += [match.span() for form in _FORMS for match in form.finditer(text)]
        return found | {number for start, end in spans for number in _touched(starts, line, start, end)}

    def _unread(self, line: Line) -> set[int]:
        """Find words that may be names or dates which the reader could not make out.

        In a row of results only what stands before the first number can be a name; what follows are values and units.
        """
        end = len(line)
        if is_result(line):
            end = next((number for number, word in enumerate(line) if _BEGINS_AS_NUMBER.match(word.text)), end)
        return {number for number, word in enumerate(line[:end]) if self._is_unread(word)}

    def _is_unread(self, word: Word) -> bool:
        folded = fold(word.text)
        if word.confidence >= _UNREAD or len(folded) < _SHORTEST_INSIDE or folded in LABEL_WORDS or is_lab_word(folded):
            return False
        return not (_TIME.fullmatch(word.text) or any(self._dates.spans_of_any(word.text)))

    def _is_known(self, word: Word, numbers: Set[str]) -> bool:
        folded = fold(word.text)
        pieces = [piece for part in re.split(r"[^\w]+", word.text) if len(piece := fold(part)) >= _SHORTEST_ALONE]
        is_name = self._is_name_itself if word.is_exact else self._is_name
        if any(is_name(piece) for piece in {folded, *pieces, *_by_capitals(word.text)}):
            return True
        number = folded.translate(_LIKE_DIGITS)
        return any(known in number for known in numbers) or any(mail in folded for mail in self._emails)

    def _is_name(self, folded: str) -> bool:
        return len(folded) >= _SHORTEST_ALONE and any(
            is_alike(folded, part) or _is_inside(folded, part) for part in self._parts if len(part) >= _SHORTEST_ALONE
        )

    def _is_name_itself(self, folded: str) -> bool:
        """Whether a word that nobody had to make out is a part of a name, or several run together."""
        if len(folded) < _SHORTEST_ALONE:
            return False
        return folded in self._parts or (len(folded) >= _SHORTEST_INSIDE and self._is_run_together(folded))

    def _is_run_together(self, folded: str) -> bool:
        """Whether a word is made of parts of names and of what stands between them."""
        ends = {(0, False)}
        for end in range(1, len(folded) + 1):
            pieces = [(folded[start:end], has_name) for start, has_name in ends]
            found = [(piece in self._parts, has) for piece, has in pieces if piece in self._parts | PARTICLES]
            ends |= {(end, is_name or has) for is_name, has in found}
        return (len(folded), True) in ends

    def _across_words(self, line: Line, numbers: Set[str]) -> set[int]:
        """Find what was read with a gap in it: `VILLA SENOR`, `SYN- 36313`."""
        folded = [fold(word.text) for word in line]
        starts = [sum(map(len, folded[:number])) for number in range(len(folded))]
        run = "".join(folded)
        wanted = [(part, run) for part in self._parts if len(part) >= _SHORTEST_ACROSS]
        wanted += [(number, run.translate(_LIKE_DIGITS)) for number in numbers]
        wanted += [(mail, run) for mail in self._emails]
        found: set[int] = set()
        for part, where in wanted:
            at = where.find(part)
            while at >= 0:
                touched = {
                    n for n, start in enumerate(starts) if start < at + len(part) and start + len(folded[n]) > at
                }
                found |= touched
                at = where.find(part, at + 1)
        return found

    def _spans_of_birth_years(self, text: str) -> Iterator[tuple[int, int]]:
        """Find a year of birth that stands in no readable date: the rest of the date was misread."""
        readable = list(self._dates.spans_of_any(text))
        for year in {str(day.year) for day in self._days}:
            for match in re.finditer(rf"(?<!\d){year}(?!\d)", text):
                if not any(start < match.end() and end > match.start() for start, end in readable):
                    before = re.search(r"(?:\S+\s+){0,4}\S*$", text[: match.start()])
                    yield before.start() if before else match.start(), match.end()

    def _short_parts(self, line: Line, found: set[int]) -> set[int]:
        """Short parts of a name are also words and signs of elements: they count only beside another part."""
        short = {part for part in self._parts if len(part) < _SHORTEST_ALONE}
        beside = {number + step for number in found for step in (-2, -1, 1, 2)}
        words = {number for number, word in enumerate(line) if fold(word.text) in short and word.text[0].isupper()}
        pairs = {number for number in words if {number - 1, number + 1} & words}
        return (words & beside) | (set() if is_result(line) else pairs)

    def _of_address(self, line: Line) -> set[int]:
        for parts in self._addresses:
            found = {number for number, word in enumerate(line) if fold(word.text) in parts}
            if len(found) >= 2:
                return found
        return set()

    def _spans_of_phones(self, text: str) -> Iterator[tuple[int, int]]:
        """Find known telephone numbers by their last digits, whatever stands between them."""
        digits = [(place, letter) for place, letter in enumerate(text) if letter.isdigit()]
        run = "".join(letter for _, letter in digits)
        for phone in self._phones:
            at = run.find(phone)
            while at >= 0:
                first, last = max(0, at - 3), at + len(phone) - 1
                if digits[last][0] - digits[at][0] <= 2 * len(phone):
                    start = digits[first][0] if digits[at][0] - digits[first][0] <= 6 else digits[at][0]
                    yield start, digits[last][0] + 1
                at = run.find(phone, at + 1)

    def _labels_of(self, line: Line) -> set[int]:
        """The words of labels that have a value beside them: they are nobody's name, whatever stands above."""
        return {number for label, values in self._labelled(line) if values for number in range(*label)}

    @staticmethod
    def _labelled(line: Line) -> Iterator[tuple[tuple[int, int], list[int]]]:
        """Yield each label after which somebody is named, with what stands after it. Rows of results have none."""
        if is_result(line):
            return
        for start, end, opens in zones_of(line):
            if opens:
                yield (start, end), value_after(line, start, end)


def is_result(line: Line) -> bool:
    """Whether a line is a test with its result: a number with a unit or with a range.

    Record numbers are written like ranges too (`MRN 7731-8042`); behind a label that names somebody they are none.
    """
    text, _ = _joined(line)
    if not _NUMBER.search(text):
        return False
    has_unit = _UNIT.search(text) or _RANGE.search(_without_dates(text))
    return bool(has_unit) and not any(opens for _, _, opens in zones_of(line))


def _without_dates(text: str) -> str:
    return re.sub(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\(?\d{3}\)?[ .-]{0,2}\d{3}-\d{4}", " ", text)


def _is_inside(folded: str, part: str) -> bool:
    """Whether a name is part of a longer word, as in a file's name or where a space was lost."""
    return len(part) >= _SHORTEST_INSIDE and part in folded and folded not in LAB_WORDS


def _by_capitals(text: str) -> list[str]:
    """The pieces of a word in which capitals begin new ones: `ReyesCastro`."""
    return [piece for part in re.findall(r"[A-Z\u00c0-\u00de][^\W\d_A-Z\u00c0-\u00de]+", text) if (piece := fold(part))]


def _joined(line: Line) -> tuple[str, list[int]]:
    """Return the line as text, and where each word begins in it."""
    starts, at = [], 0
    for word in line:
        starts.append(at)
        at += len(word.text) + 1
    return " ".join(word.text for word in line), starts


def _touched(starts: list[int], line: Line, start: int, end: int) -> Iterator[int]:
    for number, begin in enumerate(starts):
        if begin < end and begin + len(line[number].text) > start:
            yield number


def _with_company(line: Line, found: set[int]) -> set[int]:
    """Add what stands between and beside the parts of a name: `de la`, initials, further names that were misread."""
    more = set(found) if is_result(line) else _with_neighbours(line, found)
    for number, word in enumerate(line):
        folded = fold(word.text)
        is_small = folded in PARTICLES or len(folded) <= 1
        if is_small and not folded.isdigit() and _reaches(line, number, found):
            more.add(number)
    return more


def _with_neighbours(line: Line, found: set[int]) -> set[int]:
    """Add words of letters alone that follow a covered one without a gap, up to the next label."""
    labels = {number for start, end, _ in zones_of(line) for number in range(start, end)}
    more = set(found)
    for step in (1, -1):
        for number in sorted(found, reverse=step < 0):
            at = number + step
            while 0 <= at < len(line) and at not in labels and _is_beside(line[at - step], line[at]):
                more.add(at)
                at += step
    return more


def _is_beside(covered: Word, word: Word) -> bool:
    first, second = sorted((covered, word), key=lambda entry: entry.left)
    is_name = sum(letter.isalpha() for letter in word.text) >= 2 and not any(letter.isdigit() for letter in word.text)
    if word.is_exact and not word.text[0].isupper():
        return False
    return is_name and fold(word.text) not in LAB_WORDS and second.left - first.right < _BESIDE * word.height


def _reaches(line: Line, number: int, found: set[int]) -> bool:
    """Whether a small word leads, over small words alone, to a covered one."""
    for step in (1, -1):
        at = number + step
        while 0 <= at < len(line) and (fold(line[at].text) in PARTICLES or len(fold(line[at].text)) <= 1):
            at += step
        near = 0 <= at < len(line) and abs(line[at].left - line[number].left) < 12 * line[number].height
        if at in found and near:
            return True
    return False
