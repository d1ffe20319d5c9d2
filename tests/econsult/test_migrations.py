"""The schema's history runs up and down with data in it, and ends where the models are."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, delete, inspect, select, text
from sqlalchemy.orm import Session

from econsult.billing import records
from econsult.billing.records import Attested
from econsult.consults import answers, declining, reopening, telling, threads
from econsult.consults.answers import Answer
from econsult.consults.handover import Handover, hand_over
from econsult.consults.ledger import ClockEvent
from econsult.consults.records import Consult
from econsult.consults.threads import Audience, Message
from econsult.database import MIGRATIONS, Database, TextCipher, alembic_config, open_database
from econsult.people.passwords import hash_password
from econsult.people.patients import RelatedPerson
from econsult.people.persons import Organization, Person, Program, Role, add_person, person_by_email
from econsult.people.signin import set_password
from econsult.queue.clinics import watch_clinics
from econsult.queue.invariants import violations
from econsult.rosters.shifts import TimeOff
from econsult.tables import METADATA
from tests import schema
from tests.personas import NOON, Clinic, open_clinic
from tests.schema import migrated_sqlite


def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_file_that_is_kept_for_tests_is_what_migrating_makes_now(
    tmp_path: Path, cipher: TextCipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        # Where nothing can be kept, as below a file, each process migrates for itself.
        (tmp_path / "file").touch()
        elsewhere.setattr(schema, "KEPT", tmp_path / "file" / "schema")
        anew = open_database(f"sqlite:///{migrated_sqlite.__wrapped__()}", cipher)
    kept = open_database(f"sqlite:///{shutil.copy(migrated_sqlite(), tmp_path)}", cipher)
    with anew.reading() as session, kept.reading() as copied:
        assert _lines(session) == _lines(copied)
    anew.close()
    kept.close()


def test_a_module_that_migrating_runs_through_makes_the_file_anew() -> None:
    told = {MIGRATIONS.with_name(name) for name in schema.CARRIED_OUT_BY}
    found = {
        MIGRATIONS.with_name(f"{module}.py")
        for path in told
        for module in re.findall(r"^from econsult\.(\w+) import", path.read_text(), re.MULTILINE)
    }
    assert found - {MIGRATIONS.with_name("errors.py")} <= told


def _lines(session: Session) -> dict[str, list[str]]:
    """What makes each table and index, line by line: the keys of a table that was made again stand in any order."""
    made = session.execute(text("SELECT name, sql FROM sqlite_master"))
    return {name: sorted(line.strip(" \t,") for line in str(sql).split("\n")) for name, sql in made}


def test_the_files_names_carry_the_revisions_in_order() -> None:
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert sorted((path.stem[:4] for path in MIGRATIONS.glob("versions/[0-9]*.py")), reverse=True) == revisions


def test_an_older_schema_is_brought_up_and_the_newest_left_alone(database: Database) -> None:
    database.migrate("-1")
    database.migrate()
    with database.engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        connection.execute(text("DROP TABLE delivery"))
    database.migrate()
    assert "delivery" not in inspect(database.engine).get_table_names()


@pytest.mark.parametrize("target", ["-12", pytest.param("base", marks=pytest.mark.slow)])
def test_going_down_and_up_again_works_with_data(database: Database, clinic: Clinic, target: str) -> None:
    with database.writing() as session:
        clinic.answered(session)
    database.migrate(target)
    if target == "base":
        assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
        database.migrate()
        open_clinic(database)
    database.migrate()
    with database.reading() as session:
        found = person_by_email(session, database.cipher, "mother@clinic.test")
        assert found is not None
        assert found.name == clinic.mother.name


def test_migrating_twice_changes_nothing(database: Database, clinic: Clinic) -> None:
    database.migrate()
    with database.reading() as session:
        assert person_by_email(session, database.cipher, "pcp@clinic.test") is not None


def test_the_schema_goes_back_only_while_no_programs_key_was_changed(sqlite_database: Database) -> None:
    database, clinic = sqlite_database, open_clinic(sqlite_database)
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    back = f"-{sum(each.revision > '0085' for each in script.walk_revisions())}"
    database.migrate(back)
    database.migrate()
    with database.writing() as session:
        clinic.vault.new_object_key(session, clinic.child, "a" * 32)
        session.get_one(Program, clinic.program.id).key_version = 2
    with pytest.raises(RuntimeError, match="could open no file"):
        database.migrate(back)


def test_what_goes_on_took_its_familys_language_and_the_ledger_says_whose_promise_it_was(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        waits, answered = clinic.econsult(session), clinic.answered(session)
        ended = answers.close(session, clinic.answered(session), clinic.pcp, reason="done", now=NOON)
        numbers = [waits.id, answered.id, ended.id]
        session.execute(text("UPDATE patient SET language = 'es'"))
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    database.migrate(f"-{sum(each.revision > '0099' for each in script.walk_revisions())}")
    database.migrate()
    with database.reading() as session:
        assert [session.get_one(Consult, number).language for number in numbers] == ["es", "es", "en"]
        begun = select(ClockEvent.consult_id, ClockEvent.site, ClockEvent.language).where(ClockEvent.kind == "started")
        told = {
            (number, clinic.home.id, language) for number, language in zip(numbers, ("es", "es", "en"), strict=True)
        }
        assert {tuple(row) for row in session.execute(begun)} == told
        assert list(violations(session, NOON)) == []


@pytest.mark.slow
def test_what_was_promised_before_the_ladder_came_is_kept(database: Database) -> None:
    database.migrate("base")
    database.migrate("0002")
    with database.engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for name, row in _old_rows().items():
            connection.execute(tables.tables[name].insert().values(**row))
    database.migrate()
    with database.engine.connect() as connection:
        clock = connection.execute(text("SELECT target_seconds, fired_level FROM clock")).one()
        assert tuple(clock) == (24 * 3600, 100)
        assert connection.execute(text("SELECT target_seconds FROM clock_event")).scalar_one() == 24 * 3600
        assert connection.execute(text("SELECT language FROM consult")).scalar_one() == "es"


def _old_rows() -> dict[str, dict[str, object]]:
    """One clinic, one child and one consult that is late, as the first version wrote them."""
    public = {"id": 1, "public_id": "0" * 32}
    person = {"name": "", "role": "pcp", "email": "", "email_index": "x", "time_zone": "", "is_active": True}
    child = {"name": "", "birth_date": "", "phone": "", "mrn": "", "sex": "", "region": "", "alias": ""}
    consult = {
        "kind": "econsult",
        "source": "clinician",
        "status": "submitted",
        "urgency": "routine",
        "urgency_rank": 2,
    }
    unset = {"question": "", "details": "", "is_private_site": False, "is_test": False, "version": 1}
    cycle = {"id": 1, "consult_id": 1, "name": "first_reply", "cycle": 1, "deadline_at": NOON + timedelta(hours=24)}
    return {
        "program": {**public, "name": "", "key_wrapped": b"", "created_at": NOON},
        "organization": {**public, "program_id": 1, "name": "", "phone": ""},
        "person": {**public, "program_id": 1, **person, "language": "en", "created_at": NOON},
        "patient": {**public, "program_id": 1, **child, "language": "es", "key_wrapped": b"", "created_at": NOON},
        "consult": {
            **public,
            **consult,
            **unset,
            "program_id": 1,
            "patient_id": 1,
            "requester_id": 1,
            "organization_id": 1,
            "created_at": NOON,
        },
        "clock": {**cycle, "state": "running", "started_at": NOON, "is_breached": True},
        "clock_event": {**cycle, "kind": "started", "sequence": 0, "at": NOON, "reason": ""},
    }


@pytest.mark.slow
def test_what_was_declined_before_has_a_deadline_for_telling_its_family(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        waits = declining.decline(session, clinic.claimed(session), clinic.derm, "Needs a visit", now=NOON)
        told = declining.decline(session, clinic.claimed(session), clinic.derm, "Needs a visit", now=NOON)
        telling.inform(session, told, clinic.pcp, method="phone", teach_back=False, now=NOON)
        numbers = [waits.id, told.id]
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    database.migrate(f"-{sum(each.revision > '0028' for each in script.walk_revisions())}")
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM clock WHERE state <> 'stopped'")).scalar_one() == 0
    database.migrate()
    with database.reading() as session:
        assert list(violations(session, NOON)) == []
        found = [session.get_one(Consult, number).next_deadline_at for number in numbers]
        assert found == [NOON + timedelta(hours=12), None]


@pytest.mark.slow
def test_what_was_attested_goes_down_and_up_again(database: Database, clinic: Clinic) -> None:
    said = Attested(
        f2f_prior_14d=False, f2f_planned_14d=True, transfer_of_care=False, is_spoken_report=True, is_team_visit=False
    )
    with database.writing() as session:
        first, second = clinic.claimed(session), clinic.claimed(session)
        records.attest(session, first, clinic.derm2, said, answer=1, now=NOON)
        records.attest(session, first, clinic.derm, said, answer=1, now=NOON + timedelta(hours=1))
        records.set_diagnosis(session, second, clinic.pcp, "L20.83", now=NOON)
        numbers = (first.id, second.id)
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    database.migrate(f"-{sum(each.revision > '0039' for each in script.walk_revisions())}")
    with database.engine.connect() as connection:
        query = text(
            "SELECT attested_by_id, transfer_of_care, is_spoken_report FROM consult_billing ORDER BY consult_id"
        )
        assert [tuple(row) for row in connection.execute(query)] == [(clinic.derm.id, 0, 1), (None, None, None)]
    database.migrate()
    with database.reading() as session:
        kept = records.attestation_of(session, numbers[0], clinic.derm.id, answer=1)
        assert kept is not None
        assert (kept.f2f_planned_14d, kept.attested_at) == (True, NOON + timedelta(hours=1))
        assert [records.billing_of(session, number).diagnosis for number in numbers] == ["", "L20.83"]


@pytest.mark.slow
def test_what_was_attested_is_of_the_answer_that_it_followed(database: Database, clinic: Clinic) -> None:
    said = Attested(
        f2f_prior_14d=False, f2f_planned_14d=False, transfer_of_care=False, is_spoken_report=False, is_team_visit=False
    )
    with database.writing() as session:
        number = clinic.answered(session).id
        consult = session.get_one(Consult, number)
        records.attest(session, consult, clinic.derm, said, answer=1, now=NOON + timedelta(hours=1))
        reopening.reopen(session, consult, clinic.pcp, "It came back after all", now=NOON + timedelta(hours=2))
        records.attest(session, consult, clinic.derm2, said, answer=2, now=NOON + timedelta(hours=3))
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    database.migrate(f"-{sum(each.revision > '0045' for each in script.walk_revisions())}")
    database.migrate()
    with database.reading() as session:
        found = {
            (who.id, answer): records.attestation_of(session, number, who.id, answer=answer) is not None
            for who in (clinic.derm, clinic.derm2)
            for answer in (1, 2)
        }
        assert found == {
            (clinic.derm.id, 1): True,
            (clinic.derm.id, 2): False,
            (clinic.derm2.id, 1): False,
            (clinic.derm2.id, 2): True,
        }


@pytest.mark.slow
@pytest.mark.parametrize("has_left", [False, True])
def test_what_the_desk_heard_of_an_empty_clinic_is_not_told_again_after_the_schema_changed(
    database: Database, clinic: Clinic, has_left: bool
) -> None:
    """On leave in two parts, or gone for good, for four days; an absence of the month before is over."""
    now = datetime.now(UTC)
    days = [(-40, -30)] if has_left else [(-40, -30), (-4, -2), (-2, 9)]
    with database.writing() as session:
        clinic.answered(session, now=now - timedelta(5))
        for start, end in days:
            span = {"starts_at": now + timedelta(start), "ends_at": now + timedelta(end)}
            session.add(TimeOff(person_id=clinic.pcp.id, **span))
        session.get_one(Person, clinic.pcp.id).is_active = not has_left
        session.flush()
        assert watch_clinics(session, now - timedelta(4)) == 1
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    database.migrate(f"-{sum(each.revision > '0051' for each in script.walk_revisions())}")
    database.migrate()
    with database.writing() as session:
        known = session.get_one(Organization, clinic.home.id).empty_since
        assert known == now - timedelta(30 if has_left else 4)
        assert watch_clinics(session, now + timedelta(minutes=1)) == 0
        session.get_one(Person, clinic.pcp.id).is_active = True
        session.execute(delete(TimeOff))
        assert watch_clinics(session, now + timedelta(minutes=2)) == 0
        session.add(TimeOff(person_id=clinic.pcp.id, starts_at=now, ends_at=now + timedelta(9)))
        session.flush()
        assert watch_clinics(session, now + timedelta(minutes=3)) == 1


def test_the_narrow_indexes_of_consults_are_the_newest(sqlite_database: Database) -> None:
    """Of two that fit SQLite takes the newest: with the wide one a specialist's page read every open consult."""
    with sqlite_database.engine.connect() as connection:
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'consult' ORDER BY rowid"
        found = [(name, " WHERE " in (words or "")) for name, words in connection.exec_driver_sql(made)]
        mine = "SELECT id FROM consult WHERE program_id = 1 AND holder_id = 2 AND status NOT IN ('draft') LIMIT 100"
        plan = [row[3] for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + mine)]
    narrow = [is_narrow for _name, is_narrow in found]
    assert narrow == sorted(narrow)
    assert plan == ["SEARCH consult USING INDEX ix_consult_holder (holder_id=?)"]


SAID: tuple[Any, ...] = (Message, Answer, RelatedPerson, Handover)


@pytest.mark.slow
def test_what_was_said_before_belongs_to_its_program(database: Database, clinic: Clinic) -> None:
    second = open_clinic(database, vault=clinic.vault, mark="second-")
    with database.writing() as session:
        for side in (clinic, second):
            consult = side.answered(session)
            threads.post(session, consult, side.pcp, Audience.CLINICIANS, text="Yes.", now=NOON)
            hand_over(session, consult, "take_over", side.derm2.id, by_id=side.derm2.id, now=NOON)
    with database.reading() as session:
        belongs = [session.scalars(select(each.program_id).order_by(each.id)).all() for each in SAID]
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    database.migrate(f"-{sum(each.revision > '0055' for each in script.walk_revisions())}")
    database.migrate()
    with database.reading() as session:
        assert [session.scalars(select(each.program_id).order_by(each.id)).all() for each in SAID] == belongs
    assert {number for each in belongs for number in each} == {clinic.program.id, second.program.id}
    assert all(belongs)


def test_a_young_account_that_was_opened_again_gets_the_password_of_its_address(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        program = clinic.vault.add_program(session, "Second Program", NOON)
        own, theirs, alone = (
            add_person(session, database.cipher, where, email=email, name=email, role=Role.YOUTH, now=NOON)
            for where, email in (
                (clinic.program, "own@example.test"),
                (program, "own@example.test"),
                (program, "alone@example.test"),
            )
        )
        set_password(session, theirs, hash_password("another horse another staple"), NOON)
        own.password_hash = None
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    database.migrate(f"-{sum(each.revision > '0084' for each in script.walk_revisions())}")
    database.migrate()
    with database.reading() as session:
        hashes = [session.get_one(Person, each.id).password_hash for each in (own, theirs, alone)]
    assert hashes[0] == hashes[1] is not None
    assert hashes[2] is None
