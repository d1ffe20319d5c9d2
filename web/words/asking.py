"""What specialists will ask for, in words; and the codes of what a program asks for in our own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import lazy_gettext as _l

from econsult.consults.wanted_items import PAGE_CODE, Likely
from econsult.people.persons import LANGUAGES
from econsult.templates.items import Item
from web.words import terms
from web.words.language import gettext, language, speaking

LACKING = {
    "unknown": _l("Not known here"),
    "not_today": _l("Could not be done today"),
    "follows": _l("It will follow"),
}
"""Why a request goes without something that its specialty requires; whoever sends it may also write a sentence."""


def codes_in(lines: Iterable[str]) -> list[str]:
    """The codes of the lines that say what our page offers to ask for, in any of its languages, or the code itself."""
    known = {code: code for code in terms.ASKABLE}
    for each in LANGUAGES:
        with speaking(each):
            known |= {str(words).casefold(): code for code, words in terms.ASKABLE.items()}
    return [known[line.strip().casefold()] for line in lines if line.strip().casefold() in known]


def in_readers_words(line: str) -> str:
    """A line that our page offers to ask for, in the reader's language; any other line as it was written."""
    codes = codes_in([line])
    return str(terms.ASKABLE[codes[0]]) if codes else line


def likely_words(found: Iterable[Likely], items: Mapping[str, Item]) -> list[str]:
    """Each item with its count: "Medicines, with dose: 7 of 12"."""
    return [
        gettext("%(what)s: %(asked)d of %(of)d", what=_name(each.item, items), asked=each.asked, of=each.of)
        for each in found
    ]


def _name(item: str, items: Mapping[str, Item]) -> str:
    if item.startswith(PAGE_CODE):
        return str(terms.ASKABLE.get(item.removeprefix(PAGE_CODE), ""))
    return items[item].words.in_language(language()).strip("¿?")
