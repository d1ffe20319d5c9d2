"""Numbers, codes, wishes, STOP, and people whom nobody reaches: in both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from econsult.consults.ledger import Clock, ClockState
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import InvalidError, NotFoundError, TooManyTriesError
from econsult.jobs import Job, JobKind
from econsult.notices import Notice, NoticeKind, NoticeState, notify
from econsult.people.persons import Person
from econsult.queue.quiet import Quiet
from econsult.reach import mobiles
from econsult.reach.deliveries import (
    LATER,
    Delivery,
    Reason,
    Sending,
    give_up_sending,
    pending_deliveries,
    record_failed,
    record_sent,
    report,
    ways_to,
)
from econsult.reach.mobiles import CODES, LIVES, TRIES, Mobile, Proof, code_of
from econsult.reach.numbers import international, kept_form, readable
from econsult.reach.unreached import settle, unreached_for
from econsult.reach.wishes import wish_for
from econsult.trail import AuditEvent
from tests.personas import NOON, Clinic

COUNTRIES = ("US", "PR", "MX")
SECRET = "s" * 48
NUMBER = "505-555-0142"


def give(session: Session, database: Database, person: Person, text: str = NUMBER, *, now=NOON, by=None) -> Mobile:
    return mobiles.set_mobile(session, database.cipher, person, text, by=by or person, countries=COUNTRIES, now=now)


def confirmed(session: Session, database: Database, person: Person, text: str = NUMBER) -> None:
    mobile = give(session, database, person, text)
    code = code_of(mobile, SECRET)
    assert mobiles.confirm(session, person, code, SECRET, by=person, now=NOON) == Proof.RIGHT


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("505-555-0142", "+15055550142"),
        (" (505) 555 0142\t", "+15055550142"),
        ("\u202a+1 505.555.0142\u202c", "+15055550142"),
        ("1 505 555 0142", "+15055550142"),
        ("+52 55 1234 5678", "+525512345678"),
        ("787-555-0142", "+17875550142"),
        ("٥٠٥٥٥٥٠١٤٢", "+15055550142"),
    ],
)
def test_numbers_are_kept_in_one_form(text: str, kept: str) -> None:
    assert international(text, COUNTRIES) == kept
    assert kept_form(kept) == kept


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "invalid"),
        ("555-0142", "invalid"),
        ("505-555-01422", "invalid"),
        ("505-555-0142 ext 5", "invalid"),
        ("mother@example.test", "invalid"),
        ("0" * 400, "invalid"),
        ("505\n555\n0142", "invalid"),
        ("\x00505-555-0142", "invalid"),
        ("+34 912 345 678", "other_country"),
        ("+44 7400 123456", "other_country"),
        ("900-555-0142", "mute"),
        ("800-555-0142", "mute"),
    ],
)
def test_what_is_no_number_is_refused_by_its_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidError) as refused:
        international(text, COUNTRIES)
    assert refused.value.fields == {"number": why}


def test_numbers_are_shown_as_people_write_them() -> None:
    assert readable("+15055550142") == "(505) 555-0142"
    assert readable("+525512345678") == "+52 55 1234 5678"


def test_a_number_is_used_only_once_its_code_came_back(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        mobile = give(session, database, clinic.mother)
        assert mobiles.usable_number(session, database.cipher, clinic.mother) is None
        wrong = f"{(int(code_of(mobile, SECRET)) + 1) % 1_000_000:06d}"
        assert mobiles.confirm(session, clinic.mother, wrong, SECRET, by=clinic.mother, now=NOON) == Proof.WRONG
        assert mobiles.confirm(session, clinic.mother, "", SECRET, by=clinic.mother, now=NOON) == Proof.WRONG
        right = f" {code_of(mobile, SECRET)[:3]} {code_of(mobile, SECRET)[3:]}."
        assert mobiles.confirm(session, clinic.mother, right, SECRET, by=clinic.mother, now=NOON) == Proof.RIGHT
        assert mobiles.usable_number(session, database.cipher, clinic.mother) == "+15055550142"
        assert mobiles.confirm(session, clinic.mother, right, SECRET, by=clinic.mother, now=NOON) == Proof.OVER
    with database.reading() as session:
        raw = session.connection().exec_driver_sql("SELECT number, number_index, nonce FROM mobile").one()
        assert not any("5055550142" in str(value) for value in raw)
        kinds = session.scalars(select(Notice.kind).where(Notice.person_id == clinic.mother.id)).all()
        assert list(kinds) == [NoticeKind.CONTACT_CHANGED]


def test_a_code_ends_after_five_tries_and_after_ten_minutes(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        mobile = give(session, database, clinic.mother)
        right = code_of(mobile, SECRET)
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        outcomes = [
            mobiles.confirm(session, clinic.mother, wrong, SECRET, by=clinic.mother, now=NOON) for _ in range(TRIES)
        ]
        assert outcomes == [Proof.WRONG] * (TRIES - 1) + [Proof.OVER]
        assert mobiles.confirm(session, clinic.mother, right, SECRET, by=clinic.mother, now=NOON) == Proof.OVER
        assert mobiles.send_again(session, clinic.mother, now=NOON)
        assert code_of(mobile, SECRET) != right
        late = NOON + LIVES
        fresh = code_of(mobile, SECRET)
        assert mobiles.confirm(session, clinic.mother, fresh, SECRET, by=clinic.mother, now=late) == Proof.OVER


def test_so_many_codes_a_day_and_taking_the_number_away_gives_no_more(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for count in range(CODES):
            give(session, database, clinic.mother, f"505-555-01{40 + count}")
            mobiles.remove_mobile(session, database.cipher, clinic.mother, by=clinic.mother, now=NOON)
        assert session.scalar(select(func.count()).where(Job.kind == JobKind.CODE)) == CODES
    with pytest.raises(TooManyTriesError), database.writing() as session:
        give(session, database, clinic.mother)
    with database.writing() as session:
        assert mobiles.mobile_of(session, clinic.mother) is None
        assert give(session, database, clinic.mother, now=NOON + timedelta(hours=24)).codes_sent == 1


def test_the_same_number_again_stays_confirmed_and_another_does_not(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        confirmed(session, database, clinic.mother)
        give(session, database, clinic.mother, "+1 (505) 555-0142", by=clinic.pcp)
        assert mobiles.usable_number(session, database.cipher, clinic.mother) is not None
        give(session, database, clinic.mother, "505-555-0143", by=clinic.pcp)
        assert mobiles.usable_number(session, database.cipher, clinic.mother) is None
    with database.reading() as session:
        acts = session.execute(select(AuditEvent.action, AuditEvent.person_id).where(AuditEvent.entity == "person"))
        assert ("set_mobile", clinic.pcp.id) in [tuple(row) for row in acts]


def test_stop_holds_for_everybody_of_the_number_until_start(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for person in (clinic.mother, clinic.stranger):
            confirmed(session, database, person)
        assert mobiles.stop_number(session, database.cipher, "+15055550142", NOON) == 2
        assert mobiles.stop_number(session, database.cipher, "+15055550142", NOON) == 2
        assert mobiles.usable_number(session, database.cipher, clinic.mother) is None
        mobiles.remove_mobile(session, database.cipher, clinic.mother, by=clinic.mother, now=NOON)
    with pytest.raises(InvalidError) as refused, database.writing() as session:
        give(session, database, clinic.mother)
    assert refused.value.fields == {"number": "stopped"}
    with database.writing() as session:
        assert mobiles.resume_number(session, database.cipher, "+15055550142", NOON) == 1
        assert mobiles.usable_number(session, database.cipher, clinic.stranger) is not None


@pytest.mark.parametrize(("hours", "now_hour", "rests"), [("", 6, True), ("22-5", 6, False), ("0-23", 12, True)])
def test_quiet_hours_are_ones_own(clinic: Clinic, hours: str, now_hour: int, rests: bool) -> None:
    clinic.mother.quiet_hours, clinic.mother.time_zone = hours, "UTC"
    at = NOON.replace(hour=now_hour)
    assert (Quiet().until(clinic.mother, at) > at) == rests


def test_wishes_are_kept_and_wrong_ones_refused(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        wish_for(session, clinic.mother, "both", (22, 6), NOON)
    with pytest.raises(InvalidError), database.writing() as session:
        wish_for(session, clinic.mother, "pigeon", (24, 6), NOON)
    with database.reading() as session:
        mother = session.get_one(Person, clinic.mother.id)
        assert (mother.channel, mother.quiet_hours) == ("both", "22-6")


def failed(session: Session, database: Database, person: Person, about: str, consult_id: int | None = None) -> Notice:
    """A notice whose one letter was refused."""
    notice = notify(session, person, NoticeKind.ANSWERED, consult_id=consult_id, about=about, now=NOON)
    assert notice is not None
    ways = ways_to(session, database.cipher, person, has_gateway=True)
    (delivery,) = pending_deliveries(session, notice, person, ways, NOON)
    assert record_failed(session, Sending(notice, delivery, ways), Reason.REFUSED, NOON) is False
    return notice


def test_whom_nobody_reaches_is_on_the_list_of_the_coordinators_alone(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.answered(session)
        first = failed(session, database, clinic.mother, "1", consult.id)
        last = failed(session, database, clinic.mother, "2", consult.id)
        failed(session, database, clinic.derm, "3")
    with database.writing() as session:
        assert unreached_for(session, clinic.pcp, now=NOON) == []
        mother, derm = unreached_for(session, clinic.coordinator, now=NOON)
        assert (mother.person.id, mother.patient.id, mother.last_id) == (clinic.mother.id, clinic.child.id, last.id)
        assert mother.reasons == {("email", "refused")}
        assert (derm.person.id, derm.patient) == (clinic.derm.id, None)
    with database.writing() as session:
        settle(session, clinic.coordinator, first.id, now=NOON)
    with database.writing() as session:
        assert unreached_for(session, clinic.coordinator, now=NOON)[0].last_id == last.id
        # What became confidential after its letter had failed is no call to the caregivers' telephone.
        kept = session.get_one(Consult, consult.id)
        kept.confidential = "clinic"
        assert [each.person.id for each in unreached_for(session, clinic.coordinator, now=NOON)] == [clinic.derm.id]
        kept.confidential = ""
        settle(session, clinic.coordinator, last.id, now=NOON)
        settle(session, clinic.coordinator, last.id, now=NOON)
    with database.reading() as session:
        assert session.get_one(Notice, last.id).settled_by_id == clinic.coordinator.id
        clock = session.scalars(
            select(Clock).where(Clock.consult_id == consult.id, Clock.name == ClockName.FAMILY_INFORMED)
        ).one()
        assert clock.state == ClockState.RUNNING
    with pytest.raises(NotFoundError), database.writing() as session:
        settle(session, clinic.coordinator, 10**6, now=NOON)


@pytest.mark.parametrize(("rounds", "reason"), [(len(LATER) - 1, "away"), (len(LATER), "silent")])
def test_after_the_last_round_nobody_is_promised_that_we_go_on(
    database: Database, clinic: Clinic, rounds: int, reason: str
) -> None:
    with database.writing() as session:
        notice = failed(session, database, clinic.derm, "1")
        change = update(Delivery).where(Delivery.notice_id == notice.id)
        session.execute(change.values(reason=Reason.AWAY, rounds=rounds))
        (found,) = unreached_for(session, clinic.coordinator, now=NOON)
        assert found.reasons == {("email", reason)}


def test_a_report_may_come_before_our_own_record(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        confirmed(session, database, clinic.mother)
        wish_for(session, clinic.mother, "sms", None, NOON)
        mother = session.get_one(Person, clinic.mother.id)
        notice = notify(session, mother, NoticeKind.ANSWERED, consult_id=None, about="1", now=NOON)
        ways = ways_to(session, database.cipher, mother, has_gateway=True)
        (delivery,) = pending_deliveries(session, notice, mother, ways, NOON)
        assert report(session, database.cipher, delivery.key, has_arrived=True, has_gateway=True, now=NOON)
        record_sent(Sending(notice, delivery, ways), NOON)
        assert (delivery.state, notice.state) == ("delivered", NoticeState.SENT)
        give_up_sending(session, database.cipher, notice.id, has_gateway=True, now=NOON)
        assert len(session.scalars(select(Delivery)).all()) == 1


def test_those_who_report_and_give_up_at_once_make_one_letter(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        confirmed(session, database, clinic.mother)
        wish_for(session, clinic.mother, "sms", None, NOON)
        mother = session.get_one(Person, clinic.mother.id)
        notice = notify(session, mother, NoticeKind.ANSWERED, consult_id=None, about="1", now=NOON)
        ways = ways_to(session, database.cipher, mother, has_gateway=True)
        (delivery,) = pending_deliveries(session, notice, mother, ways, NOON)
        delivery.attempts, key = 1, delivery.key
        session.scalars(select(Job).where(Job.subject_id == notice.id, Job.kind == JobKind.NOTIFY)).one().state = "dead"

    def fail() -> None:
        with database.writing() as session:
            report(session, database.cipher, key, has_arrived=False, has_gateway=True, now=NOON)

    def give_up() -> None:
        with database.writing() as session:
            give_up_sending(session, database.cipher, notice.id, has_gateway=True, now=NOON)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(act) for act in (fail, give_up, fail, give_up)]:
            done.result()
    with database.reading() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        assert [(row.channel, row.state) for row in rows] == [("sms", "failed"), ("email", "pending")]
        assert session.scalar(select(func.count()).where(Job.dedupe_key == f"notice:{notice.id}:other")) == 1
