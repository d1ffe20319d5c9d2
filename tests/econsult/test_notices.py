"""Notices say the least that helps, in the reader's language, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from econsult.consults import requests, threads
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.consults.threads import Audience
from econsult.database import Database
from econsult.errors import ForbiddenError
from econsult.jobs import Job, JobKind
from econsult.notices import SUBJECTS, TEXTS, Notice, NoticeKind, NoticeState, letter, mark_notice_sent, notify
from econsult.people.persons import SPECIALTIES
from econsult.queue.firing import fire
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
        letters = {
            notice.person_id: " ".join(letter(notice, "https://clinic.test", is_family=True)) for notice in notices
        }
    assert "Su doctor hizo una pregunta" in letters[clinic.mother.id]
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
        path = "account#h-sessions" if kind == NoticeKind.SIGN_IN_NEW else ""
        assert letter(notice, "https://clinic.test", is_family=False)[1].endswith(f"\n\nhttps://clinic.test/{path}\n")


def test_of_a_test_nobody_is_told_but_who_made_it(database: Database, clinic: Clinic) -> None:
    late = NOON + timedelta(hours=30)
    with database.writing() as session:
        asked = clinic.take(session, clinic.econsult(session, is_test=True))
        threads.request_info(session, asked, clinic.derm, text="Photo?", items=[], audience=Audience.FAMILY, now=NOON)
        trials = [asked, clinic.econsult(session, is_test=True)]
        fire(session, late)
        query = select(Notice.person_id).where(Notice.consult_id.in_([trial.id for trial in trials])).distinct()
        assert set(session.scalars(query)) == {clinic.pcp.id}
        digests = select(Notice.person_id).where(Notice.kind == NoticeKind.DIGEST).distinct()
        assert set(session.scalars(digests)) <= {clinic.pcp.id}
        # What is real comes after it, and finds its letters of the hour and the digests as if there were no test.
        real = clinic.econsult(session)
        fire(session, late)
        letters = select(Notice).where(Notice.consult_id == real.id, Notice.kind == NoticeKind.OVERDUE)
        told = {notice.person_id: notice.state for notice in session.scalars(letters)}
        assert told.get(clinic.coordinator.id) == NoticeState.PENDING


def test_no_family_makes_a_test(database: Database, clinic: Clinic) -> None:
    with database.writing() as session, pytest.raises(ForbiddenError):
        requests.create(session, clinic.mother, clinic.child, RequestForm(is_test=True), now=NOON)
