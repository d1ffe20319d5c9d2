"""A child's details in words: what each is called, what it says, and what is wrong with one."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from econsult.people.patients import day_of
from web.words.language import gettext
from web.words.terms import LANGUAGES, SEXES
from web.words.times import long_day

LABELS = {
    "name": _l("Name"),
    "nickname": _l("Called at home"),
    "birth_date": _l("Birth date"),
    "sex": _l("Sex"),
    "language": _l("Language of the family"),
    "mrn": _l("Record number"),
    "phone": _l("Phone of the family"),
    "email": _l("E-mail of the family"),
    "region": _l("County or region"),
}


def value_words(name: str, text: str) -> str:
    """What a detail says, as people read it."""
    if name == "birth_date" and (day := day_of(text)) is not None:
        return long_day(day)
    words = {"sex": SEXES, "language": LANGUAGES}.get(name, {})
    return str(words.get(text, text)) or gettext("Nothing")


def fault(name: str, code: str) -> str:
    """What is wrong with a detail, in a sentence."""
    if name == "birth_date":
        if code == "in_future":
            return gettext("This day is still to come")
        is_wrong = code == "not_under_21"
        return gettext("The child must be under 21 years") if is_wrong else gettext("Write the date as 2021-05-30")
    if code == "barred":
        return gettext("A court keeps whoever is reached there from the child")
    if name in {"name", "nickname", "phone", "mrn", "region"}:
        return gettext("This holds a sign that cannot be seen: type it again by hand")
    return gettext("Check this part")
