"""What comes in and what goes back: whoever writes, sends a photo or telephones waits for a reply, in any channel."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.clocks import is_open, start_clock, stop_clock
from econsult.consults.holding import took_reply
from econsult.consults.lifecycle import ENDED, OPEN, Status
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.records import Consult, Kind
from econsult.people.persons import Person, Role

FAMILY, CLINICIANS = "family", "clinicians"
ASKERS = {Role.PCP, Role.TELEPRESENTER}


def heard(session: Session, consult: Consult, person: Person, lane: str, *, now: datetime) -> None:
    """Somebody who asked has sent something (a message, a photo, results, words on the telephone) in this lane.

    What answers a request for information lets that clock run on instead of opening another.
    """
    if consult.status in ENDED or consult.status == Status.DRAFT:
        return
    if took_reply(session, consult, person, now=now):
        return
    if lane == FAMILY:
        consult.family_waits_since = consult.family_waits_since or now
    if lane == CLINICIANS:
        # Until the first reply is given, whatever the clinic adds belongs to the question that runs already.
        if is_open(session, consult, ClockName.FIRST_REPLY):
            return
        consult.clinic_waits_since = consult.clinic_waits_since or now
    if not is_open(session, consult, ClockName.NEXT_REPLY, lane):
        target = rules_of(consult).next_reply
        start_clock(session, consult, ClockName.NEXT_REPLY, target, now, lane=lane, person_id=person.id)


def replied(session: Session, consult: Consult, lane: str, *, now: datetime, how: str = "reply") -> None:
    """Somebody gave an answer in this lane."""
    if lane == FAMILY:
        consult.family_waits_since = None
    if lane == CLINICIANS:
        consult.clinic_waits_since = None
    stop_clock(session, consult, ClockName.NEXT_REPLY, now, how, lane=lane)


def said(session: Session, consult: Consult, person: Person, lane: str, *, now: datetime, is_relayed: bool) -> None:
    """A message: from somebody who waits for a reply, or the reply itself. `is_relayed` words are the family's own."""
    if is_relayed or person.role == Role.CAREGIVER:
        heard(session, consult, person, FAMILY if is_relayed else lane, now=now)
    elif lane == CLINICIANS and consult.kind != Kind.FAMILY_QUESTION and person.role in ASKERS:
        heard(session, consult, person, lane, now=now)
    else:
        took_reply(session, consult, person, now=now)
        replied(session, consult, lane, now=now)
        if person.id == consult.holder_id:
            consult.first_contact_at = consult.first_contact_at or now


def sent_file(session: Session, consult: Consult, person: Person, *, now: datetime) -> None:
    """A photo, a film or results came in: part of the question while it waits for its first reply, news after that."""
    if not person.is_staff:
        lane = CLINICIANS if consult.status in OPEN else FAMILY
        heard(session, consult, person, lane, now=now)
    elif person.role in ASKERS:
        heard(session, consult, person, CLINICIANS, now=now)
    else:
        took_reply(session, consult, person, now=now)
