"""A questionnaire as a page shows it: what is needed first, what also helps after it, each item with what is known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults.asked import is_there
from econsult.consults.attachments import Attachment
from econsult.templates.answering import MOST_ROWS, column_of, is_enabled
from econsult.templates.items import CLINIC, CORE, NOT_DONE, Condition, Item, Questionnaire, flat
from econsult.templates.loading import library_of
from web.showing.facts import FormNote, answer_words
from web.words.language import gettext, language

FEWEST_ROWS = 3
DRAWINGS = {"photo": "image", "video": "video", "lab_document": "doc"}
ACCEPTED = {"photo": "image/*", "video": "video/*", "lab_document": "application/pdf,image/*"}
_CELL = re.compile(r"\.\d+\.[a-z0-9_]+\Z")


@dataclass(frozen=True)
class Slot:
    """One item with the words around it and the answer in it. `only_if` says in words when it is meant at all."""

    item: Item
    value: Any
    is_open: bool
    """Whether what was answered before asks for it."""
    is_there: bool
    only_if: str

    @property
    def when(self) -> str:
        """When it is meant, for the script, as JSON: whether all conditions must be met, and each of them."""
        conditions = [[each.question, each.operator, each.answer] for each in self.item.conditions]
        return json.dumps({"all": self.item.needs_all, "of": conditions}) if conditions else ""

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
    def chosen(self) -> list[Any]:
        """What was chosen, whatever a program has put there."""
        return self.value if isinstance(self.value, list) else [self.value]

    @property
    def options(self) -> list[tuple[str, str]]:
        """Each choice: its code and its words."""
        return [(option.code, option.words.in_language(language())) for option in self.item.options]

    @property
    def is_not_done(self) -> bool:
        return bool(self.item.may_be_not_done and self.value == NOT_DONE)

    @property
    def text(self) -> str:
        """What stands in a field of words or of a number."""
        if self.value is None or self.is_not_done or isinstance(self.value, list | dict):
            return ""
        return str(self.value)

    def faults(self, errors: Iterable[str]) -> list[str]:
        """The names of its fields that these errors are about: of a table each cell is one."""
        return faults_at(self.link, errors)

    def cell(self, row: int, column: str) -> str:
        return cell_name(self.item, column, row)

    @property
    def columns(self) -> list[tuple[str, str, str]]:
        """Of a table: name, words and unit of each column."""
        return [(column_of(part), part.words.in_language(language()), part.unit) for part in self.item.items]

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """Of a table: what is known, and room for more."""
        known = [row for row in self.value if isinstance(row, Mapping)] if isinstance(self.value, list) else []
        return [*known, *({} for _ in range(max(FEWEST_ROWS - len(known), 1)))][:MOST_ROWS]


@dataclass(frozen=True)
class Part:
    """One form on the page."""

    form: Questionnaire
    needed: list[Slot]
    more: list[Slot]

    @property
    def subject(self) -> str:
        return self.form.subject

    @property
    def is_core(self) -> bool:
        return self.subject == CORE

    @property
    def title(self) -> str:
        return self.form.title.in_language(language())

    @property
    def note(self) -> FormNote | None:
        is_translated = self.form.is_translated(language())
        return None if self.form.is_signed and is_translated else FormNote(not self.form.is_signed, not is_translated)

    def is_wrong(self, errors: Iterable[str], *, in_more: bool = False) -> bool:
        """Whether one of these errors is about the form, or about what also helps there."""
        slots = self.helpful if in_more else [*self.needed, *self.more]
        return any(slot.faults(errors) for slot in slots)

    @property
    def signs(self) -> list[Slot]:
        """What is not needed and tells of danger: nobody should have to open something to find it."""
        return [slot for slot in self.more if slot.item.tells_danger]

    @property
    def helpful(self) -> list[Slot]:
        """What also helps and can wait behind one line."""
        return [slot for slot in self.more if not slot.item.tells_danger]

    @property
    def counted(self) -> str:
        """How much of what is needed is there, in words."""
        open_now = [slot for slot in self.needed if slot.is_open]
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


def note_of_signs(session: Session) -> FormNote | None:
    """What must be said of the list of danger signs: it is an item of the core form for clinics, and signed with it."""
    core = library_of(session).find(CORE, CLINIC)
    return Part(core, [], []).note if core is not None else None


def cell_name(item: Item, column: str, row: int) -> str:
    """The name of one cell of a table, as the field carries it; rows count from 0."""
    return f"{item.link_id}.{row}.{column}"


def table_of(name: str) -> str:
    """The table of the cell whose field has this name; another name stays as it is."""
    return _CELL.sub("", name)


def faults_at(link: str, errors: Iterable[str]) -> list[str]:
    """Those of these names of fields that belong to the item `link`: its own, or those of its cells."""
    return [name for name in errors if link in (name, table_of(name))]


def parts_of(
    forms: Sequence[Questionnaire], details: Mapping[str, Any], files: Sequence[Attachment], months: int
) -> list[Part]:
    """Each form with the items that a child of this age is asked. Items whose condition is not met are there too."""
    return [part_of(form, items_for(form, months), details, files) for form in forms]


def items_for(form: Questionnaire, months: int) -> list[Item]:
    """The items of a form that a child of this age is asked, in order."""
    return [item for item in flat(form.items) if item.is_asked and item.fits_age(months)]


def part_of(
    form: Questionnaire, items: Iterable[Item], details: Mapping[str, Any], files: Sequence[Attachment] = ()
) -> Part:
    """These items of a form, what is needed apart from the rest."""
    slots = [_slot(form, item, details, files) for item in items]
    return Part(
        form, [slot for slot in slots if slot.item.is_required], [slot for slot in slots if not slot.item.is_required]
    )


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
    return Slot(
        item=item,
        value=details.get(item.link_id),
        is_open=is_enabled(item, details),
        is_there=is_there(item, details, files),
        only_if=_only_if(form, item) if item.conditions else "",
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
