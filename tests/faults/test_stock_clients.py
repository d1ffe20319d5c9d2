"""Clients that others wrote, as they are: tus-js-client, tuspy, curl."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.faults.doors import OurDoor, our_door
from tests.faults.spec_host import spec_host
from tests.faults.strangers import node, npm_packages
from tests.faults.test_uploads_survive import digest, metadata_of, send_with_tuspy
from tests.web.test_tus_disk import BAD_DISK
from tests.web.uploading import told


@pytest.fixture
def door(tmp_path: Path) -> Iterator[OurDoor]:
    """Ours, for files of a question that is not sent yet."""
    with our_door(tmp_path / "door") as door:
        draft = door.server.consult(door.server.clinic.family_draft)
        door.metadata = told(consult_id=draft.public_id, kind="video")
        yield door


def test_tus_js_client_does_all_that_its_own_specification_tries(door: OurDoor) -> None:
    command = [*node(), str(npm_packages() / "stock_story.mjs"), f"http://127.0.0.1:{door.port}/uploads"]
    command += [json.dumps(metadata_of(door)), door.headers["Authorization"]]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr


@pytest.mark.slow
def test_the_specification_that_tus_js_client_ships_holds_but_for_the_endpoint(door: OurDoor, desktop: Page) -> None:
    """See `spec_host` for what stands between it and our server."""
    with spec_host(door) as address:
        desktop.goto(f"{address}?spec=tus%20end-to-end")
        desktop.wait_for_function("jsApiReporter.status() === 'done'")
        found = [spec for spec in desktop.evaluate("jsApiReporter.specs()") if spec["status"] != "excluded"]
    assert [(spec["status"], spec["failedExpectations"]) for spec in found] == [("passed", [])] * 2


@pytest.mark.wide
def test_tuspy_with_checksums_sends_a_file(door: OurDoor, tmp_path: Path) -> None:
    file = tmp_path / "clip.bin"
    file.write_bytes(os.urandom(3_000_001))
    path = send_with_tuspy(door, door.port, file, chunk=1_000_000)
    assert digest(door.content(path)) == digest(file.read_bytes())


@pytest.mark.wide
def test_tus_js_client_goes_on_once_the_disk_is_back(tmp_path: Path) -> None:
    """It begins from zero after any refusal of its HEAD but one."""
    file, sign, folder = tmp_path / "clip.bin", tmp_path / "bad", tmp_path / "door"
    file.write_bytes(os.urandom(3_000_000))
    (tmp_path / "config.py").write_text(BAD_DISK.format(sign=str(sign), staging=str(folder / "staging")))
    with our_door(folder, "--config", str(tmp_path / "config.py")) as door:
        path, base = door.begin(3_000_000), f"http://127.0.0.1:{door.port}"
        assert door.patch(path, 0, file.read_bytes()[:1_000_000]) == 204
        sign.write_text(str(errno.EIO))
        command = [*node(), str(npm_packages() / "stock.mjs"), f"{base}/uploads", str(file), "0"]
        command += [json.dumps(metadata_of(door)), door.headers["Authorization"], f"{base}{path}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            assert child.stderr is not None
            assert [child.stderr.readline() for _ in range(2)] == ["again\n"] * 2
            sign.unlink()
            told, _ = child.communicate(timeout=60)
        assert (child.returncode, json.loads(told)["url"]) == (0, f"{base}{path}")
        assert door.content(path) == file.read_bytes()


def curl(door: OurDoor, *arguments: str, body: bytes = b"") -> tuple[int, dict[str, str]]:
    """The status and the headers of the last answer."""
    headers = {**door.headers, "Tus-Resumable": "1.0.0"}
    named = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    command = ["curl", "--silent", "--show-error", "--include", "--max-time", "30", *named, *arguments]
    child = subprocess.run(command, input=body, capture_output=True, check=False)
    assert child.returncode == 0, child.stderr
    *_, head = (part for part in child.stdout.split(b"\r\n\r\n") if part.startswith(b"HTTP/"))
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@pytest.mark.wide
def test_curl_follows_the_words_of_the_protocol(door: OurDoor) -> None:
    base, data = f"http://127.0.0.1:{door.port}", os.urandom(300_000)
    chunk = ("-H", "Content-Type: application/offset+octet-stream", "--data-binary", "@-")
    told_all = ("-H", f"Upload-Metadata: {door.metadata}")
    assert curl(door, "-X", "OPTIONS", f"{base}/uploads")[1]["tus-version"] == "1.0.0"
    status, found = curl(door, "-X", "POST", "-H", f"Upload-Length: {len(data)}", *told_all, f"{base}/uploads")
    assert status == 201
    address = base + found["location"]
    sum_of = base64.b64encode(hashlib.sha1(data[:100_000], usedforsecurity=False).digest()).decode()
    first = ("-X", "PATCH", *chunk, "-H", "Upload-Offset: 0", "-H", f"Upload-Checksum: sha1 {sum_of}", address)
    assert curl(door, *first, body=data[1:100_001])[0] == 460
    assert curl(door, *first, body=data[:100_000])[1]["upload-offset"] == "100000"
    assert curl(door, "--head", address)[1]["upload-offset"] == "100000"
    chunked = ("-X", "PATCH", *chunk, "-H", "Upload-Offset: 100000", "-H", "Transfer-Encoding: chunked", address)
    assert curl(door, *chunked, body=data[100_000:])[1]["upload-offset"] == "300000"
    assert door.content(found["location"]) == data
    assert curl(door, "-X", "DELETE", address)[0] == 204
    assert curl(door, "--head", address)[0] == 410
