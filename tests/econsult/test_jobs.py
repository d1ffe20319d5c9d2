"""The job table alone: who may take what, when, and what happens to work whose worker fell silent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from econsult.database import Database
from econsult.jobs import (
    Job,
    JobKind,
    JobPolicy,
    JobState,
    Lane,
    Lease,
    add_job,
    claim_job,
    fail_job,
    finish_job,
    holds_lease,
    next_due_job,
    next_rings,
    oldest_waiting,
    reap_jobs,
    renew_lease,
)
from tests.personas import NOON

POLICY = JobPolicy(lease=timedelta(seconds=60), attempts=2)
SECOND = timedelta(seconds=1)


def _add(database: Database, number: int = 1) -> int:
    with database.writing() as session:
        return add_job(session, JobKind.PREPARE, number, lane=Lane.FAST, dedupe_key=f"prepare:{number}", now=NOON).id


def _claim(database: Database, job_id: int, after: timedelta = timedelta()) -> Lease | None:
    with database.writing() as session:
        return claim_job(session, job_id, NOON + after, POLICY)


def _state(database: Database, job_id: int) -> str:
    with database.reading() as session:
        return session.get_one(Job, job_id).state


def test_the_same_wish_twice_is_one_job(database: Database) -> None:
    assert _add(database) == _add(database)


def test_a_job_is_rung_once_until_its_ring_is_lost(database: Database) -> None:
    job_id = _add(database)
    with database.writing() as session:
        assert next_rings(session, NOON, POLICY) == [(job_id, 1, "fast")]
        assert next_rings(session, NOON + SECOND, POLICY) == []
        assert next_rings(session, NOON + POLICY.ring_window, POLICY) == [(job_id, 2, "fast")]


def test_a_lost_ring_costs_no_attempt(database: Database) -> None:
    job_id = _add(database)
    for number in range(5):
        with database.writing() as session:
            next_rings(session, NOON + number * POLICY.ring_window, POLICY)
    lease = _claim(database, job_id, timedelta(hours=1))
    assert lease is not None
    assert lease.attempt == 1


def test_many_claim_at_once_and_one_wins(database: Database) -> None:
    job_id = _add(database)
    with ThreadPoolExecutor(8) as pool:
        leases = list(pool.map(lambda _: _claim(database, job_id), range(24)))
    assert sum(lease is not None for lease in leases) == 1


def test_a_finished_job_is_never_claimed_again(database: Database) -> None:
    job_id = _add(database)
    lease = _claim(database, job_id)
    assert lease is not None
    with database.writing() as session:
        assert finish_job(session, lease, NOON)
    assert _claim(database, job_id, timedelta(days=1)) is None


def test_a_silent_workers_job_is_given_to_another_and_the_late_result_is_refused(database: Database) -> None:
    job_id = _add(database)
    first = _claim(database, job_id)
    assert first is not None
    with database.writing() as session:
        assert [job.id for job in reap_jobs(session, NOON + 61 * SECOND, POLICY)] == [job_id]
    second = _claim(database, job_id, timedelta(minutes=5))
    assert second is not None
    with database.writing() as session:
        assert not holds_lease(session, first)
        assert not finish_job(session, first, NOON)
        assert fail_job(session, first, "late", NOON, POLICY) is None
        assert holds_lease(session, second)


def test_a_renewed_lease_is_not_reaped(database: Database) -> None:
    lease = _claim(database, _add(database))
    assert lease is not None
    with database.writing() as session:
        assert renew_lease(session, lease, NOON + 50 * SECOND, POLICY)
        assert reap_jobs(session, NOON + 61 * SECOND, POLICY) == []


def test_an_error_waits_longer_each_time_and_ends_with_a_dead_job(database: Database) -> None:
    job_id = _add(database)
    first = _claim(database, job_id)
    assert first is not None
    with database.writing() as session:
        assert fail_job(session, first, "StoreUnavailable", NOON, POLICY) == JobState.PENDING
    assert _claim(database, job_id, 4 * SECOND) is None
    second = _claim(database, job_id, 6 * SECOND)
    assert second is not None
    with database.writing() as session:
        assert fail_job(session, second, "StoreUnavailable", NOON + 7 * SECOND, POLICY) == JobState.DEAD
    assert _claim(database, job_id, timedelta(days=1)) is None
    assert _state(database, job_id) == JobState.DEAD


def test_polling_finds_the_oldest_job_of_its_own_lane(database: Database) -> None:
    first, _second = _add(database, 1), _add(database, 2)
    with database.writing() as session:
        assert next_due_job(session, Lane.FAST, NOON) == first
        assert next_due_job(session, Lane.SLOW, NOON) is None
        assert oldest_waiting(session) == NOON
