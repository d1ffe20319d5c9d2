"""What the queue costs at ten thousand and at a million open consults: `python -m tests.bench.queue --rows N`.

A whole idle tick of the clock process, the tick of each minute that sweeps and looks at cover as well, a hundred due
consults fired, the first and a deep page of the worklist, a page over HTTP (also of the desk, of a coordinator and of a
clinic), and what counts and looks ahead while nothing is late, on SQLite and, where its server programs are installed,
on PostgreSQL.
"""

from __future__ import annotations

import argparse
import gc
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from econsult.consults.clocks import stop_all
from econsult.consults.views import View
from econsult.consults.worklist import count, page
from econsult.database import Database
from econsult.people.persons import SPECIALTIES, Person, Role, add_person
from econsult.people.signin import open_session
from econsult.queue.firing import fire
from econsult.queue.forecast import forecast
from econsult.settings import load_settings
from tests.bench._figures import report
from tests.crowd import Crowd, add_crowd
from tests.personas import NOON, PASSWORD_ALONE, Clinic, open_clinic
from tests.services.postgres import find_binaries, start_postgres
from tests.services.processes import ServiceError
from web import create_app
from workers.clock import Ticker
from workers.runtime import Runtime, open_runtime

SMALL = 10_000
TURNS = 15
EACH = 3
"""Questions of one child. A list shows fifty, and whoever reads it is told about each of its children."""
FAR, SECOND, MINUTE = timedelta(days=2), timedelta(seconds=1), timedelta(seconds=61)
PAGES = ("desk_over_http", "board_over_http", "clinic_over_http")
LIMITS = {"idle": 1.0, "due_100": 20.0, "first_page": 5.0, "deep_page": 5.0, "page_over_http": 60.0}


@dataclass
class Bench:
    """One filled database. `deep` is a cursor far down the list."""

    database: Database
    clinic: Clinic
    browser: FlaskClient
    desk: FlaskClient
    pcp: FlaskClient
    ticker: Ticker
    deep: str = ""
    minutes: int = 0

    def idle(self) -> None:
        """One whole tick of the clock process with nothing due: its one look, and all that it writes (nothing)."""
        assert self.ticker.tick(NOON + SECOND) == 0

    def minute(self, at: datetime) -> None:
        """A tick of the clock process that sweeps and looks at cover as well, as it does once a minute."""
        assert self.ticker.tick(at) == 0

    def next_minute(self) -> datetime:
        self.minutes += 1
        return NOON + self.minutes * MINUTE

    def due_100(self, at: datetime) -> None:
        with self.database.writing() as session:
            assert fire(session, at)[0] == 100

    def next_due(self) -> datetime:
        """An instant at which just a hundred more have come due."""
        with self.database.reading() as session:
            hundredth = text(
                "SELECT id FROM consult WHERE next_deadline_at IS NOT NULL ORDER BY next_deadline_at LIMIT 1"
            )
            number = session.execute(hundredth).scalar_one()
        return NOON + FAR + (number + 99) * timedelta(milliseconds=10)

    def first_page(self) -> None:
        with self.database.reading() as session:
            assert len(page(session, self.clinic.derm, View.POOL, now=NOON).consults) == 50

    def page_over_http(self) -> None:
        assert self.browser.get("/worklist").status_code == 200

    def desk_over_http(self) -> None:
        assert self.desk.get("/coordination/desk").status_code == 200

    def board_over_http(self) -> None:
        assert self.desk.get("/coordination").status_code == 200

    def clinic_over_http(self) -> None:
        assert self.pcp.get("/clinic").status_code == 200

    def nothing_late(self) -> None:
        """What desk, clinic and specialist count as late, and what the desk looks ahead to, where nothing is."""
        with self.database.reading() as session:
            for person in (self.clinic.coordinator, self.clinic.pcp, self.clinic.derm):
                assert count(session, person, View.OVERDUE, now=NOON) == 0
            assert forecast(session, self.clinic.program.id, NOON).risks == []

    def deep_page(self) -> None:
        with self.database.reading() as session:
            page(session, self.clinic.derm, View.POOL, now=NOON, cursor=self.deep)


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.queue", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    for name, places in (("sqlite", _sqlite), ("postgres", _postgres)):
        with places() as url:
            if not url:
                continue
            small = _measure(f"{url}", SMALL)
        with places() as url:
            big = _measure(f"{url}", rows)
        for what, (value, processor) in big.items():
            growth = value / small[what][0]
            report(f"queue.{name}.{rows}.{what}.p50", round(value, 2), "ms", limit=LIMITS.get(what))
            report(f"queue.{name}.{rows}.{what}.cpu", round(processor, 2), "ms")
            report(f"queue.{name}.{what}.growth", round(growth, 2), f"times of {SMALL} rows", limit=2.0)
    return 0


@contextmanager
def _sqlite() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="ec-queue-"))
    yield f"sqlite:///{folder / 'q.sqlite3'}"
    shutil.rmtree(folder)


@contextmanager
def _postgres() -> Iterator[str]:
    try:
        find_binaries()
    except ServiceError:
        yield ""
        return
    folder = Path(tempfile.mkdtemp(prefix="ec-queue-"))
    server = start_postgres(folder)
    yield server.url(server.create())
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _measure(url: str, rows: int) -> dict[str, tuple[float, float]]:
    """Milliseconds (median; wall and processor) of each operation over so many open consults."""
    folder = Path(tempfile.mkdtemp(prefix="ec-queue-"))
    runtime = open_runtime(
        load_settings({"ECONSULT_DATA": str(folder), "ECONSULT_DATABASE_URL": url, **PASSWORD_ALONE})
    )
    runtime.database.migrate()
    clinic = open_clinic(runtime.database, vault=runtime.vault)
    with runtime.database.writing() as session:
        _staff(session, runtime.database, clinic)
        template = clinic.econsult(session)
        add_crowd(session, template, Crowd(rows, NOON + FAR, timedelta(milliseconds=10), each=EACH))
        stop_all(session, template, NOON, "test")
        template.status = "withdrawn"
    if runtime.database.engine.dialect.name == "postgresql":
        # As it does by itself; SQLite counts nothing unless somebody asks it to.
        with runtime.database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    ticker = Ticker(runtime)
    # The first tick sweeps, and begins what is watched; those of the next minute only look.
    ticker.tick(NOON)
    deep = _deep_cursor(runtime.database, clinic)
    derm, desk, pcp = (_browser(runtime, person) for person in (clinic.derm, clinic.coordinator, clinic.pcp))
    bench = Bench(runtime.database, clinic, derm, desk, pcp, ticker, deep)
    names = ("idle", "first_page", "deep_page", "nothing_late", "page_over_http", *PAGES)
    found = {what: _median(getattr(bench, what)) for what in names}
    found["minute"] = _median(bench.minute, bench.next_minute)
    found["due_100"] = _median(bench.due_100, bench.next_due)
    runtime.close()
    shutil.rmtree(folder)
    return found


def _staff(session: Session, database: Database, clinic: Clinic) -> None:
    """Somebody answers for each specialty."""
    for name in sorted(set(SPECIALTIES) - {"dermatology", "neurology"}):
        email, details = f"{name}@clinic.test", {"role": Role.SPECIALIST, "specialties": (name,)}
        add_person(session, database.cipher, clinic.program, email=email, name=name, now=NOON, **details)


def _browser(runtime: Runtime, person: Person) -> FlaskClient:
    """This person's browser, signed in."""
    browser = create_app(runtime).test_client()
    with runtime.database.writing() as session:
        browser.set_cookie("__Host-econsult_session", open_session(session, person, datetime.now(UTC)))
    return browser


def _deep_cursor(database: Database, clinic: Clinic) -> str:
    cursor = None
    with database.reading() as session:
        for _ in range(10):
            cursor = page(session, clinic.derm, View.POOL, now=NOON, cursor=cursor, limit=80).next_cursor
    return cursor or ""


def _median(act: Callable[..., None], prepare: Callable[[], object] | None = None) -> tuple[float, float]:
    """By the clock on the wall, and of this process's own processor time, which a busy machine does not stretch.

    What `prepare` does, and hands to each turn, is not measured.
    """
    act(*_given(prepare))
    gc.freeze()  # As the clock process does before its first tick.
    walls, processor = [], []
    for _ in range(TURNS):
        given = _given(prepare)
        began, used = time.perf_counter(), time.process_time()
        act(*given)
        walls.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - used) * 1000)
    return statistics.median(walls), statistics.median(processor)


def _given(prepare: Callable[[], object] | None) -> tuple[object, ...]:
    return (prepare(),) if prepare else ()


if __name__ == "__main__":
    raise SystemExit(main())
