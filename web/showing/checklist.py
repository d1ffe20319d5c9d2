"""What stands beside the button that sends a request, whether it is a new one or a family's question that is sent on.

One look for both: what the specialty asks, what is missing, what specialists asked for before, and what asks the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.asked_before import Alike, choosable, duplicates_of
from econsult.consults.asked import forms_of, known_items
from econsult.consults.attachments import attachments_of
from econsult.consults.earlier import attached_to
from econsult.consults.records import Consult
from econsult.consults.wanted_items import likely_wanted
from econsult.people.patients import age_in_months
from econsult.reading import Reader
from econsult.templates.items import CLINIC
from web.context import now
from web.shell.auth import me
from web.showing.asking import Part, note_of_signs, parts_of
from web.showing.facts import FormNote, missing_words
from web.words.asking import likely_words


@dataclass(frozen=True)
class Checklist:
    """What a request is compared with before it goes."""

    parts: list[Part]
    missing: list[str]
    """What the specialty requires and nobody has answered, in words."""
    likely: list[str]
    """What specialists asked for in such requests and this one lacks, with how often."""
    history: int
    """In how many such requests they asked for anything; 0 where there is no history."""
    alike: list[Alike]
    """What the same specialty was asked about this child a short while ago."""
    earlier: list[tuple[Consult, str]]
    """What of before may be shown to the specialist, with its question as they will read it."""
    attached: list[int]
    signs: FormNote | None
    """What must be said of the list of danger signs."""


def checklist_of(session: Session, loaded: Pass, read: Reader, details: Mapping[str, Any]) -> Checklist:
    """Of the request that was loaded; `details` are what stands in the fields, where that is more than it holds."""
    consult, files = loaded.consult, attachments_of(session, loaded.consult.id)
    months = age_in_months(loaded.patient.birth_date, now().date())
    forms = forms_of(session, consult, CLINIC) if consult.specialty else []
    likely, history = likely_wanted(session, consult)
    return Checklist(
        parts=parts_of(forms, details, files, months),
        missing=list(missing_words(session, consult)),
        likely=likely_words(likely, known_items(session, consult)),
        history=history,
        alike=duplicates_of(session, loaded, me(), now=now()),
        earlier=[(each, read.text(each.question)) for each in choosable(session, loaded, me(), now=now())],
        attached=[each.id for each in attached_to(session, consult)],
        signs=note_of_signs(session),
    )
