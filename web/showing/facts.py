"""What a request tells besides its question: each detail as a label and words, in the reader's language.

An answer to a template's item is shown by the item's own text, in the version that it was answered under; any other
detail by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults.asked import ANSWERED_UNDER, forms_of, known_items, missing_items
from econsult.consults.details import spaced
from econsult.consults.records import CLINICS_OWN, Consult
from econsult.consults.redflags import ASKED_AT
from econsult.templates.answering import column_of
from econsult.templates.items import CLINIC, FAMILY, NOT_DONE, Item
from econsult.templates.items import Kind as Type
from web.context import now
from web.words import terms
from web.words.asking import asked_for
from web.words.families import PRIVATE_WORDS, SINCE, SITES, SYMPTOMS
from web.words.language import gettext, language

TOLD_ELSEWHERE = {
    *(
        "face_policy",
        "face_consent",
        "red_flags",
        "red_flags_asked",
        ASKED_AT,
        "contact",
        "caller",
        "story",
        "family_question",
    ),
    ANSWERED_UNDER,
}


@dataclass(frozen=True)
class FormNote:
    """What must be said of a form wherever it, or an answer to it, is shown."""

    is_draft: bool
    is_translation_draft: bool


def facts_of(session: Session, consult: Consult) -> list[tuple[str, str]]:
    """Label and words of the details that were filled in: our own first, then the templates' in their order."""
    labels = {
        "thinks": gettext("Thinks"),
        "tried": gettext("Tried"),
        "since": gettext("Since"),
        "symptoms": gettext("Signs"),
        "body_site": gettext("Site"),
        "background": gettext("Also"),
    }
    details, items = consult.details, known_items(session, consult)
    found = [(label, _words(details.get(name))) for name, label in labels.items()]
    if consult.question_type:
        found.insert(0, (gettext("Wants"), str(terms.QUESTION_TYPES.get(consult.question_type, ""))))
    found += answers_of(session, consult)
    others = (name for name in details if name not in {*labels, *items, *TOLD_ELSEWHERE})
    found += [(spaced(name).capitalize(), _words(details[name])) for name in others]
    return [(label, words) for label, words in found if words]


def answers_of(session: Session, consult: Consult) -> list[tuple[str, str]]:
    """The answers to the items of templates, each with the item's own text."""
    items, details = known_items(session, consult), consult.details
    return [(_label(item), answer_words(item, details[link])) for link, item in items.items() if link in details]


def answer_words(item: Item, value: Any) -> str:
    """An answer as its item means it; one that does not fit the item is shown as it is."""
    if value == NOT_DONE and item.may_be_not_done:
        return gettext("Not done")
    if item.kind == Type.BOOLEAN and isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list):
        between = "; " if item.is_rows else ", "
        return between.join(filter(None, (answer_words(item, each) for each in value)))
    if isinstance(value, Mapping):
        return _row(item, value)
    if isinstance(value, str) and (option := item.option(value)) is not None:
        return option.words.in_language(language())
    words = _words(value)
    return f"{words} {item.unit}" if item.unit and words and not isinstance(value, str) else words


def askable_of(session: Session, consult: Consult) -> list[tuple[str, str]]:
    """What of the specialty's form nobody has answered: each item's link and words."""
    if consult.kind not in CLINICS_OWN or not consult.specialty:
        return []
    missing = missing_items(session, consult, CLINIC, now=now())
    return [(item.link_id, asked_for(item)) for item in missing]


def form_items(session: Session, consult: Consult) -> list[Item]:
    """Every item of the specialty's form, answered or not; none of a family's question."""
    if consult.kind not in CLINICS_OWN or not consult.specialty:
        return []
    return [item for form in forms_of(session, consult, CLINIC) for item in form.by_link.values()]


def missing_words(session: Session, consult: Consult) -> tuple[str, ...]:
    """The required items of the specialty's form that nobody has answered, in words; none of a family's question."""
    return tuple(words for _link, words in askable_of(session, consult))


def note_of(session: Session, consult: Consult) -> FormNote | None:
    """What to say of the forms of which answers are shown; None where there is none, or all is signed."""
    forms = [
        form
        for audience in (CLINIC, FAMILY)
        for form in forms_of(session, consult, audience)
        if any(item.is_asked and link in consult.details for link, item in form.by_link.items())
    ]
    is_draft = any(not form.is_signed for form in forms)
    is_foreign = any(not form.is_translated(language()) for form in forms)
    return FormNote(is_draft, is_foreign) if is_draft or is_foreign else None


def _label(item: Item) -> str:
    return item.words.in_language(language())


def _row(item: Item, row: Mapping[str, Any]) -> str:
    columns = {column_of(part): part for part in item.items}
    told = []
    for name, value in row.items():
        if name in columns and (words := answer_words(columns[name], value)):
            told.append(f"{_label(columns[name])} {words}")
        elif name not in columns and (words := _words(value)):
            told.append(f"{spaced(name).capitalize()}: {words}")
    return ", ".join(told)


def _words(value: object) -> str:
    """What a detail says: a code of the family's form in words, lists and groups joined, anything else as written."""
    if isinstance(value, dict):
        return "; ".join(f"{spaced(name).capitalize()}: {_words(entry)}" for name, entry in value.items())
    if isinstance(value, list):
        return ", ".join(_words(entry) for entry in value)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    code = str(value) if value is not None else ""
    known = {**SITES, **SINCE, **SYMPTOMS, "private_area": PRIVATE_WORDS}.get(code)
    return str(known) if known is not None else code
