"""How names are told from other words where a reader made out both: `python -m tests.bench.names`.

Each name is misread in every place and way in which a reader of blurred print does, once and twice. What must stay are
the words of the house's own texts in English and Spanish. The table of misreadings here is not the product's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from econsult.people import dates
from imaging import Identifiers
from imaging.reading.analytes import ANALYTES
from imaging.reading.confusion import HALF_SURE, SURE, is_misreading
from imaging.reading.deny import DenyList
from imaging.reading.rows import is_result
from imaging.reading.short_names import ShortNames
from imaging.reading.spelling import fold, is_alike
from imaging.reading.words import Word
from imaging.samples.panels import PANELS, Result, draw_results
from tests.bench._figures import report

_NAMES = """
María José Íñigo Ximena Ángel Guadalupe Joaquín Santiago Lucía Peña Núñez Ibáñez Quiñones Güemes Zúñiga Barragán
Cepeda Urrutia Villaseñor Marín Reyes Castro Luna Vega Celia Nora Elena Oriana Rosa Marta Jimena Camila Mateo Diego
Valentina Emilia Leonardo Hernández García López Ramírez Torres Flores Rivera Gómez Díaz Cruz Morales Ortiz Gutiérrez
Chávez Ruiz Álvarez Mendoza Aguilar Castillo Jiménez Rojas Salazar Medina Guerrero Cortés Soto Bernal Carmen Alba
Smith Johnson Williams Brown Miller Davis Wilson Anderson Thomas Taylor Moore Jackson Thompson Harris Lewis Robinson
Walker Young Allen Wright Scott Nguyen Emily Olivia Sophia Ethan Mason Henry
"""
NAMES = tuple(_NAMES.split())
MISREAD = {
    "m": ("rn", "nn"), "rn": ("m",), "d": ("cl",), "l": ("1", "I", "i"), "i": ("l", "1", "j"), "í": ("f", "t", "1"),
    "o": ("0",), "ó": ("6", "0"), "e": ("c",), "é": ("6", "c"), "c": ("e",), "h": ("b",), "b": ("h", "8"),
    "ñ": ("fi", "n"), "s": ("5",), "z": ("2",), "g": ("9", "q"), "á": ("a", "4"), "ü": ("ii", "u"), "w": ("vv",),
    "q": ("g", "9"),
}  # fmt: skip
_SHORT = "Zoe Ana Mia Eva Li Bo Noé Ian Max Leo Ava Ela Sol Luz May Kai Xi Amy Tom Sam علي לי نور"
SHORT = _SHORT.split()
PLACES = (
    "today {} came with cough", "{} has had a rash for two days", "seen with {}, 4 years old", "Name  {}",
    "rash of {}", "{} Quispe", "the baby {} is well", "{}",
)  # fmt: skip
TESTS = (
    "ANA  Negative", "ANA  1:80  <1:40", "Ana  1:160", "ANA (IFA)  Negative", "Li  0.8  mmol/L", "Max  120",
    "Collected May 3, 2026",
    "ANA, ESR and CRP", "Na 140  K 4.1  Li 0.4", "ANA titer", "Al  6  ug/L", "Sodium  140  mmol/L  135 - 145",
)  # fmt: skip
HOUSE = Path(__file__).resolve().parents[2]


def misread(name: str) -> Iterator[str]:
    """Yield a name with one misreading in it, in every place and way."""
    small = name.lower()
    for place in range(len(small)):
        for meant, seen in MISREAD.items():
            if small.startswith(meant, place):
                yield from (small[:place] + one + small[place + len(meant) :] for one in seen)


def words() -> list[str]:
    """The words of four letters and more in the house's documents and in its Spanish texts, but for the names."""
    files = [*(HOUSE / "docs").rglob("*.md"), *(HOUSE / "web" / "translations").rglob("*.po")]
    texts = (path.read_text("utf-8") for path in files)
    found = {fold(word) for text in texts for word in re.findall(r"[^\W\d_]{4,}", text)}
    return sorted(found - {fold(name) for name in NAMES})


def short_names() -> None:
    """Print in how many places names of three letters and fewer are covered, and what else of the house's texts is."""
    told = [(name, text.format(name)) for name in SHORT for text in PLACES]
    found = [name in covered_in((f"{name} Quispe",), text) for name, text in told]
    report("names.short.covered", sum(found), f"of {len(told)}: {', '.join(t for t, ok in _shown(told, found))}")
    texts = house_lines()[::4]
    rows = [f"{one.test.name}  {one.value}  {one.test.unit}  {one.reference}" for one in _results()]
    for what, lines in (("texts", texts), ("results", [*rows, *TESTS])):
        wrong = [word for line in lines for word in _taken(ShortNames(SHORT), line)]
        many = f"of {sum(len(line.split()) for line in lines)} words: {', '.join(sorted(set(wrong))[:12])}"
        report(f"names.short.false.{what}", len(wrong), many)


def _taken(short: ShortNames, text: str) -> list[str]:
    """The words of an exact line that are taken for such a name, where nothing else is covered."""
    words = [replace(word, is_exact=True) for word in line_of(text)]
    return [words[number].text for number in short.hits(words, set(), (), is_row=is_result(words))]


def _shown(told: list[tuple[str, str]], found: list[bool]) -> Iterator[tuple[str, bool]]:
    yield from ((text, ok) for (_, text), ok in zip(told, found, strict=True) if not ok)


def labels() -> None:
    """Print how many rows lose something to what looks like a label, with tests read rightly and misread once."""
    deny = DenyList(Identifiers(names=("Lucía Marín",)), dates)
    seen = sorted({one for name in ANALYTES for one in misread(name)})[::5]
    for what, names, result in (
        ("read", ANALYTES, "4.8  0-5"),
        ("misread", seen, "4.8  0-5"),
        ("word", seen, "Negative"),
    ):
        lines = [line_of(f"{name}  {result}") for name in names]
        lost = [name for name, line in zip(names, lines, strict=True) if any(hit for _, hit in deny.hits([line]))]
        report(f"labels.{what}.results_lost", len(lost), f"of {len(lines)}: {', '.join(lost[:8])}")


def _results() -> Iterator[Result]:
    for seed in range(20):
        for panel in PANELS:
            yield from draw_results(np.random.default_rng(seed), panel, "en")


def house_lines() -> list[str]:
    """The lines of the house's documents and of its texts in both languages."""
    files = [*(HOUSE / "docs").rglob("*.md"), *(HOUSE / "web" / "translations").rglob("*.po")]
    return [line for path in files for line in path.read_text("utf-8").splitlines() if line.strip()]


def line_of(text: str) -> list[Word]:
    """A line of words, as a reader gives it."""
    words, at = [], 0.0
    for part in text.split(" "):
        if part:
            words.append(Word(part, at, 0, at + 8 * len(part), 16))
        at += 8 * len(part) + (6 if part else 60)
    return words


def covered_in(names: tuple[str, ...], text: str) -> list[str]:
    """The words of an exact line that are covered; two spaces are the gap between two cells."""
    words = [replace(word, is_exact=True) for word in line_of(text)]
    ((_, found),) = DenyList(Identifiers(names=names), dates).hits([words])
    return [words[number].text.strip(".,") for number in sorted(found)]


def main() -> int:
    """Print how many misread names are covered, and how many other words are taken for one."""
    short_names()
    labels()
    for twice in (False, True):
        pairs = [(name, seen) for name in NAMES for seen in misread(name)]
        if twice:
            pairs = [(name, again) for name, seen in pairs for again in itertools.islice(misread(seen), 0, None, 7)]
        hits = sum(is_alike(fold(seen), fold(name)) for name, seen in pairs)
        report(f"names.misread_{'twice' if twice else 'once'}.covered", hits, f"of {len(pairs)}, the reader being sure")
    others = words()
    for how, confidence in (("sure", SURE), ("half_sure", HALF_SURE), ("unsure", 0.0)):
        wrong = [(name, word) for name in NAMES for word in others if is_misreading(word, fold(name), confidence)]
        shown = ", ".join(f"{word} for {name}" for name, word in wrong[:5])
        report(f"names.false.reader_{how}", len(wrong), f"of {len(others) * len(NAMES)} pairs: {shown}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
