"""The doorbell: tells a worker through RQ that a job row waits. Redis holds nothing but the numbers of job rows.

SQL is the truth about work. A ring that is lost is rung again by the clock process, a ring that comes twice finds the
job taken, and without Redis nobody rings because the workers poll the job table.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from econsult.database import Database
from econsult.jobs import JobPolicy, Lane, next_rings

if TYPE_CHECKING:
    from workers.runtime import Runtime

FUNCTION = "workers.run"
"""The only name that a worker accepts in a ring; it is a label and never imported."""
RINGS_AT_ONCE = 20
CONNECT_SECONDS = 0.2
ANSWER_SECONDS = 1.0
RESULT_SECONDS, FAILURE_SECONDS = 60, 3600
LONGEST_SECONDS = {Lane.FAST: 1800, Lane.SLOW: 7200}
"""How long a job of a lane may take before its process is ended; the jail's own limits are well below."""

Ring = tuple[int, int, str]
"""The id of a job row, the number of the ring, the lane."""


def queue_mark(secret_key: str, database: Database) -> str:
    """A short name of this installation, so that two of them may share one Redis without mixing their work."""
    url = database.engine.url
    subject = f"{url.get_backend_name()}/{url.database}".encode()
    return hmac.digest(secret_key.encode(), b"queue/" + subject, hashlib.sha256).hex()[:12]


def ring_name(job_id: int, ring: int, mark: str) -> str:
    """The RQ id of one ring. The ring's number is part of it, so that a lost ring never blocks the next one."""
    return f"j{job_id}-{ring}-{mark}"


class Doorbell:
    """One process's way to Redis. Nothing connects before the first ring."""

    def __init__(self, url: str, mark: str) -> None:
        self.url, self.mark = url, mark

    @cached_property
    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(
            self.url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )

    def queue_name(self, lane: str) -> str:
        return f"econsult-{self.mark}-{lane}"

    def is_up(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._client.ping())
        except redis.RedisError:
            return False

    def waiting(self, lane: str) -> int:
        """How many rings nobody has heard yet. Raises redis.RedisError."""
        return self._queue(lane).count

    def ring(self, rings: Iterable[Ring]) -> int:
        """Ring for committed jobs; returns how many rings Redis took. Never raises for a Redis that is away."""
        taken = 0
        try:
            for job_id, number, lane in rings:
                self._ring_once(job_id, number, lane)
                taken += 1
        except redis.RedisError:
            return taken
        return taken

    def _ring_once(self, job_id: int, number: int, lane: str) -> None:
        try:
            self._queue(lane).enqueue(
                FUNCTION,
                job_id,
                job_id=ring_name(job_id, number, self.mark),
                unique=True,
                job_timeout=LONGEST_SECONDS[Lane(lane)],
                result_ttl=RESULT_SECONDS,
                failure_ttl=FAILURE_SECONDS,
                description="",
            )
        except DuplicateJobError:
            return

    def _queue(self, lane: str) -> Queue:
        return Queue(self.queue_name(lane), connection=self._client, serializer=JSONSerializer)


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

    While rings of either lane still wait to be heard the workers are merely busy, so that nothing is rung again before
    a much longer time has passed: a long queue must not grow by its own repetition.
    """
    doorbell = runtime.doorbell
    if doorbell is None or not doorbell.is_up():
        return 0
    policy = job_policy(runtime)
    try:
        is_busy = any(doorbell.waiting(lane) for lane in Lane)
    except redis.RedisError:
        return 0
    if is_busy:
        patient = max(policy.ring_window * 20, timedelta(minutes=10))
        policy = replace(policy, ring_window=patient)
    with runtime.database.writing() as session:
        rings = next_rings(session, now, policy, limit=limit)
    return doorbell.ring(rings)
