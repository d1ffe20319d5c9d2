"""What is read to show a few: on SQLite, which counts no tables, not every open request or every child."""

from __future__ import annotations

import re

from econsult.advice.asking import asked_of, worse_of
from econsult.advice.colleagues import late_sides, unanswered_sides
from econsult.advice.lists import count_late
from econsult.bereavement import marked_lately
from econsult.billing.replies import replied_of
from econsult.calls import calls_unmade, calls_waiting
from econsult.consults import worklist
from econsult.consults.lifecycle import Status
from econsult.consults.reviews import held_files
from econsult.consults.views import Filters, View
from econsult.consults.wrong_numbers import wrong_numbers_for
from econsult.database import Database
from econsult.queue.forecast_asked import silent_clinics
from econsult.stops import stops_for
from tests.beside import plans
from tests.personas import NOON, open_clinic

EVERY = re.compile(
    r"^SCAN (consult|clock|patient)\b|(consult|patient) USING .*INDEX \w+ \((program|organization)_id=\?\)"
)
"""A line of a plan by which all of a program, a clinic or a table is read."""


def test_the_few_on_the_pages_of_desk_and_clinic_are_found_without_all_that_is_open(sqlite_database: Database) -> None:
    clinic = open_clinic(sqlite_database)
    with sqlite_database.writing() as session, plans(session) as told:
        for person in (clinic.coordinator, clinic.pcp):
            for few in (stops_for, calls_waiting, marked_lately, wrong_numbers_for):
                assert few(session, person, now=NOON) == []
            assert asked_of(session, person, NOON) == []
        assert count_late(session, clinic.coordinator, NOON) == 0
        assert not held_files(session, clinic.pcp)
        assert not worse_of(session, clinic.pcp, NOON)
        assert unanswered_sides(session, clinic.coordinator, NOON) == late_sides(session, clinic.director, NOON) == []
        assert not replied_of(session, clinic.derm, NOON)
        assert not calls_unmade(session, clinic.program.id)
        assert silent_clinics(session, clinic.program.id, NOON, NOON) == []
    assert [line for line in told if EVERY.search(line)] == []
    used = {name for line in told for name in re.findall(r"INDEX (ix_\w+)", line)}
    few_only = {"red_flag_stop_uncalled", "phone_task_open", "attachment_waits", "family_try_wrong"}
    assert {f"ix_{name}" for name in (*few_only, "outcome_ping_sent", "outcome_report_worse")} <= used


OFFERED = ("ix_consult_fallback", "program_id=? AND fallback_specialty=?")


def test_drafts_and_what_is_done_are_found_by_their_own_index_in_order(sqlite_database: Database) -> None:
    clinic = open_clinic(sqlite_database)
    with sqlite_database.reading() as session, plans(session) as told:
        for person in (clinic.coordinator, clinic.pcp, clinic.derm):
            worklist.page(session, person, View.DONE, now=NOON)
            worklist.count(session, person, View.DRAFTS, now=NOON)
        worklist.page(session, clinic.pcp, View.DRAFTS, now=NOON)
        worklist.page(session, clinic.coordinator, View.DONE, now=NOON, filters=Filters(status=Status.CLOSED))
    read = [found.groups() for line in told if (found := re.search(r"consult USING INDEX (\w+) \((.*)\)", line))]
    assert set(read) - {OFFERED} == {
        ("ix_consult_done", "program_id=? AND status=?"),
        ("ix_consult_clinic_done", "organization_id=? AND status=?"),
        ("ix_consult_holder", "holder_id=? AND status=?"),
        ("ix_consult_draft", "requester_id=?"),
    }


def test_what_is_done_is_one_list_of_all_its_states_newest_first(database: Database) -> None:
    clinic = open_clinic(database)
    with database.writing() as session:
        made = [clinic.econsult(session) for _ in range(4)]
        for consult, status in zip(made, ("closed", "withdrawn", "closed", "declined"), strict=True):
            consult.status = Status(status)
        session.flush()
        first = worklist.page(session, clinic.coordinator, View.DONE, now=NOON, limit=3)
        rest = worklist.page(session, clinic.coordinator, View.DONE, now=NOON, limit=3, cursor=first.next_cursor)
        closed = worklist.page(session, clinic.pcp, View.DONE, now=NOON, filters=Filters(status=Status.CLOSED))
        assert worklist.count(session, clinic.coordinator, View.DONE, now=NOON) == 4
    assert [*first.consults, *rest.consults] == made[::-1]
    assert (closed.consults, rest.next_cursor) == ([made[2], made[0]], None)
