"""Correcting an answer while somebody waits: what the family asked since then has its own reply."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from econsult.consults import answers, threads
from econsult.consults.clocks import open_clocks
from econsult.consults.correcting import correct
from econsult.consults.open_ends import open_end_of
from econsult.consults.policies import save_policy
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from econsult.consults.versions import Answer
from econsult.database import Database
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures
from econsult.queue.preview import Scope, apply_to_open, preview
from tests.personas import ANSWER, LEASE, NOON, Clinic

HOUR = timedelta(hours=1)


def waits(session: Session, consult: Consult) -> list[tuple[str, float]]:
    """Who waits for a reply, and since which hour."""
    clocks = [clock for clock in open_clocks(session, consult.id) if clock.name == "next_reply"]
    return [(clock.lane, (clock.started_at - NOON) / HOUR) for clock in clocks]


def correction(session: Session, clinic: Clinic, consult: Consult, hours: float) -> Answer:
    content = {**ANSWER, "impression": "Contact dermatitis"}
    return correct(session, consult, clinic.derm, content, "The code was wrong.", now=NOON + hours * HOUR)


def mother_asks(session: Session, clinic: Clinic, consult: Consult, hours: float) -> None:
    threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Le quema, sigo?", now=NOON + hours * HOUR)


def test_what_the_family_asked_after_the_answer_its_clinic_still_answers(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON + HOUR)
        mother_asks(session, clinic, consult, 2)
        correction(session, clinic, consult, 3)
        assert (waits(session, consult), consult.family_waits_since) == ([("family", 2.0)], NOON + 2 * HOUR)
        # Nothing closes over it without a word, and the figures count nothing as answered.
        assert open_end_of(consult) == "not_informed"
        consult.informed_at = NOON + 4 * HOUR
        assert open_end_of(consult) == "family_waits"
        consult.informed_at = None
        now = NOON + 4 * HOUR
        assert not [figure for figure in figures(session, NOON, now, now) if figure.clock == "next_reply"]
        fire(session, NOON + 26 * HOUR)
        assert [clock.is_breached for clock in open_clocks(session, consult.id) if clock.lane == "family"] == [True]
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="No siga", now=NOON + 27 * HOUR)
        assert (waits(session, consult), consult.family_waits_since) == ([], None)


@pytest.mark.parametrize("opens", ["acknowledged", "by itself"])
def test_so_it_is_where_the_answer_was_not_open_yet(database: Database, clinic: Clinic, opens: str) -> None:
    """What was asked before the first signature is answered as soon as the family can read; what came since is not."""
    with database.writing() as session:
        consult = clinic.claimed(session)
        mother_asks(session, clinic, consult, 0)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON + HOUR, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON + HOUR)
        mother_asks(session, clinic, consult, 2)
        correction(session, clinic, consult, 3)
        mother_asks(session, clinic, consult, 3.5)
        assert waits(session, consult) == [("family", 0.0), ("family", 2.0)]
        if opens == "acknowledged":
            answers.acknowledge(session, consult, clinic.pcp, now=NOON + 4 * HOUR)
        else:
            assert answers.release_due(session, NOON + 13 * HOUR) == [consult]
        assert (waits(session, consult), consult.family_waits_since) == ([("family", 2.0)], NOON + 2 * HOUR)
        assert not [line for line in violations(session, NOON + 4 * HOUR) if line.startswith("1")]


def test_what_the_clinic_asked_is_answered_by_the_correction_that_it_reads_at_once(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="0.1 %?", now=NOON + 2 * HOUR)
        correction(session, clinic, consult, 3)
        assert (waits(session, consult), consult.clinic_waits_since) == ([], None)
        now = NOON + 4 * HOUR
        kept = [each for each in figures(session, NOON, now, now) if (each.clock, each.by) == ("next_reply", "all")]
        assert [(each.count, each.within, each.wall[0]) for each in kept] == [(1, 1, 1.0)]


def test_the_checker_sees_a_familys_words_that_count_as_answered(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        mother_asks(session, clinic, consult, 2)
        correction(session, clinic, consult, 3)
        # As the version before had it: the correction answered for itself.
        is_correction = (Answer.consult_id == consult.id, Answer.corrects.is_not(None))
        session.execute(update(Answer).where(*is_correction).values(corrects=None))
        answers.acknowledge(session, consult, clinic.pcp, now=NOON + 4 * HOUR)
        assert not waits(session, consult)
        session.execute(update(Answer).where(Answer.version == 2).values(corrects=1))
        said = "the family's words count as answered and nobody has replied"
        assert f"1 {consult.number}: {said}" in list(violations(session, NOON + 4 * HOUR))
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="No siga", now=NOON + 5 * HOUR)
        assert not [line for line in violations(session, NOON + 5 * HOUR) if said in line]


def test_a_shorter_release_opens_no_answer_later_and_the_preview_says_when(database: Database, clinic: Clinic) -> None:
    """The release counts from the first signature, whatever was corrected since."""
    with database.writing() as session:
        consult = clinic.answered(session)
        correction(session, clinic, consult, 10)
        assert consult.release_at == NOON + 12 * HOUR
        scope, now = Scope(clinic.program.id, "", ""), NOON + 10.5 * HOUR
        content = {"release": 11 * 60}
        shown = preview(session, scope, content, now=now).changes[0].moves
        assert [(move.clock, move.would_be) for move in shown] == [("release", NOON + 11 * HOUR)]
        save_policy(session, clinic.admin, specialty="", urgency="", content=content, now=now)
        assert apply_to_open(session, clinic.admin, scope, now=now).done == 1
        assert consult.release_at == NOON + 11 * HOUR
