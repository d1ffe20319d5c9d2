"""Writes a PDF that holds the pictures of its pages and nothing else: no text, no names, no dates, one revision."""

from collections.abc import Sequence

from imaging.rendition import Rendition

_POINTS_PER_INCH = 72


def write_paper(pages: Sequence[Rendition], dots_per_inch: int) -> bytes:
    """Return a PDF of these JPEG pages. The same pages give the same bytes."""
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>\n", b""]
    kids = []
    for page in pages:
        number = len(bodies) + 1
        kids.append(b"%d 0 R" % number)
        bodies += _page(page, number, _POINTS_PER_INCH / dots_per_inch)
    bodies[1] = b"<</Type/Pages/Count %d/Kids[%b]>>\n" % (len(kids), b" ".join(kids))
    return _whole(bodies)


def _page(page: Rendition, number: int, scale: float) -> list[bytes]:
    width, height = round(page.width * scale, 2), round(page.height * scale, 2)
    place = f"q {width} 0 0 {height} 0 0 cm /P Do Q".encode()
    box = f"/MediaBox[0 0 {width} {height}]".encode()
    links = b"/Contents %d 0 R/Resources<</XObject<</P %d 0 R>>>>" % (number + 1, number + 2)
    size = b"/Width %d/Height %d/Length %d" % (page.width, page.height, len(page.data))
    look = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode" + size
    return [
        b"<</Type/Page/Parent 2 0 R" + box + links + b">>\n",
        b"<</Length %d>>\nstream\n%b\nendstream\n" % (len(place), place),
        b"<<" + look + b">>\nstream\n" + page.data + b"\nendstream\n",
    ]


def _whole(bodies: Sequence[bytes]) -> bytes:
    out, table = bytearray(b"%PDF-1.4\n"), bytearray(b"0000000000 65535 f \n")
    for number, body in enumerate(bodies, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n" % number + body + b"endobj\n"
    start = len(out)
    out += b"xref\n0 %d\n" % (len(bodies) + 1) + table
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)
    return bytes(out)
