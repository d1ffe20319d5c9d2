"""A colleague who answers a question beside a consult: the same timer, a part without a code, and nothing twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from econsult.access import consult_for
from econsult.access_log import Deed, deed_of
from econsult.billing import timing
from econsult.billing.entries import is_measured, locked_at
from econsult.billing.export import rows_of
from econsult.billing.gathering import all_parts_of
from econsult.billing.monthly import month_of, span_of
from econsult.billing.replies import DAYS, replied_of
from econsult.billing.rules import Side
from econsult.billing.seeing import billing_for
from econsult.billing.sheet import seen_parts, sheet_for
from econsult.consults import answers, holding
from econsult.consults.passing import take_over
from econsult.consults.records import Consult
from econsult.consults.second import ask_second, give_back, reply_second, take_second
from econsult.consults.sides import SideQuestion, side_of
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.rights import Right
from tests.econsult.billing.test_timing import DENVER, at, beats, seconds, start, write_down
from tests.personas import ANSWER, LEASE, Clinic

ASKED = "Could the new patches be a sign of neurofibromatosis?"
MARCH = date(2026, 3, 1)


def asked(session, clinic: Clinic, when: float = 0, **whom: object) -> tuple[Consult, SideQuestion]:
    consult = clinic.claimed(session)
    side = ask_second(session, consult, clinic.derm, ASKED, now=at(when), **(whom or {"specialty": "neurology"}))
    return consult, side


def sign(session, clinic: Clinic, consult: Consult, when: float) -> None:
    answers.save_draft(session, consult, clinic.derm, ANSWER, now=at(when), lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=at(when))


def told(session, consult: Consult, now: float = 9000) -> list[tuple[str, int | None, int, str]]:
    parts = all_parts_of(session, [consult], DENVER, now=at(now))[consult.id]
    return [
        (part.side.value, part.person.id if part.person else None, part.suggestion.minutes, part.suggestion.code)
        for part in parts
    ]


def test_a_colleague_is_measured_from_taking_the_question_until_the_reply(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = asked(session, clinic)
        with pytest.raises(ForbiddenError):
            start(session, clinic.neuro, consult, 30)
        assert replied_of(session, clinic.neuro, at(30)) == []
        take_second(session, consult, side, clinic.neuro, now=at(60))
        entry = start(session, clinic.neuro, consult, 60)
        # One timer for each of them: the holder's runs beside it.
        holder = start(session, clinic.derm, consult, 60)
        assert beats(session, clinic.neuro, entry, 90, 660)
        assert beats(session, clinic.derm, holder, 90, 360)
        # Idle: paused where the work ended.
        assert not timing.beat(
            session, clinic.neuro, entry, idle=timedelta(minutes=3), limit=timedelta(minutes=3), now=at(700)
        )
        write_down(session, clinic.neuro, consult, (700, 820), 830)
        assert locked_at(session, consult, clinic.neuro) is None
        reply_second(session, consult, side, clinic.neuro, "No, it is skin.", now=at(840))
        assert locked_at(session, consult, clinic.neuro) == at(840)
        assert not is_measured(session, consult.id, clinic.neuro)
        # The case is closed to them. Their own time they may still put right, as an amendment and no other way.
        with pytest.raises(NotFoundError):
            consult_for(session, clinic.neuro, consult.public_id, now=at(850))
        for more in ({}, {"replaces": entry}):
            with pytest.raises(timing.LockedError):
                write_down(session, clinic.neuro, consult, (60, 360), 850, **more)
        with pytest.raises(InvalidError):
            write_down(session, clinic.neuro, consult, (60, 360), 850, reason=" ", is_amendment=True)
        amended = write_down(session, clinic.neuro, consult, (60, 660), 850, replaces=entry, is_amendment=True)
        assert (amended.is_amendment, amended.origin_id is not None) == (True, True)
        # Nobody else comes in by that door, and it opens nothing else.
        for person in (clinic.derm2, clinic.stranger, clinic.director):
            with pytest.raises((NotFoundError, ForbiddenError)):
                write_down(session, person, consult, (60, 360), 860, is_amendment=True)
        for right in Right:
            if right != Right.OWN_TIME:
                with pytest.raises(NotFoundError):
                    consult_for(session, clinic.neuro, consult.public_id, now=at(860), right=right)
        with pytest.raises(NotFoundError):
            sheet_for(session, clinic.neuro, consult.public_id, DENVER, now=at(860))
        assert deed_of("use/own_time", "consult") == Deed.WORKED
        assert [(each.number, each.seconds) for each in replied_of(session, clinic.neuro, at(870))] == [
            (consult.number, 720)
        ]
        assert [seconds(session, consult, person) for person in (clinic.neuro, clinic.derm)] == [720, 300]
        sign(session, clinic, consult, 900)
        assert told(session, consult) == [
            ("consultant", clinic.derm.id, 5, "99451"),
            ("requester", clinic.pcp.id, 0, ""),
            ("colleague", clinic.neuro.id, 12, ""),
        ]


def test_the_reply_ends_the_timer(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = asked(session, clinic, wanted=clinic.neuro, specialty="neurology")
        # Asked by name: theirs without taking it.
        entry = start(session, clinic.neuro, consult, 10)
        beats(session, clinic.neuro, entry, 40, 70)
        reply_second(session, consult, side, clinic.neuro, "No, it is skin.", now=at(80))
        assert not timing.beat(session, clinic.neuro, entry, idle=timedelta(0), limit=timedelta(9), now=at(100))
        assert seconds(session, consult, clinic.neuro) == 60
        # Months later it is no longer listed, and may be amended all the same.
        later = at(80) + DAYS
        assert [len(replied_of(session, clinic.neuro, now)) for now in (later, later + timedelta(seconds=1))] == [1, 0]


def test_who_never_replied_comes_back_to_nothing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, _side = asked(session, clinic, wanted=clinic.neuro, specialty="neurology")
        beats(session, clinic.neuro, start(session, clinic.neuro, consult, 0), 30, 180)
        sign(session, clinic, consult, 300)
        with pytest.raises(NotFoundError):
            write_down(session, clinic.neuro, consult, (0, 60), 400, is_amendment=True)
        with pytest.raises(NotFoundError):
            billing_for(session, clinic.neuro, consult.public_id, now=at(400))
        assert replied_of(session, clinic.neuro, at(400)) == []


def test_what_a_colleague_gave_back_is_on_record_too(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = asked(session, clinic)
        take_second(session, consult, side, clinic.neuro, now=at(0))
        beats(session, clinic.neuro, start(session, clinic.neuro, consult, 0), 30, 180)
        give_back(session, consult, side, clinic.neuro, now=at(190))
        sign(session, clinic, consult, 300)
        assert told(session, consult)[2:] == [("colleague", clinic.neuro.id, 3, "")]


def test_who_only_looked_has_no_part(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = asked(session, clinic)
        take_second(session, consult, side, clinic.neuro, now=at(0))
        reply_second(session, consult, side, clinic.neuro, "No, it is skin.", now=at(30))
        sign(session, clinic, consult, 300)
        assert [side for side, *_rest in told(session, consult)] == ["consultant", "requester"]


def test_who_answers_in_the_end_has_one_part(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = asked(session, clinic, wanted=clinic.derm2, specialty="dermatology")
        entry = start(session, clinic.derm2, consult, 0)
        beats(session, clinic.derm2, entry, 30, 240)
        timing.pause(session, clinic.derm2, entry, now=at(240))
        reply_second(session, consult, side, clinic.derm2, "It is skin.", now=at(250))
        take_over(session, consult, clinic.derm2, "She is ill", now=at(300), lease=LEASE)
        beats(session, clinic.derm2, start(session, clinic.derm2, consult, 300), 330, 420)
        answers.save_draft(session, consult, clinic.derm2, ANSWER, now=at(500), lease=LEASE)
        answers.sign(session, consult, clinic.derm2, now=at(500))
        assert told(session, consult) == [
            ("consultant", clinic.derm2.id, 6, "99451"),
            ("requester", clinic.pcp.id, 0, ""),
        ]


def test_a_minute_on_two_consults_is_one_minute(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = asked(session, clinic)
        own = holding.claim(
            session, clinic.econsult(session, specialty="neurology"), clinic.neuro, now=at(0), lease=LEASE
        )
        take_second(session, consult, side, clinic.neuro, now=at(0))
        beats(session, clinic.neuro, start(session, clinic.neuro, own, 0), 30, 300)
        write_down(session, clinic.neuro, consult, (0, 600), 700)
        assert [seconds(session, each, clinic.neuro) for each in (own, consult)] == [300, 300]


def test_the_month_and_the_file_say_why_there_is_no_code(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = asked(session, clinic)
        take_second(session, consult, side, clinic.neuro, now=at(0))
        write_down(session, clinic.neuro, consult, (0, 600), 700)
        for person, sides in (
            (clinic.neuro, [Side.COLLEAGUE]),
            (clinic.derm, [Side.CONSULTANT]),
            (clinic.pcp, [Side.REQUESTER]),
            (clinic.coordinator, list(Side)),
        ):
            _passed, may_see = billing_for(session, person, consult.public_id, now=at(700))
            parts = all_parts_of(session, [consult], DENVER, now=at(700))[consult.id]
            assert [part.side for part in seen_parts(person, may_see, parts)] == sides
        reply_second(session, consult, side, clinic.neuro, "No, it is skin.", now=at(800))
        sign(session, clinic, consult, 900)
        rows = rows_of(session, span_of(MARCH, DENVER), DENVER, now=at(9000))
        found = [(row["side"], row["minutes"], row["code"], row["units"], row["blockers"]) for row in rows]
        assert found[2:] == [("colleague", "10", "", "", "colleague")]
        assert rows[2]["clinician"] == clinic.neuro.public_id
        month = month_of(session, clinic.program.id, MARCH, DENVER, now=at(9000))
        assert (len(month.listed), month.count, month.ready) == (3, 2, 0)
        assert "colleague" not in dict(month.lacking)
        assert {row["side"]: row["minutes"] for row in month.by_clinician} == {
            "consultant": "0", "requester": "0", "colleague": "10",
        }  # fmt: skip
        assert side_of(session, consult.id) is None
