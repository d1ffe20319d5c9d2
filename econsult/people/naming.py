"""The words that say who a child is, found in free text and covered for readers who may not know it.

What is stored stays whole: covering happens where a text leaves for such a reader. Found are the case's own
identifiers: names of the child and of its caregivers, birth date, telephone, e-mail and record number, in the spellings
below. Nicknames, other people's names and places are not known here and stay.

The rule for names: a whole name (two of its parts beside each other, in either order, with initials between) is covered
however it is written. A part alone is covered where it is no everyday word, one of up to three letters only with a
capital; a part that is such a word as well ("Rosa", "Mar", "Blanca") only where something beside it says that a
person is meant: another part of the name, or a word such as "my daughter" or "named". Clinical words stay so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from econsult.people.everyday import EVERYDAY, FORE, PARTICLES

MARKS = ("name", "birth_date", "phone", "email", "number")
_MONTHS = (
    ("january", "jan", "enero", "ene"), ("february", "feb", "febrero"), ("march", "mar", "marzo"),
    ("april", "apr", "abril", "abr"), ("may", "mayo"), ("june", "jun", "junio"), ("july", "jul", "julio"),
    ("august", "aug", "agosto", "ago"), ("september", "sept", "sep", "septiembre", "setiembre", "set"),
    ("october", "oct", "octubre"), ("november", "nov", "noviembre"), ("december", "dec", "diciembre", "dic"),
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", re.UNICODE)
_BETWEEN = re.compile(r"[\s.,\-\u2013\u2010\u2011'\u2019]{0,4}\Z")
_POSSESSIVE = re.compile(r"['\u2019]s?\Z")
_DIGITS = re.compile(r"\d")
_ANY_DIGITS = re.compile(r"(?<!\d)\+?\(?\d(?:[\s().\-\u2013\u2010\u2011/·]{0,3}\d){5,17}(?!\d)")
_SHORTEST_PART, _SHORTEST_PHONE, _SHORTEST_NUMBER = 2, 7, 4


@dataclass(frozen=True)
class Known:
    """The identifiers of one case. It never shows them where it is printed."""

    names: tuple[str, ...] = ()
    birth_dates: tuple[date, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    parts: frozenset[str] = field(init=False)
    joined: frozenset[str] = field(init=False)
    """Two parts of one name written as one word: "luciamarin"."""

    def __post_init__(self) -> None:
        names = [parts_of(name) for name in self.names]
        pairs = (first + second for each in names for first in each for second in each if first != second)
        object.__setattr__(self, "parts", frozenset(part for each in names for part in each))
        object.__setattr__(self, "joined", frozenset(pairs))

    def __repr__(self) -> str:
        return f"Known({len(self.names) + len(self.birth_dates) + len(self.phones) + len(self.numbers)})"


@dataclass(frozen=True)
class Span:
    """Where in a text an identifier stands, and of which kind (one of MARKS)."""

    start: int
    end: int
    kind: str


def parts_of(name: str) -> tuple[str, ...]:
    """The folded parts of a name that tell somebody apart; "de la" does not."""
    folded = (fold(word[0]) for word in _WORD.finditer(_composed(name)))
    return tuple(part for part in folded if len(part) >= _SHORTEST_PART and part not in PARTICLES)


def fold(text: str) -> str:
    """Letters and digits alone, small and without marks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def cover(text: str, known: Known, marks: Mapping[str, str]) -> str:
    """The text with a mark in the place of each identifier; `marks` has the reader's word for each kind."""
    whole, done, at = _composed(text), [], 0
    for span in spans(whole, known):
        done += [whole[at : span.start], f"[{marks[span.kind]}]"]
        at = span.end
    return "".join([*done, whole[at:]]) if done else text


def spans(text: str, known: Known) -> list[Span]:
    """Where the identifiers stand, in order and without overlaps; the text must be composed (NFC)."""
    found = sorted(_all(text, known), key=lambda span: (span.start, -span.end))
    kept: list[Span] = []
    for span in found:
        if kept and span.start < kept[-1].end:
            if span.end > kept[-1].end:
                kept[-1] = Span(kept[-1].start, span.end, kept[-1].kind)
        else:
            kept.append(span)
    return kept


def kinds_in(text: str, known: Known) -> tuple[str, ...]:
    """Which kinds of identifiers a text holds, for a warning to its writer."""
    found = {span.kind for span in spans(_composed(text), known)}
    return tuple(kind for kind in MARKS if kind in found)


def _composed(text: str) -> str:
    """One spelling of each letter, without characters that cannot be seen and could part a name."""
    shown = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", shown)


def _all(text: str, known: Known) -> Iterator[Span]:
    if not text:
        return
    for email in known.emails:
        yield from (Span(*hit.span(), "email") for hit in re.finditer(re.escape(email), text, re.IGNORECASE))
    yield from _dates(text, known.birth_dates)
    yield from _phones(text, known.phones)
    yield from _numbers(text, known.numbers)
    yield from _names(text, known)


def _numbers(text: str, numbers: Iterable[str]) -> Iterator[Span]:
    """A record number with whatever signs stand between its letters and digits."""
    for number in numbers:
        letters = [letter for letter in number if letter.isalnum()]
        if len(letters) >= _SHORTEST_NUMBER:
            pattern = r"[\s.\-\u2013/]{0,2}".join(re.escape(letter) for letter in letters)
            for hit in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE):
                yield Span(*hit.span(), "number")


def _phones(text: str, phones: Iterable[str]) -> Iterator[Span]:
    """A telephone number, with or without its country, or its last seven digits, in any grouping."""
    wanted = set()
    for phone in phones:
        digits = "".join(_DIGITS.findall(phone))
        if len(digits) >= _SHORTEST_PHONE:
            wanted |= {digits[-10:], digits[-_SHORTEST_PHONE:]}
    for hit in _ANY_DIGITS.finditer(text) if wanted else ():
        digits = "".join(_DIGITS.findall(hit[0]))
        if any(digits.endswith(each) for each in wanted):
            yield Span(*hit.span(), "phone")


def _dates(text: str, days: Iterable[date]) -> Iterator[Span]:
    """A day in digits of any order and separator, and with its month in words, English or Spanish."""
    for day in days:
        for pattern in _patterns_of(day):
            yield from (Span(*hit.span(), "birth_date") for hit in re.finditer(pattern, text, re.IGNORECASE))


def _patterns_of(day: date) -> Iterator[str]:
    d, m = f"0?{day.day}", f"0?{day.month}"
    y = f"(?:{day.year}|['\u2019]?{day.year % 100:02d})"
    gap = r"\s{0,2}[./\-\u2013·\s,]\s{0,2}"
    for order in ((d, m, y), (m, d, y), (y, m, d)):
        yield rf"(?<!\d){gap.join(order)}(?!\d)"
    for compact in ("%Y%m%d", "%d%m%Y", "%m%d%Y"):
        yield rf"(?<!\d){day.strftime(compact)}(?!\d)"
    month = "(?:" + "|".join(_MONTHS[day.month - 1]) + r")\.?"
    nth, some = rf"{d}\.?(?:st|nd|rd|th|º|°|ro|ero|er)?", r"[\s.,/\-\u2013]*+"
    first = rf"(?:{nth}|primero|first)" if day.day == 1 else nth
    # A gap gives nothing back: two of them beside each other would try every way to share a long run of blanks.
    of, year = rf"{some}(?:(?:of|de|del)\b{some})?", rf"(?:{some}(?:(?:of|de|del|año)\b{some}){{0,3}}{y})"
    yield rf"(?<!\w){first}{of}{month}{year}(?!\w)"
    yield rf"(?<!\w){month}{some}(?:the\s)?{first}{year}(?!\w)"
    # The day and the month alone tell the rest to whoever reads the age beside it, where they stand for a birth.
    yield rf"(?<=naci[oó] el )(?:{first}{of}{month})(?!\w)"
    yield rf"(?<=born on )(?:{month}{some}{first}|{first}{of}{month})(?!\w)"


def _names(text: str, known: Known) -> Iterator[Span]:
    if not known.parts:
        return
    words = list(_WORD.finditer(text))
    folded = [fold(_POSSESSIVE.sub("", word[0])) for word in words]
    is_part = [name in known.parts or name in known.joined for name in folded]
    for place, word in enumerate(words):
        if is_part[place] and _is_name(text, words, folded, is_part, place):
            yield Span(word.start(), word.end(), "name")
    yield from _joined(text, words, folded, is_part)


def _is_name(text: str, words: list[re.Match[str]], folded: list[str], is_part: list[bool], place: int) -> bool:
    if any(is_part[other] and folded[other] != folded[place] for other in _beside(text, words, folded, place)):
        return True
    before = folded[place - 1] if place else ""
    is_said = before in FORE and _is_near(text, words[place - 1], words[place])
    word = words[place][0]
    if folded[place] in EVERYDAY:
        return is_said and word[0].isupper()
    return is_said or word[0].isupper() or len(folded[place]) > _SHORTEST_PART + 1


def _beside(text: str, words: list[re.Match[str]], folded: list[str], place: int) -> Iterator[int]:
    """The next words to the left and to the right, past particles and initials."""
    for step in (-1, 1):
        other = place + step
        while 0 <= other < len(words) and _is_near(text, *sorted((words[other], words[other - step]), key=_start)):
            if folded[other] not in PARTICLES and len(folded[other]) > 1:
                yield other
                break
            other += step


def _joined(text: str, words: list[re.Match[str]], folded: list[str], is_part: list[bool]) -> Iterator[Span]:
    """What stands between two parts of a name belongs to it."""
    for place in range(len(words)):
        for other in _beside(text, words, folded, place) if is_part[place] else ():
            if other > place and is_part[other] and folded[other] != folded[place]:
                yield Span(words[place].start(), words[other].end(), "name")


def _is_near(text: str, first: re.Match[str], second: re.Match[str]) -> bool:
    return bool(_BETWEEN.match(text[first.end() : second.start()]))


def _start(word: re.Match[str]) -> int:
    return word.start()
