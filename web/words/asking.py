"""What specialists will ask for, in words; and the codes of what a program asks for in our own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import lazy_gettext as _l

from econsult.consults.wanted_items import PAGE_CODE, Likely
from econsult.people.persons import LANGUAGES
from econsult.templates.items import Item
from web.words import terms
from web.words.files import VIEWS
from web.words.language import gettext, language, speaking

_PHOTO = _l("Photo")
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


def in_readers_words(line: str, items: Iterable[Item] = ()) -> str:
    """A line that our page offers to ask for, in the reader's language; any other line as it was written.

    `items` are those of the forms that the request answers.
    """
    codes = codes_in([line])
    return str(terms.ASKABLE[codes[0]]) if codes else _of_item(line, items) or _of_picture(line) or line


def asked_for(item: Item) -> str:
    """What asks for an item in a list, in the reader's language."""
    return item.words.in_language(language())


def _of_item(line: str, items: Iterable[Item]) -> str:
    # Until lately, a question was asked for without its marks.
    bare = line.strip("¿?")
    said = (item for item in items if bare in {words.strip("¿?") for words in item.words.texts.values()})
    return next(map(asked_for, said), "")


def _of_picture(line: str) -> str:
    number = "".join(filter(str.isdigit, line))
    for each in LANGUAGES:
        with speaking(each):
            known = _pictures(number)
        if line in known:
            return _pictures(number)[known.index(line)]
    return ""


def _pictures(number: str) -> list[str]:
    """Every way in which our page asks for a picture, the last one for the file of this number."""
    views = [gettext("A better photo: %(title)s", title=title) for title in (*VIEWS.values(), _PHOTO)]
    return [*views, gettext("A better picture of file %(number)s", number=number)]


def likely_words(found: Iterable[Likely], items: Mapping[str, Item]) -> list[str]:
    """Each item with its count: "Medicines, with dose: 7 of 12"."""
    return [
        gettext("%(what)s: %(asked)d of %(of)d", what=_name(each.item, items), asked=each.asked, of=each.of)
        for each in found
    ]


def _name(item: str, items: Mapping[str, Item]) -> str:
    if item.startswith(PAGE_CODE):
        return str(terms.ASKABLE.get(item.removeprefix(PAGE_CODE), ""))
    return asked_for(items[item]).strip("¿?")
