"""What somebody wrote in the form of a case, for a page that gives it back: no codes of what was only chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from econsult.seeing import seen_part
from econsult.templates.items import CLINIC, Item, Kind
from econsult.templates.loading import library_of
from web.shell.unsent import is_words
from web.showing.asking import table_of
from web.words.language import language

WORDS = ("words", "reason", "text", "second_text", "second_reply", "question", "lacking_words", "close_reason")
"""The fields of the forms of a case, and of the desk, in which somebody writes."""
WHY_NOT = "why-"
"""How the fields begin in which a clinic says why it declines a step."""
CHOSEN = (Kind.CHOICE, Kind.BOOLEAN)
Pairs = Sequence[tuple[str, str]]


def own_words(pairs: Pairs) -> list[str]:
    """What stands in the fields that are for words, as forms are read: what an act of the case is done with."""
    return [text for name, text in _seen(pairs) if _is_own(name)]


def brought(session: Session, pairs: Pairs) -> list[str]:
    """All that was written, field by field; an answer to a specialty's form with what was asked."""
    asked = _asked(session, pairs)
    found = []
    for name, text in _seen(pairs):
        item = asked.get(table_of(name))
        if item is not None and item.kind not in CHOSEN:
            label = item.words.in_language(language())
            found.append(f"{label}{'' if label.endswith('?') else ':'} {text} {item.unit}".rstrip())
        elif item is None and (_is_own(name) or is_words(name, text)):
            found.append(text)
    return found


def _seen(pairs: Pairs) -> Iterator[tuple[str, str]]:
    for name, text in pairs:
        if seen := seen_part(text.replace("\r\n", "\n")):
            yield name, seen


def _is_own(name: str) -> bool:
    return name in WORDS or name.startswith(WHY_NOT)


def _asked(session: Session, pairs: Pairs) -> dict[str, Item]:
    """The items of the forms that stood in this one, by the names of their fields."""
    subjects = dict.fromkeys(subject for name, subject in pairs if name == "asked")
    forms = [library_of(session).find(subject, CLINIC) for subject in subjects]
    return {link: item for form in forms if form is not None for link, item in form.by_link.items()}
