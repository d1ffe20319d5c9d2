"""How many visits were asked for, booked and came to be, counted by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from econsult.advice.visit_figures import Visits, visit_figures
from econsult.advice.visiting import book, end
from econsult.consults import answers
from econsult.consults.recommendations import steps_of
from econsult.consults.visits import Booking
from econsult.database import Database
from tests.personas import ANSWER, LEASE, NOON, Clinic

PLAN = [{"text": "See her in the skin clinic", "owner": "pcp", "kind": "visit"}]


def visit(database: Database, clinic: Clinic, *days: tuple[int, str, str], now: datetime = NOON) -> None:
    """An answer that asks for a visit; each of `days` after it is booked, and ends so, for that reason."""
    with database.writing() as session:
        consult = clinic.claimed(session, now=now)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, "recommendations": PLAN}, now=now, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=now)
        answers.acknowledge(session, consult, clinic.pcp, now=now)
        step = steps_of(session, consult.id)[-1]
        for count, verb, why in days:
            at = now + timedelta(days=count)
            booking = Booking("Skin clinic", "America/Denver", at)
            made = book(session, clinic.pcp, consult.public_id, step.public_id, booking, now=now)
            if verb:
                end(session, clinic.pcp, consult.public_id, made.public_id, verb, why=why, now=at)


def test_visits_are_counted_by_what_came_of_the_last(database: Database, clinic: Clinic) -> None:
    with database.reading() as session:
        assert visit_figures(session, NOON, NOON + timedelta(days=1)) == []
    visit(database, clinic)
    visit(database, clinic, (10, "", ""))
    visit(database, clinic, (8, "came", ""))
    visit(database, clinic, (5, "missed", "ride"), (30, "came", ""))
    visit(database, clinic, (6, "off", "place"))
    visit(database, clinic, (6, "came", ""), now=NOON - timedelta(days=40))
    with database.reading() as session:
        whole, derm, english = visit_figures(session, NOON, NOON + timedelta(days=1), program_id=clinic.program.id)
        other = visit_figures(session, NOON, NOON + timedelta(days=1), program_id=clinic.program.id + 1)
    reasons = (1, 0, 0, 1, 0, 0)
    assert whole == Visits("all", "", asked=5, booked=4, ahead=1, came=2, lost=1, days=8, why=reasons)
    assert (derm.value, derm.asked, english.value, other) == ("dermatology", 5, "en", [])
    row = whole.as_row()
    assert (row["percent_came"], row["came_p50_days"], row["why_ride"]) == (40.0, 8, 1)
