"""A pause holds what was to come. What was due before it began is told at the next tick, held or not, once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from econsult.consults import answers, threads
from econsult.consults.clocks import open_clocks
from econsult.consults.ledger import ClockEvent
from econsult.consults.lifecycle import Status
from econsult.consults.policies import ClockName, save_policy
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from econsult.consults.urgency import adopt_rules, change_urgency
from econsult.database import Database, alembic_config
from econsult.notices import Notice, NoticeKind
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures_and_missed
from econsult.queue.preview import Scope, apply_to_open, preview
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DUE = NOON + 24 * HOUR


def _held(session: Session, clinic: Clinic, asked_at: datetime, *, ticked: bool = False) -> Consult:
    """Taken at noon, and asked about in the clinicians' lane at that moment; with hourly ticks until then, or none."""
    consult = clinic.claimed(session)
    consult.claim_until = NOON + 200 * HOUR
    _ticks(session, NOON, asked_at - HOUR if ticked else NOON)
    threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=asked_at)
    return consult


def _steps(session: Session, consult: Consult) -> list[tuple[int, datetime | None, datetime]]:
    lines = select(ClockEvent).where(ClockEvent.consult_id == consult.id, ClockEvent.name == ClockName.FIRST_REPLY)
    found = session.scalars(lines.where(ClockEvent.level > 0).order_by(ClockEvent.id))
    return [(line.level, line.due_at, line.at) for line in found]


def _told(session: Session, kind: NoticeKind) -> list[int]:
    return sorted(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def _ticks(session: Session, start: datetime, end: datetime) -> None:
    while start <= end:
        fire(session, start)
        start += HOUR


def test_what_broke_before_it_was_asked_about_is_told_while_it_waits(database: Database, clinic: Clinic) -> None:
    asked, tick = DUE + SECOND, DUE + 3 * SECOND
    with database.writing() as session:
        consult = _held(session, clinic, asked, ticked=True)
        late = f"2 {consult.number}: a promise is broken and nobody was told"
        assert late in set(violations(session, DUE + 3 * MINUTE))
        assert fire(session, tick) == (1, 1)
        assert _steps(session, consult)[-1] == (100, DUE, tick)
        assert _told(session, NoticeKind.LATE) == [clinic.mother.id]
        everybody = (clinic.derm, clinic.derm2, clinic.coordinator, clinic.director, clinic.pcp, clinic.other_pcp)
        told = _told(session, NoticeKind.OVERDUE)
        assert set(told) >= {each.id for each in everybody if each.organization_id in (None, clinic.home.id)}
        (clock,) = open_clocks(session, consult.id, ClockName.FIRST_REPLY)
        assert (clock.is_breached, consult.status, consult.due_at) == (True, Status.NEEDS_INFO, DUE)
        assert list(violations(session, DUE + 3 * MINUTE)) == []
        # The pause holds what comes after: the reminder of the question, and no further step, until it is over.
        _ticks(session, tick, asked + 71 * HOUR)
        assert [level for level, _due, _at in _steps(session, consult)] == [50, 75, 90, 100]
        assert _told(session, NoticeKind.OVERDUE) == told
        assert clinic.pcp.id in _told(session, NoticeKind.STILL_NEEDED)
        fire(session, asked + 72 * HOUR)
        assert consult.status == Status.CLAIMED
        fire(session, DUE + 96 * HOUR)
        assert _steps(session, consult)[-1] == (200, DUE + 96 * HOUR, DUE + 96 * HOUR)
        assert list(violations(session, DUE + 96 * HOUR)) == []


def test_after_a_standstill_what_was_due_before_the_question_is_told_and_counted(
    database: Database, clinic: Clinic
) -> None:
    """No clock process for three days, and whoever has it asks at 30 h: every step until then, each told once."""
    back = NOON + 72 * HOUR
    with database.writing() as session:
        consult = _held(session, clinic, NOON + 30 * HOUR)
        fire(session, back)
        assert [(level, due) for level, due, _at in _steps(session, consult)] == [
            (50, NOON + 12 * HOUR),
            (75, NOON + 18 * HOUR),
            (90, NOON + timedelta(hours=21, minutes=36)),
            (100, DUE),
        ]
        assert _told(session, NoticeKind.OVERDUE).count(clinic.director.id) == 1
        assert _told(session, NoticeKind.REMINDER) == []
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=back + HOUR)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=back + HOUR, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=back + HOUR)
        fire(session, back + HOUR)
        assert list(violations(session, back + HOUR)) == []
        assert figures_and_missed(session, NOON, back + 2 * HOUR, back + 2 * HOUR)[1] == [
            (consult.id, ClockName.FIRST_REPLY, 6.0)
        ]


@pytest.mark.parametrize("how", ["raised", "policy"])
def test_a_target_that_ended_before_the_pause_began_is_broken_at_once(
    database: Database, clinic: Clinic, how: str
) -> None:
    now, ends = NOON + 7 * HOUR, NOON + 4 * HOUR
    content = {"first_reply": 240}
    with database.writing() as session:
        consult = _held(session, clinic, NOON + 6 * HOUR)
        fire(session, now)
        (change,) = preview(session, scope := Scope(clinic.program.id, "", "", TARGETS), content, now=now).changes
        assert [(move.clock, move.would_be, move.is_late) for move in change.moves] == [("first_reply", ends, True)]
        if how == "raised":
            change_urgency(session, consult, clinic.pcp, "same_day", "", now=now, targets=TARGETS)
        else:
            save_policy(session, clinic.admin, specialty="", urgency="", content=content, now=now)
            assert apply_to_open(session, clinic.admin, scope, now=now).done == 1
        assert fire(session, now + SECOND) == (1, 1)
        assert _steps(session, consult)[-1] == (100, ends, now + SECOND)
        assert _told(session, NoticeKind.LATE) == [clinic.mother.id]
        assert consult.status == Status.NEEDS_INFO
        assert figures_and_missed(session, NOON, now + HOUR, now + HOUR)[1] == [
            (consult.id, ClockName.FIRST_REPLY, 2.0)
        ]
        assert list(violations(session, now + HOUR)) == []


def test_what_was_not_yet_due_waits_for_the_end_of_the_pause(database: Database, clinic: Clinic) -> None:
    """One second before the deadline three steps had come, and the promise is held."""
    with database.writing() as session:
        consult = _held(session, clinic, DUE - SECOND)
        _ticks(session, DUE, DUE + 71 * HOUR)
        assert [level for level, _due, _at in _steps(session, consult)] == [50, 75, 90]
        fire(session, DUE + 72 * HOUR)
        assert _steps(session, consult)[-1] == (100, DUE + 72 * HOUR, DUE + 72 * HOUR)
        assert list(violations(session, DUE + 72 * HOUR)) == []


@pytest.mark.slow
def test_what_an_older_version_kept_silent_is_told_by_the_first_tick(database: Database, clinic: Clinic) -> None:
    asked = DUE + MINUTE
    with database.writing() as session:
        consult, other = _held(session, clinic, asked, ticked=True), _held(session, clinic, NOON + HOUR)
        numbers, middle = (consult.id, other.id), other.next_deadline_at
        session.execute(update(Consult).where(Consult.id == consult.id).values(next_deadline_at=asked + 36 * HOUR))
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    database.migrate(f"-{sum(each.revision > '0061' for each in script.walk_revisions())}")
    database.migrate()
    with database.writing() as session:
        found = [session.get_one(Consult, number).next_deadline_at for number in numbers]
        assert found == [DUE, middle]
        fire(session, asked + HOUR)
        broken = select(func.count(ClockEvent.id)).where(
            ClockEvent.kind == "breached", ClockEvent.consult_id.in_(numbers)
        )
        assert session.scalars(broken.where(ClockEvent.name == ClockName.FIRST_REPLY)).one() == 1
        assert list(violations(session, asked + HOUR)) == []


@pytest.mark.parametrize("ended", ["answered", "another target"])
def test_what_broke_and_ended_before_the_next_tick_is_in_the_ledger(
    database: Database, clinic: Clinic, ended: str
) -> None:
    late = DUE + SECOND
    with database.writing() as session:
        consult = clinic.claimed(session)
        consult.claim_until = NOON + 200 * HOUR
        fire(session, DUE - HOUR)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=DUE - HOUR, lease=LEASE)
        if ended == "answered":
            answers.sign(session, consult, clinic.derm, now=late)
        else:
            save_policy(session, clinic.admin, specialty="", urgency="", content={"first_reply": 72 * 60}, now=late)
            assert adopt_rules(session, consult, clinic.admin, now=late)
        [broken] = session.scalars(select(ClockEvent).where(ClockEvent.kind == "breached"))
        assert (broken.level, broken.due_at, broken.at, broken.cycle) == (100, DUE, late, 1)
        fire(session, late + SECOND)
        assert list(violations(session, late + 3 * MINUTE)) == []


def test_a_promise_kept_in_its_last_second_leaves_no_line(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        consult.claim_until = NOON + 200 * HOUR
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=DUE, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=DUE)
        assert not list(session.scalars(select(ClockEvent).where(ClockEvent.kind == "breached")))


def test_a_pause_that_is_over_before_the_next_tick_moves_not_when_the_promise_broke(
    database: Database, clinic: Clinic
) -> None:
    """The clock process is away from before the deadline until the clinic has sent what it was asked for."""
    back = DUE + 30 * HOUR
    with database.writing() as session:
        consult = _held(session, clinic, DUE + MINUTE)
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=back)
        numbers = [
            [each[0] for each in figures_and_missed(session, start, start + HOUR, back + HOUR)[1]]
            for start in (DUE, back - HOUR)
        ]
        fire(session, back + MINUTE)
        assert _steps(session, consult)[-1] == (100, back - MINUTE, back + MINUTE), "people are told all the same"
        assert numbers == [[consult.id], []]
        assert [each[0] for each in figures_and_missed(session, DUE, DUE + HOUR, back + HOUR)[1]] == [consult.id]
        assert figures_and_missed(session, DUE + HOUR, back + HOUR, back + HOUR)[1] == []
        assert list(violations(session, back + HOUR)) == []
