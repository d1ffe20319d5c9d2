"""Adding to a request for information what was forgotten: no longer pause, one letter more, and all can be dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from econsult.consults import threads
from econsult.consults.asking_more import Asking, ask
from econsult.consults.attachments import Attachment
from econsult.consults.lifecycle import Status
from econsult.consults.retakes import Wanted
from econsult.consults.threads import Audience
from econsult.consults.unasking import asked_by
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.queue.invariants import violations
from tests.econsult.test_retakes import photo
from tests.econsult.test_unasking import HOUR, asked, clock_of, drop, told
from tests.personas import NOON, Clinic

LATER = NOON + 2 * HOUR


def test_what_was_forgotten_joins_the_question_and_gains_no_time(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        first, another = (photo(session, consult, clinic.mother) for _ in range(2))
        asks = Asking("", ["Weight", "Growth chart"], [Wanted(first.public_id)], ["A better photo 0"])
        asks = replace(asks, text="; ".join([*asks.items, *asks.again_words]))
        message = ask(session, consult, clinic.derm, Audience.FAMILY, asks, now=NOON + HOUR)
        drop(session, clinic, consult, message, "0", hours=1.5)
        until = clock_of(session, consult).paused_until
        more = Asking("Ferritin", again=[Wanted(another.public_id)], again_words=["A better photo 1"])
        for asking in (more, Asking("Since when?; Fever", items=["Since when?", "Fever"])):
            assert ask(session, consult, clinic.derm, Audience.FAMILY, asking, now=LATER).id == message.id
        assert (clock_of(session, consult).paused_until, consult.status) == (until, Status.NEEDS_INFO)
        lines = ["Growth chart", "A better photo 0", "Ferritin", "A better photo 1", "Since when?", "Fever"]
        assert [line for _number, line in message.standing_items] == lines
        photos = [thing.words for thing in asked_by(session, message) if thing.retake]
        assert photos == ["A better photo 0", "A better photo 1"]
        assert told(session).count((clinic.mother.id, "more_needed")) == 2
        drop(session, clinic, consult, message, "4")
        assert [thing.words for thing in asked_by(session, message) if thing.retake] == photos[:1]
        assert list(violations(session, LATER)) == []
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Six", now=LATER + HOUR)
        assert consult.status == Status.CLAIMED
        assert clock_of(session, consult).deadline_at == NOON + timedelta(hours=24 + 2)


@pytest.mark.parametrize("case", ["nothing", "long", "many", "again", "lane", "colleague"])
def test_what_cannot_be_added_leaves_the_question_as_it_was(database: Database, clinic: Clinic, case: str) -> None:
    with database.writing() as session:
        consult, message = asked(session, clinic)
        known = next(thing.retake for thing in asked_by(session, message) if thing.retake)
        lane, who, asking = Audience.FAMILY, clinic.derm, Asking("Fever?")
        match case:
            case "nothing" | "long" | "many":
                asking = {"nothing": Asking(" "), "long": Asking("x" * 201), "many": Asking("", ["y"] * 18)}[case]
            case "again":
                again = session.get_one(Attachment, known.attachment_id)
                asking = Asking("", again=[Wanted(again.public_id)])
            case "lane":
                lane = Audience.CLINICIANS
            case "colleague":
                who = clinic.derm2
        with pytest.raises((InvalidError, ImpossibleVerbError, ForbiddenError)):
            ask(session, consult, who, lane, asking, now=LATER)
        assert len(message.lines) == 3
