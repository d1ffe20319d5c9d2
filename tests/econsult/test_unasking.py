"""Taking back a part of what was asked for: the clock, who hears of it, what still stands, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from econsult import retaking
from econsult.consults import answers, threads
from econsult.consults.clocks import ClockName, open_clocks
from econsult.consults.intake import Upload
from econsult.consults.ledger import ClockState
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.retakes import Wanted, retakes_of
from econsult.consults.threads import Audience, Message
from econsult.consults.unasking import asked_by, take_back_part
from econsult.consults.wanting import question_to_clinic
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.queue.invariants import violations
from econsult.trail import AuditEvent
from tests.econsult.test_retakes import photo
from tests.personas import ANSWER, LEASE, NOON, Clinic

HOUR = timedelta(hours=1)
LINES = ["Weight", "Growth chart"]


def asked(session, clinic: Clinic, *, text="", lane=Audience.FAMILY, count=1, worded=True) -> tuple[Consult, Message]:
    """Two lines and photos that should be taken again, asked for an hour after the consult was taken."""
    consult = clinic.claimed(session)
    photos = [photo(session, consult, clinic.mother) for _ in range(count)]
    words = [f"A better photo {number}" for number in range(count)] if worded else []
    message = threads.request_info(
        session,
        consult,
        clinic.derm,
        text=text or "; ".join([*LINES, *words]),
        items=LINES,
        audience=lane,
        now=NOON + HOUR,
        again=[Wanted(each.public_id) for each in photos],
        again_words=words,
    )
    return consult, message


def drop(session, clinic: Clinic, consult: Consult, message: Message, key: str, hours: float = 3) -> Message:
    return take_back_part(session, consult, clinic.derm, message.public_id, key, now=NOON + hours * HOUR)


def told(session) -> list[tuple[int, str]]:
    query = select(Notice).where(Notice.kind.in_((NoticeKind.LESS_NEEDED, NoticeKind.MORE_NEEDED)))
    return [(notice.person_id, notice.kind) for notice in session.scalars(query.order_by(Notice.id))]


def clock_of(session, consult: Consult):
    (clock,) = open_clocks(session, consult.id, ClockName.FIRST_REPLY)
    return clock


def test_one_part_is_taken_back_and_the_rest_is_waited_for(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, message = asked(session, clinic)
        drop(session, clinic, consult, message, "2")
        assert [each.words for each in asked_by(session, message)] == LINES
        assert (message.standing_text, message.taken_back_at) == ("Weight; Growth chart", None)
        assert retakes_of(session, [message.id]) == {}
        assert (consult.status, clock_of(session, consult).state) == (Status.NEEDS_INFO, ClockState.PAUSED)
        drop(session, clinic, consult, message, "0")
        assert message.standing_text == "Growth chart"
        # Told once for the whole request, however much of it is taken back.
        assert told(session) == [(clinic.mother.id, "more_needed"), (clinic.mother.id, "less_needed")]
    with database.reading() as session:
        rows = select(AuditEvent).where(AuditEvent.action == "take_back_part").order_by(AuditEvent.id)
        assert [(row.person_id, row.detail) for row in session.scalars(rows)] == [
            (clinic.derm.id, "2"),
            (clinic.derm.id, "0"),
        ]


def test_with_the_last_part_the_clock_runs_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, message = asked(session, clinic)
        deadline = clock_of(session, consult).deadline_at
        for key in ("1", "0", "2"):
            assert consult.status == Status.NEEDS_INFO
            drop(session, clinic, consult, message, key)
        clock = clock_of(session, consult)
        assert (consult.status, clock.state) == (Status.CLAIMED, ClockState.RUNNING)
        # Held from one to three: by so much it is due later.
        assert clock.deadline_at == deadline + 2 * HOUR
        assert (message.taken_back_at, message.standing_text, asked_by(session, message)) == (NOON + 3 * HOUR, "", [])
        assert list(violations(session, NOON + 3 * HOUR)) == []
        # Something else may be asked for at once.
        threads.request_info(
            session, consult, clinic.derm, text="Age?", items=[], audience=Audience.FAMILY, now=NOON + 4 * HOUR
        )
        assert consult.status == Status.NEEDS_INFO


def test_words_that_say_more_than_the_list_are_a_part_of_their_own(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, message = asked(session, clinic, text="Please tell me how she sleeps.", count=0)
        assert [each.key for each in asked_by(session, message)] == ["words", "0", "1"]
        for key in ("0", "1"):
            drop(session, clinic, consult, message, key)
        assert (consult.status, message.standing_text) == (Status.NEEDS_INFO, "Please tell me how she sleeps.")
        drop(session, clinic, consult, message, "words")
        assert (consult.status, message.standing_text) == (Status.CLAIMED, "")


def test_a_photo_that_no_line_words_is_taken_back_by_its_own_name(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, message = asked(session, clinic, worded=False, count=2)
        (first, _old), (second, _other) = retakes_of(session, [message.id])[message.id]
        drop(session, clinic, consult, message, first.public_id)
        assert [retake.id for retake, _old in retakes_of(session, [message.id])[message.id]] == [second.id]
        assert [each.key for each in asked_by(session, message)] == ["0", "1", second.public_id]
        # Whoever is taking it right now is not refused: it comes as any other photo.
        found = retaking.retake_for(session, clinic.mother, first.public_id, now=NOON + 4 * HOUR)
        assert found.retake.taken_back_at == NOON + 3 * HOUR


def test_a_photo_that_a_line_words_goes_with_its_line_by_either_name(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, message = asked(session, clinic, count=2)
        (first, _old), (second, _other) = retakes_of(session, [message.id])[message.id]
        drop(session, clinic, consult, message, second.public_id)
        assert message.standing_items == [(0, "Weight"), (1, "Growth chart"), (2, "A better photo 0")]
        drop(session, clinic, consult, message, "2")
        assert (first.taken_back_at, second.taken_back_at) == (NOON + 3 * HOUR, NOON + 3 * HOUR)


def test_a_clinic_is_no_longer_asked(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, message = asked(session, clinic, lane=Audience.CLINICIANS, count=0)
        assert question_to_clinic(session, consult).id == message.id
        for key in ("0", "1"):
            drop(session, clinic, consult, message, key)
        assert question_to_clinic(session, consult) is None
        assert {person for person, kind in told(session) if kind == "less_needed"} == {clinic.pcp.id}


def test_what_is_urgent_and_was_never_held_is_taken_back_too(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.take(session, clinic.econsult(session, urgency="urgent"))
        message = threads.request_info(
            session, consult, clinic.derm, text="Weight", items=["Weight"], audience=Audience.CLINICIANS, now=NOON
        )
        deadline = clock_of(session, consult).deadline_at
        drop(session, clinic, consult, message, "0")
        assert (consult.status, clock_of(session, consult).deadline_at) == (Status.CLAIMED, deadline)
        assert question_to_clinic(session, consult) is None


def test_what_cannot_be_taken_back_says_why(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, message = asked(session, clinic)
        said = threads.post(session, consult, clinic.derm, Audience.CLINICIANS, text="Thank you", now=NOON + HOUR)
        for name, key in (
            (message.public_id, "7"),
            (message.public_id, "words"),
            (said.public_id, "words"),
            ("x", "0"),
        ):
            with pytest.raises(NotFoundError):
                take_back_part(session, consult, clinic.derm, name, key, now=NOON + 2 * HOUR)
        for person in (clinic.derm2, clinic.pcp, clinic.mother, clinic.coordinator):
            with pytest.raises(ForbiddenError):
                take_back_part(session, consult, person, message.public_id, "0", now=NOON + 2 * HOUR)
        drop(session, clinic, consult, message, "0")
        with pytest.raises(NotFoundError):
            drop(session, clinic, consult, message, "0")
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON + 3 * HOUR, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON + 3 * HOUR)
        with pytest.raises(ImpossibleVerbError):
            drop(session, clinic, consult, message, "1")


def test_a_photo_that_has_come_stays(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, message = asked(session, clinic)
        ((retake, _old),) = retakes_of(session, [message.id])[message.id]
        new = photo(session, consult, clinic.mother)
        # As the upload door writes it down.
        told = {"owner_id": clinic.mother.id, "consult_id": consult.id, "kind": "photo", "reserved": 1}
        came = Upload(
            **told, key_wrapped=b"", attachment_id=new.id, retake_id=retake.id, created_at=NOON, expires_at=NOON
        )
        session.add(came)
        session.flush()
        with pytest.raises(InvalidError) as refused:
            drop(session, clinic, consult, message, "2")
        assert refused.value.fields == {"retakes": "has_come"}
        # It is no reason to wait any longer either.
        drop(session, clinic, consult, message, "0")
        drop(session, clinic, consult, message, "1")
        assert message.taken_back_at is not None
