"""What stays as it was: the lock after a reopening, the first row that two write, idle time, what a file may tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from econsult.access_log import looks_at
from econsult.billing import records, timing
from econsult.billing.entries import entries_of, locked_at
from econsult.billing.export import rows_of
from econsult.billing.gathering import all_parts_of, parts_of
from econsult.billing.records import Attestation, ConsultBilling, billing_of
from econsult.billing.rules import Side
from econsult.billing.sheet import seen_parts
from econsult.billing.timing import LockedError
from econsult.consults import answers, correcting, holding, reopening, requests
from econsult.consults.confidential import keep_confidential
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.database import Database
from econsult.people.patients import Patient
from tests.econsult.billing.test_timing import DENVER, NO, at, beats, ready, seconds, start
from tests.personas import ANSWER, LEASE, QUESTION, TARGETS, Clinic
from tests.together import at_once

DAY = timedelta(days=1)
NUMBERS_OF_A_CLAIM = ("birth_date", "medicaid_id", "diagnosis", "payer", "insurance_id", "plan", "state_of_child")


def test_a_file_gives_no_insurer_a_confidential_question(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        session.get_one(Patient, clinic.child.id).birth_date_text = "2011-01-15"
        keep_confidential(session, consult, clinic.pcp, True, now=at(1300))
        rows = rows_of(session, (at(0), at(1300)), DENVER, now=at(4000))
        assert [(row["side"], row["state"], row["blockers"]) for row in rows] == [
            ("consultant", "blocked", "confidential"),
            ("requester", "blocked", "confidential"),
        ]
        assert {row[name] for row in rows for name in NUMBERS_OF_A_CLAIM} == {""}


def test_a_familys_question_counts_from_the_day_its_clinic_sent_it_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        form = RequestForm(specialty="dermatology", question=QUESTION, question_type="diagnosis")
        requests.send_on(session, consult, clinic.pcp, form, now=at(0) + 2 * DAY, targets=TARGETS)
    with database.writing() as session:
        consult = session.get_one(Consult, consult.id)
        sent = parts_of(session, consult, DENVER, now=at(0) + 3 * DAY)[Side.REQUESTER]
        assert (sent.person.id, sent.facts.served_on.isoformat()) == (clinic.pcp.id, "2026-03-04")
        later = ready(session, clinic, at(0) + 15 * DAY)
        # Fourteen days after the family asked, and thirteen after its clinic did.
        part = parts_of(session, later, DENVER, now=at(0) + 16 * DAY)[Side.REQUESTER]
        assert (part.facts.previous_on, "window" in part.suggestion.blockers) == (sent.facts.served_on, True)


def test_each_who_answered_has_a_part_and_nobodys_word_is_anothers(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        reopening.reopen(session, consult, clinic.pcp, "It came back after all", now=at(1300))
        holding.claim(session, consult, clinic.derm2, now=at(1400), lease=LEASE)
        work = timing.Work("review", at(1400), at(2000), "By hand")
        timing.enter(session, clinic.derm2, consult.public_id, work, now=at(2000))
        answers.save_draft(session, consult, clinic.derm2, ANSWER, now=at(2000), lease=LEASE)
        answers.sign(session, consult, clinic.derm2, now=at(2000))
        found = all_parts_of(session, [consult], DENVER, now=at(4000))[consult.id]
        people = [clinic.derm2.id, clinic.pcp.id, clinic.derm.id, clinic.pcp.id]
        assert [part.person.id for part in found] == people
        second, first = found[0], found[2]
        assert [(part.answer, part.suggestion.minutes) for part in (second, first)] == [(2, 10), (1, 20)]
        for person, own in ((clinic.derm, [first]), (clinic.derm2, [second])):
            assert seen_parts(person, (Side.CONSULTANT,), found) == own
        assert seen_parts(clinic.coordinator, tuple(Side), found) == found
        # The first one attested; that says nothing of the second, who has no NPI either.
        assert first.suggestion.is_ready
        assert {"f2f_prior", "f2f_planned", "transfer", "consultant_npi"} <= set(second.suggestion.blockers)
        # Nor does the second one's word take the first one's away.
        records.attest(session, consult, clinic.derm2, replace(NO, transfer_of_care=True), answer=2, now=at(2100))
        second, _asker, first, _first_asker = all_parts_of(session, [consult], DENVER, now=at(4000))[consult.id]
        assert (first.suggestion.is_ready, second.facts.transfer_of_care) == (True, True)
        rows = rows_of(session, (at(0), at(2001)), DENVER, now=at(4000))
        assert [(row["side"], row["answer"], row["state"]) for row in rows] == [
            ("consultant", "2", "blocked"),
            ("requester", "2", "blocked"),
            ("consultant", "1", "ready"),
            ("requester", "1", "ready"),
        ]


def test_opening_a_question_again_locks_all_that_was_before(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        answers.acknowledge(session, consult, clinic.pcp, now=at(1500))
        assert locked_at(session, consult, clinic.pcp) == at(1500)
        reopening.reopen(session, consult, clinic.pcp, "It came back after all", now=at(1600))
        assert [locked_at(session, consult, person) for person in (clinic.pcp, clinic.derm)] == [at(1600), at(1600)]


@pytest.mark.parametrize("how", ["read", "closed"])
def test_a_correction_opens_no_time_that_was_locked(database: Database, clinic: Clinic, how: str) -> None:
    with database.writing() as session:
        number = ready(session, clinic).id
        assert locked_at(session, session.get_one(Consult, number), clinic.pcp) is None
    with database.writing() as session:
        if how == "read":
            answers.acknowledge(session, session.get_one(Consult, number), clinic.pcp, now=at(1500))
        else:
            answers.close(session, session.get_one(Consult, number), clinic.pcp, reason="They moved away", now=at(1500))
    with database.writing() as session:
        consult = session.get_one(Consult, number)
        content = {**ANSWER, "watch_for": "Fever, pus, blisters or spreading"}
        correcting.correct(session, consult, clinic.derm, content, "A word was missing", now=at(1600))
        assert (consult.acknowledged_at, consult.ended_at) == (None, None)
        assert locked_at(session, consult, clinic.pcp) == at(1500)
        old = entries_of(session, consult, clinic.pcp)[0]
        more = timing.Work("review", old.started_at, old.ended_at + timedelta(minutes=30), "It was longer")
        args = (session, clinic.pcp, consult.public_id, more)
        with pytest.raises(LockedError):
            timing.enter(*args, now=at(4000), replaces=old.public_id)
        # Reading the correction is work of its own; what comes late to the time before says so.
        fresh = timing.Work("review", at(1700), at(1800), "Read the correction")
        assert not timing.enter(session, clinic.pcp, consult.public_id, fresh, now=at(1800)).is_amendment
        assert timing.enter(*args, now=at(4000), replaces=old.public_id, is_amendment=True).is_amendment
        answers.acknowledge(session, consult, clinic.pcp, now=at(4100))
        assert locked_at(session, consult, clinic.pcp) == at(4100)
        reopening.reopen(session, consult, clinic.pcp, "It came back after all", now=at(4200))
        holding.claim(session, consult, clinic.derm, now=at(4300), lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=at(4300), lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=at(4400))
    with database.reading() as session:
        # What was read before the question was opened again is no reading of the next answer.
        assert locked_at(session, session.get_one(Consult, number), clinic.pcp) == at(4200)


def test_two_who_write_the_first_row_at_once_both_are_kept(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        number = clinic.claimed(session).id

    def diagnose() -> None:
        with database.writing() as session:
            records.set_diagnosis(session, session.get_one(Consult, number), clinic.pcp, "L20.83", now=at(0))

    def attest() -> None:
        with database.writing() as session:
            records.attest(session, session.get_one(Consult, number), clinic.derm, NO, answer=1, now=at(0))

    at_once(diagnose, attest, diagnose, attest)
    with database.reading() as session:
        assert billing_of(session, number).diagnosis == "L20.83"
        for table in (ConsultBilling, Attestation):
            assert session.scalar(select(func.count(table.id))) == 1


def test_who_sat_idle_beside_another_page_has_not_worked(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        first, second = clinic.claimed(session), clinic.claimed(session)
        entry = start(session, clinic.derm, first, 0)
        beats(session, clinic.derm, entry, 30, 60)
        assert timing.beat(
            session, clinic.derm, entry, idle=timedelta(seconds=90), limit=3 * timing.BEAT * 2, now=at(150)
        )
        start(session, clinic.derm, second, 170)
        assert seconds(session, first, clinic.derm) == 60


def test_a_familys_log_is_not_full_of_timers(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        ready(session, clinic)
        _child, looks, _more = looks_at(session, clinic.mother, clinic.child.public_id, now=at(4000))
        assert looks
        assert not [look.action for look in looks if look.action.startswith("time_")]
