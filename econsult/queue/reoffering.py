"""After a change of who may take what: requests whose pool became empty, or no longer is, are offered again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.lifecycle import Status
from econsult.consults.offering import ask_of, loads_of, offer, stand_in
from econsult.consults.records import Consult
from econsult.rosters.routing import route

MOST = 500
"""So many that wait are looked at within one form; each step of the ladder looks at its own consult anyway."""


def offer_again(session: Session, program_id: int, now: datetime) -> int:
    """Offer each waiting request again whose pool is another than it was told; returns how many."""
    waiting = select(Consult.id).where(Consult.program_id == program_id, Consult.status == Status.SUBMITTED)
    order = (Consult.is_unallocated.desc(), Consult.urgency_rank, Consult.due_at, Consult.id)
    first = session.scalars(waiting.order_by(*order).limit(MOST)).all()
    # Whoever locks many consults locks them by number, so that two forms at once never wait for each other.
    locked = select(Consult).where(Consult.id.in_(first), Consult.status == Status.SUBMITTED).order_by(Consult.id)
    again = locked.with_for_update(key_share=True).execution_options(populate_existing=True)
    count = 0
    for consult in session.scalars(again).all():
        chosen = route(session, ask_of(session, consult), lambda people: loads_of(session, people), now)
        stands_in = stand_in(session, consult, chosen)
        before = (consult.is_unallocated, consult.fallback_specialty)
        if (chosen.is_unallocated, stands_in) != before and consult.specialty is not None:
            offer(session, consult, now)
            count += 1
    return count
