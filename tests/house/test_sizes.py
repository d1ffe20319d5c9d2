"""No function is longer than two screens and no file longer than a reader's patience."""

from __future__ import annotations

import re

from tests.bench.sizes import file_sizes, function_sizes, product_files
from tests.house.tree import ROOT, python_files

TOLD = re.compile(r"""(?<![\w"'])(?:"[^"{}]*"|'[^'{}]*')(?=[,)])""")
"""A sentence between the brackets of a template, which stands in one line however long it is."""


def test_no_function_is_longer_than_sixty_lines() -> None:
    long = [size for size in function_sizes([*product_files(), *python_files("tests")]) if size.lines > 60]
    assert long == []


def test_no_product_file_is_longer_than_three_hundred_lines() -> None:
    assert [size for size in file_sizes(product_files()) if size.lines > 300] == []


def test_no_line_of_a_template_is_longer_than_an_eye_follows() -> None:
    """Between blocks and within tags a line can be broken, and no browser shows it."""
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "web" / "templates").rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(TOLD.sub("", line)) > 200
    ]
    assert long == []
