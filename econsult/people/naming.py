"""The words that say who a child is, found in free text and covered for readers who may not know it.

What is stored stays whole: covering happens where a text leaves for such a reader. Found are the case's own
identifiers: names of the child and of its caregivers, birth date, telephone, e-mail and record number, in the spellings
below. Other people's names and places are not known here and stay.

The rule for names: a whole name (two of its parts beside each other, in either order, with initials between) is covered
however it is written. A part alone is covered where it is no everyday word, one of up to three letters only with a
capital; a part that is such a word as well ("Rosa", "Mar", "Blanca") only where something beside it says that a
person is meant: another part of the name, or a word such as "my daughter" or "named". Clinical words stay so. A part
that is something that a child eats, meets or has ("Honey", "Bear", "Trigo") needs a capital or such a word: "bear
weight", "ate honey" and "alergia al trigo" stay, and the child that is registered so is covered.

What a child is called at home is a thing more often than not, and may be what it must not eat ("Peanut", "Camarón"). It
is covered with a capital or behind such a word; where it is known to be a thing, only with both. A part of the name
beside it says nothing: "Luz: peanut allergy".
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
from econsult.people.digits import SHORTEST_DIGITS, numbers_in, phones_in
from econsult.people.everyday import EVERYDAY, FORE, PARTICLES
from econsult.people.things import CLINICAL, is_thing

MARKS = ("name", "birth_date", "phone", "email", "number")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", re.UNICODE)
_BETWEEN = re.compile(r"[\W_]{0,4}\Z")
_ALONGSIDE = re.compile(r"[\s\"\u201c\u201d'-]{1,3}\Z")
_CALLED = re.compile(r"[\s,(\"\u201c\u201d\u00ab'\u2018]{1,3}\Z")
_POSSESSIVE = re.compile(r"['\u2019]s?\Z")
_MOST_PARTS = 5
_PARTING = "\x1f"
"""Between texts that are looked at as one."""
_SHORTEST_PART = 2


@dataclass(frozen=True)
class Known:
    """The identifiers of one case. It never shows them where it is printed."""

    names: tuple[str, ...] = ()
    birth_dates: tuple[date, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    nicknames: tuple[str, ...] = ()
    parts: frozenset[str] = field(init=False)
    joined: frozenset[str] = field(init=False)
    """Parts of one name written as one word, in any order: "luciamarin"."""
    fond: frozenset[str] = field(init=False)
    """Parts of nicknames that are in no name, and those of them that are no things written as one word."""

    def __post_init__(self) -> None:
        names = [parts_of(name) for name in self.names]
        object.__setattr__(self, "parts", frozenset(part for each in names for part in each))
        object.__setattr__(self, "joined", frozenset(word for name in self.names for word in _run_together(name)))
        fond = {part for name in self.nicknames for part in parts_of(name)}
        fond |= {word for name in self.nicknames for word in _run_together(" ".join(telling_parts(name)))}
        object.__setattr__(self, "fond", frozenset(fond - self.parts - self.joined))

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


def telling_parts(nickname: str) -> tuple[str, ...]:
    """The words of what a child is called at home that are no things: "Lulu" of "Mi sol Lulu", none of "Peanut"."""
    words = [word[0] for word in _WORD.finditer(_composed(nickname))]
    return tuple(word for word in words if parts_of(word) and not is_thing(fold(word)))


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
    if text.isascii() and text.isalnum():
        # Most words are, and lists of fifty texts are read for names.
        return text.casefold()
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
        return sum(letter.isalnum() for letter in text) >= SHORTEST_DIGITS
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
    if text.isascii():
        return text
    shown = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", shown)


def _all(text: str, known: Known) -> Iterator[Span]:
    if not text:
        return
    for email in known.emails:
        yield from (Span(*hit.span(), "email") for hit in re.finditer(re.escape(email), text, re.IGNORECASE))
    yield from _dates(text, known.birth_dates)
    yield from (Span(*place, "phone") for place in phones_in(text, known.phones))
    yield from (Span(*place, "number") for place in numbers_in(text, known.numbers))
    yield from _names(text, known)


def _dates(text: str, days: tuple[date, ...]) -> Iterator[Span]:
    yield from (Span(start, end, "birth_date") for start, end in spans_of(text, days))


def _names(text: str, known: Known) -> Iterator[Span]:
    if not known.parts | known.fond:
        return
    words = list(_WORD.finditer(text))
    folded = [fold(_POSSESSIVE.sub("", word[0])) for word in words]
    yield from _nicknames(text, words, folded, known.fond)
    # A nickname in the midst of a name parts it no more than an initial does; beside a part of it, it says nothing.
    folded = ["" if name in known.fond - FORE else name for name in folded]
    is_part = [name in known.parts or name in known.joined for name in folded]
    for place, word in enumerate(words):
        if is_part[place] and _is_name(text, words, folded, is_part, place):
            yield Span(word.start(), word.end(), "name")
    yield from _joined(text, words, folded, is_part)


def _nicknames(text: str, words: list[re.Match[str]], folded: list[str], fond: frozenset[str]) -> Iterator[Span]:
    """Nicknames: what is a thing as well only as a name, with a capital behind a word that says that a person is meant.

    Others have a capital or that word before them. Parts beside each other with capitals are looked at as one.
    """
    for first, last in _runs(text, words, [name in fond for name in folded]):
        is_said = first > 0 and folded[first - 1] in FORE and _is_called(text, words[first - 1], words[first])
        is_thing_alone = all(map(is_thing, folded[first : last + 1]))
        told = (is_said, words[first][0][0].isupper())
        if all(told) if is_thing_alone else any(told):
            yield Span(words[first].start(), words[last].end(), "name")


def _runs(text: str, words: list[re.Match[str]], is_one: list[bool]) -> Iterator[tuple[int, int]]:
    """The first and the last of each stretch of such words that stand beside each other and have capitals."""
    first = None
    for place in itertools.compress(range(len(words)), is_one):
        first = place if first is None else first
        beside = words[place : place + 2]
        is_more = len(beside) > 1 and is_one[place + 1] and _ALONGSIDE.match(_gap(text, *beside))
        if not (is_more and all(word[0][0].isupper() for word in beside)):
            yield first, place
            first = None


def _is_name(text: str, words: list[re.Match[str]], folded: list[str], is_part: list[bool], place: int) -> bool:
    if any(is_part[other] and folded[other] != folded[place] for other in _beside(text, words, folded, place)):
        return True
    before = folded[place - 1] if place else ""
    is_said = before in FORE and _is_near(text, words[place - 1], words[place])
    word = words[place][0]
    if folded[place] in EVERYDAY:
        return is_said and word[0].isupper()
    is_plain = len(folded[place]) > _SHORTEST_PART + 1 and folded[place] not in CLINICAL
    return is_said or word[0].isupper() or is_plain


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
    return bool(_BETWEEN.match(_gap(text, first, second)))


def _is_called(text: str, first: re.Match[str], second: re.Match[str]) -> bool:
    """Whether nothing ends between two words: behind "Mother: " and "my child. " something else may begin."""
    return bool(_CALLED.match(_gap(text, first, second)))


def _gap(text: str, first: re.Match[str], second: re.Match[str]) -> str:
    return text[first.end() : second.start()]


def _start(word: re.Match[str]) -> int:
    return word.start()
