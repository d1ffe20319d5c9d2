"""Information that is asked for over the night on which the clocks change, of a family that lives in several zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult.consults import answers, threads
from econsult.consults.clocks import open_clocks
from econsult.consults.hearing import may_hear
from econsult.consults.policies import save_policy
from econsult.consults.threads import Audience
from econsult.consults.unasking import asked_by, take_back_part
from econsult.database import Database
from econsult.jobs import Job
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient, RelatedPerson, link_caregiver
from econsult.people.persons import Person, Role, add_person
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.preview import Scope, apply_to_open
from econsult.queue.quiet import Quiet
from tests.personas import ANSWER, LEASE, TARGETS, Clinic, open_clinic

HOUR = timedelta(hours=1)
QUIET = Quiet("America/Denver")


def _caregiver(session: Session, database: Database, clinic: Clinic, name: str, zone: str, now: datetime) -> Person:
    """One more who may act for the child, and reads the clock of this zone."""
    details = {"email": f"{name}@clinic.test", "name": name, "role": Role.CAREGIVER, "now": now}
    person = add_person(session, database.cipher, clinic.program, **details)
    person.time_zone = zone
    link_caregiver(session, session.get_one(Patient, clinic.child.id), person, "other", now)
    return person


def _goes_out(session: Session, kind: NoticeKind, since: datetime) -> dict[str, datetime]:
    """When the letters of this kind leave, by whom they are for."""
    query = select(Person.email, Job.run_after).join(Notice, Notice.person_id == Person.id)
    query = query.join(Job, Job.subject_id == Notice.id).where(Notice.kind == kind, Notice.created_at >= since)
    return {email.partition("@")[0]: at for email, at in session.execute(query)}


# The reminder comes 36 hours after the question, whatever the clocks on the walls did meanwhile: at half past six in
# Denver once they were put back in autumn, and at half past seven once they were put forward in spring.
NIGHTS = {
    "autumn": (datetime(2026, 11, 1, 13, 30, tzinfo=UTC), {"mother": "14:00", "father": "17:00", "godmother": "13:30"}),
    "spring": (datetime(2026, 3, 8, 13, 30, tzinfo=UTC), {"mother": "13:30", "father": "16:00", "godmother": "14:00"}),
}
GODMOTHERS = {"autumn": "America/New_York", "spring": "America/Phoenix"}


@pytest.mark.parametrize("night", NIGHTS)
def test_a_pause_over_the_night_of_the_changed_clocks_is_told_by_each_readers_own_clock(
    database: Database, clinic: Clinic, night: str
) -> None:
    reminder, leaves = NIGHTS[night]
    asked = reminder - 36 * HOUR
    with database.writing() as session:
        session.merge(clinic.mother).time_zone = "America/Denver"
        session.merge(clinic.derm).time_zone = "Europe/Madrid"
        father = _caregiver(session, database, clinic, "father", "America/New_York", asked)
        aunt = _caregiver(session, database, clinic, "aunt", "America/Denver", asked)
        consult = clinic.claimed(session, now=asked - HOUR)
        threads.request_info(
            session, consult, clinic.derm, text="Ruler?", items=["a"], audience=Audience.FAMILY, now=asked
        )
        (clock,) = (each for each in open_clocks(session, consult.id) if each.paused_at is not None)
        due = clock.deadline_at
        fire(session, asked + 12 * HOUR, QUIET)
        # Meanwhile one has moved and sleeps longer, one may not act any more, and another is there.
        father.time_zone, father.quiet_hours = "America/Los_Angeles", "20-9"
        session.execute(update(RelatedPerson).where(RelatedPerson.person_id == aunt.id).values(ends_at=asked + HOUR))
        _caregiver(session, database, clinic, "godmother", GODMOTHERS[night], asked + HOUR)
        fire(session, reminder - timedelta(seconds=1), QUIET)
        assert _goes_out(session, NoticeKind.STILL_NEEDED, asked) == {}
        fire(session, reminder, QUIET)
        told = _goes_out(session, NoticeKind.STILL_NEEDED, asked)
        assert {name: f"{at:%H:%M}" for name, at in told.items()} == leaves
        assert {at.date() for at in told.values()} == {reminder.date()}
        end = asked + 72 * HOUR
        assert fire(session, end - timedelta(seconds=1), QUIET)[0] == 0
        assert (consult.status, consult.due_at) == ("needs_info", due + 72 * HOUR)
        fire(session, end, QUIET)
        # It is half past two at night where the specialist lives.
        assert (consult.status, clock.deadline_at) == ("claimed", due + 72 * HOUR)
        assert _goes_out(session, NoticeKind.MESSAGE, end) == {"derm": end.replace(hour=6, minute=0)}
        assert list(violations(session, end)) == []


@pytest.mark.parametrize("how", ["sent", "taken back", "asked again", "newer rules"])
def test_a_reminder_that_rests_for_the_night_says_nothing_that_is_untrue_by_morning(
    database: Database, clinic: Clinic, how: str
) -> None:
    """ "We still need one thing" came at seven to a family that had sent it before midnight."""
    asked = datetime(2026, 11, 5, 18, 0, tzinfo=UTC)
    with database.writing() as session:
        session.merge(clinic.mother).time_zone = "America/Denver"
        consult = clinic.claimed(session, now=asked - HOUR)
        ask = {"text": "Ruler?", "items": ["a"], "audience": Audience.FAMILY}
        message = threads.request_info(session, consult, clinic.derm, **ask, now=asked)
        fire(session, asked + 36 * HOUR, QUIET)
        letter = session.scalars(select(Notice).where(Notice.kind == NoticeKind.STILL_NEEDED)).one()
        mother, late = session.get_one(Person, clinic.mother.id), asked + 37 * HOUR
        assert may_hear(session, letter, mother, late)
        if how == "newer rules":
            # The clock goes over in its pause, and the family is still asked.
            save_policy(session, clinic.admin, specialty="", urgency="", content={"first_reply": 600}, now=late)
            apply_to_open(session, clinic.admin, Scope(clinic.program.id, "", "", TARGETS), now=late)
        elif how == "taken back":
            for each in asked_by(session, message):
                take_back_part(session, consult, clinic.derm, message.public_id, each.key, now=late)
        else:
            threads.post(session, consult, clinic.mother, Audience.FAMILY, text="2 cm", now=late)
        if how == "asked again":
            threads.request_info(session, consult, clinic.derm, **ask, now=late + HOUR)
        assert may_hear(session, letter, mother, late + 2 * HOUR) is (how == "newer rules")


@pytest.mark.parametrize("is_answered", [True, False])
def test_nobody_is_told_sorry_in_the_morning_for_what_was_answered_in_the_night(
    sqlite_database: Database, is_answered: bool
) -> None:
    """The letter about the answer had come at three, and "we are late with our answer" came at seven."""
    clinic = open_clinic(sqlite_database)
    sent = datetime(2026, 11, 5, 7, 0, tzinfo=UTC)
    with sqlite_database.writing() as session:
        session.merge(clinic.mother).time_zone = "America/Denver"
        consult = clinic.claimed(session, now=sent)
        consult.claim_until = sent + 40 * HOUR
        fire(session, sent + 24 * HOUR, QUIET)
        letter = session.scalars(select(Notice).where(Notice.kind == NoticeKind.LATE)).one()
        assert _goes_out(session, NoticeKind.LATE, sent) == {"mother": sent + 31 * HOUR}
        if is_answered:
            answers.save_draft(session, consult, clinic.derm, ANSWER, now=sent + 26 * HOUR, lease=LEASE)
            answers.sign(session, consult, clinic.derm, now=sent + 26 * HOUR)
        mother = session.get_one(Person, clinic.mother.id)
        assert may_hear(session, letter, mother, sent + 31 * HOUR) is not is_answered
