"""What people do to one request at the same instant as each other and the clock: one order of it, and nothing torn.

Each on both databases; SQLite lets one writer in after the other, whoever comes first.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.access import consult_for
from econsult.consults import answers, declining, holding, passing
from econsult.consults.policies import save_policy
from econsult.consults.records import Consult
from econsult.consults.versions import Answer
from econsult.database import Database
from econsult.errors import ConsultError
from econsult.people.persons import Person
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.preview import Scope, apply_to_open
from econsult.queue.reoffering import begin_change, roster_changed
from econsult.rights import Right
from econsult.rosters.planning import take_off
from tests.econsult.test_cover import shift
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic
from tests.together import at_once

LATE = NOON + LEASE + timedelta(seconds=1)
"""A claim that was taken at noon and written in no more has just run out."""
AT_ONCE = (
    ("take_over", "sign"),
    ("save", "lapse", "tick"),
    ("decline", "go", "tick"),
    ("take_over", "give", "decline", "go", "tick"),
    ("rule", "tick", "lapse", "sign"),
)


class Acts:
    """What each of them does to one request."""

    def __init__(self, clinic: Clinic, consult: Consult) -> None:
        self.clinic, self.consult = clinic, consult

    def _its(self, session: Session, person: Person, right: Right) -> Consult:
        return consult_for(session, person, self.consult.public_id, now=LATE, right=right).consult

    def sign(self, session: Session) -> None:
        derm = self.clinic.derm
        answers.sign(session, self._its(session, derm, Right.ANSWER), derm, now=LATE)

    def save(self, session: Session) -> None:
        derm = self.clinic.derm
        answers.save_draft(session, self._its(session, derm, Right.ANSWER), derm, ANSWER, now=LATE, lease=LEASE)

    def decline(self, session: Session) -> None:
        derm = self.clinic.derm
        declining.decline(session, self._its(session, derm, Right.DECLINE), derm, "A visit is better", now=LATE)

    def take_over(self, session: Session) -> None:
        other = self.clinic.derm2
        passing.take_over(session, self._its(session, other, Right.HOLD), other, "Ill", now=LATE, lease=LEASE)

    def give(self, session: Session) -> None:
        by, to = self.clinic.coordinator, session.get_one(Person, self.clinic.derm2.id)
        ours = self._its(session, by, Right.ASSIGN)
        passing.assign(session, ours, to, "Hers", by=by, now=LATE, lease=LEASE, although_off_duty=True)

    def go(self, session: Session) -> None:
        """The only one of the roster goes on leave."""
        derm, desk, program = session.get_one(Person, self.clinic.derm.id), self.clinic.coordinator, self.clinic.program
        begin_change(session, program.id, LATE, derm)
        take_off(session, desk, derm.public_id, LATE, LATE + timedelta(hours=9), now=LATE)
        watch_absences(session, LATE, anew=derm)
        roster_changed(session, program.id, LATE)

    def rule(self, session: Session) -> None:
        content = {"first_reply": 600, "ladder": [80, 100]}
        save_policy(session, self.clinic.admin, specialty="dermatology", urgency="", content=content, now=LATE)
        apply_to_open(session, self.clinic.admin, Scope(self.clinic.program.id, "dermatology", "", TARGETS), now=LATE)

    def tick(self, session: Session) -> None:
        fire(session, LATE)

    def lapse(self, session: Session) -> None:
        holding.lapse_claims(session, LATE)


def test_whatever_is_done_within_one_tick_has_one_order(database: Database, clinic: Clinic) -> None:
    for names in AT_ONCE:
        with database.writing() as session:
            consult = clinic.claimed(session)
            shift(session, clinic, clinic.derm, hours=20)
            answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
            consult.claim_until = NOON + LEASE
        acts = Acts(clinic, consult)
        did = at_once(*(partial(_did, database, acts, name) for name in names))
        # What comes with the next look: the end of a claim that somebody has written in no more, and of cover.
        for _ in range(2):
            with database.writing() as session:
                fire(session, LATE)
                holding.lapse_claims(session, LATE)
                watch_cover(session, LATE)
                watch_absences(session, LATE)
        _check(database, consult, dict(zip(names, did, strict=True)))


def _did(database: Database, acts: Acts, name: str) -> bool:
    """Whether it was done; the house may refuse it, and nothing else is raised."""
    try:
        with database.writing() as session:
            getattr(acts, name)(session)
    except ConsultError:
        return False
    return True


def _check(database: Database, consult: Consult, did: dict[str, bool]) -> None:
    with database.reading() as session:
        assert [line for line in violations(session, LATE) if consult.number in line] == [], did
        after = session.get_one(Consult, consult.id)
        signed = select(func.count(Answer.id)).where(Answer.consult_id == consult.id, Answer.signed_at.is_not(None))
        # Whoever reads that it is signed or declined is right, whatever came second.
        ended = [state for name, state in (("sign", "answered"), ("decline", "declined")) if did.get(name)]
        assert after.status in (ended or ["submitted", "claimed"]), did
        assert len(ended) < 2
        assert session.scalar(signed) == bool(did.get("sign"))
