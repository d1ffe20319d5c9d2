"""Somebody who has a request, or is to be given it, and is off duty by the roster: the desk knows of it at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults import holding, passing
from econsult.consults.ledger import ClockEvent
from econsult.consults.records import Consult
from econsult.consults.reopening import reopen
from econsult.consults.threads import request_info
from econsult.consults.urgency import change_urgency
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError
from econsult.people.persons import PractitionerSpecialty
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.firing import fire
from econsult.queue.forecast import forecast
from econsult.queue.invariants import violations
from econsult.rosters.planning import take_off
from tests.econsult.test_cover import EDGE, SECOND, shift, told, watch
from tests.personas import LEASE, NOON, TARGETS, Clinic

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def _give(session: Session, clinic: Clinic, consult: Consult, *, although: bool = False) -> None:
    desk, at = clinic.coordinator, NOON + MINUTE
    passing.assign(
        session, consult, clinic.derm2, "You know it", by=desk, now=at, lease=LEASE, although_off_duty=although
    )


def test_who_is_off_duty_is_given_nothing_unless_the_desk_says_so(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm)
        shift(session, clinic, clinic.derm2, weekday=4)
        consult = clinic.econsult(session, urgency="urgent")
        with pytest.raises(ForbiddenError) as refused:
            _give(session, clinic, consult)
        assert (refused.value.code, consult.holder_id, told(session)) == ("off_duty", None, [])
        _give(session, clinic, consult, although=True)
        assert (consult.holder_id, told(session)) == (clinic.derm2.id, [(consult.id, clinic.coordinator.id)])
        lines = select(ClockEvent.name, ClockEvent.at).where(ClockEvent.reason == "no_cover")
        assert [tuple(row) for row in session.execute(lines)] == [("first_reply", NOON + MINUTE)]
        assert list(violations(session, NOON + MINUTE)) == []


def test_the_desk_hears_of_what_comes_after_that_as_well(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm2, weekday=4)
        consult = clinic.econsult(session)
        before = len(told(session))
        _give(session, clinic, consult, although=True)
        passing.assign(
            session,
            consult,
            clinic.derm,
            "Or you",
            by=clinic.coordinator,
            now=NOON + 2 * MINUTE,
            lease=LEASE,
            although_off_duty=True,
        )
        _give(session, clinic, consult, although=True)
        assert len(told(session)) == before + 3
        consult.claim_until = NOON + 100 * HOUR
        take_off(session, clinic.coordinator, clinic.derm2.public_id, NOON, NOON + 20 * HOUR, now=NOON)
        session.flush()
        # The desk knew that she is not there; that she is written off is news, half of the time is none.
        assert watch_absences(session, NOON + HOUR) == 0
        assert watch_absences(session, NOON + HOUR, anew=clinic.derm2) == 1
        fire(session, NOON + 12 * HOUR)
        assert len(told(session)) == before + 4
        assert list(violations(session, NOON + 12 * HOUR)) == []


def test_who_is_on_duty_or_has_no_roster_is_given_it_as_before(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        _give(session, clinic, clinic.econsult(session))
        shift(session, clinic, clinic.derm2)
        _give(session, clinic, clinic.econsult(session))
        session.add(PractitionerSpecialty(person_id=clinic.derm2.id, specialty="neurology"))
        session.flush()
        _give(session, clinic, clinic.econsult(session, specialty="neurology"))
        assert told(session) == []


@pytest.mark.parametrize(("weekday", "is_granted"), [(0, True), (3, False)])
def test_urgent_is_granted_while_the_holder_is_on_duty(
    database: Database, clinic: Clinic, weekday: int, is_granted: bool
) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm, weekday=weekday)
        consult = clinic.econsult(session)
        holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)
        if not is_granted:
            with pytest.raises(InvalidError):
                change_urgency(session, consult, clinic.pcp, "urgent", "worse", now=NOON + MINUTE, targets=TARGETS)
            return
        change_urgency(session, consult, clinic.pcp, "urgent", "worse", now=NOON + MINUTE, targets=TARGETS)
        assert consult.urgency == "urgent"


@pytest.mark.parametrize(("hours", "expected"), [(9, 1), (15, 0)])
def test_at_its_step_the_desk_hears_of_a_holder_who_went_home(
    database: Database, clinic: Clinic, hours: int, expected: int
) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm, hours=hours)
        consult = clinic.claimed(session)
        consult.claim_until = NOON + 100 * HOUR
        fire(session, NOON + 12 * HOUR)
        assert told(session) == [(consult.id, clinic.coordinator.id)] * expected


@pytest.mark.parametrize(
    ("weekday", "starts", "why"),
    [(0, 4, []), (0, 20, []), (1, 2, []), (1, 5, ["holder_away"]), (3, 4, ["holder_away"])],
)
def test_the_forecast_knows_when_the_holder_is_on_duty(
    database: Database, clinic: Clinic, weekday: int, starts: int, why: list[str]
) -> None:
    """The promise runs out on Tuesday at 5 in the morning, in Denver."""
    with database.writing() as session:
        shift(session, clinic, clinic.derm, weekday=weekday, starts=starts, hours=2)
        # Taken while they were on duty by a plan that has changed since: off duty nobody is there for it.
        clinic.claimed(session).is_taken_off_duty = False
        found = forecast(session, clinic.program.id, NOON + MINUTE)
        assert [risk.why for risk in found.risks] == why


@pytest.mark.parametrize("then", ["home", "taken_later", "relieved", "asked"])
def test_the_desk_hears_at_the_minute_at_which_a_holder_goes_home(
    database: Database, clinic: Clinic, then: str
) -> None:
    """Not of what was taken after the shift, what somebody on duty has by now, or what waits for the clinic."""
    with database.writing() as session:
        shift(session, clinic, clinic.derm)
        shift(session, clinic, clinic.derm2, hours=20)
        consult = clinic.econsult(session)
        if then != "taken_later":
            holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)
            consult.claim_until = NOON + 100 * HOUR
        if then == "relieved":
            _give(session, clinic, consult)
        if then == "asked":
            request_info(session, consult, clinic.derm, text="Ruler?", items=(), audience=None, now=NOON + HOUR)
        expected = [(consult.id, clinic.coordinator.id)] if then == "home" else []
        watch(session, NOON, EDGE)
        assert told(session) == []
        watch_cover(session, EDGE)
        assert told(session) == expected
        if then == "taken_later":
            holding.claim(session, consult, clinic.derm, now=EDGE, lease=LEASE)
        watch(session, EDGE + SECOND, EDGE + 3 * HOUR)
        assert told(session) == expected
        assert [line for line in violations(session, EDGE) if line.startswith("4")] == []


@pytest.mark.parametrize(("weekday", "is_granted"), [(0, True), (3, False)])
def test_what_is_opened_again_is_urgent_only_while_somebody_is_on_duty(
    database: Database, clinic: Clinic, weekday: int, is_granted: bool
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        consult.urgency, consult.urgency_rank = "urgent", 0
        shift(session, clinic, clinic.derm2, weekday=weekday)
        if not is_granted:
            with pytest.raises(InvalidError) as refused:
                reopen(session, consult, clinic.pcp, "Worse", now=NOON + HOUR, targets=TARGETS)
            assert (refused.value.fields, consult.status) == ({"urgency": "no_one_on_call"}, "answered")
        wish = "" if is_granted else "same_day"
        reopen(session, consult, clinic.pcp, "Worse", now=NOON + HOUR, targets=TARGETS, urgency=wish)
        due = NOON + (2 if is_granted else 5) * HOUR
        assert (consult.urgency, consult.status, consult.due_at) == (wish or "urgent", "submitted", due)
        with pytest.raises(InvalidError):
            reopen(session, clinic.answered(session), clinic.pcp, "Worse", now=NOON + HOUR, urgency="soon")
