"""Families that were sent to emergency care and whom nobody has called: the clinic and the desk are told again.

Looked at once a minute. A stop has no clock of its own, since nothing is promised: somebody calls, or is told again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.hearers import desk_of, home_of
from econsult.consults.records import SEALED_STAY_SHUT, Consult, RedFlagStop
from econsult.consults.redflags import UNSAFE
from econsult.consults.told_signs import is_uncalled
from econsult.leading import Led
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.picking import ANY, Pick
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet

AGAIN = (timedelta(minutes=15), timedelta(hours=1))
"""How long after the stop whoever should call is told again, while nobody has written down that they did."""
LONGEST = timedelta(days=1)
"""What is older stands on the board and is told no more."""


def uncalled_stops(session: Session, now: datetime) -> list[int]:
    """The stops of which somebody is to be told at this moment."""
    return [stop.id for stop, _tellings in _due(session, now, ANY)]


def call_again(session: Session, now: datetime, quiet: Quiet, pick: Pick = ANY) -> int:
    """Tell the clinic and the desk once more of each family that nobody has called; returns of how many."""
    due = list(_due(session, now, pick))
    tell_all(session, [telling for _stop, tellings in due for telling in tellings], quiet, now)
    return len(due)


def _due(session: Session, now: datetime, pick: Pick) -> Iterator[tuple[RedFlagStop, Sequence[Telling]]]:
    """Each stop with a round that has come and was not told. Of several of one child the newest stands for all."""
    query = (
        select(RedFlagStop, Consult)
        .options(*SEALED_STAY_SHUT)
        .select_from(Led(RedFlagStop, Consult, Consult.id == RedFlagStop.consult_id))
        .join(Person, Person.id == RedFlagStop.person_id)
        .where(*is_uncalled(), ~RedFlagStop.is_hint, RedFlagStop.at <= now - AGAIN[0], RedFlagStop.at > now - LONGEST)
    )
    seen: set[int] = set()
    for stop, consult in session.execute(pick.narrow(query, RedFlagStop.id).order_by(RedFlagStop.id.desc())):
        # Nobody may call a home that is not safe, so that nobody is urged to.
        if consult.patient_id in seen or stop.codes == UNSAFE:
            continue
        seen.add(consult.patient_id)
        level = sum(now - stop.at >= each for each in AGAIN)
        about = f"stop:{stop.id}:{level}"
        told = select(Notice.id).where(Notice.consult_id == consult.id, Notice.kind == NoticeKind.EMERGENCY)
        if session.scalars(told.where(Notice.dedupe_key.endswith(f":{about}")).limit(1)).first() is not None:
            continue
        people = {
            each.id: each for each in (*home_of(session, consult, now), *desk_of(session, consult.program_id, now))
        }
        tellings = [
            Telling(each, NoticeKind.EMERGENCY, consult.id, about, is_urgent=True)
            for each in people.values()
            if each.id != stop.person_id
        ]
        if tellings:
            yield stop, tellings
