"""Visits in person on record with a specialty, beside which stands what a consultant says of seeing the child.

Whom a visit is with is in no column: it hangs on a step of an answer, and is taken for one with the specialty that gave
it. Who knows better says so, with a reason.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.billing.facts import Recorded
from econsult.billing.records import Attestation
from econsult.consults.records import Consult
from econsult.consults.visits import Visit, VisitState

HELD = (VisitState.BOOKED, VisitState.LISTED, VisitState.CAME)
"""Of which the child is seen, or has been. What was missed or called off has seen nobody."""


@dataclass(frozen=True)
class InPerson:
    """One visit: of which consult, when (None on a waiting list), how far it is, since when the row says so, and since
    when it was waited for on a list, where it was."""

    consult_id: int
    specialty: str
    is_kept: bool
    state: str
    starts_at: datetime | None
    at: datetime
    listed_at: datetime | None


def in_person_of(session: Session, children: Collection[int]) -> dict[int, list[InPerson]]:
    """The visits of these children by the child's id, the oldest row first, in one statement."""
    query = (
        select(
            Consult.patient_id, Consult.id, Consult.specialty, Consult.confidential, Visit.recommendation_id,
            Visit.state, Visit.starts_at, Visit.at,
        )
        .join(Visit, Visit.consult_id == Consult.id)
        .where(Consult.patient_id.in_(children), ~Consult.is_test, Visit.state.in_((*HELD, VisitState.MOVED)))
        .order_by(Visit.id)
    )  # fmt: skip
    found: dict[int, list[InPerson]] = {}
    listed: dict[int, datetime] = {}
    for child, number, specialty, kept, step, state, starts_at, at in session.execute(query):
        if starts_at is None:
            listed.setdefault(step, at)
        if state in HELD:
            visit = InPerson(number, specialty or "", bool(kept), state, starts_at, at, listed.get(step))
            found.setdefault(child, []).append(visit)
    return found


def recorded(
    visits: Collection[InPerson], consult: Consult, said: Attestation | None, zone: ZoneInfo
) -> tuple[Recorded, ...]:
    """Those with the specialty of this consult, as the rules look at them.

    Of what a young person keeps from the family nothing counts outside of its consult. A reason that was given before a
    visit was booked, or moved, says nothing of it.
    """
    return tuple(
        Recorded(
            state=each.state,
            on=each.starts_at.astimezone(zone).date() if each.starts_at else None,
            listed_on=each.listed_at.astimezone(zone).date() if each.listed_at else None,
            why=said.visit_why if said is not None and each.at <= said.attested_at else "",
        )
        for each in visits
        if each.specialty == (consult.specialty or "") and (each.consult_id == consult.id or not each.is_kept)
    )
