"""One person in several programs: an account in each of them, at one address and with one password.

No program learns of the others by itself: what its people see and what it is told is the same, by the same work,
whether an address is used elsewhere or not. Who goes over leaves a row in both trails, which says so and names no
program: privacy officers read it, and so do the families of those children. Only who has signed in with the password of
their address, or with what was sent there, is shown the other accounts at it, and goes over to one of them; the second
factor is each account's own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult import audit
from econsult.database import cipher_of
from econsult.people.caregivers import is_proxy, lasting_links
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import EMAIL, HOUSEHOLD, Person, Program
from econsult.people.signin import SignInSession, longest_for
from econsult.people.standing import AddressProof, address_proof
from econsult.unreadable import UnreadableError
from storage.keys import WrongKey


def others_of(session: Session, person: Person) -> list[tuple[Person, Program]]:
    """The other open accounts at this person's address, each with its program, the oldest first."""
    query = select(Person, Program).join(Program, Program.id == Person.program_id).order_by(Person.id)
    query = query.where(Person.id != person.id, Person.is_active, Program.erased_at.is_(None))
    try:
        indexes = cipher_of(session).blind_indexes(person.email, EMAIL)
    except WrongKey:
        return []
    return [(each, program) for each, program in session.execute(query.where(Person.email_index.in_(indexes)))]


def proven_others_of(session: Session, person: Person, session_id: int) -> list[tuple[Person, Program]]:
    """The same for whoever has shown in this session that the address is theirs; nothing for anybody else.

    Who opens an account for somebody hands its first link over, and could use it.
    """
    return others_of(session, person) if proves_address(session, session_id) else []


def waits_for_first_link(session: Session, person: Person) -> bool:
    """Whether nobody has come into this account of the staff yet, and others are or were at its address.

    Whoever reads the letters of one of those may have chosen the password, so it takes what its program hands over.
    """
    if not person.is_staff or session.scalar(select(Person.came_in_at).where(Person.id == person.id)) is not None:
        return False
    try:
        indexes = cipher_of(session).blind_indexes(person.email, EMAIL)
    except WrongKey:
        return True
    others = select(Person.id).where(Person.email_index.in_(indexes), Person.id != person.id)
    return session.scalar(others.limit(1)) is not None


def proves_address(session: Session, session_id: int) -> bool:
    """Whether this session began with the password of its address, or with what was sent there."""
    return proof_of(session, session_id) != AddressProof.NONE


def proof_of(session: Session, session_id: int) -> AddressProof:
    """By what this session, or the one that its person went over from, has shown whose the address is."""
    query = select(SignInSession.proves_address, SignInSession.by_letter).where(SignInSession.id == session_id)
    found = session.execute(query).one_or_none()
    return address_proof(found.proves_address, found.by_letter) if found is not None else AddressProof.NONE


def is_too_old(session: Session, session_id: int, person: Person, now: datetime) -> bool:
    """Whether a session that this person went over to would have ended already, by the hours of their role."""
    old = session.get(SignInSession, session_id)
    return old is not None and _ends_there(old, person) <= now


def _ends_there(old: SignInSession, person: Person) -> datetime:
    return min(old.expires_at, old.created_at + longest_for(person))


def carry_start(session: Session, old: SignInSession, person: Person, token_hash: str) -> None:
    """Let a session that this person went over to begin when the one did that they came from.

    It ends no later than that one, nor than a session of this person's role does.
    """
    ends = _ends_there(old, person)
    starts = {"created_at": old.created_at, "expires_at": ends}
    session.execute(update(SignInSession).where(SignInSession.token_hash == token_hash).values(starts))


def note_going_over(session: Session, left: Person, entered: Person, now: datetime) -> None:
    """Leave a row in the trail of the account that somebody left, and one in that of the account that they go over to.

    Neither says of which program the other is. A family reads of it in the log of each of its children.
    """
    _note(session, left, "go_over", now)
    _note(session, entered, "come_over", now)


def _note(session: Session, person: Person, act: str, now: datetime) -> None:
    children = _children_of(session, person, now)
    for number, public_id in children:
        audit.record(session, act, "patient", public_id, now=now, person_id=person.id, patient_id=number)
    if not children:
        audit.record(session, act, "person", person.public_id, now=now, person_id=person.id)


def _children_of(session: Session, person: Person, now: datetime) -> list[tuple[int, str]]:
    """Number and public id of each child for whom this person may act; no name is opened for it.

    A birth date that cannot be read keeps nobody from going over: of that child nobody knows whether they may act.
    """
    if person.role not in HOUSEHOLD:
        return []
    theirs = [link.patient_id for link in lasting_links(session, person, now) if _acts_by(session, link, now)]
    query = select(Patient.id, Patient.public_id).where(Patient.id.in_(theirs)).order_by(Patient.id)
    return [(number, public_id) for number, public_id in session.execute(query)] if theirs else []


def _acts_by(session: Session, link: RelatedPerson, now: datetime) -> bool:
    try:
        return is_proxy(session, link, now)
    except UnreadableError:
        return False
