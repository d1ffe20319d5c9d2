"""With what a person's list begins: the specialty and the language to which they chose to narrow it.

It narrows what is shown and never what is counted or handed out: tabs count everything, and "Next case" gives whatever
is most urgent.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, program_of
from econsult.database import Base
from econsult.errors import InvalidError
from econsult.people.persons import LANGUAGES, Person, specialties_of


class KeptView(Base):
    """One person's choice; no row is everything."""

    __tablename__ = "kept_view"
    __table_args__ = in_program("kept_view", person_id="person")

    program_id: Mapped[int | None] = program_of("person")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    specialty: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8))


@dataclass(frozen=True)
class Narrowed:
    """A specialty and a language by their codes; empty for all."""

    specialty: str = ""
    language: str = ""


def kept_view(session: Session, person: Person) -> Narrowed:
    """What the person keeps. A specialty for which they answer no more narrows nothing, so that nothing is hidden."""
    row = session.scalars(select(KeptView).where(KeptView.person_id == person.id)).one_or_none()
    if row is None:
        return Narrowed()
    is_own = row.specialty in specialties_of(session, person)
    return Narrowed(row.specialty if is_own else "", row.language)


def keep_view(session: Session, person: Person, view: Narrowed) -> None:
    """Begin with this from now on; with everything where neither is chosen. Raises InvalidError for others' pools."""
    if view.specialty and view.specialty not in specialties_of(session, person):
        raise InvalidError("This is none of your specialties.", {"specialty": "unknown_value"})
    if view.language and view.language not in LANGUAGES:
        raise InvalidError("This language is not known.", {"language": "unknown_value"})
    session.execute(delete(KeptView).where(KeptView.person_id == person.id))
    if view != Narrowed():
        session.add(KeptView(person_id=person.id, specialty=view.specialty, language=view.language))
    session.flush()
