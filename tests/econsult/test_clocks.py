"""Clocks: pauses hold only the specialist, lateness fires once, and the ledger tells the whole story."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from econsult.consults import clocks, threads
from econsult.consults.clocks import ClockEvent, ClockName, ClockState, clocks_of
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from econsult.database import Database
from tests.personas import NOON, Clinic

HOUR = timedelta(hours=1)


def _ledger(database: Database, consult: Consult) -> list[tuple[str, int]]:
    with database.reading() as session:
        events = select(ClockEvent).where(ClockEvent.consult_id == consult.id).order_by(ClockEvent.id)
        return [(event.kind, event.sequence) for event in session.scalars(events)]


def test_waiting_for_the_clinic_moves_the_deadline_by_as_long(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON + HOUR)
        assert consult.next_deadline_at == NOON + HOUR + clocks.PAUSE_LIMIT
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=NOON + 4 * HOUR)
        assert consult.status == "claimed"
        assert consult.due_at == NOON + 27 * HOUR
    assert _ledger(database, consult) == [("started", 0), ("paused", 0), ("resumed", 0)]


def test_a_pause_ends_by_itself(database: Database, clinic: Clinic) -> None:
    after = NOON + clocks.PAUSE_LIMIT + HOUR
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        assert clocks.due_consults(session, after) == [consult]
        assert clocks.fire_due(session, consult, after) == []
        (clock,) = clocks_of(session, consult.id)
        assert (clock.state, clock.deadline_at) == (ClockState.RUNNING, NOON + clocks.PAUSE_LIMIT + 24 * HOUR)
        assert (consult.status, consult.claim_until) == ("claimed", after + clocks.GRACE)


def test_lateness_fires_exactly_once(database: Database, clinic: Clinic) -> None:
    late = NOON + 24 * HOUR
    with database.writing() as session:
        consult = clinic.econsult(session)
        assert clocks.due_consults(session, late - timedelta(seconds=1)) == []
        assert [clock.name for clock in clocks.fire_due(session, consult, late)] == [ClockName.FIRST_REPLY]
        assert clocks.fire_due(session, consult, late + HOUR) == []
        assert clocks.due_consults(session, late + HOUR) == []
    assert _ledger(database, consult) == [("started", 0), ("breached", 0)]


def test_a_late_consult_keeps_its_place_in_the_order(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        clocks.fire_due(session, consult, NOON + 25 * HOUR)
        assert consult.due_at == NOON + 24 * HOUR


def test_stopping_twice_leaves_one_line_in_the_ledger(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        clocks.stop_clock(session, consult, ClockName.FIRST_REPLY, NOON)
        clocks.stop_clock(session, consult, ClockName.FIRST_REPLY, NOON)
    assert _ledger(database, consult) == [("started", 0), ("stopped", 0)]
