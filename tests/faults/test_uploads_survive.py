"""Killed servers and cut lines: what was acknowledged is there, and what arrives is what was sent.

The normal run holds a short version of each; `pytest -m slow` runs the numbers that the design asks for.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.doors import OurDoor, our_door
from tests.faults.killing import run_kills
from tests.faults.line_cutter import LineCutter
from tests.faults.strangers import node, npm_packages, python_packages
from tests.spread import spread

MEGABYTE = 1024 * 1024
TUSPY = """
import json, sys
from tusclient import client
from tusclient.exceptions import TusCommunicationError
port, path, metadata, token, chunk = sys.argv[1:]
tus = client.TusClient(f"http://127.0.0.1:{port}/uploads", headers={"Authorization": token})
uploader = tus.uploader(path, chunk_size=int(chunk), metadata=json.loads(metadata), upload_checksum=True, retries=100,
                        retry_delay=0)
uploader.upload()
print(uploader.url)
"""


LONG = (pytest.mark.slow, pytest.mark.timeout(3600))


@pytest.fixture
def door(tmp_path: Path) -> Iterator[OurDoor]:
    with our_door(tmp_path / "door", "--preload") as door:
        yield door


@pytest.mark.parametrize("kills", [2, pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_a_server_that_is_killed_again_and_again_loses_nothing_acknowledged(door: OurDoor, kills: int) -> None:
    toll = run_kills(door, kills, 20 * MEGABYTE, random.Random(kills))
    assert (toll.corrupt, toll.lost) == (0, 0)
    assert toll.faults >= kills
    if kills == 1000:
        assert toll.mean_resent <= 300_000


@pytest.mark.parametrize("kind", spread(["fin", "rst"], 1))
@pytest.mark.parametrize("cuts", [8, pytest.param(300, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
@pytest.mark.wide
def test_lines_that_are_cut_again_and_again_keep_what_they_brought(door: OurDoor, cuts: int, kind: str) -> None:
    """A sender of our own, which sees what each cut cost: a polite one nothing at all."""
    cutter = LineCutter(door.port, MEGABYTE, cuts, random.Random(1), kinds=(kind,))
    far = OurDoor(cutter.port, door.path, door.headers, server=door.server)
    data = os.urandom(cuts * MEGABYTE // 2)
    path, offset = door.begin(len(data)), 0
    while offset < len(data):
        before = len(cutter.cuts)
        with contextlib.suppress(OSError):
            far.patch(path, offset, data[offset:])
        cut = cutter.cuts[-1] if len(cutter.cuts) > before else None
        if cut is not None:
            assert cut.is_settled.wait(30)
        standing, head = door.offset(path), len(far.patch_head(path, offset, len(data) - offset))
        if cut is not None and kind == "fin":
            # The head of a request of http.client is a little longer than the one that we write by hand.
            assert standing - offset >= cut.passed - head - 200
        assert standing >= offset
        offset = standing
    cutter.close()
    assert door.content(path) == data


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "clip.bin"
    path.write_bytes(os.urandom(24 * MEGABYTE))
    return path


def metadata_of(door: OurDoor) -> dict[str, str]:
    """What a stock client is told to send along."""
    pairs = (pair.split(" ") for pair in door.metadata.split(","))
    return {key: base64.b64decode(value).decode() for key, value in pairs}


@pytest.mark.parametrize("cuts", [5, pytest.param(400, marks=LONG)])
@pytest.mark.parametrize("chunk", spread([0, 5 * MEGABYTE], 1))
def test_tus_js_client_gets_everything_through_a_line_that_is_cut(
    door: OurDoor, file: Path, chunk: int, cuts: int
) -> None:
    cutter = LineCutter(door.port, mean=MEGABYTE, budget=cuts, dice=random.Random(2))
    while len(cutter.cuts) < cutter.budget:
        command = [*node(), str(npm_packages() / "stock.mjs"), f"http://127.0.0.1:{cutter.port}/uploads", str(file)]
        command += [str(chunk), json.dumps(metadata_of(door)), door.headers["Authorization"]]
        child = subprocess.run(command, capture_output=True, text=True, check=False)
        assert child.returncode == 0, child.stderr
        path = "/uploads/" + json.loads(child.stdout)["url"].rpartition("/")[2]
        assert digest(door.content(path)) == digest(file.read_bytes())
        door.forget(path)
    cutter.close()


@pytest.mark.parametrize("cuts", [pytest.param(5, marks=pytest.mark.slow), pytest.param(200, marks=LONG)])
def test_tuspy_with_checksums_gets_everything_through_a_line_that_is_cut(door: OurDoor, file: Path, cuts: int) -> None:
    cutter = LineCutter(door.port, mean=2 * MEGABYTE, budget=cuts, dice=random.Random(3))
    while len(cutter.cuts) < cutter.budget:
        path = send_with_tuspy(door, cutter.port, file, chunk=MEGABYTE)
        assert digest(door.content(path)) == digest(file.read_bytes())
        door.forget(path)
    cutter.close()


def send_with_tuspy(door: OurDoor, port: int, file: Path, chunk: int) -> str:
    environ = {**os.environ, "PYTHONPATH": str(python_packages())}
    metadata, token = json.dumps(metadata_of(door)), door.headers["Authorization"]
    command = [sys.executable, "-c", TUSPY, str(port), str(file), metadata, token, str(chunk)]
    child = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert child.returncode == 0, child.stderr[-2000:]
    return "/uploads/" + child.stdout.strip().rpartition("/")[2]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
