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

import bisect
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from econsult.people.dates import spans_of
from econsult.people.everyday import EVERYDAY, FORE, PARTICLES

MARKS = ("name", "birth_date", "phone", "email", "number")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", re.UNICODE)
_BETWEEN = re.compile(r"[\W_]{0,4}\Z")
_POSSESSIVE = re.compile(r"['\u2019]s?\Z")
_DIGITS = re.compile(r"\d")
_RUN = re.compile(r"\d(?:[\W_]{0,3}\d){6,}")
_COUNTRY = re.compile(r"(?:(?:\+|00)\(?\d{1,3}[\W_]{0,3}|(?<!\d)1[\W_]{1,2}|\d*)\(?\Z")
_LONGEST_COUNTRY = 10
_MOST_PARTS = 5
_PARTING = "\x1f"
"""Between texts that are looked at as one."""
_SHORTEST_PART, _SHORTEST_PHONE, _SHORTEST_NUMBER, _SHORTEST_DIGITS = 2, 7, 4, 6


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
    """Parts of one name written as one word, in any order: "luciamarin"."""

    def __post_init__(self) -> None:
        names = [parts_of(name) for name in self.names]
        object.__setattr__(self, "parts", frozenset(part for each in names for part in each))
        object.__setattr__(self, "joined", frozenset(word for name in self.names for word in _run_together(name)))

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


def is_everyday(name: str) -> bool:
    """Whether every part of a name is a word of every day as well, so that alone it hardly tells who somebody is."""
    return all(part in EVERYDAY for part in parts_of(name))


def words_of(text: str) -> frozenset[str]:
    """The folded words of a text, as `parts_of` folds those of a name, and two beside each other as one."""
    words = [fold(word[0]) for word in _WORD.finditer(_composed(text))]
    return frozenset((*words, *map("".join, itertools.pairwise(words))))


def _run_together(name: str) -> Iterator[str]:
    """Two and more parts of a name as one word, and any stretch of it with what stands between its parts."""
    parts = tuple(dict.fromkeys(parts_of(name)))[:_MOST_PARTS]
    for count in range(2, len(parts) + 1):
        yield from map("".join, itertools.permutations(parts, count))
    words = [fold(word[0]) for word in _WORD.finditer(_composed(name))][: 2 * _MOST_PARTS]
    for first, after in itertools.combinations(range(len(words) + 1), 2):
        if sum(word in parts for word in words[first:after]) > 1:
            yield "".join(words[first:after])


def fold(text: str) -> str:
    """Letters and digits alone, small and without marks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def cover(text: str, known: Known, marks: Mapping[str, str]) -> str:
    """The text with a mark in the place of each identifier; `marks` has the reader's word for each kind."""
    whole = _composed(text)
    found = spans(whole, known)
    return _marked(whole, found, marks) if found else text


def _marked(text: str, found: Iterable[Span], marks: Mapping[str, str]) -> str:
    done, at = [], 0
    for span in found:
        done += [text[at : span.start], f"[{marks[span.kind]}]"]
        at = span.end
    return "".join([*done, text[at:]])


def cover_each(texts: Sequence[str], known: Known, marks: Mapping[str, str]) -> list[str]:
    """Texts that stand beside each other, each covered; what is spread over several of them is covered in each."""
    wholes = [_composed(text) for text in texts]
    ends = list(itertools.accumulate(len(whole) + 1 for whole in wholes))
    done = list(texts)
    joined = _PARTING.join(wholes)
    kept = [span for span in spans(joined, known) if _may_be_spread(joined[span.start : span.end], span.kind)]
    for number, whole in enumerate(wholes):
        start, end = ends[number] - len(whole) - 1, ends[number] - 1
        mine = _within(kept, start, end)
        done[number] = _marked(whole, mine, marks) if mine else texts[number]
    return done


def _within(found: list[Span], start: int, end: int) -> list[Span]:
    """What of these spans lies in a part of a text, counted from its beginning."""
    first = bisect.bisect_right(found, start, key=lambda span: span.end)
    after = itertools.takewhile(lambda span: span.start < end, itertools.islice(found, first, None))
    return [Span(max(0, span.start - start), min(end, span.end) - start, span.kind) for span in after]


def _may_be_spread(text: str, kind: str) -> bool:
    """Whether this is an identifier though it stands in several texts: short numbers of a list are values."""
    if _PARTING not in text or kind not in {"birth_date", "number"}:
        return True
    if kind == "number":
        return sum(letter.isalnum() for letter in text) >= _SHORTEST_DIGITS
    return re.search(r"\d{4}|[^\W\d_]", text) is not None


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
    """A record number with whatever signs stand between its letters and digits, or its digits alone."""
    for form in {form for number in numbers for form in _forms_of(number)}:
        pattern = r"[\W_]{0,3}".join(re.escape(letter) for letter in form)
        for hit in re.finditer(rf"{_edge(form[0], '<!')}{pattern}{_edge(form[-1], '!')}", text, re.IGNORECASE):
            yield Span(*hit.span(), "number")


def _forms_of(number: str) -> Iterator[str]:
    """The letters and digits of a record number; long ones also without letters or the noughts before them."""
    whole = "".join(letter for letter in number if letter.isalnum())
    digits = "".join(_DIGITS.findall(number))
    if len(whole) >= _SHORTEST_NUMBER:
        yield whole
    yield from (form for form in (digits, digits.lstrip("0")) if len(form) >= _SHORTEST_DIGITS)


def _edge(letter: str, side: str) -> str:
    """What keeps a number from being found inside of a longer one, though a word may be written together with it."""
    return rf"(?{side}\d)" if letter.isdecimal() else rf"(?{side}[^\W_])"


def _phones(text: str, phones: Iterable[str]) -> Iterator[Span]:
    """A telephone number, with or without its country, or its last seven digits, in any grouping."""
    wanted = set()
    for phone in phones:
        digits = "".join(_DIGITS.findall(phone))
        if len(digits) >= _SHORTEST_PHONE:
            wanted |= {digits[-10:], digits[-_SHORTEST_PHONE:]}
    for run in _RUN.finditer(text) if wanted else ():
        places = [hit.start() for hit in _DIGITS.finditer(text, *run.span())]
        written = "".join(text[place] for place in places)
        for digits in wanted:
            for first in _found(written, digits):
                start, end = places[first], places[first + len(digits) - 1] + 1
                if not _DIGITS.match(text, end):
                    yield Span(_with_country(text, start), end, "phone")


def _found(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _with_country(text: str, start: int) -> int:
    """Where a number begins with the digits written together with it, its bracket and the code of its country."""
    before = _COUNTRY.search(text, max(0, start - _LONGEST_COUNTRY), start)
    return before.start() if before else start


def _dates(text: str, days: tuple[date, ...]) -> Iterator[Span]:
    yield from (Span(start, end, "birth_date") for start, end in spans_of(text, days))


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
