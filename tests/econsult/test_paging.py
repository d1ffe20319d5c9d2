"""Somebody pages through a long list while others work in it: nothing that stays is passed over, or comes twice."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, threads, worklist
from econsult.consults.orders import mark_of
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from econsult.consults.urgency import change_urgency
from econsult.consults.views import View
from econsult.database import Database
from econsult.queue.absence import uncovered_page
from econsult.queue.cover import watch_absences
from econsult.rosters.shifts import TimeOff
from tests.crowd import Crowd, add_crowd
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic
from tests.spread import spread

HOUR = timedelta(hours=1)


def _work(session: Session, clinic: Clinic, consult: Consult, what: str) -> None:
    """What somebody else does with a request that waits."""
    if what in ("raise", "urgent"):
        urgency = "urgent" if what == "urgent" else "same_day"
        change_urgency(session, consult, clinic.pcp, urgency, "", now=NOON, targets=TARGETS)
        return
    holding.claim(session, consult, clinic.derm2, now=NOON, lease=LEASE)
    if what == "back":
        holding.release(session, consult, clinic.derm2, "", now=NOON)
    elif what == "answer":
        answers.save_draft(session, consult, clinic.derm2, ANSWER, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm2, now=NOON)


@pytest.mark.parametrize("seed", spread(range(6), 1))
@pytest.mark.wide
def test_nobody_loses_what_stayed_in_the_list_while_others_worked_in_it(
    database: Database, clinic: Clinic, seed: int
) -> None:
    dice = random.Random(int(os.environ.get("PAGING_SEED", seed)))
    with database.writing() as session:
        first = clinic.econsult(session)
        add_crowd(session, first, Crowd(499, NOON + 12 * HOUR, timedelta(seconds=7), ("dermatology",)))
        everything = list(session.scalars(select(Consult.id)))
    seen: Counter[int] = Counter()
    touched: set[int] = set()
    cursor: str | None = ""
    while cursor is not None:
        with database.writing() as session:
            # Between two pages three requests change hands, or become more pressing than those on the page before.
            for number in dice.sample(everything, 3) if cursor else ():
                consult, acts = session.get_one(Consult, number), ["claim", "answer", "back", "raise", "urgent"]
                if consult.status == "submitted" and consult.urgency == "routine":
                    touched.add(number)
                    _work(session, clinic, consult, dice.choice(acts))
        with database.reading() as session:
            found = worklist.page(session, clinic.derm, View.POOL, now=NOON, cursor=cursor or None, limit=20)
        seen.update(each.id for each in found.consults)
        order = [(each.urgency_rank, each.due_at, each.id) for each in found.consults]
        assert order == sorted(order)
        cursor = found.next_cursor
    assert {seen[number] for number in everything if number not in touched} == {1}
    with database.reading() as session:
        stayed = select(Consult.id).where(Consult.status == "submitted")
        assert [number for number in session.scalars(stayed) if not seen[number]] == []
    # Only what changed comes again, on top of the page after it.
    assert {number for number, times in seen.items() if times > 1} <= touched


def test_what_comes_before_the_page_is_on_top_of_the_next_one_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        numbers = [clinic.econsult(session, now=NOON + n * HOUR).id for n in range(9)]

    def page(cursor: str | None) -> worklist.Page:
        with database.reading() as session:
            return worklist.page(session, clinic.derm, View.POOL, now=NOON + 9 * HOUR, cursor=cursor, limit=3)

    one = page(None)
    with database.writing() as session:
        last = session.get_one(Consult, numbers[8])
        change_urgency(session, last, clinic.pcp, "urgent", "", now=NOON + 9 * HOUR, targets=TARGETS)
    two = page(one.next_cursor)
    assert [each.id for each in two.consults] == [numbers[8], *numbers[3:6]]
    # A word of the clinic moves nothing.
    with database.writing() as session:
        asked = session.get_one(Consult, numbers[0])
        threads.post(session, asked, clinic.pcp, Audience.CLINICIANS, text="Also", now=NOON + 9 * HOUR)
    three = page(two.next_cursor)
    assert ([each.id for each in three.consults], three.next_cursor) == (numbers[6:8], None)
    assert mark_of(one.next_cursor or "") < mark_of(two.next_cursor or "")


def test_a_family_that_writes_meanwhile_is_on_top_of_the_next_page_of_its_clinic(
    database: Database, clinic: Clinic
) -> None:
    """Those who wait come first, in a part of the list of their own, which somebody on page two has left behind."""
    with database.writing() as session:
        numbers = [clinic.claimed(session, now=NOON + n * HOUR).id for n in range(7)]
    with database.reading() as session:
        one = worklist.families_first(session, clinic.pcp, View.WAITING, now=NOON + 9 * HOUR, limit=3)
    assert [each.id for each in one.consults] == numbers[:3]
    with database.writing() as session:
        written = session.get_one(Consult, numbers[5])
        threads.post(session, written, clinic.mother, Audience.FAMILY, text="¿Y ahora?", now=NOON + 9 * HOUR)
    with database.reading() as session:
        two = worklist.families_first(
            session, clinic.pcp, View.WAITING, now=NOON + 9 * HOUR, limit=3, cursor=one.next_cursor
        )
    assert [each.id for each in two.consults] == [numbers[5], numbers[3], numbers[4], numbers[6]]


def test_what_becomes_urgent_or_is_left_meanwhile_is_on_top_of_the_desks_next_page(
    database: Database, clinic: Clinic
) -> None:
    """Of what is held by somebody who is not there the desk saw it only from the beginning."""
    later = NOON + 9 * HOUR
    with database.writing() as session:
        numbers = [clinic.claimed(session, now=NOON + n * HOUR).id for n in range(7)]
        new = holding.claim(session, clinic.econsult(session), clinic.derm2, now=NOON, lease=LEASE).id
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=later, ends_at=later + 90 * HOUR))
        session.flush()
        watch_absences(session, later)
        one = uncovered_page(session, clinic.program.id, 3)
    assert [each.id for each in one.consults] == numbers[:3]
    with database.writing() as session:
        last = session.get_one(Consult, numbers[6])
        change_urgency(session, last, clinic.pcp, "urgent", "", now=later, targets=TARGETS)
        session.add(TimeOff(person_id=clinic.derm2.id, starts_at=later, ends_at=later + 90 * HOUR))
        session.flush()
        watch_absences(session, later)
        two = uncovered_page(session, clinic.program.id, 3, cursor=one.next_cursor)
    assert [each.id for each in two.consults] == [numbers[6], new, *numbers[3:6]]
