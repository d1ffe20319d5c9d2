"""A real S3 server for tests: the object gateway of Ceph, with one monitor and one disk, on loopback.

It starts at the first test that asks for it, serves the whole session, and ends with it. It needs no root.
"""

from __future__ import annotations

import http.client
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.processes import Launch, Service, ServiceError, need, start, tail

PROGRAMS = {
    "ceph": "ceph-common",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "monmaptool": "ceph-common",
    "radosgw": "radosgw",
    "radosgw-admin": "radosgw",
}
START_LIMIT = 120.0
ASKED = 20
DISK_SIZE = 8 * 1024**3

# No authentication inside the cluster, one copy of everything, and every path inside the folder of this session. The
# disk does not enter itself into the map: it sometimes tries before it has learned the cluster's id, and gives up.
CONFIGURATION = """
[global]
fsid = {cluster}
mon host = [v1:127.0.0.1:{mon_port}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
run dir = {folder}
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
crash dir = {folder}
mon data = {folder}/mon
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
osd data = {folder}/osd
osd objectstore = bluestore
bluestore block size = {disk_size}
osd crush chooseleaf type = 0
osd crush update on start = false
osd class update on start = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd class load list = *
osd class default list = *
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {folder}/rgw
"""


@dataclass(frozen=True)
class Gateway:
    """Where the server is and who may use it."""

    port: int
    conf: Path
    key_id: str = "econsult-test"
    secret: str = "econsult-test-secret"

    @property
    def endpoint(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that give a process its credentials."""
        return {"AWS_ACCESS_KEY_ID": self.key_id, "AWS_SECRET_ACCESS_KEY": self.secret}

    def s3_url(self, bucket: str) -> str:
        """The address of a bucket for the boto3 driver."""
        return f"s3://{bucket}?endpoint={self.endpoint}"

    def administer(self, *arguments: str) -> None:
        """Run a command of the gateway's operator, as `quota set ...`."""
        command = [need("radosgw-admin", PROGRAMS["radosgw-admin"]), "-c", str(self.conf), *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def minio_url(self, bucket: str) -> str:
        """The address of a bucket for the minio driver."""
        return f"minio://127.0.0.1:{self.port}/{bucket}?secure=0"


class Cluster:
    """The three daemons. Raises ServiceError where one does not come up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gateway = Gateway(free_port(), folder / "ceph.conf")
        self._daemons: list[Service] = []
        self._deadline = time.monotonic() + START_LIMIT
        self._mon_port, self._id = free_port(), str(uuid.uuid4())

    def start(self) -> None:
        """Bring up monitor, disk and gateway, and make the user."""
        for name in ("mon", "osd", "rgw"):
            (self.folder / name).mkdir()
        places = {"cluster": self._id, "folder": self.folder, "mon_port": self._mon_port, "port": self.gateway.port}
        self.gateway.conf.write_text(CONFIGURATION.format(disk_size=DISK_SIZE, **places))
        self._start_monitor()
        self._start_disk()
        self._start_gateway()

    def stop(self) -> None:
        """End the daemons, the last one first."""
        for daemon in reversed(self._daemons):
            daemon.stop()

    def _start_monitor(self) -> None:
        plan = str(self.folder / "monmap")
        address = f"[v1:127.0.0.1:{self._mon_port}]"
        self._run("monmaptool", "--create", "--fsid", self._id, "--addv", "a", address, plan)
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", plan)
        # It listens a moment before it takes commands, and refuses them meanwhile.
        monitor = self._daemon("ceph-mon", "-i", "a")
        monitor.wait_ready(lambda: is_listening(self._mon_port) and self._takes_commands(), self._left())

    def _start_disk(self) -> None:
        disk = str(uuid.uuid4())
        self._ask("osd", "new", disk)
        self._ask("osd", "crush", "add", "osd.0", "1.0", "host=here", "root=default")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self._daemon("ceph-osd", "-i", "0")

    def _start_gateway(self) -> None:
        gateway = self._daemon("radosgw", "-n", "client.rgw.a", "--no-mon-config")
        keys = [f"--access-key={self.gateway.key_id}", f"--secret={self.gateway.secret}"]
        self._run("radosgw-admin", "user", "create", "--uid=econsult", "--display-name=econsult", *keys)
        gateway.wait_ready(lambda: answers(self.gateway.port), self._left())

    def _ask(self, *arguments: str) -> None:
        """Give the monitor a command that may be given again: under load it refuses even after it has taken some."""
        for _attempt in range(ASKED - 1):
            try:
                return self._run("ceph", *arguments)
            except ServiceError:
                threading.Event().wait(0.5)
        return self._run("ceph", *arguments)

    def _takes_commands(self) -> bool:
        """Whether the monitor answers its operator."""
        command = self._command("ceph", "mon", "stat")
        try:
            done = subprocess.run(command, capture_output=True, timeout=self._left(), check=False)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def _command(self, program: str, *arguments: str) -> list[str]:
        conf = [] if program == "monmaptool" else ["-c", str(self.gateway.conf)]
        return [need(program, PROGRAMS[program]), *conf, *arguments]

    def _run(self, program: str, *arguments: str) -> None:
        """Run a command to its end."""
        output = self.folder / "commands.log"
        with output.open("ab") as log:
            command = self._command(program, *arguments)
            try:
                done = subprocess.run(command, stdout=log, stderr=log, timeout=self._left(), check=False)
            except subprocess.TimeoutExpired:
                raise ServiceError(f"{program} did not end in time:\n{tail(output)}") from None
        if done.returncode:
            raise ServiceError(f"{program} failed:\n{tail(output)}")

    def _daemon(self, program: str, *arguments: str) -> Service:
        """Start a daemon in the foreground. It holds nothing worth a slow goodbye, so it is stopped by SIGKILL."""
        command = self._command(program, "-f", *arguments)
        daemon = start(Launch(command, self.folder / f"{program}.out", stop_signal=signal.SIGKILL))
        self._daemons.append(daemon)
        return daemon

    def _left(self) -> float:
        return max(1.0, self._deadline - time.monotonic())


def answers(port: int) -> bool:
    """Whether a web server on this port of loopback says 200."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False


def free_port() -> int:
    """A port on loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Whether a server accepts connections on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def rgw() -> Iterator[Gateway]:
    """A running S3 server. Where a program is missing, the test errs and says which package brings it."""
    cluster = _started()
    yield cluster.gateway
    _end(cluster)


def _started() -> Cluster:
    """A cluster that came up. Its monitor now and then does not on a busy machine, so there is a second try."""
    for attempt in (1, 2):
        cluster = Cluster(Path(tempfile.mkdtemp(prefix="ec-rgw-")))
        try:
            cluster.start()
        except ServiceError:
            _end(cluster)
            if attempt == 2:
                raise
        else:
            return cluster
    raise AssertionError


def _end(cluster: Cluster) -> None:
    cluster.stop()
    shutil.rmtree(cluster.folder)
