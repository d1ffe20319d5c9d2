"""Tells a film that breaks off from one that is damaged, by a few of its bytes: it may be gigabytes long."""

import io
from typing import BinaryIO

_BOXES_MOST = 10_000
_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067
_UNWRITTEN = bytes(4096)
"""A copy that was never finished ends in zeros: room was made for all of it."""


def is_film_cut(source: BinaryIO, media_type: str) -> bool:
    """Whether the end is missing, by the film's own words. Asked only of what cannot be read or is too short."""
    size = source.seek(0, io.SEEK_END)
    return _is_webm_short(source, size) if media_type == "video/webm" else _is_mp4_short(source, size)


def _is_mp4_short(source: BinaryIO, size: int) -> bool:
    """Whether a box runs past the end, or the index is not there, which phones write when the film is over."""
    position, has_index = 0, False
    for _ in range(_BOXES_MOST):
        if position >= size:
            return not has_index
        source.seek(position)
        head = source.read(16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        has_index = has_index or name == b"moov"
        if length == 0:
            return not has_index
        if len(head) < 8 or position + length > size:
            return True
        if length < 8:
            return False
        position += length
    return False


def _is_webm_short(source: BinaryIO, size: int) -> bool:
    """Whether the segment, in which all of the film is, runs past the end; one that was streamed does not say it."""
    source.seek(max(0, size - len(_UNWRITTEN)))
    if source.read(len(_UNWRITTEN)) == _UNWRITTEN:
        return True
    position = 0
    for wanted in (_EBML, _SEGMENT):
        source.seek(position)
        head = source.read(16)
        if len(head) < 12:
            return True
        if int.from_bytes(head[:4], "big") != wanted or not head[4]:
            return False
        width = 9 - head[4].bit_length()
        length = int.from_bytes(head[4 : 4 + width], "big") & ((1 << 7 * width) - 1)
        if length == (1 << 7 * width) - 1:
            return False
        position += 4 + width + length
    return position > size
