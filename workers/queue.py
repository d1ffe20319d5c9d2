"""Rings for jobs: right after the commit that wrote them, and again by the clock process where a ring was lost.

A ring that comes twice finds the job taken, and without Redis nobody rings because the workers poll the job table.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from econsult.jobs import JobPolicy, next_rings
from workers.runtime import Runtime

RINGS_AT_ONCE = 20


def job_policy(runtime: Runtime) -> JobPolicy:
    """Leases, attempts and ring window as the settings have them."""
    settings = runtime.settings
    return JobPolicy(lease=settings.lease, attempts=settings.job_attempts, ring_window=settings.lease / 2)


def ring(runtime: Runtime, now: datetime | None = None) -> int:
    """Ring for jobs that were just committed; returns how many. Never raises and never waits long.

    Call it after the transaction, from a request or a command. What goes wrong here is made good by the clock process.
    """
    doorbell = runtime.doorbell
    if doorbell is None or not doorbell.is_up():
        return 0
    try:
        with runtime.database.writing() as session:
            rings = next_rings(session, now or datetime.now(UTC), job_policy(runtime), limit=RINGS_AT_ONCE)
    except SQLAlchemyError:
        return 0
    return doorbell.ring(rings)


def relay(runtime: Runtime, now: datetime, *, limit: int = 200) -> int:
    """Ring for everything that is due, and again for what was rung in vain; returns how many rings Redis took.

    While rings still wait to be heard the workers are merely busy, so nothing is rung again before a much longer time
    has passed: a long queue must not grow by its own repetition.
    """
    doorbell = runtime.doorbell
    if doorbell is None or not doorbell.is_up():
        return 0
    policy = job_policy(runtime)
    if not doorbell.is_heard():
        policy = replace(policy, ring_window=max(policy.ring_window * 20, timedelta(minutes=10)))
    with runtime.database.writing() as session:
        rings = next_rings(session, now, policy, limit=limit)
    return doorbell.ring(rings)
