"""What a downloaded table may make a spreadsheet do."""

import pytest

from econsult.cells import harmless


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_what_would_be_calculated_is_shown_as_text(begin: str) -> None:
    assert harmless(f"{begin}SUM(A1)") == f"'{begin}SUM(A1)"


@pytest.mark.parametrize("text", ["", "Rosa Jim\u00e9nez", "C-1001", " =1", "a=b"])
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text
