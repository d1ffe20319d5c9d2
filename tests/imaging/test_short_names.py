"""A name of three letters or fewer is covered by its case and its place, and tests that are called alike stay."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from econsult.people import dates
from imaging import Identifiers, Policy
from imaging.masks import FILL
from imaging.reading.deny import DenyList
from imaging.reading.words import Line
from tests.imaging import papers
from tests.imaging.conftest import Prepare
from tests.imaging.papers import Paper, Planted
from tests.imaging.test_papers import line
from tests.spread import spread

KNOWN = Identifiers(
    names=("Ana Quispe", "Zoe Quispe", "Li Bo", "May Sol", "Max Xi", "علي", "לי", "王伟", "राजेश"), numbers=("SYN-0042",)
)


def covered(*texts: str, exact: bool = True) -> str:
    lines: list[Line] = [
        [replace(word, top=24.0 * row, bottom=24.0 * row + 16, is_exact=exact) for word in line(text)]
        for row, text in enumerate(texts)
    ]
    found = dict(DenyList(KNOWN, dates).hits(lines))
    return " ".join(word.text for row, one in enumerate(lines) for at, word in enumerate(one) if at in found[row])


@pytest.mark.parametrize(("text", "secret"), [
    ("today Zoe came with cough", "Zoe"), ("Zoe's rash", "Zoe's"), ("ZOE has a rash", "ZOE"), ("Ana", "Ana"),
    ("Ana, 4 years old", "Ana,"), ("seen with May, 4 years old", "May,"), ("today Li came with cough", "Li"),
    ("the baby Li", "Li"), ("call May today", "May"), ("Max was here", "Max"), ("Bo was here", "Bo"),
    ("Zoe  Hb  11.2  g/dL", "Zoe"), ("ANA  SYN-0042", "ANA SYN-0042"), ("رأيت علي اليوم", "علي"), ("ראיתי את לי", "לי"),
    ("患者王伟昨天", "患者王伟昨天"), ("और राजेश आया", "राजेश"),
])  # fmt: skip
def test_a_short_name_is_covered_where_a_name_would_stand(text: str, secret: str) -> None:
    assert covered(text) == secret


@pytest.mark.parametrize("text", [
    "ANA  Negative", "ANA  1:80  <1:40", "Ana  1:160", "ANA (IFA)  Negative", "ANA titer",
    "`ANA` Negative", "'ANA' ordered", "ANA, ESR and CRP",
    "Li  0.8  mmol/L  0.6 - 1.2", "Na 140  K 4.1  Li 0.4", "Max  120", "Collected May 3, 2026", "May 2026",
    "serum Li level", "LI", "may come again", "ana", "Sodium  140  mmol/L  135 - 145", "Bold Ziana Mayor",
])  # fmt: skip
def test_a_test_a_month_and_a_word_stay(text: str) -> None:
    assert covered(text) == ""


def test_a_name_in_capitals_alone_in_its_line_is_covered_where_the_next_line_tells_who_it_is() -> None:
    assert covered("ANA", "SYN-0042") == "ANA SYN-0042"
    assert covered("ANA", "Negative") == ""


def test_a_figure_in_a_short_name_is_a_letter_misread() -> None:
    assert covered("today Z0e came with cough", exact=False) == "Z0e"
    assert covered("today Z0e came with cough", exact=True) == ""


@pytest.mark.parametrize("kind", spread(["scan", "pdf"], 1))
@pytest.mark.wide
def test_a_page_loses_its_short_names_and_keeps_the_tests_that_are_called_so(run: Prepare, kind: str) -> None:
    texts = (("It was said that", 60, False), ("Zoe", 180, True), ("came with cough again", 280, False))
    planted = [Planted(text, x, 700, is_secret) for text, x, is_secret in texts]
    planted += [Planted("My sister", 60, 660, is_secret=False), Planted("Ana", 180, 660, is_secret=True)]
    rows = (
        ("ANA", "Negative", "Negative"),
        ("Li", "0.8 mmol/L", "0.6 - 1.2"),
        ("Hemoglobin", "11.2 g/dL", "11.0 - 14.5"),
    )
    for row, cells in enumerate(rows):
        planted += [Planted(cell, 60 + 160 * at, 600 - 30 * row, is_secret=False) for at, cell in enumerate(cells)]
    page = Paper(tuple(planted), Identifiers(("Ana Quispe", "Zoe Quispe", "Li Quispe")), "Helvetica")
    data = page.pdf() if kind == "pdf" else papers.scanned(page.picture(), "clean", 1)[0]
    _, kept = run(data, "lab_document", Policy(identifiers=page.known, faces="keep"))
    picture = Image.open(io.BytesIO(kept.files["page-1"]))
    shares = [(entry, papers.covered(picture, box, 0, FILL)) for entry, box in page.places()]
    assert [entry.text for entry, share in shares if entry.is_secret and share < 0.9] == []
    assert [entry.text for entry, share in shares if not entry.is_secret and share > 0.1] == []
