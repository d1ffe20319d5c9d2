"""Looks for a case's own words in the raw bytes of a finished copy, however they may be written there."""

import base64
import re
from collections.abc import Iterator
from datetime import date

from imaging.identifiers import Identifiers

_LEAST_LETTERS = 4
_LEAST_PLAIN = 5
"""Shorter words turn up in megabytes of coded picture by chance alone."""
_DATES = ("%Y-%m-%d", "%Y:%m:%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%m%d%Y")


def traces(data: bytes, identifiers: Identifiers) -> list[str]:
    """Return in which writings a word of the case was found, such as `UTF-16`; the word itself is never named."""
    folded = data.lower()
    found = {writing for writing, needle in _needles(identifiers) if needle in folded}
    found |= {"base64" for word in _words(identifiers) for needle in _in_base64(word) if needle in data}
    return sorted(found)


def _needles(identifiers: Identifiers) -> set[tuple[str, bytes]]:
    """Every writing of every word, its unaccented letters small as those of the bytes that are searched."""
    found = {writing for word in _words(identifiers) for spelled in _cases(word) for writing in _texts(spelled)}
    found |= {("hex", spelled.encode().hex().encode()) for word in _words(identifiers) for spelled in _cases(word)}
    return found | {
        writing for text in identifiers.birth_dates for spelled in _dates(text) for writing in _texts(spelled)
    }


def _words(identifiers: Identifiers) -> set[str]:
    """Every spelling that is worth a look: whole, in parts, and numbers without what people put between digits."""
    texts = {*identifiers.names, *identifiers.emails, *identifiers.addresses, *identifiers.numbers, *identifiers.phones}
    parts = {part for text in (*identifiers.names, *identifiers.numbers) for part in re.split(r"[\s,]+", text)}
    digits = {re.sub(r"\D", "", text) for text in (*identifiers.numbers, *identifiers.phones)}
    return {word for word in texts | parts | digits if len(word) >= _LEAST_LETTERS}


def _dates(text: str) -> Iterator[str]:
    try:
        born = date.fromisoformat(text)
    except ValueError:
        yield text
        return
    yield from (born.strftime(pattern) for pattern in _DATES)


def _cases(word: str) -> set[str]:
    return {word, word.lower(), word.upper()}


def _texts(word: str) -> Iterator[tuple[str, bytes]]:
    for plain in {word.encode().lower(), word.encode("latin-1", "ignore").lower()}:
        if len(plain) >= _LEAST_PLAIN:
            yield "ASCII", plain
    for order in ("utf-16-le", "utf-16-be"):
        yield "UTF-16", word.encode(order).lower()


def _in_base64(word: str) -> Iterator[bytes]:
    """The word at each of the three places where it may stand in groups of three bytes, without the ragged ends."""
    for spelled in _cases(word):
        for shift in range(3):
            text = base64.b64encode(bytes(shift) + spelled.encode())
            inner = text.rstrip(b"=")[2 if shift else 0 : -1][1 if shift == 2 else 0 :]
            if len(inner) >= _LEAST_PLAIN:
                yield inner
