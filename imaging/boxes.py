"""Boxes that detectors find, in shares of the picture, and the arithmetic on them."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Box:
    """A box with a score; its edges are shares of the picture, 0 to 1.

    Of a face that was grown `core` is what the detector found, and `eyes` are the middles of the two eyes where it told
    them. Boxes that lie alike are equal, whatever is known of that.
    """

    left: float
    top: float
    right: float
    bottom: float
    score: float = 1.0
    core: "Box | None" = field(default=None, compare=False, kw_only=True)
    eyes: tuple[tuple[float, float], ...] = field(default=(), compare=False, kw_only=True)

    @property
    def area(self) -> float:
        """Share of the picture that the box covers."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    @property
    def longest(self) -> float:
        """The longer of its sides, each as a share of the picture's."""
        return max(self.right - self.left, self.bottom - self.top)

    def grown(self, factor: float) -> "Box":
        """Return the box with its sides this much longer, about its middle, cut off at the picture's edges."""
        wider, higher = ((factor - 1) / 2 * side for side in (self.right - self.left, self.bottom - self.top))
        return replace(self.widened(wider, higher), core=self.core or self, eyes=self.eyes)

    def widened(self, wider: float, higher: float) -> "Box":
        """Return the box with so much more on each side, cut off at the picture's edges."""
        return Box(
            max(0.0, self.left - wider),
            max(0.0, self.top - higher),
            min(1.0, self.right + wider),
            min(1.0, self.bottom + higher),
            self.score,
        )

    def shifted(self, across: float, down: float) -> "Box":
        """Return the box so much farther to the right and down, cut off at the picture's edges."""
        left, right = (min(1.0, max(0.0, edge + across)) for edge in (self.left, self.right))
        top, bottom = (min(1.0, max(0.0, edge + down)) for edge in (self.top, self.bottom))
        return Box(left, top, right, bottom, self.score)

    def moved_as(self, old: "Box", new: "Box") -> "Box":
        """Return the box as far from here as one is from the other."""
        across = (new.left + new.right - old.left - old.right) / 2
        return self.shifted(across, (new.top + new.bottom - old.top - old.bottom) / 2)

    def common(self, other: "Box") -> float:
        """Share of the picture that both boxes cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def overlap(self, other: "Box") -> float:
        """Return intersection over union."""
        shared = self.common(other)
        whole = self.area + other.area - shared
        return shared / whole if whole > 0 else 0.0

    def joined(self, other: "Box") -> "Box":
        """Return the smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
            max(self.score, other.score),
            eyes=(self if self.score >= other.score else other).eyes,
        )


def best_of(boxes: Iterable[Box], overlap_most: float) -> list[Box]:
    """Of boxes that overlap, keep the one with the highest score."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda entry: entry.score, reverse=True):
        if all(box.overlap(other) < overlap_most for other in kept):
            kept.append(box)
    return kept


def united(boxes: Iterable[Box], others: Iterable[Box], overlap_least: float) -> list[Box]:
    """Bring two looks at one picture together: what overlaps becomes one box around both, so neither is cut short."""
    found = list(boxes)
    for box in others:
        same = [one for one in found if one.overlap(box) >= overlap_least]
        found = [one for one in found if one not in same]
        found.append(functools.reduce(Box.joined, same, box))
    return found
