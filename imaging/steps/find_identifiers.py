"""Decides what is covered on a page: the case's identifiers, faces and codes; where nothing can be read, much more."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import cv2
import numpy as np
from PIL import Image

from imaging.boxes import Box
from imaging.detectors import Detectors, codes_in
from imaging.masks import Mask
from imaging.models import TEXT_DETECTOR
from imaging.pixels import Pixels
from imaging.policy import MASK, Policy
from imaging.reading.date_reader import NoDates
from imaging.reading.deny import DenyList
from imaging.reading.straighten import straighten
from imaging.reading.tesseract import read_words
from imaging.reading.words import Line, Word, in_lines
from imaging.refusal import Held
from imaging.steps.find_masks import box_mask, faces_of
from imaging.writing import TEXT_THRESHOLD, Writing, texts_in

WordsOf = Callable[[int, int, int], list[Word]]
Edges = tuple[float, float, float, float]
Looks = tuple[Policy, Detectors]
Finder = Callable[[int, Image.Image, str], tuple[Mask, ...]]
TEXT_LAYER, HEADER_ZONES, CODE_DETECTOR = "text_layer", "header_zones", "opencv"
_DOTS = 200
_ZONES = (Box(0, 0, 1, 0.3), Box(0, 0.93, 1, 1))
"""Where laboratories print who the child is, when no word of the page can be read."""
_INK, _SOME_INK = 110, 0.002
_CONFIDENT, _WORDS_LEAST = 50.0, 4
_GROWTH, _APART = 0.18, 1.5


def find_identifiers(words: WordsOf, policy: Policy, detectors: Detectors) -> Finder | None:
    """Return who says what must be covered on each page; None for a reviewer's copy, on which nothing is covered.

    Raises Held where a birth date is known and nothing was given that reads dates.
    """
    if policy.is_review:
        return None
    deny = _deny_list(policy, detectors) if policy.text == MASK else None

    def find(number: int, page: Image.Image, copy: str) -> tuple[Mask, ...]:
        layer = words(number, *page.size)
        return tuple(_on(copy, mask) for mask in _find(np.asarray(page), layer, deny, (policy, detectors)))

    return find


def _deny_list(policy: Policy, detectors: Detectors) -> DenyList:
    if detectors.dates is None and policy.identifiers.birth_dates:
        raise Held("no_date_reader")
    return DenyList(policy.identifiers, detectors.dates or NoDates())


def _find(page: Pixels, layer: Sequence[Word], deny: DenyList | None, looks: Looks) -> Iterator[Mask]:
    """Yield what must be covered on a page whose text layer holds these words. Raises Held as `find_masks` does."""
    policy, detectors = looks
    height, width = page.shape[:2]
    small = page[:: max(1, height // 1400), :: max(1, height // 1400)]
    yield from faces_of(small, policy, detectors)
    if deny is not None:
        yield from (box_mask("code", box, CODE_DETECTOR, 0.0) for box in codes_in(page))
        yield from _known(in_lines(layer), deny, (width, height), TEXT_LAYER)
        yield from _read(page, layer, deny, detectors)


def _on(copy: str, mask: Mask) -> Mask:
    return Mask(mask.what, mask.left, mask.top, mask.width, mask.height, mask.detector, mask.threshold, copy)


def _read(page: Pixels, layer: Sequence[Word], deny: DenyList, detectors: Detectors) -> list[Mask]:
    """Cover what Tesseract reads. What it cannot read is covered whole, unless there is nothing to read."""
    height, width = page.shape[:2]
    grey = np.asarray(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), np.uint8)
    if detectors.reader is None:
        return [] if _is_blank(grey) else [box_mask("identifier", zone, HEADER_ZONES, 0.0) for zone in _ZONES]
    straight = straighten(grey)
    words = read_words(detectors.reader, straight.grey, _DOTS)
    name = f"tesseract {detectors.reader.version}"
    if layer or _is_readable(words) or _is_blank(grey):
        found = _known_boxes(in_lines(words), deny)
        pieces = (piece for edges in found for piece in straight.pieces(edges))
        return [box_mask("identifier", _share(piece, (width, height)), name, 0.0) for piece in pieces]
    if detectors.texts is None:
        return [box_mask("identifier", zone, HEADER_ZONES, 0.0) for zone in _ZONES]
    # On paper there is no rash that could be taken for letters: every line that is found is covered, read or not.
    return [
        box_mask("text", box, TEXT_DETECTOR, TEXT_THRESHOLD) for box in texts_in(Writing(detectors.texts.lines), page)
    ]


def _is_blank(grey: Pixels) -> bool:
    return float((grey < _INK).mean()) < _SOME_INK


def _is_readable(words: Sequence[Word]) -> bool:
    """Whether what was read is likely what is written: enough words, and believed by the reader itself."""
    real = [word for word in words if len(word.text) > 1]
    if len(real) < _WORDS_LEAST:
        return False
    return sum(word.confidence for word in real) / len(real) >= _CONFIDENT


def _known(lines: Sequence[Line], deny: DenyList, size: tuple[int, int], detector: str) -> list[Mask]:
    return [box_mask("identifier", _share(edges, size), detector, 0.0) for edges in _known_boxes(lines, deny)]


def _known_boxes(lines: Sequence[Line], deny: DenyList) -> Iterator[Edges]:
    """Yield boxes over the words to cover, somewhat larger than the words."""
    for number, hits in deny.hits(lines):
        for word in _runs(lines[number], hits):
            more = _GROWTH * word.height + 1
            yield word.left - more, word.top - more, word.right + more, word.bottom + more


def _runs(line: Line, hits: Iterable[int]) -> list[Word]:
    """Join covered words that stand beside each other, so that the space between tells nothing either."""
    runs: list[Word] = []
    for word in (line[number] for number in sorted(hits)):
        last = runs[-1] if runs else None
        if last is not None and word.left - last.right < _APART * word.height:
            edges = min(last.top, word.top), max(last.right, word.right), max(last.bottom, word.bottom)
            runs[-1] = Word("", last.left, *edges)
        else:
            runs.append(word)
    return runs


def _share(edges: Edges, size: tuple[int, int]) -> Box:
    left, top, right, bottom = edges
    return Box(left / size[0], top / size[1], right / size[0], bottom / size[1]).grown(1.0)
