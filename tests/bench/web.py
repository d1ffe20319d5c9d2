"""What pages cost the server, and what the first pages weigh for a phone: `python -m tests.bench.web`.

The application runs in this process on a real SQLite file, with fifty open eConsults in one queue. Processor time is
the figure to trust on a machine that does other things as well; the 95th percentile of the wall needs an idle one.
"""

from __future__ import annotations

import argparse
import gzip
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask.testing import FlaskClient

from econsult.people.persons import Person
from econsult.people.signin import open_session
from econsult.settings import load_settings
from tests.bench._figures import report
from tests.personas import PASSWORD_ALONE, open_clinic
from web import create_app
from workers.runtime import Runtime, open_runtime

ROWS = 50
WALL_LIMIT = 150.0
FAMILY_WEIGHT_LIMIT = 60.0
PART = re.compile(r'(?:src|href)="(/static/[^"]+\.(?:js|css|svg))"')


@dataclass(frozen=True)
class Place:
    """One page as one person sees it; `weight_limit` in KB, where it has one."""

    name: str
    browser: FlaskClient
    path: str
    weight_limit: float | None = None


def main() -> int:
    """Measure each page and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.web", description=__doc__)
    parser.add_argument("--looks", type=int, default=60)
    looks = parser.parse_args().looks
    with _runtime() as runtime:
        for place in _places(runtime):
            _tell_time(place, looks)
            _tell_weight(place)
    return 0


@contextmanager
def _runtime() -> Iterator[Runtime]:
    with (
        tempfile.TemporaryDirectory(prefix="ec-bench-") as folder,
        closing(open_runtime(load_settings({"ECONSULT_DATA": str(Path(folder) / "var"), **PASSWORD_ALONE}))) as runtime,
    ):
        runtime.database.migrate()
        yield runtime


def _places(runtime: Runtime) -> list[Place]:
    now = datetime.now(UTC)
    clinic = open_clinic(runtime.database, vault=runtime.vault, now=now - timedelta(days=1))
    with runtime.database.writing() as session:
        asked = [clinic.econsult(session, now=now - timedelta(minutes=20 * row)) for row in range(1, ROWS + 1)]
        answered = clinic.answered(session, now=now - timedelta(minutes=5))
        case, question = f"/consults/{asked[0].public_id}", f"/family/questions/{answered.public_id}"
    app = create_app(runtime)

    def browser(person: Person) -> FlaskClient:
        client = app.test_client()
        with runtime.database.writing() as session:
            client.set_cookie("__Host-econsult_session", open_session(session, person, now))
        return client

    derm, mother = browser(clinic.derm), browser(clinic.mother)
    return [
        Place("worklist_50_rows", derm, "/worklist"),
        Place("case", derm, case),
        Place("clinic_home", browser(clinic.pcp), "/clinic"),
        Place("coordination", browser(clinic.coordinator), "/coordination"),
        Place("family_home", mother, "/family", weight_limit=FAMILY_WEIGHT_LIMIT),
        Place("family_question", mother, question, weight_limit=FAMILY_WEIGHT_LIMIT),
    ]


def _tell_time(place: Place, looks: int) -> None:
    cpu, wall = [], []
    for turn in range(looks + 5):
        began, worked = time.perf_counter(), time.process_time()
        status = place.browser.get(place.path).status_code
        if status != 200:
            raise SystemExit(f"{place.name} answered {status}")
        if turn >= 5:
            wall.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - worked) * 1000)
    report(f"web.{place.name}.cpu.p50", round(statistics.median(cpu), 1), "ms")
    report(f"web.{place.name}.wall.p95", round(statistics.quantiles(wall, n=20)[-1], 1), "ms", limit=WALL_LIMIT)


def _tell_weight(place: Place) -> None:
    """The page and each style, script and drawing that it names itself, as they travel."""
    page = place.browser.get(place.path).get_data()
    parts = [place.browser.get(path).get_data() for path in sorted(set(PART.findall(page.decode())))]
    weight = sum(len(gzip.compress(part)) for part in (page, *parts)) / 1000
    report(f"web.{place.name}.weight", round(weight, 1), "KB gzip", limit=place.weight_limit)


if __name__ == "__main__":
    raise SystemExit(main())
