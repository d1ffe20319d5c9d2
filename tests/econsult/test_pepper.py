"""Whoever copies the database and not the keys has no hash of a password to guess at."""

from __future__ import annotations

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text, update

from econsult.database import Database, alembic_config
from econsult.people.attempts import sign_in
from econsult.people.passwords import hash_password, is_password
from econsult.people.persons import Person
from storage.keys import FieldCipher, KeyRing, generate
from tests.personas import NOON, Clinic

PASSWORD = "correct horse battery staple"


def _stored(database: Database, clinic: Clinic) -> str:
    with database.writing() as session:
        session.execute(update(Person).where(Person.id == clinic.pcp.id).values(password_hash=hash_password(PASSWORD)))
        query = text("SELECT password_hash FROM person WHERE id = :number")
        return str(session.execute(query, {"number": clinic.pcp.id}).scalar_one())


def _enters(database: Database) -> bool:
    return sign_in(database, "pcp@clinic.test", PASSWORD, source="192.0.2.7", now=NOON) is not None


def test_what_rests_is_no_hash_that_can_be_guessed_at(database: Database, clinic: Clinic) -> None:
    stored = _stored(database, clinic)
    assert "argon2" not in stored
    assert not is_password(stored, PASSWORD)
    assert _enters(database)
    with database.reading() as session:
        assert session.get_one(Person, clinic.pcp.id).has_password
        assert not session.get_one(Person, clinic.derm.id).has_password


def test_a_hash_of_another_person_or_column_opens_nothing(database: Database, clinic: Clinic) -> None:
    """What is moved in from another column is no password; what another key sealed is an alarm, and refused."""
    _stored(database, clinic)
    with database.writing() as session:
        session.execute(text("UPDATE person SET password_hash = name"))
    assert not _enters(database)


def test_a_hash_that_no_key_opens_is_an_alarm_and_lets_nobody_in(
    database: Database, clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    other = FieldCipher(KeyRing.parse(generate())).seal(hash_password(PASSWORD), "person.password_hash")
    with database.writing() as session:
        session.execute(text("UPDATE person SET password_hash = :other"), {"other": other})
    assert not _enters(database)
    assert f"ALARM: the password of person {clinic.pcp.id} does not open" in caplog.text


@pytest.mark.slow
def test_what_was_hashed_before_is_sealed_by_the_migration(database: Database, clinic: Clinic) -> None:
    _stored(database, clinic)
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    database.migrate(f"-{sum(each.revision > '0037' for each in script.walk_revisions())}")
    with database.engine.begin() as connection:
        query = text("SELECT password_hash FROM person WHERE password_hash IS NOT NULL")
        assert connection.execute(query).scalar_one().startswith("$argon2id$")
    database.migrate()
    with database.engine.begin() as connection:
        assert "argon2" not in connection.execute(query).scalar_one()
    assert _enters(database)
