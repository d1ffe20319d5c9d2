"""A text cut into words, and what these mean in dates, in English and Spanish."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_TOKEN = re.compile(r"\d+|[^\W\d_]+|\s+|[\W_]")
_LETTERS = re.compile(r"[^\W\d_]+")
_MONTHS = (
    ("january", "enero"), ("february", "febrero"), ("march", "marzo", "mzo"), ("april", "abril"), ("may", "mayo"),
    ("june", "junio"), ("july", "julio"), ("august", "agosto"), ("september", "septiembre", "setiembre"),
    ("october", "octubre"), ("november", "noviembre"), ("december", "diciembre"),
)  # fmt: skip
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ENGLISH = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH_NTH = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth eighteenth nineteenth
"""
_SPANISH = """
uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho
diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve
"""
_SPANISH_TENS = "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"
_SPANISH_NTH = (
    ("primero", "primer", "primera"), ("segundo", "segunda"), ("tercero", "tercer", "tercera"), ("cuarto", "cuarta"),
    ("quinto", "quinta"), ("sexto", "sexta"), ("septimo", "septima"), ("octavo", "octava"), ("noveno", "novena"),
    ("decimo", "decima"),
)  # fmt: skip
_THOUSANDS = (("dos", "mil"), ("two", "thousand"), ("two", "thousand", "and"), ("twenty",), ("dos", "mil", "y"))
_SHORTEST_MONTH, _SHORTEST_MISSPELT, _SHORTEST_NUMBER_WORD, _LONGEST_MISSPELT = 3, 4, 6, 12
_JOINERS = """
of de del d the el on in en dia dias day mes month year ano monday tuesday wednesday thursday friday saturday sunday
lunes martes miercoles jueves viernes sabado domingo
"""
_BIRTH = """
nacio nacido nacida nacimiento nac nace nacer fn parto cumpleanos cumple cumplio cumplir cumplira born birth birthday
birthdate bday dob delivered delivery turned turns turning
"""
JOINERS = frozenset(_JOINERS.split())
"""What may stand between the parts of a date."""
RAISED = frozenset(("o", "a", "er", "ro", "\u00b0"))
"""What stands raised behind an ordinal, or beside it where somebody had no such letter."""
BIRTH_WORDS = frozenset(_BIRTH.split())

AROUND_BIRTH = JOINERS | {"is", "was", "es", "fue", "date", "fecha"}
"""What may stand between a word for birth and a day in figures."""


class Token(NamedTuple):
    """A number, a word, a run of blanks or a sign of a text."""

    text: str
    start: int
    end: int

    @property
    def is_blank(self) -> bool:
        return self.text.isspace()

    @property
    def is_word(self) -> bool:
        return _LETTERS.fullmatch(self.text) is not None


def cut(text: str) -> tuple[list[Token], list[int]]:
    """The tokens of the text, small and without marks, and where each of their letters stands in it."""
    if text.isascii():
        plain, places = text.casefold(), list(range(len(text)))
    else:
        pairs = [(letter, place) for place, sign in enumerate(text) for letter in _plain(sign)]
        plain, places = "".join(letter for letter, _ in pairs), [place for _, place in pairs]
    return [Token(hit[0], *hit.span()) for hit in _TOKEN.finditer(plain)], places


def _plain(sign: str) -> str:
    if sign.isascii():
        return sign.casefold()
    spread = unicodedata.normalize("NFKD", sign.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def _numbers() -> Iterator[tuple[tuple[str, ...], int]]:
    for known, known_tens, glue in ((_ENGLISH, _ENGLISH_TENS, ()), (_SPANISH, _SPANISH_TENS, ("y",))):
        words, tens = known.split(), known_tens.split()
        for value, word in enumerate(words, 1):
            yield (word,), value
        for ten, word in enumerate(tens, 2):
            yield (word,), ten * 10
            for unit in range(1, 10):
                yield (word, *glue, words[unit - 1]), ten * 10 + unit
                yield (word + "".join(glue) + words[unit - 1],), ten * 10 + unit
                yield (word + "".join(glue).replace("y", "i") + words[unit - 1],), ten * 10 + unit
    for unit in range(6, 10):
        yield ("diez", "y", _SPANISH.split()[unit - 1]), 10 + unit


def _ordinals() -> Iterator[tuple[tuple[str, ...], int]]:
    for value, word in enumerate(_ENGLISH_NTH.split(), 1):
        yield (word,), value
        if value < 10:
            yield from (((ten, word), base + value) for ten, base in (("twenty", 20), ("thirty", 30)))
            yield from (((ten + word,), base + value) for ten, base in (("twenty", 20), ("thirty", 30)))
    yield from ((("twentieth",), 20), (("thirtieth",), 30))
    for value, words in enumerate(_SPANISH_NTH, 1):
        yield from (((word,), value) for word in words)
    yield from ((("veintiun",), 21), (("treinta", "y", "un"), 31))


def _years() -> Iterator[tuple[tuple[str, ...], int]]:
    yield from ((("dos", "mil"), 2000), (("two", "thousand"), 2000))
    for words, value in _numbers():
        yield from (((*thousand, *words), 2000 + value) for thousand in _THOUSANDS if value > 9 or len(thousand) > 1)
        if value < 10:
            yield from (((ten, zero, *words), 2000 + value) for ten in ("twenty",) for zero in ("oh", "o", "zero"))
        if value > 9:
            yield ("nineteen", *words), 1900 + value
            yield ("mil", "novecientos", *words), 1900 + value


_WORDED = dict([*_years(), *_numbers(), *_ordinals()])
_FIRST_WORDS = frozenset(words[0] for words in _WORDED)
_NUMBER_WORDS = frozenset(word for words in _WORDED for word in words)
_LONG_NUMBER_WORDS = tuple(sorted(word for word in _NUMBER_WORDS if len(word) >= _SHORTEST_NUMBER_WORD))
_LONGEST_WORDED = max(map(len, _WORDED))
_PREFIXES = {
    name[:length]: month
    for month, names in enumerate(_MONTHS, 1)
    for name in names
    for length in range(_SHORTEST_MONTH, len(name) + 1)
}


def number_of(words: Sequence[str]) -> tuple[int, int]:
    """The number that these words begin with, and how many of them it takes; none takes nought."""
    meant = [_number_word(word) for word in words[:_LONGEST_WORDED]]
    for count in range(len(meant), 0, -1):
        value = _WORDED.get(tuple(meant[:count]))
        if value is not None:
            return value, count
    return 0, 0


def begins_number(word: str) -> bool:
    """Whether a number in words may begin with this one."""
    return _number_word(word) in _FIRST_WORDS


@functools.lru_cache(maxsize=4096)
def _number_word(word: str) -> str:
    """The word of a number that this one is, or is but for one letter."""
    if word in _NUMBER_WORDS or not _SHORTEST_NUMBER_WORD <= len(word) <= _LONGEST_MISSPELT:
        return word
    known = (name for name in _LONG_NUMBER_WORDS if name[0] == word[0] and _is_one_letter_off(word, name))
    return next(known, word)


def _is_one_letter_off(word: str, name: str) -> bool:
    """Whether one letter is wrong, too many or missing: all others stand before it or behind it."""
    most = min(len(word), len(name))
    before = next((place for place in range(most) if word[place] != name[place]), most)
    behind = next((place for place in range(most - before) if word[-1 - place] != name[-1 - place]), most - before)
    return before + behind >= max(len(word), len(name)) - 1


@functools.lru_cache(maxsize=4096)
def month_of(word: str) -> int:
    """Which month a folded word is: its name, a beginning of it, a Roman number or a slip of the pen; 0 for none."""
    if word in _ROMAN:
        return _ROMAN.index(word) + 1
    known = _PREFIXES.get(word, 0)
    if known or not _SHORTEST_MISSPELT <= len(word) <= _LONGEST_MISSPELT:
        return known
    alike = (
        month for month, names in enumerate(_MONTHS, 1) for name in names if word[0] == name[0] and _is_slip(word, name)
    )
    return next(alike, 0)


def _is_slip(word: str, name: str) -> bool:
    """Whether a word is the name with a letter wrong, or what is left of it when some are left out ("novbre")."""
    if word[-1] == name[-1] and _is_left_of(word, name):
        return True
    if len(word) < 5 or len(name) < 5:
        return False
    if _is_one_letter_off(word, name):
        return True
    return len(name) > 7 and abs(len(word) - len(name)) <= 2 and _distance(word, name) <= 2


def _is_left_of(word: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in word)


def _distance(first: str, second: str) -> int:
    row = list(range(len(second) + 1))
    for number, letter in enumerate(first, 1):
        last, row[0] = row[0], number
        for place, other in enumerate(second, 1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (letter != other))
    return row[-1]
