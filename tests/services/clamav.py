"""A real ClamAV daemon on a unix socket, with a signature database of one line: the EICAR test file."""

from __future__ import annotations

import hashlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.processes import Launch, Service, need, start

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LONGEST_STREAM = 1024 * 1024


@dataclass
class ScannerDaemon:
    """A daemon that tests may stop and start again."""

    folder: Path
    service: Service

    @property
    def url(self) -> str:
        return f"unix://{self.folder / 'clamd.sock'}"

    def is_up(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            try:
                line.connect(str(self.folder / "clamd.sock"))
                line.sendall(b"zPING\0")
                return line.recv(16) == b"PONG\0"
            except OSError:
                return False

    def kill(self) -> None:
        self.service.kill()
        (self.folder / "clamd.sock").unlink(missing_ok=True)

    def restart(self) -> None:
        self.service.stop()
        self.service = _launch(self.folder)
        self.service.wait_ready(self.is_up)


def start_clamav(folder: Path) -> ScannerDaemon:
    """Start a daemon of your own in `folder`, which has a short name, as sockets need."""
    signature = f"{hashlib.md5(EICAR, usedforsecurity=False).hexdigest()}:{len(EICAR)}:Eicar-Test\n"
    (folder / "db").mkdir()
    (folder / "db" / "test.hdb").write_text(signature)
    (folder / "clamd.conf").write_text(
        f"LocalSocket {folder / 'clamd.sock'}\nDatabaseDirectory {folder / 'db'}\nTemporaryDirectory {folder}\n"
        f"Foreground yes\nStreamMaxLength {LONGEST_STREAM}\nAlertExceedsMax yes\n"
    )
    daemon = ScannerDaemon(folder, _launch(folder))
    daemon.service.wait_ready(daemon.is_up)
    return daemon


def _launch(folder: Path) -> Service:
    command = [need("clamd", "clamav-daemon"), "--config-file", str(folder / "clamd.conf")]
    return start(Launch(command, folder / "clamd.log"))


@pytest.fixture(scope="session")
def clamav() -> Iterator[ScannerDaemon]:
    """One daemon for the session."""
    folder = Path(tempfile.mkdtemp(prefix="ec-av-"))
    daemon = start_clamav(folder)
    yield daemon
    daemon.service.stop()
    shutil.rmtree(folder)
