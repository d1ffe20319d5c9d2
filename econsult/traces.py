"""What is being typed is kept (`people.typed`), apart from what a family types where a home is not safe: of that no
trace rests, since whoever hurts somebody there may hold the telephone, or know the password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from econsult.consults.danger_words import words_of_danger
from econsult.consults.details import SAFE_WAY
from econsult.consults.redflags import UNSAFE
from econsult.people.invitations import Invitation
from econsult.people.patients import RelatedPerson
from econsult.people.persons import FAMILIES, Person
from econsult.people.typed import Typed, forget_typed, keep_typed, typed_on
from econsult.stops import unsafe_home


def keep_words(session: Session, person: Person, typed: Typed, now: datetime) -> bool:
    """Keep what this person is typing; False where it comes too fast.

    Of a family whose home is not safe, or that may be telling it just now, everything goes instead, and the answer is
    the same: nobody who tries it out learns what was told.
    """
    if person.role in FAMILIES and (_tells(typed) or _has_unsafe_home(session, person)):
        forget_typed(session, person)
        return True
    return keep_typed(session, person, typed, now)


def words_found(session: Session, person: Person, page: str, now: datetime) -> Sequence[Typed]:
    """What this person was typing on this page; nothing where it was told meanwhile that a home is not safe."""
    found = typed_on(session, person, page, now)
    return [] if found and person.role in FAMILIES and _has_unsafe_home(session, person) else found


def _tells(typed: Typed) -> bool:
    words = [value for _name, value in typed.fields]
    is_asked = any(name == SAFE_WAY for name, _value in typed.fields)
    return is_asked or UNSAFE in words or UNSAFE in words_of_danger(*words)


def _has_unsafe_home(session: Session, person: Person) -> bool:
    children = union(
        select(RelatedPerson.patient_id).where(RelatedPerson.person_id == person.id),
        select(Invitation.patient_id).where(Invitation.person_id == person.id),
    )
    return any(unsafe_home(session, child) is not None for child in session.scalars(children))
