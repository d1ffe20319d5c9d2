"""What a request tells, in words that fit into a sentence: by these a ready sentence is filled in when it is brought.

A place is filled where its name says one of these things and nothing else; ⟨where⟩ or ⟨how long⟩ could mean the place
of a visit or the days of a treatment. Only codes and numbers are filled in, never anybody's words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from econsult.consults.spoken import SPANISH, language_of
from econsult.people.patients import Patient
from web.words import terms
from web.words.language import gettext, speaking

NAMES = {
    "age": "age",
    "edad": "age",
    "weight": "weight",
    "peso": "weight",
    "body site": "site",
    "parte del cuerpo": "site",
    "time so far": "since",
    "tiempo hasta ahora": "since",
    "specialty": "specialty",
    "especialidad": "specialty",
    "photo days": "days",
    "días para la foto": "days",
}
"""The places that a request can fill, as they are written in both languages."""
SITES = {
    "scalp": _l("the scalp"),
    "face": _l("the face"),
    "mouth": _l("the mouth"),
    "neck": _l("the neck"),
    "chest": _l("the chest"),
    "belly": _l("the belly"),
    "back": _l("the back"),
    "arm": _l("the arm"),
    "elbow": _l("the elbow"),
    "hand": _l("the hand"),
    "leg": _l("the leg"),
    "knee": _l("the knee"),
    "foot": _l("the foot"),
    "all_over": _l("the whole body"),
}
ONSET = {
    "day": _l("less than a day"),
    "days": _l("1 to 6 days"),
    "weeks": _l("1 to 6 weeks"),
    "months": _l("6 weeks to 1 year"),
    "years": _l("over a year"),
}
"""How the clinic's form says for how long it has been so."""
SINCE = {"days": _l("2 or 3 days"), "week": _l("about a week")}
"""The same of the family's; its other answers fit into no sentence."""
_PLACE = re.compile("⟨([^⟨⟩]+)⟩")


def fill(text: str, known: Mapping[str, str]) -> str:
    """The text with every place that is known; the others stay to be filled in."""
    return _PLACE.sub(lambda found: known.get(NAMES.get(found[1].strip().casefold(), ""), "") or found[0], text)


def language_for(field: str, text: str) -> str:
    """The language of a ready sentence."""
    return SPANISH if field.endswith("_es") or language_of(text) == SPANISH else "en"


def known_of(
    details: Mapping[str, Any], patient: Patient, specialty: str, today: date, language: str
) -> dict[str, str]:
    """What a request tells, by the values of `NAMES`, in this language; empty where it says nothing."""
    with speaking(language):
        named = str(terms.SPECIALTIES.get(specialty, ""))
        return {
            "age": terms.age(patient, today) if patient.erased_at is None else "",
            "weight": _weight(details.get("core.weight")),
            "site": _site(details.get("body_site")),
            "since": str(ONSET.get(_code(details.get("core.onset"))) or SINCE.get(_code(details.get("since")), "")),
            "specialty": named[:1].lower() + named[1:],
        }


def _weight(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g} kg" if is_number else ""


def _site(value: object) -> str:
    """One place or several; nothing where one of them is not among the known ones."""
    codes = value if isinstance(value, list) else [value]
    found = [str(SITES[code]) for code in codes if code in SITES] if all(isinstance(c, str) for c in codes) else []
    if not found or len(found) != len(codes):
        return ""
    if len(found) == 1:
        return found[0]
    return gettext("%(first)s and %(last)s", first=", ".join(found[:-1]), last=found[-1])


def _code(value: object) -> str:
    return value if isinstance(value, str) else ""
