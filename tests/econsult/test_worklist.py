"""One order for everybody; each list shows only what its reader may open."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from econsult import access
from econsult.consults import requests, threads, worklist
from econsult.consults.taking import OUT_OF_TURN, next_for, take
from econsult.consults.views import View
from econsult.database import Database
from econsult.errors import InvalidError
from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person, PractitionerSpecialty
from econsult.queue.forecast import forecast
from econsult.rosters.limits import Conflict, Limits
from econsult.trail import AuditEvent
from tests.beside import plans
from tests.crowd import Crowd, add_crowd
from tests.personas import NOON, Clinic, open_clinic

HUGE = base64.urlsafe_b64encode(b'[1, "2026-01-01T00:00+00:00", 99999999999999999999999]').decode()


def _ids(database: Database, person: Person, view: View) -> list[int]:
    with database.reading() as session:
        return [consult.id for consult in worklist.page(session, person, view, now=NOON).consults]


def test_urgency_comes_first_and_then_the_deadline(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        late = clinic.econsult(session, now=NOON + timedelta(hours=1)).id
        early = clinic.econsult(session).id
        urgent = clinic.econsult(session, now=NOON + timedelta(hours=2), urgency="urgent").id
    assert _ids(database, clinic.derm, View.POOL) == [urgent, early, late]


def test_pages_follow_each_other_without_gap_or_repeat(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        everything = [clinic.econsult(session, urgency=("routine", "urgent")[n % 2]).id for n in range(7)]
    seen, cursor = [], None
    for _ in range(4):
        with database.reading() as session:
            found = worklist.page(session, clinic.derm, View.POOL, now=NOON, cursor=cursor, limit=2)
        seen += [consult.id for consult in found.consults]
        cursor = found.next_cursor
    assert sorted(seen) == everything
    assert cursor is None


@pytest.mark.parametrize("cursor", ["x", "e30=", "WzEsMiwzXQ==", "é", HUGE])
def test_a_made_up_cursor_is_refused(database: Database, clinic: Clinic, cursor: str) -> None:
    with pytest.raises(InvalidError), database.reading() as session:
        worklist.page(session, clinic.derm, View.POOL, now=NOON, cursor=cursor)


def test_each_list_holds_only_what_its_reader_may_open(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for make in (clinic.econsult, clinic.claimed, clinic.answered, clinic.family_question, clinic.draft):
            make(session)
        clinic.family_draft(session)
        requests.withdraw(session, clinic.econsult(session), clinic.pcp, "", now=NOON)
    for person in (clinic.derm, clinic.derm2, clinic.neuro, clinic.pcp, clinic.other_pcp, clinic.coordinator):
        for view in View:
            with database.writing() as session:
                for consult in worklist.page(session, person, view, now=NOON).consults:
                    access.consult_for(session, person, consult.public_id, now=NOON)


def test_views_tell_apart_what_to_do(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        waiting, mine = clinic.econsult(session).id, clinic.claimed(session).id
        question = clinic.family_question(session).id
        answered = clinic.answered(session).id
    assert _ids(database, clinic.derm, View.POOL) == [waiting]
    assert _ids(database, clinic.derm, View.MINE) == [mine]
    assert _ids(database, clinic.derm, View.DONE) == [answered]
    assert _ids(database, clinic.pcp, View.POOL) == [question]
    assert set(_ids(database, clinic.pcp, View.WAITING)) == {waiting, mine}
    assert _ids(database, clinic.pcp, View.ANSWERED) == [answered]
    assert _ids(database, clinic.admin, View.POOL) == []


def test_overdue_holds_what_is_past_its_promise(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        late = clinic.econsult(session, now=NOON - timedelta(days=2)).id
        clinic.econsult(session)
    assert _ids(database, clinic.derm, View.OVERDUE) == [late]


def test_a_count_stops_at_its_cap(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for _ in range(3):
            clinic.econsult(session)
        assert worklist.count(session, clinic.derm, View.POOL, now=NOON) == 3
        assert worklist.COUNT_CAP == 99


def test_a_draft_that_was_thrown_away_is_nobody_elses(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        requests.withdraw(session, clinic.family_draft(session), clinic.mother, "", now=NOON)
        own = requests.withdraw(session, clinic.draft(session), clinic.pcp, "", now=NOON).id
        sent = requests.withdraw(session, clinic.family_question(session), clinic.mother, "", now=NOON).id
    assert _ids(database, clinic.pcp, View.DONE) == [sent, own]
    assert _ids(database, clinic.coordinator, View.DONE) == [sent]


@pytest.mark.parametrize("bar", ["conflict", "licence", "language"])
def test_next_passes_over_any_number_of_barred_requests(database: Database, clinic: Clinic, bar: str) -> None:
    with database.writing() as session:
        if bar == "conflict":
            session.add(Conflict(person_id=clinic.derm.id, patient_id=clinic.child.id))
        elif bar == "language":
            session.add(Limits(person_id=clinic.derm.id, languages="es"))
            session.get_one(Patient, clinic.other_child.id).language = "es"
        else:
            session.add(Limits(person_id=clinic.derm.id, states="NM"))
            session.get_one(Organization, clinic.home.id).state = "TX"
            session.get_one(Organization, clinic.other_child.organization_id).state = "NM"
        template = clinic.econsult(session)
        add_crowd(session, template, Crowd(700, NOON, timedelta(seconds=1), ("dermatology",)))
        assert next_for(session, clinic.derm, now=NOON) is None
        theirs = replace(clinic, child=clinic.other_child, pcp=clinic.other_pcp)
        last = theirs.econsult(session, now=NOON + timedelta(days=9))
        found = next_for(session, clinic.derm, now=NOON)
        assert found is not None
        assert found.id == last.id
        other = next_for(session, clinic.derm2, now=NOON)
        assert other is not None
        assert other.id != last.id


def test_what_one_may_see_for_three_reasons_is_neither_lost_nor_listed_twice(
    database: Database, clinic: Clinic
) -> None:
    """Held by somebody of the asked specialty and of the one that stands in: of five, two to a page."""
    with database.writing() as session:
        session.add(PractitionerSpecialty(person_id=clinic.derm.id, specialty="neurology"))
        session.flush()
        found = []
        for _ in range(5):
            consult = clinic.claimed(session)
            consult.fallback_specialty = "neurology"
            threads.request_info(session, consult, clinic.derm, text="Ruler?", items=(), audience=None, now=NOON)
            found.append(consult.id)
    seen, cursor = [], None
    for _ in range(3):
        with database.reading() as session:
            page = worklist.page(session, clinic.derm, View.WAITING, now=NOON, cursor=cursor, limit=2)
        seen += [consult.id for consult in page.consults]
        cursor = page.next_cursor
    assert (seen, cursor) == (found, None)


def test_who_takes_another_than_the_next_one_leaves_a_trace(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        first, second = clinic.econsult(session), clinic.econsult(session, now=NOON + timedelta(hours=1))
        for consult in (second, first):
            take(session, consult, clinic.derm, now=NOON + timedelta(hours=2), lease=timedelta(minutes=30))
        # One's own again is no other choice.
        clinic.econsult(session)
        take(session, second, clinic.derm, now=NOON + timedelta(hours=3), lease=timedelta(minutes=30))
    claims = select(AuditEvent.consult_id, AuditEvent.detail).where(AuditEvent.action == "claim")
    with database.reading() as session:
        assert session.execute(claims.order_by(AuditEvent.id)).all() == [(second.id, OUT_OF_TURN), (first.id, "")]


def test_what_is_late_or_a_clinic_is_asked_is_found_without_all_that_is_open(sqlite_database: Database) -> None:
    clinic = open_clinic(sqlite_database)
    with sqlite_database.reading() as session, plans(session) as told:
        for person in (clinic.coordinator, clinic.pcp, clinic.derm):
            worklist.count(session, person, View.OVERDUE, now=NOON)
        forecast(session, clinic.program.id, NOON)
        late = [line for line in told if "ix_consult_" in line and "due_at<?" in line]
        assert (len(late), [line for line in late if "urgency_rank=?" not in line]) == (18 + 18 + 9 + 18, [])
        told.clear()
        worklist.families_first(session, clinic.pcp, View.POOL, now=NOON)
    read = [line for line in told if " consult " in line and "PRIMARY KEY" not in line]
    assert {line.split(" USING INDEX ")[1].split()[0] for line in read} == {
        "ix_consult_family_waits",
        "ix_consult_clinic_asked",
    }


def test_what_nobody_can_take_is_found_without_all_that_waits(sqlite_database: Database) -> None:
    """Each page of a coordinator counts it: at fifty thousand that wait it took a tenth of a second."""
    clinic = open_clinic(sqlite_database)
    with sqlite_database.writing() as session:
        clinic.econsult(session)
        with plans(session) as told:
            assert worklist.count(session, clinic.coordinator, View.UNALLOCATED, now=NOON) == 0
            assert worklist.page(session, clinic.coordinator, View.UNALLOCATED, now=NOON).consults == []
    used = {name for line in told for name in re.findall(r"ix_consult_\w+", line)}
    assert used == {"ix_consult_unallocated", "ix_consult_uncovered"}
