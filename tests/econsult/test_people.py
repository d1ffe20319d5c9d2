"""Accounts, passwords, sessions, links, tokens and children."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import event, func, select, text

from econsult.database import Database
from econsult.errors import InvalidError, TooManyTriesError
from econsult.jobs import Job, JobKind, JobState
from econsult.people import attempts, browsers, signin
from econsult.people.browsers import note_browser
from econsult.people.caregivers import caregivers_of
from econsult.people.passwords import hash_password, is_password
from econsult.people.patients import add_patient, age_in_months, link_caregiver
from econsult.people.persons import Role, add_person, person_by_email
from econsult.trail import AuditEvent
from tests.beside import beside, statements
from tests.personas import NOON, Clinic

PASSWORD = "correct horse battery"


def test_a_person_is_found_whatever_the_case_of_the_address(database: Database, clinic: Clinic) -> None:
    with database.reading() as session:
        found = person_by_email(session, database.cipher, " Mother@CLINIC.test ")
    assert found is not None
    assert found.id == clinic.mother.id


@pytest.mark.parametrize(("email", "reason"), [("no address", "invalid"), ("MOTHER@clinic.test", "taken")])
def test_an_address_is_checked(database: Database, clinic: Clinic, email: str, reason: str) -> None:
    with pytest.raises(InvalidError) as error, database.writing() as session:
        add_person(session, database.cipher, clinic.program, email=email, name="X", role=Role.PCP, now=NOON)
    assert error.value.fields == {"email": reason}


def test_a_password_is_right_only_when_it_is_the_same_text() -> None:
    stored = hash_password(PASSWORD)
    # The weight in KiB, rounds and lanes; the tests of pages make light ones.
    assert stored.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert is_password(stored, PASSWORD)
    assert not is_password(stored, PASSWORD + "x")
    assert not is_password(None, PASSWORD)
    assert not is_password(stored, "x" * 100_000)
    composed, decomposed = "contrase\u00f1a muy larga", "contrasen\u0303a muy larga"
    assert is_password(hash_password(composed), decomposed)


@pytest.mark.parametrize("password", ["too short", "x" * 257])
def test_a_password_has_a_sensible_length(password: str) -> None:
    with pytest.raises(InvalidError):
        hash_password(password)


@pytest.mark.usefixtures("light_hashes")
def test_guessing_closes_the_account_to_the_guesser_for_a_while(database: Database, clinic: Clinic) -> None:
    def attempt(password: str, source: str = "192.0.2.7", after: timedelta = timedelta(), unseen: str = "") -> bool:
        email = f"pc{unseen}p@clinic.test"
        return attempts.sign_in(database, email, password, source=source, now=NOON + after) is not None

    with database.writing() as session:
        session.merge(clinic.pcp).password_hash = hash_password(PASSWORD)
    assert attempt(PASSWORD)
    # Signs that show nothing find the same account, and are the same account's tries.
    assert not any(attempt("wrong", unseen="\u200b" * number) for number in range(attempts.TRIES))
    with pytest.raises(TooManyTriesError):
        attempt(PASSWORD)
    assert attempt(PASSWORD, source="198.51.100.4"), "the owner is not locked out by a guesser elsewhere"
    assert attempt(PASSWORD, after=attempts.TRY_WINDOW + timedelta(seconds=1))


@pytest.mark.usefixtures("light_hashes")
@pytest.mark.parametrize("guesses", [pytest.param(1000, marks=pytest.mark.slow), 150])
def test_of_a_thousand_guesses_from_fifty_addresses_a_hundred_are_weighed_and_its_own_browser_stays_in(
    database: Database, clinic: Clinic, guesses: int
) -> None:
    """Whoever has many addresses has as few guesses as whoever has a few."""

    def attempt(given: str, source: str, browser: str = "", now: datetime = NOON) -> bool | None:
        here = {"source": source, "browser": browser}
        with suppress(TooManyTriesError):
            return attempts.sign_in(database, "pcp@clinic.test", given, now=now, **here) is not None
        return None

    with database.writing() as session:
        session.merge(clinic.pcp).password_hash = hash_password(PASSWORD)
        note_browser(session, clinic.pcp, "own", NOON, is_proven=True)
        note_browser(session, clinic.mother, "a stranger's", NOON, is_proven=True)
        # By a first link that its maker used, or a passkey of theirs.
        note_browser(session, clinic.pcp, "unproven", NOON)
    told = [attempt("wrong", f"198.51.100.{number % 50}") for number in range(guesses)]
    assert (told.count(False), told.count(None)) == (attempts.TRIES_IN_ALL, guesses - attempts.TRIES_IN_ALL)
    elsewhere = "203.0.113.9"
    weighed = [attempt(PASSWORD, elsewhere, browser) for browser in ("", "a stranger's", "unproven", "own")]
    assert weighed == [None, None, None, True]
    # Whoever has that browser guesses as little as anybody, and it is theirs alone that closes.
    told = [attempt("wrong", elsewhere, "own") for _ in range(attempts.TRIES)]
    assert (told.count(False), attempt(PASSWORD, elsewhere, "own")) == (attempts.TRIES, None)
    assert attempt(PASSWORD, elsewhere, now=NOON + attempts.TRY_WINDOW + timedelta(seconds=1))


@pytest.mark.usefixtures("light_hashes")
def test_a_guesser_behind_a_hospitals_address_shuts_nobody_out_of_a_browser_of_theirs(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        session.merge(clinic.pcp).password_hash = hash_password(PASSWORD)
        note_browser(session, clinic.pcp, "own", NOON, is_proven=True)
        network = database.cipher.blind_index("192.0.2.7", "sign_in_try.source")
        session.add_all(
            attempts.SignInTry(account=f"another-{number}", source=network, at=NOON)
            for number in range(attempts.FROM_ONE)
        )

    def attempt(browser: str) -> bool:
        here = {"source": "192.0.2.7", "browser": browser}
        return attempts.sign_in(database, "pcp@clinic.test", PASSWORD, now=NOON, **here) is not None

    assert attempt("own")
    with pytest.raises(TooManyTriesError):
        attempt("another")
    with database.writing() as session:
        browsers.forget(session, clinic.pcp)
    with pytest.raises(TooManyTriesError):
        attempt("own")


def _told(database: Database) -> None:
    """The jobs that wait have run."""
    with database.writing() as session:
        waiting = session.scalars(select(Job).where(Job.kind == JobKind.TRIES, Job.state == JobState.PENDING)).all()
        for job in waiting:
            attempts.tell(session, database.cipher, job.subject_id, NOON)
            job.state = JobState.DONE


@pytest.mark.usefixtures("light_hashes")
@pytest.mark.parametrize("times", [1, attempts.TOLD_FROM, attempts.TRIES, attempts.TRIES + 1])
def test_an_address_that_nobody_has_costs_the_database_the_same_statements(
    database: Database, clinic: Clinic, times: int
) -> None:
    with database.writing() as session:
        session.merge(clinic.pcp).password_hash = hash_password(PASSWORD)
    asked = []
    for email in ("pcp@clinic.test", "nobody@clinic.test"):
        with statements(database) as heard:
            for number in range(times):
                with suppress(TooManyTriesError):
                    attempts.sign_in(database, email, f"guess {number}", source=f"192.0.2.{email[0]}", now=NOON)
        asked.append(heard)
    assert asked[0] == asked[1]
    assert sum("INSERT INTO job" in each for each in asked[0]) == len([each for each in (3, 10) if each <= times])


@pytest.mark.usefixtures("light_hashes")
def test_wrong_passwords_in_a_row_and_the_closing_are_in_the_trail_once_in_a_quarter_of_an_hour(
    database: Database, clinic: Clinic
) -> None:
    def guess(times: int, after: timedelta = timedelta(), email: str = "pcp@clinic.test") -> None:
        for number in range(times):
            with suppress(TooManyTriesError):
                attempts.sign_in(database, email, f"guess {number}", source="192.0.2.7", now=NOON + after)

    def rows() -> list[tuple[str, str, str]]:
        _told(database)
        acts = AuditEvent.action.in_((attempts.WRONG, attempts.SHUT))
        with database.reading() as session:
            found = session.scalars(
                select(AuditEvent).where(acts, AuditEvent.person_id.is_(None)).order_by(AuditEvent.id)
            )
            return [(row.action, row.entity_id, row.detail) for row in found]

    who = clinic.pcp.public_id
    guess(attempts.TOLD_FROM - 1)
    guess(20, email="nobody@clinic.test")
    assert rows() == [], "who mistypes twice is nobody's business"
    guess(1)
    assert rows() == [("wrong_passwords", who, "")]
    guess(20)
    guess(20, after=timedelta(minutes=14))
    both = [("wrong_passwords", who, ""), ("shut_sign_in", who, "")]
    assert rows() == both
    guess(20, after=timedelta(minutes=16))
    assert rows() == both * 2


@pytest.mark.usefixtures("light_hashes")
def test_a_few_guesses_at_each_of_many_accounts_close_all_of_them_to_where_they_come_from(
    database: Database, clinic: Clinic
) -> None:
    """Sixty as for links; who types the right password is not counted, so that a hospital of many is not shut out."""

    def attempt(number: int, given: str = PASSWORD, source: str = "192.0.2.7", minutes: int = 0) -> bool:
        email = "pcp@clinic.test" if number == 0 else f"nobody-{number}@clinic.test"
        at = NOON + timedelta(minutes=minutes)
        return attempts.sign_in(database, email, given, source=source, now=at) is not None

    with database.writing() as session:
        session.merge(clinic.pcp).password_hash = hash_password(PASSWORD)
    assert not any(attempt(number, "wrong") for number in range(3))
    with database.writing() as session:
        # What more guesses at other addresses leave.
        known = session.scalars(select(attempts.SignInTry)).all()
        session.add_all(
            attempts.SignInTry(account=f"another-{number}", source=known[0].source, at=NOON)
            for number in range(attempts.FROM_ONE - 1 - len(known))
        )
    assert attempt(0)
    with suppress(TooManyTriesError), beside(database, "sign_in_try.source IN", lambda: attempt(-1)):
        attempt(-2)
    with database.reading() as session:
        assert session.scalar(select(func.count(attempts.SignInTry.id))) == attempts.FROM_ONE
    for number in (0, 1, 999):
        with pytest.raises(TooManyTriesError):
            attempt(number)
    assert attempt(0, source="198.51.100.4")
    assert attempt(0, minutes=16)
    _told(database)
    with database.reading() as session:
        rows = session.execute(select(AuditEvent.entity_id).where(AuditEvent.action == attempts.SHUT_PLACE)).all()
    assert [row.entity_id for row in rows] == [clinic.program.public_id]


@pytest.mark.usefixtures("light_hashes")
def test_many_guesses_at_once_are_all_counted(database: Database, clinic: Clinic) -> None:
    def guess(number: int) -> None:
        with suppress(TooManyTriesError):
            attempts.sign_in(database, "pcp@clinic.test", f"wrong {number}", source="192.0.2.7", now=NOON)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(24)))
    with database.reading() as session:
        assert session.scalar(select(func.count(attempts.SignInTry.id))) == attempts.TRIES


@pytest.mark.usefixtures("light_hashes")
def test_no_more_guesses_pass_at_once_where_nobody_has_the_address(postgres_database: Database) -> None:
    """How many are judged must not tell whether there is an account."""
    database = postgres_database

    def guess() -> None:
        with suppress(TooManyTriesError):
            attempts.sign_in(database, "nobody@clinic.test", "wrong", source="192.0.2.7", now=NOON)

    for _ in range(attempts.TRIES - 1):
        guess()
    other = Thread(target=guess)

    def look(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FROM sign_in_try" in statement and other.ident is None:
            # The first has looked how many there were, and has not counted itself yet.
            other.start()
            other.join(0.5)

    event.listen(database.engine, "after_cursor_execute", look)
    guess()
    event.remove(database.engine, "after_cursor_execute", look)
    other.join(20)
    with database.reading() as session:
        assert session.scalar(select(func.count(attempts.SignInTry.id))) == attempts.TRIES


def test_a_session_ends_when_idle_and_at_its_limit(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        token = signin.open_session(session, clinic.mother, NOON)
        assert signin.visitor_by_session(session, token, NOON + timedelta(minutes=59)) is not None
        assert signin.visitor_by_session(session, token, NOON + timedelta(minutes=61)) is None
        assert signin.visitor_by_session(session, "made up", NOON) is None
        assert token not in str(session.execute(text("SELECT * FROM sign_in_session")).all())


def test_a_session_that_is_used_lives_on_but_not_for_ever(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        token = signin.open_session(session, clinic.derm, NOON)
        for quarter in range(1, 48):
            visitor = signin.visitor_by_session(session, token, NOON + quarter * timedelta(minutes=15))
            assert visitor is not None
            assert visitor.session_id is not None
            signin.touch_session(session, visitor.session_id, NOON + quarter * timedelta(minutes=15))
        assert signin.visitor_by_session(session, token, NOON + timedelta(hours=12)) is None


def test_signing_out_ends_the_session_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        token = signin.open_session(session, clinic.derm, NOON)
        visitor = signin.visitor_by_session(session, token, NOON)
        assert visitor is not None
        assert visitor.session_id is not None
        signin.close_session(session, visitor.session_id)
        assert signin.visitor_by_session(session, token, NOON) is None


def test_a_link_works_once_and_not_for_long(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        token, old = signin.make_link(session, clinic.mother, NOON), signin.make_link(session, clinic.mother, NOON)
        person = signin.use_link(session, token, NOON)
        assert person is not None
        assert person.id == clinic.mother.id
        assert signin.use_link(session, token, NOON) is None
        assert signin.use_link(session, old, NOON + timedelta(minutes=11)) is None


def test_a_token_carries_its_person_until_it_expires_or_they_leave(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        token = signin.make_token(session, clinic.derm, NOON, days=1)
        assert signin.visitor_by_token(session, token, NOON) is not None
        assert signin.visitor_by_token(session, token, NOON + timedelta(days=1)) is None
        session.merge(clinic.derm).is_active = False
        session.flush()
        assert signin.visitor_by_token(session, token, NOON) is None


def test_sweeping_removes_what_has_expired(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        signin.open_session(session, clinic.derm, NOON)
        signin.make_link(session, clinic.derm, NOON)
        assert signin.sweep_sign_ins(session, NOON) == 0
        assert signin.sweep_sign_ins(session, NOON + timedelta(days=2)) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "\u202eana"}, "name"),
        ({"birth_date": "2004-01-01"}, "birth_date"),
        ({"birth_date": "2027-01-01"}, "birth_date"),
        ({"birth_date": "yesterday"}, "birth_date"),
        ({"sex": "boy"}, "sex"),
        ({"language": "tlh"}, "language"),
    ],
)
def test_a_child_is_checked_field_by_field(
    database: Database, clinic: Clinic, change: dict[str, str], field: str
) -> None:
    values = {"name": "Ana", "birth_date": "2020-02-29", "sex": "female", "language": "es", **change}
    with pytest.raises(InvalidError) as error, database.writing() as session:
        add_patient(session, clinic.program, key_wrapped=b"k", now=NOON, **values)  # type: ignore[arg-type]
    assert list(error.value.fields) == [field]


@pytest.mark.parametrize(
    ("today", "months"),
    [(date(2024, 2, 29), 48), (date(2024, 2, 28), 47), (date(2025, 3, 1), 60), (date(2019, 1, 1), 0)],
)
def test_age_counts_whole_months(today: date, months: int) -> None:
    assert age_in_months(date(2020, 2, 29), today) == months


def test_a_caregivers_link_counts_from_its_start(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        link_caregiver(session, clinic.child, clinic.stranger, "foster_parent", NOON + timedelta(days=1))
        assert [person.id for person in caregivers_of(session, clinic.child.id, NOON)] == [clinic.mother.id]
        with pytest.raises(InvalidError):
            link_caregiver(session, clinic.other_child, clinic.mother, "neighbour", NOON)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("505\u00a0555\u20090100", "505 555 0100"), ("\u202a+1 555 010 9999\u202c", "+1 555 010 9999"),
        ("\u200e+1 555", "+1 555"), ("\u202d(505) 555\u202c", "(505) 555"), ("505-555\t", "505-555"),
        ("\ufeff505\u2011555\u00ad", "505\u2011555"), ("\u206850\u20695", "505"),
    ],
)  # fmt: skip
def test_what_was_pasted_is_kept_as_it_is_seen(database: Database, clinic: Clinic, given: str, kept: str) -> None:
    with database.writing() as session:
        details = {"key_wrapped": b"x", "birth_date": "\u200e2024-05-01\u200e", "now": NOON}
        texts = {"name": "Mar\u00eda\u00a0Jos\u00e9\u200b P\u00e9rez", "phone": given, "mrn": given, "region": given}
        child = add_patient(session, clinic.program, **texts, **details)  # type: ignore[arg-type]
        assert (child.name, child.birth_date) == ("Mar\u00eda Jos\u00e9 P\u00e9rez", date(2024, 5, 1))
        assert (child.phone, child.mrn, child.region) == (kept, kept, kept)


def test_a_copied_address_belongs_to_the_same_person(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        copied = {"email": "\u200enew@x.test\u00a0", "name": "N\u00a0E"}
        added = add_person(session, database.cipher, clinic.program, **copied, role=Role.PCP, now=NOON)
        assert (added.email, added.name) == ("new@x.test", "N E")
        assert person_by_email(session, database.cipher, "\u202anew@x.test\u202c") is added
    with pytest.raises(InvalidError) as error, database.writing() as session:
        add_person(session, database.cipher, clinic.program, **copied, role=Role.PCP, now=NOON)
    assert error.value.fields == {"email": "taken"}
