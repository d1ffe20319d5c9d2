"""A clinic whose letters and texts go to the servers of a test: notices to send, and what became of them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from econsult.installation import Installation
from econsult.jobs import Job, JobState
from econsult.notices import Notice, NoticeKind, notify
from econsult.people.persons import Person
from econsult.reach.deliveries import Delivery
from econsult.reach.mobiles import code_of, confirm, mobile_of, set_mobile
from tests.workers.clinic import Clinic, now
from workers.desk import Desk
from workers.horse import run_job
from workers.runtime import Runtime

COUNTRIES = ("US", "PR", "MX")


def posting(desk: Desk, **settings: str) -> Desk:
    """The same desk with other settings."""
    known = desk.runtime.installation
    changed = replace(known.settings, **settings)  # type: ignore[arg-type]
    return replace(desk, runtime=Runtime(Installation(changed, known.database, known.vault, known.secret_key)))


def address(clinic: Clinic, email: str) -> None:
    """Give the mother another address."""
    with clinic.runtime.database.writing() as session:
        session.get_one(Person, clinic.mother.id).email = email


def number(clinic: Clinic, text: str, channel: str = "sms") -> None:
    """Give the mother a confirmed number, and let her wish for this channel. The code's own job is put away."""
    runtime = clinic.runtime
    with runtime.database.writing() as session:
        mother = session.get_one(Person, clinic.mother.id)
        mother.channel = channel
        cipher = runtime.database.cipher
        set_mobile(session, cipher, mother, text, by=mother, countries=COUNTRIES, now=now())
        mobile = mobile_of(session, mother)
        assert mobile is not None
        confirm(session, mother, code_of(mobile, runtime.secret_key), runtime.secret_key, by=mother, now=now())
        session.flush()
        for job in session.scalars(select(Job)):
            job.state = JobState.DONE


def told(clinic: Clinic, kind: NoticeKind = NoticeKind.ANSWERED, about: str = "1") -> tuple[int, int]:
    """A notice for the mother and its job."""
    with clinic.runtime.database.writing() as session:
        mother = session.get_one(Person, clinic.mother.id)
        notice = notify(session, mother, kind, consult_id=clinic.consult.id, about=about, now=now())
        return notice.id, session.scalars(select(Job.id).where(Job.dedupe_key == f"notice:{notice.id}")).one()


def state(clinic: Clinic, notice: int) -> str:
    with clinic.runtime.database.reading() as session:
        return session.get_one(Notice, notice).state


def sendings(clinic: Clinic, notice: int) -> dict[str, tuple[str, str]]:
    """State and reason by channel."""
    with clinic.runtime.database.reading() as session:
        rows = session.scalars(select(Delivery).where(Delivery.notice_id == notice))
        return {row.channel: (row.state, row.reason) for row in rows}


def run(desk: Desk, job: int, times: int = 1) -> None:
    """Let a worker take the job so often, each time as soon as it may."""
    for _ in range(times):
        with desk.runtime.database.writing() as session:
            session.get_one(Job, job).run_after = now()
        run_job(desk, job)


def run_all(desk: Desk, clinic: Clinic) -> None:
    """Let every job that waits be taken once."""
    for job in clinic.jobs():
        if job.state == JobState.PENDING:
            run(desk, job.id)
