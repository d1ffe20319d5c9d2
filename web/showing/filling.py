"""Ready sentences as the page of one request offers them: with what it tells filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from econsult.advice.snippets import Snippet
from econsult.consults.contents import Disposition
from econsult.consults.records import Consult
from econsult.people.patients import Patient
from web.context import now
from web.words.filling import fill, known_of, language_for


@dataclass(frozen=True)
class Ready:
    """One sentence with what is known filled in; the places that are left stand between ⟨ and ⟩."""

    name: str
    field: str
    text: str
    origin: str


def filled_in(
    snippets: Sequence[Snippet], consult: Consult, patient: Patient, content: Mapping[str, Any]
) -> tuple[Ready, ...]:
    """These sentences for an answer to this request, of which `content` is written already."""
    days = {"days": str(content["photo_days"])} if _asks_for_photo(content) else {}
    known = {
        language: known_of(consult.details, patient, consult.specialty or "", now().date(), language) | days
        for language in ("en", "es")
    }
    return tuple(
        Ready(each.name, each.field, fill(each.text, known[language_for(each.field, each.text)]), each.origin)
        for each in snippets
    )


def _asks_for_photo(content: Mapping[str, Any]) -> bool:
    return content.get("disposition") == Disposition.NEW_PHOTO and bool(content.get("photo_days"))
