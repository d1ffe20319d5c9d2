"""Fixtures for every room: real servers and a real browser, started when the first test asks for them."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests import copies

SHARED_MEMORY, ENOUGH = Path("/dev/shm"), 4 << 30  # noqa: S108 - what is made in it is made by mkdtemp.


def _in_memory() -> None:
    """Keep what tests write in memory: no test waits for a disk then, and what is proven is about killed processes.

    Whoever sets TMPDIR decides otherwise, and a container whose shared memory is small keeps its disk.
    """
    if "TMPDIR" in os.environ or not os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        return
    if min(shutil.disk_usage(SHARED_MEMORY).free, _memory_available()) >= ENOUGH:
        # Processes that a test starts, and those that share the tests, read it as well.
        os.environ["TMPDIR"] = tempfile.tempdir = str(SHARED_MEMORY)


def _memory_available() -> int:
    told = Path("/proc/meminfo").read_text().partition("MemAvailable:")[2].split()
    return int(told[0]) << 10 if told else 0


_in_memory()


def _keep_what_is_compiled() -> None:
    """Let Python keep what it compiles, whatever the shell says: each of the hundreds of processes would compile it."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


_keep_what_is_compiled()
# Thousands of tests are loaded now, and none of it is rubbish; see also `pytest_collection_finish`.
gc.set_threshold(20_000, 20, 20)

# These modules import each other, so pytest must know all of them before it loads the first.
pytest.register_assert_rewrite("tests.services")

# Each file in tests/services offers fixtures for one server; a new file needs no line here.
pytest_plugins = [f"tests.services.{path.stem}" for path in sorted(Path(__file__).parent.glob("services/[a-z]*.py"))]

PROCESSORS = os.cpu_count() or 1
# Tests that share what costs minutes to set up stay on one process when several share the work.
TOGETHER = ("journeys", "contracts")
FIRST = (
    "journeys", "contracts", "test_one_command", "test_jobs_survive", "test_uploads_survive", "test_clocks_killed",
    "test_stock_clients", "test_escapes", "test_bombs", "test_papers", "test_video", "test_film_masks", "test_demo",
    "test_browser_staff", "test_browser_family", "test_queue_property", "test_buckets", "test_complaints",
    "test_uploads_figures", "test_upload_faults", "test_upload_patience", "test_browser_adding", "test_codes",
    "test_masks", "test_jail", "test_regained", "test_clock", "test_large_numbers", "test_prepare", "test_refusals",
    "test_fairness", "test_command", "test_browser_retakes",
)  # fmt: skip
"""Groups that take a processor's quarter of a minute or more begin first: one that began last, as chance orders them,
would leave the other processes idle.
"""


PATIENT = (
    "test_jobs_survive", "test_one_command", "test_tus_faults", "test_upload_patience", "test_clocks_killed",
    "test_slow_lines", "test_slow_forms", "test_supervisor",
)  # fmt: skip
"""Groups that mostly wait, for leases, heartbeats and slow lines: the one process more than there are processors begins
with these, so that no processor waits as well.
"""


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Hands whole groups to a process. `--dist loadgroup` of xdist 3.8 marks ids, which pytest 9.2 ignores."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(Path(nodeid.partition("::")[0]))

    def _assign_work_unit(self, node: WorkerController) -> None:
        is_extra = node in self.nodes[PROCESSORS:]
        found = [group for group in self.workqueue if (group in PATIENT) == is_extra]
        # Whoever has nothing else left helps with the others: each test waits now and then, and a processor with it.
        self.workqueue.move_to_end((found or list(self.workqueue))[0], last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let each process load another part of the test modules first, and find the others compiled by its neighbours.

    What pytest makes of a module's assertions is kept beside it, so that in a new checkout every process would make it
    of every module at the same moment.
    """
    worker, together = os.environ.get("PYTEST_XDIST_WORKER", ""), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    if not worker or session.config.args != session.config.getini("testpaths"):
        return
    paths = sorted(path.relative_to(session.config.rootpath) for path in Path(__file__).parent.rglob("test_*.py"))
    begin = len(paths) * int(worker.removeprefix("gw")) // int(together)
    for path in (*paths[begin:], *paths[:begin]):
        # Why a module cannot be loaded is told where its tests are collected.
        with suppress(Exception):
            importlib.import_module(".".join(path.with_suffix("").parts))


def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` starts."""
    return PROCESSORS + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    """With several processes (`-n 2`) a file's tests stay together, and so do some whole folders."""
    return GroupScheduling(config, log)


def _leave_further_copies(items: list[pytest.Item]) -> None:
    """Count among the slow proofs which PostgreSQL copies say nothing new: those of a table's further cases, which send
    the same statements as the first one with other values, and those of which other copies send every statement.
    """
    begun = set(copies.left_out())
    for item in items:
        case = getattr(item, "callspec", None)
        if case is None or "postgres" not in map(str, case.params.values()) or item.get_closest_marker("slow"):
            continue
        function = copies.function_of(item.nodeid)
        if function in begun:
            item.add_marker(pytest.mark.slow)
        begun.add(function)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest groups, and leave out what says nothing new of PostgreSQL."""
    _leave_further_copies(items)
    items.sort(key=lambda item: group_of(item.path) not in FIRST)


def pytest_collection_finish() -> None:
    """Let the collector of cycles leave alone what all tests stand on: it took a tenth."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def groups_seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each process signs for the groups that it was given."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "groups"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _one_process(request: pytest.FixtureRequest, groups_seen: Path) -> None:
    """Fail where a group is cut in two: each process would set up its servers anew, and no other test would notice."""
    mine = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    signed = groups_seen / group_of(request.path)
    with suppress(FileExistsError), signed.open("x") as file:
        file.write(mine)
    assert signed.read_text() in (mine, ""), "the tests of a group were given to two processes"


@pytest.fixture(autouse=True)
def _in_turn() -> Iterator[None]:
    """Fail where a test leaves its process with another turn on the processor: all that follow would starve others."""
    before = _policy()
    yield
    assert _policy() == before


def _policy() -> int:
    return os.sched_getscheduler(0) if sys.platform == "linux" else 0


def group_of(path: Path) -> str:
    """The folder or the file whose tests share what they set up."""
    return path.parent.name if path.parent.name in TOGETHER else path.stem
