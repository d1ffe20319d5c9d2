"""Who may open a request of which kind, and by which way it came."""

from __future__ import annotations

from econsult.consults.records import Kind, Source
from econsult.consults.screening import CLINICIANS
from econsult.errors import ForbiddenError, InvalidError
from econsult.people.persons import Person, Role

SOURCES = {
    Role.CAREGIVER: Source.CAREGIVER,
    Role.YOUTH: Source.CAREGIVER,
    Role.INVITED: Source.CAREGIVER,
    Role.TELEPRESENTER: Source.TELEPRESENTER,
    Role.COORDINATOR: Source.PHONE,
}


def check_kind(person: Person, kind: str, *, is_test: bool) -> None:
    """Raise InvalidError for a kind that nobody asks, ForbiddenError for one that this person does not."""
    if kind not in tuple(Kind):
        raise InvalidError("The kind must be one of " + ", ".join(Kind) + ".", {"kind": "unknown_value"})
    if not person.is_staff and kind != Kind.FAMILY_QUESTION:
        raise ForbiddenError("A caregiver asks a family_question; the clinic sends an econsult.")
    if is_test and not person.is_staff:
        raise ForbiddenError("Only the clinic makes a test: nobody is told of it.")
    if person.is_staff and person.role not in CLINICIANS:
        raise ForbiddenError("Only caregivers and the medical home open requests.")


def source_of(person: Person, asked: str | None) -> Source:
    """By which way it came: what staff were told by telephone they say themselves."""
    if asked == Source.PHONE and person.role in CLINICIANS:
        return Source.PHONE
    return SOURCES.get(Role(person.role), Source.CLINICIAN)
