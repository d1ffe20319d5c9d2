"""What people do about their own account: see where they are signed in, end that, and choose another password."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.database import Database, changed_rows, cipher_of
from econsult.errors import ForbiddenError, NotFoundError
from econsult.people import browsers, factors, halfway, links
from econsult.people.attempts import sign_in
from econsult.people.elsewhere import proof_of
from econsult.people.guessable import refuse_guessable
from econsult.people.passwords import hash_password
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import EMAIL, STAFF, Organization, Person, Program, Role, people_at, share_password
from econsult.people.signin import STAFF_IDLE, ApiToken, SignInSession, end_access, idle_limit, set_password
from econsult.people.standing import AddressProof, credential_of, still_stands
from econsult.zones import check_zone

FRESH = timedelta(minutes=10)


def sessions_of(session: Session, person: Person, now: datetime) -> list[SignInSession]:
    """The browsers in which the person is signed in, the last used first."""
    query = select(SignInSession).where(
        SignInSession.person_id == person.id,
        SignInSession.expires_at > now,
        SignInSession.seen_at > now - idle_limit(person),
    )
    return list(session.scalars(query.order_by(SignInSession.seen_at.desc(), SignInSession.id.desc())))


def set_time_zone(session: Session, person: Person, name: str, now: datetime) -> None:
    """Show this person's times in that zone from now on; an empty name is their clinic's, else the program's.

    Raises InvalidError for a name that is not on the list.
    """
    session.get_one(Person, person.id).time_zone = check_zone(name)
    audit.record(session, "edit", "person", person.public_id, now=now, person_id=person.id, detail="time_zone")


def time_zone_of(session: Session, person: Person) -> str:
    """The zone that this person has chosen, else their clinic's; empty where neither has one."""
    return person.time_zone or usual_zone_of(session, person)


def usual_zone_of(session: Session, person: Person) -> str:
    """Their clinic's zone; a family's is that of its children's clinics, where these have only one. Else empty."""
    if person.organization_id is not None:
        return session.get_one(Organization, person.organization_id).time_zone
    if person.is_staff:
        return ""
    clinics = select(Organization.time_zone).join(Patient, Patient.organization_id == Organization.id)
    own = clinics.join(RelatedPerson, RelatedPerson.patient_id == Patient.id).where(
        RelatedPerson.person_id == person.id
    )
    zones = set(session.scalars(own))
    return zones.pop() if len(zones) == 1 else ""


def is_fresh(session: Session, session_id: int, now: datetime) -> bool:
    """Whether this sign-in is so new that nobody else can have come to the browser meanwhile."""
    began = session.scalar(select(SignInSession.created_at).where(SignInSession.id == session_id))
    return began is not None and began > now - FRESH


def still_in(session: Session, person: Person, session_id: int) -> bool:
    """Whether this session of the person's has not ended. Locks the person: it ends only after this transaction."""
    factors.lock(session, person)
    own = select(SignInSession.id).where(SignInSession.id == session_id, SignInSession.person_id == person.id)
    return session.scalar(own) is not None


def end_others(session: Session, person: Person, keep: int, now: datetime, *, browser: str = "") -> int:
    """Sign the person out everywhere but in the session `keep` of `browser`; returns in how many browsers.

    Every other browser is a stranger from then on: a letter tells when it comes back.
    """
    _end_halfway(session, person)
    browsers.forget(session, person, but=browser)
    others = delete(SignInSession).where(SignInSession.person_id == person.id, SignInSession.id != keep)
    count = changed_rows(session.execute(others))
    if count:
        audit.record(session, "sign_out_others", "person", person.public_id, now=now, person_id=person.id)
    return count


def end_session(session: Session, person: Person, session_id: int, now: datetime) -> None:
    """Sign the person out in one browser. Raises NotFoundError for a session that is not theirs, or is over."""
    _end_halfway(session, person)
    own = delete(SignInSession).where(SignInSession.person_id == person.id, SignInSession.id == session_id)
    ended = session.execute(own.returning(SignInSession.browser_hash)).one_or_none()
    if ended is None:
        raise NotFoundError
    browsers.forget_one(session, person, ended.browser_hash)
    audit.record(session, "end_session", "person", person.public_id, now=now, person_id=person.id)


def _end_halfway(session: Session, person: Person) -> None:
    """End what could still become a session: half sign-ins, the set-up of a factor, and links that were asked for.

    Nobody knows which of them is of the browser that goes. The person stays locked: a code that is judged at this
    moment has opened its session before the sessions end, or finds that it is over.
    """
    factors.lock(session, person)
    halfway.end_all(session, person)
    links.end_asked(session, [person.email_index], person.id)


def tokens_of(session: Session, person: Person, now: datetime) -> list[ApiToken]:
    """The tokens with which programs act for the person, the newest first."""
    query = select(ApiToken).where(ApiToken.person_id == person.id, ApiToken.expires_at > now)
    return list(session.scalars(query.order_by(ApiToken.id.desc())))


def end_token(session: Session, person: Person, token_id: int, now: datetime) -> None:
    """Let one program act for the person no more. Raises NotFoundError for a token that is not theirs."""
    own = delete(ApiToken).where(ApiToken.person_id == person.id, ApiToken.id == token_id)
    if not changed_rows(session.execute(own)):
        raise NotFoundError
    audit.record(session, "end_token", "person", person.public_id, now=now, person_id=person.id)


SIGNERS_OUT = (Role.ADMIN, Role.COORDINATOR)
"""Who may sign somebody else out, whose telephone is lost: the administrator anybody, the desk families alone."""


def signed_in_staff(session: Session, by: Person, now: datetime) -> list[tuple[Person, int, datetime]]:
    """Staff of the program who are in, with how many browsers and when one was last used; nobody for the desk."""
    if by.role != Role.ADMIN:
        return []
    count, last = func.count(SignInSession.id), func.max(SignInSession.seen_at)
    query = select(Person, count, last).join(SignInSession, SignInSession.person_id == Person.id)
    query = query.where(Person.program_id == by.program_id, Person.role.in_(STAFF), SignInSession.expires_at > now)
    query = query.where(SignInSession.seen_at > now - STAFF_IDLE)
    found = session.execute(query.group_by(Person.id)).all()
    return sorted(((who, number, seen) for who, number, seen in found), key=lambda each: each[0].name.casefold())


def sign_out_member(session: Session, by: Person, member: Person | None, now: datetime) -> None:
    """End every session, half-open sign-in, link and token of somebody of one's own program.

    Raises ForbiddenError, and NotFoundError for who is nobody there, or, for the desk, nobody of a family.
    """
    if by.role not in SIGNERS_OUT:
        raise ForbiddenError("The administrator or the desk signs somebody out.")
    is_known = member is not None and member.program_id == by.program_id and member.role != Role.INVITED
    if member is None or not is_known or (by.role != Role.ADMIN and member.is_staff):
        raise NotFoundError
    end_access(session, member)
    audit.record(session, "sign_out", "person", member.public_id, now=now, person_id=by.id)


def reopen_account(session: Session, person: Person, now: datetime, *, by_id: int | None = None) -> None:
    """Let somebody whose account was closed sign in again, with the password that their address has by now.

    Where open accounts of other programs are at it and have none, neither has this one: the address may be another's.
    """
    cipher = cipher_of(session)
    if people_at(session, cipher, person.email):
        share_password(session, person, cipher.blind_indexes(person.email, EMAIL))
    person.is_active = True
    audit.record_operator(session, "reopen", "person", person, now=now, by_id=by_id)


def change_password(
    database: Database, person: Person, old: str, new: str, *, source: str, now: datetime, browser: str = ""
) -> bool:
    """Set a new password, which ends every session; False where the old one is not right. `browser` stays known.

    Raises InvalidError for a new one that is too short, too long or easy to guess, and TooManyTriesError as `sign_in`
    does: a browser that somebody left open is no way to guess.
    """
    hashed = hash_password(new)
    with database.reading() as session:
        refuse_guessable(new, known_of(session, person))
    found = sign_in(database, person.email, old, source=source, now=now, browser=browser)
    if found is None:
        return False
    with database.writing() as session:
        if not still_stands(session, found, credential_of(found)):
            return False
        set_password(session, session.get_one(Person, person.id), hashed, now, by=person, browser=browser)
    return True


def may_choose(session: Session, session_id: int, now: datetime) -> bool:
    """Whether this session is new and began by a link to the address. Who came in by the password knows it."""
    return proof_of(session, session_id) == AddressProof.LETTER and is_fresh(session, session_id, now)


def choose_password(
    database: Database, person: Person, new: str, *, session_id: int, now: datetime, browser: str = ""
) -> bool:
    """Set the password of somebody who has none, or forgot theirs, which ends every session.

    False unless `may_choose`: whoever made the account could else choose what opens all that are at it.
    Raises InvalidError as `change_password` does.
    """
    hashed = hash_password(new)
    with database.writing() as session:
        refuse_guessable(new, known_of(session, person))
        factors.lock(session, person)
        here = session.get_one(Person, person.id, populate_existing=True)
        # The session is looked at with the person locked: a password that changed meanwhile has ended it.
        if not may_choose(session, session_id, now):
            return False
        set_password(session, here, hashed, now, by=person, browser=browser)
    return True


def known_of(session: Session, person: Person) -> tuple[str, ...]:
    """What a guesser knows of somebody: name, address, clinic and program."""
    home = session.get(Organization, person.organization_id) if person.organization_id else None
    program = session.get_one(Program, person.program_id)
    return (person.name, person.email, program.name, home.name if home else "")


def is_own_password(
    database: Database, person: Person, given: str, *, source: str, now: datetime, browser: str = ""
) -> bool:
    """Whether the signed-in person knows the password. Raises TooManyTriesError as `sign_in` does."""
    return sign_in(database, person.email, given, source=source, now=now, browser=browser) is not None
