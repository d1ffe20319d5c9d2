"""Accounts of the staff, as an administrator opens, names, closes and opens them again, signed in on a page.

Accounts of families are the clinics' (`econsult.linking`, `econsult.youths`). What somebody is (clinician, specialist,
desk) stays as it was opened: what they wrote was written as that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session, undefer

from econsult import audit
from econsult.consults.overseers import tell_officers
from econsult.database import TextCipher
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.notices import NoticeKind
from econsult.officers import may_close, note_by_administrator
from econsult.oversight import tell_of_account
from econsult.people.account import reopen_account
from econsult.people.names import check_name
from econsult.people.pasted import pasted
from econsult.people.persons import (
    SPECIALTIES,
    STAFF,
    Organization,
    Person,
    PractitionerSpecialty,
    Program,
    Role,
    add_person,
)
from econsult.people.signin import SignInLink, close_account, make_link
from econsult.picking import Pick
from econsult.queue.empty_desks import watch_desks
from econsult.rosters.sent_away import note_back, note_sent_away

KEEPERS = (Role.ADMIN,)
NEEDS_CLINIC = (Role.PCP, Role.TELEPRESENTER)
WELCOME = timedelta(hours=24)
"""How long the first link of a new account works."""


@dataclass(frozen=True)
class Newcomer:
    """Who gets an account. `role` is a role of the staff's; `clinic` the public id of a clinic, or empty."""

    email: str
    name: str
    role: str
    clinic: str = ""
    specialties: Sequence[str] = ()
    language: str = "en"


@dataclass(frozen=True)
class Member:
    """One of the staff, where they work and for which specialties they answer."""

    person: Person
    clinic: str
    specialties: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        """Whether nobody has come in yet, so that a first link may be given out."""
        return self.person.is_active and self.person.came_in_at is None


def staff_of(session: Session, by: Person) -> list[Member]:
    """Everybody of the program's staff, open accounts first, by name."""
    _check(by)
    query = select(Person, Organization.name).outerjoin(Organization, Person.organization_id == Organization.id)
    query = query.where(Person.program_id == by.program_id, Person.role.in_(STAFF))
    rows = session.execute(query.options(undefer(Person.came_in_at))).all()
    fields: dict[int, list[str]] = {}
    own = select(PractitionerSpecialty).join(Person, Person.id == PractitionerSpecialty.person_id)
    for each in session.scalars(own.where(Person.program_id == by.program_id)):
        fields.setdefault(each.person_id, []).append(each.specialty)
    found = [Member(person, clinic or "", tuple(sorted(fields.get(person.id, ())))) for person, clinic in rows]
    return sorted(found, key=lambda each: (not each.person.is_active, each.person.name.casefold(), each.person.id))


def open_member(session: Session, cipher: TextCipher, by: Person, who: Newcomer, *, now: datetime) -> Person:
    """Make an account of the staff's. Raises ForbiddenError, and InvalidError for the parts that do not fit."""
    _check(by)
    wrong: dict[str, str] = {}
    if who.role not in STAFF:
        wrong["role"] = "required"
    clinic = _clinic(session, by, who.clinic)
    if (who.role in NEEDS_CLINIC) != (clinic is not None):
        wrong["clinic"] = "required" if who.role in NEEDS_CLINIC else "not_for_role"
    if (who.role == Role.SPECIALIST) != bool(who.specialties) or not set(who.specialties) <= set(SPECIALTIES):
        wrong["specialties"] = "required" if who.role == Role.SPECIALIST else "not_for_role"
    if wrong:
        raise InvalidError("Say what they are, and where they work or for what they answer.", wrong)
    opened = add_person(
        session,
        cipher,
        session.get_one(Program, by.program_id),
        email=who.email,
        name=who.name,
        role=Role(who.role),
        now=now,
        organization=clinic,
        language=who.language,
        specialties=tuple(dict.fromkeys(who.specialties)),
        by_id=by.id,
    )
    note_by_administrator(session, opened)
    _tell_officers(session, opened, "opened", now)
    return opened


def _tell_officers(session: Session, person: Person, what: str, now: datetime) -> None:
    """Tell the officers but the one whose account it is, of each account: directors and administrators may stand in.

    An administrator may be kept from a clinician's account that they opened themself by nothing else, nor from a desk
    that they emptied by a second account of their own.
    """
    about = f"{what}:{person.id}:{now.isoformat()}"
    tell_officers(session, person.program_id, NoticeKind.STAFF_OPENED, about, but=person, now=now)


def welcome_link(session: Session, by: Person, public_id: str, *, now: datetime) -> str:
    """A token for the first way in, which ends those given out before. Raises InvalidError once somebody came in.

    Whoever holds it is that person for the program: it is given to nobody whose account was ever used.
    """
    person = _member(session, by, public_id)
    if not person.is_active or person.came_in_at is not None:
        raise InvalidError("Somebody has come into this account already.", {"link": "used"})
    session.execute(delete(SignInLink).where(SignInLink.person_id == person.id))
    note_by_administrator(session, person)
    _tell_officers(session, person, "link", now)
    return make_link(session, person, now, lives=WELCOME, by_id=by.id)


def rename(session: Session, by: Person, public_id: str, name: str, *, now: datetime) -> None:
    """Write somebody's name anew, as everybody reads it from now on. Raises InvalidError for one that is none."""
    person, name = _member(session, by, public_id), pasted(name)
    check_name(name)
    if name != person.name:
        person.name = name
        audit.record_operator(session, "edit", "person", person, now=now, by_id=by.id, detail="name")


def answer_for(session: Session, by: Person, public_id: str, specialties: Sequence[str], *, now: datetime) -> None:
    """For which specialties a specialist answers from now on; what they hold stays theirs. Raises InvalidError."""
    person, wanted = _member(session, by, public_id), set(specialties)
    if person.role != Role.SPECIALIST or not wanted or not wanted <= set(SPECIALTIES):
        raise InvalidError("A specialist answers for one specialty or more.", {"specialties": "required"})
    own = PractitionerSpecialty.person_id == person.id
    known = set(session.scalars(select(PractitionerSpecialty.specialty).where(own)))
    if wanted == known:
        return
    session.execute(delete(PractitionerSpecialty).where(own, PractitionerSpecialty.specialty.in_(known - wanted)))
    session.add_all(PractitionerSpecialty(person_id=person.id, specialty=each) for each in sorted(wanted - known))
    audit.record_operator(session, "edit", "person", person, now=now, by_id=by.id, detail="specialties")


def close_member(session: Session, by: Person, public_id: str, *, now: datetime) -> Person:
    """Let somebody in no more. Raises InvalidError for oneself, so that an administrator is always left.

    Nor is the last privacy officer's while no other counts (`econsult.officers`): whoever oversees it would be gone.
    Officers hear of it at once, and so do they and whoever stands in where nobody is at the desk by it.
    """
    person = _member(session, by, public_id)
    if person.id == by.id:
        raise InvalidError("Another administrator closes this account.", {"close": "own"})
    if person.is_active and person.role == Role.PRIVACY and not may_close(session, person):
        raise InvalidError("Another privacy officer comes in, and is confirmed, first.", {"close": "last_officer"})
    if person.is_active:
        close_account(session, person, now, by_id=by.id)
        note_sent_away(session, by, person, now, None)
        tell_of_account(session, person, "closed", now)
        watch_desks(session, now, Pick(only=person.program_id))
    return person


def reopen_member(session: Session, by: Person, public_id: str, *, now: datetime) -> None:
    """Let somebody in again whose account was closed."""
    person = _member(session, by, public_id)
    if not person.is_active:
        reopen_account(session, person, now, by_id=by.id)
        note_by_administrator(session, person)
        note_back(session, person)
        tell_of_account(session, person, "reopened", now)


def _member(session: Session, by: Person, public_id: str) -> Person:
    """One of the program's staff. Both are locked: of two administrators who close each other the first is left."""
    own = (Person.program_id == by.program_id, Person.role.in_(STAFF))
    both = select(Person).where(or_(Person.public_id == public_id, Person.id == by.id), *own).order_by(Person.id)
    locked = both.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = {each.public_id: each for each in session.scalars(locked)}
    _check(found.get(by.public_id))
    if public_id not in found:
        raise NotFoundError
    return found[public_id]


def _clinic(session: Session, by: Person, public_id: str) -> Organization | None:
    own = select(Organization).where(Organization.public_id == public_id, Organization.program_id == by.program_id)
    return session.scalars(own).one_or_none() if public_id else None


def _check(by: Person | None) -> None:
    if by is None or by.role not in KEEPERS or not by.is_active:
        raise ForbiddenError("An administrator keeps the accounts of the staff.")
