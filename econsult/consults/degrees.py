"""Temperatures that a text tells: which of its numbers may be degrees, and which of those are a fever."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MOMENT = re.compile(
    rf"\b\d{{4}}-\d\d?-\d\d?(?:t[\d:.+\-]*z?)?|\b{_DAY}([/.\-]){_DAY}\1\d{{2,4}}\b|\b\d{{1,2}}:\d\d(?::\d\d(?:\.\d+)?)?(?:[ap]m)?\b"
)
"""Dates and times of day: 38 of their minutes are no degrees."""
_OTHER_SIGN = re.compile(
    r"\b(?:hr|rr|fc|fr|pulse|pulso|heart ?rate|resp\w*|sp?o2|sat\w*|o2|wt|weight|peso|ht|height|length|talla|hc|map|"
    r"gcs|glu\w*|bili\w*|ga|age|edad)\W{0,3}\d+(?:[/.,]\d+)?|\b(?:bp|ta|pa)\W{0,3}\d+/\d+"
    r"|\b[pr]\W{0,2}\d{2,3}(?![\d.,])"
)
_OTHER_UNIT = re.compile(
    r"(?<![\d.,])\d+(?:[.,]\d+)?[ _]?(?:kg|g|lbs?|oz|bpm|lpm|rpm|mmhg|ml|cc|cm|mm|mg|mcg|w|wks?|weeks?|d|days?|h|hrs?|"
    r"hours?|min|mins|minutes|minutos|mo|months?|years?|yo|semanas?|dias?|horas?|mes|meses|anos?)(?![/\w])"
    r"|(?<![\d.,])\d+ ?(?:%|/min)"
)
"""What carries the name or the unit of something else: a breathing rate of 40 is usual in a baby."""
_NUMBER = re.compile(r"(?<![\d.,])\d{2,3}(?:[.,_]\d+)?(?!\d)")
_HOT = ((38.0, 46.0), (100.4, 115.0))
_MEASURED = ((30.0, 46.0), (86.0, 115.0))
"""From the least that is a fever, or that a thermometer tells, to what no child has, in Celsius and in Fahrenheit."""


def degrees_in(text: str) -> list[float]:
    """The numbers of a small-lettered text without accents that a thermometer may have shown."""
    for other in (_MOMENT, _OTHER_SIGN, _OTHER_UNIT):
        text = other.sub(" ", text)
    found = (float(re.sub("[,_]", ".", number)) for number in _NUMBER.findall(text))
    return [number for number in found if _is_in(number, _MEASURED)]


def is_hot(degrees: Iterable[float]) -> bool:
    """Whether one of them is 38 degrees Celsius, or 100.4 Fahrenheit, or more."""
    return any(_is_in(number, _HOT) for number in degrees)


def _is_in(number: float, ranges: tuple[tuple[float, float], ...]) -> bool:
    return any(low <= number < high for low, high in ranges)
