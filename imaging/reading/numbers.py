"""Looks for the numbers of a case in a line: record numbers, telephone numbers, and what has the form of such."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from imaging.reading.rows import is_beside_result
from imaging.reading.short_words import SIGNS
from imaging.reading.spelling import fold, is_lab_word
from imaging.reading.words import Line, Word

_LIKE_DIGITS = str.maketrans("oilsbz", "011582")
_SHORTEST_NUMBER, _SHORTEST_WHOLE, _SHORTEST_MISREAD = 5, 4, 7
_SHORTEST_IN_ROW, _ROUND = 6, "00"
_PHONE_DIGITS, _SPREAD, _APART_FROM_AREA = 7, 3, 6
_GAP = r"[ ]?[-.\u2013][ ]?"
_BEFORE = r"(?<![\w.])"
_FOUR = r"(?!(?:19|20)\d\d)\d{4}"
_FORMS = (
    re.compile(
        rf"{_BEFORE}(?:\+?\d\d?[ .-]?)?\(?\d{{3}}\)?(?:[ .-]{{0,2}}|{_GAP})\d{{3}}(?:[ .-]|{_GAP})\d{{4}}(?!\w)"
    ),
    re.compile(rf"{_BEFORE}(?:\+?52[ .-]?(?:1[ .-]?)?)?\(?\d{{2}}\)?[ .-]{{1,2}}{_FOUR}(?:[ .-]|{_GAP}){_FOUR}(?!\w)"),
    re.compile(rf"(?<!\w)\d{{3}}{_GAP}\d{{2}}{_GAP}\d{{4}}(?!\w)"),
    re.compile(r"\S+\s?[@\u00a9]\s?\S+\.[A-Za-z]{2,}"),
    re.compile(r"\w[\w.+-]+[@\u00a9]\w\S*(?:\s\S+\.[A-Za-z]{2,})?"),
    re.compile(r"(?i)(?:https?://|www\.)\S+"),
    re.compile(r"(?<!\w)[A-Z]{4}\d{6}[HM][A-Z]{5}\w\d(?!\w)"),
    re.compile(r"(?<!\w)[A-Z\u00d1&]{4}\d{6}[A-Z\d]{3}(?!\w)"),
)
"""Telephone and fax numbers, social security numbers, e-mail addresses, links, Mexican population and tax codes."""
_FORMS_IN_ROW = (
    re.compile(r"(?<![\w.])\(\d{3}\)[ ]?\d{3}[-.\u2013]\d{4}(?!\w)"),
    re.compile(r"(?<![\w.-])\d{3}([-.])\d{3}\1\d{4}(?![\w-])"),
    re.compile(r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])"),
    re.compile(r"\w[\w.+-]+@\w\S*\.[A-Za-z]{2,}"),
    *_FORMS[-3:],
)
"""Those of them that no value, range or series of values has."""
_MOSTLY_FIGURES = re.compile(r"(?<![\w])[\dOoIlSsBbZz|]*\d[\dOoIlSsBbZz|]*(?!\w)")
_FIGURES_MEANT = str.maketrans("OoIl|SsBbZz", "00111558822")

_NUMBERED = frozenset(
    ("mrn", "record", "expediente", "exp", "historia", "hc", "nhc", "chart", "file", "no", "num", "numero", "nro",
     "number", "id", "folio", "registro", "reg", "ficha", "cuenta", "account", "acct", "carnet")
)  # fmt: skip
"""The words before a record number."""

Span = tuple[int, int]


class Numbers:
    """The record and telephone numbers and the e-mail addresses of one case."""

    def __init__(self, numbers: Iterable[str], phones: Iterable[str], emails: Iterable[str]) -> None:
        spelled = {fold(text) for text in numbers} | {re.sub(r"\D", "", text) for text in numbers}
        self._numbers = {_meant(one) for one in spelled if len(one) >= _SHORTEST_NUMBER}
        self._whole = {_meant(one) for one in spelled if len(one) == _SHORTEST_WHOLE}
        digits = ("".join(filter(str.isdigit, text)) for text in phones)
        self._phones = {text[-_PHONE_DIGITS:] for text in digits if len(text) >= _PHONE_DIGITS}
        self._emails = {fold(text) for text in emails if text}

    @property
    def figures(self) -> set[str]:
        """The record numbers that are figures alone."""
        return {one for one in self._numbers if one.isdigit()}

    def groups(self, line: Line, *, is_row: bool) -> Iterator[set[int]]:
        """Yield the numbers of words that are, or hold, a number or address of the case.

        Between results figures alone are values, whatever number they are the same as, unless they are none that a
        value could have, or stand where none does.
        """
        for number, word in enumerate(line):
            is_one = self._is_in(word, is_row=is_row) or self._is_short(line, number, is_row=is_row)
            if is_one or (is_row and self._is_spare(line, number)):
                yield {number}
        wanted = {one for one in self._numbers if not (is_row and one.isdigit())}
        yield from _across(line, wanted, self._emails)

    def spans(self, text: str, *, is_row: bool) -> Iterator[Span]:
        """Yield where in a line's text a telephone number stands, or something of the form of one, or of an address."""
        meant = _MOSTLY_FIGURES.sub(lambda found: found[0].translate(_FIGURES_MEANT), text)
        yield from self._phones_in(meant)
        forms = _FORMS_IN_ROW if is_row else _FORMS
        yield from (match.span() for form in forms for match in form.finditer(meant))

    def _is_in(self, word: Word, *, is_row: bool) -> bool:
        folded = fold(word.text)
        if any(mail in folded for mail in self._emails):
            return True
        meant = _meant(folded)
        if is_row:
            return any(_holds(folded, meant, one) for one in self._numbers if _is_no_value(one))
        if any(_holds(folded, meant, one) for one in self._numbers):
            return True
        return not word.is_exact and any(_is_misread(meant, one) for one in self._numbers)

    def _is_short(self, line: Line, number: int, *, is_row: bool) -> bool:
        """Whether a word is a number of four signs, which a value may be as well: a label tells them apart.

        Behind or in one word with a label it is covered everywhere, else where neither the line nor the word before it
        tells of a test.
        """
        folded = fold(line[number].text)
        if _meant(folded) not in self._whole:
            head, tail = folded[:-_SHORTEST_WHOLE], folded[-_SHORTEST_WHOLE:]
            return head in _NUMBERED and _meant(tail) in self._whole
        if _is_numbered(line, number):
            return True
        before = [fold(word.text) for word in line[max(0, number - 1) : number]]
        names_test = bool(before) and (is_lab_word(before[-1]) or before[-1] in SIGNS)
        return not is_row and not names_test

    def _is_spare(self, line: Line, number: int) -> bool:
        """Whether a word is a number of the case that may be a value too, in a row that has its value without it."""
        meant = _meant(fold(line[number].text))
        if meant in self._numbers and _is_numbered(line, number):
            return True
        # A short one behind everything else may be an earlier value.
        edges = {0, len(line) - 1} if meant in self._numbers else {0}
        return meant in self._numbers | self._whole and is_beside_result(line, number, edges)

    def _phones_in(self, text: str) -> Iterator[Span]:
        """Find known telephone numbers by their last digits, whatever stands between them."""
        digits = [(place, letter) for place, letter in enumerate(text) if letter.isdigit()]
        run = "".join(letter for _, letter in digits)
        for phone in self._phones:
            at = run.find(phone)
            while at >= 0:
                first, last = max(0, at - 3), at + len(phone) - 1
                if digits[last][0] - digits[at][0] <= _SPREAD * len(phone):
                    is_near = digits[at][0] - digits[first][0] <= _APART_FROM_AREA
                    yield digits[first if is_near else at][0], digits[last][0] + 1
                at = run.find(phone, at + 1)


def _is_numbered(line: Line, number: int) -> bool:
    """Whether a word says that it is somebody's number, or one of two before it does."""
    before = {fold(word.text) for word in line[max(0, number - 2) : number]}
    return bool(_NUMBERED & before) or line[number].text.startswith("#")


def _meant(folded: str) -> str:
    return folded.translate(_LIKE_DIGITS)


def _is_no_value(number: str) -> bool:
    """Whether a record number cannot be a result: it has letters, begins with a nought, or is long and not round."""
    if not number.isdigit() or number.startswith("0"):
        return True
    return len(number) >= _SHORTEST_IN_ROW and not number.endswith(_ROUND)


def _holds(folded: str, meant: str, number: str) -> bool:
    """Whether a word holds a number that is not a part of a longer one; a short one is told from others so alone."""
    at = meant.find(number)
    while at >= 0:
        around = folded[at - 1 : at] + folded[at + len(number) : at + len(number) + 1]
        if len(number) > _SHORTEST_NUMBER or not any(map(str.isdigit, around)):
            return True
        at = meant.find(number, at + 1)
    return False


def _is_misread(meant: str, number: str) -> bool:
    """Whether one sign of a number was taken for another: what lies across a worn one makes any of it, and sure.

    Of long numbers so few differ in one sign alone that another one is hardly ever meant.
    """
    is_long = len(meant) == len(number) >= _SHORTEST_MISREAD
    return is_long and sum(one != other for one, other in zip(meant, number, strict=True)) == 1


def _across(line: Line, numbers: Iterable[str], emails: Iterable[str]) -> Iterator[set[int]]:
    """Yield the words over which a number or an address goes on: `SYN- 36313`, `0 0 4 4 1 7`."""
    folded: Sequence[str] = [fold(word.text) for word in line]
    starts = [0, *itertools.accumulate(map(len, folded))]
    run = "".join(folded)
    wanted = [(number, _meant(run)) for number in numbers] + [(mail, run) for mail in emails]
    for part, where in wanted:
        at = where.find(part)
        while at >= 0:
            end = at + len(part)
            if len(part) > _SHORTEST_NUMBER or not any(map(str.isdigit, run[max(0, at - 1) : at] + run[end : end + 1])):
                yield {n for n, start in enumerate(starts[:-1]) if start < end and start + len(folded[n]) > at}
            at = where.find(part, at + 1)
