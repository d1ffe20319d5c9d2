"""Putting a child's details right: a misspelt name, a wrong birth date, language, sex, number, telephone or region,
and what the child is called at home.

What stood before is kept sealed (`people.former`), so that what covers names knows it for ever. Rights that end at an
age are computed from the birth date and follow it at once; tasks of ages that were never reached go, and the clock
looks at the child anew. What was read from photos and papers while the record said otherwise is read again. What goes
on is for a family of the right language (`queue.tongues`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult import panel
from econsult.birthdays import born_otherwise
from econsult.consults.hinting import weigh_again
from econsult.consults.preparing import read_again
from econsult.database import NO_KEY
from econsult.errors import ForbiddenError, StaleVersionError
from econsult.people.caregivers import SELF
from econsult.people.former import keep_former
from econsult.people.onfile import contact_row, set_contact
from econsult.people.pasted import pasted
from econsult.people.patients import Patient, RelatedPerson, check_child, note_patient
from econsult.people.persons import Person, Role
from econsult.queue.tongues import put_language_right

CORRECTORS = (Role.PCP, Role.TELEPRESENTER, Role.COORDINATOR)
"""Who knows the family: the child's own clinic, and the care coordination."""
TELLING = ("name", "nickname", "birth_date", "mrn", "phone")
"""What tells who a child is, and is covered where it stands on a paper."""
WHO_IT_IS = ("name", "birth_date")
"""What takes the password once more: rights may end or begin by it."""


@dataclass(frozen=True)
class Details:
    """All that can be put right, as somebody writes it; spaces around a text are taken away."""

    name: str
    birth_date: str
    sex: str
    language: str
    mrn: str = ""
    phone: str = ""
    region: str = ""
    nickname: str = ""

    def changed_from(self, other: Details) -> tuple[str, ...]:
        """The names of what differs."""
        return tuple(name for name, text in asdict(self).items() if text != getattr(other, name))


@dataclass(frozen=True)
class Look:
    """What its writer had before them: the version of the record, and whether they say that it is another child."""

    version: int
    is_another: bool = False


def details_of(child: Patient) -> Details:
    """What the record says now."""
    return Details(
        child.name,
        child.birth_date_text,
        child.sex,
        child.language,
        mrn=child.mrn,
        phone=child.phone,
        region=child.region,
        nickname=child.nickname or "",
    )


def cleaned(given: Details) -> Details:
    """The same without what nobody sees around and inside of its texts."""
    return Details(**{name: pasted(text) for name, text in asdict(given).items()})


def may_correct(staff: Person, child: Patient) -> bool:
    """Whether this person, who knows the child by name, is of its clinic or of the care coordination."""
    is_home = staff.organization_id == child.organization_id
    return staff.role == Role.COORDINATOR or (staff.role in CORRECTORS and is_home)


def correct(
    session: Session, child: Patient, given: Details, staff: Person, *, look: Look, now: datetime
) -> tuple[str, ...]:
    """Put it right; returns the names of what changed. `child` comes from `access`.

    Raises ForbiddenError, ErasedError, StaleVersionError where somebody else was faster, InvalidError naming each wrong
    field, and KnownChildError or KnownElsewhereError where another child of the program is called so or has that number
    (unless the look says that it is another child); TooManyTriesError as `panel.refuse_twin` does.
    """
    if not may_correct(staff, child):
        raise ForbiddenError("The child's own clinic or the care coordination puts its details right.")
    session.get_one(Patient, child.id, with_for_update=NO_KEY, populate_existing=True)
    child.check_kept()
    given, was = cleaned(given), details_of(child)
    changed = given.changed_from(was)
    if not changed:
        return ()
    if child.version != look.version:
        raise StaleVersionError("Somebody put this record right after you looked; look again.")
    check_child(asdict(given), now, since=child.created_at)
    if not look.is_another and set(panel.COMPARED) & set(changed):
        panel.refuse_twin(session, staff, child, (given.name, given.birth_date, given.mrn), now=now)
    _write(session, child, given, staff, now)
    if set(changed) & set(TELLING):
        read_again(session, child.id, now)
    return changed


def reach_family_by(session: Session, child: Patient, phone: str, email: str, staff: Person, *, now: datetime) -> None:
    """Write down how the family is reached (`people.onfile.set_contact`); papers are read again for a new number."""
    was = child.phone
    set_contact(session, child, phone, email, staff, now=now)
    if session.get_one(Patient, child.id).phone != was:
        read_again(session, child.id, now)


def _write(session: Session, child: Patient, given: Details, staff: Person, now: datetime) -> None:
    was = asdict(details_of(child))
    old = {name: was[name] for name, text in asdict(given).items() if text != was[name]}
    if "phone" in old:
        # A new telephone rests before codes go there, whichever form it came by; that keeps the old one as well.
        row = contact_row(session, child)
        set_contact(session, child, given.phone, row.email if row else "", staff, now=now)
        del old["phone"]
    if not old:
        return
    child.name, child.mrn, child.sex = given.name, given.mrn, given.sex
    child.nickname = given.nickname or None
    child.region, child.birth_date_text = given.region, given.birth_date
    keep_former(session, child, old, staff.id, now)
    note_patient(session, child, "correct_details", now, person_id=staff.id, detail="/".join(old))
    if "name" in old:
        _call_youth(session, child, old["name"], given.name)
    if "language" in old:
        put_language_right(session, child, given.language, staff, now)
    if "birth_date" in old:
        born_otherwise(session, child, now)
        weigh_again(session, child, staff, now)


def _call_youth(session: Session, child: Patient, old: str, new: str) -> None:
    """An account of the young person's own took its name from the record, and follows it."""
    query = select(Person).join(RelatedPerson, RelatedPerson.person_id == Person.id)
    own = query.where(RelatedPerson.patient_id == child.id, RelatedPerson.relation == SELF)
    for person in session.scalars(own.with_for_update(of=Person, key_share=True)):
        if person.name == old:
            person.name = new
    session.flush()
