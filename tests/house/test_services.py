"""The servers and the browser behind the fixtures are real, private and gone when the test run is gone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis
from playwright.sync_api import Page
from sqlalchemy import select, text

from econsult.database import TextCipher
from econsult.people.persons import Program
from tests.personas import NOON
from tests.schema import files_of
from tests.services.databases import CleanFiles
from tests.services.processes import Launch, ServiceError, start
from tests.services.product import can_write
from tests.services.redis import RedisServer

HOLDER = """
import sys
from pathlib import Path
from tests.services.processes import Launch, start
log = Path(sys.argv[1])
service = start(Launch(["sh", "-c", "echo up; exec sleep 600"], log))
service.wait_ready(lambda: log.read_text() == "up\\n")
print(service.pid, flush=True)
sys.stdin.read()
"""


def has_gone(pid: int, patience: float = 10.0) -> bool:
    """Whether the process ends within `patience` seconds; a zombie has ended."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


def test_every_postgres_test_gets_an_empty_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)


@pytest.mark.parametrize(
    ("name", "statement"),
    [("Mesa", "SELECT 1"), ("x" * (1 << 21), "SELECT 1"), ("Mesa", "CREATE TABLE more (id INTEGER)")],
    ids=["used", "grown", "changed"],
)
def test_a_sqlite_file_is_handed_on_without_rows_or_more_tables_and_as_small_as_a_new_one(
    tmp_path: Path, cipher: TextCipher, name: str, statement: str
) -> None:
    stock = CleanFiles(tmp_path, cipher)
    database, shape = stock.take()
    with database.writing() as session:
        session.add(Program(name=name, key_wrapped=b"", created_at=NOON))
        session.execute(text(statement))
    stock.give_back(database, shape)
    again, _shape = stock.take()
    assert sum(file.stat().st_size for file in files_of(again)[:2] if file.exists()) < 2_000_000
    with again.reading() as session:
        assert session.scalars(select(Program.id)).all() == []
        assert session.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'more'")).all() == []
    again.close()


@pytest.mark.parametrize("turn", [1, 2])
def test_every_redis_test_gets_an_empty_server(redis_url: str, turn: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set(f"left-behind-{turn}", turn)


def test_a_killed_redis_comes_back_with_what_it_had_written(own_redis: RedisServer) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.set("kept", 1)
    own_redis.kill()
    assert not own_redis.is_up()
    own_redis.restart()
    with redis.Redis.from_url(own_redis.url) as client:
        assert client.get("kept") == b"1"


def test_the_phone_is_small_spanish_and_touched(phone: Page) -> None:
    facts = phone.evaluate("() => [screen.width, navigator.language, navigator.maxTouchPoints > 0]")
    assert facts == [412, "es-US", True]


def test_the_desktop_is_wide_and_english(desktop: Page) -> None:
    assert desktop.evaluate("() => [innerWidth, innerHeight, navigator.language]") == [1440, 900, "en-US"]


def test_a_server_ends_when_the_test_run_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "log")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        os.kill(holder.pid, signal.SIGKILL)
    assert has_gone(pid)


def test_a_server_that_fails_to_start_shows_its_log(tmp_path: Path) -> None:
    service = start(Launch(["sh", "-c", "echo the disk is on fire; exit 1"], tmp_path / "log"))
    with pytest.raises(ServiceError, match="the disk is on fire"):
        service.wait_ready(lambda: False)


def test_a_server_leaves_no_children_behind(tmp_path: Path) -> None:
    service = start(Launch([shutil.which("sh") or "sh", "-c", "sleep 600 & echo $!; wait"], tmp_path / "log"))
    service.wait_ready(lambda: (tmp_path / "log").read_text().strip().isdigit())
    child = int((tmp_path / "log").read_text())
    service.stop()
    assert has_gone(child)


def test_a_machine_that_lacks_programs_is_told_their_packages(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.services.machine"]
    told = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "Missing: chromium (browser)" in told.stderr
    assert re.search(r"sudo apt-get install .*\bradosgw\b", told.stderr)


def test_records_in_which_a_stopped_process_writes_are_told_from_free_ones(tmp_path: Path) -> None:
    """A process of the demo that is stopped amid a write would make every later write of a journey fail."""
    records = tmp_path / "records.sqlite3"
    with closing(sqlite3.connect(records, isolation_level=None)) as stopped:
        stopped.execute("CREATE TABLE kept (id INTEGER)")
        assert can_write(records)
        stopped.execute("BEGIN IMMEDIATE")
        assert not can_write(records)
        stopped.execute("ROLLBACK")
        assert can_write(records)
