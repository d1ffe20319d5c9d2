"""The whole product as people start it: `python -m web --demo` as a real process with a data folder of its own.

It starts at the first journey, serves all of them, and must end in order: SIGTERM drains, exit 0, nothing left behind.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from econsult.installation import open_records
from econsult.people.persons import person_by_email
from econsult.people.signin import make_token
from econsult.settings import load_settings
from tests.services.processes import Launch, Service, start, tail
from tests.services.rgw import Gateway

ROOT = Path(__file__).resolve().parents[2]
READY_LIMIT, DRAIN_LIMIT = 90.0, 60.0
HOLDS, RECORDS = 50, "econsult.sqlite3"
READY = re.compile(r"^Ready: (http://localhost:\d+)\n.*admin@demo\.test\b.*\n", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(\S+@demo\.test)\b.*?(/sign-in/link/\S+)")
# Coverage of the product's processes is told by the environment; nothing else of ours may reach the product.
PASSED_ON = re.compile(r"PATH|LANG|TMPDIR|COV.*")
MARK = "JOURNEY_MARK"
RUNNING = pytest.StashKey[list["Product"]]()


@dataclass(repr=False)
class Product:
    """A running clinic. `address` has no slash at its end; `data` is its folder; `log` all that it prints."""

    address: str
    data: Path
    environ: Mapping[str, str]
    service: Service
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return self.service.launch.log

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def link(self, email: str) -> str:
        """The address of the printed one-time sign-in link of a persona."""
        printed = dict(LINK.findall(self.log.read_text()))
        return self.address + printed[email]

    def token(self, email: str) -> str:
        """A bearer token: the first as the operator's command prints it on its last line.

        The others are made here, as the command makes them: each start of it costs a second of a processor.
        """
        if not self.tokens:
            self.tokens[email] = self.command("token", "--person", email).splitlines()[-1]
        elif email not in self.tokens:
            self.tokens[email] = self._made_token(email)
        return self.tokens[email]

    def _made_token(self, email: str) -> str:
        records = open_records(load_settings({"ECONSULT_DATA": str(self.data)}))
        try:
            with records.database.writing() as session:
                person = person_by_email(session, records.database.cipher, email)
                assert person is not None
                return make_token(session, person, datetime.now(UTC))
        finally:
            records.close()

    def command(self, *words: str) -> str:
        """What `python -m econsult ...` prints. Raises AssertionError with what it said."""
        line = [sys.executable, "-m", "econsult", *words]
        environ = {**self.environ, "ECONSULT_DATA": str(self.data)}
        done = subprocess.run(line, env=environ, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"`econsult {words[0]}` ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def family_of_processes(self) -> dict[int, str]:
        """Every process that descends from the product or carries its mark, as pid and start time."""
        found = _descendants(self.service.pid) | _marked(self.environ[MARK])
        return {pid: stamp for pid in found if (stamp := _started(pid))}

    def hold_demo(self) -> None:
        """Stop the process that draws the demo's own files: to prepare them takes as long as a story, none of which
        looks at them. One that is stopped while it writes would keep everybody else from writing, so it goes on and is
        stopped again until the records can be written.
        """
        for _ in range(HOLDS):
            self._signal_demo(signal.SIGSTOP)
            if can_write(self.data / RECORDS):
                return
            self.let_demo_go_on()
        raise AssertionError("The demo's own files could not be stopped between two writes.")

    def let_demo_go_on(self) -> None:
        """The end of `hold_demo`."""
        self._signal_demo(signal.SIGCONT)

    def _signal_demo(self, number: signal.Signals) -> None:
        for pid in _descendants(self.service.pid):
            if b"workers.demo" in _read(pid, "cmdline"):
                os.kill(pid, number)

    def drain(self) -> None:
        """Ask it to end. Raises AssertionError where it does not exit with 0, or leaves a process behind."""
        family = self.family_of_processes()
        os.kill(self.service.pid, signal.SIGTERM)
        try:
            status = self.service.process.wait(DRAIN_LIMIT)
        except subprocess.TimeoutExpired:
            status = -1
        left = _wait_gone({**family, **self.family_of_processes()})
        self.service.stop()
        assert status == 0, f"The product ended with {status}:\n{tail(self.log, 40)}"
        assert not left, f"Processes outlived the product: {left}"


def start_product(folder: Path, **settings: str) -> Product:
    """Start it in `folder` and wait for its `Ready:` line. `settings` are added to a clean environment as they are."""
    data, log = folder / "data", folder / "product.log"
    environ = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
    environ |= {"HOME": str(folder), MARK: uuid.uuid4().hex, **settings}
    command = [sys.executable, "-m", "web", "--demo", "--port", "0", "--data", str(data)]
    service = start(Launch(command, log, environ={**environ, "PWD": str(ROOT)}))
    # The links of the personas are printed after the line that says that it is ready.
    service.wait_ready(lambda: READY.search(log.read_text()) is not None, READY_LIMIT)
    ready = READY.search(log.read_text())
    assert ready is not None
    return Product(ready[1], data, environ, service)


def can_write(records: Path) -> bool:
    """Whether a writing transaction can begin within two seconds, which is longer than any of the product's lasts."""
    with closing(
        sqlite3.connect(f"{records.as_uri()}?mode=rw", uri=True, timeout=2.0, isolation_level=None)
    ) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
    return True


def _descendants(pid: int) -> set[int]:
    """The process and all below it, in whatever session they are."""
    children: dict[int, list[int]] = {}
    for number in _pids():
        children.setdefault(_parent(number), []).append(number)
    found, waiting = set(), [pid]
    while waiting:
        found.add(number := waiting.pop())
        waiting += children.get(number, [])
    return found


def _marked(mark: str) -> set[int]:
    """Processes that inherited the mark, also those whose parent is gone."""
    return {pid for pid in _pids() if f"{MARK}={mark}".encode() in _read(pid, "environ")}


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _parent(pid: int) -> int:
    return int(_stat(pid)[1]) if _stat(pid) else 0


def _started(pid: int) -> str:
    """The start time, which tells a process from a later one of the same number; empty for one that is dead."""
    stat = _stat(pid)
    return stat[19] if stat and stat[0] not in {"Z", "X"} else ""


def _stat(pid: int) -> list[str]:
    """The fields after the command's name: state, parent, ..."""
    return _read(pid, "stat").decode(errors="replace").rpartition(")")[2].split()


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _wait_gone(family: Mapping[int, str], patience: float = 10.0) -> dict[int, str]:
    """What is still alive after the patience, as pid and command line."""
    deadline = time.monotonic() + patience
    while alive := [pid for pid, stamp in family.items() if _started(pid) == stamp]:
        if time.monotonic() > deadline:
            return {pid: _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace") for pid in alive}
        time.sleep(0.05)
    return {}


def _served(config: pytest.Config, prefix: str, **settings: str) -> Iterator[Product]:
    """The product for as long as a fixture lives; its folder is short because sockets have short names."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    product = start_product(folder, **settings)
    config.stash.setdefault(RUNNING, []).append(product)
    product.hold_demo()
    yield product
    product.let_demo_go_on()
    config.stash[RUNNING].remove(product)
    try:
        product.drain()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def product(pytestconfig: pytest.Config) -> Iterator[Product]:
    """The demo clinic with its blobs in files."""
    yield from _served(pytestconfig, "ec-story-")


@pytest.fixture(scope="session")
def s3_product(pytestconfig: pytest.Config, rgw: Gateway) -> Iterator[Product]:
    """The demo clinic with its blobs in a bucket of a real S3 server."""
    bucket = {"ECONSULT_BLOBS_URL": rgw.s3_url("journeys")}
    yield from _served(pytestconfig, "ec-s3-", **bucket, **rgw.environment)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the end of the log of every running product beside a journey that failed."""
    report = yield
    if report.failed and {"product", "s3_product"} & set(getattr(item, "fixturenames", ())):  # type: ignore[attr-defined]
        for running in item.config.stash.get(RUNNING, []):
            report.sections.append((f"log of {running.address}", tail(running.log, 40)))  # type: ignore[attr-defined]
    return report
