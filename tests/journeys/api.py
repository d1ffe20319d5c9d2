"""A program that uses the API as any other would: HTTP, JSON, a bearer token, and nothing of ours."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

from tests.services.product import Product

API = "/api/v1"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def expect(self, status: int) -> Any:
        """The JSON (or None) of an answer that must have this status."""
        assert self.status == status, (self.status, self.body[:600])
        return json.loads(self.body) if self.body else None

    def refuses(self, status: int, code: str) -> dict[str, Any]:
        """The problem details of a refusal that must have this status and code."""
        problem: dict[str, Any] = self.expect(status)
        assert self.headers.get_content_type() == "application/problem+json"
        assert problem["type"].rpartition("/")[2] == code, problem
        assert problem["status"] == status
        return problem


@dataclass(frozen=True)
class Api:
    """One person's way in."""

    product: Product
    email: str

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("localhost", self.product.port, timeout=60)
        try:
            connection.request(method, path, body, {**self.proof, **(headers or {})})
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    @property
    def proof(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.product.token(self.email)}"}

    def get(self, path: str) -> Reply:
        return self.ask("GET", API + path)

    def post(self, path: str, **body: Any) -> Reply:
        return self.ask("POST", API + path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def verb(self, consult_id: str, verb: str, **body: Any) -> Reply:
        """One verb on a consult."""
        return self.post(f"/consults/{consult_id}/{verb}", **body)

    def consult(self, consult_id: str) -> dict[str, Any]:
        """The consult as this person may see it."""
        found: dict[str, Any] = self.get(f"/consults/{consult_id}").expect(200)
        return found

    def listed(self, view: str, specialty: str = "") -> list[dict[str, Any]]:
        """Every row of a view of the worklist, page by page."""
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.get(f"/worklist?view={view}&specialty={specialty}&cursor={cursor}").expect(200)
            rows += page["items"]
            if not (cursor := page["next"] or ""):
                return rows


def wait_for(what: str, look: Callable[[], Any], patience: float = 150.0) -> Any:
    """What `look` returns as soon as it is true. Raises AssertionError saying what did not come."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what}: not within {patience:.0f} s"
        time.sleep(0.25)
    return found
