"""What comes in and what goes back: whoever writes, sends a photo or telephones waits for a reply, in any channel."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.awaited import photos_awaited
from econsult.consults.clocks import halt, is_open, lock, open_clocks, refresh_deadline, start_clock
from econsult.consults.hearers import home_of
from econsult.consults.holding import tell_holder, took_reply
from econsult.consults.ledger import Clock
from econsult.consults.lifecycle import ENDED, OPEN, Status
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.records import Consult, Kind
from econsult.consults.versions import first_signed
from econsult.notices import NoticeKind, notify
from econsult.people.persons import HOUSEHOLD, Person, Role

FAMILY, CLINICIANS = "family", "clinicians"
ASKERS = {Role.PCP, Role.TELEPRESENTER}
ASKED = {"needs_clinicians": ASKERS, "needs_coordination": {Role.COORDINATOR}}
"""Whose word ends the waiting for information, besides what comes in from the family and from whoever asked."""


def heard(session: Session, consult: Consult, person: Person, lane: str, *, now: datetime, tells: bool = True) -> None:
    """Somebody who asked has sent something (a message, a photo, results, words on the telephone) in this lane.

    It lets a clock run on that waits for information, whoever was asked. In the family's lane it opens the family's
    own wait as well: that it answered a question does not say that it asked none.
    """
    if consult.status in ENDED or consult.status == Status.DRAFT:
        return
    took_reply(session, consult, person, now=now, tells=tells)
    if lane == FAMILY:
        consult.family_waits_since = consult.family_waits_since or now
    if lane == CLINICIANS:
        # Until the first reply is given, whatever the clinic adds belongs to the question that runs already.
        if is_open(session, consult, ClockName.FIRST_REPLY):
            return
        consult.clinic_waits_since = consult.clinic_waits_since or now
    signed_at = _signed_unread(session, consult) if lane == FAMILY else None
    # A signed answer that is not open yet will end what was asked by then: what is asked since has its own.
    if all(signed_at is not None and clock.started_at <= signed_at for clock in _waits(session, consult, lane)):
        target = rules_of(consult).next_reply
        clock = start_clock(session, consult, ClockName.NEXT_REPLY, target, now, lane=lane, person_id=person.id)
        if tells:
            _tell_of_wait(session, consult, person, clock, now)


def _tell_of_wait(session: Session, consult: Consult, person: Person, clock: Clock, now: datetime) -> None:
    """Who must reply hears of the first thing that came in, and of no more until they have replied."""
    people = home_of(session, consult, now) if clock.lane == FAMILY else []
    if clock.lane == CLINICIANS and consult.holder_id is not None:
        people = [session.get_one(Person, consult.holder_id)]
    for each in people:
        if each.id != person.id:
            about = f"wait:{clock.cycle}"
            notify(session, each, NoticeKind.MESSAGE, consult_id=consult.id, about=about, now=now)


def _signed_unread(session: Session, consult: Consult) -> datetime | None:
    """When the answer was signed that is to open to the family; None where none is on its way."""
    if consult.status != Status.ANSWERED or consult.released_at is not None:
        return None
    return first_signed(session, consult)


def _began_by(clock: Clock, until: datetime | None) -> bool:
    return until is None or clock.started_at <= until


def _waits(session: Session, consult: Consult, lane: str) -> list[Clock]:
    return [clock for clock in open_clocks(session, consult.id, ClockName.NEXT_REPLY) if clock.lane == lane]


def replied(
    session: Session, consult: Consult, lane: str, *, now: datetime, how: str = "reply", until: datetime | None = None
) -> None:
    """Somebody gave an answer in this lane: to all that waits there, or to what came in by `until`."""
    lock(session, consult)
    left = []
    for clock in _waits(session, consult, lane):
        if _began_by(clock, until):
            halt(session, clock, now, how)
        else:
            left.append(clock.started_at)
    if lane == FAMILY:
        consult.family_waits_since = min(left, default=None)
    if lane == CLINICIANS:
        consult.clinic_waits_since = min(left, default=None)
        if consult.status == Status.ANSWERED and not left:
            # Nobody need be there for it any more.
            consult.uncovered_at = None
    refresh_deadline(session, consult)


def said(session: Session, consult: Consult, person: Person, lane: str, *, now: datetime, is_relayed: bool) -> None:
    """A message: from somebody who waits for a reply, or the reply itself. `is_relayed` words are the family's own."""
    if is_relayed or person.role in HOUSEHOLD:
        heard(session, consult, person, FAMILY if is_relayed else lane, now=now, tells=False)
    elif lane == CLINICIANS and _asks(consult, person):
        heard(session, consult, person, lane, now=now, tells=False)
    else:
        if lane != FAMILY and _was_asked(session, consult, person):
            took_reply(session, consult, person, now=now, tells=False)
        if lane == FAMILY or _answers(consult, person):
            replied(session, consult, lane, now=now)
        if person.id == consult.holder_id:
            consult.first_contact_at = consult.first_contact_at or now


def _asks(consult: Consult, person: Person) -> bool:
    """Whether this person is of those who put the question to the specialists."""
    if consult.kind == Kind.FAMILY_QUESTION or person.id == consult.holder_id:
        return False
    return person.role in ASKERS or person.id in {consult.requester_id, consult.sent_on_by_id}


def _answers(consult: Consult, person: Person) -> bool:
    """Whether this person's words to the clinicians are a reply: the holder's, or another specialist's."""
    return person.id == consult.holder_id or person.role == Role.SPECIALIST


def _was_asked(session: Session, consult: Consult, person: Person) -> bool:
    """Whether what is waited for was asked of this person; a remark of anybody else ends no waiting."""
    if person.id == consult.holder_id:
        return False
    held = open_clocks(session, consult.id, ClockName.FIRST_REPLY)
    return any(person.role in ASKED.get(clock.paused_reason or "", ()) for clock in held)


def sent_file(session: Session, consult: Consult, person: Person, *, now: datetime) -> None:
    """A photo, a film or results came in: part of the question while it waits for its first reply, news after that.

    What an answered question waits for is no news before it is prepared, and opens the question again then.
    """
    if consult.status not in OPEN:
        if not person.is_staff and not photos_awaited(session, consult):
            heard(session, consult, person, FAMILY, now=now)
        return
    if not person.is_staff or (person.role in ASKERS and person.id != consult.holder_id):
        heard(session, consult, person, CLINICIANS, now=now)
    elif person.role == Role.COORDINATOR:
        # The desk asks no specialist anything: what it adds came to it from outside.
        took_reply(session, consult, person, now=now)
    else:
        return
    # Also where no clock is held: of what is urgent none is, and after the longest pause none is any more.
    tell_holder(session, consult, person, now=now)
