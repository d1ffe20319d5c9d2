"""Which text stood on the page where somebody agreed: another tab may have changed the language since."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from econsult.errors import StaleVersionError
from econsult.people.consent import hash_of
from web.words.language import LANGUAGES, language

FIELD = "shown"


def mark_of(*texts: Mapping[str, str]) -> str:
    """For the form's hidden field `shown`: the language of the page, and what tells the texts in it, by language."""
    return _mark(language(), texts)


def language_shown(*texts: Mapping[str, str]) -> str:
    """The language in which these texts were read by whoever sends the form.

    Raises StaleVersionError where they were other texts: nobody has agreed to what they have not read.
    """
    given = request.form.get(FIELD, "")
    found = [code for code in LANGUAGES if given == _mark(code, texts)]
    if given and not found:
        raise StaleVersionError("The text was changed after this page was opened.")
    return found[0] if found else language()


def _mark(code: str, texts: tuple[Mapping[str, str], ...]) -> str:
    return f"{code}.{hash_of(' '.join(text[code] for text in texts))[:16]}"
