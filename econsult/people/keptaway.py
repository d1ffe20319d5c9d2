"""Whom a court keeps from a child, and by which addresses and numbers they could be reached.

What was known of them on that day is kept sealed in their link, and what they have now counts as well. Numbers are told
apart by ten digits, however somebody writes them, and whatever else stands in the field: an extension, or another one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from econsult.database import Base
from econsult.errors import InvalidError
from econsult.people.pasted import pasted
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import Person
from storage.keys import same_spelling

_DIGITS, _FEWEST = 10, 7
_BETWEEN = re.compile(r"[/;,|&]|\b(?:or|and|o|y)\b", re.IGNORECASE)


_BARRED = (
    select(RelatedPerson, Person)
    .join(Person, Person.id == RelatedPerson.person_id)
    .where(RelatedPerson.patient_id == bindparam("child"), RelatedPerson.barred_at.is_not(None))
    .order_by(Person.id)
)


def kept_from(session: Session, patient_id: int) -> list[tuple[RelatedPerson, Person]]:
    """Whom a court keeps from the child at this moment."""
    return [(link, person) for link, person in session.execute(_BARRED, {"child": patient_id})]


def key_of(where: str) -> str:
    """One form of an address or a number, however it was typed; empty for nothing."""
    text = pasted(where)
    return same_spelling(text) if "@" in text else _digits_of(text)[-_DIGITS:]


def ways_of(where: str) -> set[str]:
    """Every address or number that is, or may be, in what was typed, each in the form of `key_of`."""
    digits = _digits_of(pasted(where))
    if "@" in where or len(digits) <= _DIGITS:
        return {key_of(where)} - {""}
    return {digits[start : start + _DIGITS] for start in range(len(digits) - _DIGITS + 1)}


def numbers_in(where: str) -> list[str]:
    """The telephone numbers of a field, each with what is written beside it; several stand in one where a family has
    several. What has too few figures for a number is an extension of the one before it.
    """
    found: list[str] = []
    for part in _BETWEEN.split(pasted(where)):
        words, current = part.split(), ""
        for place, word in enumerate(words):
            is_next = part[:1].isalpha() or bool(_digits_of(word))
            is_full = len(_digits_of(current)) >= _DIGITS and len(_digits_of("".join(words[place:]))) >= _FEWEST
            if is_next and is_full:
                found.append(current)
                current = ""
            current = f"{current} {word}".strip()
        found.append(current)
    whole: list[str] = []
    for each in filter(None, found):
        if whole and min(len(_digits_of(each)), len(_digits_of(whole[-1]))) < _FEWEST:
            whole[-1] += f" {each}"
        else:
            whole.append(each)
    return whole


def _digits_of(text: str) -> str:
    """The figures, as ASCII has them: phones write them in other scripts as well."""
    return "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())


def keys_of(session: Session, person: Person) -> set[str]:
    """The address and the number of an account as they are now."""
    # Numbers are of another folder, which stands on this one; its table is asked by name.
    mobile = Base.metadata.tables["mobile"]
    numbers = session.scalars(select(mobile.c.number).where(mobile.c.person_id == person.id))
    return {key_of(where) for where in (person.email, *numbers)} - {""}


def reaches_kept(session: Session, patient: Patient, where: str) -> bool:
    """Whether an address or a number belongs to somebody whom a court keeps from the child."""
    ways = ways_of(where)
    return bool(ways) and any(ways & _theirs(session, *kept) for kept in kept_from(session, patient.id))


def _theirs(session: Session, link: RelatedPerson, person: Person) -> set[str]:
    """By what they are reached now, and were on the day of the order."""
    on_the_day = (link.barred_ways or {}).get("keys", ())
    return keys_of(session, person).union(*(ways_of(where) for where in on_the_day))


def is_kept_caller(session: Session, patient_id: int, name: str, where: str) -> bool:
    """Whether who says this name, or is called back at this number, is kept from the child by a court."""
    ways, said = ways_of(where), _bare(name)
    return any(
        said == _bare(person.name) or ways & _theirs(session, link, person)
        for link, person in kept_from(session, patient_id)
    )


def _bare(name: str) -> str:
    """A name without marks on its letters, in small ones: nobody on the telephone hears an accent."""
    letters = unicodedata.normalize("NFKD", pasted(name)).casefold()
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def refuse_kept(session: Session, patient: Patient, **given: str) -> None:
    """Raise InvalidError with `barred` for each field whose address or number is of somebody who is kept away."""
    wrong = {name: "barred" for name, where in given.items() if reaches_kept(session, patient, where)}
    if wrong:
        raise InvalidError("A court keeps whoever is reached there from the child.", wrong)


def keep_keys(link: RelatedPerson, keys: Iterable[str]) -> None:
    """Remember by what somebody who is kept away could be reached."""
    link.barred_ways = {"keys": sorted(set(keys) - {""})}
