"""What the consent text promises: when an answer is late, the family and its clinic hear of it, once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from econsult.database import Database
from econsult.notices import TEXTS, Notice, NoticeKind
from econsult.queue.firing import fire
from tests.personas import NOON, Clinic


def test_a_late_answer_is_told_to_the_family_and_the_clinic(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        clinic.claimed(session)
    for hours in (23, 25, 26):
        with database.writing() as session:
            fire(session, NOON + timedelta(hours=hours))
            late = session.scalars(select(Notice).where(Notice.kind == NoticeKind.LATE)).all()
            told = session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.OVERDUE)).all()
        is_late = hours > 24
        assert [(notice.person_id, notice.language) for notice in late] == [(clinic.mother.id, "es")] * is_late
        assert (clinic.pcp.id in told) is is_late


def test_the_family_reads_that_it_is_not_forgotten() -> None:
    assert "No le hemos olvidado" in TEXTS[NoticeKind.LATE]["es"]
