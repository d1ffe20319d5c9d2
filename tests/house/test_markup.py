"""What somebody wrote is text on every page: the few places that print markup print what we made ourselves."""

from __future__ import annotations

import re

from tests.house.tree import ROOT

OURS = {
    ("account.html", "picture"),
    ("set_up.html", "picture"),
    ("sheet.html", "picture"),
    ("paper.html", "sheet"),
    ("preview.html", "words"),
    ("lane.html", "given.seen"),
}
"""Drawings for the camera, and pages of ours that another page shows: each was escaped where it was made."""
# A text in quotes is the template's own.
PRINTED = re.compile(r"\{\{-?\s*([^{}'\"]+?)\s*\|\s*safe\b|\{%-?\s*(autoescape)")


def test_no_template_prints_what_somebody_wrote_as_markup() -> None:
    found = set()
    for path in sorted((ROOT / "web").rglob("*.html")):
        for name, switch in PRINTED.findall(path.read_text(encoding="utf-8")):
            found.add((path.name, name or switch))
    assert found == OURS
