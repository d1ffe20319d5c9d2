"""A question that is asked and answered again: what belongs to which answer and month; nothing counts twice."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsult.billing import records, timing
from econsult.billing.entries import locked_at
from econsult.billing.export import rows_of, signed_in, streamed
from econsult.billing.gathering import all_parts_of
from econsult.billing.monthly import Month, month_of, span_of
from econsult.billing.records import attestation_of
from econsult.billing.rounds import begun_by, version_at
from econsult.billing.rules import Side
from econsult.billing.sheet import sheet_for
from econsult.consults import answers, declining, holding, reopening, requests
from econsult.consults.photo_came import WHY, photo_came
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.database import Database
from econsult.people.persons import Person
from tests.econsult.billing.test_timing import DENVER, NO, at, ready
from tests.personas import ANSWER, LEASE, QUESTION, TARGETS, Clinic

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
NEW_PHOTO = {"disposition": "new_photo", "photo_days": 2, "recommendations": []}


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=DENVER).astimezone(UTC)


def work(session, person: Person, consult: Consult, when: datetime, minutes: int, now: datetime | None = None) -> None:
    told = timing.Work("review", when, when + minutes * MINUTE, "By hand")
    late = now is not None
    timing.enter(session, person, consult.public_id, told, now=now or told.end, is_amendment=late)


def again(session, clinic: Clinic, consult: Consult, when: datetime, minutes: int = 20, by: Person | None = None):
    """Asked again just before, and answered `minutes` later by the same specialist, with time of both sides."""
    asked = when - timedelta(seconds=1)
    reopening.reopen(session, consult, by or clinic.pcp, "It came back after all", now=asked)
    if consult.holder_id is None:
        holding.claim(session, consult, clinic.derm, now=asked, lease=timedelta(days=1))
    for person in (clinic.derm, clinic.pcp):
        work(session, person, consult, when, minutes)
    now = when + minutes * MINUTE
    answers.save_draft(session, consult, clinic.derm, ANSWER, now=now, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=now)


def month(session, clinic: Clinic, year: int, number: int) -> Month:
    return month_of(session, clinic.program.id, date(year, number, 1), DENVER, now=local(2027, 1, 1))


def told(found: Month) -> list[tuple[str, int, int, str]]:
    return [
        (each.part.side.value, each.part.answer, each.part.suggestion.minutes, each.part.suggestion.code)
        for each in found.listed
    ]


@pytest.mark.parametrize(
    ("first", "second", "months"),
    [
        # A minute before midnight of the program's zone, and midnight itself: UTC has the next month for both.
        ((2026, 3, 2, 5), (2026, 3, 31, 23, 59), ((2026, 3), (2026, 3))),
        ((2026, 3, 2, 5), (2026, 4, 1, 0, 0), ((2026, 3), (2026, 4))),
        # The first one in the last minute of a month, the second in the first of the next.
        ((2026, 4, 30, 23, 59), (2026, 5, 20, 0, 0), ((2026, 4), (2026, 5))),
        # March and November have an hour less and more, which moves no month.
        ((2026, 2, 28, 23, 59), (2026, 3, 31, 23, 59), ((2026, 2), (2026, 3))),
        ((2026, 10, 31, 23, 59), (2026, 11, 30, 23, 59), ((2026, 10), (2026, 11))),
        ((2025, 12, 31, 23, 47), (2026, 1, 1, 0, 0), ((2025, 12), (2026, 1))),
    ],
)
def test_each_answer_is_of_the_month_of_its_signature(database: Database, clinic: Clinic, first, second, months):
    with database.writing() as session:
        consult = ready(session, clinic, local(*first) - 20 * MINUTE)
        before = told(month(session, clinic, *months[0]))
        again(session, clinic, consult, local(*second) - 12 * MINUTE, 12)
        ones = [("consultant", 1, 20, "99451"), ("requester", 1, 20, "99452")]
        # Within the days of the first one there is one code for both.
        is_later = (date(*second[:3]) - date(*first[:3])).days < 7
        twos = [("consultant", 2, 12, "" if is_later else "99451"), ("requester", 2, 12, "")]
        assert before == ones
        if months[0] == months[1]:
            assert told(month(session, clinic, *months[0])) == [*twos, *ones]
        else:
            assert [told(month(session, clinic, *each)) for each in months] == [ones, twos]


def test_what_was_ready_stays_ready_in_its_month(database: Database, clinic: Clinic) -> None:
    """The file of the first month is the same, byte for byte, whatever became of the question later."""
    march, may = (span_of(date(2026, number, 1), DENVER) for number in (3, 5))
    now = local(2026, 6, 1)
    with database.writing() as session:
        consult = ready(session, clinic)
        answers.acknowledge(session, consult, clinic.pcp, now=at(1500))
        ids = signed_in(session, march, program_id=clinic.program.id)
    before = "".join(streamed(database, ids, march, DENVER, now=now))
    assert before.count(",ready,") == 2
    with database.writing() as session:
        again(session, clinic, session.get_one(Consult, consult.id), local(2026, 5, 4, 9))
        answers.acknowledge(session, session.get_one(Consult, consult.id), clinic.pcp, now=local(2026, 5, 5))
    assert "".join(streamed(database, ids, march, DENVER, now=now)) == before
    rows = list(csv.DictReader(io.StringIO("".join(streamed(database, ids, may, DENVER, now=now)))))
    assert [(row["answer"], row["minutes"], row["requested_at"], row["report_read_at"]) for row in rows] == [
        ("2", "20", "2026-05-04T08:59-06:00", "2026-05-05T00:00-06:00")
    ] * 2
    # Nobody has attested anything of the second answer yet, and what was said of the first one is of it alone.
    assert [row["blockers"] for row in rows] == ["f2f_prior f2f_planned transfer", ""]
    with database.writing() as session:
        consult = session.get_one(Consult, consult.id)
        records.attest(session, consult, clinic.derm, NO, answer=2, now=now)
        assert {row["state"] for row in rows_of(session, may, DENVER, now=now)} == {"ready"}
        assert attestation_of(session, consult.id, clinic.derm.id, answer=1).attested_at == at(1200)


@pytest.mark.parametrize(
    ("days", "blocked"),
    [(1, [True, True]), (6, [True, True]), (7, [False, True]), (13, [False, True]), (14, [False, False])],
)
def test_a_second_answer_keeps_the_days_of_the_rules(database: Database, clinic: Clinic, days, blocked) -> None:
    """7 days between two parts of a specialist, 14 of a clinic, by the calendar of the zone: a night of it is short."""
    with database.writing() as session:
        consult = ready(session, clinic, local(2026, 3, 4, 22))
        again(session, clinic, consult, local(2026, 3, 4 + days, 1))
        second = all_parts_of(session, [consult], DENVER, now=local(2026, 4, 1))[consult.id][:2]
        assert [part.of.version for part in second] == [2, 2]
        assert ["window" in part.suggestion.blockers for part in second] == blocked


@pytest.mark.parametrize(
    ("who", "days", "asked", "clinics"),
    [
        ("mother", 2, [(2, "", 6), (1, "99451", 10)], ("request_signed", "minutes")),
        ("nurse", 2, [(2, "", 6), (1, "99451", 10)], ("request_signed", "minutes")),
        ("pcp", 2, [(2, "", 6), (1, "99451", 10)], ("minutes", "window")),
        ("mother", 20, [(2, "99451", 6), (1, "", 4)], ("request_signed",)),
        ("pcp", 20, [(2, "99451", 6), (1, "", 4)], ()),
    ],
)
def test_work_on_the_photo_that_was_asked_for_counts_whoever_sends_it(
    database: Database, clinic: Clinic, who: str, days: int, asked: list[tuple[int, str, int]], clinics: tuple[str, ...]
) -> None:
    """The clinician's request before it still holds; the clinic has signed another one only where it sends it."""
    first = local(2026, 3, 2, 9)
    later = first + days * DAY
    with database.writing() as session:
        consult = ready(session, clinic, first, minutes=4, wants={**ANSWER, **NEW_PHOTO})
        answers.acknowledge(session, consult, clinic.pcp, now=first + 5 * MINUTE)
        photo_came(session, consult, getattr(clinic, who), now=later)
        assert consult.status == "submitted"
        holding.claim(session, consult, clinic.derm, now=later, lease=DAY)
        work(session, clinic.derm, consult, later + MINUTE, 6)
        work(session, clinic.pcp, consult, later + MINUTE, 6 if days == 2 else 20)
        now = later + 30 * MINUTE
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=now, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=now)
        records.attest(session, consult, clinic.derm, NO, answer=2, now=now)
        parts = all_parts_of(session, [consult], DENVER, now=now)[consult.id]
        own = [part for part in parts if part.side == Side.CONSULTANT]
        minutes = [part.suggestion.minutes or part.minutes for part in own]
        found = [(part.answer, part.suggestion.code) for part in own]
        assert [(*one, number) for one, number in zip(found, minutes, strict=True)] == asked
        assert [part.suggestion.blockers for part in own] == [(), () if days == 2 else ("minutes",)]
        clinics_own = next(part for part in parts if part.side == Side.REQUESTER)
        assert (clinics_own.answer, clinics_own.person.id, clinics_own.suggestion.blockers) == (
            2,
            clinic.pcp.id,
            clinics,
        )
        asked_at = {part.answer: part.of.asked_at for part in parts}
        assert asked_at == {1: first, 2: later if who == "pcp" else first}


@pytest.mark.parametrize(
    ("who", "why", "is_free"),
    [("mother", WHY, True), ("nurse", WHY, True), ("nurse", "The mother called: it is worse", False)],
)
def test_a_photo_from_before_such_reopenings_had_a_name_frees_its_round_as_well(
    database: Database, clinic: Clinic, who: str, why: str, is_free: bool
) -> None:
    first = local(2026, 3, 2, 9)
    later = first + 20 * DAY
    with database.writing() as session:
        consult = ready(session, clinic, first, minutes=4, wants={**ANSWER, **NEW_PHOTO})
        # As it was written then: under the name of a reopening by somebody's wish.
        reopening.reopen(session, consult, getattr(clinic, who), why, now=later)
        holding.claim(session, consult, clinic.derm, now=later, lease=DAY)
        work(session, clinic.derm, consult, later + MINUTE, 6)
        now = later + 30 * MINUTE
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=now, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=now)
        records.attest(session, consult, clinic.derm, NO, answer=2, now=now)
        parts = all_parts_of(session, [consult], DENVER, now=now)[consult.id]
        own = next(part for part in parts if part.side == Side.CONSULTANT and part.answer == 2)
        assert ("requested" not in own.suggestion.blockers, own.suggestion.blockers == ()) == (is_free, is_free)


def test_a_minute_is_of_the_round_in_which_its_work_began(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        again(session, clinic, consult, at(0) + 40 * DAY)
        # Added late: once for what was done before the question was asked again, once for after.
        late = at(0) + 41 * DAY
        assert locked_at(session, consult, clinic.derm) == at(1200) + 40 * DAY
        work(session, clinic.derm, consult, at(0) + DAY, 3, late)
        work(session, clinic.derm, consult, at(0) + 40 * DAY, 25, late)
        parts = all_parts_of(session, [consult], DENVER, now=late)[consult.id]
        minutes = {(part.side, part.of.version): part.suggestion.minutes for part in parts}
        assert minutes == {
            (Side.CONSULTANT, 2): 25,
            (Side.REQUESTER, 2): 20,
            (Side.CONSULTANT, 1): 23,
            (Side.REQUESTER, 1): 20,
        }
        sheet = sheet_for(session, clinic.coordinator, consult.public_id, DENVER, now=late)
        entries = [
            [(entry.ended_at - entry.started_at) // MINUTE for entry in sheet.entries_of(part)] for part in parts
        ]
        assert entries == [[20, 25], [20], [20, 3], [20]]


def test_what_was_before_the_reopening_is_only_amended(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        reopening.reopen(session, consult, clinic.pcp, "It came back after all", now=at(0) + 5 * DAY)
        holding.claim(session, consult, clinic.derm, now=at(0) + 5 * DAY, lease=LEASE)
        for person in (clinic.derm, clinic.pcp):
            # After the signature, before the reopening: it would change a month that was closed.
            spent = timing.Work("communication", at(0) + 2 * DAY, at(600) + 2 * DAY, "A call")
            with pytest.raises(timing.LockedError):
                timing.enter(session, person, consult.public_id, spent, now=at(0) + 6 * DAY)
            assert timing.enter(
                session, person, consult.public_id, spent, now=at(0) + 6 * DAY, is_amendment=True
            ).is_amendment


def test_who_asks_again_is_who_asked(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        again(session, clinic, consult, at(0) + 20 * DAY, by=clinic.nurse)
        parts = all_parts_of(session, [consult], DENVER, now=at(0) + 60 * DAY)[consult.id]
        assert [part.person.id if part.person else None for part in parts if part.side == Side.REQUESTER] == [
            None,
            clinic.pcp.id,
        ]
        assert {"requested", "request_signed"} <= set(parts[0].suggestion.blockers)
        assert not {"requested", "request_signed", "window"} & set(parts[2].suggestion.blockers)


def test_a_question_that_was_declined_and_asked_again_is_one_round(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        work(session, clinic.derm, consult, at(0), 4)
        declining.decline(session, consult, clinic.derm, "Not for us", now=at(300))
        again(session, clinic, consult, at(400), 4)
        parts = all_parts_of(session, [consult], DENVER, now=at(4000))[consult.id]
        assert [(part.side, part.of.version, part.suggestion.minutes) for part in parts] == [
            (Side.CONSULTANT, 1, 8),
            (Side.REQUESTER, 1, 4),
        ]


def test_what_a_clinic_answered_a_family_is_no_part(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        holding.claim(session, consult, clinic.pcp, now=at(0), lease=LEASE)
        answers.save_draft(session, consult, clinic.pcp, ANSWER, now=at(60), lease=LEASE)
        answers.sign(session, consult, clinic.pcp, now=at(60))
        reopening.reopen(session, consult, clinic.pcp, "It came back after all", now=at(0) + DAY)
        form = RequestForm(specialty="dermatology", question=QUESTION, question_type="diagnosis")
        requests.send_on(session, consult, clinic.pcp, form, now=at(0) + 2 * DAY, targets=TARGETS)
    with database.writing() as session:
        consult = session.get_one(Consult, consult.id)
        holding.claim(session, consult, clinic.derm, now=at(0) + 2 * DAY, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=at(0) + 3 * DAY, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=at(0) + 3 * DAY)
        rows = rows_of(session, span_of(date(2026, 3, 1), DENVER), DENVER, now=at(0) + 9 * DAY)
        assert [(row["side"], row["answer"], row["requested_at"]) for row in rows] == [
            ("consultant", "2", "2026-03-04T05:00-07:00"),
            ("requester", "2", "2026-03-04T05:00-07:00"),
        ]


STEPS = st.lists(st.sampled_from(["sign", "decline"]), max_size=8)


@given(STEPS, st.integers(0, 1))
def test_every_signature_has_its_round(steps, pause) -> None:
    """A reopening comes `pause` seconds after each step; the oracle walks along with them."""
    now, version, signed, reopened, begun = at(0), 1, [], [], []
    seen = {now: 1}
    for step in steps:
        now += timedelta(seconds=10)
        if step == "sign":
            signed.append(now)
        now += timedelta(seconds=pause)
        reopened.append((now, 7))
        if step == "sign":
            version += 1
            begun.append((now, 7))
        seen[now] = version
    assert begun_by(signed, reopened) == begun
    assert all(version_at(begun, when) == number for when, number in seen.items())
