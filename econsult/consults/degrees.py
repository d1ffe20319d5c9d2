"""Temperatures that a text tells: which of its numbers may be degrees, and which of those are a fever."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MOMENT = re.compile(
    rf"\b\d{{4}}-\d\d?-\d\d?(?:t[\d:.+\-]*z?)?|\b{_DAY}([/.\-]){_DAY}\1\d{{2,4}}\b|\b\d{{1,2}}:\d\d(?::\d\d(?:\.\d+)?)?(?:[ap]m)?\b"
)
"""Dates and times of day: 38 of their minutes are no degrees."""
_SITE = re.compile(r"(\bt(?:emp[a-z]{0,12}|max)?)(?:\W{0,3}[pr]\b)+")
_SITE_FIRST = re.compile(r"^\W{0,3}[pr](?=\W{0,3}\d)")
"""Where it was taken: the `r` behind a `T` is a rectal one, while an `r` behind a number is a breathing rate."""
_OTHER_SIGN = re.compile(
    r"\b(?:hr|rr|fc|fr|pulse|pulso|heart ?rate|resp\w*|sp?o2|sat\w*|o2|wt|weight|peso|ht|height|length|talla|map|"
    r"hc|ofc|pc|head(?: circ\w*)?|perimetro(?: cef\w*)?|gcs|glu\w*|bili\w*|ga|age|edad)"
    r"\W{0,3}\d+(?:[/.,]\d+(?![.,]?\d))?|\b(?:bp|[tp][./]?a)\W{0,3}\d+/\d+"
    r"|\b[pr]\W{0,2}\d{2,3}(?![.,]?\d| ?°| ?[cf]\b)"
)
_OTHER_UNIT = re.compile(
    r"(?<![\d.,])(?:\d+ ?w ?[0-6] ?d|\d+(?:[.,]\d+)?°?[ _]?(?:lbs?|oz|bpm|lpm|rpm|mmhg|ml|cc|cm|mm|mcg|wks?|weeks?|"
    r"days?|hours?|minutes|minutos|months?|years?|yo|semanas?|dias?|horas?|mes|meses|anos?)"
    r"|\d+(?:[.,]\d+)?[ _]?(?:kg|mg|g)(?![ :=]{1,2}\d)|\d+[ _]?(?:w|d|h|hrs?|min|mins|mo)(?![ :=]{1,2}\d))(?![/\w])"
    r"|(?<![\d.,])\d+(?:[.,]\d+)?(?: ?%| ?/min| ?(?:[mnpu]?(?:mol|g)|m?eq|i?u)/d?l)"
)
"""What carries the name or the unit of something else: a breathing rate of 40 is usual in a baby.

A number with a decimal is no count of weeks or hours, and what has a number behind it is a name: `T 38.9 W 4.1`.
"""
_FIRST_SIGN = r"(?<!\d)(?<!\d[.,])(?<!\s\.)"
"""No part of another number; the point of `Temp.38.4` is an abbreviation's, that of `FiO2 .38` a fraction's."""
_NUMBER = re.compile(rf"{_FIRST_SIGN}\d{{2,3}}(?:[.,_]\d+)?(?!\d)")
_WITH_UNIT = re.compile(
    rf"{_FIRST_SIGN}(?<![a-z])(\d{{2,3}}(?:[.,']\d+)?)(?:[ _]?(°\d?|deg\b|degrees?\b|grados?\b))?[\W_]{{0,2}}"
    r"(c|cel|celsius|centigrad\w*|f|fahrenheit)?(?![\w/\-]| sec)"
)
_RECTAL = re.compile(rf"\br\W{{1,3}}(\d{{2,3}}[.,]\d+)|{_FIRST_SIGN}(\d{{2,3}}[.,]\d+)\W{{0,2}}r\b(?!\W{{0,3}}\d)")
"""No breathing rate has a decimal; `R39.1` in one piece is a code of ICD-10."""
_ANGLE = re.compile(
    r"abduc|adduc|aducc|flexion|flexed|extension|rotation|rotacion|angle|angulo|cobb|\brom\b|\bbed\b|\bhob\b|cabecera|tilt"
)
_HOT = ((38.0, 46.0), (100.4, 115.0))
_SCALES = {"c": _HOT[:1], "f": _HOT[1:]}
_MEASURED = ((30.0, 46.0), (86.0, 115.0))
"""From the least that is a fever, or that a thermometer tells, to what no child has, in Celsius and in Fahrenheit."""


def degrees_in(text: str) -> list[float]:
    """The numbers of a small-lettered text without accents that a thermometer may have shown."""
    found = (_value(number) for number in _NUMBER.findall(_alone(text)))
    return [number for number in found if _is_in(number, _MEASURED)]


def reading_in(text: str) -> list[float]:
    """The same of a text that stands where a temperature does: `R 39` is a rectal one."""
    return degrees_in(_SITE_FIRST.sub("", text))


def is_thermometers(text: str) -> bool:
    """Whether a number is a fever by its unit, or by where it was taken, though nothing names a temperature."""
    text = _alone(text)
    rectal = (_value(first or last) for first, last in _RECTAL.findall(text))
    may_be_angles = _ANGLE.search(text) is not None
    found = (
        (number, scale) for number, degree, scale in _WITH_UNIT.findall(text) if scale or (degree and not may_be_angles)
    )
    return is_hot(rectal) or any(_is_in(_value(number), _SCALES.get(scale[:1], _HOT)) for number, scale in found)


def _alone(text: str) -> str:
    """The text without the numbers of other things."""
    text = _SITE.sub(r"\1", text)
    for other in (_MOMENT, _OTHER_SIGN, _OTHER_UNIT):
        text = other.sub(" ", text)
    return text


def _value(number: str) -> float:
    return float(re.sub("[,_']", ".", number))


def is_hot(degrees: Iterable[float]) -> bool:
    """Whether one of them is 38 degrees Celsius, or 100.4 Fahrenheit, or more."""
    return any(_is_in(number, _HOT) for number in degrees)


def _is_in(number: float, ranges: tuple[tuple[float, float], ...]) -> bool:
    return any(low <= number < high for low, high in ranges)
