"""Several answers within the days of the first one: one service, one code, the sum of the time, nothing in silence."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from econsult.billing import records, timing
from econsult.billing.export import rows_of, signed_in, streamed
from econsult.billing.exported import ExportedPart
from econsult.billing.facts import Later
from econsult.billing.gathering import Part, all_parts_of
from econsult.billing.monthly import month_of, span_of
from econsult.billing.rules import Side, suggest
from econsult.billing.together import Contact, placed
from econsult.consults import holding, reopening
from econsult.consults.records import Consult
from econsult.database import Database
from tests.econsult.billing.test_rounds import DAY, MINUTE, again, local, work
from tests.econsult.billing.test_rules import GOOD, SPOKEN, time
from tests.econsult.billing.test_timing import DENVER, NO, at, ready
from tests.personas import Clinic

MARCH, APRIL = (span_of(date(2026, number, 1), DENVER) for number in (3, 4))
LATE = local(2026, 6, 1)
WRITTEN = [
    ((2, 0), (2, 59), ""), ((2, 0), (3, 0), "99451"), ((4, 59), (0, 1), "99451"), ((0, 0), (5, 0), "99451"),
    ((30, 0), (31, 0), "99451"),
]  # fmt: skip
TALKED = [
    ((2, 30), (2, 29), ""), ((2, 30), (2, 30), "99446"), ((5, 59), (5, 0), "99446"), ((5, 30), (5, 30), "99447"),
    ((10, 0), (10, 59), "99447"), ((10, 59), (10, 1), "99448"), ((15, 0), (15, 59), "99448"),
    ((15, 59), (15, 1), "99449"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "later", "code"), WRITTEN)
def test_the_sum_chooses_the_code(first, later, code) -> None:
    facts = replace(GOOD, seconds=time(*first), later=(Later(time(*later)),))
    found = suggest(facts, Side.CONSULTANT)
    assert (found.code, found.is_ready, found.minutes) == (code, bool(code), (time(*first) + time(*later)) // 60)
    # What does not count is in no sum.
    alone = suggest(replace(facts, later=(Later(time(*later), counts=False),)), Side.CONSULTANT)
    assert (alone.code, alone.minutes) == (suggest(replace(facts, later=()), Side.CONSULTANT).code, first[0])


@pytest.mark.parametrize(("first", "later", "code"), TALKED)
def test_the_sum_chooses_the_band_of_a_discussion(first, later, code) -> None:
    told = Later(time(*later), spoken_seconds=time(*later), is_spoken_report=True)
    facts = replace(GOOD, seconds=time(*first), spoken_seconds=time(*first), later=(told,))
    assert suggest(facts, Side.CONSULTANT).code == code
    assert (
        suggest(replace(facts, later=(replace(told, is_spoken_report=None),), **SPOKEN), Side.CONSULTANT).code == code
    )


@pytest.mark.parametrize(("spoken", "code"), [(600, "99451"), (601, "99447")])
def test_more_than_half_of_the_sum_was_a_discussion(spoken, code) -> None:
    facts = replace(GOOD, seconds=600, later=(Later(600, spoken_seconds=spoken, is_spoken_report=True),))
    assert suggest(facts, Side.CONSULTANT).code == code


@pytest.mark.parametrize(
    ("more", "state", "blockers"),
    [
        ({}, "counted", ()),
        # Its own minutes need be enough for nothing.
        ({"seconds": 1}, "counted", ()),
        ({"f2f_planned_14d": None}, "blocked", ("f2f_planned", "window")),
        ({"seconds": 1, "has_consent": False}, "blocked", ("consent", "window")),
        ({"is_report_signed": False, "is_report_sent": False}, "blocked", ("report_signed", "report_sent", "window")),
    ],
)
def test_a_later_answer_has_no_code_of_its_own(more, state, blockers) -> None:
    found = suggest(replace(GOOD, first_on=date(2026, 3, 5), **more), Side.CONSULTANT)
    assert (found.code, found.state, found.blockers, found.is_ready) == ("", state, blockers, False)
    assert found.minutes == (0 if state == "counted" else replace(GOOD, **more).seconds // 60)


@pytest.mark.parametrize(("is_in_person", "counts"), [(True, True), (True, False), (False, True)])
def test_a_visit_that_a_later_answer_tells_of_stands_against_the_service(is_in_person, counts) -> None:
    found = suggest(replace(GOOD, later=(Later(60, is_in_person=is_in_person, counts=counts),)), Side.CONSULTANT)
    assert (found.is_ready, "later" in found.blockers) == (not is_in_person, is_in_person)
    assert "later" not in suggest(GOOD, Side.CONSULTANT).reasons


def contact(number: int, day: date, problem: str = "L20.83", version: int = 1) -> Contact:
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Contact((number, version), moment, day, problem)


ONE, DST = date(2026, 3, 2), (date(2026, 3, 6), date(2026, 10, 29))


@pytest.mark.parametrize("start", [ONE, *DST])
@pytest.mark.parametrize(("days", "is_one"), [(0, True), (1, True), (6, True), (7, False), (30, False)])
def test_the_days_are_those_of_the_first_one(start, days, is_one) -> None:
    places = placed([contact(2, start + days * DAY), contact(1, start)], 7)
    assert places[2, 1].first == ((1, 1) if is_one else None)
    assert (places[2, 1].first_on, places[2, 1].previous_on) == ((start, None) if is_one else (None, start))


def test_a_service_ends_with_its_days_however_many_answers_it_has() -> None:
    days = (0, 5, 6, 8, 14, 15)
    places = placed([contact(number, ONE + day * DAY) for number, day in enumerate(days)], 7)
    assert [places[number, 1].first for number in range(6)] == [None, (0, 1), (0, 1), None, (3, 1), None]
    assert places[3, 1].previous_on == ONE


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        (contact(1, ONE), contact(2, ONE + DAY), True),
        (contact(1, ONE), contact(2, ONE + DAY, "L50.9"), False),
        # Nobody said what either is about: of one consult it is the same all the same.
        (contact(1, ONE, ""), contact(2, ONE + DAY, ""), False),
        (contact(1, ONE, ""), contact(1, ONE + DAY, "", version=2), True),
    ],
)
def test_one_service_is_about_one_problem(first, second, is_one) -> None:
    place = placed([first, second], 7)[second.key]
    assert (place.first is not None, place.previous_on) == (is_one, None if is_one else ONE)


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ab")), max_size=12), st.integers(1, 14))
def test_no_two_services_of_a_problem_begin_within_the_days(told, days) -> None:
    contacts = [contact(number, ONE + day * DAY, problem) for number, (day, problem) in enumerate(told)]
    places = placed(contacts, days)
    by_key = {each.key: each for each in contacts}
    for problem in "ab":
        begins = sorted(each.day for each in contacts if each.problem == problem and places[each.key].first is None)
        assert all((after - before).days >= days for before, after in pairwise(begins))
    for key, place in places.items():
        if place.first is not None:
            first = by_key[place.first]
            assert places[place.first].first is None
            assert 0 <= (by_key[key].day - first.day).days < days
            assert first.problem == by_key[key].problem


def parts_of(session, *consults: Consult) -> list[Part]:
    found = all_parts_of(session, consults, DENVER, now=LATE)
    return [part for consult in consults for part in found[consult.id] if part.side == Side.CONSULTANT]


def test_what_was_answered_again_counts_once_and_the_file_agrees(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic, minutes=16)
        again(session, clinic, consult, at(0) + 2 * DAY, 5)
        # A stretch that overlaps is no second minute.
        late = at(0) + 3 * DAY
        work(session, clinic.derm, consult, at(0) + 2 * DAY + MINUTE, 3, late)
        second, first = parts_of(session, consult)
        assert (first.suggestion.minutes, second.suggestion.blockers) == (
            16, ("f2f_prior", "f2f_planned", "transfer", "window"),
        )  # fmt: skip
        records.attest(session, consult, clinic.derm, NO, answer=2, now=late)
        second, first = parts_of(session, consult)
        assert (first.suggestion.code, first.suggestion.minutes, first.minutes) == ("99451", 21, 16)
        assert (second.suggestion.state, second.suggestion.minutes, second.minutes) == ("counted", 0, 5)
        assert (second.first.key, [part.key for part in first.counted_here]) == (first.key, [second.key])
        rows = {(row["side"], row["answer"]): row for row in rows_of(session, MARCH, DENVER, now=LATE)}
        one, two = rows["consultant", "1"], rows["consultant", "2"]
        assert [one[name] for name in ("code", "units", "minutes", "minutes_own", "state", "counts_also")] == [
            "99451", "1", "21", "16", "ready", f"{consult.number} answer 2 2026-03-04 5 min",
        ]  # fmt: skip
        assert [two[name] for name in ("code", "units", "minutes", "minutes_own", "state", "counted_with")] == [
            "", "", "0", "5", "counted", f"{consult.number} answer 1 2026-03-02",
        ]  # fmt: skip
        # The code of a clinic is for the work of one day: it has no later minutes.
        assert (rows["requester", "1"]["minutes"], rows["requester", "2"]["blockers"]) == ("16", "minutes window")
        month = month_of(session, clinic.program.id, date(2026, 3, 1), DENVER, now=LATE)
        assert [(total.code, total.is_counted, total.minutes) for total in month.totals[:2]] == [
            ("", True, 0), ("99451", False, 21),
        ]  # fmt: skip
        assert (month.count, month.ready) == (3, 2)
        assert {row["side"]: row["minutes"] for row in month.by_clinician} == {"consultant": "21", "requester": "21"}


@pytest.mark.parametrize(
    ("before", "is_one"),
    [
        # The second is signed on Monday the 9th of March, 00:20 in Denver, after the night that lost an hour.
        (datetime(2026, 3, 3, 6, 30, tzinfo=UTC), False),  # Monday the 2nd, 23:50 there.
        (datetime(2026, 3, 3, 6, 50, tzinfo=UTC), True),  # Tuesday the 3rd, 00:10 there.
    ],
)
def test_two_consults_on_one_problem_are_one_service(database: Database, clinic: Clinic, before, is_one) -> None:
    with database.writing() as session:
        first = ready(session, clinic, before)
        second = ready(session, clinic, datetime(2026, 3, 9, 6, 0, tzinfo=UTC), minutes=20)
        # Asked about alone, each knows of the other.
        (one,), (two,) = parts_of(session, first), parts_of(session, second)
        assert (one.suggestion.minutes, two.suggestion.state) == ((40, "counted") if is_one else (20, "ready"))
        assert one.suggestion.code == "99451"
        # Another problem is another service, which comes too soon.
        records.set_diagnosis(session, second, clinic.pcp, "L50.9", now=LATE)
        (one,), (two,) = parts_of(session, first), parts_of(session, second)
        assert (one.suggestion.minutes, two.suggestion.blockers) == (20, ("window",) if is_one else ())


def test_what_a_young_person_keeps_back_is_one_service_with_nothing_else(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        kept, other = ready(session, clinic), ready(session, clinic, at(0) + 2 * DAY)
        kept.confidential = "clinic"
        session.flush()
        one, two = parts_of(session, kept, other)
        assert (one.suggestion.minutes, one.counted_here) == (20, [])
        assert (two.suggestion.blockers, two.first) == (("window",), None)


def test_a_figure_that_changes_after_its_file_is_never_silent(database: Database, clinic: Clinic) -> None:
    """The first answer is of March and was in its file; the second one comes in April and changes what counts."""
    with database.writing() as session:
        consult = ready(session, clinic, local(2026, 3, 30, 9), minutes=16)
        ids = signed_in(session, MARCH, program_id=clinic.program.id)
    now = local(2026, 4, 1)
    "".join(streamed(database, ids, MARCH, DENVER, now=now))
    "".join(streamed(database, ids, MARCH, DENVER, now=now + DAY))
    with database.writing() as session:
        assert len(session.scalars(select(ExportedPart)).all()) == 2
        assert month_of(session, clinic.program.id, date(2026, 3, 1), DENVER, now=LATE).changed == []
        consult = session.get_one(Consult, consult.id)
        again(session, clinic, consult, local(2026, 4, 3, 9), 5)
        records.attest(session, consult, clinic.derm, NO, answer=2, now=LATE)
        second, first = parts_of(session, consult)
        assert (first.was_ready.figures, first.figures) == (("99451", 16, "ready"), ("99451", 21, "ready"))
        # Both months say so: the one in whose file it was, and the one of the answer that changed it.
        for number in (3, 4):
            month = month_of(session, clinic.program.id, date(2026, number, 1), DENVER, now=LATE)
            assert [part.key for part in month.changed] == [first.key]
        assert second.was_ready is None
    text = "".join(streamed(database, ids, MARCH, DENVER, now=LATE))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["earlier_file"] for row in rows] == ["99451 16 min, 2026-04-01T00:00-06:00", ""]
    with database.reading() as session:
        # The new file told the new figure, which is what is compared from now on.
        assert month_of(session, clinic.program.id, date(2026, 3, 1), DENVER, now=LATE).changed == []


@pytest.mark.parametrize("said", [{"f2f_planned_14d": True}, {"transfer_of_care": True}, {"f2f_prior_14d": True}])
def test_a_visit_after_the_second_answer_takes_the_code_of_the_first(database: Database, clinic: Clinic, said) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        assert rows_of(session, MARCH, DENVER, now=at(2000))[0]["state"] == "ready"
        again(session, clinic, consult, at(0) + 2 * DAY, 5)
        records.attest(session, consult, clinic.derm, replace(NO, **said), answer=2, now=LATE)
        second, first = parts_of(session, consult)
        assert (first.suggestion.blockers, first.suggestion.minutes) == (("later",), 20)
        assert (second.suggestion.state, first.was_ready.state) == ("blocked", "ready")


def test_time_amended_after_a_file_is_told_of_too(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        rows_of(session, MARCH, DENVER, now=at(2000))
        told = timing.Work("review", at(0) - 600 * timedelta(seconds=1), at(0), "Forgot it")
        timing.enter(session, clinic.derm, consult.public_id, told, now=at(3000), is_amendment=True)
        (part,) = parts_of(session, consult)
        assert (part.was_ready.minutes, part.suggestion.minutes) == (20, 30)


def test_a_round_that_is_being_answered_says_where_it_will_count(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        reopening.reopen(session, consult, clinic.pcp, "It came back after all", now=at(4000))
        holding.claim(session, consult, clinic.derm, now=at(4000), lease=timedelta(days=1))
        second, first = all_parts_of(session, [consult], DENVER, now=at(5000))[consult.id][::2]
        assert (second.first.key, "window" in second.suggestion.blockers) == (first.key, True)
        assert first.suggestion.is_ready
