"""Who may still hear of something: decided when it is sent, and not only when it was written.

A letter may rest for a night, or wait for a server for two days. Whoever is out by then gets none: their link was
ended, their authority is over, a court keeps them away, the child came of age, or its record was erased. The family of
a child who has died hears nothing. Nobody is told that something is still missing, or late, which has come by then.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.confidential import is_kept_from
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.notices import Notice, NoticeKind
from econsult.people.caregivers import caregiver_link, links_of, right_until
from econsult.people.deaths import death_of, is_hushed
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import HOUSEHOLD, Person, Role
from storage.keys import WrongKey


def may_hear(session: Session, notice: Notice, person: Person, now: datetime) -> bool:
    """Whether this notice may reach its reader at this moment. A device that was invited has no mailbox."""
    if not person.is_active or person.role == Role.INVITED or _is_over(session, notice):
        return False
    if person.role not in HOUSEHOLD:
        return True
    try:
        return _familys(session, notice, person, now)
    except WrongKey:
        # The birth date does not open, on which it depends who may act.
        return False


def _is_over(session: Session, notice: Notice) -> bool:
    """Whether what a letter says has rested until it is true no more: what was asked for has come, is asked for no
    more or was asked for anew; or the answer for whose lateness a family is to be told sorry was given.
    """
    own = select(Clock.id).where(Clock.consult_id == notice.consult_id)
    if notice.kind == NoticeKind.STILL_NEEDED:
        # Rules that move the clock keep the pause; one that began after the reminder is told by letters of its own.
        return session.scalars(own.where(Clock.paused_at <= notice.created_at).limit(1)).first() is None
    name = notice.dedupe_key.split(":")[3:4] if notice.kind == NoticeKind.LATE else []
    if name and name[0] in tuple(ClockName):
        runs = own.where(Clock.name == name[0], Clock.state != ClockState.STOPPED)
        return session.scalars(runs.limit(1)).first() is None
    return False


def _familys(session: Session, notice: Notice, person: Person, now: datetime) -> bool:
    about = _child_of(notice)
    if notice.kind != NoticeKind.ACCOUNT_OPENED and is_hushed(session, person, notice.kind, notice.consult_id, about):
        return False
    if notice.consult_id is not None:
        consult = session.get_one(Consult, notice.consult_id)
        is_gone = session.get_one(Patient, consult.patient_id).erased_at is not None
        is_out = caregiver_link(session, consult.patient_id, person.id, now) is None
        return not (is_gone or is_out or is_kept_from(session, notice, person))
    match notice.kind:
        case NoticeKind.DIGEST:
            gathered = session.scalars(select(Notice).where(Notice.digest_id == notice.id)).all()
            left = [each for each in gathered if not _is_over(session, each)]
            return not gathered or any(_familys(session, each, person, now) for each in left)
        case NoticeKind.RIGHT_ENDS:
            return any(right_until(session, link, now) is not None for link in links_of(session, person, now))
        case NoticeKind.ACCOUNT_OPENED:
            mine = RelatedPerson.person_id == person.id
            links = session.scalars(select(RelatedPerson).where(mine, RelatedPerson.barred_at.is_(None)))
            return any(_leads_somewhere(session, link, notice, now) for link in links)
        case _:
            # Of the account itself: whoever has it hears of a changed password, whatever they may still see.
            return True


def _leads_somewhere(session: Session, link: RelatedPerson, notice: Notice, now: datetime) -> bool:
    """Whether an account opens anything by this link. One that is opened after a death is for the family to read."""
    death = death_of(session, link.patient_id)
    is_silent = death is not None and notice.created_at < death.noted_at
    return not is_silent and (link.over_at is None or link.over_at > now)


def _child_of(notice: Notice) -> int | None:
    """The child of whom a letter about a right tells: `birthdays` writes it into the key, and no consult says it."""
    if notice.kind != NoticeKind.RIGHT_ENDS:
        return None
    _kind, _consult, _person, number, *_rest = f"{notice.dedupe_key}:::".split(":")
    return int(number) if number.isdecimal() else None
