"""Transactions, sealed columns and instants."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, literal_column, select, text, type_coerce
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import Consult, RedFlagStop
from econsult.database import Database, Instant, TextCipher, open_database
from econsult.errors import EmergencyError, NotFoundError, SettingError
from econsult.heartbeats import beat
from econsult.people.patients import Patient
from econsult.turns import turns
from econsult.unreadable import UnreadableError, is_no_moment
from storage.keys import FieldCipher, KeyRing, WrongKey, generate
from tests.beside import statements
from tests.personas import NOON, Clinic, open_clinic


def test_names_and_words_rest_sealed(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        raw = session.execute(text("SELECT p.name, c.question FROM patient p, consult c")).all()
        flat = " ".join(str(value) for row in raw for value in row)
    assert "Luz" not in flat
    assert "dermatitis" not in flat
    assert consult.question.startswith("Is this atopic")


def test_another_key_does_not_open_the_columns(sqlite_database: Database) -> None:
    open_clinic(sqlite_database)
    other = open_database(str(sqlite_database.engine.url), FieldCipher(KeyRing.parse(generate())))
    with pytest.raises(WrongKey), other.reading() as session:
        session.scalars(select(Patient)).all()
    other.close()


def test_a_naive_instant_is_refused(database: Database, clinic: Clinic) -> None:
    with pytest.raises(StatementError, match="time zone"), database.writing() as session:
        consult = clinic.econsult(session)
        consult.answered_at = datetime(2026, 3, 2, 12, 0)  # noqa: DTZ001 - the point of the test.


def test_instants_come_back_aware_and_equal(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        number = clinic.econsult(session).id
    with database.reading() as session:
        assert session.get_one(Consult, number).due_at == NOON + timedelta(hours=24)


def test_a_refusal_rolls_back_but_an_emergency_is_kept(database: Database, clinic: Clinic) -> None:
    def raise_inside(error: Exception) -> int:
        with pytest.raises(type(error)), database.writing() as session:
            consult = clinic.draft(session)
            session.add(RedFlagStop(consult_id=consult.id, person_id=clinic.pcp.id, codes="breathing", at=NOON))
            raise error
        with database.reading() as session:
            return len(session.scalars(select(RedFlagStop)).all())

    assert raise_inside(NotFoundError()) == 0
    assert raise_inside(EmergencyError(("breathing",))) == 1


def test_sqlite_writers_wait_for_each_other_instead_of_failing(sqlite_database: Database) -> None:
    errors: list[Exception] = []

    def add_rows(name: str) -> None:
        for number in range(30):
            try:
                with sqlite_database.writing() as session:
                    beat(session, f"{name}-{number}", "fast", NOON)
            except OperationalError as error:
                errors.append(error)

    threads = [threading.Thread(target=add_rows, args=(f"w{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_writers_wait_in_line_before_they_ask_sqlite(sqlite_database: Database) -> None:
    # What waits inside of SQLite looks rarely the longer it waits: whoever comes later would go first.
    own, cut_in, came = threading.get_ident(), threading.Event(), []

    def begins(*_connection: object) -> None:
        came.append(threading.get_ident())
        if threading.get_ident() != own:
            cut_in.set()

    def write() -> None:
        with sqlite_database.writing() as session:
            session.execute(text("DELETE FROM heartbeat"))

    # Opening a connection may wait as well: enough of them lie ready.
    with ExitStack() as ready:
        for _ in range(6):
            ready.enter_context(sqlite_database.reading()).execute(text("SELECT 1"))
    event.listen(sqlite_database.engine, "checkout", begins)
    others = [threading.Thread(target=write) for _ in range(5)]
    with sqlite_database.writing() as session:
        session.execute(text("DELETE FROM heartbeat"))
        for each in others:
            each.start()
        assert not cut_in.wait(0.5)
    for each in others:
        each.join(timeout=20)
    assert len(set(came)) == 6


def test_whose_turn_never_comes_asks_all_the_same() -> None:
    turn = turns(0.01)
    with turn(), turn():
        pass
    with turn():
        pass


def test_sqlite_is_durable_and_checks_references(sqlite_database: Database) -> None:
    with sqlite_database.reading() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_nobody_else_reads_the_file_whatever_the_mask_is(tmp_path: Path, cipher: TextCipher) -> None:
    path = tmp_path / "econsult.db"
    mask = os.umask(0)
    try:
        database = open_database(f"sqlite:///{path}", cipher)
        database.migrate("0001")
        with database.engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
        assert modes == dict.fromkeys(("econsult.db", "econsult.db-wal", "econsult.db-shm"), 0o600)
        database.close()
    finally:
        os.umask(mask)


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x", "sqlite:////proc/none/db.sqlite3"])
def test_a_wrong_database_url_is_one_clear_sentence(url: str) -> None:
    with pytest.raises(SettingError, match=r"\.$"):
        open_database(url, FieldCipher(KeyRing.parse(generate())))


def test_an_error_does_not_repeat_what_somebody_wrote(database: Database, clinic: Clinic) -> None:
    with pytest.raises(IntegrityError) as error, database.writing() as session:
        session.add(RedFlagStop(consult_id=987654, person_id=clinic.pcp.id, codes="a canary", at=NOON))
    assert "canary" not in str(error.value)


def test_a_postgres_that_a_broken_line_leads_to_counts_as_away(cipher: TextCipher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://a:b@127.0.0.1:{silent.getsockname()[1]}/c?connect_timeout=2"
        database, told = open_database(url, cipher), {}
        event.listen(database.engine, "do_connect", lambda *given: told.update(given[-1]))
        with pytest.raises(OperationalError):
            database.ping()
        database.close()
    assert (told["connect_timeout"], told["tcp_user_timeout"]) == ("2", 20_000)


def test_a_code_is_written_out_so_that_an_index_over_some_codes_serves(sqlite_database: Database) -> None:
    asked = select(Clock.id).where(Clock.state != ClockState.STOPPED)
    several = select(Consult.id).where(Consult.status.in_(OPEN), Consult.status != "draft")
    with sqlite_database.reading() as session, statements(sqlite_database) as told:
        assert [*session.scalars(asked), *session.scalars(several)] == []
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {told[1]}")).all()
    assert "ix_clock_open" in str(plan)
    assert "IN ('claimed', 'needs_info', 'submitted') AND consult.status != ?" in told[2]


_CELLS = (
    *("x", "2026-13-15 10:00:00.000000", "2026-02-30 10:00:00.000000", "2026-11-29 24:00:00", "2026-11-29 10:00:x"),
    *("2026-11-29 10:00:00.00000x", "2026-11-29 10:00:00.000000 or so", "2026-11-29 10:00:60"),
    *("2026-00-10 10:00:00", "2028-02-29 23:59:59.999999", "2026-12-31 00:00:00"),
)


def test_a_stored_moment_is_called_none_exactly_where_it_cannot_be_read(sqlite_database: Database) -> None:
    """A file that is made of what is called whole breaks off in the middle where that cannot be read."""
    called, met = [], []
    with sqlite_database.reading() as session:
        for cell in (*(f"'{text}'" for text in _CELLS), "NULL"):
            moment = type_coerce(literal_column(cell), Instant())
            called.append(bool(session.scalar(select(is_no_moment(session, moment)))))
            try:
                session.scalar(select(moment))
                met.append(False)
            except UnreadableError:
                met.append(True)
    assert called == met == [True] * 9 + [False] * 3
