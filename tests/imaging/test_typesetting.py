"""Papers that are set from what people wrote, whatever that is."""

from __future__ import annotations

import io
import os
import random
import re
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path

import pikepdf
import pytest

from imaging import Leaflet, Line, Part, Style, TypesettingError, as_text, typeset
from imaging.typesetting import setting
from imaging.typesetting.glyphs import held, printable, visible
from tests.imaging.note_fonts import held_by_the_wheel
from tests.imaging.paper_readers import faults_of, languages_of, pdfium_text, tags_of, text_of, words_of
from tests.spread import spread

MARKUP = (
    '#import "@preview/x:1.0.0": * $a^2$ \\ *b* _c_ `d` <e> @f // g /* h */ = i - j + k ~ l [m] {n} #read("/etc/group")'
)
CODES = "Some letters stand as codes, such as [U+2603]."
FOOTER = re.compile(r"C-1001·version1Page\d+of\d+")
HOSTILE = {
    "markup": MARKUP,
    "long": "ab" * 10_000,
    "words": "Use it twice a day. " * 1000,
    "lines": "\n" * 10_000 + "x",
    "no_letters": "\x00\x01\x02\x1b[31m\x7f\ufffe\uffff",
    "turned": "Give \u202e01\u202c mg, \u2067or\u2069 not",
    "hebrew": "שלום עולם 10 mg " * 50,
    "arabic": "خذ 10 ملغ مرتين يوميا " * 50,
    "emoji": "👩\u200d👩\u200d👧 😀🏽 ☎️ 1️⃣ 🇺🇸" * 20,
    "chinese": "每天两次使用药膏。" * 100,
    "marks": "a" + "\u0301" * 10_000,
    "loose_marks": "\u0301\u0489\u20dd" * 300,
    "mixed_marks": "ש\u0301 \u0627\u05b0 a\u064b क\u0301 \u0915\u094d\u0937" * 20,
    "unassigned": "".join(map(chr, range(0x378, 0x37A))) + "\U000e0001\U0010ffff\ue000",
    "surrogate": "\ud800 and \udfff",
    "code_look": "[U+1F600]",
}


def leaflet(*parts: Part, **changes: object) -> Leaflet:
    known = {"title": "Answer C-1001", "author": "Program", "language": "en", "footer": "C-1001 · version 1"}
    more = {"page": "Page {page} of {pages}", "unprintable": CODES, "made_at": 1_700_000_000, "parts": parts}
    return Leaflet(**{**known, **more, **changes})  # type: ignore[arg-type]


def every_style(text: str) -> Leaflet:
    return leaflet(*(Part(f"Part {style}", [Line(text, "Beside"), Line("Short")], style) for style in Style))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text))


@pytest.fixture(scope="module")
def paper() -> bytes:
    """A paper with one part of each style, and one in another language."""
    parts = every_style("Use the cream twice a day").parts
    return typeset(leaflet(*parts, Part("Resumen", [Line("Use la crema dos veces al día")], language="es")))


def test_a_paper_is_read_by_those_who_see_nothing(paper: bytes) -> None:
    assert faults_of(paper) == []
    tags = tags_of(paper)
    assert tags.count("H1") == 1
    assert tags.count("H2") == 7
    assert {"L", "LI", "Lbl", "LBody", "P"} <= set(tags)
    assert languages_of(paper) == {"en", "es"}


def test_a_paper_is_read_by_programs(paper: bytes) -> None:
    for read in (words_of(paper), " ".join(pdfium_text(paper).split())):
        assert "Answer C-1001" in read
        assert "1. Use the cream twice a day (Beside)" in read
        assert "Use la crema dos veces al día" in read
        assert "Page 1 of 1" in read


def test_the_checkers_see_what_is_wrong(paper: bytes) -> None:
    with pikepdf.open(io.BytesIO(paper)) as document:
        del document.Root.Lang
        document.pages[0].contents_add(b"BT ET 0 0 m 9 9 l S", prepend=False)
        broken = io.BytesIO()
        document.save(broken)
    found = " ".join(faults_of(broken.getvalue()))
    assert "names no language" in found
    assert "outside of its structure" in found


def test_the_same_leaflet_gives_the_same_bytes(paper: bytes) -> None:
    first, second = (typeset(every_style("Twice")) for _ in range(2))
    assert first == second != paper
    assert b"2023-11-14" in first or b"20231114" in first


@pytest.mark.parametrize("name", spread(HOSTILE, 5))
def test_what_people_write_is_printed_as_it_is_or_as_codes(name: str) -> None:
    text = HOSTILE[name]
    made = typeset(every_style(text) if len(text) < 3000 else leaflet(Part("Part", [Line(text)])))
    assert faults_of(made) == []
    read = FOOTER.sub("", squeezed(text_of(made, "-raw")))
    if name in {"hebrew", "arabic", "mixed_marks"}:
        # Readers differ in how they order letters of two directions; none of them may be missing.
        shown = {letter for letter in squeezed(printable(text)) if letter.isalnum()}
        assert {letter for letter in shown if letter not in read} == set()
    else:
        assert squeezed(printable(text)) in read
    assert (CODES.replace(" ", "") in read) == ("[U+" in printable(text) and name != "code_look")


def test_nothing_runs_out_of_the_page() -> None:
    made = typeset(every_style("W" * 3000))
    boxes = re.findall(r'xMin="([\d.]+)".*?xMax="([\d.]+)"', text_of(made, "-bbox"))
    assert len(boxes) > 30
    assert max(float(right) for _left, right in boxes) <= 612 - 60
    assert text_of(made).count("W") >= 3000 * len(Style)


def test_any_letters_at_all_are_printed() -> None:
    chance = random.Random(7)
    pieces = ["".join(chr(chance.randrange(0x20, 0x3100)) for _ in range(400)) for _ in range(6)]
    made = typeset(leaflet(Part("Any", [Line(piece) for piece in pieces])))
    assert faults_of(made) == []


def test_every_letter_that_the_fonts_are_said_to_hold_is_printed() -> None:
    for font in held():
        letters = [chr(point) for point in sorted(font) if unicodedata.category(chr(point))[0] not in "MC"]
        # Two old brackets are other characters to Unicode by now, of Chinese, which no font of ours holds.
        shown = [printable(letter) for letter in letters if letter not in "\u2329\u232a"]
        assert not any("[U+" in letter for letter in shown)
        typeset(leaflet(Part("All", [Line(" ".join(shown[place : place + 50])) for place in range(0, len(shown), 50)])))


@pytest.mark.wide
def test_the_table_of_letters_is_that_of_the_fonts_in_the_wheel() -> None:
    assert list(held()) == held_by_the_wheel()


def test_plain_text_says_the_same_without_what_controls_a_machine() -> None:
    said = as_text(every_style("Give \u202e01\u202c mg\x00\r\nnow\u2028then\x1b[31m 😀 día"))
    assert "1. Give [U+202E]01[U+202C] mg[U+0000]\nnow\nthen[U+001B][31m 😀 día (Beside)" in said
    assert "TEXT: Beside" not in said
    assert "Beside: Give" in said
    assert visible("a\tb\r\nc") == "a b\nc"


def test_an_endless_leaflet_is_refused_and_a_slow_one_stopped() -> None:
    with pytest.raises(TypesettingError, match="too_long"):
        typeset(leaflet(Part("Long", [Line("x" * setting.LONGEST)])))
    with pytest.raises(TypesettingError, match="too_slow"):
        typeset(leaflet(Part("Any", [Line("x")])), seconds=0.001)


@pytest.mark.wide
def test_the_answer_with_every_field_full_is_set_in_bounds() -> None:
    texts = ["".join(chr(0x370 + place % 900) for place in range(10_000)) for _ in range(4)]
    steps = [Line("step " * 400, "Family") for _ in range(30)]
    made = typeset(leaflet(Part("Plan", steps, Style.STEPS), *(Part("Text", [Line(text)]) for text in texts)))
    assert faults_of(made) == []


def test_no_more_papers_are_set_at_once_than_the_machine_has_room_for() -> None:
    one, short = threading.BoundedSemaphore(1), leaflet(Part("Any", [Line("x")]))
    with one, pytest.raises(TypesettingError, match="busy"):
        typeset(short, turn=0.05, places=one)
    assert typeset(short, places=one).startswith(b"%PDF")


def test_the_press_is_locked_in_before_it_reads(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    code = """
import sys; sys.path.insert(0, sys.argv[1])
from imaging.typesetting import press
def tried(leaflet, template, fonts, root):
    try: open(sys.argv[2]).read()
    except OSError as error: return type(error).__name__.encode()
    return b"open"
press._set = tried
press.main()
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(Path(setting.__file__).parents[2]), str(secret)],
        input=b"{}", capture_output=True, check=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.stdout == b"PermissionError"
