"""A family's question that nobody of its clinic can take: the desk brings it to an end, and hears of it daily."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.access import consult_for
from econsult.consults import answers, holding, passing, requests, threads
from econsult.consults.clocks import open_clocks
from econsult.consults.duty import tell_no_cover
from econsult.consults.handover import Handover
from econsult.consults.lifecycle import Status
from econsult.consults.policies import ClockName
from econsult.consults.records import RANKS, Consult, Urgency
from econsult.consults.requests import RequestForm
from econsult.consults.stranded import is_stranded, turn_down
from econsult.consults.threads import Audience, messages_of
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.people.signin import close_account
from econsult.queue.clinics import watch_clinics
from econsult.queue.invariants import violations
from econsult.queue.reoffering import offer_again
from econsult.rights import Right
from tests.econsult.test_clinic_away import off
from tests.econsult.test_cover import HOUR
from tests.econsult.test_not_there import MINUTE, all_day
from tests.personas import ANSWER, LEASE, NOON, QUESTION, TARGETS, Clinic

SOON, BACK = NOON + timedelta(minutes=5), NOON + timedelta(hours=2)


def _stranded(session: Session, clinic: Clinic, how: str = "leave") -> Consult:
    if how == "leave":
        off(session, clinic.pcp, -1, 14 * 24)
        return clinic.family_question(session)
    consult = clinic.family_question(session)
    close_account(session, session.get_one(Person, clinic.pcp.id), NOON)
    offer_again(session, clinic.program.id, NOON)
    return consult


@pytest.mark.parametrize("how", ["leave", "left"])
def test_the_desk_gives_it_to_another_clinic_whose_team_answers_for_it(
    database: Database, clinic: Clinic, how: str
) -> None:
    with database.writing() as session:
        consult = _stranded(session, clinic, how)
        with pytest.raises(InvalidError):
            passing.assign(session, consult, clinic.derm, "x", by=clinic.coordinator, now=SOON, lease=LEASE)
        passing.assign(session, consult, clinic.other_pcp, "x", by=clinic.coordinator, now=SOON, lease=LEASE)
        assert (consult.holder_id, consult.organization_id) == (clinic.other_pcp.id, clinic.other_pcp.organization_id)
        passed = consult_for(session, clinic.other_pcp, consult.public_id, now=SOON, right=Right.ANSWER)
        assert passed.may(Right.SEND_ON)
        assert (consult.uncovered_at, consult.is_unallocated) == (None, False)
        moved = session.scalars(select(Notice).where(Notice.kind == NoticeKind.CLINIC_MOVED)).one()
        assert (moved.person_id, moved.consult_id) == (clinic.mother.id, consult.id)
        # What lapses is asked of the clinic that has it now.
        holding.lapse_claims(session, SOON + LEASE + MINUTE)
        told = select(Notice.person_id).where(Notice.kind == "new_request", Notice.created_at > SOON)
        assert list(session.scalars(told)) == [clinic.other_pcp.id]
        assert list(violations(session, SOON + LEASE + MINUTE)) == []


def test_the_desk_gives_it_to_who_is_away_only_when_it_says_so(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _stranded(session, clinic)
        give = {"by": clinic.coordinator, "now": SOON, "lease": LEASE}
        with pytest.raises(ForbiddenError):
            passing.assign(session, consult, clinic.pcp, "x", **give)
        passing.assign(session, consult, clinic.pcp, "x", **give, although_off_duty=True)
        assert (consult.holder_id, consult.uncovered_at) == (clinic.pcp.id, SOON)


def test_the_desk_says_no_with_words_that_the_family_reads(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        covered = clinic.family_question(session)
        with pytest.raises(ForbiddenError):
            consult_for(session, clinic.coordinator, covered.public_id, now=NOON, right=Right.DECLINE)
        with pytest.raises(ImpossibleVerbError):
            turn_down(session, covered, clinic.coordinator, "x", "", now=NOON)
        consult = _stranded(session, clinic)
        for right in (Right.DECLINE, Right.SEND_ON):
            consult_for(session, clinic.coordinator, consult.public_id, now=SOON, right=right)
        turn_down(session, consult, clinic.coordinator, "Llame al 555-0100", "The other center was called", now=SOON)
        assert (consult.status, consult.end_reason) == (Status.DECLINED, "The other center was called")
        said = [each.text for each in messages_of(session, consult.id, [Audience.FAMILY])]
        assert said == ["Llame al 555-0100"]
        assert [each.name for each in open_clocks(session, consult.id)] == [ClockName.FAMILY_INFORMED]
        assert list(violations(session, SOON)) == []


@pytest.mark.parametrize("waits", [False, True])
def test_the_desk_says_no_to_what_somebody_has_who_is_not_there(
    database: Database, clinic: Clinic, waits: bool
) -> None:
    with database.writing() as session:
        consult = holding.claim(session, clinic.family_question(session), clinic.pcp, now=NOON, lease=LEASE)
        if waits:
            threads.request_info(session, consult, clinic.pcp, text="?", items=["x"], audience=None, now=NOON)
        with pytest.raises(ForbiddenError):
            consult_for(session, clinic.coordinator, consult.public_id, now=NOON, right=Right.DECLINE)
        off(session, clinic.pcp, -1, 14 * 24)
        tell_no_cover(session, consult, SOON, by_id=clinic.coordinator.id)
        consult_for(session, clinic.coordinator, consult.public_id, now=SOON, right=Right.DECLINE)
        turn_down(session, consult, clinic.coordinator, "Llame al 555-0100", "", now=SOON)
        assert (consult.status, consult.holder_id, consult.claim_until) == (Status.DECLINED, None, None)
        moves = [(each.from_id, each.to_id, each.verb) for each in session.scalars(select(Handover))]
        assert (clinic.pcp.id, None, "release") in moves
        assert [each.name for each in open_clocks(session, consult.id)] == [ClockName.FAMILY_INFORMED]
        assert list(violations(session, SOON)) == []


def test_the_desk_sends_on_nothing_with_less_urgency(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _stranded(session, clinic)
        consult.urgency, consult.urgency_rank = "same_day", RANKS[Urgency.SAME_DAY]
        wish = {"specialty": "dermatology", "question": QUESTION, "question_type": "diagnosis"}
        sent = requests.send_on(session, consult, clinic.coordinator, RequestForm(**wish), now=SOON, targets=TARGETS)
        assert (sent.kind, sent.urgency) == ("econsult", "same_day")
        # What nobody can promise now is lowered by nobody who asks for the next best.
        raised = _stranded(session, clinic)
        raised.urgency, raised.urgency_rank = "urgent", RANKS[Urgency.URGENT]
        for each in (clinic.derm, clinic.derm2):
            off(session, each, -1, 24)
        calmer = RequestForm(**wish, urgency="same_day")
        sent = requests.send_on(session, raised, clinic.coordinator, calmer, now=SOON, targets=TARGETS)
        assert (sent.kind, sent.urgency) == ("econsult", "same_day")
        asked = _stranded(session, clinic)
        asked.urgency, asked.urgency_rank = "same_day", RANKS[Urgency.SAME_DAY]
        with pytest.raises(ForbiddenError, match="less urgent"):
            calmer = RequestForm(**wish, urgency="routine")
            requests.send_on(session, asked, clinic.coordinator, calmer, now=SOON, targets=TARGETS)


def test_whoever_stands_in_says_no_and_reads_nothing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, covered = _stranded(session, clinic), clinic.econsult(session)
        with pytest.raises(NotFoundError):
            consult_for(session, clinic.director, consult.public_id, now=SOON, right=Right.DECLINE)
        off(session, clinic.coordinator, -1, 24)
        passed = consult_for(session, clinic.director, consult.public_id, now=SOON, right=Right.DECLINE)
        assert passed.rights == {Right.GIVE, Right.DECLINE}
        with pytest.raises(ForbiddenError):
            consult_for(session, clinic.director, covered.public_id, now=SOON, right=Right.DECLINE)
        turn_down(session, consult, clinic.director, "Llame al 555-0100", "", now=SOON)
        assert consult.status == Status.DECLINED


def test_while_nothing_changes_the_desk_has_one_letter_a_day(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _stranded(session, clinic)
        all_day(session, NOON, NOON + 6 * 24 * HOUR, HOUR)
        query = select(Notice.created_at).where(Notice.consult_id == consult.id)
        for person in (clinic.coordinator, clinic.director):
            days = Counter(at.date() for at in session.scalars(query.where(Notice.person_id == person.id)))
            later = [days[(NOON + timedelta(days=day)).date()] for day in range(2, 6)]
            assert later == [1] * 4
        assert list(violations(session, NOON + 6 * 24 * HOUR)) == []


def _moved(session: Session, clinic: Clinic) -> Consult:
    """Its own doctor is away for two hours, and the desk gave it to another clinic."""
    off(session, clinic.pcp, -1, 2)
    consult = clinic.family_question(session)
    watch_clinics(session, SOON)
    passing.assign(session, consult, clinic.other_pcp, "x", by=clinic.coordinator, now=SOON, lease=LEASE)
    return consult


def _told(session: Session, person: Person, since: datetime) -> list[str]:
    query = select(Notice.kind).where(Notice.person_id == person.id, Notice.created_at >= since)
    return list(session.scalars(query.order_by(Notice.id)))


def test_what_another_clinic_let_lapse_comes_home_when_somebody_is_back(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _moved(session, clinic)
        family = len(_told(session, clinic.mother, NOON))
        lapsed, back = SOON + LEASE + MINUTE, BACK
        holding.lapse_claims(session, lapsed)
        assert consult.organization_id == clinic.other_pcp.organization_id
        # Neither clinic has anybody there: it is the desk's once more.
        off(session, clinic.other_pcp, 1, 14 * 24)
        watch_clinics(session, NOON + HOUR + MINUTE)
        assert is_stranded(consult)
        watch_clinics(session, back)
        assert (consult.organization_id, consult.uncovered_at) == (clinic.pcp.organization_id, None)
        assert (is_stranded(consult), _told(session, clinic.pcp, back)) == (False, [NoticeKind.NEW_REQUEST])
        # Nobody is told twice, and the family nothing: it asked this clinic.
        watch_clinics(session, back + MINUTE)
        assert _told(session, clinic.pcp, back) == [NoticeKind.NEW_REQUEST]
        assert len(_told(session, clinic.mother, NOON)) == family
        consult_for(session, clinic.pcp, consult.public_id, now=back, right=Right.HOLD)
        assert list(violations(session, back + MINUTE)) == []


def test_what_another_clinic_gives_back_goes_to_whoever_is_home(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, back = _moved(session, clinic), BACK
        watch_clinics(session, back)
        assert consult.holder_id == clinic.other_pcp.id
        holding.release(session, consult, clinic.other_pcp, "she is back", now=back)
        assert consult.organization_id == clinic.pcp.organization_id
        assert NoticeKind.NEW_REQUEST in _told(session, clinic.pcp, back)
        assert NoticeKind.NEW_REQUEST not in _told(session, clinic.other_pcp, back)
        assert list(violations(session, back)) == []


@pytest.mark.parametrize("how", ["claim", "assign"])
def test_its_own_doctor_takes_it_back_in_hand(database: Database, clinic: Clinic, how: str) -> None:
    with database.writing() as session:
        consult, back = _moved(session, clinic), BACK
        if how == "claim":
            # Before the look of this minute finds that she is back.
            holding.lapse_claims(session, SOON + LEASE + MINUTE)
            consult_for(session, clinic.pcp, consult.public_id, now=back, right=Right.HOLD)
            holding.claim(session, consult, clinic.pcp, now=back, lease=LEASE)
        else:
            passing.assign(session, consult, clinic.pcp, "back", by=clinic.coordinator, now=back, lease=LEASE)
        assert (consult.holder_id, consult.organization_id) == (clinic.pcp.id, clinic.pcp.organization_id)
        assert _told(session, clinic.mother, NOON).count(NoticeKind.CLINIC_MOVED) == 1
        assert list(violations(session, back)) == []


def test_the_childs_own_clinic_reads_what_another_answered_and_is_told(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _moved(session, clinic)
        for right in (Right.ACKNOWLEDGE, Right.INFORM, Right.READ_FAMILY):
            consult_for(session, clinic.pcp, consult.public_id, now=SOON, right=right)
        answers.save_draft(session, consult, clinic.other_pcp, ANSWER, now=SOON, lease=LEASE)
        answers.sign(session, consult, clinic.other_pcp, now=SOON)
        assert _told(session, clinic.pcp, SOON) == [NoticeKind.ANSWERED]
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="?", now=SOON + MINUTE)
        for person in (clinic.pcp, clinic.other_pcp):
            assert _told(session, person, SOON + MINUTE) == [NoticeKind.MESSAGE]
        # Another clinic's people stay strangers to what was never theirs.
        stays = clinic.family_question(session, now=SOON)
        with pytest.raises(NotFoundError):
            consult_for(session, clinic.other_pcp, stays.public_id, now=SOON)


def test_the_childs_own_clinic_hears_that_another_answers_late(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _moved(session, clinic)
        consult.claim_until = NOON + 30 * HOUR
        all_day(session, NOON + 23 * HOUR, NOON + 25 * HOUR)
        assert NoticeKind.OVERDUE in _told(session, clinic.pcp, NOON + 23 * HOUR)
