"""Over random lives of many consults: what the page of promises shows of a change is what the change then does."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.policies import policies_held, retire_policy, rules_of, save_policy
from econsult.consults.records import Consult, Urgency, number_of
from econsult.consults.sides import SideQuestion, SideState
from econsult.consults.steps import pending_at, promised_at
from econsult.database import Database
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.preview import LIVE, Scope, apply_to_open, preview
from tests.econsult.test_queue_property import World
from tests.personas import TARGETS, open_clinic
from tests.spread import spread

HOURS = {
    "allocate": (1, 12, 60, 180, 600, 43200),
    "first_reply": (1, 30, 60, 240, 1440, 2880, 43200),
    "next_reply": (1, 60, 360, 1440, 2160, 43200),
    "family_informed": (1, 720, 1440, 2880, 43200),
    "pause": (1, 60, 1440, 4320, 43200),
    "release": (0, 1, 120, 719, 720, 1440),
}
"""Minutes that a policy may say, from the least to the most."""
REPLIES = ("allocate", "first_reply", "next_reply", "family_informed")
LADDERS = ([50, 75, 90, 100], [100], [1, 100], [1, 2, 3, 98, 99, 100], [30, 80, 100])
SPECIALTIES = ("", "", "dermatology", "cardiology")


def _content(dice: random.Random) -> dict[str, Any]:
    """Any rules that the form takes; it names all of them, other ways in only some."""
    content: dict[str, Any] = {name: dice.choice(some) for name, some in HOURS.items() if dice.random() < 0.8}
    if content.get("release", 720) >= content.get("family_informed", 1440):
        # Refused: nobody could hear in time what is not open yet.
        content["release"] = 0
    return content | ({"ladder": dice.choice(LADDERS)} if dice.random() < 0.6 else {})


def _state(session: Session) -> dict[tuple[str, str, str], Any]:
    """When each thing of an open consult is due, and is looked at next."""
    found: dict[tuple[str, str, str], Any] = {}
    running = select(Clock, Consult).join(Consult, Consult.id == Clock.consult_id)
    for clock, consult in session.execute(running.where(Clock.state != ClockState.STOPPED)):
        key = (consult.number, str(clock.name), f"{clock.lane}{clock.started_at}")
        assert key not in found
        found[key] = (promised_at(clock), pending_at(clock, rules_of(consult)))
    for consult in session.scalars(select(Consult).where(Consult.status.in_(LIVE), Consult.release_at.is_not(None))):
        found[consult.number, "release", ""] = (consult.release_at, None)
    for side in session.scalars(select(SideQuestion).where(SideQuestion.state == SideState.OPEN)):
        found[number_of(side.consult_id), "second", ""] = (side.due_at, None)
    return found


def _moved(before: dict[Any, Any], after: dict[Any, Any], now: datetime) -> tuple[Counter[Any], set[str]]:
    """What is due, or told of, at another time than before; and the consults of which something is late by it."""
    assert before.keys() == after.keys()
    moves: Counter[Any] = Counter()
    late = set()
    for (number, name, where), (due, told) in before.items():
        due_then, told_then = after[number, name, where]
        if due != due_then:
            moves[number, name, due, due_then, True] += 1
            if name not in ("release", "second") and due > now >= due_then:
                late.add(number)
        elif told != told_then:
            moves[number, name, told, told_then, False] += 1
    return moves, late


def _check(session: Session, world: World, scope: Scope, content: dict[str, Any] | None, now: datetime) -> int:
    """Look, do it, and compare."""
    admin, pair = world.clinic.admin, {"specialty": scope.specialty, "urgency": scope.urgency}
    shown = preview(session, scope, content, now=now)
    before = _state(session)
    if content is None:
        retire_policy(session, admin, **pair, now=now)
    else:
        save_policy(session, admin, **pair, content=content, now=now)
    # Saving alone touches nothing that is open.
    assert _state(session) == before
    while apply_to_open(session, admin, scope, now=now, most=7).is_part:
        """So many at once; the rest with the next call."""
    session.flush()
    moves, late = _moved(before, _state(session), now)
    told = Counter(
        (change.number, move.clock, move.at, move.would_be, move.is_due)
        for change in shown.changes
        for move in change.moves
    )
    assert told == moves
    assert {change.number for change in shown.late} == late
    assert preview(session, scope, content, now=now).changes == []
    _look_who_is_late(session, before, late, now)
    return len(moves)


def _look_who_is_late(session: Session, before: dict[Any, Any], late: set[str], now: datetime) -> None:
    """The next tick tells of these, and of no other but what was late before."""
    last = session.scalars(select(func.max(ClockEvent.id))).one()
    while fire(session, now)[0]:
        session.flush()
    lines = select(ClockEvent.consult_id).where(ClockEvent.id > last, ClockEvent.kind == "breached")
    broken = {number_of(number) for number in session.scalars(lines)}
    were = {number for (number, name, _where), (due, _told) in before.items() if name in REPLIES and due <= now}
    assert late <= broken <= late | were


def _chain(session: Session, world: World, dice: random.Random) -> tuple[int, int]:
    """Several changes one after the other, each upon what those before it left, and steps of the clock between them."""
    now, looks, moves = world.now, 0, 0
    for _ in range(5):
        scope = Scope(world.clinic.program.id, dice.choice(SPECIALTIES), dice.choice(("", *Urgency)), TARGETS)
        is_held = scope.pair in policies_held(session, scope.program_id)
        moves += _check(session, world, scope, None if is_held and dice.random() < 0.5 else _content(dice), now)
        looks += 1
        now += timedelta(minutes=dice.choice((0, 1, 30, 300)))
        while fire(session, now)[0]:
            session.flush()
    assert [line for line in violations(session, now) if line.startswith("4")] == []
    return looks, moves


@pytest.mark.parametrize("seed", spread(range(1, 9), 1))
def test_what_a_change_of_the_rules_would_do_is_what_it_does(sqlite_database: Database, seed: int) -> None:
    """`PREVIEW_SEED=N PREVIEW_LIVES=N` lives another life, and a longer one."""
    seed, lives = (int(os.environ.get(f"PREVIEW_{name}", usual)) for name, usual in (("SEED", seed), ("LIVES", 1)))
    world = World(sqlite_database, open_clinic(sqlite_database), seed)
    dice, looks, moves = random.Random(seed), 0, 0
    with sqlite_database.writing() as session:
        for _ in range(20):
            world.ask(session)
    for _ in range(lives):
        world.run(100)
        with sqlite_database.writing() as session:
            # The oracle of this life knows nothing of it: all is taken back.
            attempt = session.begin_nested()
            found = _chain(session, world, dice)
            looks, moves = looks + found[0], moves + found[1]
            attempt.rollback()
            session.expire_all()
    print(f"seed {seed}: {looks} changes, {moves} moves")
    assert (looks, moves > 10) == (5 * lives, True)
