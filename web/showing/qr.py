"""A picture that a phone's camera reads, drawn into the page itself: no address of it is ever asked for."""

from __future__ import annotations

import segno


def qr_picture(text: str) -> str:
    """The text as SVG, black on white in every colour scheme, because cameras read nothing else well.

    A template may take it as it is: segno draws squares alone, and nothing of the text itself stands in it.
    """
    drawn = segno.make(text, error="m", micro=False)
    return drawn.svg_inline(border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True)
