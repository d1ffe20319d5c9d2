"""Programs that speak to the API with the tokens of the personas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from econsult.consults.records import Consult
from econsult.people.persons import Person
from econsult.people.signin import make_token
from econsult.settings import load_settings
from tests.personas import PASSWORD_ALONE, Clinic, open_clinic
from tests.schema import lay_schema
from web import create_app
from workers.runtime import Runtime, open_runtime


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
        return Reply(said.status_code, said.text, said.get_json(silent=True), said.headers, said.content_type or "")


ProgramOf = Callable[[Person], Program]
Make = Callable[..., Consult]


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    """A fresh data folder; no Redis, so nothing is rung."""
    runtime = open_runtime(load_settings({"ECONSULT_DATA": str(tmp_path / "data"), **PASSWORD_ALONE}))
    lay_schema(runtime.database)
    yield runtime
    runtime.close()


@pytest.fixture
def clinic(runtime: Runtime) -> Clinic:
    return open_clinic(runtime.database, vault=runtime.vault, now=datetime.now(UTC))


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    return create_app(runtime)


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
