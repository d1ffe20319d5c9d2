"""What a tick has to do, asked in one look that locks nothing: an idle clock must not make anybody wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from econsult.consults.lifecycle import Status
from econsult.consults.outcomes import OutcomePing
from econsult.consults.recommendations import Recommendation
from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion
from econsult.consults.telephone import PhoneTask
from econsult.database import Instant
from econsult.jobs import Job, JobPolicy, JobState
from econsult.queue.absence import away_now, is_anybody_away, unheard
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
    """Each part by an index of what is due, so that it costs the same however much is open."""
    deadline, call = Consult.next_deadline_at, PhoneTask.next_at
    return select(
        select(deadline).where(deadline.is_not(None)).order_by(deadline).limit(1).scalar_subquery(),
        select(call).where(call.is_not(None)).order_by(call).limit(1).scalar_subquery(),
        or_(
            exists().where(Job.state == JobState.PENDING, Job.run_after <= NOW),
            exists().where(Job.state == JobState.SENT, Job.sent_at <= RUNG),
        ),
        exists().where(Job.state == JobState.RUNNING, Job.lease_until < NOW),
        or_(
            exists().where(Consult.release_at <= NOW),
            exists().where(Recommendation.next_at <= NOW),
            exists().where(OutcomePing.next_at <= NOW),
            exists().where(SideQuestion.next_at <= NOW),
            exists().where(or_(CoverWatch.next_at <= NOW, CoverWatch.next_at > BEYOND_NOW)),
            is_unwatched(),
        ),
        exists().where(Consult.status == Status.CLAIMED, Consult.claim_until < NOW),
        is_anybody_away(NOW),
    )


NOW, RUNG, BEYOND_NOW = (bindparam(name, type_=Instant()) for name in ("now", "rung", "beyond"))
LOOK = _statement()
"""Made once: to make it costs more than to ask it."""


def look_for_work(session: Session, now: datetime, policy: JobPolicy) -> Pending:
    """Ask for everything that a tick may have to do, in one statement where nobody is away."""
    row = session.execute(LOOK, {"now": now, "rung": now - policy.ring_window, "beyond": now + BEYOND}).one()
    deadline_at, call_at = row[:2]
    has_ring, has_lost_job, has_round, has_lapse, is_away = (bool(each) for each in row[2:])
    has_call = call_at is not None and call_at <= now
    has_round = has_round or has_call or (is_away and bool(unheard(session, away_now(session, now))))
    return Pending(deadline_at, call_at, has_ring, has_lost_job, has_round, has_lapse)
