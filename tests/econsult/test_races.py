"""On PostgreSQL, two acts upon one request at the same moment, over real connections: one order, and nothing torn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.access import consult_for
from econsult.consults import answers, holding, passing
from econsult.consults.records import Consult
from econsult.consults.versions import Answer
from econsult.database import Database
from econsult.errors import ConsultError
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.rights import Right
from tests.beside import beside
from tests.personas import ANSWER, LEASE, NOON, Clinic, open_clinic
from tests.together import at_once

LATE = NOON + LEASE + timedelta(seconds=1)
"""A claim that was taken at noon and written in no more has just run out."""
LOCK = "FOR NO KEY UPDATE"
Act = Callable[[Consult, Session], object]


class Acts(NamedTuple):
    """What two people, or a person and the clock, do at once."""

    clinic: Clinic

    def _its(self, consult: Consult, session: Session, person: Person, right: Right) -> Consult:
        return consult_for(session, person, consult.public_id, now=LATE, right=right).consult

    def sign(self, consult: Consult, session: Session) -> None:
        derm = self.clinic.derm
        answers.sign(session, self._its(consult, session, derm, Right.ANSWER), derm, now=LATE)

    def save(self, consult: Consult, session: Session) -> None:
        derm, words = self.clinic.derm, {**ANSWER, "impression": "Psoriasis"}
        answers.save_draft(session, self._its(consult, session, derm, Right.ANSWER), derm, words, now=LATE, lease=LEASE)

    def lapse(self, _consult: Consult, session: Session) -> None:
        holding.lapse_claims(session, LATE)

    def tick(self, _consult: Consult, session: Session) -> None:
        fire(session, LATE)

    def claim(self, consult: Consult, session: Session) -> None:
        derm = self.clinic.derm
        holding.claim(session, self._its(consult, session, derm, Right.HOLD), derm, now=LATE, lease=LEASE)

    def give(self, consult: Consult, session: Session) -> None:
        by, to = self.clinic.coordinator, session.get_one(Person, self.clinic.derm2.id)
        found = self._its(consult, session, by, Right.ASSIGN)
        passing.assign(session, found, to, "Hers", by=by, now=LATE, lease=LEASE)

    def reroute(self, consult: Consult, session: Session) -> None:
        by = self.clinic.coordinator
        passing.reroute(session, self._its(consult, session, by, Right.ASSIGN), by, "neurology", "Nerves", now=LATE)


@pytest.fixture
def acts(postgres_database: Database) -> Acts:
    return Acts(open_clinic(postgres_database))


def _drafted(acts: Acts, session: Session) -> Consult:
    """Held, with a finished draft, until half past twelve."""
    consult = acts.clinic.claimed(session)
    answers.save_draft(session, consult, acts.clinic.derm, ANSWER, now=NOON, lease=LEASE)
    consult.claim_until = NOON + LEASE
    return consult


def _did(database: Database, act: Act, consult: Consult) -> bool:
    """Whether it was done; the house may refuse it, and nothing else is raised."""
    try:
        with database.writing() as session:
            act(consult, session)
    except ConsultError:
        return False
    return True


def _now(database: Database, consult: Consult) -> Consult:
    """The request as it is afterwards, which breaks no rule."""
    with database.reading() as session:
        assert [line for line in violations(session, LATE) if consult.number in line] == []
        return session.get_one(Consult, consult.id)


@pytest.mark.parametrize("other", ["lapse", "tick"])
@pytest.mark.parametrize("act", ["sign", "save"])
def test_who_writes_as_their_claim_runs_out_has_done_it_or_reads_that_it_is_gone(
    postgres_database: Database, acts: Acts, act: str, other: str
) -> None:
    done_states = {"sign": ("answered", acts.clinic.derm.id), "save": ("claimed", acts.clinic.derm.id)}
    for _ in range(2):
        with postgres_database.writing() as session:
            consult = _drafted(acts, session)
        did = at_once(
            partial(_did, postgres_database, getattr(acts, act), consult),
            partial(_did, postgres_database, getattr(acts, other), consult),
        )
        after = _now(postgres_database, consult)
        assert (after.status, after.holder_id) == (done_states[act] if did[0] else ("submitted", None))
        with postgres_database.reading() as session:
            draft = session.scalars(select(Answer).where(Answer.consult_id == consult.id)).one()
        # Whatever came first, what was written before is there, and is signed once or not at all.
        assert (draft.signed_at is not None) == (act == "sign" and did[0])
        assert draft.content["impression"] == ("Psoriasis" if act == "save" and did[0] else ANSWER["impression"])


def test_either_order_of_a_signature_and_the_end_of_its_claim(postgres_database: Database, acts: Acts) -> None:
    """Each comes in between the other's lock and its end, whatever a race would make of it."""
    for first, second, state in ((acts.sign, acts.lapse, "answered"), (acts.lapse, acts.sign, "submitted")):
        with postgres_database.writing() as session:
            consult = _drafted(acts, session)
        found: list[bool] = []

        def between(act: Act = second, consult: Consult = consult, found: list[bool] = found) -> None:
            found.append(_did(postgres_database, act, consult))

        with beside(postgres_database, LOCK, between, patience=0.5):
            assert _did(postgres_database, first, consult)
        # The clock passes by what somebody holds; whoever signs waits for the clock, and is refused.
        assert (found, _now(postgres_database, consult).status) == ([state == "answered"], state)
        with postgres_database.reading() as session:
            told = select(Notice.id).where(Notice.consult_id == consult.id, Notice.kind == NoticeKind.RETURNED)
            assert len(session.scalars(told).all()) == (0 if state == "answered" else 1)


@pytest.mark.parametrize(
    ("one", "other"), [("claim", "reroute"), ("claim", "give"), ("give", "reroute"), ("claim", "tick")]
)
def test_what_waits_goes_to_one_of_two_who_act_at_once(
    postgres_database: Database, acts: Acts, one: str, other: str
) -> None:
    ends = {"claim": acts.clinic.derm.id, "give": acts.clinic.derm2.id}
    for _ in range(2):
        with postgres_database.writing() as session:
            consult = acts.clinic.econsult(session)
        did = at_once(
            partial(_did, postgres_database, getattr(acts, one), consult),
            partial(_did, postgres_database, getattr(acts, other), consult),
        )
        after = _now(postgres_database, consult)
        assert any(did)
        if after.specialty == "neurology":
            # Whoever had taken it for a moment has it no more: it waits where it was sent.
            assert (did[1], after.status, after.holder_id) == (True, "submitted", None)
        else:
            assert after.holder_id in {ends[name] for name in (one, other) if name in ends}
            assert after.status == "claimed"
