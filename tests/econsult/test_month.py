"""A few days of the worked month; and that its proof fails where the queue is broken on purpose."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

import tests.bench._witness
from econsult.consults.holding import lapse_claims
from econsult.queue.firing import fire
from econsult.settings import load_settings
from tests.bench._month import Month
from tests.bench._witness import HOUR, QUARTER
from tests.personas import open_clinic
from tests.schema import lay_schema
from workers.runtime import Runtime, open_runtime

SPOILS = {
    "UPDATE notice SET created_at = '2027-01-01 00:00:00.000000'": "unannounced",
    "DELETE FROM clock_event WHERE kind = 'breached' AND name = 'first_reply'": "missing",
    "UPDATE clock_event SET kind = 'breached' WHERE kind = 'started'": "invented",
}


class Slow(Month):
    """Nobody is at work for the first day and more, so that promises break; each must have been announced."""

    def work(self, person):
        if self.now > self.began + 27 * HOUR:
            super().work(person)

    def live(self, days: float) -> None:
        self.began = self.now
        self.witness.calendar.ill += [(number, self.now, self.now + 27 * HOUR) for number in self.people]
        super().live(days)


class Asleep(Slow):
    """No clock process ever runs."""

    def tick(self) -> None:
        self.look(has_ticked=False)


class Ill(Month):
    """Somebody takes a case and falls ill; a colleague is at work every night."""

    lapses = True

    def live(self, days: float) -> None:
        with self.event() as session:
            self.plan(session)
        self.ask()
        self.work(self.clinic.derm)
        self.witness.calendar.ill.append((self.clinic.derm.id, self.now, self.now + 30 * HOUR))
        until = self.now + timedelta(days=days)
        while self.now < until:
            if self.clinic.derm2.id in self.witness.calendar.here(self.now):
                self.work(self.clinic.derm2)
            with self.event() as session:
                fire(session, self.now)
                if self.lapses:
                    lapse_claims(session, self.now)
            self.now += QUARTER


class Unlapsed(Ill):
    """Nobody takes it back."""

    lapses = False


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    found = open_runtime(load_settings({"ECONSULT_DATA": str(tmp_path)}))
    lay_schema(found.database)
    return found


def _month(kind: type[Month], runtime: Runtime) -> Month:
    return kind(runtime, open_clinic(runtime.database, vault=runtime.vault), seed=3)


def test_the_witness_shares_no_code_with_the_product() -> None:
    tree = ast.parse(Path(tests.bench._witness.__file__).read_text())
    named = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    ours = {"econsult", "workers", "web", "uploads", "imaging", "storage", "tests"}
    assert not [name for name in named if name.split(".")[0] in ours]


@pytest.mark.slow
def test_a_day_leaves_nothing_without_owner_or_deadline(runtime: Runtime) -> None:
    month = _month(Month, runtime)
    month.live(1)
    verdict = month.witness.judge(month.rows, month.now)
    assert month.witness.questions
    assert month.witness.orphans == []
    assert verdict.missing | verdict.invented | verdict.covered | verdict.unannounced == set()


@pytest.mark.wide
def test_what_breaks_where_nobody_was_at_work_was_announced(runtime: Runtime) -> None:
    """And the proof fails where the letters, or the lines of the ledger, are spoilt afterwards."""
    month = _month(Slow, runtime)
    month.live(1.2)
    verdict = month.witness.judge(month.rows, month.now)
    assert verdict.broken
    assert month.witness.orphans == []
    assert verdict.missing | verdict.invented | verdict.covered | verdict.unannounced == set()
    for spoil, what in SPOILS.items():
        with runtime.database.writing() as session:
            session.execute(text(spoil))
        assert getattr(month.witness.judge(month.rows, month.now), what), spoil


def test_the_proof_fails_where_no_clock_ticks(runtime: Runtime) -> None:
    month = _month(Asleep, runtime)
    month.live(1.1)
    verdict = month.witness.judge(month.rows, month.now)
    assert verdict.broken
    assert verdict.missing == verdict.broken


@pytest.mark.parametrize(("kind", "covered"), [(Ill, set()), (Unlapsed, {1})])
def test_the_proof_fails_where_a_case_stays_with_somebody_who_fell_ill(
    runtime: Runtime, kind: type[Month], covered: set[int]
) -> None:
    month = _month(kind, runtime)
    month.live(1.2)
    assert month.witness.judge(month.rows, month.now).covered == covered


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        ("UPDATE consult SET next_deadline_at = NULL", "has no deadline"),
        ("UPDATE consult SET next_deadline_at = '2027-01-01 00:00:00.000000'", "is looked at after it ran out"),
        ("UPDATE consult SET status = 'claimed', holder_id = NULL", "has no owner"),
        ("UPDATE consult SET specialty = 'genetics'", "has no owner"),
        ("UPDATE clock SET state = 'stopped' WHERE name = 'first_reply'", "waits without a clock"),
        ("UPDATE consult SET status = 'withdrawn'", "waits and is in no list"),
        ("UPDATE consult SET next_deadline_at = '2026-01-01 00:00:00.000000'", "was due and has not fired"),
    ],
)
def test_the_proof_fails_where_a_row_is_spoilt(runtime: Runtime, spoil: str, fault: str) -> None:
    month = _month(Month, runtime)
    with month.event() as session:
        month.plan(session)
    month.ask()
    month.tick()
    assert month.witness.orphans == []
    with runtime.database.writing() as session:
        session.execute(text(spoil))
    month.look(has_ticked=True)
    assert f"1: {fault}" in month.witness.orphans
