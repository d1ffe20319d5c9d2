"""Passwords that a guesser tries first: common ones, words around the person, and patterns of keys, days or repeats.

zxcvbn (MIT) brings the list of 30,000 common passwords, names and everyday words with its wheel, and counts how many
tries a guesser needs who knows them; nothing is asked of anybody else. What takes fewer than FEWEST tries is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from econsult.errors import InvalidError
from econsult.people.madeup import PASSWORD

FEWEST = 10**10
LOOKED_AT = 48
"""The first so many characters are weighed: weighing takes longer than their number, and a long end mends no weak start
that somebody would type."""
SITE_WORDS = (
    "econsult", "consult", "consulta", "clinic", "clinica", "clínica", "hospital", "doctor", "doctora", "medico",
    "médico", "pediatra", "pediatric", "children", "niños", "ninos", "contraseña", "contrasena", "contrasenia", "clave",
    "secreto", "familia", "entrar", "hola", "teamo", "tequiero", "mihija", "mihijo",
)  # fmt: skip
"""Words of this site and of its families that are in no English list."""


def refuse_guessable(password: str, about: Iterable[str] = ()) -> None:
    """Raise InvalidError for a password that is easy to guess; `about` is what a guesser knows of the person."""
    # Its lists are thirteen megabytes, and most processes never weigh a password.
    from zxcvbn import zxcvbn  # noqa: PLC0415

    known = [word for text in about for word in (text, *re.split(r"[\W_]+", text)) if len(word) > 1]
    found = zxcvbn(password[:LOOKED_AT], user_inputs=[*known, *SITE_WORDS, PASSWORD])
    if found["guesses"] < FEWEST:
        raise InvalidError(
            "This password is easy to guess: a common one, or made of a name, an address or a pattern.",
            {"password": "guessable"},
        )
