"""Claims: one winner, renewed by work, returned to the pool when the holder falls silent."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from econsult.consults import answers, declining, holding, threads
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError, TakenError
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from tests.econsult.test_cover import shift
from tests.personas import ANSWER, LEASE, NOON, Clinic
from tests.together import at_once


@pytest.mark.parametrize(
    ("people", "rounds"),
    [
        pytest.param(6, 4, id="short"),
        pytest.param(100, 100, id="full", marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
)
def test_many_claim_at_once_and_one_holds_it(database: Database, clinic: Clinic, people: int, rounds: int) -> None:
    """All begin at the same moment, each in a thread of its own; losers are told who has it."""
    crowd = [clinic.derm, clinic.derm2, clinic.neuro, clinic.pcp, clinic.admin, clinic.nurse]

    def try_claim(number: int, person: Person) -> str:
        try:
            with database.writing() as session:
                found = session.get_one(Consult, number)
                holding.claim(session, found, person, now=NOON, lease=LEASE)
                return ""
        except TakenError as error:
            return error.holder

    # One person twice would only renew their own claim, so each comes once and the rest are strangers to it.
    askers = crowd if people == len(crowd) else clinic.more(database, people)
    for _ in range(rounds):
        with database.writing() as session:
            number = clinic.econsult(session).id
        heard = at_once(*(partial(try_claim, number, person) for person in askers))
        with database.reading() as session:
            holder = session.get_one(Person, session.get_one(Consult, number).holder_id).name
        assert sorted(heard) == sorted(["", *[holder] * (len(askers) - 1)])


def test_claiming_ones_own_again_renews_it(database: Database, clinic: Clinic) -> None:
    later = NOON + timedelta(minutes=20)
    with database.writing() as session:
        consult = holding.claim(session, clinic.claimed(session), clinic.derm, now=later, lease=LEASE)
        assert consult.claim_until == later + LEASE


def test_claiming_ones_own_again_never_shortens_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        until = consult.claim_until
        again = holding.claim(session, consult, clinic.derm, now=NOON + timedelta(minutes=1), lease=LEASE)
        assert again.claim_until == until == NOON + LEASE * holding.DRAFT_FACTOR


def test_a_silent_holder_loses_the_claim_but_not_with_a_draft(database: Database, clinic: Clinic) -> None:
    after = NOON + LEASE + timedelta(minutes=1)
    with database.writing() as session:
        silent, writing = clinic.claimed(session), clinic.claimed(session)
        answers.save_draft(session, writing, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        assert [consult.id for consult in holding.lapse_claims(session, after)] == [silent.id]
        assert (silent.status, silent.holder_id) == ("submitted", None)
        assert writing.holder_id == clinic.derm.id
        assert [consult.id for consult in holding.lapse_claims(session, NOON + 9 * LEASE)] == [writing.id]
        assert answers.draft_of(session, writing.id) is not None


def test_only_the_holder_releases(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        with pytest.raises(ForbiddenError):
            holding.release(session, consult, clinic.derm2, "mine", now=NOON)
        holding.release(session, consult, clinic.derm, "", now=NOON)
        assert (consult.status, consult.holder_id) == ("submitted", None)


def test_a_draft_survives_the_release_and_the_next_holder_goes_on_with_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        holding.release(session, consult, clinic.derm, "", now=NOON)
        holding.claim(session, consult, clinic.derm2, now=NOON, lease=LEASE)
        draft = answers.draft_of(session, consult.id)
        assert draft is not None
        assert draft.content["impression"] == ANSWER["impression"]


def test_releasing_while_information_is_awaited_lets_the_clock_run_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        holding.release(session, consult, clinic.derm, "", now=NOON + timedelta(hours=5))
        assert consult.due_at == NOON + timedelta(hours=29)


def test_declining_ends_the_consult_with_a_reason(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = declining.decline(session, clinic.claimed(session), clinic.derm, "Needs a visit", now=NOON)
        assert (consult.status, consult.end_reason, consult.holder_id) == ("declined", "Needs a visit", None)


def test_somebody_elses_consult_cannot_be_declined(database: Database, clinic: Clinic) -> None:
    with pytest.raises(ForbiddenError), database.writing() as session:
        declining.decline(session, clinic.claimed(session), clinic.derm2, "No", now=NOON)


def test_a_holder_who_waited_uses_up_no_more_than_a_quarter_of_what_is_left(database: Database, clinic: Clinic) -> None:
    hour = timedelta(hours=1)
    with database.writing() as session:
        consult = clinic.take(session, clinic.econsult(session, urgency="same_day"))
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        threads.post(session, consult, clinic.pcp, threads.Audience.CLINICIANS, text="Here", now=NOON + 9 * hour)
        assert consult.claim_until == NOON + 10 * hour
        assert holding.lapse_claims(session, NOON + 10 * hour + timedelta(seconds=1)) == [consult]


def test_what_comes_in_takes_no_time_from_whoever_has_written_a_draft(database: Database, clinic: Clinic) -> None:
    """Asked for half an hour after the draft, given ten minutes later, or never given: the draft's hours stay."""
    minute = timedelta(minutes=1)
    with database.writing() as session:
        consult = clinic.take(session, clinic.econsult(session, urgency="same_day"))
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        until = consult.claim_until
        threads.request_info(
            session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON + 30 * minute
        )
        threads.post(session, consult, clinic.pcp, threads.Audience.CLINICIANS, text="Here", now=NOON + 40 * minute)
        assert consult.claim_until == until == NOON + LEASE * holding.DRAFT_FACTOR


def test_what_goes_back_where_nobody_is_there_is_one_letter_to_the_desk(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        shift(session, clinic, clinic.derm)
        consult = clinic.claimed(session)
        consult.claim_until = NOON + 9 * timedelta(hours=1)
        session.flush()
        assert holding.lapse_claims(session, NOON + 10 * timedelta(hours=1)) == [consult]
        to_desk = select(Notice.kind).where(Notice.person_id == clinic.coordinator.id)
        assert list(session.scalars(to_desk)) == [NoticeKind.NO_COVER]


def test_looking_at_it_keeps_the_claim_alive_but_brings_none_back(database: Database, clinic: Clinic) -> None:
    minute = timedelta(minutes=1)
    with database.writing() as session:
        consult = clinic.claimed(session)
        holding.stay(session, consult, clinic.derm2, NOON + 20 * minute, LEASE)
        assert consult.claim_until == NOON + LEASE
        holding.stay(session, consult, clinic.derm, NOON + 20 * minute, LEASE)
        session.refresh(consult)
        assert consult.claim_until == NOON + 20 * minute + LEASE
        assert holding.lapse_claims(session, NOON + 60 * minute) == [consult]
        holding.stay(session, consult, clinic.derm, NOON + 61 * minute, LEASE)
        session.refresh(consult)
        assert [consult.holder_id, consult.claim_until] == [None, None]
