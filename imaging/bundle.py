"""Finished copies and the boxes that were covered in them, as one string of bytes for the check in the jail."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from imaging.masks import Mask
from imaging.rendition import Rendition

_LENGTH = 4
CODE = "code"
"""What is wrong with a copy in which a code can be read."""


@dataclass(frozen=True)
class Bundle:
    """What is to be checked: the copies, the boxes that must be of one colour, and whether no code may be readable."""

    copies: tuple[Rendition, ...]
    masks: tuple[Mask, ...]
    seeks_codes: bool = False


def pack(copies: Sequence[Rendition], masks: Sequence[Mask], *, seeks_codes: bool = False) -> bytes:
    """Return the bundle as bytes."""
    heads = [[copy.name, copy.media_type, copy.width, copy.height, len(copy.data)] for copy in copies]
    told = {"copies": heads, "masks": [asdict(mask) for mask in masks], "codes": seeks_codes}
    head = json.dumps(told).encode()
    return b"".join([len(head).to_bytes(_LENGTH, "big"), head, *(copy.data for copy in copies)])


def unpack(data: bytes) -> Bundle:
    """Read what `pack` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    end = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
    head = json.loads(data[_LENGTH:end])
    masks = tuple(Mask(**mask) for mask in head["masks"])
    return Bundle(tuple(_copies(data, end, head["copies"])), masks, head["codes"] is True)


def _copies(data: bytes, position: int, heads: Sequence[Sequence[object]]) -> Iterator[Rendition]:
    for name, media_type, width, height, size in heads:
        if not isinstance(size, int) or not isinstance(width, int) or not isinstance(height, int):
            raise TypeError("a size is a whole number")
        yield Rendition(str(name), str(media_type), width, height, data[position : position + size])
        position += size
