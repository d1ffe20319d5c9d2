"""Units of HEVC, each behind its length, as HEIC stills and films hold them: whether they can be what was coded."""

_HEAD, _FORBIDDEN, _KIND, _LAYER = 2, 0x80, 0x3F, 0b111
_FIRST_HEADER = 32
"""Units with a lower type are coded picture."""
_EMPTY = bytes(4)
"""HEVC puts a byte between any three zeros of coded picture."""
_PADDING_MOST = 8
_UNITS_MOST = 10_000
"""Units of one stretch; of more the first are looked at."""


def is_coded(coded: bytes, length: int = 4) -> bool:
    """Whether units of HEVC, each behind its length in so many bytes, lie side by side, and one at least is picture."""
    at, has_picture = 0, False
    for _ in range(_UNITS_MOST):
        if at >= len(coded):
            break
        size = int.from_bytes(coded[at : at + length], "big")
        unit = coded[at + length : at + length + size]
        if has_picture and not size and not any(coded[at:]):
            return True
        if size <= _HEAD or len(unit) < size or unit[0] & _FORBIDDEN or not unit[1] & _LAYER:
            return False
        if unit[0] >> 1 & _KIND < _FIRST_HEADER:
            has_picture, inner = True, unit.rstrip(b"\0")
            if _EMPTY in inner or len(unit) - len(inner) > _PADDING_MOST:
                return False
        at += length + size
    return has_picture
