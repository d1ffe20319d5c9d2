"""Dates on a page as its reader made them out: figures taken for letters, raised letters for figures, gaps.

The text is read as any other, and then as what it may have been before single signs were mistaken. None of these
readings is longer or shorter than the text, so a place in one is a place in all.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache

from imaging.reading.date_reader import DateReader
from imaging.reading.spelling import distance

_LIKE = "OoQDlIiSsBZz|!"
_LIKE_DIGITS = str.maketrans(_LIKE, "00001115582211")
_LIKE_ROMAN = str.maketrans("l|", "II")
_LIKE_LETTERS = str.maketrans("015", "ols")
_IN_LETTERS = re.compile(r"(?<=[^\W\d_])[015](?=[^\W\d_])")
_FIGURE = rf"[0-9{_LIKE}]"
_IN_FIGURES = re.compile(rf"(?<!\w){_FIGURE}{{1,4}}(?!\w)")
_ORDINAL = re.compile(rf"(?<!\w)['\u2018\u2019t]?{_FIGURE}{{0,2}}(?=(?:st|nd|rd|th|er|ero|ro)(?!\w))")
_RUN_TOGETHER = re.compile(rf"(?<!\w)({_FIGURE}{{1,4}})([^\W\d_]{{3,10}}?)({_FIGURE}{{1,4}})(?!\w)")
_RAISED = re.compile(r"(?<!\d)(\d{1,2}\.? ?)[02](?=\W{0,3}(?:del?\W{1,3})?([^\W\d_]{3,10}))")
"""The reader of English takes a raised letter with a line under it for a 2, an `o` for a nought."""
_DAY_OF = re.compile(rf"(?<!\w)({_FIGURE}{{1,2}})(de)[^\W\d_]?(?=\W{{1,3}}[^\W\d_]{{3,10}})")
"""`14 de`, read as one word, and the figures in it as letters: `i4der marzo`."""
_YEAR = re.compile(r"(?<!\w)a[^\W\d_]{1,3}o(?=\W{1,3}\d)")
"""`a\u00f1o`, of whose second letter the reader makes two others."""
_ROMAN = re.compile(r"(?<!\w)[IVXl|]{1,4}(?!\w)")
_CLEAN = re.compile(r"(?:[\w\s,/\-]|\.(?!['\u2019\w])|(?<=\d)\.(?=\d)|(?<=\s)['\u2019](?=\d))*")
_LONG_DATE = 10
_GAPS_MOST = 2


class PageDates:
    """Looks for the dates of one case, with what reads dates."""

    def __init__(self, reader: DateReader, wanted: Iterable[date]) -> None:
        self._reader, self._days = reader, frozenset(wanted)
        self._spelled = {form for day in self._days for form in _in_figures(day)}
        # The same few words come again in each reading of a page, and in each way in which they are put together.
        self._is_misread = cache(self._is_one_misread)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where in a line one of the dates may be meant."""
        yield from {span for meant in self._meant(text) for span in self._reader.spans_of(meant, self._days)}

    def spans_of_any(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where in a line something is written that can be a date, with no sign in it that nobody would write."""
        for meant in {plain(text), self._with_figures(plain(text))}:
            found = self._reader.readings(meant)
            yield from ((one.start, one.end) for one in found if _CLEAN.fullmatch(meant, one.start, one.end))

    def spans_of_misread(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where one of the dates stands in figures with a sign or two misread, or with a gap read into it."""
        words = list(re.finditer(r"\S+", plain(text)))
        for first in range(len(words)):
            for run in (words[first : first + count] for count in range(1, _GAPS_MOST + 2)):
                if self._is_misread(read := "".join(word.group() for word in run)):
                    yield run[0].start(), run[-1].end()
                if self._is_whole(read):
                    # A short word behind it is no part of it: `03-14-2022 Wt` has two signs more than the day.
                    break

    def _meant(self, text: str) -> set[str]:
        """What a line may say: as it was read, or with letters taken for figures and figures for letters."""
        seen = _YEAR.sub(lambda found: "ano".ljust(len(found[0])), plain(text))
        figures = self._with_figures(seen)
        roman = _ROMAN.sub(lambda found: found[0].translate(_LIKE_ROMAN), seen)
        letters = _IN_LETTERS.sub(lambda found: found[0].translate(_LIKE_LETTERS), seen)
        glued = _DAY_OF.sub(_as_day_of, seen)
        return {
            seen,
            figures,
            roman,
            letters,
            glued,
            _RAISED.sub(self._raised, seen),
            _RAISED.sub(self._raised, figures),
        }

    def _with_figures(self, text: str) -> str:
        """The text with figures where single letters and strokes may have been some."""
        text = _ORDINAL.sub(_as_ordinal, text)
        text = _RUN_TOGETHER.sub(self._as_run_together, text)
        return _IN_FIGURES.sub(lambda found: found[0].translate(_LIKE_DIGITS), text)

    def _as_run_together(self, found: re.Match[str]) -> str:
        first, month, last = found.groups()
        if not self._reader.month_of(month.lower()):
            return found[0]
        return first.translate(_LIKE_DIGITS) + month + last.translate(_LIKE_DIGITS)

    def _raised(self, found: re.Match[str]) -> str:
        """`1\u00ba de noviembre`, of which the reader made `12 de noviembre`, with an `o` in the place of the sign."""
        return f"{found[1]}o" if self._reader.month_of(found[2].lower()) else found[0]

    def _is_whole(self, text: str) -> bool:
        return any(
            self._days & one.days and one.end - one.start >= len(text) - 1 for one in self._reader.readings(text)
        )

    def _is_one_misread(self, text: str) -> bool:
        seen = re.sub(r"^\W+|\W+$", "", text).translate(_LIKE_DIGITS)
        if len(seen) > _LONG_DATE + 2:
            return False
        readable = [one.days for one in self._reader.readings(seen)]
        if readable:
            # What reads as another day is that day: a date of collection stays, however near it is.
            return any(self._days & meant for meant in readable)
        return any(distance(seen, form, _signs_wrong(form)) <= _signs_wrong(form) for form in self._spelled)


def plain(text: str) -> str:
    """Return the text without marks on its letters, letter for letter."""
    return text if text.isascii() else "".join(unicodedata.normalize("NFKD", letter)[0] for letter in text)


def _as_ordinal(found: re.Match[str]) -> str:
    """A first of which nothing but a speck was left (`'st`), an `lst` or a `ter`."""
    return re.sub(r"['\u2018\u2019t]\Z", "1", found[0]).translate(_LIKE_DIGITS)


def _as_day_of(found: re.Match[str]) -> str:
    return f"{found[1].translate(_LIKE_DIGITS)}de".ljust(len(found[0]))


def _in_figures(day: date) -> Iterator[str]:
    """Yield a day as forms print it, long enough that nothing else looks like it."""
    for order in ("%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y"):
        written = day.strftime(order)
        bare = re.sub(r"(?<!\d)0", "", written)
        yield from {form.replace("-", sign) for form in (written, bare) for sign in "-/."}
    yield day.strftime("%Y%m%d")


def _signs_wrong(form: str) -> int:
    return 2 if len(form) >= _LONG_DATE else 1
