"""Notices say the least that helps, in the reader's language, once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from econsult.consults.records import Consult
from econsult.database import Database
from econsult.jobs import Job, JobKind
from econsult.notices import SUBJECTS, TEXTS, Notice, NoticeKind, letter, mark_notice_sent, notify
from econsult.people.persons import SPECIALTIES
from tests.personas import FAMILY_QUESTION, NOON, QUESTION, Clinic


def test_every_kind_is_written_in_every_language() -> None:
    assert {kind: set(texts) for kind, texts in TEXTS.items()} == {kind: set(SUBJECTS) for kind in NoticeKind}


def test_telling_twice_is_one_notice_and_one_job(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.draft(session)
        first = notify(session, clinic.mother, NoticeKind.MESSAGE, consult_id=consult.id, about="a", now=NOON)
        again = notify(session, clinic.mother, NoticeKind.MESSAGE, consult_id=consult.id, about="a", now=NOON)
        other = notify(session, clinic.mother, NoticeKind.MESSAGE, consult_id=consult.id, about="b", now=NOON)
        assert first.id == again.id != other.id
        assert session.scalar(select(func.count()).where(Job.kind == JobKind.NOTIFY)) == 2


def test_a_letter_is_in_the_persons_language_and_holds_no_health_data(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        notices = session.scalars(select(Notice).where(Notice.consult_id == consult.id)).all()
        letters = {notice.person_id: " ".join(letter(notice, "https://clinic.test")) for notice in notices}
    assert "Recibimos" in letters[clinic.mother.id]
    forbidden = {
        "luz",
        "prueba",
        "2022",
        "elbow",
        *SPECIALTIES,
        *QUESTION.lower().split()[2:4],
        *FAMILY_QUESTION.split()[-2:],
    }
    assert not [word for text in letters.values() for word in forbidden if word in text.lower()]


def test_a_sent_notice_says_when(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        notice = notify(session, clinic.pcp, NoticeKind.OVERDUE, consult_id=None, about="x", now=NOON)
        mark_notice_sent(notice, NOON)
        assert (notice.state, notice.sent_at) == ("sent", NOON)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_a_letter_leads_to_the_front_door_only(database: Database, clinic: Clinic, kind: NoticeKind) -> None:
    with database.writing() as session:
        consult: Consult = clinic.draft(session)
        notice = notify(session, clinic.pcp, kind, consult_id=consult.id, about="x", now=NOON)
        assert letter(notice, "https://clinic.test")[1].endswith("\n\nhttps://clinic.test/\n")
