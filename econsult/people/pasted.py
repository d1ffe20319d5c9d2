"""What people paste into a field of one line, with the signs that programs put around it and nobody sees."""

from __future__ import annotations

import unicodedata

_REVERSING = "\u202e"
"""It shows a text in another order than it is kept in: whoever sends it does not mean what is seen."""


def pasted(text: str) -> str:
    """The text with ordinary blanks, without marks of direction and other signs that show nothing.

    An address book puts such marks around a telephone number, a table ends its cells with a tab, a page parts names
    with blanks that do not break. Several lines, and the sign that reverses what stands behind it, stay for the caller
    to refuse.
    """
    seen = (sign for sign in text if sign in _REVERSING or unicodedata.category(sign) != "Cf")
    return "".join(" " if unicodedata.category(sign) == "Zs" or sign == "\t" else sign for sign in seen).strip()
