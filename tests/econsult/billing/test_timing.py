"""The timer by its events: tabs, devices, lost browsers, clocks that jump, the lock; and what the rules read of it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, func, select

from econsult.billing import records, timing
from econsult.billing.entries import TimeEntry, entries_of, history_of, sums_of
from econsult.billing.export import as_safe_csv, remuneration_of, rows_of
from econsult.billing.gathering import parts_of
from econsult.billing.records import Attested
from econsult.billing.rules import Side
from econsult.billing.spans import seconds_of
from econsult.consults import answers, holding
from econsult.consults.answers import Answer
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.note import fingerprint_of
from econsult.people.consent import consent_for
from econsult.people.persons import Person
from econsult.trail import AuditEvent
from tests.personas import ANSWER, LEASE, NOON, Clinic
from tests.together import at_once

LIMIT = timedelta(minutes=3)
BEAT = timing.BEAT
DENVER = ZoneInfo("America/Denver")
NO = Attested(
    f2f_prior_14d=False, f2f_planned_14d=False, transfer_of_care=False, is_spoken_report=False, is_team_visit=False
)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seconds(session, consult: Consult, person: Person) -> int:
    return seconds_of(sums_of(session, person.id, [consult.id]), consult.id)


def start(session, person: Person, consult: Consult, when: float, activity: str = "review") -> str:
    return timing.start(session, person, consult.public_id, activity, now=at(when)).public_id


def beats(session, person: Person, entry: str, first: float, last: float, idle: float = 0) -> bool:
    """A beat every thirty seconds; whether the last one found the timer running."""
    is_running, when = True, first
    while when <= last:
        is_running = timing.beat(session, person, entry, idle=timedelta(seconds=idle), limit=LIMIT, now=at(when))
        when += BEAT.total_seconds()
    return is_running


def write_down(session, person: Person, consult: Consult, span: tuple[float, float], now: float, **more) -> TimeEntry:
    values = {"activity": "prep", "reason": "Forgot to open the page", **more}
    work = timing.Work(values.pop("activity"), at(span[0]), at(span[1]), values.pop("reason"))
    return timing.enter(session, person, consult.public_id, work, now=at(now), **values)


def test_a_browser_that_is_killed_counts_until_its_last_beat(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        entry = start(session, clinic.derm, consult, 0)
        assert beats(session, clinic.derm, entry, 30, 300)
        # Nothing more comes; days later the page is opened again.
        again = start(session, clinic.derm, consult, 90_000)
        assert again != entry
        assert seconds(session, consult, clinic.derm) == 300
        assert not timing.beat(session, clinic.derm, entry, idle=timedelta(0), limit=LIMIT, now=at(90_001))


def test_who_is_idle_pauses_where_the_work_ended(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        entry = start(session, clinic.derm, consult, 0)
        beats(session, clinic.derm, entry, 30, 60)
        for idle in (30, 60, 90, 120, 150):
            assert timing.beat(
                session, clinic.derm, entry, idle=timedelta(seconds=idle), limit=LIMIT, now=at(60 + idle)
            )
        # A move just before the limit: what was read without a move was work.
        assert timing.beat(session, clinic.derm, entry, idle=timedelta(seconds=1), limit=LIMIT, now=at(240))
        assert seconds(session, consult, clinic.derm) == 239
        timing.beat(session, clinic.derm, entry, idle=timedelta(seconds=91), limit=LIMIT, now=at(330))
        assert not timing.beat(session, clinic.derm, entry, idle=LIMIT, limit=LIMIT, now=at(419))
        assert seconds(session, consult, clinic.derm) == 239


def test_two_tabs_share_a_timer_and_another_device_takes_over(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        first = clinic.claimed(session)
        second = clinic.claimed(session)
        entry = start(session, clinic.derm, first, 0)
        assert start(session, clinic.derm, first, 10) == entry
        beats(session, clinic.derm, entry, 30, 60)
        other = start(session, clinic.derm, second, 70)
        assert not timing.beat(session, clinic.derm, entry, idle=timedelta(0), limit=LIMIT, now=at(75))
        beats(session, clinic.derm, other, 100, 130)
        timing.pause(session, clinic.derm, other, now=at(135))
        timing.pause(session, clinic.derm, other, now=at(900))
        assert [seconds(session, each, clinic.derm) for each in (first, second)] == [70, 65]
        running = select(func.count(TimeEntry.id)).where(TimeEntry.is_running)
        assert session.scalar(running) == 0


def test_two_devices_that_begin_at_once_leave_one_timer_running(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        ids = [clinic.claimed(session).public_id for _ in range(4)]

    def begin(public_id: str) -> None:
        with database.writing() as session:
            timing.start(session, clinic.derm, public_id, "review", now=NOON)

    at_once(*(partial(begin, public_id) for public_id in ids))
    with database.reading() as session:
        assert session.scalar(select(func.count(TimeEntry.id))) == 4
        assert session.scalar(select(func.count(TimeEntry.id)).where(TimeEntry.is_running)) == 1


def test_no_jump_of_the_clock_makes_or_takes_time(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        entry = start(session, clinic.derm, consult, 0)
        beats(session, clinic.derm, entry, 30, 120)
        assert timing.beat(session, clinic.derm, entry, idle=timedelta(0), limit=LIMIT, now=at(-3600))
        assert seconds(session, consult, clinic.derm) == 120
        assert not timing.beat(session, clinic.derm, entry, idle=timedelta(0), limit=LIMIT, now=at(3600))
        timing.pause(session, clinic.derm, entry, now=at(3601))
        # Put back, the clock runs through the same minutes again: they are counted once.
        again = start(session, clinic.derm, consult, 60)
        beats(session, clinic.derm, again, 90, 180)
        assert seconds(session, consult, clinic.derm) == 180


def test_a_beat_is_one_statement(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        entry = start(session, clinic.derm, consult, 0)
        seen: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
        beats(session, clinic.derm, entry, 30, 30)
        assert len(seen) == 1


def test_who_does_not_know_the_consult_measures_nothing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        entry = start(session, clinic.derm, consult, 0)
        for who in (clinic.mother, clinic.stranger, clinic.other_pcp, clinic.neuro, clinic.director, clinic.admin):
            with pytest.raises((NotFoundError, ForbiddenError)):
                start(session, who, consult, 0)
            assert not timing.beat(session, who, entry, idle=timedelta(0), limit=LIMIT, now=at(5))
            timing.pause(session, who, entry, now=at(6))
        assert beats(session, clinic.derm, entry, 10, 10)


def test_only_whose_work_it_is_is_measured(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.draft(session)
        assert start(session, clinic.pcp, draft, 0, "prep")
        asked = clinic.econsult(session)
        family = clinic.family_question(session)
        for person, consult in ((clinic.derm2, asked), (clinic.coordinator, asked), (clinic.pcp, family)):
            with pytest.raises(ForbiddenError):
                start(session, person, consult, 1)
        for activity in ("discussion", "nothing"):
            with pytest.raises(InvalidError):
                start(session, clinic.pcp, asked, 2, activity)


def test_a_correction_keeps_what_was_there_before(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        entry = start(session, clinic.derm, consult, 0)
        beats(session, clinic.derm, entry, 30, 300)
        second = write_down(session, clinic.derm, consult, (0, 120), 400, replaces=entry, reason="Was called away")
        assert seconds(session, consult, clinic.derm) == 120
        third = write_down(session, clinic.derm, consult, (0, 0), 500, replaces=second.public_id, reason="Not at all")
        assert seconds(session, consult, clinic.derm) == 0
        kept = history_of(session, third)
        assert [(line.reason, line.replaced_at) for line in kept] == [
            ("", at(400)), ("Was called away", at(500)), ("Not at all", None),
        ]  # fmt: skip
        assert entries_of(session, consult, clinic.derm) == [third]
        # What is replaced is not replaced again, and nobody corrects a colleague's.
        for person, number in ((clinic.derm, entry), (clinic.pcp, third.public_id)):
            with pytest.raises(NotFoundError):
                write_down(session, person, consult, (0, 60), 600, replaces=number)


def test_what_cannot_be_is_refused_with_its_field(database: Database, clinic: Clinic) -> None:
    wrong = [
        ((0, 60), {"reason": " "}, "reason"), ((0, 60), {"reason": "x" * 301}, "reason"),
        ((60, 0), {}, "minutes"), ((-40_000, 0), {}, "minutes"), ((0, 401), {}, "began"),
        ((-90_000, -86_401), {}, "began"), ((0, 60), {"activity": "golf"}, "activity"),
    ]  # fmt: skip
    with database.writing() as session:
        consult = clinic.claimed(session)
        for span, more, field in wrong:
            with pytest.raises(InvalidError) as told:
                write_down(session, clinic.derm, consult, span, 400, **more)
            assert set(told.value.fields) == {field}
        assert entries_of(session, consult) == []


def test_a_signature_locks_and_what_comes_later_is_an_amendment(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        entry = start(session, clinic.derm, consult, 0)
        beats(session, clinic.derm, entry, 30, 600)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=at(600), lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=at(601))
        session.flush()
        assert not timing.beat(session, clinic.derm, entry, idle=timedelta(0), limit=LIMIT, now=at(630))
        with pytest.raises(ForbiddenError):
            start(session, clinic.derm, consult, 640)
        for more in ({"replaces": entry}, {}):
            with pytest.raises(timing.LockedError):
                write_down(session, clinic.derm, consult, (0, 120), 700, **more)
        assert seconds(session, consult, clinic.derm) == 600
        late = write_down(session, clinic.derm, consult, (0, 120), 700, replaces=entry, is_amendment=True)
        assert (late.is_amendment, seconds(session, consult, clinic.derm)) == (True, 120)
        # The clinic's time is its own: it goes on until the answer was read.
        assert start(session, clinic.pcp, consult, 700, "communication")
        consult.acknowledged_at = at(800)
        session.flush()
        with pytest.raises(timing.LockedError):
            write_down(session, clinic.pcp, consult, (650, 690), 900)
    with database.reading() as session:
        trail = session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("time_%")))
        assert list(trail) == ["time_start", "time_amend", "time_start"]


def test_a_moment_of_two_consults_is_counted_for_one(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        first, second = clinic.claimed(session), clinic.claimed(session)
        write_down(session, clinic.derm, second, (0, 300), 400, activity="discussion")
        entry = start(session, clinic.derm, first, 400)
        beats(session, clinic.derm, entry, 430, 520)
        write_down(session, clinic.derm, second, (280, 460), 600, activity="communication")
        for ids in ([first.id], [second.id], [first.id, second.id]):
            sums = sums_of(session, clinic.derm.id, ids)
            found = {each.id: seconds_of(sums, each.id) for each in (first, second) if each.id in ids}
            assert found == {key: {first.id: 120, second.id: 400}[key] for key in found}


def ready(session, clinic: Clinic, now: datetime = NOON, *, minutes: int = 20, wants=ANSWER) -> Consult:
    """An answered consult of which everything is there."""
    consult = holding.claim(session, clinic.econsult(session, now=now), clinic.derm, now=now, lease=timedelta(days=1))
    for person in (clinic.derm, clinic.pcp):
        work = timing.Work("review", now, now + timedelta(minutes=minutes), "By hand")
        timing.enter(session, person, consult.public_id, work, now=work.end)
    now += timedelta(minutes=minutes)
    answers.save_draft(session, consult, clinic.derm, wants, now=now, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=now)
    records.attest(session, consult, clinic.derm, NO, answer=1, now=now)
    records.set_diagnosis(session, consult, clinic.pcp, "l20.83", now=now)
    for person, npi in ((clinic.derm, "1234567893"), (clinic.pcp, "1245319599")):
        records.set_numbers(session, person, npi=npi, taxonomy="", states="ca, NV", is_enrolled=True, now=now)
    told = {"payer": "medicaid", "insurance_id": "91234567A", "plan": "P-1", "state": "ca"}
    records.set_coverage(session, clinic.child, clinic.pcp, now=now, **told)
    return consult


def test_what_is_on_record_makes_both_codes_ready(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        parts = parts_of(session, consult, DENVER, now=at(3600))
        found = {side: (part.suggestion.code, part.suggestion.blockers) for side, part in parts.items()}
        assert found == {Side.CONSULTANT: ("99451", ()), Side.REQUESTER: ("99452", ())}
        assert parts[Side.CONSULTANT].seconds["review"] == 1200
        given = consent_for(session, consult.id)
        given.text_version = "2026-11"
        parts = parts_of(session, consult, DENVER, now=at(3600))
        assert {part.facts.has_cost_notice for part in parts.values()} == {False}, "an older text told no cost"
        consult.consent_withdrawn_at = NOON
        parts = parts_of(session, consult, DENVER, now=at(3600))
        assert {part.suggestion.blockers for part in parts.values()} == {("consent",)}


def test_what_a_family_asked_waits_for_its_clinic(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
        parts = parts_of(session, consult, DENVER, now=at(3600))
        for part in parts.values():
            assert {"requested", "request_signed"} <= set(part.suggestion.blockers)


@pytest.mark.parametrize(
    ("before", "is_free"),
    [
        # The second is signed on Monday the 9th of March, 00:20 in Denver, after the night that lost an hour.
        (datetime(2026, 3, 3, 6, 30, tzinfo=UTC), True),  # Monday the 2nd, 23:50 there.
        (datetime(2026, 3, 3, 6, 50, tzinfo=UTC), False),  # Tuesday the 3rd, 00:10 there.
    ],
)
def test_the_window_is_of_the_programs_days(database: Database, clinic: Clinic, before, is_free) -> None:
    with database.writing() as session:
        ready(session, clinic, before)
        consult = ready(session, clinic, datetime(2026, 3, 9, 6, 0, tzinfo=UTC))
        part = parts_of(session, consult, DENVER, now=datetime(2026, 3, 10, tzinfo=UTC))[Side.CONSULTANT]
        assert (part.suggestion.state, part.facts.first_on is None) == ("ready" if is_free else "counted", is_free)


def test_numbers_of_a_card_rest_sealed(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        ready(session, clinic)
        with pytest.raises(InvalidError):
            told = {"insurance_id": "", "plan": "", "state": ""}
            records.set_coverage(session, clinic.child, clinic.pcp, payer="nobody", now=NOON, **told)
    with database.engine.connect() as connection:
        tables = ("coverage", "consult_billing")
        rows = [row for table in tables for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]  # noqa: S608
        assert not any(secret in f"{row}" for row in rows for secret in ("91234567A", "L20.83", "P-1"))


def test_a_file_holds_what_was_signed_and_no_formula(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = ready(session, clinic)
        clinic.econsult(session)
        told = {"payer": "private", "insurance_id": "91234567A", "plan": "=HYPERLINK(1)", "state": "ca"}
        records.set_coverage(session, clinic.child, clinic.pcp, now=NOON, **told)
        rows = rows_of(session, (NOON, at(1201)), DENVER, now=at(4000))
        assert [(row["consult"], row["side"], row["code"], row["state"], row["minutes"]) for row in rows] == [
            (consult.number, "consultant", "99451", "ready", "20"),
            (consult.number, "requester", "99452", "ready", "20"),
        ]  # fmt: skip
        claim = rows[0]
        assert {name: claim[name] for name in ("medicaid_id", "birth_date", "units", "reason_for_request")} == {
            "medicaid_id": "", "birth_date": clinic.child.birth_date_text, "units": "1",
            "reason_for_request": "diagnosis",
        }  # fmt: skip
        assert (claim["consent_by"], claim["consent_at"]) == ("parent", "2026-03-02T05:00-07:00")
        assert (claim["requested_at"], claim["report_signed_at"]) == (
            "2026-03-02T05:00-07:00",
            "2026-03-02T05:20-07:00",
        )
        (report,) = session.scalars(select(Answer))
        assert claim["report_sha256"] == fingerprint_of(session, consult, report)
        lines = list(csv.DictReader(io.StringIO(as_safe_csv(rows))))
        assert [(line["plan"], line["note"]) for line in lines] == [("'=HYPERLINK(1)", "not a claim")] * 2
        # The end is left out, as is what was signed before the beginning.
        assert rows_of(session, (NOON, at(1200)), DENVER, now=at(4000)) == []
        assert rows_of(session, (at(1201), at(9999)), DENVER, now=at(4000)) == []
        sums = remuneration_of([*rows, {**rows[0], "state": "blocked", "minutes_own": "7"}])
        found = {row["side"]: (row["consults"], row["minutes"], row["ready"]) for row in sums}
        assert found == {"consultant": ("2", "27", "1"), "requester": ("1", "20", "1")}
        assert as_safe_csv([]) == ""
    with database.reading() as session:
        query = select(func.count(AuditEvent.id)).where(AuditEvent.action == "export_billing")
        assert session.scalar(query) == 1
