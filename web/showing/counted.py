"""How many faces, lines or codes the covered boxes of a report stand for.

A film has a box for each of them in every short slot, and around a part that stays open lie up to four for each part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_SAME = 0.5
"""Boxes that have half of the smaller one in common are around one thing."""
_NEXT = 0.5
"""Seconds between two boxes of one thing in a film, at most."""
_BESIDE = 5e-5
"""Boxes whose edges are so near are pieces of one: their sides are rounded."""

Edges = tuple[float, float, float, float]


def count_of(masks: Iterable[Mapping[str, Any]], regions: Sequence[Mapping[str, float]] = ()) -> int:
    """Return how many things these boxes of one kind cover; `regions` are what was cut out of one face."""
    boxes = list(masks)
    in_film = [mask for mask in boxes if mask.get("begins") is not None]
    # The poster is a picture of the film and shows nobody else.
    chosen = sorted(in_film or boxes, key=lambda mask: mask.get("begins") or 0.0)
    holes = [_edges(region) for region in regions]
    tracks: list[list[Mapping[str, Any]]] = []
    for mask in chosen:
        same = [track for track in tracks if any(_is_one(mask, old, holes) for old in reversed(track))]
        for track in same:
            tracks.remove(track)
        live = [old for track in same for old in track if _is_near(mask, old)]
        tracks.append([*live, mask])
    return len(tracks)


def _is_near(mask: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    begins, ended = mask.get("begins"), old.get("ends")
    is_one_picture = mask.get("copy") == old.get("copy")
    return is_one_picture and (begins is None or ended is None or begins - ended <= _NEXT)


def _is_one(mask: Mapping[str, Any], old: Mapping[str, Any], holes: Sequence[Edges]) -> bool:
    if not _is_near(mask, old):
        return False
    one, other = _edges(mask), _edges(old)
    if _common(one, other) >= _SAME * min(_area(one), _area(other)):
        return True
    around = [any(_touch(box, hole) for hole in holes) for box in (one, other)]
    return all(around) or (bool(holes) and _touch(one, other))


def _edges(box: Mapping[str, Any]) -> Edges:
    left, top = float(box["left"]), float(box["top"])
    return left, top, left + float(box["width"]), top + float(box["height"])


def _area(box: Edges) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _common(one: Edges, other: Edges) -> float:
    wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, wide) * max(0.0, high)


def _touch(one: Edges, other: Edges) -> bool:
    wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return min(wide, high) >= -_BESIDE and max(wide, high) > _BESIDE
