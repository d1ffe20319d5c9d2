"""Dates on a page as its reader made them out: figures taken for letters, raised letters for figures, gaps.

The text is read as any other, and then as what it may have been before single signs were mistaken. None of these
readings is longer or shorter than the text, so a place in one is a place in all.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

from imaging.reading.date_words import month_of
from imaging.reading.dates import readings, spans_of
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
_YEAR = re.compile(r"(?<!\w)a[^\W\d_]{1,3}o(?=\W{1,3}\d)")
"""`a\u00f1o`, of whose second letter the reader makes two others."""
_ROMAN = re.compile(r"(?<!\w)[IVXl|]{1,4}(?!\w)")
_CLEAN = re.compile(r"(?:[\w\s,/\-]|\.(?!['\u2019\w])|(?<=\d)\.(?=\d)|(?<=\s)['\u2019](?=\d))*")
_LONG_DATE = 10
_GAPS_MOST = 2


def spans_of_dates(text: str, wanted: Iterable[date]) -> Iterator[tuple[int, int]]:
    """Yield where in a line one of these dates may be meant."""
    days = frozenset(wanted)
    yield from {span for meant in _meant(text) for span in spans_of(meant, days)}


def spans_of_any_date(text: str) -> Iterator[tuple[int, int]]:
    """Yield where in a line something is written that can be a date, with no sign in it that nobody would write."""
    for meant in {plain(text), _with_figures(plain(text))}:
        yield from ((one.start, one.end) for one in readings(meant) if _CLEAN.fullmatch(meant, one.start, one.end))


def spans_of_misread_dates(text: str, wanted: Iterable[date]) -> Iterator[tuple[int, int]]:
    """Yield where one of these dates stands in figures with a sign or two misread, or with a gap read into it."""
    days = set(wanted)
    spelled = {form for day in days for form in _in_figures(day)}
    words = list(re.finditer(r"\S+", plain(text)))
    for first in range(len(words)):
        for run in (words[first : first + count] for count in range(1, _GAPS_MOST + 2)):
            if _is_misread_date("".join(word.group() for word in run), days, spelled):
                yield run[0].start(), run[-1].end()


def plain(text: str) -> str:
    """Return the text without marks on its letters, letter for letter."""
    return "".join(unicodedata.normalize("NFKD", letter)[0] for letter in text)


def _meant(text: str) -> set[str]:
    """What a line may say: as it was read, or with letters taken for figures and figures for letters."""
    seen = _YEAR.sub(lambda found: "ano".ljust(len(found[0])), plain(text))
    figures = _with_figures(seen)
    roman = _ROMAN.sub(lambda found: found[0].translate(_LIKE_ROMAN), seen)
    letters = _IN_LETTERS.sub(lambda found: found[0].translate(_LIKE_LETTERS), seen)
    return {seen, figures, roman, letters, _RAISED.sub(_raised, seen), _RAISED.sub(_raised, figures)}


def _with_figures(text: str) -> str:
    """The text with figures where single letters and strokes may have been some."""
    text = _ORDINAL.sub(_as_ordinal, text)
    text = _RUN_TOGETHER.sub(_as_run_together, text)
    return _IN_FIGURES.sub(lambda found: found[0].translate(_LIKE_DIGITS), text)


def _as_ordinal(found: re.Match[str]) -> str:
    """A first of which nothing but a speck was left (`'st`), an `lst` or a `ter`."""
    return re.sub(r"['\u2018\u2019t]\Z", "1", found[0]).translate(_LIKE_DIGITS)


def _as_run_together(found: re.Match[str]) -> str:
    first, month, last = found.groups()
    return first.translate(_LIKE_DIGITS) + month + last.translate(_LIKE_DIGITS) if month_of(month.lower()) else found[0]


def _raised(found: re.Match[str]) -> str:
    """`1\u00ba de noviembre`, of which the reader made `12 de noviembre`, with an `o` in the place of the sign."""
    return f"{found[1]}o" if month_of(found[2].lower()) else found[0]


def _is_misread_date(text: str, days: set[date], spelled: set[str]) -> bool:
    seen = re.sub(r"^\W+|\W+$", "", text).translate(_LIKE_DIGITS)
    if len(seen) > _LONG_DATE + 2:
        return False
    readable = [one.days for one in readings(seen)]
    if readable:
        # What reads as another day is that day: a date of collection stays, however near it is.
        return any(days & meant for meant in readable)
    return any(distance(seen, form, _signs_wrong(form)) <= _signs_wrong(form) for form in spelled)


def _in_figures(day: date) -> Iterator[str]:
    """Yield a day as forms print it, long enough that nothing else looks like it."""
    for order in ("%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y"):
        written = day.strftime(order)
        bare = re.sub(r"(?<!\d)0", "", written)
        yield from {form.replace("-", sign) for form in (written, bare) for sign in "-/."}
    yield day.strftime("%Y%m%d")


def _signs_wrong(form: str) -> int:
    return 2 if len(form) >= _LONG_DATE else 1
