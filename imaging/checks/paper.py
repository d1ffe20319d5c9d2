"""The PDF that we write, and no other: a catalogue, a list of pages, and each page with its place and JPEG."""

import re
from collections.abc import Iterator

from imaging.checks.still import check_jpeg, size_of
from imaging.walks import pdf
from imaging.walks.part import Part

_SIZE = rb"\d{1,5}\.\d{1,2}"
_CATALOGUE = re.compile(rb"/Type/Catalog/Pages 2 0 R")
_LIST = re.compile(rb"/Type/Pages/Count (\d{1,5})/Kids\[([\dR ]+)\]")
_PAGE = re.compile(
    rb"/Type/Page/Parent 2 0 R/MediaBox\[0 0 (%b %b)\]/Contents (\d+) 0 R/Resources<</XObject<</P (\d+) 0 R>>>>"
    % (_SIZE, _SIZE)
)
_DRAWING = re.compile(rb"q (%b) 0 0 (%b) 0 0 cm /P Do Q" % (_SIZE, _SIZE))
_PICTURE = re.compile(
    rb"/Type/XObject/Subtype/Image/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"
    rb"/Width (\d{1,5})/Height (\d{1,5})/Length \d{1,9}"
)
_HEAD, _PER_PAGE = 2, 3


def check_paper(data: bytes) -> Iterator[str]:
    """Yield what is in the PDF that we would not have written. Every object must be reached. Raises Broken."""
    parts = list(pdf.walk(data))
    if any(part.name == "TRAILER" for part in parts):
        yield "bytes behind the end"
    objects = _objects(parts)
    pages, over = divmod(len(objects) - _HEAD, _PER_PAGE)
    if over or pages < 1 or not _is_list(data, objects[:_HEAD], pages):
        yield "objects that belong to no page"
        return
    for number in range(pages):
        first = _HEAD + _PER_PAGE * number
        yield from _check_page(data, objects[first : first + _PER_PAGE], first + 1)


def _objects(parts: list[Part]) -> list[list[Part]]:
    """Each object with its dictionary and, where it has one, its stream."""
    found: list[list[Part]] = []
    for part in parts:
        if part.name == "DICT":
            found.append([part])
        elif part.name == "STREAM":
            found[-1].append(part)
    return found


def _is_list(data: bytes, head: list[list[Part]], pages: int) -> bool:
    catalogue, kids = (entry[0].of(data) for entry in head)
    found = _LIST.fullmatch(kids)
    wanted = b" ".join(b"%d 0 R" % (_HEAD + 1 + _PER_PAGE * number) for number in range(pages))
    is_bare = all(len(entry) == 1 for entry in head) and _CATALOGUE.fullmatch(catalogue) is not None
    return is_bare and found is not None and found.groups() == (b"%d" % pages, wanted)


def _check_page(data: bytes, objects: list[list[Part]], number: int) -> Iterator[str]:
    if [len(entry) for entry in objects] != [1, 2, 2]:
        yield "a page of other objects than we write"
        return
    (page,), (length, drawing), (picture, jpeg) = ([part.of(data) for part in entry] for entry in objects)
    box, drawn, told = _PAGE.fullmatch(page), _DRAWING.fullmatch(drawing), _PICTURE.fullmatch(picture)
    if not box or not drawn or not told or length != b"/Length %d" % len(drawing):
        yield "a dictionary or a drawing that we do not write"
        return
    if (int(box[2]), int(box[3])) != (number + 1, number + 2) or box[1] != b"%b %b" % (drawn[1], drawn[2]):
        yield "a page that shows something else than its own picture"
    if size_of(jpeg) != (int(told[1]), int(told[2])):
        yield "a picture of another size than its page says"
    yield from check_jpeg(jpeg)
