"""Who hears of what is said in a lane: everybody who reads it there, and nobody else.

What is asked of a clinic is addressed to the telepresenter who put the question as well. Where no clinician of the
clinic has an account, the desk hears at once that nobody reads it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from econsult.consults.clocks import held_clock
from econsult.consults.hearers import desk_of, family_of, home_of, presenter_of, readers_of
from econsult.consults.ledger import ClockEvent
from econsult.consults.lifecycle import OPEN
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, Kind
from econsult.consults.replies import CLINICIANS, FAMILY
from econsult.consults.uncovered import line_at_once
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person
from econsult.rosters.homes import there_of


class Word(Protocol):
    """What of a message says who reads it; `items` is None but for a request for information."""

    @property
    def public_id(self) -> str: ...
    @property
    def author_id(self) -> int: ...
    @property
    def audience(self) -> str: ...
    @property
    def items(self) -> dict[str, Any] | None: ...
    @property
    def is_relayed(self) -> bool: ...


def tell_of_absent_clinic(session: Session, consult: Consult, message: Word, now: datetime) -> None:
    """The desk hears at once that nobody of the clinic is there to answer: no watch finds what runs on (`clinics`)."""
    asked = readers_of(session, consult)
    if asked and not there_of(session, asked, now):
        for person in desk_of(session, consult.program_id, now):
            about = f"asked:{message.public_id}"
            notify(session, person, NoticeKind.NO_COVER, consult_id=consult.id, about=about, now=now)


def _concerns_holder(consult: Consult, message: Word) -> bool:
    """Whoever has it hears what they may read; whoever answered it, what colleagues ask about the answer."""
    return message.audience == CLINICIANS or (consult.status in OPEN and message.audience == FAMILY)


def tell_lane(
    session: Session, consult: Consult, message: Word, kind: NoticeKind, now: datetime, *, more: str = ""
) -> None:
    """Tell everybody in the lane but the author; `more` tells a second word about the same message apart."""
    people: list[Person] = []
    if message.audience == FAMILY:
        people += family_of(session, consult, now)
        # What the family says, its clinic answers, whoever has the question of the specialists.
        is_inbound = message.is_relayed or not session.get_one(Person, message.author_id).is_staff
        if is_inbound or consult.kind == Kind.FAMILY_QUESTION or consult.status not in OPEN:
            people += home_of(session, consult, now)
    elif message.audience == CLINICIANS:
        readers = readers_of(session, consult)
        people += readers
        people += presenter_of(session, consult) if message.items is not None else []
        # What the telepresenter says there goes to the specialist, who reads it.
        if not readers and message.author_id != consult.requester_id:
            _tell_that_nobody_reads(session, consult, message, now)
    else:
        # The desk and the clinic write to each other here; a specialist reads none of it.
        clinic = home_of(session, consult, now)
        people += desk_of(session, consult.program_id, now)
        people += clinic if message.author_id not in {person.id for person in clinic} else []
    if consult.holder_id is not None and _concerns_holder(consult, message):
        people.append(session.get_one(Person, consult.holder_id))
    for person in {person.id: person for person in people if person.id != message.author_id}.values():
        notify(session, person, kind, consult_id=consult.id, about=message.public_id + more, now=now)


def _tell_that_nobody_reads(session: Session, consult: Consult, message: Word, now: datetime) -> None:
    """The desk hears at once, once for each message, that no clinician of the clinic has an account to read it.

    What waits for it has its line in the ledger, so that the watch over empty clinics does not tell it again.
    """
    clock = held_clock(session, consult, ClockName.FIRST_REPLY)
    if clock is not None and clock.paused_at == now:
        session.add(ClockEvent(**line_at_once(clock, now, consult.version)))
    for person in desk_of(session, consult.program_id, now):
        about = message.public_id
        notify(session, person, NoticeKind.NOBODY_READS, consult_id=consult.id, about=about, now=now)
