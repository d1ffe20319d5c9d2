"""Laboratory pages with planted identifiers, in twelve fonts, and what scanners and fax machines do to them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw

from imaging import Identifiers
from imaging.reading.text_layer import words_of
from imaging.samples.panels import PANELS, draw_results

FONTS = tuple(
    f"{family}{style}"
    for family, styles in (
        ("Helvetica", ("", "-Bold", "-Oblique", "-BoldOblique")),
        ("Times", ("-Roman", "-Bold", "-Italic", "-BoldItalic")),
        ("Courier", ("", "-Bold", "-Oblique", "-BoldOblique")),
    )
    for style in styles
)
"""The fonts that every PDF reader has; PDFium brings them along, so no machine lacks one."""
FIRST = ("María José", "Íñigo", "Ximena", "Ángel", "Guadalupe", "Joaquín", "Zoë", "Santiago", "Lucía", "Noé")
LAST = ("Peña", "Núñez", "Ibáñez", "Quiñones", "Güemes", "Zúñiga", "Barragán", "Cepeda", "Urrutia", "Villaseñor")
MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
)
DOTS = 200


@dataclass(frozen=True)
class Planted:
    """A text, where it is written on the page (points from the lower left), and whether it must be covered."""

    text: str
    x: float
    y: float
    is_secret: bool
    size: float = 10.0


@dataclass(frozen=True)
class Paper:
    """A page, what is planted on it, and the identifiers that the case knows."""

    planted: tuple[Planted, ...]
    known: Identifiers
    font: str

    def pdf(self) -> bytes:
        """The page as a PDF with a text layer."""
        content = b"".join(_drawn(entry) for entry in self.planted)
        font = b"<</Type/Font/Subtype/Type1/BaseFont/" + self.font.encode() + _ENCODED + b">>"
        return _file(
            [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[4 0 R]/Count 1>>", font, _PAGE, _stream(content)]
        )

    def picture(self) -> Image.Image:
        """The page as a clean scan."""
        bitmap = pypdfium2.PdfDocument(self.pdf())[0].render(scale=DOTS / 72)
        return bitmap.to_pil().convert("RGB")

    def places(self) -> Iterator[tuple[Planted, tuple[float, float, float, float]]]:
        """Each planted text with its box, in shares of the page."""
        page = pypdfium2.PdfDocument(self.pdf())[0]
        words = words_of(page, 6120, 7920)
        for entry in self.planted:
            count = len(entry.text.split())
            mine = sorted(
                (word for word in words if abs(word.left - entry.x * 10) < 5000 and _is_on(word.bottom, entry)),
                key=lambda word: word.left,
            )
            start = min(range(len(mine)), key=lambda number: abs(mine[number].left - entry.x * 10))
            run = mine[start : start + count]
            assert "".join(word.text for word in run) == "".join(entry.text.split()), (entry, run)
            edges = run[0].left, min(w.top for w in run), run[-1].right, max(w.bottom for w in run)
            yield entry, (edges[0] / 6120, edges[1] / 7920, edges[2] / 6120, edges[3] / 7920)


_MORE = {"Ł": b"\x81", "ł": b"\x8d", "\u0131": b"\x8f"}
"""Letters that the fonts have and their usual encoding has not."""
_ENCODED = b"/Encoding<</BaseEncoding/WinAnsiEncoding/Differences[129/Lslash 141/lslash 143/dotlessi]>>"
_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 5 0 R/Resources<</Font<</F 3 0 R>>>>>>"


def paper(seed: int, font: str, *, is_spanish: bool = True) -> Paper:
    """A page that is the same for the same arguments."""
    rng = np.random.default_rng([seed, 41])
    pick = lambda words: str(rng.choice(words))  # noqa: E731 - one line says it.
    first, last, mother = pick(FIRST), [str(name) for name in rng.choice(LAST, 2, replace=False)], pick(FIRST)
    child = f"{first} {last[0]} {last[1]}"
    guardian = f"{mother} {last[1]} de la Cruz"
    born = date(2012, 1, 1) + timedelta(days=int(rng.integers(4000)))
    record = f"SYN-{int(rng.integers(10_000, 99_999))}"
    phone = f"(505) 555-{int(rng.integers(1000, 9999))}"
    known = Identifiers((child, guardian), (born.isoformat(),), (record,), (phone,), ("casa@example.test",))
    spelled = f"{born.day} de {MONTHS[min(born.month, 11) - 1]} de {born.year}"
    if born.month == 12:
        spelled = f"{born.day}/{born.month:02}/{born.year}"
    labels = ("Paciente", "Fecha de nacimiento", "Expediente", "Tutor", "Toma", "Informe") if is_spanish else (
        "Patient", "Date of birth", "MRN", "Guardian", "Collected", "Reported")  # fmt: skip
    head = [
        (labels[0], f"{last[0]} {last[1]}, {first}", True, labels[4], "2026-04-21 12:16"),
        (labels[1], born.strftime("%d/%m/%Y"), True, labels[5], "2026-04-22 08:05"),
        (labels[2], record, True, "Sexo" if is_spanish else "Sex", "F"),
        (labels[3], guardian, True, "Tel", phone),
    ]
    planted = [Planted("Alder Creek Laboratory", 48, 740, is_secret=False, size=15)]
    for row, (label, value, is_secret, other, more) in enumerate(head):
        y = 690 - 20 * row
        planted += [Planted(label, 48, y, is_secret=False, size=9), Planted(value, 170, y, is_secret, 11)]
        planted += [Planted(other, 380, y, is_secret=False, size=9), Planted(more, 450, y, more == phone, 11)]
    planted += list(_results(rng, seed, "es" if is_spanish else "en"))
    planted += list(_like_labels(is_spanish=is_spanish))
    planted += [
        Planted(f"{last[0]}-{last[1]}", 48, 200, is_secret=True),
        Planted("Hb", 260, 200, is_secret=False),
        Planted("11.2 g/dL", 300, 200, is_secret=False),
        Planted(spelled, 48, 160, is_secret=True),
        Planted("casa@example.test", 260, 160, is_secret=True),
        Planted(born.isoformat(), 48, 130, is_secret=True),
        Planted(record, 260, 130, is_secret=True),
        Planted(child.upper(), 48, 100, is_secret=True),
        Planted("2026-04-21", 420, 100, is_secret=False),
    ]
    return Paper(tuple(planted), known, font)


def _results(rng: np.random.Generator, seed: int, language: str) -> Iterator[Planted]:
    panel = sorted(PANELS)[seed % len(PANELS)]
    for row, result in enumerate(draw_results(rng, panel, language)[:14]):
        y = 570 - 24 * row
        yield Planted(result.test.nombre if language == "es" else result.test.name, 48, y, is_secret=False)
        yield Planted(result.value, 260, y, is_secret=False)
        if result.test.unit:
            yield Planted(result.test.unit, 330, y, is_secret=False)
        yield Planted(result.reference, 430, y, is_secret=False)


def _like_labels(*, is_spanish: bool) -> Iterator[Planted]:
    """Two results whose tests are one letter from labels: CURP, celular, folio."""
    rows = (("CRP", "48.3", "mg/L"), ("C\u00e9lulas", "12", "/uL") if is_spanish else ("Folic", "3.1", "ng/mL"))
    for (name, value, unit), y in zip(rows, (236, 219), strict=True):
        for text, x in ((name, 48), (value, 260), (unit, 330), ("0 - 5", 430)):
            yield Planted(text, x, y, is_secret=False)


def scanned(picture: Image.Image, fault: str, seed: int) -> tuple[bytes, float]:
    """The page as it comes from a scanner, and by how many degrees it lies askew."""
    rng = np.random.default_rng([seed, 5])
    angle = {"skew+3": 3.0, "skew-3": -3.0}.get(fault, 0.0)
    if angle:
        picture = picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    if fault == "fax":
        picture = _faxed(picture, rng)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=40 if fault == "jpeg40" else 85, dpi=(DOTS, DOTS))
    return buffer.getvalue(), angle


def _faxed(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Black and white at the fine resolution of a fax, with specks and a few lost lines."""
    grey = np.asarray(picture.convert("L").resize((1728, 2236), Image.Resampling.BICUBIC)).copy()
    black = grey < 150
    black ^= rng.random(black.shape) < 0.003
    black[rng.choice(black.shape[0], 6, replace=False)] = False
    lines = Image.fromarray(np.where(black, 0, 255).astype(np.uint8))
    return lines.resize(picture.size, Image.Resampling.BICUBIC).convert("RGB")


def covered(picture: Image.Image, box: tuple[float, float, float, float], angle: float, fill: tuple[int, ...]) -> float:
    """Which share of a box, where it lies on the skewed page, has the colour of a mask."""
    where = Image.new("L", picture.size)
    left, top, right, bottom = (share * side for share, side in zip(box, picture.size * 2, strict=True))
    inset = (bottom - top) * 0.2
    ImageDraw.Draw(where).rectangle((left + 2, top + inset, right - 2, bottom - inset), fill=255)
    turned = where.rotate(angle)
    # Of a whole page nothing else is looked at: its four million pixels for each of its words took longer than its job.
    place = turned.getbbox()
    inside = np.asarray(turned.crop(place)) > 0
    pixels = np.asarray(picture.crop(place)).astype(int)[inside]
    return float((np.abs(pixels - fill).max(axis=1) <= 24).mean())


def _is_on(bottom: float, entry: Planted) -> bool:
    """Whether a word's lower edge lies about on the line that a text was written on."""
    return abs((7920 - bottom) - entry.y * 10) < 6 * entry.size


def _drawn(entry: Planted) -> bytes:
    safe = b"".join(_MORE.get(letter) or letter.encode("cp1252") for letter in entry.text)
    safe = safe.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"BT /F %g Tf %g %g Td (" % (entry.size, entry.x, entry.y) + safe + b") Tj ET\n"


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n" % len(content) + content + b"\nendstream"


def _file(objects: list[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
