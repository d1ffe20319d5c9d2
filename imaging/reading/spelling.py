"""How a name, a date or a number may be spelled, and whether a word that was read is one of its spellings."""

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

from imaging.reading.lab_words import LAB_WORDS

PARTICLES = frozenset(
    (
        "de",
        "la",
        "las",
        "los",
        "lo",
        "del",
        "dela",
        "delas",
        "delos",
        "y",
        "e",
        "da",
        "do",
        "dos",
        "das",
        "van",
        "von",
        "der",
        "den",
        "di",
        "el",
        "al",
    )
)
_MONTHS = {
    1: ("january", "jan", "enero", "ene"),
    2: ("february", "feb", "febrero"),
    3: ("march", "mar", "marzo"),
    4: ("april", "apr", "abril", "abr"),
    5: ("may", "mayo"),
    6: ("june", "jun", "junio"),
    7: ("july", "jul", "julio"),
    8: ("august", "aug", "agosto", "ago"),
    9: ("september", "sep", "sept", "septiembre", "setiembre", "set"),
    10: ("october", "oct", "octubre"),
    11: ("november", "nov", "noviembre"),
    12: ("december", "dec", "diciembre", "dic"),
}
_MONTH_OF = {name: number for number, names in _MONTHS.items() for name in names}
_WORD_MONTH = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_DIGIT = r"[0-9OoQDlIiSsBZz]"
_NTH = r"\.?(?:st|nd|rd|th|ro|er|ero|\u00b0)?"
_NUMERIC_DATE = re.compile(
    rf"(?<![\w])({_DIGIT}{{1,4}})[^\w]{{1,3}}({_DIGIT}{{1,2}})[^\w]{{1,3}}({_DIGIT}{{1,4}})(?!\w)"
)
_DAY_FIRST = re.compile(
    rf"(?<!\w)({_DIGIT}{{1,2}}){_NTH}[\s.,/-]*(?:de[\s.]*)?({_WORD_MONTH})[\s.,/-]*(?:del?[\s.]*)?({_DIGIT}{{2,4}})(?!\w)",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?<!\w)({_WORD_MONTH})[\s.,/-]*({_DIGIT}{{1,2}}){_NTH}[\s.,/-]+({_DIGIT}{{2,4}})(?!\w)", re.IGNORECASE
)
_COMPACT = re.compile(r"(?<!\w)[0-9]{6}(?:[0-9]{2})?(?!\w)")
_LIKE_DIGITS = str.maketrans("OoQDlIiSsBZz", "000011155822")
_MISREADINGS = (
    ("fi", "n"), ("fl", "n"), ("ji", "n"), ("ii", "n"), ("ii", "u"), ("it", "n"), ("ti", "n"), ("rn", "m"), ("ri", "n"),
    ("0", "o"), ("1", "l"), ("5", "s"), ("8", "b"), ("vv", "w"), ("cl", "d"),
)  # fmt: skip
"""What a reader of English makes of ñ and of letters that run together."""
_ALIKE_FROM = 4
_TWO_WRONG_FROM = 7
_LONG_DATE = 10
_GAPS_MOST = 2


def fold(text: str) -> str:
    """Return letters and digits alone, small and without marks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def parts_of(name: str) -> Iterator[str]:
    """Yield the folded parts of a name that tell somebody apart; `de la` does not."""
    for part in re.split(r"[^\w]+", name):
        folded = fold(part)
        if folded and folded not in PARTICLES:
            yield folded


def is_alike(word: str, part: str) -> bool:
    """Whether a folded word is a name's folded part, or could be it misread."""
    if word == part:
        return True
    if len(part) < _ALIKE_FROM or abs(len(word) - len(part)) > 4 or word in LAB_WORDS:
        return False
    readings = {word, *_reread(word)}
    if part in readings:
        return True
    wrong_most = 2 if len(part) >= _TWO_WRONG_FROM else 1
    return any(_distance(reading, part, wrong_most) <= wrong_most for reading in readings)


@functools.lru_cache(maxsize=4096)
def is_lab_word(word: str) -> bool:
    """Whether a folded word is one that laboratories print, or could be one misread."""
    if word in LAB_WORDS:
        return True
    wrong_most = 2 if len(word) >= _TWO_WRONG_FROM else 1
    return len(word) > _ALIKE_FROM and any(_distance(word, known, wrong_most) <= wrong_most for known in LAB_WORDS)


def is_misread(word: str, part: str) -> bool:
    """Whether a folded word is another with at most one letter wrong."""
    return word == part or _distance(word, part, 1) <= 1


@functools.lru_cache(maxsize=4096)
def _reread(word: str) -> frozenset[str]:
    """Return what a word may have been before letters ran together, up to two such mishaps."""
    once = {word.replace(seen, meant) for seen, meant in _MISREADINGS if seen in word}
    twice = {text.replace(seen, meant) for text in once for seen, meant in _MISREADINGS if seen in text}
    return frozenset(once | twice)


def _distance(first: str, second: str, enough: int) -> int:
    """Return the edit distance, or more than enough as soon as that is clear."""
    if abs(len(first) - len(second)) > enough:
        return enough + 1
    row = list(range(len(second) + 1))
    for number, letter in enumerate(first, 1):
        last, row[0] = row[0], number
        for place, other in enumerate(second, 1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (letter != other))
        if min(row) > enough:
            return enough + 1
    return row[-1]


def spans_of_dates(text: str, wanted: Iterable[date]) -> Iterator[tuple[int, int]]:
    """Yield where in a line one of these dates is written, in whatever order and with whichever month's name."""
    days = set(wanted)
    for start, end, meant in _dates(text):
        if days & meant:
            yield start, end


def spans_of_any_date(text: str) -> Iterator[tuple[int, int]]:
    """Yield where in a line something is written that can be a date."""
    for start, end, meant in _dates(text):
        if meant:
            yield start, end


def spans_of_misread_dates(text: str, wanted: Iterable[date]) -> Iterator[tuple[int, int]]:
    """Yield where one of these dates stands in figures with a sign or two misread, or with a gap read into it."""
    days = set(wanted)
    spelled = {form for day in days for form in _in_figures(day)}
    words = list(re.finditer(r"\S+", plain(text)))
    for first in range(len(words)):
        for run in (words[first : first + count] for count in range(1, _GAPS_MOST + 2)):
            if _is_misread_date("".join(word.group() for word in run), days, spelled):
                yield run[0].start(), run[-1].end()


def _is_misread_date(text: str, days: set[date], spelled: set[str]) -> bool:
    seen = re.sub(r"^\W+|\W+$", "", text).translate(_LIKE_DIGITS)
    if len(seen) > _LONG_DATE + 2:
        return False
    readable = [meant for _, _, meant in _dates(seen) if meant]
    if readable:
        # What reads as another day is that day: a date of collection stays, however near it is.
        return any(days & meant for meant in readable)
    return any(_distance(seen, form, _signs_wrong(form)) <= _signs_wrong(form) for form in spelled)


def _in_figures(day: date) -> Iterator[str]:
    """Yield a day as forms print it, long enough that nothing else looks like it."""
    for order in ("%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y"):
        written = day.strftime(order)
        bare = re.sub(r"(?<!\d)0", "", written)
        yield from {form.replace("-", sign) for form in (written, bare) for sign in "-/."}
    yield day.strftime("%Y%m%d")


def _signs_wrong(form: str) -> int:
    return 2 if len(form) >= _LONG_DATE else 1


def plain(text: str) -> str:
    """Return the text without marks on its letters, letter for letter."""
    return "".join(unicodedata.normalize("NFKD", letter)[0] for letter in text)


def _dates(text: str) -> Iterator[tuple[int, int, set[date]]]:
    text = plain(text)
    for found in _overlapping(_NUMERIC_DATE, text):
        first, second, third = (int(part.translate(_LIKE_DIGITS)) for part in found.groups())
        yield *found.span(), _days((first, second, third), (third, second, first), (third, first, second))
    for found in _DAY_FIRST.finditer(text):
        day, month, year = found.groups()
        yield *found.span(), _days(*((_number(year), _MONTH_OF[month.casefold()], one) for one in _days_of_month(day)))
    for found in _MONTH_FIRST.finditer(text):
        month, day, year = found.groups()
        yield *found.span(), _days(*((_number(year), _MONTH_OF[month.casefold()], one) for one in _days_of_month(day)))
    for found in _COMPACT.finditer(text):
        digits = found.group()
        cuts = ((4, 2, 2), (2, 2, 4)) if len(digits) == 8 else ((2, 2, 2),)
        orders = [order for cut in cuts for order in _orders(digits, cut)]
        yield *found.span(), _days(*orders)


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Find matches that begin inside of others too: a number before a date must not hide it."""
    at = 0
    while (found := pattern.search(text, at)) is not None:
        yield found
        at = found.start() + 1


def _orders(digits: str, cut: tuple[int, int, int]) -> Iterator[tuple[int, int, int]]:
    first, second, third = digits[: cut[0]], digits[cut[0] : cut[0] + cut[1]], digits[cut[0] + cut[1] :]
    numbers = int(first), int(second), int(third)
    yield numbers
    yield numbers[2], numbers[1], numbers[0]
    yield numbers[2], numbers[0], numbers[1]


def _days_of_month(text: str) -> set[int]:
    """The days that figures mean: the raised letter of `1\u00ba`, without its mark, reads like a nought."""
    return {_number(text), *((_number(text[:-1]),) if len(text) > 1 and text[-1] in "oO" else ())}


def _number(text: str) -> int:
    return int(text.translate(_LIKE_DIGITS))


def _days(*orders: tuple[int, int, int]) -> set[date]:
    """Return the days that these numbers, as year, month and day, can mean."""
    found = set()
    for year, month, day in orders:
        for century in (0,) if year >= 1000 else (1900, 2000) if year < 100 else ():
            try:
                found.add(date(century + year, month, day))
            except ValueError:
                continue
    return found
