"""Writes a PDF that holds the pictures of its pages and nothing else: no text, no names, no dates, one revision."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

DOTS_PER_INCH = 200
_POINTS_PER_INCH = 72


@dataclass(frozen=True)
class PaperPage:
    """One page: a JPEG of so many pixels and bytes, whose pieces are asked for when its turn has come."""

    width: int
    height: int
    size: int
    pieces: Iterable[bytes]


def write_paper(pages: Sequence[PaperPage], dots_per_inch: int = DOTS_PER_INCH) -> Iterator[bytes]:
    """Yield a PDF of these pages piece by piece, so that none of them need be in memory whole.

    The same pages give the same bytes.
    """
    scale = _POINTS_PER_INCH / dots_per_inch
    kids = b" ".join(b"%d 0 R" % (3 + 3 * number) for number in range(len(pages)))
    objects: list[Iterable[bytes]] = [
        [b"<</Type/Catalog/Pages 2 0 R>>\n"],
        [b"<</Type/Pages/Count %d/Kids[%b]>>\n" % (len(pages), kids)],
    ]
    for page in pages:
        objects += _page(page, len(objects) + 1, scale)
    yield from _whole(objects)


def _page(page: PaperPage, number: int, scale: float) -> list[Iterable[bytes]]:
    width, height = round(page.width * scale, 2), round(page.height * scale, 2)
    place = f"q {width} 0 0 {height} 0 0 cm /P Do Q".encode()
    box = f"/MediaBox[0 0 {width} {height}]".encode()
    links = b"/Contents %d 0 R/Resources<</XObject<</P %d 0 R>>>>" % (number + 1, number + 2)
    return [
        [b"<</Type/Page/Parent 2 0 R" + box + links + b">>\n"],
        [b"<</Length %d>>\nstream\n%b\nendstream\n" % (len(place), place)],
        _picture(page),
    ]


def _picture(page: PaperPage) -> Iterator[bytes]:
    size = b"/Width %d/Height %d/Length %d" % (page.width, page.height, page.size)
    look = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode" + size
    yield b"<<" + look + b">>\nstream\n"
    yield from page.pieces
    yield b"\nendstream\n"


def _whole(objects: Sequence[Iterable[bytes]]) -> Iterator[bytes]:
    """Yield the objects with what a PDF has around them: the places of all of them are known at its end."""
    head, table, place = b"%PDF-1.4\n", bytearray(b"0000000000 65535 f \n"), 0
    yield head
    place += len(head)
    for number, pieces in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % place
        for piece in chain([b"%d 0 obj\n" % number], pieces, [b"endobj\n"]):
            place += len(piece)
            yield piece
    count = len(objects) + 1
    yield b"xref\n0 %d\n%b" % (count, bytes(table))
    yield b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, place)
