"""Opens a PDF with PDFium and draws its pages. Scripts never run: this build of PDFium has no engine for them."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pypdfium2
import pypdfium2.raw

from imaging import limits
from imaging.pixels import Pixels
from imaging.reading.text_layer import words_of
from imaging.reading.words import Word
from imaging.refusal import Refused
from imaging.steps.cut_long import long_side

_BY_DOTS = limits.PAGE_DPI / 72
"""Pixels per point: an inch has 72 of these."""
_NO_SECURITY = -1
_ONLY_DECODED = {"JPXDecode", "JBIG2Decode"}
"""Ways to pack a picture of which `hear_pdf` knows nothing: PDFium says of it that it cannot, or shows what it can."""
_PICTURES_MOST, _DEPTH_MOST = 1_000, 4
_RAW_CLASSES = {b"/Metadata": "xmp", b"/JavaScript": "javascript", b"/JS": "javascript", b"/AcroForm": "forms"}
_RAW_CLASSES |= {b"/Launch": "actions", b"/URI": "links", b"/RichMedia": "attachment", b"/Annots": "annotations"}


def open_pdf(data: bytes) -> pypdfium2.PdfDocument:
    """Open the document. Refuses `encrypted_pdf`, even where no password is asked, and `damaged`."""
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = {pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY}
        raise Refused("encrypted_pdf" if error.err_code in locked else "damaged") from None
    if pypdfium2.raw.FPDF_GetSecurityHandlerRevision(pdf.raw) != _NO_SECURITY:
        raise Refused("encrypted_pdf")
    # What a person has typed into a form is part of the page that the family sees.
    pdf.init_forms()
    return pdf


def show_whole(pdf: pypdfium2.PdfDocument, pages: int) -> None:
    """Show a page whole of which no part is said to be shown: it is cut to a place that lies outside of it.

    PDFium makes no page of that, and other readers leave the cut aside.
    """
    for number in range(pages):
        if 0.0 in pdf.get_page_size(number):
            page = pdf[number]
            page.set_cropbox(*page.get_mediabox())
            page.close()


def long_side_of(pdf: pypdfium2.PdfDocument, number: int) -> int | None:
    """How high a page is drawn that is cut, in pixels; None for one that is drawn as one page."""
    width, height = (max(side, 1.0) for side in pdf.get_page_size(number))
    scale = max(_BY_DOTS, limits.PAGE_LEAST_SIDE / height)
    return long_side(round(width * scale), round(height * scale))


def draw_page(pdf: pypdfium2.PdfDocument, number: int, side: int | None) -> Pixels:
    """Draw one page, counted from 0, in RGB on white: so many pixels high, or at 200 dots per inch, or fewer where it
    is large. Refuses `damaged`.
    """
    page = pdf[number]
    try:
        _refuse_blank(page)
        size = page.get_size()
        scale = _scale(*size) if side is None else side / max(size)
        bitmap = page.render(scale=scale, rev_byteorder=True)
        # Its memory goes with the bitmap.
        pixels = np.array(bitmap.to_numpy()[:, :, :3])
    finally:
        page.close()
    return pixels


def _refuse_blank(page: pypdfium2.PdfPage) -> None:
    """Refuse `damaged` where a picture cannot be decoded whose bytes tell nothing: its place would be left white."""
    found = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=_DEPTH_MOST)
    for picture in itertools.islice(found, _PICTURES_MOST):
        if isinstance(picture, pypdfium2.PdfImage) and not _ONLY_DECODED.isdisjoint(picture.get_filters()):
            try:
                # PDFium's own memory of it goes with it, as nobody keeps it; to close it would be a warning each time.
                picture.get_bitmap()
            except pypdfium2.PdfiumError:
                raise Refused("damaged") from None


def page_words(pdf: pypdfium2.PdfDocument, number: int, width: int, height: int) -> list[Word]:
    """Return the words of one page's text layer, in pixels of a picture of this size."""
    page = pdf[number]
    try:
        return words_of(page, width, height)
    finally:
        page.close()


def list_extras(pdf: pypdfium2.PdfDocument, data: bytes) -> frozenset[str]:
    """Name what the document holds beside the look of its pages."""
    found = {name for token, name in _RAW_CLASSES.items() if token in data}
    checks: dict[str, Callable[[], object]] = {
        "metadata": lambda: any(pdf.get_metadata_dict(skip_empty=True)),
        "attachment": pdf.count_attachments,
        "javascript": lambda: pypdfium2.raw.FPDFDoc_GetJavaScriptActionCount(pdf.raw) > 0,
        "forms": pdf.get_formtype,
        "old_revisions": lambda: data.count(b"%%EOF") > 1,
        "text_layer": lambda: _has_text(pdf),
    }
    return frozenset(found | {name for name, check in checks.items() if check()})


def _has_text(pdf: pypdfium2.PdfDocument) -> bool:
    """Whether the first page has text that could be selected; the others are not read for this."""
    return len(pdf) > 0 and pdf[0].get_textpage().count_chars() > 0


def _scale(width: float, height: float) -> float:
    """Return pixels per point. A page may claim to be a football field; its picture stays bounded."""
    width, height = max(width, 1.0), max(height, 1.0)
    by_dots = max(_BY_DOTS, limits.PAGE_LEAST_SIDE / max(width, height))
    by_pixels = math.sqrt(limits.PAGE_PIXELS / (width * height))
    return min(by_dots, by_pixels, limits.PAGE_SIDE / max(width, height))
