"""Whether the loop closes: sent, answered, read by the clinic, told to the family; by the trail, for good."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from econsult.advice.closing import closings
from econsult.consults import answers, declining, holding, reopening, requests, telling
from econsult.database import Database
from econsult.people.persons import Program
from tests.personas import ANSWER, LEASE, NOON, Clinic

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_what_was_read_and_told_once_counts_however_it_went_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        told = clinic.answered(session)
        answers.acknowledge(session, told, clinic.pcp, now=NOON + 2 * HOUR)
        telling.inform(session, told, clinic.mother, method="opened", teach_back=False, now=NOON + 3 * HOUR)
        reopening.reopen(session, told, clinic.pcp, "It came back", now=NOON + 9 * HOUR)
        holding.claim(session, told, clinic.derm, now=NOON + 9 * HOUR, lease=LEASE)
        answers.save_draft(session, told, clinic.derm, ANSWER, now=NOON + 9 * HOUR, lease=LEASE)
        answers.sign(session, told, clinic.derm, now=NOON + 9 * HOUR)
        answers.acknowledge(session, told, clinic.pcp, now=NOON + 30 * HOUR)
        read = clinic.answered(session)
        answers.acknowledge(session, read, clinic.pcp, now=NOON + 8 * HOUR)
        clinic.answered(session)
        declined = clinic.econsult(session, specialty="neurology")
        holding.claim(session, declined, clinic.neuro, now=NOON, lease=LEASE)
        declining.decline(session, declined, clinic.neuro, "Nothing for neurology", now=NOON)
        telling.inform(session, declined, clinic.pcp, method="phone", teach_back=True, now=NOON + 7 * HOUR)
        # These count nowhere: taken back, never sent, a test, a family's own.
        requests.withdraw(session, clinic.econsult(session), clinic.pcp, "Seen today", now=NOON)
        clinic.draft(session)
        clinic.econsult(session, is_test=True)
        clinic.family_question(session)
    with database.reading() as session:
        lines = {(line.by, line.value): line for line in closings(session, NOON, NOON + HOUR)}
        whole, skin, brain = lines["all", ""], lines["specialty", "dermatology"], lines["specialty", "neurology"]
        assert [(each.sent, each.answered, each.read, each.told) for each in (whole, skin, brain)] == [
            (4, 3, 2, 2),
            (3, 3, 2, 1),
            (1, 0, 0, 1),
        ]
        assert (whole.read_h, whole.told_h, brain.read_h) == ((2.0, 8.0), (3.0, 7.0), ())
        assert (whole.percent(whole.read), whole.as_row()["told_p90_h"], brain.as_row()["read_p50_h"]) == (
            50.0,
            7.0,
            "",
        )
        assert lines["site", clinic.home.name].sent == lines["language", "en"].sent == 4
        # What is sent at the end belongs to the next period, and another program has sent nothing.
        assert closings(session, NOON - DAY, NOON) == []
        other = session.scalar(select(Program.id).where(Program.id != clinic.program.id))
        assert closings(session, NOON, NOON + HOUR, program_id=other or 10**6) == []
        assert closings(session, NOON, NOON + HOUR, program_id=clinic.program.id)[0] == whole
