"""Two doors for files behind one handle: ours, as the `upload` process runs, and the tus server for Node."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
from sqlalchemy import select

from econsult.consults.attachments import Attachment
from econsult.consults.intake import Upload
from econsult.people.patients import link_caregiver
from econsult.people.persons import Program, Role, add_person
from econsult.people.signin import make_token
from storage import sealed
from tests.faults.strangers import node, npm_packages
from tests.services.processes import Launch, Service, start
from tests.web.uploading import Server, free_port, is_listening, open_server, told
from uploads.staged import discard_staged, staged_path

PEER = "@tus/server 2.4.5"
CHUNK_TYPE = "application/offset+octet-stream"


@dataclass
class Door(ABC):
    """One running server; `headers` are what its owner's requests carry."""

    port: int
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    metadata: str = ""

    @abstractmethod
    def processes(self) -> list[psutil.Process]:
        """Everything that serves this door."""

    @abstractmethod
    def content(self, path: str) -> bytes:
        """What the store holds of a whole file."""

    @abstractmethod
    def stored(self, path: str) -> int:
        """How many bytes the data file of an upload has, without a word to the server."""

    @abstractmethod
    def forget(self, path: str) -> None:
        """Remove the bytes of a file that was measured."""

    def begin(self, length: int) -> str:
        """Open an upload; its path."""
        metadata = {"Upload-Metadata": self.metadata} if self.metadata else {}
        status, found = self.ask("POST", self.path, {"Upload-Length": str(length), **metadata})
        assert status == 201, (status, found)
        return "/" + found["location"].split("//")[-1].split("/", 1)[-1]

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, dict[str, str]]:
        """One request on a line of its own."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        with contextlib.closing(line):
            line.request(method, path, body, {"Tus-Resumable": "1.0.0", **self.headers, **headers})
            answer = line.getresponse()
            answer.read()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}

    def offset(self, path: str) -> int:
        """Where the upload stands. Any other answer than 200 makes stock clients begin anew, so none is forgiven."""
        status, headers = self.ask("HEAD", path, {})
        assert status == 200, (status, headers)
        return int(headers["upload-offset"])

    def patch(self, path: str, offset: int, body: bytes) -> int:
        """Send the bytes; the status."""
        return self.ask("PATCH", path, {"Upload-Offset": str(offset), "Content-Type": CHUNK_TYPE}, body)[0]

    def patch_head(self, path: str, offset: int, length: int) -> bytes:
        """The head of a PATCH, for lines that are written by hand."""
        named = {"Host": "x", "Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), "Content-Type": CHUNK_TYPE}
        named |= {"Content-Length": str(length), **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        return f"PATCH {path} HTTP/1.1\r\n{lines}\r\n".encode()

    def cpu(self) -> tuple[float, float]:
        """Seconds of processor time: user, system."""
        times = [process.cpu_times() for process in self.processes()]
        return sum(time.user for time in times), sum(time.system for time in times)

    def memory(self) -> int:
        """Resident bytes now."""
        return sum(int(process.memory_info().rss) for process in self.processes())

    @abstractmethod
    def crash(self) -> None:
        """Kill what takes the bytes, from any thread."""

    @abstractmethod
    def revive(self) -> None:
        """See to it that it comes back."""

    def peak(self) -> int:
        """The most resident bytes that the largest of its processes ever had."""
        return max(_peak(process.pid) for process in self.processes())


@dataclass
class OurDoor(Door):
    """Ours, alone: no worker and no clock beside it."""

    server: Server = field(kw_only=True)

    def processes(self) -> list[psutil.Process]:
        return _tree(self.server.service)

    def content(self, path: str) -> bytes:
        object_id = path.rpartition("/")[2]
        with self.server.runtime.database.reading() as session:
            row = session.scalars(select(Attachment).where(Attachment.public_id == object_id)).one()
            key = self.server.runtime.vault.object_key(session, row.patient_id, object_id, row.key_wrapped)
        with staged_path(self.server.runtime.settings.staging, object_id).open("rb") as file:
            return sealed.open(file, object_id, key).read()

    def stored(self, path: str) -> int:
        return _size(staged_path(self.server.runtime.settings.staging, path.rpartition("/")[2]))

    def forget(self, path: str) -> None:
        object_id = path.rpartition("/")[2]
        discard_staged(self.server.runtime.settings.staging, object_id)
        with self.server.runtime.database.writing() as session:
            session.scalars(select(Upload).where(Upload.public_id == object_id)).one().reserved = 0

    def crash(self) -> None:
        """With `--preload` the master makes another at once."""
        worker = psutil.Process(self.server.service.pid).children()[0]
        worker.kill()
        psutil.wait_procs([worker], timeout=10)

    def revive(self) -> None:
        """The master has done it."""

    def as_another(self, number: int) -> OurDoor:
        """The same door for another parent of the same child."""
        server = self.server
        with server.runtime.database.writing() as session:
            program, cipher = session.scalars(select(Program)).one(), server.runtime.database.cipher
            email, now = f"parent{number}@clinic.test", datetime.now(UTC)
            parent = add_person(session, cipher, program, email=email, name="Parent", role=Role.CAREGIVER, now=now)
            link_caregiver(session, server.clinic.child, parent, "parent", now)
            token = make_token(session, parent, now)
        return OurDoor(self.port, self.path, {"Authorization": f"Bearer {token}"}, self.metadata, server=server)


@dataclass
class PeerDoor(Door):
    """The tus server for Node."""

    service: Service = field(kw_only=True)
    files: Path = field(kw_only=True)

    def processes(self) -> list[psutil.Process]:
        return _tree(self.service)

    def crash(self) -> None:
        self.service.kill()

    def revive(self) -> None:
        self.service = start(self.service.launch)
        self.service.wait_ready(lambda: is_listening(self.port))

    def content(self, path: str) -> bytes:
        return (self.files / path.rpartition("/")[2]).read_bytes()

    def stored(self, path: str) -> int:
        return _size(self.files / path.rpartition("/")[2])

    def forget(self, path: str) -> None:
        for file in self.files.glob(path.rpartition("/")[2] + "*"):
            file.unlink()


@contextlib.contextmanager
def our_door(folder: Path, *arguments: str, kind: str = "video", threads: int = 256) -> Iterator[OurDoor]:
    """Our server in `folder`, open for files of this kind; `arguments` are more words for gunicorn."""
    server = open_server(folder, threads, arguments)
    try:
        consult = server.consult(server.clinic.family_question)
        phone = server.phone(server.clinic.mother)
        headers = {"Authorization": f"Bearer {phone.token}"}
        metadata = told(consult_id=consult.public_id, kind=kind)
        yield OurDoor(server.ports[0], "/uploads", headers, metadata, server=server)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def peer_door(folder: Path) -> Iterator[PeerDoor]:
    """The peer in `folder`. Several may share one."""
    files, port = folder / "files", free_port()
    files.mkdir(parents=True, exist_ok=True)
    command = [*node(), str(npm_packages() / "peer.mjs"), str(port), str(files)]
    service = start(Launch(command, folder / f"peer-{port}.log", environ={**os.environ, "PYTHONPATH": _pythonpath()}))
    service.wait_ready(lambda: is_listening(port))
    try:
        door = PeerDoor(port, "/files", service=service, files=files)
        yield door
    finally:
        door.service.stop()


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _pythonpath() -> str:
    return os.pathsep.join(path for path in sys.path if path)


def _tree(service: Service) -> list[psutil.Process]:
    parent = psutil.Process(service.pid)
    return [parent, *parent.children(recursive=True)]
