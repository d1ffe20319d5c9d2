"""What a change of the roster would do is shown before it is saved, and nothing of the trial stays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from econsult.consults import threads
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import InvalidError
from econsult.notices import Notice
from econsult.people.persons import Person
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.forecast import forecast
from econsult.queue.reoffering import offer_again, roster_changed
from econsult.queue.trial import AHEAD, Offered, Stretch, Trial, try_out
from econsult.rosters import planning, qualifying
from econsult.rosters.planning import ShiftForm
from econsult.rosters.qualifying import LimitsForm
from econsult.rosters.shifts import Shift, TimeOff
from econsult.rosters.watching import CoverWatch
from econsult.trail import AuditEvent
from econsult.trail_check import check_trail
from tests.personas import NOON, Clinic, open_clinic

HOUR = timedelta(hours=1)
NOW = NOON + HOUR


def _form(clinic: Clinic, weekday: int, starts: int, hours: int) -> ShiftForm:
    return ShiftForm(clinic.derm.public_id, "dermatology", weekday, starts * 60, hours * 60, "UTC")


def _kept(session: Session) -> list[list[object]]:
    """What a trial must leave as it was."""
    tables = (Shift.id, TimeOff.id, Notice.id, AuditEvent.id)
    return [list(session.scalars(select(column).order_by(column))) for column in tables]


def test_time_off_names_the_requests_that_would_be_late_and_leaves_nothing(database: Database, clinic: Clinic) -> None:
    def away(session: Session, public_id: str = clinic.derm.public_id) -> object:
        return planning.take_off(session, clinic.coordinator, public_id, NOW, NOW + 30 * HOUR, now=NOW)

    with database.writing() as session:
        consult = clinic.econsult(session)
        away(session, clinic.derm2.public_id)
    with database.reading() as session:
        before = _kept(session)
    with database.writing() as session:
        trial = try_out(session, clinic.program.id, away, NOW)
    assert [(late.number, late.clock, late.why) for late in trial.late] == [(consult.number, "first_reply", "no_cover")]
    assert (trial.kept, trial.is_quiet, trial.is_part) == ([], False, False)
    with database.reading() as session:
        assert (_kept(session), forecast(session, clinic.program.id, NOW).risks) == (before, [])
    with database.reading() as session:
        # The trail too tells of no time off that nobody took.
        assert [checked.fault for checked in check_trail(session, [])] == [""]
    with database.writing() as session:
        away(session)
        roster_changed(session, clinic.program.id, NOW)
        assert [risk.consult.id for risk in forecast(session, clinic.program.id, NOW).risks] == [consult.id]


def test_a_request_that_is_late_already_is_named_where_another_promise_of_it_would_be(
    database: Database, clinic: Clinic
) -> None:
    """Its family was not told in time; the clinic's question to the holder would be late, too."""
    later = NOON + 25 * HOUR

    def away(session: Session) -> object:
        return planning.take_off(
            session, clinic.coordinator, clinic.derm.public_id, later, later + 30 * HOUR, now=later
        )

    with database.writing() as session:
        consult = clinic.answered(session)
        threads.post(session, consult, clinic.pcp, threads.Audience.CLINICIANS, text="And now?", now=NOON + 20 * HOUR)
    with database.writing() as session:
        assert [risk.clock for risk in forecast(session, clinic.program.id, later).risks] == ["family_informed"]
        trial = try_out(session, clinic.program.id, away, later)
        assert [(late.clock, late.lane, late.why) for late in trial.late] == [
            ("next_reply", "clinicians", "holder_away")
        ]
        away(session)
        risk = forecast(session, clinic.program.id, later).risks[0]
        assert [(late.clock, late.why) for late in risk.late] == [
            ("family_informed", "late"),
            ("next_reply", "holder_away"),
        ]


def test_a_trial_locks_the_watch_before_any_request_as_the_clock_does(
    postgres_database: Database,
) -> None:
    """Else the preview of an absence and a tick wait for each other, and one of them is ended by the database."""
    database, clinic = postgres_database, open_clinic(postgres_database)
    with database.writing() as session:
        consult = clinic.claimed(session)
        watch_cover(session, NOW)

    def away(session: Session) -> None:
        planning.take_off(session, clinic.coordinator, clinic.derm.public_id, NOW, NOW + 30 * HOUR, now=NOW)
        watch_absences(session, NOW, anew=session.get_one(Person, clinic.derm.id))

    def preview() -> None:
        with database.writing() as session:
            try_out(session, clinic.program.id, away, NOW)

    with ThreadPoolExecutor(1) as other, database.writing() as session:
        session.execute(select(CoverWatch.id).with_for_update())
        tried = other.submit(preview)
        waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not session.scalar(waits):
            assert not tried.done()
        # What the preview waits for is the watch: the request is free for the clock.
        session.execute(select(Consult.id).where(Consult.id == consult.id).with_for_update(nowait=True))
        session.commit()
        tried.result(timeout=30)


def test_a_shift_tells_what_it_covers_and_its_removal_what_it_leaves(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        today = NOW.weekday()
        # The first shift of a specialty ends the rule that everybody is on duty: that must be told, too.
        first = try_out(
            session,
            clinic.program.id,
            lambda session: planning.add_shift(session, clinic.coordinator, _form(clinic, today, 0, 1), now=NOW),
            NOW,
        )
        assert [late.number for late in first.late] == [consult.number]
        assert (first.uncovered[0].start, first.covered) == (NOW, [])
        planning.add_shift(session, clinic.coordinator, _form(clinic, today, 0, 1), now=NOW)
        night = _form(clinic, today, 20, 4)
        opens = NOW.replace(hour=20, minute=0)
        second = try_out(
            session,
            clinic.program.id,
            lambda session: planning.add_shift(session, clinic.coordinator, night, now=NOW),
            NOW,
        )
        assert [kept.number for kept in second.kept] == [consult.number]
        assert second.covered == [Stretch("dermatology", opens, opens + 4 * HOUR)]
        shift = planning.add_shift(session, clinic.coordinator, night, now=NOW)
        third = try_out(
            session,
            clinic.program.id,
            lambda session: planning.remove_shift(session, clinic.coordinator, shift.id, now=NOW),
            NOW,
        )
        assert (third.uncovered, [late.number for late in third.late]) == (second.covered, [consult.number])
        assert (session.get_one(Shift, shift.id).minutes, third.unplanned) == (240, [])


def test_who_comes_sooner_is_told_and_a_quiet_change_is_quiet(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        planning.add_shift(session, clinic.coordinator, _form(clinic, (NOW.weekday() + 1) % 7, 8, 8), now=NOON)
        clinic.econsult(session)
        soon = _form(clinic, NOW.weekday(), NOW.hour + 1, 2)
        trial = try_out(
            session,
            clinic.program.id,
            lambda session: planning.add_shift(session, clinic.coordinator, soon, now=NOW),
            NOW,
        )
        assert trial.sooner == 1
        long_after = NOW + AHEAD + 24 * HOUR
        quiet = try_out(
            session,
            clinic.program.id,
            lambda session: planning.take_off(
                session, clinic.coordinator, clinic.derm.public_id, long_after, long_after + HOUR, now=NOW
            ),
            NOW,
        )
        assert quiet.is_quiet


def test_a_change_that_is_refused_is_refused_in_its_trial(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        before = _kept(session)
        with pytest.raises(InvalidError) as refusal:
            try_out(
                session,
                clinic.program.id,
                lambda session: planning.add_shift(session, clinic.coordinator, _form(clinic, 9, 8, 8), now=NOW),
                NOW,
            )
        assert refusal.value.fields == {"weekday": "invalid"}
        assert _kept(session) == before


def test_a_trial_says_that_a_specialty_would_have_no_plan(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        clinic.econsult(session)
        only = planning.add_shift(session, clinic.coordinator, _form(clinic, 0, 0, 1), now=NOW).id

    def remove(session: Session) -> None:
        planning.remove_shift(session, clinic.coordinator, only, now=NOW, ends_plan=True)

    with database.writing() as session:
        trial = try_out(session, clinic.program.id, remove, NOW)
    # Somebody counts as on duty at all hours then, which is no good news.
    assert (trial.unplanned, trial.covered, trial.kept, trial.is_quiet) == (["dermatology"], [], [], False)
    with database.writing() as session:
        untold = clinic.answered(session)
        away = planning.take_off(session, clinic.coordinator, clinic.pcp.public_id, NOW, NOW + 40 * HOUR, now=NOW).id

    def remove_and_bring_back(session: Session) -> None:
        remove(session)
        planning.end_time_off(session, clinic.coordinator, away, now=NOW)

    with database.writing() as session:
        trial = try_out(session, clinic.program.id, remove_and_bring_back, NOW)
    # What the clinic promised has nothing to do with the plan.
    assert [(kept.number, kept.why) for kept in trial.kept] == [(untold.number, "clinic_away")]


def test_limits_and_a_stand_in_tell_where_what_waits_would_be_offered(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        number = clinic.econsult(session).number
        qualifying.set_state(session, clinic.coordinator, clinic.home.public_id, "NM", now=NOON)
        _licensed(session, clinic, clinic.derm2.public_id, "TX")

    def barred(session: Session) -> None:
        _licensed(session, clinic, clinic.derm.public_id, "TX")

    def stands_in(session: Session) -> None:
        qualifying.add_fallback(session, clinic.coordinator, "dermatology", "neurology", now=NOW)

    last = _tried(database, clinic, barred)
    assert last.moved == [Offered(number, "dermatology", is_at_desk=True)]
    assert ([late.number for late in last.late], last.is_quiet) == ([number], False)
    with database.reading() as session:
        assert not session.scalars(select(Consult.is_unallocated)).one()
    assert _tried(database, clinic, stands_in).is_quiet
    with database.writing() as session:
        barred(session)
        offer_again(session, clinic.program.id, NOW)
    assert _tried(database, clinic, stands_in).moved == [Offered(number, "neurology", is_at_desk=False)]


def _licensed(session: Session, clinic: Clinic, public_id: str, states: str) -> None:
    qualifying.set_limits(session, clinic.coordinator, public_id, LimitsForm(states, (), 0), now=NOON)


def _tried(database: Database, clinic: Clinic, act: Callable[[Session], None]) -> Trial:
    def and_offer(session: Session) -> None:
        act(session)
        offer_again(session, clinic.program.id, NOW)

    with database.writing() as session:
        return try_out(session, clinic.program.id, and_offer, NOW)
