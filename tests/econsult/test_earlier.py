"""Earlier consults of the same child: who may show them, who reads them, and until when; and what is asked twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from econsult import access
from econsult.access_log import looks_at
from econsult.asked_before import choose_earlier, count_earlier, duplicates_of, earlier_of
from econsult.consults import answers, holding, requests, telling
from econsult.consults.earlier import EarlierConsult, may_show
from econsult.consults.records import Consult
from econsult.consults.sealing import Withdrawing, withdraw_consent
from econsult.database import Database
from econsult.errors import InvalidError, NotFoundError
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.trail import AuditEvent
from tests.personas import LEASE, NOON, TARGETS, Clinic

DAY = timedelta(days=1)


def _pass(session: Session, person: Person, consult: Consult) -> access.Pass:
    return access.consult_for(session, person, consult.public_id, now=NOON)


def _with_earlier(session: Session, clinic: Clinic, *earlier: Consult, **changes: object) -> Consult:
    """A request to neurology that shows these, sent and taken."""
    draft = clinic.draft(session, specialty="neurology", **changes)
    choose_earlier(session, _pass(session, clinic.pcp, draft), clinic.pcp, [e.public_id for e in earlier], now=NOON)
    requests.submit(session, draft, clinic.pcp, requests.SubmitForm(), now=NOON, targets=TARGETS)
    return draft


def _read(session: Session, person: Person, consult: Consult) -> list[int]:
    return [shown.consult.id for shown in earlier_of(session, _pass(session, person, consult), person, now=NOON)]


def test_who_takes_the_request_reads_the_earlier_answer_by_it_alone_and_only_until_its_end(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        earlier = clinic.answered(session)
        consult = _with_earlier(session, clinic, earlier)
        # The pool learns that there is something, and reads nothing of it.
        assert _read(session, clinic.neuro, consult) == []
        assert count_earlier(session, _pass(session, clinic.neuro, consult)) == 1
        holding.claim(session, consult, clinic.neuro, now=NOON, lease=LEASE)
        (shown,) = earlier_of(session, _pass(session, clinic.neuro, consult), clinic.neuro, now=NOON)
        assert shown.answer is not None
        assert shown.answer.content["impression"] == "Atopic dermatitis"
        with pytest.raises(NotFoundError):
            _pass(session, clinic.neuro, earlier)
        answers.save_draft(session, consult, clinic.neuro, shown.answer.content, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.neuro, now=NOON)
        assert _read(session, clinic.neuro, consult) == [earlier.id]
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        telling.inform(session, consult, clinic.pcp, method="phone", teach_back=True, now=NOON)
        answers.close(session, consult, clinic.pcp, reason="", now=NOON)
        assert _read(session, clinic.neuro, consult) == []
    with database.reading() as session:
        looks = select(AuditEvent.detail).where(
            AuditEvent.consult_id == earlier.id, AuditEvent.person_id == clinic.neuro.id, AuditEvent.action == "read"
        )
        assert [detail.partition("/")[0] for detail in session.scalars(looks)] == ["attached", "attached"]


def test_a_mothers_log_tells_of_no_look_that_came_by_a_question_that_is_kept_from_her(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        earlier = clinic.answered(session)
        consult = _with_earlier(session, clinic, earlier)
        holding.claim(session, consult, clinic.neuro, now=NOON, lease=LEASE)
        _read(session, clinic.neuro, consult)
    child, number = clinic.child.public_id, earlier.number
    with database.writing() as session:
        before = looks_at(session, clinic.mother, child, now=NOON)[1]
        session.get_one(Consult, consult.id).confidential = "clinic"
    with database.writing() as session:
        after = looks_at(session, clinic.mother, child, now=NOON)[1]
    assert {look.action for look in before if look.number == number and look.detail} >= {
        "attach",
        "read",
    }
    assert [look for look in after if look.person is not None and look.person.id == clinic.neuro.id] == []
    assert [look for look in after if consult.public_id in look.detail] == []
    assert [look for look in after if look.number == number], "what was done with the open question stays"


def test_nothing_that_was_taken_back_or_is_kept_is_ever_shown(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        kept, sealed, plain = (clinic.answered(session) for _ in range(3))
        consult = _with_earlier(session, clinic, kept, sealed, plain)
        holding.claim(session, consult, clinic.neuro, now=NOON, lease=LEASE)
        kept.confidential = "youth"
        said = Withdrawing("parent", "verbal", "en")
        withdraw_consent(session, clinic.vault, sealed, clinic.pcp, said, now=NOON)
        # Both are asked anew at every look: what was attached before is shut as well.
        assert _read(session, clinic.neuro, consult) == [plain.id]
        withdrawn = requests.withdraw(session, clinic.econsult(session), clinic.pcp, "", now=NOON)
        draft = clinic.draft(session)
        for never in (kept, sealed, withdrawn, clinic.draft(session), draft):
            with pytest.raises(InvalidError):
                choose_earlier(session, _pass(session, clinic.pcp, draft), clinic.pcp, [never.public_id], now=NOON)
        # A request that is kept in the same way may show it.
        alike = clinic.draft(session)
        alike.confidential = "youth"
        choose_earlier(session, _pass(session, clinic.pcp, alike), clinic.pcp, [kept.public_id], now=NOON)
        # And so may one that is kept better, but never one that is kept less; what left no trace is shown by none.
        kept.confidential = "clinic"
        assert may_show(alike, kept)
        kept.confidential, alike.confidential = "youth", "clinic"
        assert not may_show(alike, kept)
        kept.confidential = "unsafe"
        assert not may_show(alike, kept)


def test_only_what_the_asker_may_read_about_the_same_child_is_attached(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        theirs = clinic.answered(session)
        other = requests.create(session, clinic.other_pcp, clinic.other_child, requests.RequestForm(), now=NOON)
        draft = clinic.draft(session)
        for unknown in (other.public_id, "0" * 32):
            with pytest.raises(InvalidError):
                choose_earlier(session, _pass(session, clinic.pcp, draft), clinic.pcp, [unknown], now=NOON)
        row = {"program_id": clinic.program.id, "patient_id": clinic.child.id, "added_by_id": clinic.pcp.id, "at": NOON}
        session.add(EarlierConsult(consult_id=draft.id, earlier_id=other.id, **row))
        # The database itself refuses another child's.
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()
    assert theirs.id


def test_a_choice_replaces_the_one_before(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        first, second = clinic.answered(session), clinic.answered(session)
        draft = clinic.draft(session)
        passed = _pass(session, clinic.pcp, draft)
        for chosen in ([first, second], [second], []):
            choose_earlier(session, passed, clinic.pcp, [each.public_id for each in chosen], now=NOON)
            assert set(_read(session, clinic.pcp, draft)) == {each.id for each in chosen}
        with pytest.raises(InvalidError):
            many = [clinic.answered(session).public_id for _ in range(6)]
            choose_earlier(session, passed, clinic.pcp, many, now=NOON)


def test_the_same_specialty_within_14_days_is_pointed_out_whatever_became_of_it(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        old_open = clinic.econsult(session, now=NOON - 30 * DAY)
        long_ago = clinic.answered(session, now=NOON - 15 * DAY)
        answered = clinic.answered(session, now=NOON - 13 * DAY)
        closed = clinic.answered(session, now=NOON - 2 * DAY)
        answers.close(session, closed, clinic.pcp, reason="Moved", now=NOON - DAY)
        requests.withdraw(session, clinic.econsult(session), clinic.pcp, "", now=NOON)
        clinic.econsult(session, specialty="neurology")
        draft = clinic.draft(session)
        found = duplicates_of(session, _pass(session, clinic.pcp, draft), clinic.pcp, now=NOON)
        assert [each.consult.id for each in found] == [closed.id, answered.id, old_open.id]
        assert long_ago.id not in {each.consult.id for each in found}
        # Once it is sent it still says so, and whoever answers is told nothing.
        requests.submit(session, draft, clinic.pcp, requests.SubmitForm(), now=NOON, targets=TARGETS)
        assert len(duplicates_of(session, _pass(session, clinic.pcp, draft), clinic.pcp, now=NOON + 20 * DAY)) == 3
        assert duplicates_of(session, _pass(session, clinic.derm, draft), clinic.derm, now=NOON) == []


def test_a_nurse_reads_that_somebody_else_has_asked_and_never_of_what_is_kept(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        asked, kept = clinic.econsult(session), clinic.econsult(session)
        kept.confidential = "youth"
        session.get_one(Patient, clinic.child.id).registered_by_id = clinic.nurse.id
        form = requests.RequestForm(kind="econsult", specialty="dermatology")
        draft = requests.create(session, clinic.nurse, clinic.child, form, now=NOON)
        found = duplicates_of(session, _pass(session, clinic.nurse, draft), clinic.nurse, now=NOON)
        assert [(each.consult.id, each.is_open) for each in found] == [(asked.id, False)]
