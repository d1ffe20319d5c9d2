"""The jail holds: no key, no file, no other descriptor inside, and no way for one job to hurt the next."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from imaging import Jail, Policy, Report, open_jail, prepare
from tests.imaging import files
from tests.imaging.conftest import PLAIN, Kept
from tests.imaging.jobs import jobs_of, twin_of

T = TypeVar("T")
# The networks look at a fixed longer side, so a narrow picture costs a fourth of what a broad one of any size does.
PHOTO = files.encode(files.corners(320, 48), "JPEG")


class SlowSource(io.BytesIO):
    """A source that stops to answer once the child asks for its first byte, until it is let go."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.asked, self.go = threading.Event(), threading.Event()
        self.passes = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        # The parent reads the file twice itself, for its first bytes and its hash; the child comes third.
        self.passes += offset == 0
        if self.passes == 3:
            self.asked.set()
            assert self.go.wait(30)
        return super().seek(offset, whence)


class Job:
    """A job that waits in the middle, in a thread of its own."""

    def __init__(self, jail: Jail, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.source = SlowSource(PHOTO)
        self.kept = Kept()
        self.reports: list[Report] = []
        self.thread = threading.Thread(target=self._run, args=(jail,))
        self.thread.start()
        assert self.source.asked.wait(30)

    def _run(self, jail: Jail) -> None:
        self.reports.append(prepare("photo", self.source, self.kept, self.policy, jail=jail))

    def finish(self) -> Report:
        self.source.go.set()
        self.thread.join(30)
        return self.reports[0]


@pytest.fixture
def own_jail() -> Iterator[Jail]:
    with open_jail() as jail:
        yield jail


def child_of(jail: Jail) -> psutil.Process:
    (child,) = eventually(lambda: jobs_of(jail.pid))
    return child


def eventually(ask: Callable[[], T]) -> T:
    deadline = time.monotonic() + 20
    while not (answer := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return answer


def good_photo(jail: Jail) -> Report:
    return prepare("photo", io.BytesIO(PHOTO), Kept(), PLAIN, jail=jail)


def test_a_job_sees_no_environment_and_no_descriptor_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECONSULT_SECRET_KEY", "hunter2")
    with open(__file__) as inherited, open_jail() as jail:  # noqa: PTH123 - a descriptor that must not get in.
        os.set_inheritable(inherited.fileno(), True)
        job = Job(jail)
        child = Path("/proc") / str(child_of(jail).pid)
        assert (child / "environ").read_bytes() == b""
        links = {entry.name: str(entry.readlink()) for entry in (child / "fd").iterdir()}
        # What decoders print goes back to the job itself, and to nobody else.
        own, nothing, printed = (links.pop(stream) for stream in ("0", "1", "2"))
        assert nothing == os.devnull
        assert own == printed
        assert own.startswith("pipe:")
        assert own not in {str(entry.readlink()) for entry in (child.parent / str(jail.pid) / "fd").iterdir()}
        assert [target.split(":")[0] for target in links.values()] == ["socket"]
        assert job.finish().is_ready


def test_a_job_runs_under_limits_and_may_not_gain_privileges(own_jail: Jail) -> None:
    job = Job(own_jail)
    child = Path("/proc") / str(child_of(own_jail).pid)
    limits = (child / "limits").read_text()
    rows = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()}
    assert rows["Max cpu time"] == ["10", "11"]
    assert rows["Max address space"] == [str(1229 * 2**20)] * 2
    assert rows["Max file size"] == rows["Max core file size"] == ["0", "0"]
    assert "NoNewPrivs:\t1" in (child / "status").read_text()
    assert job.finish().is_ready


def test_a_killed_server_costs_its_job_and_not_the_next(own_jail: Jail) -> None:
    job = Job(own_jail)
    child = child_of(own_jail)
    os.kill(own_jail.pid, signal.SIGKILL)
    eventually(lambda: not child.is_running())
    report = job.finish()
    assert (report.verdict, report.reason) == ("failed", "crash")
    assert job.kept.files == {}
    assert good_photo(own_jail).is_ready


def test_a_child_that_crashes_is_a_failure_and_not_a_hang(own_jail: Jail) -> None:
    job = Job(own_jail)
    child_of(own_jail).send_signal(signal.SIGSEGV)
    report = job.finish()
    assert (report.verdict, report.reason) == ("failed", "crash")
    assert good_photo(own_jail).is_ready


def test_a_customer_who_hangs_up_takes_the_job_along(own_jail: Jail) -> None:
    gate, push = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            Job(own_jail)
            # On a busy machine the job would be gone again before anybody has seen it.
            os.read(gate, 1)
        finally:
            os._exit(0)
    child = child_of(own_jail)
    os.write(push, b"x")
    os.waitpid(pid, 0)
    os.close(gate)
    os.close(push)
    eventually(lambda: not child.is_running())
    assert good_photo(own_jail).is_ready


@pytest.mark.wide
def test_a_forked_worker_uses_the_jail_that_its_parent_opened(own_jail: Jail) -> None:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if good_photo(own_jail).is_ready else 1
            own_jail.close()
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
    assert good_photo(own_jail).is_ready


@pytest.mark.wide
def test_a_forked_worker_starts_a_dead_server_again(own_jail: Jail) -> None:
    assert good_photo(own_jail).is_ready
    twin = twin_of(own_jail.pid)
    assert twin is not None
    os.kill(own_jail.pid, signal.SIGKILL)
    # A kill takes its time, and whoever is still dying takes a job and fails it.
    eventually(lambda: not twin.is_running())
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if good_photo(own_jail).is_ready else 1
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
    own_jail.ensure()
    assert good_photo(own_jail).is_ready


@pytest.mark.wide
def test_jobs_run_side_by_side(own_jail: Jail) -> None:
    jobs = [Job(own_jail) for _ in range(2)]
    assert len(jobs_of(own_jail.pid)) == 2
    assert all(job.finish().is_ready for job in jobs)
    eventually(lambda: not jobs_of(own_jail.pid))


@pytest.mark.wide
def test_what_looks_for_nothing_is_served_by_a_twin_without_the_networks(own_jail: Jail) -> None:
    jobs = [Job(own_jail, PLAIN), Job(own_jail)]
    blind, seeing = sorted(jobs_of(own_jail.pid), key=lambda job: job.ppid() == own_jail.pid)
    assert (blind.parent(), seeing.ppid()) == (twin_of(own_jail.pid), own_jail.pid)
    assert blind.memory_info().rss < seeing.memory_info().rss - (40 << 20)
    assert all(job.finish().is_ready for job in jobs)


@pytest.mark.wide
def test_a_server_whose_twin_is_killed_serves_its_jobs_too(own_jail: Jail) -> None:
    assert good_photo(own_jail).is_ready
    server, twin = psutil.Process(own_jail.pid), twin_of(own_jail.pid)
    assert twin is not None
    job = Job(own_jail, PLAIN)
    (child,) = jobs_of(own_jail.pid)
    twin.kill()
    assert job.finish().verdict == "failed"
    eventually(lambda: not child.is_running())
    eventually(lambda: not twin.is_running())
    assert [good_photo(own_jail).is_ready for _ in range(2)] == [True, True]
    assert server.is_running()
    assert server.pid == own_jail.pid


@pytest.mark.wide
def test_a_twin_dies_with_its_server(own_jail: Jail) -> None:
    assert good_photo(own_jail).is_ready
    twin = twin_of(own_jail.pid)
    assert twin is not None
    os.kill(own_jail.pid, signal.SIGKILL)
    eventually(lambda: not twin.is_running())
    assert good_photo(own_jail).is_ready


@pytest.mark.wide
def test_closing_leaves_no_process_and_no_folder() -> None:
    jail = open_jail()
    folder = Path(f"/proc/{jail.pid}/cwd")
    assert folder.readlink() == Path("/")
    address = Path(jail.address)
    server = psutil.Process(jail.pid)
    assert good_photo(jail).is_ready
    twin = twin_of(jail.pid)
    assert twin is not None
    jail.close()
    jail.close()
    assert not server.is_running()
    eventually(lambda: not twin.is_running())
    assert not address.parent.exists()


def test_an_error_of_the_source_reaches_the_caller_and_frees_the_jail(own_jail: Jail) -> None:
    class Torn(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1) -> bytes:
            self.reads += 1
            if self.reads > 3:
                raise ValueError("a sealed segment does not open")
            return super().read(size)

    with pytest.raises(ValueError, match="sealed segment"):
        prepare("photo", Torn(PHOTO), Kept(), Policy(), jail=own_jail)
    eventually(lambda: not jobs_of(own_jail.pid))
    assert good_photo(own_jail).is_ready


@pytest.mark.wide
def test_a_still_costs_little_more_than_its_decoding(own_jail: Jail) -> None:
    good_photo(own_jail)
    costs = []
    for _ in range(9):
        usage = good_photo(own_jail).usage
        costs.append(
            usage["cpu_ms"]
            - sum(value for name, value in usage.items() if name.endswith("_ms") and name not in {"cpu_ms", "proof_ms"})
        )
    assert sorted(costs)[4] <= 25


def test_memory_that_a_job_lets_go_is_used_again() -> None:
    done = subprocess.run([sys.executable, "-c", REUSE], capture_output=True, text=True, check=True)
    first, second = (int(number) for number in done.stdout.split())
    # A fault for each 4 KiB makes 8192; how many the first time takes depends on the large pages of the kernel.
    assert second < 200
    assert first <= 8192 + 200


REUSE = """
import resource
from imaging import kernel
kernel.keep_heap(64 << 20)
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(32 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults(), faults())
"""


def test_what_comes_next_is_laid_behind_all_that_is_in_use_and_not_into_holes() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


HOLES = """
import ctypes
from imaging import kernel
kernel.keep_heap(8 << 20)
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
take = lambda size: libc.malloc(ctypes.c_size_t(size))
large, _, small, beyond = (take(size) for size in (16 << 20, 1 << 16, 1 << 14, 1 << 16))
for hole in (large, small):
    libc.free(ctypes.c_void_p(hole))
kernel.fill_holes()
print(take(4 << 20) > beyond, take(5000) > beyond)
"""


def test_the_room_of_a_heap_is_large_pages_from_its_first_byte() -> None:
    done = subprocess.run([sys.executable, "-c", ROOM], capture_output=True, text=True, check=True)
    is_at_the_start, faults = done.stdout.split()
    assert is_at_the_start == "True"
    # A fault for each 4 KiB makes 1536.
    assert int(faults) < 40 or not has_large_pages()


ROOM = """
import ctypes, resource
from imaging import kernel
kernel.keep_heap(16 << 20)
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(3 << 20))))
kernel.fill_holes()
kernel.give_back_memory()
kernel.keep_heap(16 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
place = libc.malloc(ctypes.c_size_t(6 << 20))
ctypes.memset(place, 1, 6 << 20)
print(place % (2 << 20) == 0, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.wide
def test_a_decoded_photo_takes_no_more_than_its_decoder_did() -> None:
    done = subprocess.run([sys.executable, "-c", DECODED], capture_output=True, text=True, check=True)
    # OpenCV holds three bytes of each pixel twice; laid into a picture of Pillow's they would be four more.
    assert 5.5 <= float(done.stdout) < 6.5


DECODED = """
import io
from PIL import Image
from imaging import kernel, warmth
from imaging.steps.decode_jpeg import decode_jpeg
buffer = io.BytesIO()
Image.new("RGB", (2400, 1800), "teal").save(buffer, "JPEG")
data = buffer.getvalue()
warmth.warm_up()
for _ in range(2):
    kernel.fill_holes()
    kernel.give_back_memory()
kernel.keep_heap(64 << 20)
before = kernel.own_memory()
image = decode_jpeg(data, "RGB", 1)
print((kernel.own_memory() - before) / (2400 * 1800))
"""


def has_large_pages() -> bool:
    """Whether this kernel gives large pages to whoever asks for them."""
    switch = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return switch.exists() and "[never]" not in switch.read_text()


@pytest.mark.slow
def test_a_job_does_not_write_into_the_memory_of_the_networks(own_jail: Jail) -> None:
    def faults() -> int:
        # Those of the children that ended, of all kinds that need no disk.
        return int(Path(f"/proc/{own_jail.pid}/stat").read_text().rpartition(")")[2].split()[8])

    photo = files.encode(files.corners(1600, 1200), "JPEG")

    def looked(policy: Policy) -> int:
        before = faults()
        assert prepare("photo", io.BytesIO(photo), Kept(), policy, jail=own_jail).is_ready
        return faults() - before

    looked(Policy())
    # With every pixel kept they are let go and their memory is used again: each 4 KiB of it
    # is copied first.
    assert looked(Policy(keeps_detail=True)) > looked(Policy()) + 400 or not has_large_pages()


def test_no_key_of_the_house_is_anywhere_in_the_memory_of_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    key = os.urandom(32)
    wanted = (b"imaging.jail.server", key, key.hex().encode())
    monkeypatch.setenv("ECONSULT_SECRET_KEY", key.hex())
    with open_jail() as jail:
        job = Job(jail)
        place = Path("/proc") / str(child_of(jail).pid)
        if os.geteuid() == 0:
            assert found_in_memory(place, wanted) == {wanted[0]}, "the search finds what is there, and that alone"
        else:
            with pytest.raises(PermissionError):
                found_in_memory(place, wanted)
        assert job.finish().is_ready


def found_in_memory(process: Path, wanted: tuple[bytes, ...]) -> set[bytes]:
    """Which of these any readable page of a process holds. Only root may look into a job."""
    found: set[bytes] = set()
    with (process / "mem").open("rb", buffering=0) as memory:
        for line in (process / "maps").read_text().splitlines():
            span, rights, *rest = line.split()
            if rights.startswith("r") and not rest[-1].startswith("[v"):
                start, end = (int(place, 16) for place in span.split("-"))
                memory.seek(start)
                page = memory.read(end - start)
                found |= {text for text in wanted if text in page}
    return found
