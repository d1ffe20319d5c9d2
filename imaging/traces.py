"""Looks for a case's own words in the raw bytes of a finished copy, however they may be written there."""

import base64
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from imaging.identifiers import Identifiers

_LEAST_LETTERS = 4
_LEAST_PLAIN = 5
"""Shorter words turn up in any file by chance alone."""
_BY_CHANCE = 1e-6
"""How often at most a word may turn up by chance in a stretch of coded picture where it is looked for. In a film of a
hundred megabytes five letters in any case stand somewhere once in three hundred times: a good film of a child with
such a name would fail, and fail again each time that it is sent."""
_HEAD = 4
"""So many bytes of a word are looked up for every place at once; no word that is looked for is shorter."""
_PAIRS = 1 << 16
Stretches = Sequence[tuple[int, int]]
_DATES = ("%Y-%m-%d", "%Y:%m:%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%m%d%Y")


def traces(data: bytes, identifiers: Identifiers, coded: Stretches = (), fixed: Stretches = ()) -> list[str]:
    """Return in which writings a word of the case was found, such as `UTF-16`; the word itself is never named.

    `coded` are stretches of coded picture, each from its first place to the one behind it, in order: in them only words
    count that are too long to stand there by chance. In `fixed` ones, which are proven otherwise, none does.
    """
    folded = data.lower()
    by_head: defaultdict[bytes, list[tuple[str, bytes, bytes]]] = defaultdict(list)
    for writing, needle in _needles(identifiers):
        by_head[needle[:_HEAD]].append((writing, needle, folded))
    for needle in {needle for word in _words(identifiers) for needle in _in_base64(word)}:
        by_head[needle[:_HEAD].lower()].append(("base64", needle, data))
    found = {
        writing
        for place in _places(folded, by_head)
        for writing, needle, where in by_head.get(folded[place : place + _HEAD], ())
        if where.startswith(needle, place)
        and not _is_chance(place, needle, where is folded, coded)
        and not any(start <= place < end for start, end in fixed)
    }
    return sorted(found)


def _is_chance(place: int, needle: bytes, is_folded: bool, coded: Stretches) -> bool:
    """Whether the word stands in a stretch of coded picture so long that it may stand there without a meaning."""
    letters = sum(map(bytes.isalpha, (needle[at : at + 1] for at in range(len(needle))))) if is_folded else 0
    once = 2.0**letters / 256.0 ** len(needle)
    return any(start <= place < end and (end - start) * once > _BY_CHANCE for start, end in coded)


def _places(data: bytes, heads: Iterable[bytes]) -> list[int]:
    """Return every place where one of the heads may stand, and few others.

    A family has a hundred spellings, and to search megabytes once for each costs more than to make the picture. So
    two bytes of every place are looked up in a table of how all heads begin, and of the few that are left two more.
    """
    import numpy as np  # noqa: PLC0415 - whoever imports the room should not load it before there is a file.

    starts, goes_on = np.zeros(_PAIRS, bool), np.zeros(_PAIRS, bool)
    for head in heads:
        starts[int.from_bytes(head[:2], "little")] = goes_on[int.from_bytes(head[2:], "little")] = True
    octets, found = np.frombuffer(data, np.uint8), []
    for shift in (0, 1):
        pairs = np.frombuffer(data[shift : len(data) - (len(data) - shift) % 2], "<u2")
        hits = np.flatnonzero(starts[pairs]) * 2 + shift
        hits = hits[hits + _HEAD <= len(data)]
        found += [hits[goes_on[octets[hits + 2] + octets[hits + 3].astype(np.uint16) * 256]]]
    return [int(place) for places in found for place in places]


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
    texts |= {*identifiers.nicknames}
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
