"""The words that stand in the place of what a reader may not know about a child."""

from __future__ import annotations

from web.words.language import gettext


def marks() -> dict[str, str]:
    """The mark for each kind of identifier, in the reader's language."""
    return {
        "name": gettext("name"),
        "birth_date": gettext("birth date"),
        "phone": gettext("phone"),
        "email": gettext("e-mail"),
        "number": gettext("record number"),
    }
