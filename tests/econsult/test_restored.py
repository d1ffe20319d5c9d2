"""A database that was put back to a copy of before: the clock catches up, each step once, and marks what is late."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from econsult.consults import holding
from econsult.consults.ledger import ClockEvent
from econsult.consults.records import Consult
from econsult.database import Database, TextCipher, open_database
from econsult.notices import Notice, NoticeKind
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from tests.personas import NOON, open_clinic

H = timedelta(hours=1)
STEPS = select(ClockEvent.level, ClockEvent.is_late).where(ClockEvent.name == "first_reply", ClockEvent.level > 0)


def test_a_copy_of_yesterday_tells_each_step_again_once_and_says_which_are_late(
    sqlite_database: Database, cipher: TextCipher, tmp_path: Path
) -> None:
    clinic = open_clinic(sqlite_database)
    with sqlite_database.writing() as session:
        number = clinic.claimed(session).id
    copy = _copied(sqlite_database, cipher, tmp_path / "copy.db")
    for hours in (12, 18, 22, 24):
        with sqlite_database.writing() as session:
            fire(session, NOON + hours * H)
    for _ in range(2):
        with copy.writing() as session:
            fire(session, NOON + 24 * H)
            holding.lapse_claims(session, NOON + 24 * H)
    with copy.reading() as session:
        steps = [tuple(row) for row in session.execute(STEPS.order_by(ClockEvent.id))]
        assert steps == [(50, True), (75, True), (90, True), (100, False)]
        told = select(Notice.id).where(Notice.person_id == clinic.director.id, Notice.kind == NoticeKind.OVERDUE)
        assert len(session.scalars(told).all()) == 1
        # Who had it is not known to go on with it: it is everybody's again.
        assert (session.get_one(Consult, number).status, list(violations(session, NOON + 24 * H))) == ("submitted", [])
    copy.close()


def _copied(database: Database, cipher: TextCipher, path: Path) -> Database:
    with sqlite3.connect(str(database.engine.url.database)) as source, sqlite3.connect(path) as target:
        source.backup(target)
    source.close()
    target.close()
    return open_database(f"sqlite:///{path}", cipher)
