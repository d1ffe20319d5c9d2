"""The process that sets one leaflet: started for it, locked before it reads a word of it, ended after it.

Reads a leaflet as JSON from standard input and writes a PDF to standard output. Exit code 3: it could not be set.
"""

import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import typst

from imaging.jail import confine
from imaging.jail.levels import SECCOMP
from imaging.limits import MIB, JobLimits
from imaging.typesetting.glyphs import held, printable, reads_leftwards

LIMITS = JobLimits(cpu=10, cpu_most=10, memory=1024 * MIB, wall=60, wall_most=60, output=64 * MIB, renditions=1)
REFUSED = 3
_BEHIND_PAGES = 5
_LONGEST_WORD = 30
"""A word without an end would run out of the page; after so many letters it may be broken."""
_WORD = re.compile(rf"\S{{{_LONGEST_WORD},}}")
_PIECE = re.compile(rf"(?s).{{1,{_LONGEST_WORD}}}[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f]*")
_FOLDER = str(Path(__file__).parent)
_NOWHERE = str(Path(__file__).parent / "packages")
"""Where packages would lie, if there were any: the template needs none."""
Setter = Callable[[str], str]


def main() -> None:
    """Set what comes in on standard input. Pages go first: a paper can wait."""
    os.nice(_BEHIND_PAGES)
    template = Path(__file__).with_name("note.typ").read_bytes()
    fonts = typst.Fonts(include_system_fonts=False)
    held()
    output, given = os.dup(1), sys.stdin.buffer.read()
    locks = confine.confine(LIMITS, keep=output) if sys.platform == "linux" else []
    # Behind the filter no path but this one can be looked up, and nothing below it can be opened.
    paper = _set(json.loads(given), template, fonts, "/" if SECCOMP in locks else _FOLDER)
    if paper is None:
        os._exit(REFUSED)
    with os.fdopen(output, "wb") as stream:
        stream.write(paper)


def _set(leaflet: dict[str, Any], template: bytes, fonts: typst.Fonts, root: str) -> bytes | None:
    """The PDF. Letters that the fonts hold one by one, and not together, are taken apart at the second try."""
    for is_strict in (False, True):
        data = laid_out(leaflet, partial(printable, is_strict=is_strict))
        with suppress(typst.TypstError):
            return _compiled(template, fonts, data, root=root)
    return None


def _compiled(template: bytes, fonts: typst.Fonts, leaflet: dict[str, Any], *, root: str) -> bytes:
    paper: bytes = typst.compile(  # type: ignore[call-overload] # Its stub wants a root of the same type as the source.
        template,
        root=root,
        font_paths=fonts,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"leaflet": json.dumps(leaflet)},
        pdf_standards="ua-1",
        package_path=_NOWHERE,
        package_cache_path=_NOWHERE,
        timestamp=int(leaflet["made_at"]),
    )
    return paper


def laid_out(leaflet: dict[str, Any], printed: Setter) -> dict[str, Any]:
    """The leaflet as the template reads it: every text printable, in paragraphs of lines of pieces."""
    replaced = False

    def words(text: str) -> str:
        nonlocal replaced
        shown = printed(text)
        replaced = replaced or shown.count("[U+") > text.count("[U+")
        return shown

    names = ("title", "author", "footer", "page")
    found = {**leaflet, **{name: words(leaflet[name]) for name in names}}
    found["parts"] = [_part(part, words) for part in leaflet["parts"]]
    if replaced:
        remark = {"heading": "", "style": "text", "language": "", "lines": [{"text": leaflet["unprintable"]}]}
        found["parts"].append(_part(remark, words))
    return found


def _part(part: dict[str, Any], words: Setter) -> dict[str, Any]:
    return {**part, "heading": words(part["heading"]), "lines": [_line(line, words) for line in part["lines"]]}


def _line(line: dict[str, Any], words: Setter) -> dict[str, Any]:
    text = words(line["text"])
    return {
        "leftwards": reads_leftwards(text),
        "text": _paragraphs(text),
        "beside": _paragraphs(words(line.get("beside", ""))),
    }


def _paragraphs(text: str) -> list[list[list[str]]]:
    blocks = [block for block in re.split(r"\n\s*\n", text) if block.strip()]
    return [[_pieces(line.strip()) for line in block.splitlines() if line.strip()] for block in blocks]


def _pieces(line: str) -> list[str]:
    """The line, with each endless word in pieces; a letter stays with its marks."""
    found, place = [], 0
    for word in _WORD.finditer(line):
        found.append(line[place : word.start()])
        found += _PIECE.findall(word[0])
        place = word.end()
    return [piece for piece in [*found, line[place:]] if piece]


if __name__ == "__main__":
    main()
