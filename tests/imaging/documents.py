"""Makes PDFs and TIFFs in code."""

import hashlib
import io
import struct
import zlib

import pypdfium2
import pypdfium2.raw
from PIL import Image, TiffImagePlugin

from imaging.reading.text_layer import words_of
from imaging.reading.words import Word
from tests.imaging import files

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def pdf(
    *pages: str,
    objects: tuple[bytes, ...] = (),
    catalog: bytes = b"",
    page: bytes = b"",
    content: bytes = b"",
    resources: bytes = b"/Font<</F 3 0 R>>",
) -> bytes:
    """Return a PDF with one line of text per page.

    `objects` are further objects, numbered from 4 on; `catalog` and `page` are further dictionary entries; `content`
    replaces the line of text.
    """
    bodies = {
        1: b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    }
    bodies |= dict(enumerate(objects, 4))
    first = 4 + len(objects)
    for number, text in enumerate(pages):
        at = first + 2 * number
        bodies[at] = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R" % (at + 1)
        bodies[at] += b"/Resources<<" + resources + b">>" + page + b">>"
        bodies[at + 1] = _stream(content or b"BT /F 24 Tf 72 700 Td (" + text.encode() + b") Tj ET")
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(len(pages)))
    bodies[2] = b"<</Type/Pages/Count %d/Kids[" % len(pages) + kids + b"]>>"
    return _write(bodies)


def printed_as(told: dict[int, str]) -> tuple[bytes, bytes]:
    """Return a font, as object 4, whose letters are told as others: each code as the sign of a hexadecimal number."""
    signs = {code: f"{code:04X}" for code in range(32, 127)} | told
    rows = b"".join(b"<%02X> <%b>\n" % (code, sign.encode()) for code, sign in signs.items())
    table = b"/CMapType 2 def 1 begincodespacerange <00> <FF> endcodespacerange %d beginbfchar\n" % len(signs)
    table = b"begincmap " + table + rows + b"endbfchar endcmap"
    widths = b"0 " * 32 + b"600 " * 224
    look = b"<</Type/Font/Subtype/Type1/BaseFont/Courier/FirstChar 0/LastChar 255/Widths[" + widths + b"]"
    look += b"/Encoding<</BaseEncoding/WinAnsiEncoding/Differences[1/.notdef]>>/ToUnicode 5 0 R>>"
    return look, b"<</Length %d>>stream\n" % len(table) + table + b"\nendstream"


def nested_pdf(levels: int, width: int) -> bytes:
    """Return a page that draws a form `width` times, which draws another so many times, and so on."""
    many = b"/X Do " * width
    forms = []
    for level in range(1, levels + 1):
        content = many if level < levels else b"0 0 m 500 500 l 300 20 l f " * 50
        used = b"/Resources<</XObject<</X %d 0 R>>>>" % (4 + level) if level < levels else b""
        head = b"<</Type/XObject/Subtype/Form/BBox[0 0 600 700]/Length %d" % len(content)
        forms.append(head + used + b">>stream\n" + content + b"\nendstream")
    return pdf("", objects=tuple(forms), content=many, resources=b"/XObject<</X 4 0 R>>")


def scans_pdf(pages: int, scans: int) -> bytes:
    """Return pages that all draw one JPEG of a few bytes, whose scans are decoded one after another."""
    whole = files.encode(Image.new("RGB", (2000, 2000), (90, 90, 90)), "JPEG", progressive=True)
    second = whole.index(b"\xff\xda", whole.index(b"\xff\xda") + 2)
    end = next(at for at in range(second + 14, len(whole)) if whole[at] == 0xFF and whole[at + 1] != 0)
    data = whole[:second] + whole[second:end] * scans + whole[second:]
    look = b"/Subtype/Image/Width 2000/Height 2000/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"
    picture = b"<<" + look + b"/Length %d>>stream\n" % len(data) + data + b"\nendstream"
    drawn = b"q 612 0 0 792 0 0 cm /I Do Q"
    return pdf(*[""] * pages, objects=(picture,), content=drawn, resources=b"/XObject<</I 4 0 R>>")


def _stream(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<</Filter/FlateDecode/Length %d>>stream\n" % len(packed) + packed + b"\nendstream"


def _write(bodies: dict[int, bytes], trailer: bytes = b"") -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in sorted(bodies.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % places[number] for number in sorted(places))
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1) + table
    out += b"trailer<</Size %d/Root 1 0 R" % (len(bodies) + 1) + trailer + b">>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def soaked_pdf() -> bytes:
    """Return a lab page with an author, XMP, a script, an attachment, a note and an older revision."""
    name = files.CANARY
    objects = (
        b"<</Type/Metadata/Subtype/XML/Length %d>>stream\n" % len(files.xmp()) + files.xmp() + b"\nendstream",
        b"<</S/JavaScript/JS(app.alert\\(1\\))>>",
        b"<</Type/EmbeddedFile/Length %d>>stream\n" % len(name) + name + b"\nendstream",
        b"<</Type/Filespec/F(note.txt)/EF<</F 6 0 R>>>>",
        b"<</Type/Annot/Subtype/Text/Rect[10 10 30 30]/Contents(" + name + b")>>",
        b"<</Author(" + name + b")/Title(" + name + b")>>",
    )
    names = b"/Names<</EmbeddedFiles<</Names[(note.txt) 7 0 R]>>/JavaScript<</Names[(a) 5 0 R]>>>>"
    whole = pdf("Sodium 140 mmol/L", objects=objects, catalog=b"/Metadata 4 0 R" + names, page=b"/Annots[8 0 R]")
    start = whole.rindex(b"startxref") + 10
    earlier = int(whole[start : whole.index(b"\n", start)])
    update = b"trailer<</Size 12/Root 1 0 R/Info 9 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    table = len(whole)
    return whole + b"xref\n0 1\n0000000000 65535 f \n" + update % (earlier, table)


def encrypted_pdf(*, opens: bool) -> bytes:
    """Return a PDF under the oldest standard lock; where `opens`, no password is asked of the reader."""
    owner, identity, rights = b"\x11" * 32, bytes(16), struct.pack("<i", -4)
    key = hashlib.md5(_PADDING + owner + rights + identity, usedforsecurity=False).digest()[:5]
    user = _rc4(key, _PADDING) if opens else b"\x22" * 32
    lock = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%b>/U<%b>>>" % (owner.hex().encode(), user.hex().encode())
    return pdf("secret").replace(b"/Root 1 0 R", b"/Root 1 0 R" + lock + b"/ID[<%b><00>]" % identity.hex().encode())


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def jbig2(picture: Image.Image) -> bytes:
    """Return a picture of two tones as a PDF holds it in JBIG2: a page, and one region coded as a fax codes it."""
    fax = files.encode(picture.convert("1"), "TIFF", compression="group4")
    start, size = (TiffImagePlugin.TiffImageFile(io.BytesIO(fax)).tag_v2[tag][0] for tag in (273, 279))
    page_head = struct.pack(">IIIIBH", *picture.size, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", *picture.size, 0, 0, 0, 1) + fax[start : start + size]
    parts = enumerate(((48, page_head), (38, region)))
    return b"".join(struct.pack(">IBBBI", number, kind, 0, 1, len(body)) + body for number, (kind, body) in parts)


def tiff(pages: int) -> bytes:
    """Return a TIFF of so many pages, the first with coloured corners."""
    buffer = io.BytesIO()
    rest = [Image.new("L", (200, 100), 255 - number) for number in range(pages - 1)]
    files.corners(400, 200).save(buffer, "TIFF", save_all=True, append_images=rest, description=files.CANARY.decode())
    return buffer.getvalue()


def text_of(data: bytes) -> str:
    """Return the text of a PDF's first page, to check that these makers make what they say."""
    return str(pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range())


def words_on(data: bytes) -> list[Word]:
    """Return the words of a PDF's first page."""
    return words_of(pypdfium2.PdfDocument(data)[0], 612, 792)
