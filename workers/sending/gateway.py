"""Text messages: handed to a gateway by one POST (docs/notices.md), or written as files where there is none.

Neither a number nor a text ever enters a log line, an address or the text of an error.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from econsult.settings import Settings
from workers.sending.cutting import PATIENCE, Patience, cut_after
from workers.sending.files import write_whole

ACCEPTED = frozenset({200, 201, 202, 204, 409})
"""409: it has had this key before."""
NEVER = 422
STOPPED = "stopped"
LONGEST_ANSWER = 4096


class GatewayRefusedError(Exception):
    """The gateway will never take a text to this number."""


class NumberStoppedError(GatewayRefusedError):
    """The gateway knows that this number said stop."""


class GatewayBusyError(Exception):
    """The gateway did not take it this time. `status` is what it answered; 0 for no answer at all."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass(frozen=True)
class Sms:
    """One text. The gateway sends what has the same `key` once, however often it is handed over."""

    key: str
    to: str
    text: str


def send_sms(settings: Settings, sms: Sms, patience: Patience = PATIENCE) -> None:
    """Hand it over, or write it as a file. Raises GatewayRefusedError, GatewayBusyError, OSError."""
    if settings.sms_url:
        _judge(*_ask(settings, sms, patience))
    else:
        write_whole(settings.outbox, f"sms-{sms.key}.txt", f"To: {sms.to}\n\n{sms.text}\n".encode())


def _judge(status: int, answer: bytes) -> None:
    """What an answer means. A redirect is followed nowhere: the token and the number are for this gateway alone."""
    if status in ACCEPTED:
        return
    if status != NEVER:
        raise GatewayBusyError(status)
    raise NumberStoppedError if _reason(answer) == STOPPED else GatewayRefusedError


def _reason(answer: bytes) -> str:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return ""
    return str(said.get("reason", "")) if isinstance(said, dict) else ""


def _ask(settings: Settings, sms: Sms, patience: Patience) -> tuple[int, bytes]:
    parts = urlsplit(settings.sms_url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body = json.dumps({"id": sms.key, "to": sms.to, "text": sms.text}, ensure_ascii=False).encode()
    headers = {
        "Authorization": f"Bearer {settings.sms_token}",
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Idempotency-Key": sms.key,
        "User-Agent": "eConsult",
    }
    line = _open(parts, patience.step)
    with cut_after(patience.whole, lambda: line.sock):
        try:
            line.request("POST", path, body, headers)
            return _read(line.getresponse())
        except HTTPException:
            raise GatewayBusyError(0) from None
        finally:
            line.close()


def _open(parts: SplitResult, seconds: float) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=seconds, context=ssl.create_default_context())
    return HTTPConnection(host, parts.port, timeout=seconds)


def _read(response: HTTPResponse) -> tuple[int, bytes]:
    """Only what says never is read: a long answer costs nobody anything."""
    return response.status, response.read(LONGEST_ANSWER) if response.status == NEVER else b""
