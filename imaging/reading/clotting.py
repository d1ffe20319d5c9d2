"""Tells a prothrombin time from a patient: `PT: 13` among tests of clotting is a result, `Pt: 12 S Main Street` is not.

A number alone says nothing of the two, so what stands around it decides: its unit, its range, or another test of
clotting beside it, above it or below it. Where nothing does, it is taken for somebody's.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from imaging.reading.analytes import ANALYTE_WORDS
from imaging.reading.spelling import fold
from imaging.reading.values import ONE_DECIMAL, SECONDS, WHOLE_RANGE, begins_with_result
from imaging.reading.words import Line

_LABEL = "pt"
_TESTS = frozenset(
    ("inr", "ptt", "aptt", "ttp", "ttpa", "tp", "tt", "fibrinogen", "fibrinogeno", "dimer", "dimero", "thrombin",
     "trombina", "prothrombin", "protrombina", "thromboplastin", "tromboplastina", "antithrombin", "antitrombina",
     "coagulation", "coagulacion")
)  # fmt: skip
"""What stands in a panel beside a prothrombin time."""
_FLAGS = frozenset(("", "h", "hh", "l", "ll", "a", "high", "low", "alto", "bajo", "normal"))
"""What may stand behind its result, as may signs alone, and names nobody."""
_REMARKS = _FLAGS | frozenset(
    ("ref", "reference", "range", "rango", "referencia", "vr", "valores", "control", "final", "result", "resultado")
)
_WHOLE = re.compile(r"\W*(?:[5-9]|\d\d|1\d\d)[HhLl*]{0,2}[,;]?")
"""As many seconds as blood takes to clot, without a part."""
_NEAR = 2
"""So many lines above or below still belong to the same panel."""


def is_timed(behind: Sequence[str]) -> bool:
    """Whether the result of a prothrombin time stands there: seconds, a part, a range, or a number with a point.

    Such a number alone is a result where the line ends with it, or where another number with a point or another test
    and its number follow: nobody's number has a point, and somebody may be called Clara Nuez. Whole seconds are as
    many as may be the south of a street, so nothing but what belongs to a result follows them.
    """
    text = " ".join(behind)
    timed = SECONDS.match(text)
    if begins_with_result(text) or (timed is not None and _ends_there(timed[0], text[timed.end() :])):
        return True
    first, *more = [word for word in behind if fold(word) not in _FLAGS] or [""]
    if fold(first) in _TESTS or (more and _WHOLE.fullmatch(first) and fold(more[0]) in _TESTS):
        return True
    if ONE_DECIMAL.fullmatch(first) is None:
        return False
    is_test = bool(more) and fold(more[0]) in ANALYTE_WORDS and any(sign.isdigit() for sign in "".join(more[1:]))
    return not more or is_test or ONE_DECIMAL.fullmatch(more[0]) is not None


def _ends_there(result: str, behind: str) -> bool:
    """Whether what follows so many seconds belongs to them."""
    if re.search(r"\d[.,]\d", result) or WHOLE_RANGE.match(behind.lstrip(" ([")):
        return True
    following = [word for word in behind.split() if fold(word)][:1]
    return all(fold(word) in _REMARKS | ANALYTE_WORDS for word in following)


def among_tests(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines; where a whole number alone stands behind `PT:` among tests of clotting, it has lost its colon."""
    holds = [_holds_test(line) for line in lines]
    if not any(holds):
        return lines
    return [
        _without_colon(line) if any(holds[max(0, number - _NEAR) : number + _NEAR + 1]) else line
        for number, line in enumerate(lines)
    ]


def _holds_test(line: Line) -> bool:
    names = [number for number, word in enumerate(line) if fold(word.text) in _TESTS]
    return bool(names) and any(sign.isdigit() for word in line[names[0] :] for sign in word.text)


def _without_colon(line: Line) -> Line:
    """The line without the colon of such a label; the number of its words stays."""
    for at, word in enumerate(line):
        colon = at if word.text.endswith(":") else at + 1
        if fold(word.text) == _LABEL and [each.text for each in line[colon : colon + 1] if each.text[-1:] == ":"]:
            behind = [each.text for each in line[colon + 1 :] if fold(each.text) not in _FLAGS]
            if len(behind) == 1 and _WHOLE.fullmatch(behind[0]):
                return [*line[:colon], replace(line[colon], text=line[colon].text[:-1] or "-"), *line[colon + 1 :]]
    return line
