"""Messages reach their lane, start the clock again, and nothing is said on a consult that has ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from econsult.consults import answers, requests, telling, threads
from econsult.consults.clocks import open_clocks
from econsult.consults.ledger import ClockState
from econsult.consults.policies import ClockName
from econsult.consults.threads import Audience
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.notices import Notice, NoticeKind
from tests.personas import NOON, Clinic


def _told(database: Database, kind: NoticeKind) -> set[int]:
    with database.reading() as session:
        return set(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def test_a_family_message_reaches_clinic_and_holder_but_not_its_author(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Pica más", now=NOON)
    assert _told(database, NoticeKind.MESSAGE) == {clinic.derm.id, clinic.pcp.id}


@pytest.mark.parametrize("is_answered", [False, True])
def test_what_the_desk_and_the_clinic_write_reaches_the_other_and_no_specialist(
    database: Database, clinic: Clinic, is_answered: bool
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session) if is_answered else clinic.claimed(session)
        session.execute(delete(Notice))
        threads.post(session, consult, clinic.coordinator, Audience.COORDINATION, text="A wrong number", now=NOON)
    assert _told(database, NoticeKind.MESSAGE) == {clinic.pcp.id}
    with database.writing() as session:
        threads.post(session, consult, clinic.pcp, Audience.COORDINATION, text="The new one", now=NOON)
    assert _told(database, NoticeKind.MESSAGE) == {clinic.pcp.id, clinic.coordinator.id}


def test_a_request_for_a_photo_goes_to_the_family_when_the_specialist_says_so(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        message = threads.request_info(
            session, consult, clinic.derm, text="Closer?", items=["close-up"], audience=Audience.FAMILY, now=NOON
        )
        assert (consult.status, message.items) == ("needs_info", {"items": ["close-up"]})
    assert _told(database, NoticeKind.MORE_NEEDED) == {clinic.mother.id}


def test_the_holders_own_message_does_not_end_the_waiting(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        threads.post(session, consult, clinic.derm, Audience.CLINICIANS, text="Any news?", now=NOON)
        assert consult.status == "needs_info"
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Yes", now=NOON + timedelta(hours=1))
        assert consult.status == "claimed"


def test_what_is_urgent_waits_for_no_information(database: Database, clinic: Clinic) -> None:
    """The question is sent all the same, and what comes back later changes nothing of the promise."""
    with database.writing() as session:
        consult = clinic.econsult(session, urgency="urgent")
        clinic.take(session, consult)
        due = consult.due_at
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=["ruler"], audience=None, now=NOON)
        assert (consult.status, consult.due_at) == ("claimed", due)
        assert open_clocks(session, consult.id, ClockName.FIRST_REPLY)[0].state == ClockState.RUNNING
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=NOON + timedelta(minutes=9))
        assert (consult.status, consult.due_at) == ("claimed", due)
    assert clinic.pcp.id in _told(database, NoticeKind.MORE_NEEDED)


def test_only_the_holder_asks_for_information(database: Database, clinic: Clinic) -> None:
    with pytest.raises(ForbiddenError), database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm2, text="?", items=[], audience=None, now=NOON)


@pytest.mark.parametrize("text", ["", "  ", "x" * 5001])
def test_an_empty_or_endless_message_is_refused(database: Database, clinic: Clinic, text: str) -> None:
    with pytest.raises(InvalidError), database.writing() as session:
        threads.post(session, clinic.econsult(session), clinic.pcp, Audience.FAMILY, text=text, now=NOON)


def test_nothing_is_said_on_a_draft_or_after_the_end(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft, ended = clinic.draft(session), clinic.econsult(session)
        requests.withdraw(session, ended, clinic.pcp, "", now=NOON)
        for consult in (draft, ended):
            with pytest.raises(ImpossibleVerbError):
                threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Hello", now=NOON)


def test_messages_are_read_lane_by_lane(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        for lane in Audience:
            threads.post(session, consult, clinic.pcp, lane, text=lane, now=NOON)
        found = threads.messages_of(session, consult.id, [Audience.FAMILY, Audience.COORDINATION])
        assert [message.text for message in found] == ["family", "coordination"]


def test_a_family_that_wrote_after_the_answer_is_not_forgotten(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = answers.acknowledge(session, clinic.answered(session), clinic.pcp, now=NOON)
        telling.inform(session, consult, clinic.coordinator, method="phone", teach_back=True, now=NOON)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="¿Y si vomita?", now=NOON)
        assert consult.family_waits_since == NOON
        with pytest.raises(InvalidError, match="waits for a reply"):
            answers.close(session, consult, clinic.pcp, reason="", now=NOON)
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Llame", now=NOON)
        assert consult.family_waits_since is None
        answers.close(session, consult, clinic.pcp, reason="", now=NOON)
    assert clinic.pcp.id in _told(database, NoticeKind.MESSAGE)
