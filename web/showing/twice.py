"""An address that staff type counts when it was typed twice: one wrong letter brings a child to a stranger."""

from __future__ import annotations

from econsult.people.keptaway import key_of
from web.shell.forms import FormReader
from web.words.language import gettext

AGAIN = "_again"


def check_twice(form: FormReader, name: str, *, known: str = "") -> None:
    """Put an error beside the second field where it says something else; what is `known` already is not asked again."""
    first, second = form.text(name, longest=254), form.text(name + AGAIN, longest=254)
    if first and name not in form.errors and key_of(first) not in {key_of(second), key_of(known)}:
        form.errors[name + AGAIN] = gettext("Type it once more, as the family says it: the two are not the same")
