"""The account of a young person: opened by the clinic that has seen them, for themselves alone.

It is a link to the child's record whose relation is SELF. It does not end on the day of majority; from that day the
young person says who of the family may go on, and takes that back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.database import NO_KEY, TextCipher
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.notices import NoticeKind, notify
from econsult.panel import KnownAddressError, count_stranger
from econsult.people import factors, passkeys
from econsult.people.caregivers import (
    SELF,
    Basis,
    GrantForm,
    ProxyGrant,
    active_links,
    end_grant,
    grant_proxy,
    grants_of,
    grown_up_at,
    is_old_enough,
)
from econsult.people.deaths import check_lives
from econsult.people.keptaway import reaches_kept
from econsult.people.onfile import contact_row, is_same_mailbox
from econsult.people.patients import Patient, RelatedPerson, note_patient
from econsult.people.persons import EMAIL, Person, Program, Role, add_person, person_by_email, share_password
from econsult.people.signin import end_access
from econsult.people.told_more import tell_more

CONFIRMERS = (Role.PCP, Role.TELEPRESENTER)
"""Who sees families in person."""
PAPER = "Said by the young person in their own account"


@dataclass(frozen=True)
class YouthForm:
    """How the young person is reached. `is_seen`: somebody of the clinic has seen in person that it is them."""

    email: str
    language: str
    is_seen: bool


def youth_of(session: Session, patient: Patient, now: datetime) -> Person | None:
    """The young person's own account, if there is one that lasts."""
    links = active_links(session, patient.id, now)
    return next((person for link, person in links if link.relation == SELF), None)


def open_account(
    session: Session, cipher: TextCipher, patient: Patient, form: YouthForm, staff: Person, *, now: datetime
) -> Person:
    """Give the young person an account, and tell them by letter. `patient` comes from `access`.

    Raises InvalidError for the field `email`, `is_seen` or `age`, ForbiddenError for who sees nobody in person, and
    AfterDeathError: whoever came in by it would be somebody else. TooManyTriesError as `panel.count_stranger` does.
    """
    if staff.role not in CONFIRMERS:
        raise ForbiddenError("The clinic that sees the young person opens the account.")
    session.get_one(Patient, patient.id, with_for_update=NO_KEY, populate_existing=True)
    check_lives(session, patient.id)
    wrong: dict[str, str] = {}
    if not form.is_seen:
        wrong["is_seen"] = "required"
    if not is_old_enough(session, patient, now):
        wrong["age"] = "too_young"
    if youth_of(session, patient, now) is not None:
        wrong["email"] = "has_account"
    on_file = contact_row(session, patient)
    if on_file is not None and is_same_mailbox(form.email, on_file.email):
        # Whoever reads the family's letters would come in as the young person.
        wrong["email"] = "shared"
    if reaches_kept(session, patient, form.email):
        wrong["email"] = "barred"
    if wrong:
        raise InvalidError("The account needs an age, an address of their own, and somebody who has seen them.", wrong)
    known = person_by_email(session, cipher, form.email, patient.program_id)
    if known is not None:
        count_stranger(session, staff, patient, known, now)
        raise KnownAddressError("Somebody already uses this e-mail address.", "taken")
    person = _closed_before(session, cipher, patient, form.email)
    if person is None:
        person = _new_account(session, cipher, patient, form, now)
    note_patient(session, patient, "open_youth_account", now, person_id=staff.id)
    notify(session, person, NoticeKind.ACCOUNT_OPENED, consult_id=None, about=now.isoformat(), now=now)
    return person


def _closed_before(session: Session, cipher: TextCipher, patient: Patient, email: str) -> Person | None:
    """The account of this young person that was closed, open again, where it is at the same address.

    Its password is that of the address by now, as for an account that is new: none, where no other program knows one.
    """
    query = select(RelatedPerson, Person).join(Person, Person.id == RelatedPerson.person_id)
    for link, person in session.execute(query.where(RelatedPerson.patient_id == patient.id)):
        if link.relation == SELF and is_same_mailbox(person.email, email):
            link.ends_at, person.is_active = None, True
            # Whoever has the address now shows anew that they are meant.
            link.proven_at, link.proof_tries = None, 0
            session.flush()
            share_password(session, person, cipher.blind_indexes(person.email, EMAIL))
            return person
    return None


def _new_account(session: Session, cipher: TextCipher, patient: Patient, form: YouthForm, now: datetime) -> Person:
    program = session.get_one(Program, patient.program_id)
    person = add_person(
        session,
        cipher,
        program,
        email=form.email,
        name=patient.name,
        role=Role.YOUTH,
        language=form.language,
        now=now,
    )
    session.add(
        RelatedPerson(
            program_id=patient.program_id,
            patient_id=patient.id,
            person_id=person.id,
            relation=SELF,
            has_authority=True,
            starts_at=now,
        )
    )
    tell_more(session, patient.id, now)
    session.flush()
    return person


def close_youth(session: Session, patient: Patient, staff: Person, now: datetime) -> bool:
    """End the account, as when the address is no longer theirs; False where there is none. What was sent stays."""
    if staff.role not in CONFIRMERS:
        raise ForbiddenError("The clinic that sees the young person closes the account.")
    person = youth_of(session, patient, now)
    if person is None:
        return False
    link = session.scalars(
        select(RelatedPerson).where(RelatedPerson.patient_id == patient.id, RelatedPerson.person_id == person.id)
    ).one()
    link.ends_at, person.is_active = now, False
    # Whoever had the address may have made them, or hold a token; an account that is opened again begins with nothing,
    # and no browser is known to it.
    end_access(session, person)
    passkeys.remove_all(session, person)
    factors.remove(session, person, now=now)
    person.password_hash = None
    note_patient(session, patient, "close_youth_account", now, person_id=staff.id)
    return True


def close_for_death(session: Session, patient: Patient, staff: Person, now: datetime) -> Person | None:
    """Let nobody in by the account of a young person who has died, and give the account; None where there is none.

    Whoever has their telephone or reads their letters is not them, and would read what they kept. The password and
    the passkeys stay, so that a mark that was a mistake costs its owner a sign-in and nothing else.
    """
    person = youth_of(session, patient, now)
    if person is None:
        return None
    # Somebody who comes in at this moment is waited for, and is out with what they opened.
    factors.lock(session, person)
    person.is_active = False
    end_access(session, person)
    note_patient(session, patient, "close_youth_account", now, person_id=staff.id, detail="died")
    return person


def open_after_all(session: Session, patient: Patient, person: Person, staff: Person, now: datetime) -> None:
    """The mark was a mistake: its owner signs in as before. An account that was opened or emptied since stays so."""
    if person.is_active or patient.erased_at is not None:
        return
    person.is_active = True
    note_patient(session, patient, "open_youth_account", now, person_id=staff.id, detail="lives")


def sharers(session: Session, patient: Patient, now: datetime) -> list[tuple[Person, RelatedPerson, list[ProxyGrant]]]:
    """The caregivers who are linked, and what is on file for each that has not ended."""
    on_file = [grant for grant in grants_of(session, patient) if not grant.is_over(now)]
    links = active_links(session, patient.id, now)
    return [
        (person, link, [grant for grant in on_file if grant.person_id == person.id])
        for link, person in links
        if link.relation != SELF
    ]


def let_go_on(session: Session, patient: Patient, youth: Person, caregiver_id: str, now: datetime) -> ProxyGrant:
    """Let a caregiver go on from the day of majority. Raises NotFoundError for who is not linked."""
    found = {person.public_id: (person, grants) for person, _link, grants in sharers(session, patient, now)}
    if caregiver_id not in found:
        raise NotFoundError
    person, grants = found[caregiver_id]
    own = [grant for grant in grants if grant.basis == Basis.YOUTH]
    if own:
        return own[0]
    grown_at = grown_up_at(session, patient.id)
    form = GrantForm(Basis.YOUTH, PAPER, max(grown_at or now, now))
    return grant_proxy(session, patient, person, form, youth, now=now)


def end_sharing(session: Session, patient: Patient, youth: Person, caregiver_id: str, now: datetime) -> None:
    """Take the young person's own word back, whoever wrote it down: with the next request the caregiver is out.

    A guardianship is a court's: it stays. Raises NotFoundError for who is not linked.
    """
    found = {person.public_id: grants for person, _link, grants in sharers(session, patient, now)}
    if caregiver_id not in found:
        raise NotFoundError
    for grant in found[caregiver_id]:
        if grant.basis == Basis.YOUTH:
            end_grant(session, patient, grant.public_id, youth, now)
