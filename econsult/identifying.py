"""What on file tells who a child is: the one list by which texts, pictures and papers are covered.

An identifier that is kept in a new place belongs here: it is then covered for whoever may not know the child.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from econsult.billing.records import Coverage
from econsult.consults.details import caller_of, contact_of
from econsult.consults.records import Consult
from econsult.people.caregivers import families_of
from econsult.people.former import former_of
from econsult.people.invitations import Invitation
from econsult.people.naming import fold
from econsult.people.onfile import FamilyContact
from econsult.people.patients import Patient
from econsult.picking import one_of
from econsult.reach.mobiles import Mobile, numbers_before

_NAME = re.compile(r"[^\W\d_][^\W\d_'\u2019-]+")
_NOT_NAMES = frozenset(
    {"mom", "mum", "mommy", "mama", "mother", "dad", "daddy", "papa", "father", "parent", "parents", "madre", "padre",
     "grandma", "grandmother", "grandpa", "grandfather", "abuela", "abuelo", "abuelita", "nana", "aunt", "uncle", "tia",
     "tio", "sister", "brother", "hermana", "hermano", "guardian", "foster", "tutor", "tutora", "cuidadora", "cuidador",
     "caregiver", "doctor", "doctora", "doc", "dr", "dra", "nurse", "enfermera", "enfermero", "clinic", "clinica",
     "school", "escuela", "teacher", "maestra", "maestro", "pharmacy", "farmacia", "hospital", "office", "social",
     "worker", "trabajadora", "trabajador", "mr", "mrs", "ms", "miss", "sr", "sra", "srta", "senor", "senora",
     "senorita", "the", "and", "from", "del"}
)  # fmt: skip
"""What is written for a name where somebody did not give theirs; covering it would blot out half of a text."""


@dataclass
class OnFile:
    """The identifiers of one child, its family and whoever called about it; also what its record said before."""

    names: list[str] = field(default_factory=list)
    nicknames: list[str] = field(default_factory=list)
    """What the child is called at home, and was."""
    birth_dates: list[date] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)


def on_file(session: Session, patients: Iterable[Patient]) -> dict[int, OnFile]:
    """The identifiers of these children by the child's id, in as many statements for a list as for one of them.

    The birth date that stands in the record now is not among them: an erased record has none that could be read.
    """
    children = {child.id: child for child in patients}
    found = {
        number: OnFile([child.name], _some(child.nickname), phones=_some(child.phone), numbers=_some(child.mrn))
        for number, child in children.items()
    }
    for number, former in former_of(session, children).items():
        found[number].names += former.names
        found[number].nicknames += former.nicknames
        found[number].birth_dates += former.birth_dates
        found[number].phones += former.phones
        found[number].numbers += former.numbers
        found[number].emails += former.emails
    _add_family(session, found)
    _add_questions(session, found)
    for number, email in _rows(session, FamilyContact.patient_id, FamilyContact.email, found):
        found[number].emails += _some(email)
    for number, where in _rows(session, Invitation.patient_id, Invitation.sent_to, found):
        (found[number].emails if "@" in where else found[number].phones).extend(_some(where))
    for number, card in _rows(session, Coverage.patient_id, Coverage.insurance_id, found):
        found[number].numbers += _some(card)
    return found


_MOBILES = select(Mobile).where(one_of(Mobile.person_id, "people"))


def _add_family(session: Session, found: dict[int, OnFile]) -> None:
    family = families_of(session, list(found))
    people = {person.id for _child, person in family}
    mobiles = session.scalars(_MOBILES, {"people": people}) if people else ()
    numbers = {each.person_id: [*_some(each.number), *numbers_before(each)] for each in mobiles}
    for number, person in family:
        found[number].names.append(person.name)
        found[number].emails += _some(person.email)
        found[number].phones += numbers.get(person.id, [])


def _add_questions(session: Session, found: dict[int, OnFile]) -> None:
    """Who called about the child, and where they are called back, whichever of its questions a text belongs to."""
    for number, details in _rows(session, Consult.patient_id, Consult.details, found):
        caller = caller_of(details or {})
        found[number].phones += [*_some(contact_of(details or {})["phone"]), *_some(caller["phone"])]
        found[number].names += _some(_name_in(caller["name"]))


def _name_in(told: str) -> str:
    """The words of what stands for a caller's name that can be somebody's: "Dra. Elena Soto" is Elena Soto."""
    words = [word for word in _NAME.findall(told) if word[0].isupper() and fold(word) not in _NOT_NAMES]
    return " ".join(words)


def _rows(session: Session, owner: Any, value: Any, owners: Iterable[int]) -> list[tuple[int, Any]]:
    rows = session.execute(_values(owner, value), {"owners": list(owners)})
    return [(number, found) for number, found in rows]


@functools.cache
def _values(owner: Any, value: Any) -> Select[Any]:
    return select(owner, value).where(one_of(owner, "owners"))


def _some(value: str | None) -> list[str]:
    return [value] if value else []
