"""Dates in a text, however they are written: every stretch that can be one is read, with all that it may mean.

Nothing is spelled out beforehand. A text is cut into numbers, words and signs; a number, a number in words, a month's
name or a Roman number may be a part of a date, and three parts beside each other with at most a few signs and words
between them ("of", "de") are one: day and month in either order with the year behind or before them.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from . import words as date_words
from .words import Token, cut

_MOST_SIGNS, _MOST_WORDS, _LONGEST_GAP = 4, 4, 16
_LONGEST_SUFFIX, _WORDS_OF_A_NUMBER, _BEFORE_BIRTH, _BEHIND_BIRTH, _LONGEST_ABBREVIATION = 3, 6, 24, 14, 3
_OLDEST, _NEWEST = 1900, 2100
_SECONDS = (9, 10)
_MILLISECONDS = (12, 13)
"""How many figures a moment has that a program counts from 1970; fourteen are a day with its time."""


class Reading(NamedTuple):
    """Where something stands that can be a date, and which days it may mean.

    It is certain where hardly anything else can be meant, and loose where its parts may belong to something else.
    """

    start: int
    end: int
    days: frozenset[date]
    is_certain: bool = False
    is_loose: bool = False


class _Part(NamedTuple):
    """One part of a date: the numbers of its first and last token, and what it may be: a short year, a named month."""

    first: int
    last: int
    day: int = 0
    month: int = 0
    year: int = -1
    is_short: bool = False
    is_named: bool = False


def spans_of(text: str, days: Collection[date]) -> list[tuple[int, int]]:
    """Where one of these days may be meant; without its year only where the text speaks of a birth."""
    if not days:
        return []
    tokens, places = cut(text)
    parts = list(_parts(tokens))
    known = [*_compact(tokens), *_halves(tokens, parts), *_triples(tokens, parts)]
    certain = [one for one in known if one.is_certain]
    found = [one for one in known if one.days & set(days) and not (one.is_loose and _is_within(one, certain))]
    found += [one for one in _births(tokens, parts, days) if not _is_within(one, certain)]
    return [(places[one.start], places[one.end - 1] + 1) for one in found]


def readings(text: str) -> Iterator[Reading]:
    """Everything that can be a date of any day."""
    tokens, places = cut(text)
    parts = list(_parts(tokens))
    for one in (*_compact(tokens), *_triples(tokens, parts)):
        yield one._replace(start=places[one.start], end=places[one.end - 1] + 1)


def _is_within(one: Reading, certain: Sequence[Reading]) -> bool:
    """Whether a reading takes parts of a date that is certain; these stand in order."""
    after = bisect.bisect_right(certain, one.start, key=lambda other: other.end)
    return after < len(certain) and certain[after].start < one.end


def _parts(tokens: Sequence[Token]) -> Iterator[_Part]:
    at = 0
    while at < len(tokens):
        part = _part(tokens, at)
        if part is not None:
            yield part
            at = part.last
        at += 1


def _part(tokens: Sequence[Token], at: int) -> _Part | None:
    text = tokens[at].text
    if text.isdecimal():
        return _in_figures(tokens, at)
    if not tokens[at].is_word:
        return None
    if date_words.begins_number(text):
        part = _in_words(tokens, at)
        if part is not None:
            return part
    month = date_words.month_of(text)
    return _Part(at, at, month=month, is_named=True) if month else None


def _in_figures(tokens: Sequence[Token], at: int) -> _Part | None:
    text = tokens[at].text
    if len(text) > 4 or len(text) == 3:
        return None
    value = int(text)
    if len(text) == 4:
        return _Part(at, at, year=value)
    last = _suffix(tokens, at)
    return _Part(
        at,
        last,
        day=value if value <= 31 else 0,
        month=value if value <= 12 else 0,
        year=value if len(text) == 2 else -1,
        is_short=True,
    )


def _suffix(tokens: Sequence[Token], at: int) -> int:
    """The last token of a number with the ending or raised letter that makes it an ordinal: 1st, 1.º, 5to, 1er."""
    for number, token in enumerate(tokens[at + 1 : at + 4], at + 1):
        if token.text in date_words.RAISED:
            return number
        if token.is_word:
            is_glued = number == at + 1 and len(token.text) <= _LONGEST_SUFFIX
            goes_on = number + 1 < len(tokens) and tokens[number + 1].text.isdecimal()
            return number if is_glued and not goes_on and not date_words.month_of(token.text) else at
        if not (token.is_blank or token.text == "."):
            break
    return at


def _in_words(tokens: Sequence[Token], at: int) -> _Part | None:
    """A number in words that are parted by blanks and hyphens alone."""
    words, ends = [tokens[at].text], [at]
    for number in range(at + 1, min(len(tokens), at + 2 * _WORDS_OF_A_NUMBER)):
        token = tokens[number]
        if token.is_word:
            words.append(token.text)
            ends.append(number)
        elif not (token.is_blank or token.text == "-"):
            break
    value, count = date_words.number_of(words[:_WORDS_OF_A_NUMBER])
    if not count:
        return None
    last = ends[count - 1]
    if value >= 100:
        return _Part(at, last, year=value)
    day, month = (value if value <= most else 0 for most in (31, 12))
    return _Part(at, last, day=day, month=month, year=value, is_short=True)


def _triples(tokens: Sequence[Token], parts: Sequence[_Part]) -> Iterator[Reading]:
    gaps = [_gap(tokens, first, second) for first, second in itertools.pairwise(parts)]
    for number in range(len(parts) - 2):
        first_gap, second_gap = gaps[number : number + 2]
        if first_gap is None or second_gap is None:
            continue
        three = parts[number], parts[number + 1], parts[number + 2]
        is_even = first_gap == second_gap != ""
        last = frozenset(_year_last(*three)) if is_even or not _is_decimal(first_gap, *three) else frozenset()
        before = frozenset(_year_first(*three, is_even=is_even))
        if last or before:
            is_sure = is_even or (bool(last) and any(part.is_named for part in three))
            is_long = any(not part.is_short and _OLDEST <= part.year <= _NEWEST for part in three)
            start, end = tokens[three[0].first].start, tokens[three[2].last].end
            yield Reading(start, end, last | before, is_sure and is_long, not is_sure)


def _is_decimal(gap: str, *three: _Part) -> bool:
    """Whether day and month are rather a value of a laboratory, and the year of two figures another: `5.9, 22`."""
    return gap in {".", ","} and three[2].is_short and not any(part.is_named for part in three)


def _gap(tokens: Sequence[Token], first: _Part, second: _Part) -> str | None:
    """The signs and words between two parts, without blanks; None where they are too many, or other words."""
    between = tokens[first.last + 1 : min(second.first, first.last + _LONGEST_GAP)]
    if len(between) < second.first - first.last - 1:
        return None
    shown = [token.text for token in between if not token.is_blank]
    words = [token.text for token in between if token.is_word]
    if len(words) > _MOST_WORDS or len(shown) - len(words) > _MOST_SIGNS or not date_words.JOINERS.issuperset(words):
        return None
    return None if any(text.isdecimal() for text in shown) else "".join(shown)


def _year_last(first: _Part, second: _Part, third: _Part) -> Iterator[date]:
    for year in _years(third):
        yield from _day(year, second.month, first.day)
        yield from _day(year, first.month, second.day)


def _year_first(first: _Part, second: _Part, third: _Part, *, is_even: bool) -> Iterator[date]:
    """The year before or, between equal signs, amidst the others; of two figures only between such, or with a name."""
    if first.is_short and not is_even and not second.is_named and not third.is_named:
        return
    for year in _years(first):
        yield from _day(year, second.month, third.day)
        yield from _day(year, third.month, second.day)
    for year in _years(second) if is_even and not second.is_short else ():
        yield from _day(year, first.month, third.day)
        yield from _day(year, third.month, first.day)


def _halves(tokens: Sequence[Token], parts: Sequence[_Part]) -> Iterator[Reading]:
    """A year beside day and month in four figures: `2026-1101`."""
    for first, second in itertools.pairwise(parts):
        if min(first.year, second.year) >= 100 and _gap(tokens, first, second):
            both = ((first.year, second.year), (second.year, first.year))
            days = [day for year, rest in both for order in (1, -1) for day in _day(year, *divmod(rest, 100)[::order])]
            if days:
                yield Reading(tokens[first.first].start, tokens[second.last].end, frozenset(days), is_loose=True)


def _years(part: _Part) -> tuple[int, ...]:
    if part.year < 0:
        return ()
    return (1900 + part.year, 2000 + part.year) if part.is_short else (part.year,)


def _day(year: int, month: int, day: int) -> Iterator[date]:
    if month and day and year:
        try:
            yield date(year, month, day)
        except ValueError:
            return


def _compact(tokens: Sequence[Token]) -> Iterator[Reading]:
    """A day in figures alone, as programs write it, also with a nought lost before it."""
    for token in tokens:
        if token.text.isdecimal() and 6 <= len(token.text) <= 14:
            days = frozenset((*_cut_out(token.text), *_counted(token.text)))
            if days:
                yield Reading(token.start, token.end, days)


def _cut_out(text: str) -> Iterator[date]:
    figures = text[:8] if len(text) in (12, 14) else text.zfill(8) if len(text) == 7 else text
    if len(figures) not in {6, 8}:
        return
    before, after = (int(year) + 2000 * (len(figures) == 6) for year in (figures[:-4], figures[4:]))
    yield from _day(before, int(figures[-4:-2]), int(figures[-2:]))
    for day, month in ((figures[:2], figures[2:4]), (figures[2:4], figures[:2])):
        yield from _day(after, int(month), int(day))


def _counted(text: str) -> Iterator[date]:
    """The day of a moment in seconds or milliseconds since 1970, wherever on earth its midnight was meant."""
    if len(text) in (*_SECONDS, *_MILLISECONDS):
        seconds = int(text) // (1 if len(text) in _SECONDS else 1000)
        moment = datetime.fromtimestamp(seconds, UTC)
        if moment.minute == moment.second == 0:
            yield from {(moment + timedelta(hours=hours)).date() for hours in (-12, 0, 12)}


def _births(tokens: Sequence[Token], parts: Sequence[_Part], days: Collection[date]) -> Iterator[Reading]:
    """Day and month alone tell the rest to whoever reads the age beside it, where they stand for a birth."""
    wanted = {(day.month, day.day) for day in days}
    for first, second in itertools.pairwise(parts):
        if not {(first.month, second.day), (second.month, first.day)} & wanted:
            continue
        gap = _gap(tokens, first, second)
        is_close = gap in {"/", "-"} and _is_right_behind(tokens, first.first)
        is_named = gap is not None and (first.is_named or second.is_named)
        if is_close or (is_named and _is_of_birth(tokens, first.first, second.last)):
            yield Reading(tokens[first.first].start, tokens[second.last].end, frozenset())


def _is_of_birth(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether the sentence speaks of a birth not far before or behind a place."""
    sides = (
        range(first - 1, max(-1, first - _BEFORE_BIRTH), -1),
        range(last + 1, min(len(tokens), last + _BEHIND_BIRTH)),
    )
    return any(
        tokens[at].text in date_words.BIRTH_WORDS
        for side in sides
        for at in itertools.takewhile(lambda place: not _ends_sentence(tokens, place), side)
    )


def _is_right_behind(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word for birth stands just before: figures farther off may be a score, a time or a weight."""
    words = (token.text for token in reversed(tokens[max(0, at - 8) : at]) if token.is_word)
    return next((word for word in words if word not in date_words.AROUND_BIRTH), "") in date_words.BIRTH_WORDS


def _ends_sentence(tokens: Sequence[Token], at: int) -> bool:
    """A point behind a short word or a month may be one of an abbreviation."""
    text, before = tokens[at].text, tokens[at - 1].text if at else ""
    if text == ".":
        return len(before) > _LONGEST_ABBREVIATION and not date_words.month_of(before)
    return text in {";", "!", "?"} or "\n" in text
