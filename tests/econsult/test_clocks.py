"""Clocks: pauses hold only the specialist, each step fires once, and the ledger tells the whole story."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from econsult.consults import answers, clocks, requests, threads
from econsult.consults.clocks import ClockEvent, ClockName, ClockState, clocks_of
from econsult.consults.ledger import Clock
from econsult.consults.records import Consult
from econsult.consults.reopening import reopen
from econsult.consults.threads import Audience
from econsult.consults.urgency import change_urgency
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError
from econsult.queue.due import due_consults
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

HOUR = timedelta(hours=1)


def _ledger(database: Database, consult: Consult, name: str = "first_reply") -> list[tuple[str, int]]:
    """Kind and level of a clock's lines, pauses by their number."""
    with database.reading() as session:
        events = select(ClockEvent).where(ClockEvent.consult_id == consult.id, ClockEvent.name == name)
        return [
            (event.kind, event.level or event.sequence) for event in session.scalars(events.order_by(ClockEvent.id))
        ]


def test_waiting_for_the_clinic_moves_the_deadline_by_as_long(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON + HOUR)
        # Half of the longest pause: whoever was asked is reminded.
        assert consult.next_deadline_at == NOON + HOUR + clocks.PAUSE_LIMIT / 2
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=NOON + 4 * HOUR)
        assert consult.status == "claimed"
        assert consult.due_at == NOON + 27 * HOUR
    assert _ledger(database, consult) == [("started", 0), ("paused", 0), ("resumed", 0)]


def test_a_line_that_was_changed_and_an_end_of_a_pause_that_was_moved_are_seen(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        clock = _clock(clocks_of(session, consult.id), ClockName.FIRST_REPLY)
        assert clock.paused_until is not None
        assert not list(violations(session, NOON))
        # With all that is derived from it, so that only the ledger knows better.
        clock.paused_until -= HOUR
        clocks.refresh_deadline(session, consult)
        assert any("the end of its pause" in line for line in violations(session, NOON))
        clock.paused_until += HOUR
        clock.paused_reason = "needs_family"
        clocks.refresh_deadline(session, consult)
        assert any("paused_reason differs" in line for line in violations(session, NOON))
        clock.paused_reason = "needs_clinicians"
        line = session.scalars(select(ClockEvent).where(ClockEvent.kind == "paused")).one()
        line.deadline_at += HOUR
        session.flush()
        assert any("paused: another promise" in found for found in violations(session, NOON))


def _spoilt(session: Session, chosen: dict[str, Any], changed: dict[str, Any], at: datetime) -> str:
    """What is seen first where this line of the first reply's ledger was changed, or is gone; then it is put right."""
    own = [getattr(ClockEvent, name) == value for name, value in {**chosen, "name": "first_reply"}.items()]
    with session.begin_nested() as savepoint:
        session.execute(update(ClockEvent).where(*own).values(**changed) if changed else delete(ClockEvent).where(*own))
        found = next(iter(violations(session, at)), "nothing")
        savepoint.rollback()
    session.expire_all()
    return found.partition(": ")[2]


SEEN = [
    "first_reply 1: whether its pause was reminded of differs from the ledger",
    "first_reply 1: reminded twice, or of another pause",
    "first_reply 1: the longest pause ended and nobody was reminded",
    "first_reply 1: level 75 where 50 was due",
    "first_reply 1: level 80 where 75 was due",
    *["first_reply 1 ended by a deed that the trail does not know"] * 2,
]


def test_a_step_a_reminder_and_a_reason_that_were_taken_away_or_changed_are_seen(
    database: Database, clinic: Clinic
) -> None:
    asked_at, gone = NOON + 20 * HOUR, dict[str, Any]()
    over_at = asked_at + clocks.PAUSE_LIMIT
    with database.writing() as session:
        consult = clinic.claimed(session)
        consult.claim_until = over_at
        fire(session, NOON + 19 * HOUR)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=asked_at)
        fire(session, over_at - HOUR)
        number = consult.id
    with database.writing() as session:
        consult = session.get_one(Consult, number)
        held = [({"kind": "reminded"}, gone), ({"kind": "paused"}, {"reason": "needs_family"})]
        seen = [_spoilt(session, *each, over_at - HOUR) for each in held]
        fire(session, over_at)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=over_at, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=over_at + HOUR)
    with database.writing() as session:
        ended = [({"kind": "reminded"}, gone), ({"level": 50}, gone), ({"level": 75}, {"level": 80})]
        ended += [({"kind": "stopped"}, {"reason": reason}) for reason in ("reopened", "decline")]
        assert list(violations(session, over_at + HOUR)) == []
        seen += [_spoilt(session, *each, over_at + HOUR) for each in ended]
    assert seen == SEEN


def test_a_pause_ends_by_itself_after_a_reminder(database: Database, clinic: Clinic) -> None:
    after = NOON + clocks.PAUSE_LIMIT + HOUR
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        assert due_consults(session, NOON + clocks.PAUSE_LIMIT / 2 - HOUR) == []
        assert fire(session, NOON + clocks.PAUSE_LIMIT / 2) == (1, 0)
        assert fire(session, after) == (1, 0)
        clock = _clock(clocks_of(session, consult.id), ClockName.FIRST_REPLY)
        assert (clock.state, clock.deadline_at) == (ClockState.RUNNING, NOON + clocks.PAUSE_LIMIT + 24 * HOUR)
        assert (consult.status, consult.claim_until) == ("claimed", after + clocks.GRACE)
    assert _ledger(database, consult) == [("started", 0), ("paused", 0), ("reminded", 0), ("resumed", 0)]


def test_a_pause_counts_no_longer_than_it_was_allowed_where_the_reply_comes_before_a_tick(
    database: Database, clinic: Clinic
) -> None:
    allowed = NOON + clocks.PAUSE_LIMIT
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=allowed + 5 * HOUR)
        clock = _clock(clocks_of(session, consult.id), ClockName.FIRST_REPLY)
        assert (clock.state, clock.deadline_at) == (ClockState.RUNNING, allowed + 24 * HOUR)
        resumed = select(ClockEvent.at).where(ClockEvent.consult_id == consult.id, ClockEvent.kind == "resumed")
        assert session.scalars(resumed).all() == [allowed]


def test_each_step_of_the_ladder_fires_exactly_once(database: Database, clinic: Clinic) -> None:
    late = NOON + 24 * HOUR
    with database.writing() as session:
        consult = clinic.claimed(session)
        assert due_consults(session, NOON + 12 * HOUR - timedelta(seconds=1)) == []
        for hours in (12, 12, 18, 18, 21.6, 21.6, 24, 24):
            fire(session, NOON + hours * HOUR)
        assert (consult.next_deadline_at, consult.due_at) == (late + 24 * HOUR, late)
    steps = [("warned", 50), ("warned", 75), ("escalated", 90), ("breached", 100)]
    assert _ledger(database, consult) == [("started", 0), *steps]


def test_after_a_long_sleep_every_step_is_noted_in_order_and_marked_late(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        assert fire(session, NOON + 49 * HOUR) == (1, 1)
        found = select(ClockEvent).where(ClockEvent.consult_id == consult.id, ClockEvent.level > 0)
        events = session.scalars(found.order_by(ClockEvent.id)).all()
        assert [event.level for event in events] == [50, 75, 90, 100, 200]
        assert all(event.is_late and event.at == NOON + 49 * HOUR for event in events)
        assert [event.due_at - NOON for event in events if event.due_at] == [h * HOUR for h in (12, 18, 21.6, 24, 48)]


def test_a_late_consult_keeps_its_place_in_the_order(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        fire(session, NOON + 25 * HOUR)
        assert consult.due_at == NOON + 24 * HOUR


def test_stopping_twice_leaves_one_line_in_the_ledger(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        clocks.stop_clock(session, consult, ClockName.FIRST_REPLY, NOON)
        clocks.stop_clock(session, consult, ClockName.FIRST_REPLY, NOON)
    assert _ledger(database, consult) == [("started", 0), ("stopped", 0)]


def test_raising_the_urgency_runs_from_the_original_start(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        change_urgency(session, consult, clinic.mother, "same_day", "", now=NOON + HOUR, targets=TARGETS)
        assert (consult.due_at, consult.urgency_rank) == (NOON + 4 * HOUR, 1)
        clock = _clock(clocks_of(session, consult.id), ClockName.FIRST_REPLY)
        assert (clock.cycle, clock.started_at) == (2, NOON)
    assert _ledger(database, consult) == [("started", 0), ("recomputed", 0), ("started", 0)]


def test_a_pause_goes_on_when_the_urgency_is_raised(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON + HOUR)
        change_urgency(session, consult, clinic.pcp, "same_day", "", now=NOON + 2 * HOUR, targets=TARGETS)
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=NOON + 5 * HOUR)
        assert consult.due_at == NOON + 8 * HOUR


@pytest.mark.parametrize(
    ("urgency", "at", "due"),
    [("same_day", 51, 60), ("same_day", 0.5, 60), ("urgent", 51, 60), ("urgent", 10, 22), ("same_day", 70, 130)],
)
def test_a_request_that_is_made_more_urgent_is_not_taken_later(
    database: Database, clinic: Clinic, urgency: str, at: float, due: int
) -> None:
    minute = timedelta(minutes=1)
    with database.writing() as session:
        consult = clinic.econsult(session)
        change_urgency(session, consult, clinic.pcp, urgency, "", now=NOON + at * minute, targets=TARGETS)
        clock = _clock(clocks_of(session, consult.id), ClockName.ALLOCATE)
        assert (clock.cycle, clock.deadline_at) == (2, NOON + due * minute)
        fire(session, NOON + at * minute)
    with database.reading() as session:
        assert list(violations(session, NOON + at * minute)) == []


def test_only_a_clinician_lowers_the_urgency_and_says_why(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session, urgency="same_day")
        with pytest.raises(ForbiddenError):
            change_urgency(session, consult, clinic.mother, "routine", "better", now=NOON, targets=TARGETS)
        with pytest.raises(InvalidError):
            change_urgency(session, consult, clinic.pcp, "routine", " ", now=NOON, targets=TARGETS)
        change_urgency(session, consult, clinic.pcp, "routine", "fever is gone", now=NOON, targets=TARGETS)
        assert consult.due_at == NOON + 24 * HOUR


def test_reopening_starts_a_new_cycle_and_keeps_the_first_answer(database: Database, clinic: Clinic) -> None:
    later = NOON + 48 * HOUR
    with database.writing() as session:
        consult = clinic.answered(session)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        answers.close(session, consult, clinic.pcp, reason="told by letter", now=NOON)
        reopen(session, consult, clinic.pcp, "It came back", now=later, targets=TARGETS)
        assert (consult.status, consult.due_at) == ("submitted", later + 24 * HOUR)
        assert answers.answer_for(session, consult, clinic.mother) is not None
        open_now = {clock.name: clock.cycle for clock in clocks.open_clocks(session, consult.id)}
        assert open_now == {"first_reply": 2, "allocate": 2, "family_informed": 2}


def test_the_second_answer_is_a_version_that_the_family_reads_once_it_is_open(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        reopen(session, consult, clinic.pcp, "It came back", now=NOON, targets=TARGETS)
        clinic.take(session, consult)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, "impression": "B"}, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
        first = answers.answer_for(session, consult, clinic.mother)
        assert (first.version, first.content["impression"]) == (1, ANSWER["impression"])
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        assert answers.answer_for(session, consult, clinic.mother).version == 2


def test_no_clock_runs_on_what_has_ended(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="¿Y si vomita?", now=NOON)
        answers.close(session, consult, clinic.pcp, reason="moved away", now=NOON)
        requests.withdraw(session, other := clinic.claimed(session), clinic.pcp, "", now=NOON)
        assert clocks.open_clocks(session, consult.id) == clocks.open_clocks(session, other.id) == []
        assert consult.next_deadline_at is None


def _clock(found: list[Clock], name: ClockName) -> Clock:
    return next(clock for clock in found if clock.name == name)
