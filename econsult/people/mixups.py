"""Against mistyped addresses: a link that staff made opens nothing before its person has typed the child's birth date.

Whoever gets the letter of another learns no more than that a clinic has written to them. A birth date is no secret and
lets nobody in alone: they have signed in already. Five wrong ones close the link until staff make it anew.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.database import NO_KEY
from econsult.people.caregivers import lasting_links
from econsult.people.patients import Patient, RelatedPerson, day_of, note_patient
from econsult.people.persons import Person

TRIES = 5


def is_shut(link: RelatedPerson) -> bool:
    """Whether too many wrong birth dates were typed."""
    return link.proven_at is None and link.proof_tries >= TRIES


def waiting_links(session: Session, person: Person, now: datetime) -> list[RelatedPerson]:
    """The links of this person that nobody has proven yet, also those that are shut."""
    return [link for link in lasting_links(session, person, now) if link.proven_at is None]


def prove(session: Session, person: Person, birth_date: str, now: datetime) -> bool:
    """Open every link whose child was born on that day. A wrong day counts against each that waits.

    The caller must let it be written either way.
    """
    # Two windows come one after the other: neither tries more often than five times.
    session.get_one(Person, person.id, with_for_update=NO_KEY)
    waiting = [link for link in waiting_links(session, person, now) if not is_shut(link)]
    children = {link.id: session.get_one(Patient, link.patient_id) for link in waiting}
    born = day_of(birth_date)
    fitting = [link for link in waiting if born is not None and day_of(children[link.id].birth_date_text) == born]
    for link in waiting:
        if link in fitting:
            link.proven_at = now
        elif not fitting:
            link.proof_tries += 1
        if link in fitting or not fitting:
            act = "prove_link" if link in fitting else "wrong_birth_date"
            note_patient(session, children[link.id], act, now, person_id=person.id)
    session.flush()
    return bool(fitting)


def shut_out(session: Session, child: Patient) -> set[int]:
    """The ids of those whose link to this child was shut by wrong birth dates."""
    links = session.scalars(select(RelatedPerson).where(RelatedPerson.patient_id == child.id))
    return {link.person_id for link in links if is_shut(link)}
