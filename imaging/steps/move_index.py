"""Moves an MP4's index to the front, so that a phone can start to play before it has the whole file."""

from imaging.walks.mp4 import Box, walk

_ENTRY_BYTES = {"stco": 4, "co64": 8}


def move_index(clip: bytes) -> bytes:
    """Return `ftyp`, `moov`, `mdat` in this order, chunk offsets moved along, and nothing else.

    The user data box, which the muxer writes even when it has nothing to say, is left out.
    """
    boxes = list(walk(clip))
    top = {box.path: box for box in boxes if "/" not in box.path}
    kept = [
        box for box in boxes if box.path.count("/") == 1 and box.path != "moov/udta" and box.path.startswith("moov")
    ]
    size = 8 + sum(box.end - box.outer for box in kept)
    distance = top["ftyp"].end - top["ftyp"].outer + size - top["mdat"].outer
    index = bytearray(clip[: top["moov"].end])
    for box in boxes:
        if box.name in _ENTRY_BYTES:
            _shift(index, box, distance)
    content = b"".join(bytes(index[box.outer : box.end]) for box in kept)
    return _whole(clip, top["ftyp"]) + size.to_bytes(4, "big") + b"moov" + content + _whole(clip, top["mdat"])


def _whole(clip: bytes, box: Box) -> bytes:
    return clip[box.outer : box.end]


def _shift(index: bytearray, table: Box, distance: int) -> None:
    """Add a distance to every chunk offset of one table."""
    width = _ENTRY_BYTES[table.name]
    for at in range(table.start + 8, table.end, width):
        moved = int.from_bytes(index[at : at + width], "big") + distance
        index[at : at + width] = moved.to_bytes(width, "big")
