"""One damaged row is that row's trouble: nobody else's deadline, call, release or lapse waits for it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import literal_column, select, update

from econsult import zones
from econsult.consults import answers, holding
from econsult.consults.ledger import ClockEvent
from econsult.consults.offering import why_of
from econsult.consults.policies import DEFAULTS, Policy, current_rules, read_content, read_rules
from econsult.consults.records import Consult, Urgency
from econsult.database import Database
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.rosters.shifts import TimeOff
from tests.econsult.test_cover import shift
from tests.personas import NOON, Clinic

H = timedelta(hours=1)
DAMAGED: Any = literal_column("'x'")
"""What no key opens; a plain text would be sealed."""
WHOLE = DEFAULTS[Urgency.ROUTINE].as_text()


@pytest.fixture(autouse=True)
def _say_again() -> None:
    zones.forget_said()


@pytest.mark.parametrize(
    ("who", "column"), [("coordinator", "name"), ("pcp", "name"), ("derm", "email"), ("mother", "email")]
)
def test_a_person_whose_name_does_not_open_is_told_like_anybody(
    database: Database, clinic: Clinic, who: str, column: str
) -> None:
    person_id = getattr(clinic, who).id
    with database.writing() as session:
        clinic.econsult(session)
        clinic.claimed(session).claim_until = NOON + 100 * H
        session.execute(update(Person).where(Person.id == person_id).values({column: DAMAGED}))
    with database.writing() as session:
        assert [fire(session, NOON + at * H)[0] for at in (12, 24)] == [2, 2]
        assert session.scalars(select(Notice.id).where(Notice.person_id == person_id)).first() is not None


def test_a_claim_lapses_and_an_answer_opens_although_no_name_of_child_or_staff_does(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        claimed, answered = clinic.claimed(session).id, clinic.answered(session).id
    with database.writing() as session:
        session.execute(update(Patient).values(name=DAMAGED, phone=DAMAGED, mrn=DAMAGED))
        session.execute(update(Person).values(name=DAMAGED, email=DAMAGED))
    with database.writing() as session:
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON, ends_at=NOON + H))
        assert watch_absences(session, NOON) > 0
        assert [each.id for each in holding.lapse_claims(session, NOON + 5 * H)] == [claimed]
        assert [each.id for each in answers.release_due(session, NOON + 100 * H)] == [answered]


@pytest.mark.parametrize("zone", ["US/Nowhere", "../etc", "America"])
def test_a_zone_that_this_machine_does_not_know_is_the_programs(
    database: Database, clinic: Clinic, zone: str, caplog: pytest.LogCaptureFixture
) -> None:
    with database.writing() as session:
        clinic.econsult(session)
        planned = shift(session, clinic, clinic.derm)
        planned.time_zone = zone
        session.execute(update(Person).where(Person.id == clinic.coordinator.id).values(time_zone=zone))
        number = planned.id
    with database.writing() as session:
        for at in (1, 23, 24):
            watch_cover(session, NOON + at * H)
            assert fire(session, NOON + at * H)[0] == 1
    lines = [record.message for record in caplog.records if "time zone" in record.message]
    for row in (f"person {clinic.coordinator.id} ", f"shift {number} "):
        assert len([line for line in lines if row in line]) == 1


WRONG: dict[str, list[object]] = {
    "ladder": ["50", "abc", None, ["50", 75, 90, 100], [50, 75], [100, 50], [True, 100], {"50": 1}, [[100]]],
    "pause": ["72", None, -1, 1e9, [1], 10**30],
    "version": ["1", None, [1]],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_rules_of_another_shape_are_none(name: str, value: object) -> None:
    assert read_rules(json.dumps({**json.loads(WHOLE), name: value})) is None
    assert name not in read_content(json.dumps({"allocate": 30, name: value}))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"abc"', "[" * 100_000])
def test_what_is_no_object_is_no_rules_no_policy_and_no_route(text: str) -> None:
    assert read_rules(text) is None
    assert read_content(text) == {}
    assert why_of(Consult(route=text)) == []


@pytest.mark.parametrize("text", ['[["pool", 1]]', "[1]", '[["unknown", 1, ""]]', '[["pool", "1", ""]]', '{"a": 1}'])
def test_a_route_of_another_shape_explains_nothing(text: str) -> None:
    assert why_of(Consult(route=text)) == []
    assert len(why_of(Consult(route='[["pool", 2, "dermatology"]]'))) == 1


@pytest.mark.parametrize("ladder", [["50", 75, 90, 100], "abc"])
def test_damaged_rules_keep_the_deadlines_of_the_house(database: Database, clinic: Clinic, ladder: object) -> None:
    with database.writing() as session:
        consult, other = clinic.econsult(session), clinic.econsult(session)
        consult.rules = json.dumps({**json.loads(consult.rules or ""), "ladder": ladder})
        numbers = {consult.id, other.id}
    with database.writing() as session:
        assert fire(session, NOON + 24 * H) == (2, 4)
        broken = select(ClockEvent.consult_id).where(ClockEvent.kind == "breached", ClockEvent.name == "first_reply")
        assert set(session.scalars(broken)) == numbers
        assert list(violations(session, NOON + 24 * H)) == [f"4 {consult.number}: its rules cannot be read"]


def test_a_damaged_policy_lets_the_rest_hold(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        same = {"program_id": clinic.program.id, "specialty": "", "urgency": ""}
        session.add(Policy(**same, version=1, content='{"pause": "x", "first_reply": 600}', created_at=NOON))
        session.flush()
        rules = current_rules(session, consult)
        assert (rules.first_reply, rules.pause) == (10 * H, DEFAULTS[Urgency.ROUTINE].pause)


def test_a_child_whose_birth_date_does_not_open_is_an_alarm_and_its_promise_is_watched(
    database: Database, clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    """Who may act for the child is not known then: no family is told, everybody else is."""
    with database.writing() as session:
        clinic.econsult(session)
        session.execute(update(Patient).values(birth_date_text=DAMAGED))
    with database.writing() as session:
        assert fire(session, NOON + 24 * H) == (1, 2)
        assert session.scalars(select(Notice.id).where(Notice.person_id == clinic.director.id)).first() is not None
        assert session.scalars(select(Notice.id).where(Notice.kind == NoticeKind.LATE)).first() is None
    assert f"ALARM: the family of child {clinic.child.id} cannot be told" in caplog.text
