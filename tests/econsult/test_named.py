"""Somebody asked for by name, where time, the roster, the rules or their hands change while they alone are asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult.consults import holding
from econsult.consults.clocks import open_clocks
from econsult.consults.policies import ClockName, save_policy
from econsult.consults.records import Consult
from econsult.consults.taking import next_for
from econsult.consults.urgency import adopt_rules
from econsult.consults.wishes import PassedOver, Wish, Wishes, wish_of
from econsult.database import Database
from econsult.jobs import JobPolicy
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.named import end_wishes
from econsult.queue.pending import look_for_work
from econsult.queue.quiet import Quiet
from econsult.queue.reoffering import roster_changed
from econsult.rosters.limits import Limits
from econsult.rosters.planning import ShiftForm, add_shift
from econsult.rosters.shifts import TimeOff
from tests.econsult.test_cover import shift
from tests.personas import LEASE, NOON, Clinic

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def _named(session: Session, clinic: Clinic, **changes: object) -> Consult:
    return clinic.econsult(session, wishes=Wishes(named=clinic.derm2.public_id), **changes)


def _wish(session: Session, consult: Consult) -> Wish:
    session.flush()
    wish = wish_of(session, consult.id)
    assert wish is not None
    session.refresh(wish)
    return wish


def _told(session: Session, person: Person, consult: Consult) -> list[str]:
    session.flush()
    query = select(Notice.kind).where(Notice.person_id == person.id, Notice.consult_id == consult.id)
    return list(session.scalars(query.order_by(Notice.id)))


def _tick(session: Session, now, quiet: Quiet | None = None) -> None:
    fire(session, now, quiet)
    watch_cover(session, now, quiet=quiet)
    watch_absences(session, now, quiet)
    if look_for_work(session, now, JobPolicy()).has_round:
        end_wishes(session, now, quiet)
    session.flush()


@pytest.mark.parametrize("ladder", [[50, 90, 100], [100], [50, 75, 90, 100]])
def test_the_pool_hears_at_three_quarters_whatever_the_ladder_is(
    database: Database, clinic: Clinic, ladder: list[int]
) -> None:
    with database.writing() as session:
        save_policy(session, clinic.admin, specialty="", urgency="", content={"ladder": ladder}, now=NOON)
        consult = _named(session, clinic)
        for minute in range(45):
            _tick(session, NOON + minute * MINUTE)
        assert _told(session, clinic.derm, consult) == []
        assert not list(violations(session, NOON + 44 * MINUTE))
        _tick(session, NOON + 45 * MINUTE)
        assert len(_told(session, clinic.derm, consult)) == 1
        wish = _wish(session, consult)
        assert (wish.passed_over, wish.first_until) == (PassedOver.TIME, None)
        # They are told once, and the one who was named not again.
        _tick(session, NOON + 46 * MINUTE)
        assert len(_told(session, clinic.derm, consult)) == 1
        assert _told(session, clinic.derm2, consult).count(NoticeKind.NEW_REQUEST) == 1
        assert not list(violations(session, NOON + 46 * MINUTE))


def test_what_was_taken_in_time_tells_nobody_afterwards(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = holding.claim(session, _named(session, clinic), clinic.derm2, now=NOON, lease=3 * LEASE)
        _tick(session, NOON + 45 * MINUTE)
        assert _told(session, clinic.derm, consult) == []
        wish = _wish(session, consult)
        assert (wish.passed_over, wish.first_until) == (None, None)
        assert not look_for_work(session, NOON + 45 * MINUTE, JobPolicy()).has_round


@pytest.mark.parametrize("why", ["leave", "shift", "full", "closed"])
def test_who_goes_without_a_form_keeps_nothing_from_the_others(database: Database, clinic: Clinic, why: str) -> None:
    with database.writing() as session:
        if why in ("leave", "shift"):
            shift(session, clinic, clinic.derm, hours=24)
            # NOON is 5 in the morning in Denver.
            shift(session, clinic, clinic.derm2, hours=24).minutes = 24 * 60 if why == "leave" else 62
        if why == "leave":
            away = {"starts_at": NOON + 2 * MINUTE, "ends_at": NOON + timedelta(days=9)}
            session.add(TimeOff(person_id=clinic.derm2.id, **away))
        consult = _named(session, clinic)
        assert _wish(session, consult).first_until == NOON + 45 * MINUTE
        if why == "full":
            session.add(Limits(person_id=clinic.derm2.id, capacity=1, states="", languages=""))
            other = clinic.econsult(session, now=NOON + MINUTE)
            holding.claim(session, other, clinic.derm2, now=NOON + 2 * MINUTE, lease=4 * LEASE)
        if why == "closed":
            session.get_one(Person, clinic.derm2.id).is_active = False
        for minute in range(4):
            _tick(session, NOON + minute * MINUTE)
        assert NoticeKind.NEW_REQUEST in _told(session, clinic.derm, consult)
        code = {"full": "full", "closed": "barred"}.get(why, "away")
        assert (_wish(session, consult).passed_over, _wish(session, consult).first_until) == (code, None)
        found = next_for(session, clinic.derm, now=NOON + 4 * MINUTE)
        assert found is not None
        assert found.id == consult.id
        (taking,) = open_clocks(session, consult.id, ClockName.ALLOCATE)
        assert taking.deadline_at == NOON + HOUR
        assert not list(violations(session, NOON + 4 * MINUTE))


def test_newer_rules_shorten_the_named_persons_time_with_the_promise(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        save_policy(session, clinic.admin, specialty="", urgency="", content={"allocate": 240}, now=NOON)
        consult = _named(session, clinic)
        assert _wish(session, consult).first_until == NOON + 3 * HOUR
        save_policy(session, clinic.admin, specialty="", urgency="", content={"allocate": 20}, now=NOON)
        adopt_rules(session, consult, clinic.admin, now=NOON + MINUTE)
        assert _wish(session, consult).first_until == NOON + 15 * MINUTE
        _tick(session, NOON + 15 * MINUTE)
        assert _told(session, clinic.derm, consult) != []
        assert next_for(session, clinic.derm, now=NOON + 15 * MINUTE) is not None


def test_who_comes_sooner_than_planned_is_asked_alone_for_no_longer_than_usual(
    database: Database, clinic: Clinic
) -> None:
    sent = NOON
    with database.writing() as session:
        shift(session, clinic, clinic.derm2, starts=8, hours=8)
        consult = _named(session, clinic, now=sent)
        for person in (clinic.derm2, clinic.derm):
            form = ShiftForm(person.public_id, "dermatology", sent.weekday(), sent.hour * 60, 600, "UTC")
            add_shift(session, clinic.coordinator, form, now=sent + MINUTE)
        roster_changed(session, clinic.program.id, sent + MINUTE)
        (taking,) = open_clocks(session, consult.id, ClockName.ALLOCATE)
        first_until = _wish(session, consult).first_until
        assert first_until is not None
        assert (taking.deadline_at, first_until) == (sent + 61 * MINUTE, sent + 46 * MINUTE)
        _tick(session, first_until)
        assert next_for(session, clinic.derm, now=first_until) is not None
        assert not list(violations(session, first_until))


@pytest.mark.parametrize(("before", "until"), [(2, 45), (3.5, 15), (3.8, None), (10, None)])
def test_a_name_holds_into_the_shift_as_far_as_the_promise_does(
    database: Database, clinic: Clinic, before: float, until: int | None
) -> None:
    """Both begin at 08:00. What is late in being taken by then, or as good as, is everybody's, and the page says so."""
    begins = NOON + 3 * HOUR
    with database.writing() as session:
        for person in (clinic.derm, clinic.derm2):
            shift(session, clinic, person, starts=8, hours=8)
        consult = _named(session, clinic, now=begins - before * HOUR)
        wish = _wish(session, consult)
        if until is None:
            assert (wish.first_until, wish.passed_over) == (None, PassedOver.AWAY)
            return
        assert (wish.first_until, wish.passed_over) == (begins + until * MINUTE, None)
        at = begins - MINUTE
        _tick(session, at)
        heard = len(_told(session, clinic.derm, consult))
        for minute in range(0, until, 2):
            _tick(session, begins + minute * MINUTE)
        assert len(_told(session, clinic.derm, consult)) == heard
        assert _told(session, clinic.derm2, consult).count(NoticeKind.NEW_REQUEST) > 1
        assert next_for(session, clinic.derm, now=begins + MINUTE) is None
        assert next_for(session, clinic.derm2, now=begins + MINUTE) is not None
        assert not list(violations(session, begins + (until - 1) * MINUTE))


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "America/New_York"])
def test_nobody_waits_for_who_sleeps_while_others_are_awake(database: Database, clinic: Clinic, zone: str) -> None:
    at = NOON + 16 * HOUR
    with database.writing() as session:
        named, other = (session.get_one(Person, person.id) for person in (clinic.derm2, clinic.derm))
        named.time_zone, other.time_zone = "America/New_York", zone
        consult = _named(session, clinic, now=at)
        for minute in range(3):
            _tick(session, at + minute * MINUTE, Quiet())
        # Where it is night for all of them, nothing is won by asking.
        is_awake = zone == "Pacific/Honolulu"
        assert bool(_told(session, other, consult)) is is_awake
        assert (next_for(session, other, now=at + 3 * MINUTE) is not None) is is_awake


def test_invariants_see_what_is_kept_for_somebody_too_long(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _named(session, clinic)
        late = {"first_until": NOON + 2 * HOUR}
        session.execute(update(Wish).where(Wish.consult_id == consult.id).values(late))
        assert any("although it is late in being taken" in line for line in violations(session, NOON))
        session.execute(update(Wish).where(Wish.consult_id == consult.id).values(first_until=NOON))
        assert any("nobody else was asked" in line for line in violations(session, NOON + 3 * MINUTE))
        session.execute(update(Wish).where(Wish.consult_id == consult.id).values(first_until=NOON + 45 * MINUTE))
        session.add(TimeOff(person_id=clinic.derm2.id, starts_at=NOON, ends_at=NOON + HOUR))
        session.flush()
        assert any("who is not there" in line for line in violations(session, NOON + 3 * MINUTE))
