"""An answer read without an account: six digits to the contact on file, in one browser, once, and few tries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from econsult.bereavement import mark_death
from econsult.consults import answers, holding
from econsult.consults.adopting import adopt
from econsult.consults.by_code import (
    ASKED_FROM_ONE,
    CODES,
    LIVES,
    READS,
    SOURCE,
    TRIES,
    Asking,
    Reader,
    ReadingCode,
    Verdict,
    ask_code,
    code_of,
    give_code,
    is_readable,
    opening_of,
    sweep_codes,
)
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, create
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, NotFoundError, TooManyTriesError
from econsult.jobs import Job, JobKind
from econsult.opening import read_by_code
from econsult.people.invitations import open_invitation
from econsult.people.onfile import RESTS, Way, contact_on_file, rests_until, set_contact
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.trail import AuditEvent
from tests.econsult.test_invitations import OTHER, SECRET, device_of, issue, sent_by
from tests.personas import ANSWER, LEASE, NOON, QUESTION, Clinic

BROWSER = "a token of the device's session"


@pytest.fixture
def sent(database: Database, clinic: Clinic) -> tuple[Consult, Person]:
    """A question that a device brought and that the clinic has answered."""
    _made, token = issue(database, clinic)
    device = device_of(database, token)
    return answered(database, clinic, sent_by(database, device, clinic)), device


def answered(database: Database, clinic: Clinic, consult: Consult) -> Consult:
    with database.writing() as session:
        found = adopt(session, session.get_one(Consult, consult.id), clinic.pcp, None, now=NOON)
        holding.claim(session, found, clinic.pcp, now=NOON, lease=LEASE)
        answers.save_draft(session, found, clinic.pcp, ANSWER, now=NOON, lease=LEASE)
        answers.sign(session, found, clinic.pcp, now=NOON)
        return found


def ask(database: Database, consult: Consult, reader: Reader, source: str = "192.0.2.7", minutes: int = 0) -> str:
    """Ask for a code; returns it as a worker would send it."""
    sources = database.cipher.blind_indexes(source, SOURCE)
    with database.writing() as session:
        now = NOON + timedelta(minutes=minutes)
        ask_code(session, session.get_one(Consult, consult.id), reader, Asking(Way.SMS, sources), SECRET, now=now)
    with database.reading() as session:
        return code_of(session.scalars(select(ReadingCode).order_by(ReadingCode.id.desc())).first(), SECRET)


def give(database: Database, consult: Consult, reader: Reader, code: str, after: timedelta = timedelta()) -> Verdict:
    with database.writing() as session:
        return give_code(session, session.get_one(Consult, consult.id), reader, code, SECRET, now=NOON + after)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def is_open(database: Database, consult: Consult, reader: Reader, after: timedelta = timedelta()) -> bool:
    with database.writing() as session:
        return read_by_code(session, reader, consult.public_id, now=NOON + after)[1]


def test_the_right_code_opens_it_for_a_while_and_tells_that_the_family_has_read_it(
    database: Database, clinic: Clinic, sent: tuple[Consult, Person]
) -> None:
    consult, reader = sent[0], Reader(sent[1], BROWSER)
    assert not is_open(database, consult, reader)
    code = ask(database, consult, reader)
    assert give(database, consult, reader, f"{code[:3]} {code[3:]}") == Verdict.RIGHT
    assert give(database, consult, reader, code) == Verdict.OVER
    within = READS - timedelta(seconds=1)
    assert [is_open(database, consult, reader, each) for each in (within, READS)] == [True, False]
    with database.reading() as session:
        found = session.get_one(Consult, consult.id)
        told = select(Clock).where(Clock.consult_id == consult.id, Clock.name == ClockName.FAMILY_INFORMED)
        assert (found.informed_method, session.scalars(told).one().state) == ("code", ClockState.STOPPED)
        rows = session.execute(
            select(AuditEvent.action, AuditEvent.detail, AuditEvent.person_id).where(
                AuditEvent.consult_id == consult.id, AuditEvent.action.contains("code")
            )
        )
        device = sent[1].id
        assert {tuple(row) for row in rows} == {
            ("ask_code", "sms", device),
            ("give_code", "sms", device),
            ("read_by_code", "sms", device),
        }


def test_neither_the_code_nor_what_it_could_be_guessed_from_lies_in_the_database(
    database: Database, sent: tuple[Consult, Person]
) -> None:
    reader = Reader(sent[1], BROWSER)
    codes = {ask(database, sent[0], reader, minutes=minute) for minute in range(CODES)}
    with database.reading() as session:
        kept = str(session.execute(text("SELECT * FROM reading_code")).all()) + str(
            session.execute(text("SELECT detail FROM audit_event")).all()
        )
        assert len(set(session.scalars(select(ReadingCode.code_hash)))) == CODES
    assert len(codes) > 1
    assert [word for word in (*codes, BROWSER, "192.0.2.7") if f"'{word}'" in kept] == []


@pytest.mark.parametrize("case", ["late", "elsewhere", "older", "swept", "taken back"])
def test_a_code_works_only_here_and_now_and_the_newest_alone(
    database: Database, clinic: Clinic, sent: tuple[Consult, Person], case: str
) -> None:
    consult, reader, after = sent[0], Reader(sent[1], BROWSER), timedelta()
    code = ask(database, consult, reader)
    if case == "late":
        after = LIVES
    elif case == "elsewhere":
        reader = Reader(sent[1], "the session of another browser")
    elif case == "older":
        newer = ask(database, consult, reader)
        assert newer != code
    elif case == "swept":
        with database.writing() as session:
            sweep_codes(session, NOON + timedelta(days=1))
    else:
        with database.writing() as session:
            session.execute(update(Person).where(Person.id == sent[1].id).values(is_active=False))
        reader = Reader(replace_active(database, sent[1]), BROWSER)
        with pytest.raises(NotFoundError):
            is_open(database, consult, reader)
        return
    assert give(database, consult, reader, code, after) != Verdict.RIGHT
    assert not is_open(database, consult, reader, after)


def replace_active(database: Database, person: Person) -> Person:
    with database.reading() as session:
        return session.get_one(Person, person.id)


def test_five_tries_void_it_even_when_they_come_at_once(database: Database, sent: tuple[Consult, Person]) -> None:
    consult, reader = sent[0], Reader(sent[1], BROWSER)
    code = ask(database, consult, reader)
    with ThreadPoolExecutor(4) as many:
        verdicts = list(many.map(lambda _: give(database, consult, reader, other_than(code)), range(TRIES)))
    assert sorted(verdicts) == [Verdict.OVER, *[Verdict.WRONG] * (TRIES - 1)]
    assert give(database, consult, reader, code) == Verdict.OVER
    with database.reading() as session:
        assert session.scalars(select(ReadingCode.tries)).one() == TRIES


def test_askings_are_counted_for_the_child_and_for_the_address(
    database: Database, clinic: Clinic, sent: tuple[Consult, Person]
) -> None:
    reader = Reader(sent[1], BROWSER)
    for place in range(CODES):
        ask(database, sent[0], reader, source=f"192.0.2.{place}", minutes=place)
    with pytest.raises(TooManyTriesError):
        ask(database, sent[0], reader, source="192.0.2.99", minutes=20)
    ask(database, sent[0], reader, source="192.0.2.99", minutes=24 * 60 + CODES)
    with database.writing() as session:
        # As if so many had been asked for about other children from the same place.
        form = RequestForm(kind="econsult", specialty="dermatology", question=QUESTION)
        theirs = create(session, clinic.other_pcp, clinic.other_child, form, now=NOON)
        elsewhere = {"patient_id": clinic.other_child.id, "consult_id": theirs.id}
        session.execute(update(ReadingCode).values(created_at=NOON, **elsewhere))
    for _ in range(ASKED_FROM_ONE):
        with database.writing() as session:
            session.execute(update(ReadingCode).values(**elsewhere))
        ask(database, sent[0], reader, source="198.51.100.1")
    with database.writing() as session:
        session.execute(update(ReadingCode).values(**elsewhere))
    with pytest.raises(TooManyTriesError):
        ask(database, sent[0], reader, source="198.51.100.1")
    ask(database, sent[0], reader, source="198.51.100.2")


def test_another_device_and_another_question_are_not_opened(
    database: Database, clinic: Clinic, sent: tuple[Consult, Person]
) -> None:
    consult, reader = sent[0], Reader(sent[1], BROWSER)
    _made, token = issue(database, clinic)
    with database.writing() as session:
        _door, other = open_invitation(session, database.cipher, token, OTHER, NOON)
    assert other is not None
    second = answered(database, clinic, sent_by(database, sent[1], clinic))
    code = ask(database, consult, reader)
    assert give(database, second, reader, code) == Verdict.OVER
    assert give(database, consult, Reader(other, BROWSER), code) == Verdict.OVER
    assert give(database, consult, reader, code) == Verdict.RIGHT
    assert not is_open(database, second, reader)
    code = ask(database, consult, reader)
    ask(database, second, reader)
    assert give(database, consult, reader, code) == Verdict.OVER
    for stranger in (other, clinic.mother, clinic.pcp):
        with pytest.raises(NotFoundError):
            is_open(database, consult, Reader(stranger, BROWSER))


def test_nothing_is_there_before_its_release_and_after_the_child_is_grown_up(
    database: Database, clinic: Clinic, sent: tuple[Consult, Person]
) -> None:
    consult, reader = sent[0], Reader(sent[1], BROWSER)
    code = ask(database, consult, reader)
    assert give(database, consult, reader, code) == Verdict.RIGHT
    with database.writing() as session:
        session.get_one(Patient, clinic.child.id).birth_date_text = "2008-03-02"
    with database.reading() as session:
        assert not is_readable(session, consult, NOON)
        assert opening_of(session, consult, reader, NOON) is None
    with database.writing() as session:
        session.get_one(Patient, clinic.child.id).birth_date_text = "2022-01-15"
        session.execute(update(answers.Answer).values(released_at=None))
    with pytest.raises(NotFoundError):
        is_open(database, consult, reader)


@pytest.mark.parametrize(("born", "is_there"), [("2022-01-15", True), ("2008-03-02", False), ("", False)])
def test_what_a_family_may_read_it_reads_on_where_its_child_has_died(
    database: Database, clinic: Clinic, sent: tuple[Consult, Person], born: str, is_there: bool
) -> None:
    """No birthday ends it that never came; an adult's was nobody's before either, nor one whose age nobody knows."""
    consult, reader = sent[0], Reader(sent[1], BROWSER)
    code = ask(database, consult, reader)
    assert give(database, consult, reader, code) == Verdict.RIGHT
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        mark_death(session, child, clinic.pcp, "", now=NOON)
        child.birth_date_text = born
    with database.reading() as session:
        assert is_readable(session, consult, NOON) == is_there
        assert (opening_of(session, consult, reader, NOON) is not None) == is_there


def test_whether_a_contact_is_on_file_changes_nothing_for_who_asks(
    database: Database, clinic: Clinic, sent: tuple[Consult, Person]
) -> None:
    reader = Reader(sent[1], BROWSER)
    with database.reading() as session:
        assert contact_on_file(session, session.get_one(Patient, clinic.child.id), Way.SMS, NOON) == ""
    assert len(ask(database, sent[0], reader)) == 6
    with database.reading() as session:
        assert JobKind.READ_CODE in session.scalars(select(Job.kind)).all()


def test_what_was_changed_a_short_while_ago_is_not_on_file_yet(database: Database, clinic: Clinic) -> None:
    def on_file(hours: float) -> list[str]:
        with database.reading() as session:
            child = session.get_one(Patient, clinic.child.id)
            return [contact_on_file(session, child, way, NOON + timedelta(hours=hours)) for way in Way]

    def written(phone: str, email: str, hours: float, by: Person = clinic.pcp) -> None:
        with database.writing() as session:
            child = session.get_one(Patient, clinic.child.id)
            set_contact(session, child, phone, email, by, now=NOON + timedelta(hours=hours))

    rests = RESTS / timedelta(hours=1)
    with database.writing() as session:
        session.get_one(Patient, clinic.child.id).phone = "505-555-0197"
    assert on_file(rests - 0.1) == ["", ""]
    assert on_file(rests) == ["505-555-0197", ""]
    written("505-555-0197", "ana@example.test", 20)
    assert on_file(20) == ["505-555-0197", ""]
    assert on_file(20 + rests) == ["505-555-0197", "ana@example.test"]
    written("505-555-0198", "ana@example.test", 40)
    assert on_file(40) == ["", "ana@example.test"]
    with database.reading() as session:
        child = session.get_one(Patient, clinic.child.id)
        assert rests_until(session, child, NOON + timedelta(hours=41)) == NOON + timedelta(hours=40) + RESTS
    assert on_file(40 + rests)[0] == "505-555-0198"
    for wrong in ({"phone": "12", "email": ""}, {"phone": "", "email": "ana"}):
        with pytest.raises(InvalidError):
            written(**wrong, hours=60)
    with pytest.raises(ForbiddenError):
        written("", "", 60, by=clinic.mother)
    with database.reading() as session:
        kept = session.execute(text("SELECT email FROM family_contact")).scalar_one()
    assert "ana" not in kept
