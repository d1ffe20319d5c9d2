"""Judging answers: which items are asked of this child, which answers are wrong, and which tell of danger."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from econsult.templates.items import NOT_DONE, NUMBERS, Condition, Item, Kind, Questionnaire, flat

Answers = Mapping[str, Any]
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
MOST_ROWS = 40


def is_enabled(item: Item, answers: Answers) -> bool:
    """Whether what was answered before asks for this item."""
    if not item.conditions:
        return True
    met = (_is_met(condition, answers.get(condition.question)) for condition in item.conditions)
    return all(met) if item.needs_all else any(met)


def ruled_out(form: Questionnaire, answers: Answers) -> frozenset[str]:
    """The items that an answer before them rules out, and those that hang on such an item, in turn.

    Where the question that decides has no answer nothing is ruled out: what a program says without it may be true.
    """
    out: set[str] = set()
    for item in flat(form.items):
        decided = [each for each in item.conditions if each.question in out or _is_there(answers.get(each.question))]
        unmet = [each for each in decided if each.question in out or not _is_met(each, answers.get(each.question))]
        if unmet and (item.needs_all or len(unmet) == len(item.conditions)):
            out.add(item.link_id)
    return frozenset(out)


def asked_links(form: Questionnaire, answers: Answers) -> frozenset[str]:
    """The items that are asked with these answers: what is said of an item that is not asked asks for no other one."""
    asked: dict[str, Any] = {}
    for item in flat(form.items):
        if is_enabled(item, asked):
            asked[item.link_id] = answers.get(item.link_id)
    return frozenset(asked)


def is_answered(item: Item, value: Any) -> bool:
    """Whether there is an answer; "no" and "not done" are some."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, list):
        return len(value) >= item.fewest
    return value is not None and value != {}


def wrong_values(form: Questionnaire, answers: Answers) -> dict[str, str]:
    """The answers that their items cannot have, by link."""
    found: dict[str, str] = {}
    out = ruled_out(form, answers)
    for item in flat(form.items):
        if item.is_asked and item.link_id not in out and (value := answers.get(item.link_id)) is not None:
            found |= dict(_faults(item, value, item.link_id))
    return found


def danger_signs(form: Questionnaire, answers: Answers) -> tuple[str, ...]:
    """The red flags that these answers tell of; an answer to what another answer rules out tells of none."""
    found, out = [], ruled_out(form, answers)
    for item in flat(form.items):
        value = None if item.link_id in out else answers.get(item.link_id)
        if item.red_flag and value is True:
            found.append(item.red_flag)
        chosen = value if isinstance(value, list) else [value]
        found += [option.red_flag for option in item.options if option.red_flag and option.code in chosen]
    return tuple(dict.fromkeys(found))


def shown(form: Questionnaire, answers: Answers, months: int) -> Iterator[Item]:
    """The items that are for a child of this age with these answers, whoever answers them."""
    asked = asked_links(form, answers)
    return (item for item in flat(form.items) if item.fits_age(months) and item.link_id in asked)


def _is_there(value: Any) -> bool:
    return value is not None and value != []


def _is_met(condition: Condition, value: Any) -> bool:
    there = _is_there(value)
    if condition.operator == "exists":
        return there is condition.answer
    given = value if isinstance(value, list) else [value]
    if condition.operator == "=":
        return condition.answer in given
    if condition.operator == "!=":
        return there and condition.answer not in given
    compare = COMPARED[condition.operator]
    return any(compare(each, condition.answer) for each in given if _comparable(each, condition.answer))


def _comparable(one: Any, other: Any) -> bool:
    if is_number(one) and is_number(other):
        return True
    return isinstance(one, str) and isinstance(other, str)


def _faults(item: Item, value: Any, path: str) -> Iterator[tuple[str, str]]:
    if item.may_be_not_done and value == NOT_DONE:
        return
    if not item.repeats:
        if (fault := _fault(item, value)) is not None:
            yield path, fault
    elif not isinstance(value, list):
        yield path, "wrong_type"
    elif len(value) > MOST_ROWS:
        yield path, "too_many"
    else:
        for number, each in enumerate(value):
            yield from _row_faults(item, each, f"{path}.{number}") if item.is_rows else _each(item, each, path)


def _each(item: Item, value: Any, path: str) -> Iterator[tuple[str, str]]:
    if (fault := _fault(item, value)) is not None:
        yield path, fault


def _row_faults(item: Item, row: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(row, Mapping):
        yield path, "wrong_type"
        return
    columns = {column_of(part): part for part in item.items}
    for name, value in row.items():
        if name not in columns:
            yield path, "unknown_item"
        elif value is not None:
            yield from _faults(columns[name], value, f"{path}.{name}")


def column_of(item: Item) -> str:
    """The name of a column inside of its row: the last part of its link."""
    return item.link_id.rpartition(".")[2]


def _fault(item: Item, value: Any) -> str | None:
    if item.kind in NUMBERS:
        return _number_fault(item, value)
    if item.kind == Kind.BOOLEAN:
        return None if isinstance(value, bool) else "wrong_type"
    return _text_fault(item, value) if isinstance(value, str) else "wrong_type"


def _text_fault(item: Item, value: str) -> str | None:
    if item.kind == Kind.ATTACHMENT:
        # A file answers it; in words it can only be said that there is none.
        return "unknown_value"
    if item.kind == Kind.CHOICE:
        return None if item.option(value) else "unknown_value"
    if item.kind == Kind.DATE:
        return None if is_date(value) else "wrong_type"
    return "too_long" if len(value) > item.longest else None


def _number_fault(item: Item, value: Any) -> str | None:
    if not is_number(value) or (item.kind == Kind.INTEGER and value != int(value)):
        return "wrong_type"
    is_in = (item.least is None or value >= item.least) and (item.most is None or value <= item.most)
    return None if is_in else "out_of_range"


def is_number(value: Any) -> bool:
    """Whether it is a number that is one; whole ones may be larger than any float."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def can_be(item: Item, value: Any) -> bool:
    """Whether the item could ever be answered so, or beyond its limits, as a condition may be."""
    return (item.may_be_not_done and value == NOT_DONE) or _fault(item, value) in {None, "out_of_range"}


def is_date(text: str) -> bool:
    """A day, a month or a year, as FHIR writes them."""
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    year, month, day = (int(part) if part else 1 for part in found.groups())
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
