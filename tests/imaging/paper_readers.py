"""Independent readers of a PDF: poppler's text, qpdf's objects through pikepdf, and a checker of PDF/UA rules."""

from __future__ import annotations

import io
import itertools
import subprocess
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2
from pdfua import validate

OPENS, CLOSES = {"BDC", "BMC"}, {"EMC"}
SHOWS = {"Tj", "TJ", "'", '"', "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "Do", "sh", "BI"}
"""What puts anything on a page."""


def text_of(paper: bytes, *options: str) -> str:
    """What pdftotext finds."""
    read = subprocess.run(["pdftotext", *options, "-", "-"], input=paper, capture_output=True, check=True)
    return read.stdout.decode()


def words_of(paper: bytes) -> str:
    """The same in one line."""
    return " ".join(text_of(paper).split())


def pdfium_text(paper: bytes) -> str:
    """What PDFium finds, the reader inside of Chromium."""
    document = pypdfium2.PdfDocument(paper)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def faults_of(paper: bytes) -> list[str]:
    """What breaks PDF/UA-1, by a checker and by looking ourselves; empty for a paper that everybody can read."""
    with pikepdf.open(io.BytesIO(paper)) as document:
        found = [*_of_catalogue(document), *_of_pages(document), *_of_fonts(document), *_of_structure(document)]
    report = validate(io.BytesIO(paper))
    return [*found, *(str(finding) for finding in report.findings)]


def tags_of(paper: bytes) -> list[str]:
    """The structure's tags in reading order."""
    with pikepdf.open(io.BytesIO(paper)) as document:
        return [tag for tag, _element in _elements(document.Root.StructTreeRoot)]


def languages_of(paper: bytes) -> set[str]:
    """The languages that the paper and its parts name."""
    with pikepdf.open(io.BytesIO(paper)) as document:
        inner = {str(element.Lang) for _tag, element in _elements(document.Root.StructTreeRoot) if "/Lang" in element}
        spans = {
            str(operands[1].Lang)
            for page in document.pages
            for operands, operator in _steps(page)
            if str(operator) == "BDC" and isinstance(operands[1], pikepdf.Dictionary) and "/Lang" in operands[1]
        }
        return {str(document.Root.Lang), *inner, *spans}


def _steps(page: Any) -> list[Any]:
    """What draws the page, each with its operator; pictures inside of the text come as BI."""
    return [(each.operands, each.operator) for each in pikepdf.parse_content_stream(page)]


def _of_catalogue(document: pikepdf.Pdf) -> Iterator[str]:
    root = document.Root
    if not root.get("/MarkInfo", {}).get("/Marked"):
        yield "it is not marked as tagged"
    if not str(root.get("/Lang", "")):
        yield "it names no language"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "it does not show its title"
    with document.open_metadata(set_pikepdf_as_editor=False) as metadata:
        if not metadata.get("dc:title"):
            yield "it has no title"
        if metadata.get("pdfuaid:part") != "1":
            yield "it does not say that it is PDF/UA-1"
    if {"/OpenAction", "/AA", "/AcroForm", "/Names"} & set(root.keys()):
        yield "it does something by itself"


def _of_pages(document: pikepdf.Pdf) -> Iterator[str]:
    for number, page in enumerate(document.pages, 1):
        if page.get("/Tabs") not in {None, "/S"}:
            yield f"page {number} has another order for the tab key"
        depth = 0
        for operands, operator in _steps(page):
            depth += (str(operator) in OPENS) - (str(operator) in CLOSES)
            if str(operator) in SHOWS and depth == 0:
                yield f"page {number} shows {operands} outside of its structure"


def _of_fonts(document: pikepdf.Pdf) -> Iterator[str]:
    for page in document.pages:
        for name, font in page.get("/Resources", {}).get("/Font", {}).items():
            inner = font.DescendantFonts[0].FontDescriptor
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner.keys()):
                yield f"font {name} is not embedded"
            if "/ToUnicode" not in font:
                yield f"font {name} does not say its letters"


def _of_structure(document: pikepdf.Pdf) -> Iterator[str]:
    tags = [tag for tag, _element in _elements(document.Root.StructTreeRoot)]
    levels = [int(tag[1:]) for tag in tags if len(tag) == 2 and tag[0] == "H" and tag[1].isdigit()]
    if levels[:1] != [1] or any(later > earlier + 1 for earlier, later in itertools.pairwise(levels)):
        yield f"its headings are of the levels {levels}"
    for tag, element in _elements(document.Root.StructTreeRoot):
        if tag in {"Figure", "Formula"} and not str(element.get("/Alt", "")):
            yield f"a {tag} has no words"
    if "ParentTree" not in {str(key)[1:] for key in document.Root.StructTreeRoot}:
        yield "its pages do not lead back to the structure"


def _elements(element: pikepdf.Object) -> Iterator[tuple[str, pikepdf.Object]]:
    if not isinstance(element, pikepdf.Dictionary):
        return
    if "/S" in element:
        yield str(element.S)[1:], element
    kids: Any = element.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        yield from _elements(kid)
