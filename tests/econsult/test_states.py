"""Each kind of damage to a record by which a child would wait for nobody is named, and nothing is where none is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from econsult.consults import answers, declining, second, threads
from econsult.consults.clocks import refresh_deadline
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from econsult.database import Database
from econsult.queue.invariants import violations
from tests.beside import statements
from tests.personas import ANSWER, LEASE, NOON, Clinic, open_clinic
from tests.spread import spread

STOP = "UPDATE clock SET state = 'stopped', stopped_at = started_at WHERE consult_id = {} AND name = '{}'"
RUN = "UPDATE clock SET state = 'running', stopped_at = NULL WHERE consult_id = {} AND name = '{}'"
HELD_BY = "UPDATE consult SET holder_id = (SELECT MIN(id) FROM person WHERE role = '{1}') WHERE id = {0}"
BARRED = (
    "INSERT INTO conflict (program_id, person_id, patient_id) "
    "SELECT program_id, holder_id, patient_id FROM consult WHERE id = {}"
)
PUT_OFF = "UPDATE {} SET {} = '2099-01-01 00:00:00.000000' WHERE {}"
DAMAGE = {
    "no_such_state": ("waits", "UPDATE consult SET status = 'foo' WHERE id = {}", "in a state that there is not"),
    "no_allocate": ("waits", STOP.format("{}", "allocate"), "no clock of being taken runs"),
    "no_promise": ("held", STOP.format("{}", "first_reply"), "nobody is promised a reply"),
    "no_lease": ("held", "UPDATE consult SET claim_until = NULL WHERE id = {}", "without an end of the claim"),
    "far_lease": ("held", "UPDATE consult SET claim_until = '2099-01-01 00:00:00.000000' WHERE id = {}", "for ever"),
    "rank": ("waits", "UPDATE consult SET urgency_rank = 0 WHERE id = {}", "another place of the order"),
    "language": ("waits", "UPDATE patient SET language = 'es' WHERE {} > 0", "another language than its family's"),
    "held_up": ("asked", "UPDATE consult SET status = 'claimed' WHERE id = {}", "although its clock is held"),
    "allocate_runs": ("held", RUN.format("{}", "allocate"), "held and a clock of being taken runs"),
    "reply_runs": ("answered", RUN.format("{}", "first_reply"), "a clock of the first reply runs"),
    "unsigned": ("answered", "UPDATE answer SET signed_at = NULL WHERE consult_id = {}", "nothing is signed"),
    "unreleased": ("answered", "UPDATE consult SET release_at = NULL WHERE id = {}", "never opens to the family"),
    "no_end": ("ended", "UPDATE consult SET ended_at = NULL WHERE id = {}", "has ended at no instant"),
    "heard": ("answered", "UPDATE consult SET informed_at = submitted_at WHERE id = {}", "the family has heard and"),
    "left": ("held", "UPDATE person SET is_active = false WHERE {} > 0 AND role = 'specialist'", "without an account"),
    "desks": ("held", HELD_BY.format("{}", "coordinator"), "who answers nothing"),
    "unasked": ("asks", "UPDATE consult SET holder_id = NULL WHERE id = {}", "its clinic and nobody has it"),
    "asked_desk": ("asks", HELD_BY.format("{}", "coordinator"), "who answers nothing"),
    "unsent": ("waits", "UPDATE consult SET submitted_at = NULL WHERE id = {}", "was sent at no instant"),
    "draft": ("waits", "UPDATE consult SET status = 'draft' WHERE id = {}", "is a draft and has a clock"),
    "had": ("ended", HELD_BY.format("{}", "specialist"), "has ended and somebody has it"),
    "claimed": ("ended", "UPDATE consult SET claim_until = ended_at WHERE id = {}", "has ended and somebody has it"),
    "rules": ("waits", "UPDATE consult SET rules = 'x' WHERE id = {}", "its rules cannot be read"),
    "barred": ("held", BARRED, "held by somebody with a conflict of interest"),
    "far_call": (
        "emergency",
        PUT_OFF.format("phone_task", "next_at", "consult_id = {}"),
        "telephone call for too long",
    ),
    "far_reply": ("aside", PUT_OFF.format("side_question", "next_at", "consult_id = {}"), "a colleague for too long"),
    "far_due": ("aside", PUT_OFF.format("side_question", "due_at", "consult_id = {}"), "a colleague for too long"),
    "far_opening": ("answered", PUT_OFF.format("consult", "release_at", "id = {}"), "later than any rules allow"),
    "far_letter": ("waits", PUT_OFF.format("job", "run_after", "kind = 'notify' AND {} > 0"), "than any night"),
    "far_step": (
        "answered",
        PUT_OFF.format("recommendation", "next_at", "consult_id = {}"),
        "step is looked at on another day",
    ),
    "far_day": ("answered", PUT_OFF.format("recommendation", "due_at", "consult_id = {}"), "than its ledger says"),
    "no_step": ("answered", "UPDATE recommendation SET next_at = NULL WHERE consult_id = {}", "nobody will be told"),
    "far_ask": (
        "answered",
        PUT_OFF.format("outcome_ping", "next_at", "consult_id = {}"),
        "how it went when it is time",
    ),
    "far_ask_day": (
        "answered",
        PUT_OFF.format("outcome_ping", "next_at = '2099-01-01 00:00:00.000000', due_at", "consult_id = {}"),
        "how it went when it is time",
    ),
    "no_ask": ("answered", "UPDATE outcome_ping SET next_at = NULL WHERE consult_id = {}", "how it went when it is"),
    "asks_again": ("answered", "UPDATE outcome_ping SET state = 'sent' WHERE consult_id = {}", "asked again how it"),
    "lost_letter": ("waits", "DELETE FROM job WHERE kind = 'notify' AND {} > 0", "no job will send it"),
}


@pytest.mark.parametrize("damage", spread(DAMAGE, 16))
def test_each_damage_is_named(sqlite_database: Database, damage: str) -> None:
    clinic = open_clinic(sqlite_database)
    which, statement, words = DAMAGE[damage]
    with sqlite_database.writing() as session:
        consult = _made(session, clinic, which)
        assert list(violations(session, NOON)) == []
        session.execute(text(statement.format(consult.id)))
        session.expire_all()
        refresh_deadline(session, consult)
        session.flush()
        found = list(violations(session, NOON + timedelta(seconds=1)))
        assert [line for line in found if words in line], found


def test_all_promises_are_looked_at_in_few_statements(database: Database, clinic: Clinic) -> None:
    """Each rule by itself would be asked by one of its own: together they were more than seventy."""
    with database.writing() as session:
        clinic.answered(session)
    with database.reading() as session, statements(database) as told:
        assert list(violations(session, NOON)) == []
    assert len(told) < 30


def _made(session: Session, clinic: Clinic, which: str) -> Consult:
    if which == "waits":
        return clinic.econsult(session)
    if which in ("answered", "asks"):
        consult = clinic.answered(session)
        if which == "asks":
            threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="?", now=NOON)
        return consult
    consult = clinic.claimed(session)
    if which == "emergency":
        content = {**ANSWER, "disposition": "emergency_now"}
        answers.save_draft(session, consult, clinic.derm, content, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
    elif which == "aside":
        second.ask_second(session, consult, clinic.derm, "Yours?", specialty="neurology", now=NOON)
    elif which == "asked":
        threads.request_info(session, consult, clinic.derm, text="?", items=["x"], audience=None, now=NOON)
    elif which == "ended":
        declining.decline(session, consult, clinic.derm, "No", now=NOON)
    return consult
