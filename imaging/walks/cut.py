"""Tells a still or a PDF that breaks off from a damaged one: by its own words it is longer than what there is of it."""

from collections.abc import Callable, Iterable
from functools import partial

from imaging.walks import gif, jpeg, png, streams, tiff, webp
from imaging.walks.mp4 import read_box
from imaging.walks.part import Broken, Part, Short

_BOXES_MOST = 1_000
_TO_THE_END = bytes(4)
"""The length of a last box that has whatever follows."""


def is_cut(data: bytes, media_type: str) -> bool:
    """Whether the end is missing. It is asked only of what the decoder cannot read: not everyone keeps his word."""
    return _ASKED[media_type](data)


def _is_short(walk: Callable[[bytes], Iterable[Part]], data: bytes) -> bool:
    try:
        for _ in walk(data):
            pass
    except Broken as broken:
        return isinstance(broken, Short)
    return False


def _is_heif_short(data: bytes) -> bool:
    """Whether a box runs past the end, or there is none with a coded picture, which comes last."""
    position, names = 0, set()
    for _ in range(_BOXES_MOST):
        if position == len(data):
            break
        if data[position : position + 4] == _TO_THE_END:
            return False
        try:
            box = read_box(data, position, len(data), "")
        except Broken:
            return True
        names.add(box.name)
        position = box.end
    return "mdat" not in names and b"idat" not in data


_ASKED: dict[str, Callable[[bytes], bool]] = {
    "image/jpeg": partial(_is_short, partial(jpeg.walk, skips=True)),
    "image/png": partial(_is_short, png.walk),
    "image/webp": partial(_is_short, webp.walk),
    "image/gif": partial(_is_short, gif.walk),
    "image/heic": _is_heif_short,
    "image/avif": _is_heif_short,
    "image/tiff": tiff.is_cut,
    "application/pdf": streams.is_cut,
}
