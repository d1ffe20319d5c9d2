"""A real gunicorn around a real clinic, and a phone that speaks HTTP to it byte by byte."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from econsult.consults.records import Consult
from econsult.people.persons import Person
from econsult.people.signin import make_token
from econsult.settings import load_settings
from tests.personas import PASSWORD_ALONE, Clinic, open_clinic
from tests.schema import lay_schema
from tests.services.processes import Launch, Service, start
from workers.runtime import Runtime, open_runtime

CHUNK = {"Content-Type": "application/offset+octet-stream"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def told(**values: str) -> str:
    """`Upload-Metadata` with these values."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


@dataclass(frozen=True)
class Reply:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def offset(self) -> int:
        return int(self.headers["upload-offset"])


@dataclass(frozen=True)
class Phone:
    """One person's machine."""

    port: int
    token: str

    def ask(self, method: str, path: str, body: bytes | Iterator[bytes] = b"", **headers: str) -> Reply:
        """One request; headers are named with underscores, and those of tus and of the token are there already."""
        named = {"Tus-Resumable": "1.0.0", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            connection.request(
                method, path, body, {n: v for n, v in named.items() if v}, encode_chunked=not isinstance(body, bytes)
            )
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    def create(self, consult: Consult, length: int, kind: str = "photo", **more: str) -> str:
        """Begin an upload; returns its path."""
        metadata = told(consult_id=consult.public_id, kind=kind, filename="IMG_0001.jpg", filetype="image/jpeg", **more)
        reply = self.ask("POST", "/uploads", Upload_Length=str(length), Upload_Metadata=metadata)
        assert reply.status == 201, reply.body
        return reply.headers["location"]

    def patch(self, path: str, offset: int, body: bytes, **headers: str) -> Reply:
        return self.ask("PATCH", path, body, **{"Upload_Offset": str(offset), **CHUNK, **headers})

    def head(self, path: str) -> Reply:
        return self.ask("HEAD", path)

    @contextmanager
    def hanging_creation(self, consult: Consult, sent: bytes, length: int) -> Iterator[socket.socket]:
        """A POST that begins an upload of `length` bytes, brings `sent` of them, and falls silent on an open line."""
        words = told(consult_id=consult.public_id, kind="photo", filename="IMG_0001.jpg", filetype="image/jpeg")
        head = (
            f"POST /uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nTus-Resumable: 1.0.0\r\n"
            f"Content-Type: {CHUNK['Content-Type']}\r\nContent-Length: {length}\r\nUpload-Length: {length}\r\n"
            f"Upload-Metadata: {words}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=40) as line:
            line.sendall(head.encode() + sent)
            yield line

    @contextmanager
    def hanging_patch(self, path: str, offset: int, length: int, sent: bytes, *more: str) -> Iterator[socket.socket]:
        """A PATCH that promised `length` bytes, sent `sent`, and then fell silent with the line still open."""
        head = (
            f"PATCH {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nTus-Resumable: 1.0.0\r\n"
            f"Content-Type: {CHUNK['Content-Type']}\r\nUpload-Offset: {offset}\r\nContent-Length: {length}\r\n"
            + "".join(f"{line}\r\n" for line in (*more, ""))
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=40) as line:
            line.sendall(head.encode() + sent)
            yield line


@dataclass
class Server:
    """A data folder with a clinic, and the web processes that serve it."""

    folder: Path
    runtime: Runtime
    clinic: Clinic
    ports: list[int] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    threads: int = 32
    arguments: tuple[str, ...] = ()

    @property
    def service(self) -> Service:
        return self.services[-1]

    def start(self, port: int | None = None) -> int:
        """Start one more HTTP process; returns its port."""
        deadline = time.monotonic() + 10
        while port and is_listening(port) and time.monotonic() < deadline:
            time.sleep(0.01)  # A killed server's worker holds the address until the kernel has ended it.
        port = port or free_port()
        command = [sys.executable, "-m", "gunicorn", "web:create_app()", "--bind", f"127.0.0.1:{port}"]
        command += ["--worker-class", "workers.server.PatientWorker", "--threads", str(self.threads)]
        command += ["--no-control-socket", *self.arguments]
        environ = {**os.environ, **PASSWORD_ALONE, "ECONSULT_DATA": str(self.folder), "PYTHONWARNINGS": "default"}
        service = start(Launch(command, self.folder / "web.log", environ=environ))
        self.services.append(service)
        self.ports.append(port)
        service.wait_ready(lambda: is_listening(port))
        return port

    def phone(self, person: Person, port: int | None = None) -> Phone:
        with self.runtime.database.writing() as session:
            token = make_token(session, person, datetime.now(UTC))
        return Phone(port or self.ports[0], token)

    def consult(self, make: Callable[..., Consult], **changes: object) -> Consult:
        """A consult by one of the clinic's makers, such as `server.clinic.family_question`."""
        with self.runtime.database.writing() as session:
            return make(session, now=datetime.now(UTC), **changes)

    def stop(self) -> None:
        for service in self.services:
            service.stop()
        self.runtime.close()


def open_server(folder: Path, threads: int = 32, arguments: tuple[str, ...] = ()) -> Server:
    """Make the data folder and start one HTTP process."""
    runtime = open_runtime(load_settings({"ECONSULT_DATA": str(folder), **PASSWORD_ALONE}))
    lay_schema(runtime.database)
    clinic = open_clinic(runtime.database, vault=runtime.vault, now=datetime.now(UTC))
    server = Server(folder, runtime, clinic, threads=threads, arguments=arguments)
    server.start()
    return server


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
