"""What a form of the program is about, by the codes that it carries unseen."""

from __future__ import annotations

from collections.abc import Container

from flask import request

from econsult.errors import NotFoundError


def chosen(name: str, known: Container[str], otherwise: str) -> str:
    """The code in this field. An address with one that there is not shows what is usual; nothing is saved for it.

    Raises NotFoundError for a posted one that there is not: it would else be taken for another.
    """
    wish = request.values.get(name, "")
    if wish in known:
        return wish
    if wish and request.method == "POST":
        raise NotFoundError
    return otherwise
