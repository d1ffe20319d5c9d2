"""A laboratory report as PDF: letterhead, patient block, result table, text layer and document properties."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TypedDict

import numpy as np

from imaging.samples.metadata import PRODUCER
from imaging.samples.panels import TITLES, Result, draw_results
from imaging.samples.pdf import Page, build_pdf


class Patient(TypedDict):
    """Who the report says it is about: made-up words, given by the caller; the date as it should be printed."""

    name: str
    birth_date: str
    mrn: str


_LEFT, _RIGHT = 48.0, 564.0
_COLUMNS = (48.0, 300.0, 318.0, 352.0, 470.0)
_FIRST_DAY = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": (
            "Patient", "Date of birth", "MRN", "Collected", "Reported", "Specimen", "Ordered by",
            "Test", "Result", "Flag", "Unit", "Reference range", "Page", "of", "Final report",
            "H = high, L = low, A = abnormal. Ranges are for school-age children.",
            "Synthetic report for demonstration. Not from a real patient or laboratory.",
        ),
        "es": (
            "Paciente", "Fecha de nacimiento", "Expediente", "Toma", "Informe", "Muestra", "Solicitado por",
            "Prueba", "Resultado", "Nota", "Unidad", "Valores de referencia", "Página", "de", "Informe final",
            "H = alto, L = bajo, A = anormal. Valores para edad escolar.",
            "Informe sintético de demostración. No es de un paciente ni laboratorio real.",
        ),
    }
)  # fmt: skip


def lab_pdf(
    *,
    seed: int,
    patient: Patient,
    panel: str = "cbc",
    pages: int = 1,
    language: str = "en",
    collected_at: datetime | None = None,
) -> bytes:
    """Return a synthetic laboratory report; the same arguments give the same bytes.

    ``panel`` is a key of ``panels.PANELS``; further pages repeat the panel for earlier dates, newest first.
    ``language`` is "en" or "es". Raises ValueError for an unknown panel or language, or fewer than one page.
    """
    if panel not in TITLES or language not in _WORDS or pages < 1:
        raise ValueError(f"unknown panel or language, or no pages: {panel}, {language}, {pages}")
    rng = np.random.default_rng([seed, 7])
    newest = collected_at or _FIRST_DAY + timedelta(minutes=int(rng.integers(60 * 24 * 200)))
    accession = f"SYN-{int(rng.integers(10**6)):06d}"
    drawn = []
    for number in range(pages):
        page = Page()
        words = _WORDS[language]
        _letterhead(page, words, accession)
        _patient_block(page, words, patient, newest - timedelta(days=91 * number))
        _table(page, words, TITLES[panel][language == "es"], draw_results(rng, panel, language))
        _foot(page, words, number + 1, pages)
        drawn.append(page)
    info = {
        "Title": f"Laboratory report {accession} - {patient['name']}",
        "Author": "Alder Creek Reference Laboratory (synthetic)",
        "Subject": f"MRN {patient['mrn']}",
        "Creator": PRODUCER,
        "Producer": PRODUCER,
    }
    return build_pdf(drawn, info, newest + timedelta(hours=9))


def _letterhead(page: Page, words: tuple[str, ...], accession: str) -> None:
    """Draw the laboratory's name, its made-up address and the report number."""
    page.ink(0.05, 0.33, 0.38)
    page.box(_LEFT, 728, 26, 26)
    page.ink(1, 1, 1)
    page.write(_LEFT + 5, 735, "A", 22, font="Helvetica-Bold")
    page.ink(0.05, 0.33, 0.38)
    page.write(84, 742, "Alder Creek Reference Laboratory", 15, font="Helvetica-Bold")
    page.ink(0.35, 0.42, 0.44)
    page.write(84, 730, "100 Example Road, Sampleton  ·  (505) 555-0100  ·  CLIA 00D0000000", 8)
    page.write_right(_RIGHT, 744, accession, 10)
    page.write_right(_RIGHT, 731, words[14], 8)
    page.rule(_LEFT, _RIGHT, 718, 1.2)


def _patient_block(page: Page, words: tuple[str, ...], patient: Patient, collected_at: datetime) -> None:
    """Draw who, when and what, in two columns."""
    page.ink(0.95, 0.93, 0.89)
    page.box(_LEFT, 642, _RIGHT - _LEFT, 66)
    reported = collected_at + timedelta(hours=9)
    left = ((words[0], patient["name"]), (words[1], patient["birth_date"]), (words[2], patient["mrn"]))
    stamp = "%Y-%m-%d %H:%M"
    right = (
        (words[3], collected_at.strftime(stamp)),
        (words[4], reported.strftime(stamp)),
        (words[6], "Taos Family Clinic (synthetic)"),
    )
    for x, lines in ((58.0, left), (318.0, right)):
        for row, (label, value) in enumerate(lines):
            page.ink(0.40, 0.46, 0.48)
            page.write(x, 692 - row * 19, label, 8)
            page.ink(0.07, 0.15, 0.17)
            page.write(x + 86, 692 - row * 19, value, 10, font="Helvetica-Bold" if row == 0 else "Helvetica")


def _table(page: Page, words: tuple[str, ...], title: str, results: list[Result]) -> None:
    """Draw the panel's title, the column heads and one line per test; abnormal lines are bold and red."""
    page.ink(0.07, 0.15, 0.17)
    page.write(_LEFT, 612, title, 12, font="Helvetica-Bold")
    page.ink(0.40, 0.46, 0.48)
    page.write(_COLUMNS[0], 592, words[7], 8)
    page.write_right(_COLUMNS[1], 592, words[8], 8)
    for x, word in zip(_COLUMNS[2:], words[9:12], strict=True):
        page.write(x, 592, word, 8)
    page.rule(_LEFT, _RIGHT, 586, 0.8)
    for row, result in enumerate(results):
        _line(page, 570 - row * 21, result, is_spanish=words[0] == "Paciente")


def _line(page: Page, y: float, result: Result, *, is_spanish: bool) -> None:
    """Draw one test."""
    page.ink(0.07, 0.15, 0.17)
    page.write(_COLUMNS[0], y, result.test.nombre if is_spanish else result.test.name, 10)
    if result.flag:
        page.ink(0.63, 0.09, 0.16)
    page.write_right(_COLUMNS[1], y, result.value, 10, font="Helvetica-Bold" if result.flag else "Helvetica")
    page.write(_COLUMNS[2], y, result.flag, 10, font="Helvetica-Bold")
    page.ink(0.35, 0.42, 0.44)
    page.write(_COLUMNS[3], y, result.test.unit, 9)
    page.write(_COLUMNS[4], y, result.reference, 9)
    page.ink(0.88, 0.86, 0.82)
    page.rule(_LEFT, _RIGHT, y - 7, 0.4)


def _foot(page: Page, words: tuple[str, ...], number: int, pages: int) -> None:
    """Draw the legend, the note that nothing here is real, and the page number."""
    page.ink(0.40, 0.46, 0.48)
    page.rule(_LEFT, _RIGHT, 74, 0.6)
    page.write(_LEFT, 60, words[15], 8)
    page.write(_LEFT, 48, words[16], 8, font="Helvetica-Oblique")
    page.write_right(_RIGHT, 60, f"{words[12]} {number} {words[13]} {pages}", 8)
