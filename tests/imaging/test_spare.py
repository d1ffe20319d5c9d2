"""A child waits for the next file with memory that the last one gave back; it serves one and sees nothing else."""

import io
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from imaging import Jail, open_jail
from imaging.jail import client
from imaging.limits import MIB
from tests.imaging import files
from tests.imaging.conftest import PLAIN
from tests.imaging.jobs import spares_of, twin_of
from tests.imaging.test_jail import Job, child_of, eventually

PHOTO = files.encode(files.corners(1280, 960), "JPEG")


@pytest.fixture(scope="module")
def own_jail() -> Iterator[Jail]:
    with open_jail() as jail:
        yield jail


def prepared(jail: Jail) -> str:
    return jail.run("photo", "image/jpeg", io.BytesIO(PHOTO), len(PHOTO), PLAIN.to_plain()).verdict


def spare_of(jail: Jail) -> psutil.Process:
    assert prepared(jail) == "ready"
    (spare,) = eventually(lambda: spares_of(jail.pid))
    return spare


def test_a_child_that_waits_holds_memory_and_no_connection_and_serves_one_job(own_jail: Jail) -> None:
    spare = spare_of(own_jail)
    assert spare.parent() == twin_of(own_jail.pid)
    eventually(lambda: spare.memory_info().rss > 60 * MIB)
    place = Path("/proc") / str(spare.pid)
    links = {entry.name: str(entry.readlink()) for entry in (place / "fd").iterdir()}
    # The three streams that it has from its server, and the door by which its job will come.
    assert len(links) == 4
    assert {"0", "1", "2"} < set(links)
    job = Job(own_jail, PLAIN)
    assert child_of(own_jail) == spare
    assert "NoNewPrivs:\t1" in (place / "status").read_text()
    assert "Seccomp:\t2" in (place / "status").read_text()
    links = {entry.name: str(entry.readlink()) for entry in (place / "fd").iterdir()}
    assert [target.split(":")[0] for name, target in links.items() if int(name) > 2] == ["socket"]
    assert job.finish().is_ready
    eventually(lambda: not spare.is_running())


def test_jobs_that_come_while_another_runs_are_served_at_once(own_jail: Jail) -> None:
    spare = spare_of(own_jail)
    jobs = [Job(own_jail, PLAIN) for _ in range(2)]
    assert spares_of(own_jail.pid) == []
    assert all(job.finish().is_ready for job in jobs)
    assert spare_of(own_jail) != spare


def test_a_child_that_dies_waiting_costs_no_job(own_jail: Jail) -> None:
    spare = spare_of(own_jail)
    spare.kill()
    assert eventually(lambda: not spare.is_running())
    assert prepared(own_jail) == "ready"


def test_a_child_that_waits_dies_with_its_server() -> None:
    with open_jail() as jail:
        spare = spare_of(jail)
        twin = twin_of(jail.pid)
        assert twin is not None
        os.kill(twin.pid, signal.SIGKILL)
        eventually(lambda: not spare.is_running())
        assert prepared(jail) == "ready"


@pytest.mark.wide
def test_a_child_that_waits_in_vain_is_let_go_with_its_memory(tmp_path: Path) -> None:
    code = tmp_path / "imaging"
    shutil.copytree(Path(client.__file__).parents[1], code, ignore=shutil.ignore_patterns("__pycache__"))
    server = code / "jail" / "server.py"
    text = server.read_text()
    assert text.count("_IDLE = 30.0") == 1
    server.write_text(text.replace("_IDLE = 30.0", "_IDLE = 0.2"))
    with Jail(code=code) as jail:
        spare = spare_of(jail)
        eventually(lambda: not spare.is_running())
        assert prepared(jail) == "ready"
