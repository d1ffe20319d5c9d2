"""What came by e-mail, in words: the kinds of its files, how large they are, and what was just done with it."""

from __future__ import annotations

from flask_babel import format_decimal
from flask_babel import lazy_gettext as _l

from web.words.language import gettext

FILE_KINDS = {"photo": _l("Photo"), "video": _l("Video"), "lab_document": _l("Document")}
FILE_DRAWINGS = {"photo": "image", "video": "video", "lab_document": "doc"}
SAID = {"thrown_away": _l("Thrown away.")}
KILOBYTE = 1024


def size_words(size: int) -> str:
    """How large a file is, roughly."""
    kilobytes = max(1, round(size / KILOBYTE))
    if kilobytes < KILOBYTE:
        return gettext("%(size)s KB", size=kilobytes)
    return gettext("%(size)s MB", size=format_decimal(round(kilobytes / KILOBYTE, 1)))
