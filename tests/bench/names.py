"""How names are told from other words where a reader made out both: `python -m tests.bench.names`.

Each name is misread in every place and way in which a reader of blurred print does, once and twice. What must stay are
the words of the house's own texts in English and Spanish. The table of misreadings here is not the product's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from imaging.reading.confusion import HALF_SURE, SURE, is_misreading
from imaging.reading.spelling import fold, is_alike
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


def main() -> int:
    """Print how many misread names are covered, and how many other words are taken for one."""
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
