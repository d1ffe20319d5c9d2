"""What was taken out of a ledger, or written into a record by no deed, is named: nobody can lose a promise unseen."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from econsult.consults import answers, threads
from econsult.consults.policies import save_policy
from econsult.consults.threads import Audience
from econsult.consults.urgency import adopt_rules
from econsult.database import Database
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic, open_clinic

H = timedelta(hours=1)
END = NOON + 40 * H
LINES, CLOCKS = "DELETE FROM clock_event WHERE consult_id = {}", "DELETE FROM clock WHERE consult_id = {}"
OF_FIRST = " AND name = 'first_reply' AND cycle = 1"
DAMAGE = {
    "reminded of differs from the ledger": [LINES.format("{held}") + " AND kind = 'reminded'"],
    "its whole ledger is gone": [LINES.format("{waits}")],
    "a cycle of a clock is gone": [LINES.format("{moved}") + OF_FIRST, CLOCKS.format("{moved}") + OF_FIRST],
    "its clock allocate is gone": [f"{each.format('{held}')} AND name = 'allocate'" for each in (LINES, CLOCKS)],
    "its clock first_reply is gone": [
        f"{each.format('{called}')} AND name = 'first_reply'" for each in (LINES, CLOCKS)
    ],
    "level 50 is called escalated": [
        "UPDATE clock_event SET kind = 'escalated' WHERE consult_id = {waits} AND level = 50 AND name = 'first_reply'"
    ],
    "the ladder of its rules differs": [
        "UPDATE consult SET rules = replace(rules, '[50, 75, 90, 100]', '[90, 100]') WHERE id = {waits}"
    ],
    "was sent at another moment": ["UPDATE consult SET submitted_at = next_deadline_at WHERE id = {waits}"],
    "knows of no such alarm": ["UPDATE consult SET uncovered_at = submitted_at WHERE id = {waits}"],
    "goes on although it has ended": ["UPDATE consult SET ended_at = submitted_at WHERE id = {waits}"],
    "counts as a test": ["UPDATE consult SET is_test = true WHERE id = {waits}"],
    "carries no rules": ["UPDATE consult SET rules = NULL WHERE id = {waits}"],
    "a specialty that there is not": ["UPDATE consult SET fallback_specialty = 'soup' WHERE id = {waits}"],
    "held since no instant": ["UPDATE consult SET claimed_at = NULL WHERE id = {held}"],
    "never took it": ["UPDATE consult SET holder_id = {neuro} WHERE id = {held}"],
    "call differs from its ledger": ["DELETE FROM phone_event WHERE kind = 'opened'"],
    "the telephone call differs": ["UPDATE phone_task SET next_at = NULL, done_at = opened_at"],
    "carries rules that no policy says": ["UPDATE policy SET content = replace(content, '1800', '1860')"],
    "rules that no policy says, as": ["DELETE FROM policy"],
    "it cannot be read": ['UPDATE policy SET content = \'{{"pause": "x"}}\''],
    "no letter says so": [
        "DELETE FROM job WHERE kind = 'notify'",
        "UPDATE notice SET digest_id = NULL WHERE consult_id = {waits}",
        "DELETE FROM notice WHERE consult_id = {waits}",
    ],
    "no job will send it": ["UPDATE job SET subject_id = 0 WHERE kind = 'notify' AND state = 'pending'"],
}


class UndoneError(Exception):
    """The damage is taken back."""


def test_what_was_taken_out_of_a_ledger_or_written_by_no_deed_is_named(sqlite_database: Database) -> None:
    clinic = open_clinic(sqlite_database)
    with sqlite_database.writing() as session:
        numbers = _lived(session, clinic)
    missed = []
    for words, statements in DAMAGE.items():
        with suppress(UndoneError), sqlite_database.writing() as session:
            assert list(violations(session, END)) == []
            for statement in statements:
                session.execute(text(statement.format(**numbers, neuro=clinic.neuro.id).replace(":", r"\:")))
            missed += [] if any(words in line for line in violations(session, END)) else [words]
            raise UndoneError
    assert missed == []


def _lived(session: Session, clinic: Clinic) -> dict[str, int]:
    """Forty hours: one waits, one was held and goes on, one has newer rules, of one a family is to be called."""
    made = {name: clinic.claimed(session) for name in ("held", "moved", "called")}
    for consult in made.values():
        consult.claim_until = END + H
    threads.request_info(session, made["held"], clinic.derm, text="?", items=[], audience=None, now=NOON)
    made["waits"] = clinic.econsult(session)
    for hour in range(1, 40):
        fire(session, NOON + hour * H)
        if hour == 13:
            newer = {"first_reply": 1800}
            save_policy(session, clinic.admin, specialty="dermatology", urgency="", content=newer, now=NOON + 13 * H)
            assert adopt_rules(session, made["moved"], clinic.admin, now=NOON + 13 * H, targets=TARGETS)
    threads.post(session, made["held"], clinic.pcp, Audience.CLINICIANS, text="Here", now=END)
    content = {**ANSWER, "disposition": "emergency_now"}
    answers.save_draft(session, made["called"], clinic.derm, content, now=END, lease=LEASE)
    answers.sign(session, made["called"], clinic.derm, now=END)
    fire(session, END)
    return {name: consult.id for name, consult in made.items()}
