"""Programs that speak to the API with the tokens of the personas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from econsult.consults.records import Consult
from econsult.people.persons import Person
from econsult.people.signin import make_token
from tests.personas import Clinic, open_clinic
from tests.services.homes import Homes
from workers.runtime import Runtime


@dataclass(frozen=True)
class Reply:
    """What the API said; `json` is None where it said no JSON."""

    status_code: int
    text: str
    json: Any
    headers: Headers
    content_type: str


@dataclass(frozen=True)
class Program:
    """A script with somebody's token."""

    client: FlaskClient
    token: str

    def get(self, path: str, **headers: str) -> Reply:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self._ask("POST", path, body or {}, headers)

    def patch(self, path: str, body: Any) -> Reply:
        return self._ask("PATCH", path, body, {})

    def ask(self, method: str, path: str) -> Reply:
        return self._ask(method, path, {} if method != "GET" else None, {})

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Reply:
        named = {"Authorization": f"Bearer {self.token}"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        said = self.client.open(f"/api/v1{path}", method=method, json=body, headers=named)
        text = said.data.decode(errors="replace")
        return Reply(said.status_code, text, said.get_json(silent=True), said.headers, said.content_type or "")


ProgramOf = Callable[[Person], Program]
Make = Callable[..., Consult]


@pytest.fixture
def runtime(homes: Homes) -> Iterator[Runtime]:
    """A fresh data folder; no Redis, so nothing is rung."""
    runtime = homes.take()
    yield runtime
    homes.give_back(runtime)


@pytest.fixture
def clinic(runtime: Runtime) -> Clinic:
    return open_clinic(runtime.database, vault=runtime.vault, now=datetime.now(UTC))


@pytest.fixture
def app(homes: Homes, runtime: Runtime) -> Flask:
    return homes.app(runtime)


@pytest.fixture
def program_of(app: Flask, runtime: Runtime) -> ProgramOf:
    """Give it a person; it makes a program with this person's token."""

    def program(person: Person) -> Program:
        with runtime.database.writing() as session:
            return Program(app.test_client(), make_token(session, person, datetime.now(UTC)))

    return program


@pytest.fixture
def made(runtime: Runtime) -> Callable[..., str]:
    """Give it one of the clinic's makers; it makes such a consult and tells its id."""

    def make(maker: Make, **changes: object) -> str:
        with runtime.database.writing() as session:
            return maker(session, now=datetime.now(UTC), **changes).public_id

    return make
