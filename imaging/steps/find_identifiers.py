"""Decides what is covered on a page: the case's identifiers, faces and codes; where nothing can be read, much more."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence

import cv2
import numpy as np
from PIL import Image

from imaging.boxes import Box
from imaging.choice import is_same
from imaging.detectors import Detectors
from imaging.halves import halves_of
from imaging.masks import Mask, box_mask
from imaging.models import TEXT_DETECTOR
from imaging.pixels import Pixels
from imaging.policy import MASK, Policy
from imaging.reading.across import stamp_of
from imaging.reading.aslant import read_aslant, whole_line
from imaging.reading.columns import whole_columns
from imaging.reading.date_reader import NoDates
from imaging.reading.deny import DenyList
from imaging.reading.ink import Ink, ink_of
from imaging.reading.layer import believed, corrected, proven, seen_otherwise, turned
from imaging.reading.sizes import read_sizes
from imaging.reading.stamps import stamps_in
from imaging.reading.view import Edges, around, quarters
from imaging.reading.whole import HALF_SURE, SURE, VERY_SURE, read_main, read_rest
from imaging.reading.words import Line, Word, in_lines
from imaging.refusal import Held
from imaging.steps.faces_on_paper import faces_on
from imaging.steps.find_codes import code_masks
from imaging.writing import TEXT_THRESHOLD, Shown, Writing, texts_in

WordsOf = Callable[[int, int, int], list[Word]]
Looks = tuple[Policy, Detectors]
Finder = Callable[[int, Image.Image, str], tuple[Mask, ...]]
TEXT_LAYER, HEADER_ZONES, UNREAD = "text_layer", "header_zones", "unread"
_ZONES = (Box(0, 0, 1, 0.3), Box(0, 0.93, 1, 1))
"""Where laboratories print who the child is, when no word of the page can be read."""
_MARGIN = 6.0
_EVEN = 6
"""By how many of 255 the places of a page differ at least that shows anything at all."""
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
    if int(page.max()) - int(page.min()) < _EVEN:
        return
    height, width = page.shape[:2]
    small = page[:: max(1, height // 1400), :: max(1, height // 1400)]
    faces = faces_on(small, policy, detectors)
    yield from faces.masks
    if deny is not None:
        grey = np.asarray(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), np.uint8)
        # Lines of print look like rows of stripes, so on paper PDF417 is left to the reader.
        yield from code_masks(grey, halves_of(grey), stacked=False)
        ink = ink_of(grey)
        if detectors.reader is None:
            yield from _of_layer(layer, deny, (width, height))
            yield from _zones(ink)
        else:
            found = _read(page, ink, layer, deny, detectors)
            yield from _beside(found, page, faces.shown, detectors) if faces.shown else found


def _beside(found: Iterable[Mask], page: Pixels, shown: Sequence[Box], detectors: Detectors) -> Iterator[Mask]:
    """Yield what was found, but for what nobody could read over a face that stays open: most of it are the rims of that
    picture, and there it goes by the rule for photos."""
    if detectors.texts is None:
        yield from found
        return
    pictures = {face: face for face in shown}
    for mask in found:
        box = Box(mask.left, mask.top, mask.left + mask.width, mask.top + mask.height)
        over = [face for face in shown if mask.detector == UNREAD and is_same(box, face)]
        for face in over:
            pictures[face] = pictures[face].joined(box)
        if not over:
            yield mask
    for face, picture in pictures.items():
        yield from _written_on(page, picture, face, detectors.texts)


def _written_on(page: Pixels, picture: Box, face: Box, writing: Writing) -> Iterator[Mask]:
    """Yield the lines in one picture of a page; in the face itself those alone in which letters are read."""
    height, width = page.shape[:2]
    left, top = int(picture.left * width), int(picture.top * height)
    part = np.ascontiguousarray(page[top : int(picture.bottom * height) + 1, left : int(picture.right * width) + 1])
    tall, wide = part.shape[:2]
    edges = face.left * width - left, face.top * height - top, face.right * width - left, face.bottom * height - top
    for box in texts_in(writing, part, shown=[Shown(_share(edges, (wide, tall)))]):
        where = left + box.left * wide, top + box.top * tall, left + box.right * wide, top + box.bottom * tall
        yield box_mask("text", _share(where, (width, height)), TEXT_DETECTOR, TEXT_THRESHOLD)


def _on(copy: str, mask: Mask) -> Mask:
    return Mask(mask.what, mask.left, mask.top, mask.width, mask.height, mask.detector, mask.threshold, copy)


def _of_layer(layer: Sequence[Word], deny: DenyList, size: tuple[int, int]) -> Iterator[Mask]:
    for count in sorted({word.quarters for word in layer}):
        back = np.asarray(cv2.invertAffineTransform(quarters(count, *size)), np.float64)
        for edges in known_boxes(in_lines(turned(layer, count, size)), deny):
            yield box_mask("identifier", _share(around(back, edges), size), TEXT_LAYER, 0.0)


def _read(page: Pixels, ink: Ink, layer: Sequence[Word], deny: DenyList, detectors: Detectors) -> Iterator[Mask]:
    """Cover what is known among what the layer tells and Tesseract reads, and whole what nobody can read."""
    if detectors.reader is None:
        return
    size = page.shape[1], page.shape[0]
    main = read_main(detectors.reader, ink)
    layer = believed(layer, main)
    yield from _of_layer(layer, deny, size)
    whole = read_rest(detectors.reader, ink, main, proven(layer))
    told = [box for reading in whole.readings for box in reading.boxes(HALF_SURE)]
    sizes = read_sizes(detectors.reader, ink, [*told, *proven(layer)])
    name = f"tesseract {detectors.reader.version}"
    seen = [box for reading in whole.readings for box in reading.boxes(SURE)]
    aslant = None if main is None else read_aslant(detectors.reader, ink, main, [*seen, *proven(layer)])
    for reading in (*whole.readings, *sizes.readings, *((aslant,) if aslant is not None else ())):
        known = list(known_boxes(in_lines(corrected(reading, layer)), deny))
        read, others = seen_otherwise(reading, layer)
        known += known_boxes(in_lines(read), deny, others) if others else ()
        if aslant is not None and reading is aslant:
            known = [whole_line(aslant, edges) for edges in known]
        pieces = [piece for edges in known for piece in reading.view.on_page(edges)]
        pieces += stamp_of(whole.readings[0], reading, ink) if known and whole.readings else []
        yield from (box_mask("identifier", _share(piece, size), name, 0.0) for piece in pieces)
    sure = [box for reading in whole.readings for box in reading.boxes(VERY_SURE)]
    unread = (*whole_columns(whole.unread, ink.letters, sure), *sizes.unread, *stamps_in(ink))
    yield from (box_mask("text", _share(_more(edges), size), UNREAD, 0.0) for edges in unread)
    if not whole.is_read:
        yield from _lines(page, ink, detectors)


def _lines(page: Pixels, ink: Ink, detectors: Detectors) -> list[Mask]:
    """On paper there is no rash that could be taken for letters: every line that is found is covered, read or not."""
    if detectors.texts is None:
        return _zones(ink)
    boxes = texts_in(Writing(detectors.texts.lines), page)
    return [box_mask("text", box, TEXT_DETECTOR, TEXT_THRESHOLD) for box in boxes]


def _zones(ink: Ink) -> list[Mask]:
    return [box_mask("identifier", zone, HEADER_ZONES, 0.0) for zone in _ZONES] if len(ink.letters) else []


def _more(edges: Edges) -> Edges:
    return edges[0] - _MARGIN, edges[1] - _MARGIN, edges[2] + _MARGIN, edges[3] + _MARGIN


def known_boxes(lines: Sequence[Line], deny: DenyList, chosen: Container[Word] | None = None) -> Iterator[Edges]:
    """Yield boxes over the words to cover, or those of them that are `chosen`, somewhat larger than the words."""
    for number, found in deny.hits(lines):
        hits = {at for at in found if chosen is None or lines[number][at] in chosen}
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
