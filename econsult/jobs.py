"""The truth about work: one row per job, with a lease and a fencing token. Redis and RQ only ring the bell.

pending -> sent (rung) -> running (leased) -> done | pending again with backoff | dead (a person must look).
Every change of state is one conditional UPDATE, so that two processes can never both win, on SQLite and Postgres alike.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Index, String, Text, UniqueConstraint, Update, bindparam, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant, changed_rows
from econsult.picking import ANY, Pick


class JobKind(StrEnum):
    """The allow-list of work: a name that is not here can never be run, whoever writes to Redis."""

    PREPARE = "prepare"
    NOTIFY = "notify"
    LINK = "link"
    INVITE = "invite"
    CODE = "code"
    READ_CODE = "read_code"
    READ_AGAIN = "read_again"
    TRIES = "tries"
    ERASE = "erase"
    REMOVE_ORIGINAL = "remove_original"


class JobState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class Lane(StrEnum):
    """The queues: what must be quick, and what may take minutes."""

    FAST = "fast"
    SLOW = "slow"


class Job(Base):
    """One piece of work on the record `subject_id`; what that record is follows from the kind."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("dedupe_key", name="uq_job_dedupe_key"),
        Index("ix_job_state_run_after", "state", "run_after"),
    )

    kind: Mapped[str] = mapped_column(String(32))
    lane: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default=JobState.PENDING)
    dedupe_key: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[int] = mapped_column(default=0)
    ring: Mapped[int] = mapped_column(default=0)
    run_after: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class Lease:
    """The right to work on one job until `until`; every write of a result must prove it with the token."""

    job_id: int
    kind: JobKind
    subject_id: int
    attempt: int
    token: str
    until: datetime


@dataclass(frozen=True)
class JobPolicy:
    """How long leases and rings live, and how often a failing job is tried."""

    lease: timedelta = timedelta(seconds=60)
    attempts: int = 4
    ring_window: timedelta = timedelta(seconds=30)
    backoff: timedelta = timedelta(seconds=5)

    def delay_after(self, attempt: int) -> timedelta:
        """5 s, 20 s, 80 s, ...: the wait before attempt number `attempt + 1`."""
        return self.backoff * int(4 ** max(attempt - 1, 0))


_BY_KEY = select(Job).where(Job.dedupe_key == bindparam("key"))


def add_job(
    session: Session,
    kind: JobKind,
    subject_id: int,
    *,
    lane: Lane,
    dedupe_key: str,
    now: datetime,
    run_after: datetime | None = None,
) -> Job:
    """Write the job beside the change that wants it; the same `dedupe_key` twice gives the first job back.

    It may be run at once, or from `run_after` on.
    """
    known = session.scalars(_BY_KEY, {"key": dedupe_key}).one_or_none()
    if known is not None:
        return known
    job = Job(
        kind=kind, lane=lane, subject_id=subject_id, dedupe_key=dedupe_key, run_after=run_after or now, created_at=now
    )
    session.add(job)
    session.flush()
    return job


def next_rings(session: Session, now: datetime, policy: JobPolicy, limit: int = 100) -> list[tuple[int, int, str]]:
    """Mark due jobs as sent and return (job id, ring number, lane) of each; commit before ringing them.

    Due means pending and past `run_after`, or sent so long ago that the ring must have been lost.
    """
    lost = now - policy.ring_window
    due = or_(
        (Job.state == JobState.PENDING) & (Job.run_after <= now),
        (Job.state == JobState.SENT) & (Job.sent_at <= lost),
    )
    query = select(Job).where(due).order_by(Job.run_after, Job.id).limit(limit).with_for_update(skip_locked=True)
    rings = []
    for job in session.scalars(query):
        job.state, job.sent_at, job.ring = JobState.SENT, now, job.ring + 1
        rings.append((job.id, job.ring, job.lane))
    return rings


def claim_job(session: Session, job_id: int, now: datetime, policy: JobPolicy) -> Lease | None:
    """Take the job, or None when it is done, running, not due or unknown. One winner among any number of callers."""
    token = secrets.token_hex(16)
    until = now + policy.lease
    taken = _changed(
        session,
        update(Job)
        .where(Job.id == job_id, Job.state.in_((JobState.PENDING, JobState.SENT)), Job.run_after <= now)
        .values(
            state=JobState.RUNNING,
            attempt=Job.attempt + 1,
            lease_token=token,
            lease_until=until,
            started_at=now,
        ),
    )
    if not taken:
        return None
    job = session.get_one(Job, job_id, populate_existing=True)
    return Lease(job.id, JobKind(job.kind), job.subject_id, job.attempt, token, until)


def next_due_job(session: Session, lane: Lane, now: datetime) -> int | None:
    """The id of the oldest job of the lane that may be claimed: what a worker without Redis polls for."""
    ready = Job.state.in_((JobState.PENDING, JobState.SENT)) & (Job.run_after <= now) & (Job.lane == lane)
    return session.scalars(select(Job.id).where(ready).order_by(Job.run_after, Job.id).limit(1)).one_or_none()


def renew_lease(session: Session, lease: Lease, now: datetime, policy: JobPolicy) -> bool:
    """Push the lease's end; False when the job has been given to somebody else, so the work must stop."""
    return _changed(session, _owned(lease).values(lease_until=now + policy.lease))


def holds_lease(session: Session, lease: Lease) -> bool:
    """True while the token is still the job's own; the row is locked, so a result written beside it is fenced."""
    query = select(Job.id).where(Job.id == lease.job_id, Job.lease_token == lease.token, Job.state == JobState.RUNNING)
    return session.scalars(query.with_for_update()).one_or_none() is not None


def finish_job(session: Session, lease: Lease, now: datetime) -> bool:
    """Close the job inside the transaction that writes its result; False means: roll everything back."""
    done = _owned(lease).values(
        state=JobState.DONE, finished_at=now, lease_token=None, lease_until=None, last_error=None
    )
    return _changed(session, done)


def fail_job(session: Session, lease: Lease, error: str, now: datetime, policy: JobPolicy) -> JobState | None:
    """Record the error; the job waits for its next attempt or is dead. None when the lease was lost meanwhile."""
    job = session.get(Job, lease.job_id, with_for_update=True)
    if job is None or job.lease_token != lease.token or job.state != JobState.RUNNING:
        return None
    _put_back(job, error, now, policy)
    return JobState(job.state)


def postpone_job(
    session: Session, lease: Lease, reason: str, now: datetime, policy: JobPolicy, *, until: datetime | None = None
) -> bool:
    """Put the job back without counting the attempt, for what only waits for somebody else; False: lease lost."""
    return _changed(
        session,
        _owned(lease).values(
            state=JobState.PENDING,
            attempt=Job.attempt - 1,
            run_after=until or now + policy.ring_window,
            last_error=reason,
            lease_token=None,
            lease_until=None,
        ),
    )


def reap_jobs(session: Session, now: datetime, policy: JobPolicy, pick: Pick = ANY) -> list[Job]:
    """Take back every job whose worker fell silent: the next attempt, or dead. Returns the jobs that were touched."""
    query = pick.narrow(select(Job).where(Job.state == JobState.RUNNING, Job.lease_until < now), Job.id)
    lost = list(session.scalars(query.order_by(Job.lease_until).limit(pick.most).with_for_update(skip_locked=True)))
    for job in lost:
        _put_back(job, "The worker fell silent and its lease ran out.", now, policy)
    return lost


def oldest_waiting(session: Session) -> datetime | None:
    """Since when the oldest job waits to be run; None when nothing waits."""
    waiting = Job.state.in_((JobState.PENDING, JobState.SENT))
    return session.scalars(select(func.min(Job.run_after)).where(waiting)).one_or_none()


def _put_back(job: Job, error: str, now: datetime, policy: JobPolicy) -> None:
    job.lease_token, job.lease_until, job.last_error = None, None, error
    if job.attempt >= policy.attempts:
        job.state, job.finished_at = JobState.DEAD, now
    else:
        job.state, job.run_after = JobState.PENDING, now + policy.delay_after(job.attempt)


def _owned(lease: Lease) -> Update:
    return update(Job).where(Job.id == lease.job_id, Job.lease_token == lease.token, Job.state == JobState.RUNNING)


def _changed(session: Session, statement: Update) -> bool:
    return changed_rows(session.execute(statement)) == 1
