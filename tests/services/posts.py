"""Fixtures: a mail server and a gateway for text messages, each a process of its own, empty for every test."""

from __future__ import annotations

import email
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

from tests.services.processes import Launch, Service, start
from tests.services.text_gateway import TOKEN


@dataclass
class Running:
    """A server that keeps what it got as files in its folder."""

    folder: Path
    service: Service

    @property
    def port(self) -> int:
        return int((self.folder / "port").read_text())

    def empty(self) -> None:
        for path in self.folder.iterdir():
            if path.name not in {"port", "log"}:
                path.unlink()


class MailServer(Running):
    """See tests/services/mail_server.py."""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def letters(self) -> list[Message]:
        return [email.message_from_bytes(path.read_bytes()) for path in sorted(self.folder.glob("*.eml"))]


class TextGateway(Running):
    """See tests/services/text_gateway.py."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/texts"

    @property
    def settings(self) -> dict[str, str]:
        return {"sms_url": self.url, "sms_token": TOKEN}

    @property
    def texts(self) -> list[dict[str, str]]:
        """What it took, each once."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]

    @property
    def asked(self) -> list[dict[str, str]]:
        """Every time that it was asked."""
        path = self.folder / "asked"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def complaint(self) -> str:
        path = self.folder / "complaint"
        return path.read_text() if path.exists() else ""


def _started(kind: type[Running], module: str) -> Iterator[Running]:
    folder = Path(tempfile.mkdtemp(prefix="ec-post-"))
    service = start(Launch([sys.executable, "-m", f"tests.services.{module}", str(folder)], folder / "log"))
    service.wait_ready((folder / "port").exists)
    yield kind(folder, service)
    service.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def _mail_server() -> Iterator[Running]:
    yield from _started(MailServer, "mail_server")


@pytest.fixture(scope="module")
def _text_gateway() -> Iterator[Running]:
    yield from _started(TextGateway, "text_gateway")


@pytest.fixture
def mail_server(_mail_server: MailServer) -> MailServer:
    _mail_server.empty()
    return _mail_server


@pytest.fixture
def text_gateway(_text_gateway: TextGateway) -> Iterator[TextGateway]:
    _text_gateway.empty()
    yield _text_gateway
    assert _text_gateway.complaint == ""
