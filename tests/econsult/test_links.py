"""Links that people ask for: the newest, once, soon, in the browser that asked; nobody learns who has an account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select, text

from econsult.database import Database
from econsult.errors import TooManyTriesError
from econsult.jobs import Job, JobKind
from econsult.people import links, signin
from econsult.people.links import AskedLink, Letter, ask_link, is_of_another_browser, use_asked, write_letter
from econsult.trail import AuditEvent
from tests.personas import NOON, Clinic

MOTHER, NOBODY = "mother@clinic.test", "nobody@clinic.test"
SECRET = "a secret of the installation, long enough"
HERE, ELSEWHERE = "browser one", "browser two"


def ask(database: Database, email: str = MOTHER, *, source: str = "192.0.2.7", now: datetime = NOON) -> int:
    """Ask in this browser; returns the number of the asking."""
    ask_link(database, email, source=source, browser=HERE, now=now)
    with database.reading() as session:
        return session.scalars(select(func.max(AskedLink.id))).one()


def write(database: Database, number: int, now: datetime = NOON) -> Letter | None:
    with database.writing() as session:
        return write_letter(session, database.cipher, number, SECRET, now)


def token_of(database: Database, number: int) -> str:
    letter = write(database, number)
    assert letter is not None
    return letter.token


def use(database: Database, token: str, browser: str = HERE, now: datetime = NOON) -> str | None:
    with database.writing() as session:
        person = use_asked(session, token, browser, now)
    return person.name if person else None


def test_a_link_works_once_and_only_where_it_was_asked_for(database: Database, clinic: Clinic) -> None:
    token = token_of(database, ask(database))
    for browser in (ELSEWHERE, ""):
        assert use(database, token, browser) is None
        with database.reading() as session:
            assert is_of_another_browser(session, token, browser, NOON)
    assert use(database, token) == "mother", "another browser's try uses nothing up"
    assert use(database, token) is None
    with database.reading() as session:
        assert not is_of_another_browser(session, token, ELSEWHERE, NOON)


def test_one_of_many_at_once_uses_it(database: Database, clinic: Clinic) -> None:
    token = token_of(database, ask(database))
    with ThreadPoolExecutor(4) as pool:
        assert sorted(map(str, pool.map(lambda _: use(database, token), range(4)))) == ["None"] * 3 + ["mother"]


def test_a_newer_link_voids_the_older_one_of_that_person_alone(database: Database, clinic: Clinic) -> None:
    old, other = ask(database), ask(database, "stranger@clinic.test")
    tokens = [token_of(database, number) for number in (old, other)]
    newer = ask(database, " MOTHER@clinic.test")
    assert write(database, old) is None, "no letter goes out for a void link"
    assert use(database, tokens[0]) is None
    assert use(database, token_of(database, newer)) == "mother"
    assert use(database, tokens[1]) == "stranger"


def test_a_link_ends_after_ten_minutes(database: Database, clinic: Clinic) -> None:
    first = ask(database)
    token = token_of(database, first)
    late = NOON + links.LIVES
    assert use(database, token, now=late) is None
    assert write(database, first, late) is None
    assert use(database, token, now=late - timedelta(seconds=1)) == "mother"


def test_a_second_attempt_at_the_letter_sends_the_same_link(database: Database, clinic: Clinic) -> None:
    number = ask(database)
    assert token_of(database, number) == token_of(database, number)
    with database.reading() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == "ask_link")).all()
    assert [row.person_id for row in rows] == [clinic.mother.id]


def test_neither_token_nor_address_lies_in_the_database(database: Database, clinic: Clinic) -> None:
    token = token_of(database, ask(database))
    with database.reading() as session:
        kept = str(session.execute(text("SELECT * FROM asked_link")).all())
    assert not any(word in kept for word in (token, MOTHER, HERE))


def test_nobody_learns_whether_an_address_is_known(database: Database, clinic: Clinic) -> None:
    statements: list[str] = []
    listen = lambda *told: statements.append(told[2])  # noqa: E731 - it is taken off again below.
    event.listen(database.engine, "before_cursor_execute", listen)
    said = []
    for email in (MOTHER, NOBODY):
        ask(database, email)
        said.append(list(statements))
        statements.clear()
    event.remove(database.engine, "before_cursor_execute", listen)
    assert said[0] == said[1], "the same work, so the same time"
    with database.reading() as session:
        jobs = session.scalars(select(Job.subject_id).where(Job.kind == JobKind.LINK).order_by(Job.id)).all()
    assert len(jobs) == 2
    assert write(database, jobs[1]) is None


def test_asking_too_often_ends_for_known_and_unknown_alike(database: Database, clinic: Clinic) -> None:
    for email in (MOTHER, NOBODY):
        for _ in range(links.LETTERS):
            ask(database, email)
        with pytest.raises(TooManyTriesError):
            ask(database, email)
    assert ask(database, source="198.51.100.4"), "the owner elsewhere is not shut out"
    with pytest.raises(TooManyTriesError):
        for number in range(links.LETTERS_IN_ALL):
            ask(database, source=f"203.0.113.{number}")
    later = NOON + links.WINDOW
    with database.writing() as session:
        assert signin.sweep_sign_ins(session, later) == 2 * links.LETTERS + links.LETTERS_IN_ALL - links.LETTERS
    assert ask(database, now=later)


def test_one_place_cannot_write_to_everybody(database: Database, clinic: Clinic) -> None:
    for number in range(links.ASKED_FROM_ONE):
        ask(database, f"{number}@clinic.test")
    with pytest.raises(TooManyTriesError):
        ask(database)


def test_a_closed_account_gets_no_letter_and_its_link_opens_nothing(database: Database, clinic: Clinic) -> None:
    token = token_of(database, ask(database))
    with database.writing() as session:
        signin.close_account(session, session.merge(clinic.mother), NOON)
    assert use(database, token) is None
    assert write(database, ask(database)) is None


def test_a_new_password_voids_what_was_asked_for(database: Database, clinic: Clinic) -> None:
    token = token_of(database, ask(database))
    with database.writing() as session:
        signin.set_password(session, session.merge(clinic.mother), "stored", NOON)
    assert use(database, token) is None


def test_signs_that_show_nothing_make_no_other_address(database: Database, clinic: Clinic) -> None:
    older, newer = ask(database), ask(database, MOTHER[:2] + "\u200b\u00ad" + MOTHER[2:])
    assert write(database, older) is None
    assert write(database, newer) is not None
