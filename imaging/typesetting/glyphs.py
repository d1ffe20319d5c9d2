"""Texts with every character in sight: what the fonts do not hold, and what would be invisible, stands as its code.

`held.json` says which characters the fonts inside of the typst wheel hold; a test reads the fonts and compares.
"""

import functools
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

FONTS = ("Libertinus Serif", "DejaVu Sans Mono")
"""In this order: the first that holds a letter with all its marks is used."""
MARKS_MOST = 4
"""Letters of living languages carry fewer; a pile of them would run over other lines."""
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
"""They print nothing, so that nothing is lost without them."""
_ORDERS = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
"""They turn the letters after them round: a dose could be read backwards."""
_SAME_CODES = re.compile(r"(\[U\+[0-9A-F]{4,6}\])\1+")


def visible(text: str) -> str:
    """The text for a plain file: line breaks of one kind, and a code for what controls a machine or turns letters."""
    clean = _BREAKS.sub("\n", text).replace("\t", " ")
    if clean.isascii() and clean.replace("\n", " ").isprintable():
        return clean
    return _folded("".join(code(letter) if _controls(letter) else letter for letter in clean))


def printable(text: str, *, is_strict: bool = False) -> str:
    """The text as the fonts can print it. `is_strict` keeps to what one font holds letter by letter."""
    clean = visible(text)
    if clean.isascii():
        return clean
    clean = unicodedata.normalize("NFC", _UNSEEN.sub("", clean))
    return _folded("".join(_shown(cluster, is_strict=is_strict) for cluster in _clusters(clean)))


def code(letter: str) -> str:
    """The name by which anybody can look up a character."""
    return f"[U+{ord(letter):04X}]"


def reads_leftwards(text: str) -> bool:
    """Whether the first letter that has a direction is written from right to left."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def _controls(letter: str) -> bool:
    is_known = letter == "\n" or ord(letter) in _ORDERS or unicodedata.category(letter) not in {"Cc", "Cs", "Cn"}
    return ord(letter) in _ORDERS if is_known else True


def _clusters(text: str) -> Iterator[str]:
    """Each letter with the marks that stand on it."""
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or unicodedata.category(text[place])[0] != "M":
            yield text[start:place]
            start = place


def _shown(cluster: str, *, is_strict: bool) -> str:
    fonts = held()[:1] if is_strict else held()
    is_calm = len(cluster) <= 1 + MARKS_MOST and not (is_strict and len(cluster) > 1)
    if cluster == "\n" or (is_calm and any(font.issuperset(map(ord, cluster)) for font in fonts)):
        return cluster
    base, marks = cluster[0], cluster[1:]
    is_whole = any(ord(base) in font for font in fonts) and unicodedata.category(base)[0] != "M"
    return (base if is_whole else code(base)) + "".join(map(code, marks))


def _folded(text: str) -> str:
    """The same code many times over as the code and how many."""
    return _SAME_CODES.sub(lambda found: f"{found[1]}x{len(found[0]) // len(found[1])}", text)


@functools.cache
def held() -> tuple[frozenset[int], ...]:
    """The code points of each font."""
    known = json.loads(Path(__file__).with_name("held.json").read_text(encoding="ascii"))
    return tuple(frozenset(_points(known[name])) for name in FONTS)


def _points(ranges: str) -> Iterator[int]:
    for each in ranges.split():
        first, _, last = each.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)
