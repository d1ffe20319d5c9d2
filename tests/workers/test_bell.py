"""What a worker believes of Redis: numbers of job rows, and nothing else. Whoever can write there runs no code here."""

from __future__ import annotations

import json
import pickle
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from tests.spread import spread
from tests.workers.clinic import Clinic, clinic_in, open_clinic, wait_until
from workers.bell import read_ring
from workers.doorbell import Doorbell, queue_name, ring_name
from workers.queue import ring

MARK = "0123456789ab"
HONEST = json.dumps(["workers.run", None, [7], {}]).encode()


@pytest.fixture
def ringing(folder: Path, redis_url: str) -> Iterator[Clinic]:
    """A clinic with the session's Redis."""
    yield from clinic_in(folder, redis_url=redis_url, lease_seconds="4")


def _doorbell(clinic: Clinic) -> Doorbell:
    doorbell = clinic.runtime.doorbell
    assert doorbell is not None
    return doorbell


def test_our_own_ring_is_read_as_the_number_of_its_job() -> None:
    assert read_ring(ring_name(7, 1, MARK), zlib.compress(HONEST)) == 7


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(["os.system", None, ["touch x"], {}]).encode(),
        json.dumps(["os.abort", None, [7], {}]).encode(),
        json.dumps(["workers.run", None, [8], {}]).encode(),
        json.dumps(["workers.run", None, ["7"], {}]).encode(),
        json.dumps(["workers.run", None, [True], {}]).encode(),
        json.dumps(["workers.run", None, [7], {"x": 1}]).encode(),
        json.dumps(["workers.run", "os", [7], {}]).encode(),
        json.dumps(["workers.run", None, [7]]).encode(),
        pickle.dumps(("workers.run", None, (7,), {})),
        b"[" * 10_000_000,
        b"[" * 4000,
        b"\xff\xfe",
        b"",
    ],
)
def test_a_ring_that_differs_in_anything_is_not_believed(data: bytes) -> None:
    assert read_ring(ring_name(7, 1, MARK), data) is None
    assert read_ring(ring_name(7, 1, MARK), zlib.compress(data)) is None


@pytest.mark.parametrize("name", ["7", "j7-1", f"j8-1-{MARK}", f"x7-1-{MARK}", f"j7-1-{MARK}-2", ""])
def test_a_ring_under_another_name_is_not_believed(name: str) -> None:
    assert read_ring(name, zlib.compress(HONEST)) is None


def _write_hostile_jobs(clinic: Clinic, target: Path) -> None:
    """Every way to run code through RQ that we know of, written as somebody with the socket could."""
    doorbell = _doorbell(clinic)
    with redis.Redis.from_url(doorbell.url) as client:
        name = queue_name(doorbell.mark, "fast")
        queue = Queue(name, connection=client, serializer=JSONSerializer)
        command = f"touch {target}"
        queue.enqueue("os.system", command)
        queue.enqueue("os.system", command, job_id=ring_name(1, 99, doorbell.mark))
        Queue(name, connection=client).enqueue("os.system", command)
        callback = queue.enqueue("workers.run", 1, job_id=ring_name(1, 98, doorbell.mark))
        client.hset(callback.key, mapping={"success_callback_name": "os.system", "timeout": "soon", "ttl": "x"})
        client.hset("rq:job:odd", mapping={"data": b"\x80\x04", "status": "unheard-of", "origin": "elsewhere"})
        client.rpush(f"rq:queue:{name}", "odd", "not-there", "j1-1-zz")


def test_hostile_writes_to_redis_are_refused_and_the_worker_goes_on(ringing: Clinic, photo: bytes) -> None:
    target = ringing.folder / "owned"
    _write_hostile_jobs(ringing, target)
    worker = ringing.start("workers", "fast")
    number = ringing.send(photo)
    ring(ringing.runtime)
    wait_until(lambda: ringing.is_ready(number) and ringing.logs().count("Refused a job from Redis") == 4)
    assert not target.exists()
    assert worker.process.poll() is None
    assert "Traceback" not in ringing.logs()


@pytest.mark.parametrize("is_list", spread([True, False], 1))
@pytest.mark.wide
def test_a_queue_that_cannot_be_read_is_emptied_and_its_jobs_are_done_at_once(
    ringing: Clinic, photo: bytes, is_list: bool
) -> None:
    doorbell = _doorbell(ringing)
    with redis.Redis.from_url(doorbell.url) as client:
        key = f"rq:queue:{queue_name(doorbell.mark, 'fast')}"
        client.rpush(key, b"\xff\xfe\xfd", b"a b c", b"\xff") if is_list else client.set(key, b"x")
    # No clock runs here, so nobody rings again.
    ringing.start("workers", "fast")
    number = ringing.send(photo)
    ring(ringing.runtime)
    wait_until(lambda: ringing.is_ready(number))


@pytest.mark.wide
def test_two_installations_share_one_redis_without_mixing_their_work(
    ringing: Clinic, folder: Path, redis_url: str, photo: bytes
) -> None:
    (folder / "other").mkdir()
    with closing(open_clinic(folder / "other", redis_url=redis_url)) as other:
        ringing.start("workers", "fast")
        ours, theirs = ringing.send(photo), other.send(photo)
        ring(other.runtime)
        ring(ringing.runtime)
        wait_until(lambda: ringing.is_ready(ours))
        assert other.attachment(theirs).state == "received"
        assert not _doorbell(other).is_heard()
