"""On PostgreSQL, a form that the database ended for the sake of another is done once more by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from econsult.people.patients import RelatedPerson
from econsult.people.persons import Person, Role, add_person
from econsult.queue.cover import watch_cover
from econsult.rosters.shifts import TimeOff
from econsult.rosters.watching import CoverWatch
from econsult.trail import AuditEvent
from tests.personas import Clinic
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_kin import _form
from tests.workers.clinic import wait_until
from workers.runtime import Runtime


@pytest.fixture
def runtime(postgres_runtime: Runtime) -> Runtime:
    return postgres_runtime


@pytest.mark.parametrize("times", spread([1, 3], 1))
def test_the_victim_of_a_deadlock_is_done_again(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, times: int
) -> None:
    until = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    fields = {"person": clinic.derm.public_id, "from": "", "until": until}
    desk = browser_of(clinic.coordinator)
    with runtime.database.writing() as session:
        watch_cover(session, datetime.now(UTC))
    with ThreadPoolExecutor(1) as pool, runtime.database.writing() as session:
        # The form must be the one that the database ends, and not this session.
        session.execute(text("SET LOCAL deadlock_timeout = '1h'"))
        session.execute(select(Person.id).where(Person.id == clinic.derm.id).with_for_update())
        sent = pool.submit(post, desk, "/program/roster/off", fields)
        for _ in range(times):
            wait_until(lambda: _waits(session))
            inner = session.begin_nested()
            session.execute(select(CoverWatch.id).with_for_update())
            # What this session got by the end of the form it lets go, and the form runs into the same again.
            inner.rollback()
        session.commit()
        assert sent.result(30).status_code == 303
    with runtime.database.reading() as session:
        assert session.scalars(select(TimeOff.person_id)).all() == [clinic.derm.id]
        lines = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "time_off")
        assert session.scalars(lines).one() == 1


def test_who_writes_the_same_new_account_a_moment_later_finds_it(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    aunt = {"name": "Tia Rosa", "email": "aunt@example.test", "email_again": "aunt@example.test", "language": "es"}
    path = f"/families/{clinic.child.public_id}/people"
    desk, cipher = browser_of(clinic.pcp), runtime.database.cipher
    with ThreadPoolExecutor(1) as pool, runtime.database.writing() as session:
        who = {"email": aunt["email"], "name": aunt["name"], "role": Role.CAREGIVER, "now": datetime.now(UTC)}
        add_person(session, cipher, clinic.program, **who)
        session.flush()
        sent = pool.submit(post, desk, path, {**aunt, "has_read": "yes", **_form("new")})
        wait_until(lambda: _waits(session))
        session.commit()
        assert sent.result(30).status_code == 303
    with runtime.database.reading() as session:
        found = session.scalars(select(Person).where(Person.role == Role.CAREGIVER)).all()
        linked = session.scalars(
            select(RelatedPerson.person_id).where(RelatedPerson.patient_id == clinic.child.id)
        ).all()
    assert {each.id for each in found if each.email == aunt["email"]} <= set(linked)
    assert len([each for each in found if each.email == aunt["email"]]) == 1


def _waits(session: Session) -> bool:
    return session.scalars(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).one() > 0
