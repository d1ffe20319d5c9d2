"""A visit in person that is on record beside what the consultant says of seeing the child."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from econsult.advice.visiting import book, end
from econsult.billing import records
from econsult.billing.export import rows_of
from econsult.billing.facts import Recorded
from econsult.billing.gathering import Part, parts_of
from econsult.billing.rules import Side, suggest
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.consults.visits import Booking
from econsult.database import Database
from econsult.errors import InvalidError
from tests.econsult.billing.test_rules import GOOD
from tests.econsult.billing.test_timing import DENVER, NO, at, ready
from tests.personas import ANSWER, NOON, Clinic

SERVED = date(2026, 3, 9)
"""The day of the service; the clocks change on the day before."""
AFTER, BEFORE = ("visit_after",), ("visit_before",)
EDGES = [
    ("booked", 0, AFTER), ("booked", 1, AFTER), ("booked", 10, AFTER), ("booked", 14, AFTER), ("booked", 15, ()),
    ("came", 14, AFTER), ("came", 15, ()), ("came", -1, BEFORE), ("came", -14, BEFORE), ("came", -15, ()),
    ("booked", -14, BEFORE), ("booked", -15, ()),
]  # fmt: skip


@pytest.mark.parametrize(("state", "days", "against"), EDGES)
def test_a_visit_stands_against_a_code_within_fourteen_days(state: str, days: int, against: tuple[str, ...]) -> None:
    visit = Recorded(state, SERVED + timedelta(days=days))
    facts = replace(GOOD, seconds=1200, served_on=SERVED, visits=(visit,))
    assert suggest(facts, Side.CONSULTANT).blockers == against
    # The clinic's own code is for the day of the request, whoever sees the child later.
    assert suggest(facts, Side.REQUESTER).is_ready
    for why in ("another_team", "another_problem"):
        said = replace(facts, visits=(replace(visit, why=why),))
        assert suggest(said, Side.CONSULTANT).is_ready
        # One that is explained says nothing of another one.
        both = replace(facts, visits=(replace(visit, why=why), visit))
        assert suggest(both, Side.CONSULTANT).blockers == against


@pytest.mark.parametrize(
    ("listed", "on", "against"),
    [
        (3, None, AFTER), (-40, None, AFTER), (14, None, AFTER), (15, None, ()), (3, 40, AFTER), (15, 40, ()),
        (-40, -10, BEFORE), (-40, -20, ()),
    ],
)  # fmt: skip
def test_a_waiting_list_is_for_the_next_free_visit(listed: int, on: int | None, against: tuple[str, ...]) -> None:
    """Also once it has led to a day; what the child is put on later is of something newer."""
    day = None if on is None else SERVED + timedelta(days=on)
    visit = Recorded("listed" if day is None else "booked", day, SERVED + timedelta(days=listed))
    facts = replace(GOOD, seconds=1200, served_on=SERVED, visits=(visit,))
    assert suggest(facts, Side.CONSULTANT).blockers == against


def asks_for_a_visit(session, clinic: Clinic, now: datetime = NOON) -> Consult:
    plan = [{"text": "See her in the skin clinic", "owner": "pcp", "kind": "visit"}]
    return ready(session, clinic, now, wants={**ANSWER, "recommendations": plan})


def booked(session, clinic: Clinic, consult: Consult, days: float | None, now: datetime, instead_of: str = "") -> str:
    step = steps_of(session, consult.id)[-1]
    starts = None if days is None else NOON + timedelta(days=days)
    booking = Booking("Skin clinic", "America/Denver", starts)
    more = {"instead_of": instead_of} if instead_of else {}
    return book(session, clinic.coordinator, consult.public_id, step.public_id, booking, now=now, **more).public_id


def part_of(session, consult: Consult) -> Part:
    return parts_of(session, session.get_one(Consult, consult.id), DENVER, now=at(4000))[Side.CONSULTANT]


def against(session, consult: Consult) -> tuple[str, ...]:
    return part_of(session, consult).suggestion.blockers


def test_what_becomes_of_a_booking_is_what_stands_against_the_code(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = asks_for_a_visit(session, clinic)
        assert against(session, consult) == ()
        first = booked(session, clinic, consult, 10, at(2000))
        assert against(session, consult) == AFTER
        # Moved beyond the days it stands against nothing; back on a list it is the next free visit.
        second = booked(session, clinic, consult, 20, at(2100), first)
        assert against(session, consult) == ()
        third = booked(session, clinic, consult, None, at(2200), second)
        assert against(session, consult) == AFTER
        # And so it is once the list has led to a day, whichever.
        last = booked(session, clinic, consult, 30, at(2300), third)
        assert against(session, consult) == AFTER
        end(session, clinic.coordinator, consult.public_id, last, "off", why="family", now=at(2400))
        assert against(session, consult) == ()


@pytest.mark.parametrize(("verb", "blockers"), [("came", AFTER), ("missed", ()), ("off", ())])
def test_a_child_that_was_not_seen_stands_against_nothing(
    database: Database, clinic: Clinic, verb: str, blockers: tuple[str, ...]
) -> None:
    with database.writing() as session:
        consult = asks_for_a_visit(session, clinic)
        visit = booked(session, clinic, consult, 10, at(2000))
        why = "" if verb == "came" else "sick"
        later = NOON + timedelta(days=11)
        end(session, clinic.coordinator, consult.public_id, visit, verb, why=why, now=later)
        assert against(session, consult) == blockers


def test_a_reason_holds_for_what_was_booked_when_it_was_given(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = asks_for_a_visit(session, clinic)
        first = booked(session, clinic, consult, 10, at(2000))
        said = replace(NO, visit_why="another_team")
        records.attest(session, consult, clinic.derm, said, answer=1, now=at(2100))
        assert (against(session, consult), said.code) == ((), "nnnnn/another_team")
        rows = rows_of(session, (at(0), at(4000)), DENVER, now=at(4000))
        assert [row["visits_on_record"] for row in rows] == ["2026-03-12 booked another_team", ""]
        booked(session, clinic, consult, 12, at(2200), first)
        assert against(session, consult) == AFTER
        with pytest.raises(InvalidError):
            records.attest(session, consult, clinic.derm, replace(NO, visit_why="x"), answer=1, now=at(2300))


def test_a_visit_of_the_same_specialty_before_stands_against_the_next_answer(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        earlier = asks_for_a_visit(session, clinic)
        booked(session, clinic, earlier, 12, at(2000))
        answer = ready(session, clinic, NOON + timedelta(days=20))
        assert against(session, answer) == BEFORE
        for name, value in (("confidential", "clinic"), ("is_test", True), ("specialty", "neurology")):
            kept = getattr(earlier, name)
            setattr(earlier, name, value)
            session.flush()
            assert against(session, answer) == (), name
            setattr(earlier, name, kept)
        session.flush()
        assert (against(session, answer), against(session, earlier)) == (BEFORE, AFTER)


def test_a_visit_after_a_later_answer_stands_against_the_whole_service(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        first = ready(session, clinic)
        later = asks_for_a_visit(session, clinic, NOON + timedelta(days=3))
        assert part_of(session, later).suggestion.is_counted
        booked(session, clinic, later, 16, NOON + timedelta(days=3, hours=1))
        assert not part_of(session, later).suggestion.is_counted
        # Sixteen days after the first answer, and thirteen after the later one.
        assert against(session, first) == ("later",)
