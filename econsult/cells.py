"""Cells of a table that is downloaded: what somebody wrote is never a formula to the spreadsheet that opens it."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that a spreadsheet takes for a formula; the last four are the wide forms of the first."""


def harmless(value: str) -> str:
    """The text as a spreadsheet shows it: behind an apostrophe where it would be calculated."""
    return f"'{value}" if value.startswith(FORMULA) else value
