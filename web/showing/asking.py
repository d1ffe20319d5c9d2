"""A questionnaire as a page shows it: what is needed first, what also helps after it, each item with what is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from econsult.consults.asked import is_there
from econsult.consults.attachments import Attachment
from econsult.templates.answering import column_of, is_enabled
from econsult.templates.items import NOT_DONE, Condition, Item, Kind, Questionnaire, flat
from web.showing.facts import FormNote, answer_words
from web.words.language import gettext, language

FEWEST_ROWS = 3
DRAWINGS = {"photo": "image", "video": "video", "lab_document": "doc"}
ACCEPTED = {"photo": "image/*", "video": "video/*", "lab_document": "application/pdf,image/*"}


@dataclass(frozen=True)
class Slot:
    """One item with the words around it and the answer in it. `only_if` says in words when it is meant at all."""

    item: Item
    value: Any
    is_there: bool
    only_if: str
    when: str
    """The same for the script, as JSON: whether all conditions must be met, and each of them."""

    @property
    def link(self) -> str:
        return self.item.link_id

    @property
    def words(self) -> str:
        return self.item.words.in_language(language())

    @property
    def hint(self) -> str:
        return self.item.hint.in_language(language()) if self.item.hint else ""

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Each choice: its code, its words, and whether it is chosen."""
        chosen = self.value if isinstance(self.value, list) else [self.value]
        return [
            (option.code, option.words.in_language(language()), option.code in chosen) for option in self.item.options
        ]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each choice: its code and its words."""
        return [(code, words) for code, words, _ in self.options]

    @property
    def is_not_done(self) -> bool:
        return bool(self.item.may_be_not_done and self.value == NOT_DONE)

    @property
    def text(self) -> str:
        """What stands in a field of words or of a number."""
        if self.value is None or self.is_not_done or isinstance(self.value, list | dict):
            return ""
        return f"{self.value:g}" if isinstance(self.value, float) else str(self.value)

    @property
    def columns(self) -> list[tuple[str, str, str]]:
        """Of a table: name, words and unit of each column."""
        return [(column_of(part), part.words.in_language(language()), part.unit) for part in self.item.items]

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """Of a table: what is known, and room for more."""
        known = [row for row in self.value if isinstance(row, Mapping)] if isinstance(self.value, list) else []
        return [*known, *({} for _ in range(max(FEWEST_ROWS - len(known), 1)))]


@dataclass(frozen=True)
class Part:
    """One form on the page."""

    form: Questionnaire
    needed: list[Slot]
    more: list[Slot]
    is_core: bool

    @property
    def title(self) -> str:
        return self.form.title.in_language(language())

    @property
    def note(self) -> FormNote | None:
        is_translated = self.form.is_translated(language())
        return None if self.form.is_signed and is_translated else FormNote(not self.form.is_signed, not is_translated)

    @property
    def counted(self) -> str:
        """How much of what is needed is there, in words."""
        open_now = [slot for slot in self.needed if slot.is_there or not slot.only_if or slot.when == ""]
        there = sum(slot.is_there for slot in open_now)
        return gettext("%(there)d of %(all)d", there=there, all=len(open_now))


@dataclass(frozen=True)
class Chooser:
    """A way to add a file of the kind, and of the view or document type, that an item asks for."""

    name: str
    words: str
    drawing: str
    accept: str
    hint: str = ""


def parts_of(
    forms: Sequence[Questionnaire], details: Mapping[str, Any], files: Sequence[Attachment], months: int
) -> list[Part]:
    """Each form with the items that a child of this age is asked. Items whose condition is not met are there too."""
    found = []
    for form in forms:
        slots = [_slot(form, item, details, files) for item in flat(form.items) if item.fits_age(months)]
        asked = [slot for slot in slots if slot.item.is_asked]
        needed = [slot for slot in asked if slot.item.is_required]
        more = [slot for slot in asked if not slot.item.is_required]
        found.append(Part(form, needed, more, form.subject == "core"))
    return found


def choosers_of(parts: Sequence[Part], known: Sequence[str]) -> list[Chooser]:
    """The files that these forms ask for and for which the page has no chooser yet, each once."""
    found: dict[str, Chooser] = {}
    for slot in (slot for part in parts for slot in (*part.needed, *part.more)):
        item = slot.item
        detail = item.document if item.media == "lab_document" else item.view
        name = f"{item.media}:{detail}" if detail else item.media
        if item.media and name not in known:
            found.setdefault(name, Chooser(name, slot.words, DRAWINGS[item.media], ACCEPTED[item.media], slot.hint))
    return list(found.values())


def _slot(form: Questionnaire, item: Item, details: Mapping[str, Any], files: Sequence[Attachment]) -> Slot:
    is_open = is_enabled(item, details)
    return Slot(
        item=item,
        value=details.get(item.link_id),
        is_there=is_there(item, details, files),
        only_if="" if not item.conditions else _only_if(form, item),
        when="" if not item.conditions else _when(item, is_open=is_open),
    )


def _only_if(form: Questionnaire, item: Item) -> str:
    told = [_condition(form.by_link[condition.question], condition) for condition in item.conditions]
    between = gettext(" and ") if item.needs_all else gettext(" or ")
    return gettext("Only if: %(conditions)s", conditions=between.join(told))


def _condition(question: Item, condition: Condition) -> str:
    words = question.words.in_language(language())
    if condition.operator == "exists":
        return gettext("“%(question)s” is answered", question=words)
    answer = answer_words(question, condition.answer)
    signs = {"=": "", "!=": gettext("not") + " "}
    return f"“{words}” {signs.get(condition.operator, f'{condition.operator} ')}{answer}"


def _when(item: Item, *, is_open: bool) -> str:
    conditions = [[each.question, each.operator, each.answer] for each in item.conditions]
    return json.dumps({"all": item.needs_all, "open": is_open, "of": conditions})


__all__ = ["Chooser", "Kind", "Part", "Slot", "choosers_of", "parts_of"]
