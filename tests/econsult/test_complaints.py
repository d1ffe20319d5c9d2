"""What users of other systems suffer from, one test for each complaint that concerns the queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, passing, repeats, requests, threads
from econsult.consults.attachments import MediaKind, Received, receive
from econsult.consults.clocks import ClockEvent, ClockName, open_clocks
from econsult.consults.offering import why_of
from econsult.consults.policies import save_policy
from econsult.consults.records import Consult
from econsult.consults.replies import sent_file
from econsult.consults.threads import Audience
from econsult.consults.urgency import adopt_rules
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError
from econsult.jobs import Job
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.queue.firing import fire
from econsult.queue.forecast import forecast
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures, figures_and_missed
from econsult.queue.quiet import Quiet
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import Shift, TimeOff
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic

HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def told(session: Session, kind: NoticeKind) -> set[int]:
    return set(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def on_roster(session: Session, clinic: Clinic, person: Person, weekday: int, starts: int, minutes: int) -> None:
    session.add(
        Shift(
            program_id=clinic.program.id,
            specialty="dermatology",
            person_id=person.id,
            weekday=weekday,
            starts=starts,
            minutes=minutes,
            time_zone="America/Denver",
            from_day=NOON.date() - timedelta(days=30),
        )
    )
    session.flush()


def test_c1_waiting_for_the_requester_pauses_only_the_specialist(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Pica", now=NOON)
        threads.request_info(session, consult, clinic.derm, text="?", items=[], audience=None, now=NOON + HOUR)
        paused = {clock.name: clock.paused_at is not None for clock in open_clocks(session, consult.id)}
        assert paused == {"first_reply": True, "next_reply": False}
        # Longer than the whole promise: what is held does not go on in secret, and what the family waits for does.
        fire(session, NOON + 30 * HOUR)
        steps = select(ClockEvent.name).where(ClockEvent.level > 0, ClockEvent.name != ClockName.ALLOCATE)
        assert set(session.scalars(steps)) == {"next_reply"}
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=NOON + 31 * HOUR)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON + 32 * HOUR, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON + 32 * HOUR)
        found = figures(session, NOON, NOON + 2 * DAY, NOON + 2 * DAY)
        figure = next(each for each in found if each.clock == ClockName.FIRST_REPLY)
        assert (figure.wall[0], figure.net[0], figure.within) == (32.0, 2.0, 1)


@pytest.mark.parametrize("channel", ["message", "photo", "lab", "phone"])
def test_c2_an_answer_in_any_channel_lets_the_clock_run_on(database: Database, clinic: Clinic, channel: str) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="?", items=[], audience=Audience.FAMILY, now=NOON)
        _answer_by(session, clinic, consult, channel, NOON + 5 * HOUR)
        assert (consult.status, consult.due_at) == ("claimed", NOON + 29 * HOUR)


@pytest.mark.parametrize("why", ["urgent", "too late"])
def test_c2_a_photo_that_comes_while_no_clock_is_held_is_told_to_whoever_asked_for_it(
    database: Database, clinic: Clinic, why: str
) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session, urgency="urgent" if why == "urgent" else "routine")
        holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)
        threads.request_info(session, consult, clinic.derm, text="?", items=[], audience=None, now=NOON)
        for hours in () if why == "urgent" else (40, 73):
            fire(session, NOON + hours * HOUR)
        own = select(func.count(Notice.id)).where(Notice.person_id == clinic.derm.id, Notice.kind == NoticeKind.MESSAGE)
        before = session.scalars(own).one()
        for minutes in (1, 2):
            sent_file(session, consult, clinic.mother, now=NOON + 74 * HOUR + timedelta(minutes=minutes))
        assert (consult.status, session.scalars(own).one() - before) == ("claimed", 1)
        # Words that are no request for information alter nothing of the consult: the next photo is news all the same.
        end = NOON + 75 * HOUR
        threads.post(session, consult, clinic.derm, Audience.CLINICIANS, text="Blurred", now=end)
        sent_file(session, consult, clinic.mother, now=end + HOUR)
        assert session.scalars(own).one() - before == 2


@pytest.mark.parametrize("channel", ["message", "photo", "lab", "phone"])
def test_c2_news_after_the_answer_in_any_channel_starts_the_next_reply(
    database: Database, clinic: Clinic, channel: str
) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        _answer_by(session, clinic, consult, channel, NOON + HOUR)
        assert {clock.name for clock in open_clocks(session, consult.id)} == {"family_informed", "next_reply"}
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Yes", now=NOON + 2 * HOUR)
        assert {clock.name for clock in open_clocks(session, consult.id)} == {"family_informed"}


def _answer_by(session: Session, clinic: Clinic, consult: Consult, channel: str, at: datetime) -> None:
    if channel == "message":
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Here", now=at)
    elif channel == "phone":
        said = {"text": "She says no", "is_relayed": True}
        threads.post(session, consult, clinic.coordinator, Audience.FAMILY, now=at, **said)
    else:
        kind = MediaKind.PHOTO if channel == "photo" else MediaKind.LAB_DOCUMENT
        receive(session, consult, Received("f" * 32, kind, 1, "a.jpg", b"", clinic.mother.id), at)


# The nights on which clocks go forward and back in Denver, the night before a leap day, and any other.
NIGHTS = ((2026, 3, 8, 6, 30), (2026, 11, 1, 6, 30), (2028, 2, 28, 23, 30), (2026, 3, 2, 12, 0))


@pytest.mark.parametrize("submitted", [datetime(*night, tzinfo=UTC) for night in NIGHTS])
def test_c3_a_promise_is_24_hours_of_real_time_on_any_night(
    database: Database, clinic: Clinic, submitted: datetime
) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session, now=submitted)
        assert consult.due_at == submitted + DAY
        for hours in range(25):
            fire(session, submitted + hours * HOUR)
        steps = select(ClockEvent.level, ClockEvent.at).where(ClockEvent.name == "first_reply", ClockEvent.level > 0)
        # 90 % is 21.6 hours, which the tick of the 22nd hour sees.
        expected = [(50, 12), (75, 18), (90, 22), (100, 24)]
        found = [(level, (at - submitted) / HOUR) for level, at in session.execute(steps.order_by(ClockEvent.id))]
        assert found == expected


def test_c3_nobody_is_reminded_at_midnight_unless_it_is_urgent(database: Database, clinic: Clinic) -> None:
    evening = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)  # 17:00 in Denver
    with database.writing() as session:
        clinic.take(session, clinic.econsult(session, now=evening), now=evening)
        clinic.take(session, clinic.econsult(session, now=evening + 11 * HOUR, urgency="urgent"), now=evening)
        fire(session, evening + 12 * HOUR, Quiet("America/Denver"))
        rows = select(Notice.consult_id, Job.run_after).join(Job, Job.subject_id == Notice.id)
        rows = rows.where(Notice.kind.in_((NoticeKind.REMINDER, NoticeKind.OVERDUE)), Job.kind == "notify")
        waits = {(consult_id, at) for consult_id, at in session.execute(rows)}
        assert waits == {(1, datetime(2026, 3, 3, 14, 0, tzinfo=UTC)), (2, evening + 12 * HOUR)}


def test_c3_the_end_of_the_longest_pause_wakes_nobody_unless_it_is_urgent(database: Database, clinic: Clinic) -> None:
    evening = datetime(2026, 3, 3, 5, 30, tzinfo=UTC)  # 22:30 in Denver
    with database.writing() as session:
        consult = clinic.take(session, clinic.econsult(session, now=evening), now=evening)
        threads.request_info(session, consult, clinic.derm, text="?", items=["x"], audience=None, now=evening)
        fire(session, evening + 40 * HOUR, Quiet("America/Denver"))
        ends = evening + 72 * HOUR
        fire(session, ends + timedelta(minutes=1), Quiet("America/Denver"))
        rows = select(Job.run_after).join(Notice, Job.subject_id == Notice.id).where(Job.kind == "notify")
        rows = rows.where(Notice.person_id == clinic.derm.id, Notice.created_at > ends)
        assert list(session.scalars(rows)) == [datetime(2026, 3, 6, 14, 0, tzinfo=UTC)]


def test_c4_a_new_policy_moves_no_deadline_until_somebody_says_so(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        before = clinic.claimed(session)
        content = {"first_reply": 8 * 60, "ladder": [80, 100]}
        save_policy(session, clinic.admin, specialty="dermatology", urgency="", content=content, now=NOON)
        after = clinic.econsult(session)
        assert (before.due_at, after.due_at) == (NOON + DAY, NOON + 8 * HOUR)
        # What begins under these rules goes over to none.
        kinds = select(ClockEvent.kind).where(ClockEvent.consult_id == after.id, ClockEvent.reason == "80,100")
        assert set(session.scalars(kinds)) == {"started"}
        assert adopt_rules(session, before, clinic.admin, now=NOON + HOUR, targets=TARGETS)
        assert not adopt_rules(session, before, clinic.admin, now=NOON + HOUR, targets=TARGETS)
        assert (before.due_at, before.next_deadline_at) == (NOON + 8 * HOUR, NOON + 6.4 * HOUR)
        # No deadline is stuck or wrong: the ledger tells each again.
        assert [line for line in violations(session, NOON + HOUR) if line.startswith("4")] == []


IN_VAIN: list[dict[str, object]] = [{"first_reply": 0}, {"ladder": [90, 50, 100]}, {"ladder": [50]}, {"soup": 1}]
# Nobody can have heard what is not open yet, be the other number the installation's.
IN_VAIN += [{"family_informed": 60, "release": 1440}, {"family_informed": 720}, {"release": 1440}]


@pytest.mark.parametrize("wrong", IN_VAIN)
def test_c4_a_policy_that_cannot_work_is_refused(database: Database, clinic: Clinic, wrong: dict[str, object]) -> None:
    with database.writing() as session, pytest.raises(InvalidError):
        save_policy(session, clinic.admin, specialty="", urgency="", content=wrong, now=NOON)


@pytest.mark.parametrize("right", [{"family_informed": 60, "release": 59}, {"family_informed": 721}, {"release": 1439}])
def test_c4_what_opens_before_it_should_be_heard_is_a_policy(
    database: Database, clinic: Clinic, right: dict[str, int]
) -> None:
    with database.writing() as session:
        assert save_policy(session, clinic.admin, specialty="", urgency="", content=right, now=NOON).version == 1


def test_c5_what_an_ill_colleague_holds_goes_back_with_its_draft_and_the_desk_hears(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        assert holding.lapse_claims(session, NOON + 8 * LEASE) == []
        assert holding.lapse_claims(session, NOON + 8 * LEASE + timedelta(seconds=1)) == [consult]
        assert clinic.coordinator.id in told(session, NoticeKind.RETURNED)
        assert answers.draft_of(session, consult.id) is not None
        assert {clock.name for clock in open_clocks(session, consult.id)} == {"first_reply", "allocate"}


def test_c5_a_colleague_takes_over_with_a_reason(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        with pytest.raises(InvalidError):
            passing.take_over(session, consult, clinic.derm2, " ", now=NOON, lease=LEASE)
        passing.take_over(session, consult, clinic.derm2, "Dr. D. is ill", now=NOON, lease=LEASE)
        assert consult.holder_id == clinic.derm2.id
        assert told(session, NoticeKind.HANDED_OVER) == {clinic.derm.id}


def test_c6_nothing_waits_in_silence_where_nobody_is_on_duty(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        # NOON is a Monday, 5 in the morning in Denver; the only shift is on Tuesday.
        on_roster(session, clinic, clinic.derm, weekday=1, starts=8 * 60, minutes=600)
        consult = clinic.econsult(session)
        assert told(session, NoticeKind.NO_COVER) == {clinic.coordinator.id}
        taking = open_clocks(session, consult.id, ClockName.ALLOCATE)[0]
        assert taking.deadline_at == NOON + 4 * HOUR
        assert "nobody on duty" in "; ".join(line.sentence() for line in why_of(consult))
        with pytest.raises(InvalidError) as error:
            clinic.econsult(session, urgency="urgent")
        assert error.value.fields == {"urgency": "no_one_on_call"}


def test_c6_what_nobody_may_take_is_on_the_desk_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        clinic.home.state = "NM"
        session.merge(clinic.home)
        session.add_all(Limits(person_id=person.id, states="TX") for person in (clinic.derm, clinic.derm2))
        session.flush()
        consult = clinic.econsult(session)
        assert consult.is_unallocated
        assert told(session, NoticeKind.UNALLOCATED) == {clinic.coordinator.id}
        assert "no licence for NM" in "; ".join(line.sentence() for line in why_of(consult))
        with pytest.raises(ForbiddenError):
            holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)


def test_c6_nobody_gets_everything(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        session.add(Limits(person_id=clinic.derm.id, capacity=1))
        clinic.claimed(session)
        consult = clinic.econsult(session)
        with pytest.raises(ForbiddenError, match="as many"):
            holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)
        assert "1 at their limit" in "; ".join(line.sentence() for line in why_of(consult))


def test_c6_a_holder_who_is_away_is_no_cover(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        clinic.claimed(session)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON + HOUR, ends_at=NOON + 40 * HOUR))
        fire(session, NOON + 12 * HOUR)
        assert told(session, NoticeKind.NO_COVER) == {clinic.coordinator.id}
        found = forecast(session, clinic.program.id, NOON + 12 * HOUR)
        assert [(risk.consult.id, risk.why) for risk in found.risks] == [(1, "holder_away")]


def test_c6_nothing_is_given_to_somebody_who_is_away(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        session.add(TimeOff(person_id=clinic.derm.id, starts_at=NOON, ends_at=NOON + 9 * HOUR))
        session.flush()
        with pytest.raises(ForbiddenError, match="away"):
            passing.assign(session, consult, clinic.derm, "Yours", by=clinic.coordinator, now=NOON, lease=LEASE)
        passing.assign(session, consult, clinic.derm2, "Yours", by=clinic.coordinator, now=NOON, lease=LEASE)
        assert consult.holder_id == clinic.derm2.id
        assert told(session, NoticeKind.HANDED_OVER) == {clinic.derm2.id}


def test_c14_figures_are_shares_and_quantiles_that_one_case_cannot_bend(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for hours in (1, 2, 3, 30):
            consult = clinic.claimed(session)
            consult.claim_until = NOON + 100 * HOUR
            answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
            answers.sign(session, consult, clinic.derm, now=NOON + hours * HOUR)
        clinic.take(session, clinic.econsult(session, is_test=True))
        rows = [figure.as_row() for figure in figures(session, NOON, NOON + 2 * DAY, NOON + 2 * DAY)]
        first = next(row for row in rows if (row["clock"], row["by"]) == ("first_reply", "all"))
        assert (first["count"], first["within"], first["percent_within"]) == (4, 3, 75.0)
        assert (first["wall_p50_h"], first["wall_p90_h"]) == (2.0, 30.0)
        assert {(row["by"], row["value"]) for row in rows} >= {("specialty", "dermatology"), ("language", "en")}
        late = figures_and_missed(session, NOON, NOON + 2 * DAY, NOON + 2 * DAY)[1]
        # No clock process ran here: that no family was told for a day shows from the times alone.
        assert late == [*((n, "family_informed", 24.0 - n) for n in (1, 2, 3)), (4, "first_reply", 6.0)]


def test_c14_a_promise_that_was_broken_stays_broken_when_it_is_given_up(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        given_up = {hours: clinic.econsult(session) for hours in (2, 30)}
        for hours, consult in given_up.items():
            clinic.take(session, consult)
            requests.withdraw(session, consult, clinic.pcp, "seen_in_clinic", now=NOON + hours * HOUR)
        late = [
            each
            for each in figures_and_missed(session, NOON, NOON + 2 * DAY, NOON + 2 * DAY)[1]
            if each[1] == "first_reply"
        ]
        assert late == [(given_up[30].id, "first_reply", 6.0)]
        assert figures_and_missed(session, NOON, NOON + 20 * HOUR, NOON + 2 * DAY)[1] == []
        # Whoever gave it up wrote that it had been broken for six hours.
        written = select(ClockEvent.is_late).where(ClockEvent.kind == "breached", ClockEvent.name == "first_reply")
        assert list(session.scalars(written)) == [True]


def test_c14_the_first_contact_is_kept_and_an_export_names_nobody(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON + HOUR)
        threads.post(session, consult, clinic.pcp, Audience.CLINICIANS, text="Here", now=NOON + 2 * HOUR)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON + 3 * HOUR, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON + 3 * HOUR)
        assert (consult.first_contact_at, consult.answered_at) == (NOON + HOUR, NOON + 3 * HOUR)
        written = str([figure.as_row() for figure in figures(session, NOON, NOON + DAY, NOON + DAY)])
        people = (clinic.child, clinic.mother, clinic.pcp, clinic.coordinator)
        assert [person.name for person in people if person.name in written] == []
        assert consult.question not in written


def test_c19_a_request_that_is_sent_twice_exists_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.draft(session)
        repeats.remember(session, clinic.pcp, "key", "body", consult, now=NOON)
        assert repeats.find(session, clinic.pcp, "key", "body", now=NOON) == consult.public_id
        with pytest.raises(InvalidError):
            repeats.find(session, clinic.pcp, "key", "another body", now=NOON)
