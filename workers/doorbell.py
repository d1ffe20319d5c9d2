"""The doorbell: one process's way to Redis, where RQ tells a worker that a job row waits.

Redis holds nothing but the numbers of job rows; SQL is the truth about work.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from functools import cached_property

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from econsult.database import Database
from econsult.errors import SettingError
from econsult.jobs import Lane

FUNCTION = "workers.run"
"""The only name that a worker accepts in a ring; it is a label and never imported."""
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


def queue_name(mark: str, lane: str) -> str:
    """The RQ queue of one lane."""
    return f"econsult-{mark}-{lane}"


def ring_name(job_id: int, ring: int, mark: str) -> str:
    """The RQ id of one ring. The ring's number is part of it, so that a lost ring never blocks the next one."""
    return f"j{job_id}-{ring}-{mark}"


def check_url(url: str) -> None:
    """Raise SettingError for options in Redis's address that its client does not know. Nothing connects."""
    try:
        if url:
            redis.Redis.from_url(url).connection_pool.make_connection()
    except (TypeError, ValueError):
        raise SettingError("ECONSULT_REDIS_URL has options that Redis's client does not take.") from None


class Doorbell:
    """Rings for committed jobs. Nothing connects before the first ring."""

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

    def is_up(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._client.ping())
        except redis.RedisError:
            return False

    def is_heard(self) -> bool:
        """Whether no ring waits in any lane, so that a job which still waits must have lost its ring."""
        try:
            return not any(self._queue(lane).count for lane in Lane)
        except redis.RedisError:
            return False

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
        return Queue(queue_name(self.mark, lane), connection=self._client, serializer=JSONSerializer)
