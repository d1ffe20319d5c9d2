"""Saying no to a request: it is its clinic's again, and what the family was still to hear is not lost by it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.answers import held_back, open_earlier
from econsult.consults.clocks import start_clock
from econsult.consults.ending import end
from econsult.consults.handover import hand_over, require_reason
from econsult.consults.hearers import clinics_of, family_of, presenter_of
from econsult.consults.holding import require_holder
from econsult.consults.lifecycle import next_status
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.records import Consult, Kind
from econsult.consults.versions import signed_answer
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person


def decline(session: Session, consult: Consult, person: Person, reason: str, *, now: datetime) -> Consult:
    """Say no, with a reason that the clinic reads. From now on it is the clinic's, which tells the family or asks anew.

    Until the family was told the clock of telling it runs; where nobody of the clinic is left, the desk hears at once.
    An answer of before that a reopening kept from the family is opened to it: no newer one will come to be told. A
    family that could read one already hears of the decline itself: it knows that its question went on, for it may have
    sent the photo for that. Of a clinic's question that was never answered it hears from its clinic alone.
    """
    next_status(consult.status, "decline")
    require_reason(reason)
    if consult.holder_id is not None:
        require_holder(consult, person)
    earlier = held_back(session, consult)
    is_known = consult.kind == Kind.FAMILY_QUESTION or (earlier is None and signed_answer(session, consult.id))
    hand_over(session, consult, "decline", None, by_id=person.id, now=now, reason=reason)
    end(session, consult, person, "decline", reason=reason, now=now)
    if earlier is not None:
        open_earlier(session, consult, earlier, person, now)
    else:
        target = rules_of(consult).family_informed
        start_clock(session, consult, ClockName.FAMILY_INFORMED, target, now, person_id=person.id)
    family = family_of(session, consult, now) if is_known else []
    staff = [*clinics_of(session, consult, now), *presenter_of(session, consult)]
    _tell(session, consult, person, [*family, *staff], now)
    return consult


def _tell(session: Session, consult: Consult, person: Person, hearers: list[Person], now: datetime) -> None:
    for each in hearers:
        if each.id != person.id:
            about = f"decline:{consult.version}"
            notify(session, each, NoticeKind.DECLINED, consult_id=consult.id, about=about, now=now)
