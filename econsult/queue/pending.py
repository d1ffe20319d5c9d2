"""What a tick has to do, asked in one look that locks nothing: an idle clock must not make anybody wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from econsult.consults.lifecycle import Status
from econsult.consults.outcomes import OutcomePing
from econsult.consults.recommendations import Recommendation
from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion
from econsult.consults.telephone import PhoneTask
from econsult.consults.visits import Visit
from econsult.consults.wishes import Wish
from econsult.jobs import Job, JobPolicy, JobState
from econsult.queue.absence import away_now, has_left, said, unheard
from econsult.rosters.shifts import TimeOff
from econsult.rosters.watching import BEYOND, CoverWatch, is_unwatched


@dataclass(frozen=True)
class Pending:
    """The oldest step of a deadline and of a telephone call that has not fired, and whether anything else has come."""

    deadline_at: datetime | None
    call_at: datetime | None
    has_ring: bool
    has_lost_job: bool
    has_round: bool
    has_lapse: bool

    def lag(self, now: datetime) -> int:
        """How many seconds late the oldest step is, a telephone call's included."""
        return lag_of(self.deadline_at, self.call_at, now)


def lag_of(deadline_at: datetime | None, call_at: datetime | None, now: datetime) -> int:
    """How many seconds late the older of the two steps is."""
    steps = [at for at in (deadline_at, call_at) if at is not None]
    return max(0, int((now - min(steps)).total_seconds())) if steps else 0


def _statement() -> Select[*tuple[Any, ...]]:
    """The first of each kind by an index, so that it costs the same however much is open.

    It has no parameter, not even "now", and what is due is told from those instants: PostgreSQL plans it once. With
    parameters it plans it anew at each tick, which takes longer than to run it.
    """
    return select(
        *(_first(column) for column in ROUND_AT),
        _first(Consult.next_deadline_at).label("deadline_at"),
        _first(Consult.claim_until, Consult.status == said(Status.CLAIMED)).label("claim_until"),
        _first(Job.run_after, Job.state == said(JobState.PENDING)).label("run_after"),
        _first(Job.sent_at, Job.state == said(JobState.SENT)).label("sent_at"),
        _first(Job.lease_until, Job.state == said(JobState.RUNNING)).label("lease_until"),
        _first(PhoneTask.next_at).label("call_at"),
        _first(CoverWatch.next_at, is_last=True).label("watch_beyond"),
        is_unwatched().label("is_unwatched"),
        _first(TimeOff.ends_at, is_last=True).label("last_back_at"),
        has_left().label("has_left"),
    )


def _first(column: InstrumentedAttribute[Any], *only: ColumnElement[bool], is_last: bool = False) -> ScalarSelect[Any]:
    """The earliest (or the latest) instant of a column, or NULL."""
    found = func.max(column) if is_last else func.min(column)
    return select(found).where(column.is_not(None), *only).scalar_subquery()


ROUND_AT = (
    *(Consult.release_at, Recommendation.next_at, OutcomePing.next_at, SideQuestion.next_at, CoverWatch.next_at),
    Wish.first_until,
    Visit.next_at,
)
LOOK = _statement()
"""Made once: to make it costs more than to ask it."""


def look_for_work(session: Session, now: datetime, policy: JobPolicy) -> Pending:
    """Ask for everything that a tick may have to do, in one statement where no time off is planned."""
    row = session.execute(LOOK).one()
    has_round = any(_has_come(at, now) for at in (*row[: len(ROUND_AT)], row.call_at)) or bool(row.is_unwatched)
    has_round = has_round or (row.watch_beyond is not None and row.watch_beyond > now + BEYOND)
    is_away = bool(row.has_left) or (row.last_back_at is not None and row.last_back_at > now)
    return Pending(
        row.deadline_at,
        row.call_at,
        has_ring=_has_come(row.run_after, now) or _has_come(row.sent_at, now - policy.ring_window),
        has_lost_job=row.lease_until is not None and row.lease_until < now,
        has_round=has_round or (is_away and bool(unheard(session, away_now(session, now)))),
        has_lapse=row.claim_until is not None and row.claim_until < now,
    )


def _has_come(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now
