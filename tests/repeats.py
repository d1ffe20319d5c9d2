"""Which dear tests the normal run leaves to the slow proofs, since several others walk wherever they do.

`python -m pytest -n auto -p tests.repeats` (all tests, on a quiet machine, in an hour) notes what each test runs and
sends in its own process, and at what cost; `python -m tests.repeats` then writes `repeats.txt` anew. A line of the
product, or a statement, that `WALKERS` tests or fewer meet loses none of them, and a table of cases keeps one at least.
What no line tells of is never left out: rights, races, pictures, whole stories, browsers, PostgreSQL, and whatever
starts processes. A test that is new or renamed stands in no list and runs.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from coverage import Coverage
from coverage.numbits import numbits_to_nums

from tests.copies import Asked, Notes, function_of

if TYPE_CHECKING:
    from coverage.sqldata import CoverageData

LEFT_OUT = Path(__file__).with_name("repeats.txt")
FOLDER = Path(__file__).parent.parent / ".repeats"
ROOMS = ("econsult", "imaging", "storage", "uploads", "web", "workers")
WALKERS = 3
DEAR = 0.3
"""Seconds of processor; leaving out a test that costs less would win nothing."""
ALWAYS = (
    "tests/bench", "tests/contracts", "tests/faults", "tests/house", "tests/imaging", "tests/journeys", "tests/storage",
    "tests/econsult/test_access", "tests/econsult/test_complaints", "tests/econsult/test_migrations", "tests/workers",
    "tests/econsult/test_erasure", "tests/econsult/test_trail", "tests/web/test_audiences", "tests/web/test_browser",
    "tests/web/test_every_route", "tests/web/test_foreign_ids", "tests/web/test_signs_asked", "tests/web/test_who_may",
    "tests/api/test_who_may", "tests/api/test_whatever_is_asked",
)  # fmt: skip


@dataclass
class Walk:
    """What one test met in its own process, as numbers; its seconds of processor; whether that does not tell all."""

    met: np.ndarray
    seconds: float
    is_doubtful: bool = False


def choose(walks: Mapping[str, Walk]) -> set[str]:
    """The tests to leave out, the dearest first, while enough others meet all that they meet."""
    meeting = np.bincount(np.concatenate([walk.met for walk in walks.values()]))
    cases = Counter(map(function_of, walks))
    out: set[str] = set()
    for test, walk in sorted(walks.items(), key=lambda each: (-each[1].seconds, each[0])):
        is_last = "[" in test and cases[function_of(test)] == 1
        if may_be_left(test, walk) and not is_last and (meeting[walk.met] > WALKERS).all():
            meeting[walk.met] -= 1
            cases[function_of(test)] -= 1
            out.add(test)
    return out


def may_be_left(test: str, walk: Walk) -> bool:
    """Whether it is dear enough, and what it met tells what it does."""
    return walk.seconds >= DEAR and not walk.is_doubtful and bool(walk.met.size) and not test.startswith(ALWAYS)


def left_out() -> frozenset[str]:
    """The tests that stand in the list."""
    return frozenset(LEFT_OUT.read_text().splitlines())


class Walking:
    """Notes in one process what each test meets, beside the lines a list of statements and seconds."""

    def __init__(self) -> None:
        self.heard = Notes()
        self.told: dict[str, tuple[float, bool, list[str]]] = {}
        FOLDER.mkdir(exist_ok=True)
        self.file = FOLDER / os.environ.get("PYTEST_XDIST_WORKER", "alone")
        # Without the settings of `make coverage`, which follow into child processes.
        measured = [str(FOLDER.parent / room / "*") for room in ROOMS]
        self.lines = Coverage(data_file=str(self.file), config_file=False, include=measured)
        self.lines.erase()
        self.lines.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.heard.now, began = Asked(), os.times()
        self.heard.open.clear()
        self.lines.switch_context(item.nodeid)
        result = yield
        self.lines.switch_context("")
        ended = os.times()
        seconds = ended.user + ended.system - began.user - began.system
        is_doubtful = self.heard.now.is_doubtful or "postgres" in item.nodeid
        is_doubtful |= ended.children_user > began.children_user
        self.told[item.nodeid] = (seconds, is_doubtful, sorted(self.heard.now.shapes))
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # What breaks off has not met all that it would.
        self.heard.now.is_doubtful |= report.failed

    def pytest_sessionfinish(self) -> None:
        self.lines.stop()
        self.lines.save()
        self.file.with_suffix(".json").write_text(json.dumps(self.told))


def read_walks() -> dict[str, Walk]:
    """What the processes of the last measured run have noted."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    walks: dict[str, Walk] = {}
    for noted in FOLDER.glob("*.json"):
        lines = Coverage(data_file=str(noted.with_suffix("")), config_file=False)
        lines.load()
        ran = _lines_of(lines.get_data(), numbers)
        for test, (seconds, is_doubtful, shapes) in json.loads(noted.read_text()).items():
            met = [*(numbers[shape] for shape in shapes), *ran[test]]
            walks[test] = Walk(np.array(met, dtype=np.int64), seconds, is_doubtful)
    return walks


def _lines_of(data: CoverageData, numbers: dict[str, int]) -> Mapping[str, list[int]]:
    """By test; the public way to read them takes a query for each line."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    rows = "SELECT context.context, file.path, numbits FROM line_bits JOIN context ON context.id = context_id "
    with data._connect() as db, db.execute(rows + "JOIN file ON file.id = file_id") as told:
        for test, path, bits in told:
            found[test] += [numbers[f"{path}:{line}"] for line in numbits_to_nums(bits)]
    return found


def pytest_configure(config: pytest.Config) -> None:
    """As a plugin of a run; the process that hands out the tests runs none, and removes what an earlier run noted."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        shutil.rmtree(FOLDER, ignore_errors=True)
    if os.environ.get("PYTEST_XDIST_WORKER") or not config.getoption("numprocesses", None):
        config.pluginmanager.register(Walking())


def main() -> None:
    """Write the list, and say what it wins."""
    walks = read_walks()
    out = choose(walks)
    LEFT_OUT.write_text("".join(f"{test}\n" for test in sorted(out)))
    total, won = (sum(walks[test].seconds for test in tests) for tests in (walks, out))
    print(json.dumps({"tests": len(walks), "left_out": len(out), "seconds": round(total), "won": round(won)}))


if __name__ == "__main__":
    main()
