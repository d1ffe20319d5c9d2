"""The worker's end of the doorbell: hears rings through RQ, and believes nothing else that stands in Redis.

RQ runs whatever dotted name it finds in a job, with callbacks and web hooks, even with its JSON serializer. So whoever
can write to Redis could run code. Here a job from Redis is stripped to one number; everything else in it is ignored.
"""

from __future__ import annotations

import json
import logging
import re
import zlib
from collections.abc import Callable
from typing import Any

from redis import Redis, RedisError
from rq import Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from econsult.jobs import Lane
from workers.doorbell import FAILURE_SECONDS, FUNCTION, LONGEST_SECONDS, RESULT_SECONDS, Doorbell, queue_name
from workers.process import Wish

log = logging.getLogger(__name__)

WORKER_SECONDS = 30
"""RQ looks up from its queue, and we beat, every half of this."""
MAINTENANCE_SECONDS = 30
LONGEST_DATA = 4096
NOTHING = json.dumps(["workers.refused", None, [], {}]).encode()
_NAME = re.compile(r"j(\d{1,18})-\d{1,9}-[0-9a-f]{12}")

Run = Callable[[int], object]


class RedisAwayError(Exception):
    """Redis does not answer. RQ would wait for it; we have better things to do."""


def read_ring(name: str, data: bytes) -> int | None:
    """The number of the job row that a ring names; None unless it is exactly what our own doorbell writes."""
    if len(data) > LONGEST_DATA:
        return None
    try:
        plain = zlib.decompressobj().decompress(data, LONGEST_DATA)
        function, instance, arguments, keywords = json.loads(plain)
    except (ValueError, TypeError, zlib.error, RecursionError):
        return None
    found = _NAME.fullmatch(name)
    if function != FUNCTION or instance is not None or keywords != {} or found is None:
        return None
    number = int(found.group(1))
    return number if arguments == [number] and type(arguments[0]) is int else None


def bell_class(run: Run, queue: str, seconds: int) -> type[Job]:
    """A kind of RQ job that can do nothing but call `run` with the number of a job row, within so many seconds."""

    class Bell(Job):
        """One ring, as it was found in Redis."""

        number: int | None = None

        def restore(self, raw_data: Any) -> None:
            """Take over the ring's data where it is ours, and none of the other fields."""
            data = {_as_bytes(key): _as_bytes(value) for key, value in raw_data.items()}.get(b"data")
            if data is None:
                raise NoSuchJobError
            self.number = read_ring(self.id, data)
            super().restore({b"data": NOTHING if self.number is None else data})
            self.origin, self.timeout = queue, seconds
            self.result_ttl, self.failure_ttl = RESULT_SECONDS, FAILURE_SECONDS

        def perform(self) -> None:
            """Run the job row, or refuse what is not a ring of ours."""
            if self.number is None:
                log.warning("Refused a job from Redis that this program did not write.")
            else:
                run(self.number)

    return Bell


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


class BellWorker(Worker):
    """An RQ worker for one lane that forks for each ring, and says that it lives whenever RQ does so."""

    def __init__(self, doorbell: Doorbell, lane: Lane, run: Run, beat: Callable[[], None], wish: Wish) -> None:
        self._beat, self._wish = beat, wish
        queue = queue_name(doorbell.mark, lane)
        super().__init__(
            [queue],
            connection=Redis.from_url(doorbell.url),
            job_class=bell_class(run, queue, LONGEST_SECONDS[lane]),
            serializer=JSONSerializer,
            worker_ttl=WORKER_SECONDS,
            maintenance_interval=MAINTENANCE_SECONDS,
            job_monitoring_interval=10,
            log_job_description=False,
        )

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """See RQ; also beats for the health page. Raises RedisAwayError, so that the caller polls SQL meanwhile."""
        try:
            super().heartbeat(timeout, pipeline)
        except RedisError:
            raise RedisAwayError from None
        if not self.is_horse:
            self._beat()

    def request_stop(self, signum: Any, frame: Any) -> None:
        """See RQ: finish the job at hand, then stop. The wish outlives this worker, whatever becomes of Redis."""
        self._wish.make()
        # Also where RQ's way of stopping, an error that it raises here, is lost in what was being done just now.
        self._stop_requested = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def set_shutdown_requested_date(self) -> None:
        """Tell Redis nothing: this runs amid a signal, and a Redis that is away must not break the job at hand."""

    def _install_signal_handlers(self) -> None:
        """See RQ; a signal that came while RQ got ready is not lost."""
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        if self._wish.is_made():
            self._stop_requested = True

    def sweep(self) -> None:
        """Forget the rings at hand, after something in Redis made RQ stumble. The clock process rings again."""
        for queue in self.queues:
            self.connection.delete(queue.key, queue.intermediate_queue_key)
