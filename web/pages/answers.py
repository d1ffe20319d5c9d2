"""Reading the answers to a questionnaire from a posted form, for the pages of clinics and of families alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import request

from econsult.templates.answering import MOST_ROWS, column_of, is_date, is_enabled
from econsult.templates.items import NOT_DONE, NUMBERS, Item, Kind
from web.shell.forms import FormReader
from web.showing.asking import cell_name, faults_at
from web.words.language import gettext, language

NOT_DONE_MARK = ":not-done"
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:[.,]\d{1,6})?")


def read_answers(form: FormReader, items: Iterable[Item], known: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to each item; None takes one back. What cannot be read is named in `form` and left as it was.

    An answer to an item whose condition is not met is taken back, since nobody is shown it any more.
    """
    found: dict[str, Any] = {}
    for item in items:
        value = _read(form, item)
        wrong = faults_at(item.link_id, form.errors)
        if not wrong:
            found[item.link_id] = value if is_enabled(item, {**known, **found}) else None
        elif not is_enabled(item, {**known, **found}):
            for name in wrong:
                form.errors.pop(name)
    return found


def _read(form: FormReader, item: Item) -> Any:
    if item.is_rows:
        return _rows(form, item) or None
    if item.kind == Kind.CHOICE and item.repeats:
        return form.choices(item.link_id, [option.code for option in item.options]) or None
    value = None if item.kind == Kind.ATTACHMENT else _one(form, item, item.link_id)
    is_not_done = item.may_be_not_done and form.is_ticked(item.link_id + NOT_DONE_MARK)
    return NOT_DONE if value is None and is_not_done else value


def _one(form: FormReader, item: Item, name: str, row: int = 0) -> Any:
    """One value; None where the field is empty, or holds what it cannot, which is said at the field.

    What is said names the item: it is read far from its field too. `row` counts from 1 in a table.
    """
    value = _value(form, item, name)
    if name in form.errors:
        words = item.words.in_language(language())
        form.errors[name] = _named(words, row, form.errors[name])
    return value


def _named(words: str, row: int, fault: str) -> str:
    if row:
        return gettext("%(what)s, row %(number)d: %(fault)s", what=words, number=row, fault=fault)
    return f"{words} {fault}" if words.endswith(("?", ".")) else f"{words}: {fault}"


def _value(form: FormReader, item: Item, name: str) -> Any:
    if item.kind == Kind.BOOLEAN:
        return {"yes": True, "no": False}.get(request.form.get(name, ""))
    if item.kind == Kind.CHOICE:
        return form.choice(name, [option.code for option in item.options]) or None
    text = form.text(name, longest=item.longest)
    if not text or name in form.errors:
        return None
    if item.kind in NUMBERS:
        return _number(form, item, name, text)
    if item.kind == Kind.DATE and not is_date(text):
        form.errors[name] = gettext("Write a date such as 2025-03-14, 2025-03 or 2025")
        return None
    return text


def _number(form: FormReader, item: Item, name: str, text: str) -> int | float | None:
    is_number = _NUMBER.fullmatch(text) is not None
    value = float(text.replace(",", ".")) if is_number else 0.0
    is_whole = value == int(value)
    is_in = (item.least is None or value >= item.least) and (item.most is None or value <= item.most)
    if not is_number or not is_in or (item.kind == Kind.INTEGER and not is_whole):
        form.errors[name] = _limits(item)
        return None
    return int(value) if is_whole else value


def _limits(item: Item) -> str:
    if item.least is None or item.most is None:
        return gettext("Write a number")
    ends = {"least": f"{item.least:.10g}", "most": f"{item.most:.10g}"}
    if item.kind == Kind.INTEGER:
        return gettext("Write a whole number from %(least)s to %(most)s", **ends)
    return gettext("Write a number from %(least)s to %(most)s", **ends)


def _rows(form: FormReader, item: Item) -> list[dict[str, Any]]:
    """The rows of a table that hold anything."""
    found, columns = [], {column_of(part): part for part in item.items}
    for number in range(MOST_ROWS):
        row = {name: _one(form, part, cell_name(item, name, number), number + 1) for name, part in columns.items()}
        if filled := {name: value for name, value in row.items() if value is not None}:
            found.append(filled)
    return found
