"""How a child was measured, in words and figures: `Wt 15.4 kg`, `at 38 weeks`, `Peso al nacer 3.210 kg`, `(4 y)`."""

import itertools
import re
from collections.abc import Sequence

from imaging.reading.spelling import fold

MEASURES = frozenset(
    ("weight", "wt", "bw", "peso", "height", "ht", "talla", "length", "longitud", "estatura", "hc", "pc", "ofc", "bmi",
     "imc", "vol", "volume", "volumen", "temp", "temperature", "temperatura", "apgar", "ga", "gestation")
)  # fmt: skip
"""What is measured."""
_BESIDE = frozenset(
    ("birth", "al", "nacer", "at", "a", "las", "con", "de", "discharge", "current", "actual", "and", "y")
)
_UNITS = frozenset(
    ("kg", "kgs", "kilos", "g", "gr", "grams", "gramos", "lb", "lbs", "oz", "cm", "mm", "in", "weeks", "week", "wk",
     "wks", "sem", "semanas", "sdg", "months", "month", "mo", "meses", "years", "year", "yrs", "yr", "y", "yo", "anos")
)  # fmt: skip
_VALUE = re.compile(r"\(?(\d{1,3}(?:[.,]\d{1,3})?|\d{4})(/\d{1,2})?([^\W\d_]*)[),;.]*")


def begins_measure(words: Sequence[str], *, is_unnamed: bool) -> bool:
    """Whether a measure stands there: its name with a value, or, where it may be unnamed, its value with its unit."""
    named = list(itertools.takewhile(lambda text: fold(text) in MEASURES | _BESIDE, words))
    first, *behind = [*words[len(named) :], ""]
    value = _VALUE.fullmatch(first)
    if value is None:
        return False
    if not MEASURES.isdisjoint(map(fold, named)):
        return True
    return is_unnamed and fold(value[3] or (behind[0] if behind else "")) in _UNITS
