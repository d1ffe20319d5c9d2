"""Newer rules over open consults: the preview names every clock that would move, and the ledger each one that did."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults import answers, reopening, requests, second, threads
from econsult.consults.clocks import ClockEvent, open_clocks, start_clock
from econsult.consults.policies import ClockName, current_rules, policies_held, retire_policy, rules_of, save_policy
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.consults.steps import pending_at, promised_at
from econsult.consults.threads import Audience
from econsult.consults.urgency import change_urgency
from econsult.database import Database
from econsult.errors import InvalidError
from econsult.people.consent import ConsentGiven
from econsult.queue.asides import fire_sides
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures
from econsult.queue.preview import Scope, apply_to_open, preview
from econsult.queue.quiet import Quiet
from tests.crowd import Crowd, add_crowd
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic
from tests.spread import spread

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RULES = {"allocate": 60, "first_reply": 24 * 60, "next_reply": 24 * 60, "family_informed": 24 * 60}
OTHERS = {"pause": 72 * 60, "release": 12 * 60, "ladder": [50, 75, 90, 100]}


def _scope(clinic: Clinic, specialty: str = "", urgency: str = "") -> Scope:
    return Scope(clinic.program.id, specialty, urgency, TARGETS)


def _adopt(session: Session, clinic: Clinic, content: dict[str, object], now: datetime) -> int:
    save_policy(session, clinic.admin, specialty="", urgency="", content=content, now=now)
    return apply_to_open(session, clinic.admin, _scope(clinic), now=now).done


def _look(session: Session, clinic: Clinic, content: dict[str, object], now: datetime) -> dict[str, set[str]]:
    found = preview(session, _scope(clinic), {**RULES, **OTHERS, **content}, now=now).changes
    return {change.number: {move.clock for move in change.moves} for change in found}


def _recomputed(session: Session) -> list[tuple[str, int, str]]:
    lines = select(ClockEvent).where(ClockEvent.kind == "recomputed").order_by(ClockEvent.id)
    return [(line.name, line.cycle, line.reason) for line in session.scalars(lines)]


def _every_clock(session: Session, clinic: Clinic) -> tuple[Consult, Consult, Consult]:
    """One that waits to be taken, one that waits for information, one of which the family has heard nothing yet."""
    waits, asked, answered = clinic.econsult(session), clinic.claimed(session), clinic.answered(session)
    threads.request_info(session, asked, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON + HOUR)
    threads.post(session, answered, clinic.mother, Audience.FAMILY, text="¿Y ahora?", now=NOON + HOUR)
    return waits, asked, answered


REASONS = {"pause": "pause", "ladder": "60,100"}
"""What the ledger says of a cycle that goes on by other rules; one that begins anew says nothing more."""


@pytest.mark.parametrize(
    ("content", "moving"),
    spread(
        [
            ({"first_reply": 480}, ({"first_reply"}, {"first_reply"}, set())),
            ({"allocate": 30}, ({"allocate"}, set(), set())),
            ({"pause": 600}, (set(), {"first_reply"}, set())),
            ({"next_reply": 480}, (set(), set(), {"next_reply"})),
            ({"family_informed": 840}, (set(), set(), {"family_informed"})),
            ({"ladder": [60, 100]}, ({"first_reply"}, set(), {"next_reply", "family_informed"})),
            ({"release": 60}, (set(), set(), {"release"})),
            ({}, (set(), set(), set())),
        ],
        4,
    ),
    ids=["first", "allocate", "pause", "next", "family", "ladder", "release", "nothing"],
)
def test_the_preview_names_each_clock_that_applying_then_moves(
    database: Database, clinic: Clinic, content: dict[str, object], moving: tuple[set[str], ...]
) -> None:
    now = NOON + 2 * HOUR
    with database.writing() as session:
        consults = _every_clock(session, clinic)
        fire(session, now)
        expected = {consult.number: names for consult, names in zip(consults, moving, strict=True) if names}
        assert _look(session, clinic, content, now) == expected
        before = _state(session, consults)
        _adopt(session, clinic, {**RULES, **OTHERS, **content}, now)
        after = _state(session, consults)
        changed = {key for key in before | after if before.get(key) != after.get(key)}
        assert {(number, name) for number, names in expected.items() for name in names} == changed
        told = {(name, reason) for name, _cycle, reason in _recomputed(session)}
        # Of another ladder each open clock says so, also one whose next step stays as it was.
        names = set(ClockName) if "ladder" in content else {name for names in moving for name in names} - {"release"}
        reason = next((words for rule, words in REASONS.items() if rule in content), "")
        assert told == {(name, reason) for name in names}
        fire(session, now)
        assert list(violations(session, now)) == []


@pytest.mark.parametrize(("hours", "moves"), [(4, True), (48, False)])
def test_the_preview_names_the_reply_of_a_colleague_that_becomes_due_sooner(
    database: Database, clinic: Clinic, hours: int, moves: bool
) -> None:
    now, content = NOON + HOUR, {"first_reply": hours * 60}
    with database.writing() as session:
        consult = clinic.claimed(session)
        side = second.ask_second(session, consult, clinic.derm, "Yours?", specialty="neurology", now=NOON)
        before = side.due_at
        (change,) = preview(session, _scope(clinic), content, now=now).changes
        told = [(move.at, move.would_be) for move in change.moves if move.clock == "second"]
        _adopt(session, clinic, content, now)
        session.refresh(side)
        assert (side.due_at != before) is moves
        assert told == [(before, side.due_at)] * moves
        # What is late stays so, whatever is promised now.
        fire_sides(session, late := side.due_at + HOUR, Quiet())
        found = preview(session, _scope(clinic), {"first_reply": 60}, now=late).changes
        assert [move.clock for change in found for move in change.moves] == ["first_reply"]


def _state(session: Session, consults: tuple[Consult, ...]) -> dict[tuple[str, str], object]:
    """What runs of each consult, and when it is due and looked at next."""
    found: dict[tuple[str, str], object] = {}
    for consult in consults:
        session.refresh(consult)
        rules = rules_of(consult)
        for clock in open_clocks(session, consult.id):
            due = (promised_at(clock), pending_at(clock, rules))
            found[consult.number, clock.name] = due
        if consult.release_at is not None:
            found[consult.number, "release"] = consult.release_at
    return found


def test_each_lane_keeps_its_own_wait_under_newer_rules(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="¿Y ahora?", now=NOON + HOUR)
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="And now?", now=NOON + 2 * HOUR)
        _adopt(session, clinic, {"next_reply": 8 * 60}, NOON + 3 * HOUR)
        found = {clock.lane: clock.deadline_at for clock in open_clocks(session, consult.id, ClockName.NEXT_REPLY)}
        assert found == {"family": NOON + 9 * HOUR, "clinicians": NOON + 10 * HOUR}
        assert list(violations(session, NOON + 3 * HOUR)) == []


def test_a_late_reply_of_one_lane_does_not_count_against_the_other(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="¿Y ahora?", now=NOON + HOUR)
        fire(session, NOON + 26 * HOUR)
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="And now?", now=NOON + 26 * HOUR)
        _adopt(session, clinic, {"next_reply": 36 * 60}, NOON + 26 * HOUR)
        threads.post(session, consult, clinic.derm, Audience.CLINICIANS, text="Well", now=NOON + 27 * HOUR)
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Bien", now=NOON + 27 * HOUR)
        until = NOON + 28 * HOUR
        (line,) = [f for f in figures(session, NOON, until, until) if (f.clock, f.by) == ("next_reply", "all")]
        assert (line.count, line.within) == (2, 1)


def test_each_of_two_waits_of_one_lane_that_were_late_counts_as_late(database: Database, clinic: Clinic) -> None:
    """What a family asked before a signature and what it asked after it wait side by side; newer rules move both."""
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="¿Y ahora?", now=NOON)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON + HOUR)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="¿Y esto?", now=NOON + 2 * HOUR)
        _adopt(session, clinic, {"next_reply": 3 * 60}, NOON + 2 * HOUR)
        _adopt(session, clinic, {"next_reply": 48 * 60}, NOON + 6 * HOUR)
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Bien", now=NOON + 7 * HOUR)
        until = NOON + 8 * HOUR
        (line,) = [f for f in figures(session, NOON, until, until) if (f.clock, f.by) == ("next_reply", "all")]
        assert (line.count, line.within) == (2, 0)


def test_a_shorter_pause_takes_back_no_time_that_was_granted(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON + HOUR)
        for hours in (10, 12):
            _adopt(session, clinic, {"pause": 60 * hours - 600 + 60}, NOON + hours * HOUR)
        (clock,) = open_clocks(session, consult.id)
        assert clock.paused_until == NOON + 10 * HOUR
        assert _recomputed(session) == [("first_reply", 1, "pause")]
        fire(session, NOON + 12 * HOUR)
        assert (consult.status, consult.due_at) == ("claimed", NOON + 33 * HOUR)
        assert list(violations(session, NOON + 12 * HOUR)) == []


def test_being_taken_still_waits_for_cover_under_newer_rules(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        for hours in (2.5, 4):
            start_clock(session, consult, ClockName.ALLOCATE, hours * HOUR, NOON)
        _adopt(session, clinic, {"allocate": 30}, NOON + HOUR)
        found = [clock.deadline_at - NOON for clock in open_clocks(session, consult.id, ClockName.ALLOCATE)]
        assert found == [4 * HOUR, 2 * HOUR]


def test_a_policy_for_all_leaves_those_that_have_their_own(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        own = clinic.econsult(session)
        other = clinic.econsult(session, specialty="neurology")
        save_policy(session, clinic.admin, specialty="dermatology", urgency="", content={"first_reply": 600}, now=NOON)
        assert set(_look(session, clinic, {"first_reply": 480}, NOON)) == {other.number}
        assert _adopt(session, clinic, {"first_reply": 480}, NOON) == 1
        assert (own.due_at, other.due_at) == (NOON + 24 * HOUR, NOON + 8 * HOUR)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
@pytest.mark.wide
def test_a_large_preview_says_that_it_counted_a_part_and_applying_goes_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        template = clinic.econsult(session, specialty="neurology")
        add_crowd(session, template, Crowd(1300, NOON, timedelta(seconds=1), ("dermatology",)))
    with database.reading() as session:
        found = preview(session, _scope(clinic, "dermatology"), {**RULES, **OTHERS, "first_reply": 480}, now=NOON)
        assert (len(found.changes), found.is_part) == (1000, True)
    scope = _scope(clinic, "dermatology")
    with database.writing() as session:
        save_policy(session, clinic.admin, specialty="dermatology", urgency="", content={"next_reply": 480}, now=NOON)
        done = [apply_to_open(session, clinic.admin, scope, now=NOON, most=600) for _ in range(4)]
        assert [each.done for each in done] == [600, 600, 100, 0]
        assert [each.is_part for each in done] == [True, True, False, False]


def test_what_was_made_less_urgent_is_not_taken_for_what_waits_for_cover(database: Database, clinic: Clinic) -> None:
    def taken_by(session: Session) -> datetime:
        return open_clocks(session, consult.id, ClockName.ALLOCATE)[0].deadline_at

    with database.writing() as session:
        save_policy(session, clinic.admin, specialty="", urgency="", content={"allocate": 180}, now=NOON)
        consult = clinic.econsult(session, urgency="same_day")
        save_policy(session, clinic.admin, specialty="", urgency="", content={"allocate": 60}, now=NOON)
        assert taken_by(session) == NOON + 3 * HOUR
        change_urgency(session, consult, clinic.pcp, "routine", "better", now=NOON, targets=TARGETS)
        assert taken_by(session) == NOON + HOUR
        assert _adopt(session, clinic, {"allocate": 180}, NOON) == 1
        assert taken_by(session) == NOON + 3 * HOUR
        assert list(violations(session, NOON)) == []


def test_rules_of_their_own_are_taken_back_and_the_wider_ones_hold_again(database: Database, clinic: Clinic) -> None:
    scope = _scope(clinic, "dermatology")
    with database.writing() as session:
        save_policy(session, clinic.admin, specialty="", urgency="routine", content={"first_reply": 720}, now=NOON)
        save_policy(session, clinic.admin, specialty="dermatology", urgency="", content={"first_reply": 480}, now=NOON)
        other, own = clinic.econsult(session, specialty="neurology"), clinic.econsult(session)
        assert (other.due_at, own.due_at) == (NOON + 12 * HOUR, NOON + 8 * HOUR)
        looked = preview(session, scope, None, now=NOON)
        moves = [(change.number, move.clock, move.would_be) for change in looked.changes for move in change.moves]
        assert (own.number, "first_reply", NOON + 12 * HOUR) in moves
        assert {number for number, _clock, _at in moves} == {own.number}
        back = retire_policy(session, clinic.admin, specialty="dermatology", urgency="", now=NOON)
        # What is open keeps its promise until it goes over by a step that the ledger records.
        assert (back.version, own.due_at, clinic.econsult(session).due_at) == (2, NOON + 8 * HOUR, NOON + 12 * HOUR)
        assert apply_to_open(session, clinic.admin, scope, now=NOON).done == 1
        assert (own.due_at, apply_to_open(session, clinic.admin, scope, now=NOON).done) == (NOON + 12 * HOUR, 0)
        assert list(violations(session, NOON)) == []
        # The wider rules reach it again, and new ones of its own follow the version that took the old ones back.
        wide = Scope(clinic.program.id, "", "routine")
        save_policy(session, clinic.admin, specialty="", urgency="routine", content={"first_reply": 600}, now=NOON)
        assert apply_to_open(session, clinic.admin, wide, now=NOON).done == 3
        with pytest.raises(InvalidError):
            retire_policy(session, clinic.admin, specialty="dermatology", urgency="", now=NOON)
        again = save_policy(session, clinic.admin, specialty="dermatology", urgency="", content={}, now=NOON)
        assert (again.version, policies_held(session, clinic.program.id)[("dermatology", "")]) == (3, 3)


def _waits_of(session: Session, consult: Consult) -> dict[str, int]:
    return {clock.name: clock.target_seconds // 60 for clock in open_clocks(session, consult.id)}


def _ask_again(session: Session, clinic: Clinic, how: str, content: dict[str, int]) -> Consult:
    """A request whose family waits; then newer rules are saved, and somebody does something else with the request."""
    makes = {"urgency": clinic.claimed, "reopened": clinic.answered, "sent on": clinic.family_question}
    consult = makes[how](session)
    if how == "reopened":
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
    threads.post(session, consult, clinic.mother, Audience.FAMILY, text="¿Y ahora?", now=NOON + MINUTE)
    if how == "urgency":
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON + MINUTE)
    save_policy(session, clinic.admin, specialty="", urgency="", content=content, now=NOON + HOUR)
    now = NOON + HOUR + MINUTE
    if how == "urgency":
        change_urgency(session, consult, clinic.pcp, "same_day", "", now=now, targets=TARGETS)
    elif how == "reopened":
        reopening.reopen(session, consult, clinic.pcp, "It came back", now=now, targets=TARGETS)
    else:
        words = {"question": "Is this atopic dermatitis, and is a steroid safe here?", "question_type": "diagnosis"}
        details = {"body_site": "elbow", "red_flags": []}
        consent = ConsentGiven("parent", "verbal", "en")
        form = RequestForm(specialty="dermatology", details=details, consent=consent, **words)
        requests.send_on(session, consult, clinic.pcp, form, now=now, targets=TARGETS)
    return consult


@pytest.mark.parametrize("how", ["urgency", "reopened", "sent on"])
def test_whatever_brings_newer_rules_brings_them_to_every_clock(database: Database, clinic: Clinic, how: str) -> None:
    """C4: no promise of a request stays behind the rules that its page says, out of reach of "go over"."""
    content = {"next_reply": 120, "family_informed": 180, "release": 60, "pause": 600}
    with database.writing() as session:
        consult = _ask_again(session, clinic, how, content)
        waits = _waits_of(session, consult)
        assert waits["next_reply"] == 120
        assert waits.get("family_informed", 180) == 180
        assert "next_reply" in {name for name, _cycle, _reason in _recomputed(session)}
        held = {clock.paused_until for clock in open_clocks(session, consult.id) if clock.paused_at is not None}
        assert held == ({NOON + MINUTE + 10 * HOUR} if how == "urgency" else set())
        now = NOON + HOUR + 2 * MINUTE
        assert preview(session, _scope(clinic), content, now=now).changes == []
        assert apply_to_open(session, clinic.admin, _scope(clinic), now=now).done == 0
        assert [line for line in violations(session, now) if line.startswith("4")] == []


def test_a_clock_that_was_left_behind_is_named_and_goes_over(database: Database, clinic: Clinic) -> None:
    """As an earlier version left them: the text of the newest rules, and a clock of older ones."""
    content = {"next_reply": 120}
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="¿Y ahora?", now=NOON)
        save_policy(session, clinic.admin, specialty="", urgency="", content=content, now=NOON)
        consult.rules = current_rules(session, consult, TARGETS).as_text()
        said = f"4 {consult.number}: next_reply promises something else than its rules"
        assert said in list(violations(session, NOON))
        (change,) = preview(session, _scope(clinic), content, now=NOON).changes
        assert [(move.clock, move.would_be) for move in change.moves] == [("next_reply", NOON + 2 * HOUR)]
        assert apply_to_open(session, clinic.admin, _scope(clinic), now=NOON).done == 1
        assert _waits_of(session, consult)["next_reply"] == 120
        assert said not in list(violations(session, NOON))
        assert apply_to_open(session, clinic.admin, _scope(clinic), now=NOON).done == 0


def test_a_pause_of_a_clock_that_was_ahead_takes_no_time_off_the_promise(database: Database, clinic: Clinic) -> None:
    """A pause before it has used up what the newer rules allow, and it began eleven minutes after what is now."""
    minute = timedelta(minutes=1)
    with database.writing() as session:
        consult = clinic.claimed(session)
        ask = {"text": "?", "items": ["a"], "audience": Audience.FAMILY}
        threads.request_info(session, consult, clinic.derm, **ask, now=NOON + 25 * minute)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="x", now=NOON + 180 * minute)
        threads.request_info(session, consult, clinic.derm, **ask, now=NOON + 211 * minute)
        (clock,) = (each for each in open_clocks(session, consult.id) if each.paused_at)
        before = clock.deadline_at
        _adopt(session, clinic, {"pause": 120}, NOON + 205 * minute)
        assert clock.paused_until == clock.paused_at
        fire(session, NOON + 215 * minute)
        assert (clock.state, clock.deadline_at) == ("running", before)
        assert list(violations(session, NOON + 215 * minute)) == []


def test_what_was_broken_at_the_instant_at_which_it_ended_is_not_in_time(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        fire(session, NOON + HOUR)
        clinic.take(session, consult, now=NOON + HOUR)
        until = NOON + 2 * HOUR
        (line,) = [f for f in figures(session, NOON, until, until) if (f.clock, f.by) == ("allocate", "all")]
        assert (line.count, line.within) == (1, 0)
