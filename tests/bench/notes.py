"""What taking an answer along costs, and what it costs others meanwhile: `python -m tests.bench.notes`.

Each PDF is set by a process of its own; processor time is the figure to trust on a machine that does other things.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from econsult.people.persons import Person
from econsult.people.signin import open_session
from econsult.settings import load_settings
from tests.bench._figures import report
from tests.personas import PASSWORD_ALONE, open_clinic
from web import create_app
from workers.runtime import Runtime, open_runtime

WALL_LIMIT = 300.0


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.notes", description=__doc__)
    parser.add_argument("--looks", type=int, default=30)
    looks = parser.parse_args().looks
    with _runtime() as runtime:
        clinic = open_clinic(runtime.database, vault=runtime.vault, now=datetime.now(UTC))
        with runtime.database.writing() as session:
            consult = clinic.answered(session, now=datetime.now(UTC))
        app, note = create_app(runtime), f"/consults/{consult.public_id}/note"
        pcp, derm = (_browser(runtime, app, person) for person in (clinic.pcp, clinic.derm))
        _tell_note(pcp, note, looks)
        _tell_page(pcp, derm, note, looks)
    return 0


@contextmanager
def _runtime() -> Iterator[Runtime]:
    with (
        tempfile.TemporaryDirectory(prefix="ec-bench-") as folder,
        closing(open_runtime(load_settings({"ECONSULT_DATA": str(Path(folder) / "var"), **PASSWORD_ALONE}))) as runtime,
    ):
        runtime.database.migrate()
        yield runtime


def _browser(runtime: Runtime, app: Flask, person: Person) -> FlaskClient:
    browser = app.test_client()
    with runtime.database.writing() as session:
        browser.set_cookie("__Host-econsult_session", open_session(session, person, datetime.now(UTC)))
    return browser


def _tell_note(browser: FlaskClient, note: str, looks: int) -> None:
    before = _processor()
    walls = _walls(lambda: browser.get(f"{note}.pdf"), looks)
    report("notes.pdf.processor", round((_processor() - before) * 1000 / looks, 1), "ms")
    report("notes.pdf.p95", walls, "ms", limit=WALL_LIMIT)
    report("notes.text.p95", _walls(lambda: browser.get(f"{note}.txt"), looks), "ms")


def _tell_page(page: FlaskClient, taker: FlaskClient, note: str, looks: int) -> None:
    """The same page alone, and while two people take notes without a pause."""
    alone = _walls(lambda: page.get("/clinic"), looks)
    done = threading.Event()
    takers = [threading.Thread(target=_take, args=(taker, note, done)) for _ in range(2)]
    for thread in takers:
        thread.start()
    meanwhile = _walls(lambda: page.get("/clinic"), looks)
    done.set()
    for thread in takers:
        thread.join()
    report("notes.page.alone.p95", alone, "ms")
    report("notes.page.meanwhile.p95", meanwhile, "ms", peer="notes.page.alone.p95", ratio=round(meanwhile / alone, 2))


def _take(browser: FlaskClient, note: str, done: threading.Event) -> None:
    while not done.is_set():
        browser.get(f"{note}.pdf")


def _walls(look: Callable[[], Response], looks: int) -> float:
    """The 95th percentile in milliseconds."""
    taken = []
    for _ in range(looks):
        start = time.perf_counter()
        status = look().status_code
        taken.append((time.perf_counter() - start) * 1000)
        if status != 200:
            raise SystemExit(f"It answered {status}")
    return round(statistics.quantiles(taken, n=20)[-1], 1)


def _processor() -> float:
    """Seconds of processor that the processes which were ended have used, and this one."""
    used = [resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    raise SystemExit(main())
