"""What the consent text promises: when an answer is late, the family and its clinic hear of it, once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event, select

from econsult.database import Database
from econsult.jobs import Job
from econsult.notices import TEXTS, Notice, NoticeKind
from econsult.queue.firing import fire
from econsult.queue.quiet import Quiet
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


def test_that_an_urgent_answer_is_late_waits_for_no_morning(database: Database, clinic: Clinic) -> None:
    """Late at six in the morning, where the family's night ends at seven."""
    for urgency, at in (("urgent", NOON + timedelta(hours=1)), ("same_day", NOON + timedelta(hours=2))):
        with database.writing() as session:
            consult = clinic.econsult(
                session, urgency=urgency, now=at - timedelta(hours=1 if urgency == "urgent" else 4)
            )
            fire(session, at, Quiet("America/Denver", 21, 8))
            sent = select(Job.run_after).join(Notice, Notice.id == Job.subject_id).where(Job.kind == "notify")
            mine = sent.where(Notice.kind == NoticeKind.LATE, Notice.consult_id == consult.id)
            assert (session.scalars(mine).one() == at) is (urgency == "urgent")


def test_the_family_reads_that_it_is_not_forgotten() -> None:
    assert "No le hemos olvidado" in TEXTS[NoticeKind.LATE]["es"]


def test_many_late_answers_of_one_child_look_its_family_up_once(database: Database, clinic: Clinic) -> None:
    counts = []
    for many in (2, 20):
        with database.writing() as session:
            for _ in range(many):
                clinic.claimed(session)
            asked: list[str] = []
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", lambda *told, seen=asked: seen.append(told[2]))
            fire(session, NOON + timedelta(hours=24))
            counts.append(
                sum("FROM related_person" in statement or "JOIN related_person" in statement for statement in asked)
            )
            session.rollback()
    assert counts[0] == counts[1] > 0
