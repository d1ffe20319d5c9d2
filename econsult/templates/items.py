"""A questionnaire and its items, as they are after reading: texts by language, kinds, limits, conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from econsult.people.persons import SPECIALTIES

CORE = "core"
CLINIC, FAMILY = "clinic", "family"
AUDIENCES = (CLINIC, FAMILY)
SUBJECTS = (CORE, *SPECIALTIES)
NOT_DONE = "not_done"
"""The answer to an item of the work-up that nobody has done."""
ENGLISH = "en"


class Kind(StrEnum):
    """The types of FHIR that we take; an attachment is answered by a file of the request."""

    GROUP = "group"
    DISPLAY = "display"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    TEXT = "text"
    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    ATTACHMENT = "attachment"


NUMBERS = (Kind.INTEGER, Kind.DECIMAL)


@dataclass(frozen=True)
class Words:
    """One text in each of its languages; the English one is always there."""

    texts: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """The text in this language, or else in English."""
        return self.texts.get(language) or self.texts[ENGLISH]


@dataclass(frozen=True)
class Option:
    """One choice. `red_flag` is the danger sign that choosing it tells of, or empty."""

    code: str
    words: Words
    red_flag: str = ""


@dataclass(frozen=True)
class Condition:
    """What another item must say for an item to be asked."""

    question: str
    operator: str
    answer: Any


@dataclass(frozen=True)
class Item:
    """One question. `field` names the part of a request that holds its answer already: nobody is asked twice."""

    link_id: str
    kind: Kind
    words: Words
    is_required: bool = False
    is_recommended: bool = False
    repeats: bool = False
    options: tuple[Option, ...] = ()
    conditions: tuple[Condition, ...] = ()
    needs_all: bool = True
    items: tuple[Item, ...] = ()
    least: float | None = None
    most: float | None = None
    longest: int = 2000
    fewest: int = 1
    """How many rows or choices make an answer."""
    unit: str = ""
    from_month: int = 0
    to_month: int | None = None
    """Asked from this age on and below that one, in months."""
    may_be_not_done: bool = False
    red_flag: str = ""
    field: str = ""
    media: str = ""
    view: str = ""
    document: str = ""
    hint: Words | None = None
    link: str = ""

    @property
    def is_rows(self) -> bool:
        """Whether its answer is a table: one row for each time something was measured."""
        return self.kind == Kind.GROUP and self.repeats

    @property
    def is_asked(self) -> bool:
        """Whether a form has a place for its answer; the others say something, or are answered elsewhere."""
        return not self.field and self.kind != Kind.DISPLAY and (self.kind != Kind.GROUP or self.repeats)

    @property
    def tells_danger(self) -> bool:
        """Whether an answer to it is a danger sign."""
        return self.red_flag != "" or any(option.red_flag for option in self.options)

    def fits_age(self, months: int) -> bool:
        return self.from_month <= months and (self.to_month is None or months < self.to_month)

    def option(self, code: str) -> Option | None:
        return next((option for option in self.options if option.code == code), None)


@dataclass(frozen=True)
class Questionnaire:
    """One version of one form. `resource` is the JSON that it was read from, which is what programs get."""

    name: str
    version: str
    title: Words
    is_signed: bool
    reviewed: frozenset[str]
    """The languages whose translation a named person has reviewed."""
    items: tuple[Item, ...]
    resource: Mapping[str, Any]
    by_link: Mapping[str, Item] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_link", {item.link_id: item for item in flat(self.items)})

    @property
    def subject(self) -> str:
        """`core` or the specialty."""
        return self.name.rpartition("-")[0]

    @property
    def audience(self) -> str:
        return self.name.rpartition("-")[2]

    def is_translated(self, language: str) -> bool:
        """Whether its words in this language are signed for; English is signed with the form."""
        return language == ENGLISH or language in self.reviewed


def flat(items: tuple[Item, ...]) -> Iterator[Item]:
    """Every item, those of plain groups too; the columns of a table belong to it alone."""
    for item in items:
        yield item
        if not item.is_rows:
            yield from flat(item.items)
