"""What will be late: every clock, and only whoever may take it and is there counts, by the same rule everywhere."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete, inspect, update
from sqlalchemy.orm import Session

from econsult.consults import answers, declining, holding, reopening, second, telling, threads
from econsult.consults.choice import ask_of
from econsult.consults.hands import loads_of
from econsult.consults.ledger import Clock
from econsult.consults.threads import Audience
from econsult.database import Database
from econsult.people.persons import Organization, Person
from econsult.people.signin import close_account
from econsult.queue.able import Able, Takers, around
from econsult.queue.audience import Audience as Around
from econsult.queue.cover import watch_cover
from econsult.queue.due import due_consults
from econsult.queue.forecast import forecast, open_words
from econsult.rosters.limits import Conflict, FallbackPool, Limits
from econsult.rosters.routing import route
from econsult.rosters.shifts import Shift, TimeOff
from tests.personas import LEASE, NOON, TARGETS, Clinic

HOUR = timedelta(hours=1)


def _shift(session: Session, clinic: Clinic, person: Person, specialty: str, hours: tuple[int, int]) -> None:
    """On duty from so many to so many hours after noon, every day."""
    for weekday in range(7):
        shift = Shift(program_id=clinic.program.id, specialty=specialty, person_id=person.id, weekday=weekday)
        shift.starts, shift.minutes = (12 + hours[0]) % 24 * 60, (hours[1] - hours[0]) * 60
        shift.time_zone, shift.from_day = "UTC", date(2026, 1, 1)
        session.add(shift)
    session.flush()


def _off(session: Session, person: Person, hours: tuple[float, float]) -> None:
    session.add(TimeOff(person_id=person.id, starts_at=NOON + hours[0] * HOUR, ends_at=NOON + hours[1] * HOUR))
    session.flush()


def _risks(session: Session, clinic: Clinic, now: datetime = NOON + HOUR) -> list[tuple[int, str, str]]:
    found = forecast(session, clinic.program.id, now).risks
    return [(risk.consult.id, risk.clock, risk.why) for risk in found]


@pytest.mark.parametrize("has_roster", [True, False])
def test_planned_time_off_leaves_nobody(database: Database, clinic: Clinic, has_roster: bool) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        for person in (clinic.derm, clinic.derm2):
            if has_roster:
                _shift(session, clinic, person, "dermatology", (8, 16))
            assert _risks(session, clinic) == []
            _off(session, person, (0.5 if not has_roster else 7, 40))
        assert _risks(session, clinic) == [(consult.id, "first_reply", "no_cover")]


def test_a_holder_who_will_be_away_until_it_is_late_is_named(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        _off(session, clinic.derm, (2, 23.9))
        assert _risks(session, clinic) == []
        _off(session, clinic.derm, (1.1, 40))
        assert _risks(session, clinic) == [(consult.id, "first_reply", "holder_away")]


def test_who_is_there_in_the_last_minutes_is_not_away_and_two_are_not_too_few(
    database: Database, clinic: Clinic
) -> None:
    """Ten minutes are left, and an answer takes a quarter of an hour; away is only who is."""
    late = NOON + timedelta(hours=23, minutes=50)
    with database.writing() as session:
        for person in (clinic.derm, clinic.derm2):
            _shift(session, clinic, person, "dermatology", (0, 24))
        held, waits = clinic.claimed(session), clinic.econsult(session)
        short = [(held.id, "first_reply", "little_time"), (waits.id, "first_reply", "little_time")]
        assert _risks(session, clinic, late) == short
        assert _risks(session, clinic, NOON + timedelta(hours=23, minutes=40)) == []
        _off(session, clinic.derm, (23, 30))
        away = [(held.id, "first_reply", "holder_away"), (waits.id, "first_reply", "little_time")]
        assert _risks(session, clinic, late) == away
        _off(session, clinic.derm2, (23, 30))
        nobody = [(held.id, "first_reply", "holder_away"), (waits.id, "first_reply", "no_cover")]
        assert _risks(session, clinic, late) == nobody


def test_a_colleague_who_is_there_for_the_last_minutes_is_not_away(database: Database, clinic: Clinic) -> None:
    """Five of the last ten minutes; all of them would do."""
    with database.writing() as session:
        consult = clinic.claimed(session)
        consult.claim_until = NOON + 30 * HOUR
        side = second.ask_second(session, consult, clinic.derm, "Yours?", specialty="neurology", now=NOON)
        late = side.due_at - timedelta(minutes=10)
        assert _risks(session, clinic, late) == []
        leaves = (side.due_at - timedelta(minutes=5) - NOON) / HOUR
        _off(session, clinic.neuro, (leaves, 40))
        for side.holder_id in (None, clinic.neuro.id):
            session.flush()
            assert _risks(session, clinic, late) == [(consult.id, "second", "little_time")]
        away = side.due_at - timedelta(minutes=4)
        assert _risks(session, clinic, away) == [(consult.id, "second", "holder_away")]


def test_a_pool_that_stands_in_is_counted(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        clinic.let_neurology_stand_in(session)
        consult = clinic.econsult(session)
        assert (consult.fallback_specialty, _risks(session, clinic)) == ("neurology", [])
        _shift(session, clinic, clinic.neuro, "neurology", (30, 32))
        _off(session, clinic.neuro, (2, 40))
        assert _risks(session, clinic) == [(consult.id, "first_reply", "no_cover")]
        stakes = [gap.at_stake for gap in forecast(session, clinic.program.id, NOON + HOUR).gaps]
        assert sum(stakes) == 1


@pytest.mark.parametrize("bar", ["licence", "language", "conflict"])
def test_whoever_may_not_take_it_is_no_cover(database: Database, clinic: Clinic, bar: str) -> None:
    with database.writing() as session:
        session.execute(update(Organization).where(Organization.id == clinic.home.id).values(state="NM"))
        session.expire_all()
        consult = clinic.econsult(session)
        for person in (clinic.derm, clinic.derm2):
            assert _risks(session, clinic) == []
            if bar == "conflict":
                session.add(Conflict(person_id=person.id, patient_id=clinic.child.id))
            else:
                rule = {"states": "TX"} if bar == "licence" else {"languages": "fr"}
                session.add(Limits(person_id=person.id, **rule))
            session.flush()
        assert _risks(session, clinic) == [(consult.id, "first_reply", "no_cover")]


def test_what_still_runs_after_an_answer_is_foreseen(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        told, asked = clinic.answered(session), clinic.answered(session)
        for consult in (told, asked):
            telling.inform(session, consult, clinic.coordinator, method="phone", teach_back=True, now=NOON)
        threads.post(session, told, clinic.mother, Audience.FAMILY, text="\u00bfY ahora?", now=NOON)
        threads.post(session, asked, clinic.pcp, Audience.CLINICIANS, text="And now?", now=NOON)
        untold = clinic.answered(session)
        assert _risks(session, clinic) == []
        for person in (clinic.derm, clinic.pcp):
            _off(session, person, (1, 40))
        expected = [(told.id, "next_reply", "clinic_away"), (asked.id, "next_reply", "holder_away")]
        assert sorted(_risks(session, clinic)) == [*expected, (untold.id, "family_informed", "clinic_away")]


def test_what_a_family_was_not_told_before_its_question_was_opened_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON + HOUR)
        reopening.reopen(session, consult, clinic.pcp, "it came back", now=NOON + 20 * HOUR, targets=TARGETS)
        close_account(session, session.merge(clinic.pcp), NOON + 20 * HOUR)
        session.flush()
        assert _risks(session, clinic, NOON + 19.9 * HOUR) == [(consult.id, "family_informed", "clinic_away")]


def test_a_held_clock_runs_out_at_the_end_of_its_longest_pause(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        _off(session, clinic.derm, (1, 200))
        assert _risks(session, clinic, NOON + 71 * HOUR) == []
        assert _risks(session, clinic, NOON + 73 * HOUR) == [(consult.id, "first_reply", "holder_away")]


@pytest.mark.parametrize("hours", [1, 3])
def test_hands_that_stay_full_until_a_pause_is_over_are_no_room(database: Database, clinic: Clinic, hours: int) -> None:
    """Each holds what waits for a photo; of two whose pauses end in time one is enough."""
    with database.writing() as session:
        for person in (clinic.derm, clinic.derm2):
            session.add(Limits(person_id=person.id, capacity=1))
            held = holding.claim(session, clinic.econsult(session), person, now=NOON, lease=LEASE)
            threads.request_info(session, held, person, text="Better photo?", items=[], audience=None, now=NOON)
        waiting = clinic.econsult(session, urgency="same_day")
        session.flush()
        assert _risks(session, clinic) == [(waiting.id, "first_reply", "too_many")]
        # The one who has a second place has room.
        session.execute(update(Limits).where(Limits.person_id == clinic.derm2.id).values(capacity=2))
        assert _risks(session, clinic) == []
        session.execute(update(Limits).values(capacity=1))
        ends = NOON + 4 * HOUR - hours * timedelta(minutes=10)
        paused = Clock.consult_id == held.id, Clock.name == "first_reply"
        session.execute(update(Clock).where(*paused).values(paused_until=ends))
        is_late = [(waiting.id, "first_reply", "too_many")] if hours == 1 else []
        assert _risks(session, clinic) == is_late
        # Of two that wait for information the first one makes room.
        session.execute(update(Limits).where(Limits.person_id == clinic.derm2.id).values(capacity=2))
        more = holding.claim(session, clinic.econsult(session), clinic.derm2, now=NOON, lease=LEASE)
        threads.request_info(session, more, clinic.derm2, text="Since when?", items=[], audience=None, now=NOON)
        assert _risks(session, clinic) == is_late


def test_a_colleague_whose_hands_stay_full_replies_in_no_time(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        session.add(Limits(person_id=clinic.neuro.id, capacity=1))
        own = holding.claim(
            session, clinic.econsult(session, specialty="neurology"), clinic.neuro, now=NOON, lease=LEASE
        )
        consult = clinic.claimed(session)
        second.ask_second(session, consult, clinic.derm, "Yours?", specialty="neurology", now=NOON)
        assert _risks(session, clinic) == []
        threads.request_info(session, own, clinic.neuro, text="Since when?", items=[], audience=None, now=NOON)
        assert _risks(session, clinic) == [(consult.id, "second", "too_many")]


def test_who_took_it_off_duty_is_there_until_their_next_shift(database: Database, clinic: Clinic) -> None:
    """As the watch and the ladder have it; after that shift they are off duty like everybody."""
    with database.writing() as session:
        _shift(session, clinic, clinic.derm2, "dermatology", (0, 1))
        session.add(
            Shift(
                program_id=clinic.program.id,
                specialty="dermatology",
                person_id=clinic.derm.id,
                weekday=3,
                starts=0,
                minutes=600,
                time_zone="UTC",
                from_day=date(2026, 1, 1),
            )
        )
        session.flush()
        consult = clinic.take(session, clinic.econsult(session, urgency="same_day"))
        assert (consult.is_taken_off_duty, _risks(session, clinic)) == (True, [])
        _off(session, clinic.derm, (2, 9))
        assert _risks(session, clinic) == []
        _off(session, clinic.derm, (0.9, 2))
        assert _risks(session, clinic) == [(consult.id, "first_reply", "holder_away")]
        session.execute(delete(TimeOff))
        # On duty from one until ten past one, and then no more.
        session.execute(
            update(Shift).where(Shift.person_id == clinic.derm.id).values(weekday=0, starts=780, minutes=10)
        )
        assert _risks(session, clinic) == [(consult.id, "first_reply", "holder_away")]


def test_more_than_those_who_are_there_can_answer(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        _shift(session, clinic, clinic.derm, "dermatology", (20, 21))
        _shift(session, clinic, clinic.derm, "dermatology", (20, 21))
        consults = [clinic.econsult(session) for _ in range(5)]
        assert _risks(session, clinic) == [(consults[4].id, "first_reply", "too_many")]


def _any_clinic(session: Session, clinic: Clinic, dice: random.Random) -> None:
    """Limits, conflicts, rosters, time off and stand-ins as they fall."""
    session.execute(update(Organization).where(Organization.id == clinic.home.id).values(state=dice.choice(("", "NM"))))
    for person, specialty in ((clinic.derm, "dermatology"), (clinic.derm2, "dermatology"), (clinic.neuro, "neurology")):
        if dice.random() < 0.5:
            states, languages = dice.choice(("", "TX", "NM")), dice.choice(("", "fr", "en"))
            session.add(Limits(person_id=person.id, states=states, languages=languages))
        if dice.random() < 0.2:
            session.add(Conflict(person_id=person.id, patient_id=clinic.child.id))
        if dice.random() < 0.4:
            _shift(session, clinic, person, specialty, dice.choice(((-1, 1), (5, 9))))
        if dice.random() < 0.3:
            _off(session, person, (-1, 1))
    if dice.random() < 0.5:
        session.add(FallbackPool(program_id=clinic.program.id, specialty="dermatology", fallback="neurology"))
    session.flush()
    session.expire_all()


@pytest.mark.parametrize("seed", range(12))
def test_router_ladder_and_forecast_agree_on_who_could_take_it(database: Database, clinic: Clinic, seed: int) -> None:
    with database.writing() as session:
        _any_clinic(session, clinic, random.Random(seed))
        consult = clinic.econsult(session)
        chosen = route(session, ask_of(session, consult), lambda people: loads_of(session, people), NOON)
        takers = Takers(session, around(session, clinic.program.id), NOON)
        assert {person.id for person in chosen.ready} == set(takers.for_request(consult))
        (due,) = due_consults(session, NOON + 24 * HOUR)
        assert Around(session, NOON).lacks_cover(due, "first_reply", "") == (not chosen.ready)


def test_the_watch_tells_nobody_while_the_other_pool_is_there(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        _shift(session, clinic, clinic.neuro, "neurology", (-1, 1))
        consult = clinic.econsult(session)
        consult.fallback_specialty = "neurology"
        assert [watch_cover(session, NOON + at * HOUR) for at in (0, 1)] == [0, 0]
        for person in (clinic.derm, clinic.derm2):
            holding.claim(session, clinic.econsult(session), person, now=NOON, lease=LEASE)
            _off(session, person, (1, 9))
        # Two are held by those who are away, and one waits.
        assert [watch_cover(session, NOON + at * HOUR) for at in (1.5, 2)] == [3, 0]


def test_a_family_that_is_not_told_of_a_decline_is_foreseen(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = declining.decline(session, clinic.claimed(session), clinic.derm, "Needs a visit", now=NOON)
        assert _risks(session, clinic) == []
        close_account(session, session.get_one(Person, clinic.pcp.id), NOON)
        assert _risks(session, clinic) == [(consult.id, "family_informed", "clinic_away")]
        assert _risks(session, clinic, NOON + 30 * HOUR) == [(consult.id, "family_informed", "late")]
        telling.inform(session, consult, clinic.coordinator, method="phone", teach_back=False, now=NOON + 31 * HOUR)
        assert _risks(session, clinic, NOON + 32 * HOUR) == []


@pytest.mark.parametrize("has_rules", [False, True])
def test_whoever_asked_is_nobody_to_take_it(database: Database, clinic: Clinic, *, has_rules: bool) -> None:
    with database.writing() as session:
        asked = clinic.econsult(session)
        if has_rules:
            session.add(Limits(person_id=clinic.neuro.id, capacity=1))
            session.flush()
        able, both = Able(session, around(session, clinic.program.id)), (clinic.derm.id, clinic.derm2.id)
        assert able.among(both, asked) == set(both)
        asked.requester_id = clinic.derm.id
        assert able.among(both, asked) == {clinic.derm2.id}
        asked.sent_on_by_id = clinic.derm2.id
        assert able.among(both, asked) == set()
        session.rollback()


def test_a_forecast_opens_nobodys_words_before_they_are_shown(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        clinic.econsult(session)
    with database.reading() as session:
        (risk,) = forecast(session, clinic.program.id, NOON + timedelta(hours=30)).risks
        assert "question" in inspect(risk.consult).unloaded
        open_words(session, [risk])
        assert not {"question", "details"} & inspect(risk.consult).unloaded
