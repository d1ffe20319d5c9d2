"""Ready sentences that somebody keeps for themselves, and those that a program's director keeps for everybody in it.

They are brought by their names as the ones of the house are, and stand before them: an own sentence takes the place of
the program's with its name, and that the place of the house's. Nobody of another program ever reads one. Since they
are used for one child after the other, a text that names a child of the program, or holds a date, a telephone number,
an address or a record number, is not taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.advice.snippets import FIELDS, LONGEST, NAME, OWN, PROGRAM, Snippet, is_whole, snippets_for
from econsult.belonging import in_program
from econsult.database import Base, Instant, PublicId, Sealed
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.people.dates.reading import readings
from econsult.people.naming import Known, kinds_in, parts_of, words_of
from econsult.people.patients import Patient
from econsult.people.persons import SPECIALTIES, Person, Role
from econsult.seeing import is_seen

MOST = 200
"""How many one person, and one program, may keep."""
KEEPERS = (Role.SPECIALIST, Role.PCP, Role.DIRECTOR)
STEP = 500
_NUMBER = re.compile(r"(?:\d[\s().\-/]{0,2}){7,}|\d{5,}")
_ADDRESS = re.compile(r"\S@\S")


class OwnSnippet(PublicId, Base):
    """One sentence. `person_id` is who keeps it for themselves, None for the program's; no `specialty` is for all."""

    __tablename__ = "own_snippet"
    __table_args__ = (
        *in_program("own_snippet", person_id="person", changed_by_id="person"),
        Index("ix_own_snippet", "program_id", "person_id"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    specialty: Mapped[str | None] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(24))
    field: Mapped[str] = mapped_column(String(24))
    text: Mapped[str] = mapped_column(Sealed("own_snippet.text"))
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class SnippetForm:
    """What somebody wants to keep; an empty specialty is for all."""

    name: str
    field: str
    text: str
    specialty: str = ""


def kept_by(session: Session, person: Person) -> list[OwnSnippet]:
    """What this person keeps: for themselves, or, as a director, for the program; by name."""
    owner = _owner(person)
    query = select(OwnSnippet).where(OwnSnippet.program_id == person.program_id, OwnSnippet.person_id == owner)
    return list(session.scalars(query.order_by(OwnSnippet.name, OwnSnippet.id)))


def of_program(session: Session, program_id: int) -> list[OwnSnippet]:
    """What a program keeps for everybody who answers in it, by name."""
    query = select(OwnSnippet).where(OwnSnippet.program_id == program_id, OwnSnippet.person_id.is_(None))
    return list(session.scalars(query.order_by(OwnSnippet.name, OwnSnippet.id)))


def known_to(session: Session, person: Person, specialty: str | None) -> tuple[Snippet, ...]:
    """Every sentence that this person may bring into an answer of the specialty; a name brings one."""
    rows = [*kept_by(session, person), *of_program(session, person.program_id)]
    fitting = [row for row in rows if row.specialty in (None, specialty)]
    own = [Snippet(row.name, row.field, row.text, OWN if row.person_id else PROGRAM) for row in fitting]
    found: dict[str, Snippet] = {}
    for each in (*own, *snippets_for(specialty)):
        found.setdefault(each.name, each)
    return tuple(found.values())


def keep(session: Session, person: Person, form: SnippetForm, *, now: datetime, public_id: str = "") -> OwnSnippet:
    """Add a sentence, or change the one with this id. Raises InvalidError by field, NotFoundError, ForbiddenError."""
    kept = kept_by(session, person)
    row = _one(kept, public_id) if public_id else None
    others = [each for each in kept if each is not row and each.specialty == (form.specialty or None)]
    wrong = _wrong(form, {each.name for each in others})
    if row is None and len(kept) >= MOST:
        wrong["name"] = "too_many"
    if not wrong and (kinds := identifiers_in(session, person.program_id, form.text)):
        wrong["text"] = kinds[0]
    if wrong:
        raise InvalidError("This sentence cannot be kept.", wrong)
    if row is None:
        row = OwnSnippet(program_id=person.program_id, person_id=_owner(person))
        session.add(row)
    row.name, row.field, row.text = form.name, form.field, form.text.strip()
    row.specialty, row.changed_by_id, row.changed_at = form.specialty or None, person.id, now
    session.flush()
    verb = "change_snippet" if public_id else "add_snippet"
    audit.record(session, verb, "own_snippet", row.public_id, now=now, person_id=person.id)
    return row


def remove(session: Session, person: Person, public_id: str, *, now: datetime) -> None:
    """Keep it no more; answers that used it stay as they are. Raises NotFoundError, ForbiddenError."""
    row = _one(kept_by(session, person), public_id)
    session.delete(row)
    session.flush()
    audit.record(session, "remove_snippet", "own_snippet", public_id, now=now, person_id=person.id)


def identifiers_in(session: Session, program_id: int, text: str) -> tuple[str, ...]:
    """Which kinds of identifiers a text holds that is meant for every child: a name, `birth_date`, `number`, `email`.

    Any date, longer number or address counts; of names those of the program's children, which are opened for this.
    """
    found = [kind for kind, has in _PATTERNS.items() if has(text)]
    if found:
        return tuple(found)
    words = words_of(text)
    for name in _names(session, program_id):
        # Only a child one of whose names stands there is looked at closely.
        if words.intersection(parts_of(name)) and kinds_in(text, Known(names=(name,))):
            return ("name",)
    return ()


def _names(session: Session, program_id: int) -> Iterator[str]:
    """The names of a program's children, some at a time."""
    after = 0
    own = (Patient.program_id == program_id, Patient.erased_at.is_(None))
    while rows := session.execute(
        select(Patient.id, Patient.name).where(*own, Patient.id > after).order_by(Patient.id).limit(STEP)
    ).all():
        yield from (row.name for row in rows)
        after = rows[-1].id


def _dated(text: str) -> bool:
    return any(not one.is_loose for one in readings(text))


def _numbered(text: str) -> bool:
    return _NUMBER.search(text) is not None


def _addressed(text: str) -> bool:
    return _ADDRESS.search(text) is not None


_PATTERNS: dict[str, Callable[[str], bool]] = {"birth_date": _dated, "number": _numbered, "email": _addressed}


def _wrong(form: SnippetForm, taken: set[str]) -> dict[str, str]:
    wrong = {}
    if not NAME.fullmatch(form.name):
        wrong["name"] = "invalid"
    elif form.name in taken:
        wrong["name"] = "taken"
    if form.field not in FIELDS:
        wrong["field"] = "unknown_value"
    if form.specialty and form.specialty not in SPECIALTIES:
        wrong["specialty"] = "unknown_value"
    if not is_seen(form.text):
        wrong["text"] = "required"
    elif len(form.text) > LONGEST:
        wrong["text"] = "too_long"
    elif not is_whole(form.text):
        wrong["text"] = "open_place"
    return wrong


def _one(kept: Sequence[OwnSnippet], public_id: str) -> OwnSnippet:
    found = next((each for each in kept if each.public_id == public_id), None)
    if found is None:
        raise NotFoundError
    return found


def _owner(person: Person) -> int | None:
    if person.role not in KEEPERS:
        raise ForbiddenError("Only who answers, and the director for the program, keeps ready sentences.")
    return None if person.role == Role.DIRECTOR else person.id
