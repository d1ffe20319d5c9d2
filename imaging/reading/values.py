"""How a value, its unit and its range are written in a row of results."""

import re

UNIT = re.compile(
    r"(?i)(?:[munpkdf]?(?:g|mol|eq|iu|u|l|ua)|10\S{1,5}|cells|mm|ratio|mil(?:es|lones)?)\s*/\s*(?:[mudnpfc]?l|h|hpf|lpf|mm3|m2|mg|g|kg)"
    r"|\bfl\b|\bpg\b|%|/[hl]pf|\bmmhg\b"
)
RANGE = re.compile(r"\d\s*(?:[-\u2013\u2014]|to|a)\s*\d|[<>]\s*=?\s*\d|[.,]\d+[.,]\s*[-\u2013\u2014]\s*\d+[.,]\d")
"""The last as a fax may have it, with a speck behind the first number."""
WHOLE_RANGE = re.compile(r"\d+(?:[.,]\d+)?\s*(?:[-\u2013\u2014]|to|a)\s*\d+(?:[.,]\d+)?|[<>]\s*=?\s*\d+(?:[.,]\d+)?")
DATE_OR_PHONE = re.compile(
    r"\d{1,4}(?:-\d{1,2}[-/]|/\d{1,2}[-/.]|\.\d{1,2}[./])\d{1,4}"
    r"|\(?\d{3}\)?[ .-]{0,2}\d{3}-\d{4}|\(\d{2,3}\)\s*\d{3,4}\s*-\s*\d{4}"
    r"|\d{3}\s*-\s*\d{3}\s*-\s*\d{4}"
)
"""A point and a dash are no two signs of one date: `4.3-12.4` and `11-14.5` are ranges."""
_UNIT_ALONE = UNIT.pattern.removeprefix("(?i)")
_RUN_TOGETHER = re.compile(rf"\W*[\dlIi|oOsSzZbB.,]{{1,6}}(?:{_UNIT_ALONE})", re.IGNORECASE)
_SIGNED = r"\W*\d+(?:[.,]\d+)*\s*(?:[HhLlAa*]{1,2}\s+)?"
_SHORT = r"(?!0\d)\d{1,3}(?:[.,]\d+)?"
_COUNTED = "(?:c[e\u00e9]ls?|cfu|ufc)?\\.?/\\s?(?:[mu\u00b5\u03bc]l|mm[3\u00b3])|x\\s?mm[3\u00b3]"
_WITH_UNIT = re.compile(rf"{_SIGNED}\S?(?:{_UNIT_ALONE}|(?:{_COUNTED})(?!\w))", re.IGNORECASE)
_WITH_RANGE = re.compile(
    rf"\W*(?P<value>{_SHORT})\s+(?:[HhLlAa*]{{1,2}}\s+)?\W?"
    rf"(?:(?P<least>{_SHORT})\s*[-\u2013\u2014]\s*(?P<most>{_SHORT})|[<>]=?\s*\d+)"
)
_FAR = 10
"""Times beyond a range in which a value is believed to belong to it."""

SECONDS = re.compile(
    r"\W*\d{1,3}(?:[.,]\d{1,2})?\s*(?:[HhLl*]{1,2}\s+)?(?:s|secs?|seconds|segs?|segundos|ratio|inr)\b", re.IGNORECASE
)
ONE_DECIMAL = re.compile(r"\W*\d{1,3}[.,]\d{1,2}[HhLl*]{0,2}[,;]?")


def begins_with_result(text: str) -> bool:
    """Whether a text begins with a value behind which its unit or its range stands, and with no telephone or date.

    A range without a unit has numbers of three figures at most, and the value is about as large: `12 7731-8042` and
    `12 345-678` may be somebody's number.
    """
    if DATE_OR_PHONE.match(text.lstrip()):
        return False
    ranged = _WITH_RANGE.match(text)
    if _WITH_UNIT.match(text):
        return True
    return ranged is not None and not text[ranged.end() :][:1].isalnum() and _is_about(ranged)


def _is_about(ranged: re.Match[str]) -> bool:
    if ranged["least"] is None:
        return True
    value, least, most = (float(ranged[part].replace(",", ".")) for part in ("value", "least", "most"))
    return least <= most and least / _FAR <= value <= most * _FAR


def holds_unit(text: str) -> bool:
    """Whether a word is a value and its unit run together, though its figures were taken for letters: `lug/dL`."""
    return bool(_RUN_TOGETHER.fullmatch(text))
