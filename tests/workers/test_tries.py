"""The job TRIES: what the trail is told of wrong passwords, and that nobody's address tells nothing."""

from __future__ import annotations

from sqlalchemy import select

from econsult.jobs import Job, JobKind, JobState
from econsult.people.attempts import TOLD_FROM, WRONG, sign_in
from econsult.trail import AuditEvent
from tests.workers.clinic import Clinic, now
from workers.desk import Desk
from workers.horse import run_job


def test_wrong_passwords_come_into_the_trail_of_whose_address_it_is(clinic: Clinic, desk: Desk) -> None:
    for address in ("mother@example.test", "nobody@example.test"):
        for _ in range(TOLD_FROM):
            assert sign_in(clinic.runtime.database, address, "wrong", source="192.0.2.1", now=now()) is None
    jobs = [job for job in clinic.jobs() if job.kind == JobKind.TRIES]
    assert [run_job(desk, job.id) for job in jobs] == [True, True]
    with clinic.runtime.database.reading() as session:
        assert {session.get_one(Job, job.id).state for job in jobs} == {JobState.DONE}
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == WRONG)).all()
    assert [(row.entity_id, row.person_id) for row in rows] == [(clinic.mother.public_id, None)]
