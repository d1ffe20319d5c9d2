"""The audit trail: whoever changes, removes, adds or moves a row of it is found out, and so is a tail taken back."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from econsult import audit
from econsult.access_log import looks_at
from econsult.anchors import EVERY, EVERY_ROWS, FILE, TAIL, anchor_due, read_anchors
from econsult.database import MIGRATIONS, Database, open_database
from econsult.errors import ForbiddenError
from econsult.people.patients import Patient
from econsult.trail import AuditChain, AuditEvent
from econsult.trail_check import Checked, check_anchoring, check_trail
from tests.personas import NOON, Clinic, open_clinic
from tests.spread import spread

Tamper = Callable[[Database, random.Random], None]


def write(database: Database, clinic: Clinic, number: int = 1, detail: str = "") -> None:
    with database.writing() as session:
        for _ in range(number):
            audit.record(
                session,
                "read",
                "patient",
                clinic.child.public_id,
                now=NOON,
                person_id=clinic.pcp.id,
                patient_id=clinic.child.id,
                detail=detail,
            )


def check(database: Database, folder: Path | None = None) -> Checked:
    with database.reading() as session:
        return check_trail(session, list(read_anchors(folder)) if folder else [])[0]


def anchor(database: Database, folder: Path, minutes: int = 0) -> int:
    with database.reading() as session:
        return anchor_due(session, folder, NOON + timedelta(minutes=minutes))


def run(database: Database, statement: str, **values: object) -> None:
    """As somebody who can write to the database and to nothing else."""
    with database.engine.begin() as connection:
        connection.execute(text(statement), values)


def last(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(select(AuditChain.sequence)).one()


def test_every_act_extends_the_trail_without_a_gap(database: Database, clinic: Clinic) -> None:
    before = last(database)
    with database.writing() as session:
        clinic.answered(session)
    found = check(database)
    assert found.fault == ""
    assert found.rows == last(database) > before + 3
    with database.reading() as session:
        numbers = session.scalars(select(AuditEvent.sequence).order_by(AuditEvent.id)).all()
        assert list(numbers) == list(range(1, len(numbers) + 1))


def test_what_was_rolled_back_or_refused_leaves_no_row(database: Database, clinic: Clinic) -> None:
    before = last(database)
    with pytest.raises(ForbiddenError), database.writing() as session:
        audit.record(session, "read", "person", "x", now=NOON, person_id=clinic.pcp.id)
        raise ForbiddenError("No.")
    write(database, clinic)
    assert (last(database), check(database).fault) == (before + 1, "")


def test_a_row_that_names_nobody_is_refused_with_its_act(database: Database, clinic: Clinic) -> None:
    with pytest.raises(ValueError, match="names no program"), database.writing() as session:
        audit.record(session, "create", "thing", "x", now=NOON, person_id=None)
    assert check(database).fault == ""


def test_many_writers_at_once_leave_one_chain(database: Database, clinic: Clinic) -> None:
    before = last(database)

    def work() -> None:
        for _ in range(10):
            write(database, clinic, 2)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (last(database), check(database).fault) == (before + 120, "")


def test_the_account_of_the_application_only_adds_to_the_trail(postgres_database: Database) -> None:
    """By the grants of docs/operations.md, word for word."""
    clinic, owned = open_clinic(postgres_database), postgres_database.engine
    grants = (MIGRATIONS.parents[1] / "docs" / "operations.md").read_text("utf-8").split("```sql\n")[1].split("```")[0]
    role = f"app_{owned.url.database}"
    run(postgres_database, grants.replace("econsult_app", role))
    try:
        address = owned.url.update_query_dict({"options": f"-crole={role}"})
        url = address.render_as_string(hide_password=False)
        with contextlib.closing(open_database(url, postgres_database.cipher)) as app:
            with app.writing() as session:
                clinic.answered(session)
            for act in ("UPDATE audit_event SET detail = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"):
                with pytest.raises(ProgrammingError, match="permission denied"):
                    run(app, act)
            assert check(app).fault == ""
    finally:
        run(postgres_database, f"DROP OWNED BY {role}; DROP ROLE {role}")


def _edit(database: Database, dice: random.Random) -> None:
    column, value = dice.choice(
        [
            ("action", "'wrote'"),
            ("entity", "'person'"),
            ("entity_id", "'0'"),
            ("detail", "'forged'"),
            ("person_id", "NULL"),
            ("patient_id", "NULL"),
            ("person_id", "1"),
            ("at", "'2001-01-01 00:00:00'"),
            ("mac", "'" + "0" * 64 + "'"),
            ("mac", "NULL"),
            ("sequence", "NULL"),
            ("sequence", "sequence + 100000"),
        ]
    )
    place = dice.randint(1, last(database))
    statement = f"UPDATE audit_event SET {column} = {value} WHERE sequence = :place"  # noqa: S608 - ours, above.
    with database.engine.begin() as connection:
        before = connection.execute(text("SELECT * FROM audit_event WHERE sequence = :n"), {"n": place}).one()
        connection.execute(text(statement), {"place": place})
        after = connection.execute(text("SELECT * FROM audit_event WHERE id = :n"), {"n": before.id}).one()
    if before == after:
        _edit(database, dice)


def _remove(database: Database, dice: random.Random) -> None:
    run(database, "DELETE FROM audit_event WHERE sequence = :place", place=dice.randint(1, last(database)))


def _cut(database: Database, dice: random.Random) -> None:
    run(database, "DELETE FROM audit_event WHERE sequence > :place", place=dice.randint(0, last(database) - 1))


def _cut_and_say_so(database: Database, dice: random.Random) -> None:
    """The end is set back as well; without the key its seal cannot be made."""
    place = dice.randint(1, last(database) - 1)
    run(database, "DELETE FROM audit_event WHERE sequence > :place", place=place)
    tail = "(SELECT mac FROM audit_event WHERE audit_event.sequence = :place)"
    run(database, f"UPDATE audit_chain SET sequence = :place, mac = {tail}", place=place)  # noqa: S608 - ours, above.


def _swap(database: Database, dice: random.Random) -> None:
    one, other = dice.sample(range(1, last(database) + 1), 2)
    for old, new in ((one, -1), (other, one), (-1, other)):
        run(database, "UPDATE audit_event SET sequence = :new WHERE sequence = :old", old=old, new=new)


def _renumber(database: Database, dice: random.Random) -> None:
    """Two rows change their keys and keep their places, and what lists by key would show them elsewhere."""
    one, other = dice.sample(range(1, last(database) + 1), 2)
    known = "SELECT id FROM audit_event WHERE sequence = :n"
    with database.engine.begin() as connection:
        keys = [connection.execute(text(known), {"n": place}).scalar_one() for place in (one, other)]
        for old, new in ((keys[0], -1), (keys[1], keys[0]), (-1, keys[1])):
            connection.execute(text("UPDATE audit_event SET id = :new WHERE id = :old"), {"old": old, "new": new})


def _move(database: Database, dice: random.Random) -> None:
    """One row gets a key after all others."""
    place = dice.randint(1, last(database) - 1)
    run(database, "UPDATE audit_event SET id = id + 1000000 WHERE sequence = :place", place=place)


def _add(database: Database, dice: random.Random) -> None:
    sequence = dice.choice(["NULL", f"{last(database) + 1}"])
    columns = "at, action, entity, entity_id, detail, program_id"
    copied = f"SELECT {columns}, {sequence}, mac FROM audit_event WHERE sequence = :place"  # noqa: S608 - ours, above.
    place = dice.randint(1, last(database))
    run(database, f"INSERT INTO audit_event ({columns}, sequence, mac) {copied}", place=place)


def _lose_the_end(database: Database, _dice: random.Random) -> None:
    run(database, "DELETE FROM audit_chain")


def _change_the_key(database: Database, _dice: random.Random) -> None:
    run(database, "UPDATE audit_chain SET key = :key", key="k0.AAAA")


TAMPERS: list[Tamper] = [
    *(_edit, _remove, _cut, _cut_and_say_so, _swap, _add, _renumber, _move),
    *(_lose_the_end, _change_the_key),
]


def tamper_and_mend(database: Database, tamper: Tamper, dice: random.Random) -> None:
    """Tamper, see that it is found, and put everything back as it was."""
    tables = MetaData()
    tables.reflect(database.engine, only=["audit_event", "audit_chain"])
    with database.engine.connect() as connection:
        kept = {
            name: connection.execute(tables.tables[name].select()).mappings().all()
            for name in tables.tables
            if name.startswith("audit_")
        }
    tamper(database, dice)
    assert check(database).fault, tamper.__name__
    with database.engine.begin() as connection:
        for name, rows in kept.items():
            connection.execute(tables.tables[name].delete())
            connection.execute(tables.tables[name].insert(), [dict(row) for row in rows])


@pytest.mark.parametrize("tamper", spread(TAMPERS, 6))
def test_whoever_tampers_is_found_out(database: Database, clinic: Clinic, tamper: Tamper) -> None:
    write(database, clinic, 5)
    dice = random.Random(tamper.__name__)
    for _ in range(5 if tamper in TAMPERS[:8] else 1):
        tamper_and_mend(database, tamper, dice)
    assert check(database).fault == ""


@pytest.mark.slow
def test_a_thousand_random_tamperings_are_found(sqlite_database: Database) -> None:
    write(sqlite_database, open_clinic(sqlite_database), 200)
    dice = random.Random(6)
    for _ in range(1000):
        tamper_and_mend(sqlite_database, dice.choice(TAMPERS), dice)


UNREADABLE = "Row 4 cannot be read: a value is not of its kind."
SPELT = "Row 4 spells its moment as no row does."
END = "The end of the trail cannot be read: a value is not of its kind."
SPOILED = [
    ("audit_event SET at = 'soon' WHERE sequence = 4", 3, UNREADABLE),
    ("audit_event SET at = 1 WHERE sequence = 4", 3, UNREADABLE),
    ("audit_event SET detail = x'00' WHERE sequence = 4", 3, UNREADABLE),
    ("audit_event SET mac = 'é' WHERE sequence = 4", 3, UNREADABLE),
    ("audit_event SET at = replace(at, ' ', 'T') WHERE sequence = 4", None, SPELT),
    ("audit_event SET at = at || '+00:00' WHERE sequence = 4", None, SPELT),
    ("audit_chain SET seal = x'00'", 0, END),
    ("audit_chain SET sequence = 'many'", 0, END),
    ("audit_chain SET key = x'00'", 0, END),
]


@pytest.mark.parametrize(("statement", "rows", "fault"), SPOILED)
def test_a_value_that_cannot_be_read_is_named_and_stops_no_check(
    sqlite_database: Database, statement: str, rows: int | None, fault: str
) -> None:
    """SQLite keeps any value in any column: one such row was a traceback, which names nothing."""
    clinic = open_clinic(sqlite_database)
    write(sqlite_database, clinic, 5)
    run(sqlite_database, f"UPDATE {statement}")
    # What is only spelt otherwise is the row that was written: all hold.
    held = last(sqlite_database) if rows is None else rows
    assert check(sqlite_database) == Checked(clinic.program.id, held, 0, fault)


def test_rows_of_a_program_that_is_no_number_are_named(sqlite_database: Database) -> None:
    clinic = open_clinic(sqlite_database)
    write(sqlite_database, clinic, 5)
    with contextlib.closing(sqlite3.connect(str(sqlite_database.engine.url.database))) as intruder:
        intruder.execute("UPDATE audit_event SET program_id = 'x' WHERE sequence = 4")
        intruder.commit()
    with sqlite_database.reading() as session:
        found = check_trail(session, [])
    assert [each.fault for each in found] == [
        "Row 4 is missing.",
        "Rows or an end claim a program that is no number.",
    ]


def test_the_first_bad_row_is_named(database: Database, clinic: Clinic) -> None:
    write(database, clinic, 5)
    run(database, "UPDATE audit_event SET detail = 'forged' WHERE sequence >= 3")
    assert check(database) == Checked(clinic.program.id, 2, 0, "Row 3 is not as it was written.")


def test_an_older_copy_of_the_tail_is_found_by_its_anchor_alone(
    database: Database, clinic: Clinic, tmp_path: Path
) -> None:
    write(database, clinic)
    old = last(database)
    with database.engine.connect() as connection:
        end = connection.execute(text("SELECT sequence, mac, seal FROM audit_chain")).one()
    write(database, clinic, 3, "looked")
    anchor(database, tmp_path)
    run(database, "DELETE FROM audit_event WHERE sequence > :old", old=old)
    run(database, "UPDATE audit_chain SET sequence = :sequence, mac = :mac, seal = :seal", **end._mapping)
    assert check(database).fault == ""
    assert (
        check(database, tmp_path).fault
        == f"Rows {old + 1} to {old + 3} were taken from the end: they had been anchored."
    )
    write(database, clinic, 5, "something else")
    assert check(database, tmp_path).fault == f"Row {old + 3} is not the one that was anchored."


def test_who_reads_the_anchors_cannot_put_the_end_back_to_one(
    database: Database, clinic: Clinic, tmp_path: Path
) -> None:
    """The seal of an anchor is not the one that stands at the end of a chain."""
    anchor(database, tmp_path)
    held = next(each for each in read_anchors(tmp_path) if each is not None)
    write(database, clinic, 3, "looked")
    run(database, "DELETE FROM audit_event WHERE sequence > :old", old=held.sequence)
    end = {"sequence": held.sequence, "mac": held.mac, "seal": held.seal}
    run(database, "UPDATE audit_chain SET sequence = :sequence, mac = :mac, seal = :seal", **end)
    assert "not as it was written" in check(database, tmp_path).fault


def test_an_anchor_of_the_kind_of_before_still_counts(database: Database, clinic: Clinic, tmp_path: Path) -> None:
    write(database, clinic)
    with database.reading() as session:
        chain = session.scalars(select(AuditChain)).one()
        old = {"program_id": chain.program_id, "sequence": chain.sequence, "mac": chain.mac, "seal": chain.seal}
    (tmp_path / FILE).write_text(json.dumps({**old, "at": NOON.isoformat()}) + "\n")
    assert check(database, tmp_path).fault == ""
    (tmp_path / FILE).write_text(json.dumps({**old, "sequence": 1, "at": NOON.isoformat()}) + "\n")
    assert "not" in check(database, tmp_path).fault


def test_anchors_that_a_clock_had_written_by_now_and_a_trail_that_is_gone_are_missed(
    database: Database, clinic: Clinic, tmp_path: Path
) -> None:
    def fault(folder: Path | None, minutes: int) -> str:
        with database.reading() as session:
            found = check_trail(session, list(read_anchors(folder)) if folder else [])
            return check_anchoring(session, found, NOON + timedelta(minutes=minutes))[0].fault

    assert fault(None, 0) == ""
    assert "There is no anchor" in fault(None, 20)
    anchor(database, tmp_path)
    assert fault(tmp_path, 20) == ""
    written = last(database)
    write(database, clinic, 2)
    assert fault(tmp_path, 4) == ""
    assert f"The anchors end at row {written}" in fault(tmp_path, 20)
    run(database, "DELETE FROM audit_event")
    run(database, "DELETE FROM audit_chain")
    assert fault(None, 0) == "There are people, and no row of what they did."


@pytest.mark.parametrize("sequence", ["NULL", "999999"])
def test_a_row_of_no_program_is_named_and_accuses_nobody_before_a_family(
    database: Database, clinic: Clinic, sequence: str
) -> None:
    columns = "at, person_id, entity, entity_id, patient_id"
    run(
        database,
        f"INSERT INTO audit_event ({columns}, action, detail, program_id, sequence, mac)"  # noqa: S608 - ours.
        f" SELECT at, :derm, 'patient', :child, :patient, 'break_glass', 'forged', NULL, {sequence}, NULL"
        " FROM audit_event WHERE sequence = 1",
        derm=clinic.derm.id,
        child=clinic.child.public_id,
        patient=clinic.child.id,
    )
    assert check(database).fault == "1 rows stand outside of the trail."
    with database.writing() as session:
        _child, looks, _older = looks_at(session, clinic.mother, clinic.child.public_id, now=NOON)
    assert not any(look.detail == "forged" for look in looks)


@pytest.mark.parametrize("sequence", [None, 0, 999999])
def test_a_row_beside_the_places_of_its_own_chain_is_named_and_accuses_nobody_before_a_family(
    sqlite_database: Database, sequence: int | None
) -> None:
    clinic = open_clinic(sqlite_database)
    write(sqlite_database, clinic)
    run(
        sqlite_database,
        "INSERT INTO audit_event (at, person_id, entity, entity_id, patient_id, action, detail, program_id, sequence)"
        " SELECT at, :derm, 'patient', :child, :patient, 'break_glass', 'forged', program_id, :sequence"
        " FROM audit_event WHERE sequence = 1",
        derm=clinic.derm.id,
        child=clinic.child.public_id,
        patient=clinic.child.id,
        sequence=sequence,
    )
    assert check(sqlite_database).fault
    with sqlite_database.writing() as session:
        _child, looks, _older = looks_at(session, clinic.mother, clinic.child.public_id, now=NOON)
    assert looks
    assert not any(look.detail == "forged" for look in looks)


def test_a_row_without_a_place_that_claims_a_program_which_is_not_there_is_named(
    sqlite_database: Database,
) -> None:
    clinic = open_clinic(sqlite_database)
    write(sqlite_database, clinic)
    # Whoever opens the file by another tool is held by no foreign key.
    with contextlib.closing(sqlite3.connect(str(sqlite_database.engine.url.database))) as connection, connection:
        columns = "at, action, entity, entity_id, detail"
        copied = f"SELECT {columns}, 999 FROM audit_event WHERE sequence = 1"  # noqa: S608 - ours, above.
        connection.execute(f"INSERT INTO audit_event ({columns}, program_id) {copied}")
    with sqlite_database.reading() as session:
        found = check_trail(session, [])
    assert [(each.program_id, bool(each.fault)) for each in found] == [(clinic.program.id, False), (999, True)]


def test_the_end_is_anchored_after_a_thousand_rows_or_five_minutes(
    database: Database, clinic: Clinic, tmp_path: Path
) -> None:
    assert anchor(database, tmp_path) == 1
    assert anchor(database, tmp_path, minutes=60) == 0, "nothing was added"
    write(database, clinic)
    assert anchor(database, tmp_path, minutes=4) == 0
    write(database, clinic, EVERY_ROWS)
    assert anchor(database, tmp_path, minutes=4) == 1
    write(database, clinic)
    assert anchor(database, tmp_path, minutes=4 + int(EVERY.total_seconds() // 60)) == 1
    assert [each.sequence for each in read_anchors(tmp_path) if each] == [
        last(database) - EVERY_ROWS - 2,
        last(database) - 1,
        last(database),
    ]
    assert check(database, tmp_path) == Checked(clinic.program.id, last(database), last(database))


def test_only_the_newest_anchors_are_read_to_know_what_is_due(
    database: Database, clinic: Clinic, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_text("an older line\n" * (TAIL // 10))
    assert anchor(database, tmp_path) == 1
    write(database, clinic)
    assert anchor(database, tmp_path, minutes=4) == 0
    assert len(list(read_anchors(tmp_path, newest=TAIL))) < len(list(read_anchors(tmp_path)))
    assert check(database, tmp_path).fault == "A line of the anchors cannot be read."


def test_a_trail_whose_end_was_removed_takes_no_more_rows_and_no_more_acts(database: Database, clinic: Clinic) -> None:
    write(database, clinic)
    run(database, "DELETE FROM audit_chain")
    with pytest.raises(IntegrityError), database.writing() as session:
        session.merge(clinic.child).phone = "505-555-0199"
        audit.record(session, "edit", "patient", "x", now=NOON, person_id=clinic.pcp.id)
    with database.reading() as session:
        assert session.get_one(Patient, clinic.child.id).phone == clinic.child.phone
        assert session.scalars(select(AuditChain.id)).all() == []


def test_a_line_that_a_power_cut_broke_off_is_passed_over_and_the_next_one_is_whole(
    database: Database, clinic: Clinic, tmp_path: Path
) -> None:
    anchor(database, tmp_path)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole + b'{"program_id": 1, "seq')
    assert check(database, tmp_path).fault == ""
    write(database, clinic)
    assert anchor(database, tmp_path, minutes=9) == 1
    assert len([each for each in read_anchors(tmp_path) if each is not None]) == 2


@pytest.mark.parametrize(
    "line",
    ["", "x", "[]", "{}", '{"program_id": 1}', '{"program_id":"1","sequence":1,"mac":"","seal":"","at":"2026-01-01"}'],
)
def test_a_line_that_is_no_anchor_is_said(database: Database, clinic: Clinic, tmp_path: Path, line: str) -> None:
    anchor(database, tmp_path)
    with (tmp_path / FILE).open("a") as file:
        file.write(line + "\n")
    assert check(database, tmp_path).fault == "A line of the anchors cannot be read."


def test_an_anchor_that_somebody_else_made_is_said(database: Database, clinic: Clinic, tmp_path: Path) -> None:
    write(database, clinic)
    anchor(database, tmp_path)
    ours = next(each for each in read_anchors(tmp_path) if each is not None)
    forged = {**vars(ours), "seal": "0" * 64}
    (tmp_path / FILE).write_text(json.dumps(forged) + "\n")
    assert check(database, tmp_path).fault == f"The anchor of row {ours.sequence} is not ours."


def test_an_emptied_database_is_said_as_long_as_there_is_an_anchor(
    database: Database, clinic: Clinic, tmp_path: Path
) -> None:
    anchor(database, tmp_path)
    run(database, "DELETE FROM audit_event")
    run(database, "DELETE FROM audit_chain")
    assert "end of the trail is missing" in check(database, tmp_path).fault


@pytest.mark.slow
def test_rows_from_before_there_was_a_chain_are_taken_into_it(database: Database, clinic: Clinic) -> None:
    write(database, clinic, 3)
    later = [path for path in MIGRATIONS.glob("versions/[0-9]*.py") if path.stem[:4] > "0007"]
    database.migrate(f"-{len(later)}")
    run(
        database,
        "INSERT INTO audit_event (at, action, entity, entity_id, detail)"
        " VALUES ('2020-01-01 00:00:00', 'create', 'organization', 'x', '')",
    )
    database.migrate()
    write(database, clinic)
    with database.reading() as session:
        rows = len(session.scalars(select(AuditEvent.id)).all())
    assert check(database) == Checked(clinic.program.id, rows, 0)
