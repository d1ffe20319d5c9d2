"""A decline is not an end yet: the clinic has it, by a deadline, until the family was told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults import answers, declining, holding, reopening, requests, telling, threads
from econsult.consults.answers import signed_answer
from econsult.consults.clocks import open_clocks, start_clock, stop_clock
from econsult.consults.overdue import late_after_the_end
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from econsult.consults.views import View
from econsult.consults.worklist import page
from econsult.database import Database
from econsult.errors import ImpossibleVerbError
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.people.signin import close_account
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from tests.personas import LEASE, NOON, TARGETS, Clinic

HOUR = timedelta(hours=1)


def _declined(session: Session, clinic: Clinic) -> Consult:
    return declining.decline(session, clinic.claimed(session), clinic.derm, "Needs a visit", now=NOON)


def _heard(session: Session, *kinds: NoticeKind) -> set[int]:
    return set(session.scalars(select(Notice.person_id).where(Notice.kind.in_(kinds))))


def test_the_clinic_is_reminded_until_the_family_was_told(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _declined(session, clinic)
        assert _heard(session, NoticeKind.DECLINED) == {clinic.pcp.id}
        (clock,) = open_clocks(session, consult.id)
        assert (clock.name, clock.deadline_at, consult.due_at) == (
            "family_informed",
            NOON + 24 * HOUR,
            clock.deadline_at,
        )
        fire(session, NOON + 18 * HOUR)
        # A specialist can tell nobody anything.
        assert _heard(session, NoticeKind.REMINDER) == {clinic.pcp.id}
        fire(session, NOON + 25 * HOUR)
        late = {clinic.pcp.id, clinic.coordinator.id, clinic.director.id}
        assert _heard(session, NoticeKind.OVERDUE) == late
        assert list(violations(session, NOON + 25 * HOUR)) == []
        for person, view in (
            (clinic.pcp, View.OVERDUE),
            (clinic.coordinator, View.OVERDUE),
            (clinic.coordinator, View.UNTOLD),
        ):
            found = page(session, person, view, now=NOON + 25 * HOUR)
            assert [each.id for each in found.consults] == [consult.id]
        telling.inform(session, consult, clinic.coordinator, method="phone", teach_back=False, now=NOON + 26 * HOUR)
        assert (open_clocks(session, consult.id), consult.next_deadline_at) == ([], None)
        assert page(session, clinic.coordinator, View.OVERDUE, now=NOON + 27 * HOUR).consults == []
        assert list(violations(session, NOON + 27 * HOUR)) == []


def test_opened_again_the_specialists_have_it_and_nobody_is_told_of_the_decline(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = reopening.reopen(session, _declined(session, clinic), clinic.pcp, "With photos now", now=NOON + HOUR)
        assert {clock.name for clock in open_clocks(session, consult.id)} == {"first_reply", "allocate"}
        assert list(violations(session, NOON + HOUR)) == []


def test_where_the_clinic_has_nobody_left_the_desk_hears_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        close_account(session, session.get_one(Person, clinic.pcp.id), NOON)
        declining.decline(session, consult, clinic.derm, "Needs a visit", now=NOON)
        assert _heard(session, NoticeKind.DECLINED) == {clinic.coordinator.id}


def test_a_family_whose_question_the_clinic_declines_hears_of_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = holding.claim(session, clinic.family_question(session), clinic.pcp, now=NOON, lease=LEASE)
        declining.decline(session, consult, clinic.pcp, "Not for us", now=NOON)
        assert _heard(session, NoticeKind.DECLINED) == {clinic.mother.id}
        assert [clock.name for clock in open_clocks(session, consult.id)] == ["family_informed"]


@pytest.mark.parametrize("why", ["clock", "told", "other"])
def test_the_checker_sees_a_decline_that_is_forgotten_or_goes_on(database: Database, clinic: Clinic, why: str) -> None:
    with database.writing() as session:
        consult = _declined(session, clinic)
        (clock,) = open_clocks(session, consult.id)
        if why == "clock":
            clock.state = "stopped"
        if why == "told":
            consult.informed_at = NOON
        if why == "other":
            start_clock(session, consult, ClockName.NEXT_REPLY, HOUR, NOON, lane="clinicians")
        session.flush()
        words = {"clock": "the family has not heard", "told": "a clock runs although it has ended"}.get(
            why, "a clock runs although it was declined"
        )
        assert any(words in line for line in violations(session, NOON))


def test_an_answer_that_a_reopening_kept_back_is_opened_when_no_newer_one_will_come(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        reopening.reopen(session, consult, clinic.pcp, "It came back", now=NOON + HOUR, targets=TARGETS)
        holding.claim(session, consult, clinic.derm, now=NOON + HOUR, lease=LEASE)
        declining.decline(session, consult, clinic.derm, "Needs a visit", now=NOON + 2 * HOUR)
        answer = signed_answer(session, consult.id)
        assert answer is not None
        assert (answer.released_at, consult.unheard_version) == (NOON + 2 * HOUR, answer.version)
        assert clinic.mother.id in _heard(session, NoticeKind.ANSWERED)
        assert [clock.name for clock in open_clocks(session, consult.id)] == ["family_informed"]
        assert [consult.id] == [each.id for each in page(session, clinic.coordinator, View.UNTOLD, now=NOON).consults]
        assert list(violations(session, NOON + 3 * HOUR)) == []
        telling.inform(session, consult, clinic.coordinator, method="phone", teach_back=True, now=NOON + 3 * HOUR)
        assert open_clocks(session, consult.id) == []


@pytest.mark.parametrize("is_sealed", [False, True])
def test_so_it_is_where_the_question_is_taken_back(database: Database, clinic: Clinic, is_sealed: bool) -> None:
    """But not where the family took back its consent."""
    with database.writing() as session:
        consult = clinic.answered(session)
        reopening.reopen(session, consult, clinic.pcp, "It came back", now=NOON + HOUR, targets=TARGETS)
        consult.consent_withdrawn_at = NOON if is_sealed else None
        requests.withdraw(session, consult, clinic.pcp, "Seen here", now=NOON + 2 * HOUR)
        answer = signed_answer(session, consult.id)
        assert answer is not None
        assert (answer.released_at is None, consult.unheard_version is None) == (is_sealed, is_sealed)
        assert (clinic.mother.id in _heard(session, NoticeKind.ANSWERED)) is not is_sealed
        assert open_clocks(session, consult.id) == []
        assert list(violations(session, NOON + 3 * HOUR)) == []


def test_what_is_late_after_its_end_is_read_by_an_index_of_exactly_that(sqlite_database: Database) -> None:
    """However many were answered or declined and settled since."""
    for condition in late_after_the_end(NOON):
        keys = (Consult.urgency_rank, Consult.due_at, Consult.id)
        query = select(*keys).where(Consult.program_id == 1, condition).order_by(*keys).limit(50)
        compiled = query.compile(sqlite_database.engine)
        values = [str(compiled.params[name]) for name in compiled.positiontup or ()]
        with sqlite_database.engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(values)).all()
        whole = "(program_id=? AND status=? AND urgency_rank=? AND due_at<?)"
        assert [row[3] for row in plan] == [f"SEARCH consult USING INDEX ix_consult_desk_promised {whole}"]


@pytest.mark.parametrize("is_reopened", [False, True])
def test_what_the_family_asked_its_clinic_is_still_answered_after_a_decline(
    database: Database, clinic: Clinic, is_reopened: bool
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session) if is_reopened else clinic.claimed(session)
        if is_reopened:
            answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Puede ir a la escuela?", now=NOON + HOUR)
        if is_reopened:
            reopening.reopen(session, consult, clinic.pcp, "It came back", now=NOON + 2 * HOUR)
            holding.claim(session, consult, clinic.derm, now=NOON + 2 * HOUR, lease=LEASE)
        declining.decline(session, consult, clinic.derm, "Needs a visit", now=NOON + 3 * HOUR)
        assert {clock.name for clock in open_clocks(session, consult.id)} == {"family_informed", "next_reply"}
        assert consult.family_waits_since == NOON + HOUR
        telling.inform(session, consult, clinic.coordinator, method="phone", teach_back=False, now=NOON + 4 * HOUR)
        assert list(violations(session, NOON + 4 * HOUR)) == []
        fire(session, NOON + 25 * HOUR)
        assert _heard(session, NoticeKind.OVERDUE) >= {clinic.pcp.id, clinic.coordinator.id}
        found = page(session, clinic.pcp, View.OVERDUE, now=NOON + 25 * HOUR)
        assert [each.id for each in found.consults] == [consult.id]
        for person, lane in ((clinic.mother, Audience.FAMILY), (clinic.pcp, Audience.CLINICIANS)):
            with pytest.raises(ImpossibleVerbError):
                threads.post(session, consult, person, lane, text="Otra cosa", now=NOON + 26 * HOUR)
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Si", now=NOON + 26 * HOUR)
        assert (
            open_clocks(session, consult.id)
            == []
            == page(session, clinic.pcp, View.OVERDUE, now=NOON + 26 * HOUR).consults
        )
        with pytest.raises(ImpossibleVerbError):
            threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Y esto", now=NOON + 26 * HOUR)
        assert list(violations(session, NOON + 27 * HOUR)) == []


@pytest.mark.parametrize("who", ["clinic", "family", "consent"])
def test_it_is_answered_after_the_clinic_took_the_request_back_and_waits_no_more_where_the_family_did(
    database: Database, clinic: Clinic, who: str
) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Puede ir a la escuela?", now=NOON + HOUR)
        consult.consent_withdrawn_at = NOON if who == "consent" else None
        by = clinic.mother if who == "family" else clinic.pcp
        requests.withdraw(session, consult, by, "Seen here", now=NOON + 2 * HOUR)
        if who != "clinic":
            assert (open_clocks(session, consult.id), consult.family_waits_since) == ([], None)
            return
        assert [(clock.name, clock.deadline_at) for clock in open_clocks(session, consult.id)] == [
            ("next_reply", NOON + 25 * HOUR)
        ]
        fire(session, NOON + 26 * HOUR)
        assert _heard(session, NoticeKind.OVERDUE) == {clinic.pcp.id, clinic.coordinator.id, clinic.director.id}
        for person in (clinic.pcp, clinic.coordinator):
            found = page(session, person, View.OVERDUE, now=NOON + 26 * HOUR)
            assert [each.id for each in found.consults] == [consult.id]
        assert list(violations(session, NOON + 26 * HOUR)) == []
        start_clock(session, consult, ClockName.FAMILY_INFORMED, HOUR, NOON + 26 * HOUR)
        assert any("it was taken back" in line for line in violations(session, NOON + 26 * HOUR))
        stop_clock(session, consult, ClockName.FAMILY_INFORMED, NOON + 26 * HOUR)
        with pytest.raises(ImpossibleVerbError):
            threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Otra", now=NOON + 26 * HOUR)
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Si", now=NOON + 26 * HOUR)
        assert (open_clocks(session, consult.id), consult.next_deadline_at) == ([], None)
        with pytest.raises(ImpossibleVerbError):
            threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Y esto", now=NOON + 26 * HOUR)
        assert list(violations(session, NOON + 27 * HOUR)) == []
