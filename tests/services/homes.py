"""Data folders with their runtimes for tests of pages and routes: emptied and handed on after a test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from types import CodeType

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from econsult.settings import load_settings
from tests.in_line import Reader
from tests.personas import PASSWORD_ALONE
from tests.schema import Shape, files_of, laid_anew, lay_schema, shape_of
from tests.services.databases import CleanDatabases
from web import create_app
from workers.runtime import Runtime, open_runtime

SECRETS = ("keys", "secret_key")
"""What an installation keeps for ever: the database is opened with them."""


Finish = Callable[[Flask], object]


class _Compiled(BytecodeCache):
    """Templates that an application of an earlier test has compiled already; the key tells their text."""

    def __init__(self) -> None:
        self._kept: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get(f"{bucket.key} {bucket.checksum}")

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[f"{bucket.key} {bucket.checksum}"] = bucket.code


_COMPILED = _Compiled()


def fit_templates(app: Flask) -> None:
    """Share what templates compile to, and let none of them print what only a program can read.

    A page that prints one of our records looks right to a test that searches it for a word of the record. Tests read
    the pages in line.
    """
    app.test_client_class = Reader
    app.jinja_env.bytecode_cache = _COMPILED
    app.jinja_env.finalize = _printable


def _printable(value: object) -> object:
    if is_dataclass(value) and not hasattr(value, "__html__"):
        raise TypeError(f"A template prints a {type(value).__name__}: {value!r}")
    return value


@dataclass
class Homes:
    """Data folders with a migrated database and its keys; no Redis, so nothing is rung.

    A home is used again with the engine of its database, emptied, and everything else is made anew: what SQLAlchemy has
    compiled stays with the engine, and what SQLite has prepared with its connection; either costs more to do again in
    each test than to run.
    """

    folder: Path
    spare: list[Runtime] = field(default_factory=list)
    shapes: dict[Path, Shape] = field(default_factory=dict)
    apps: dict[tuple[Path, Finish | None], Flask] = field(default_factory=dict)

    def app(self, runtime: Runtime, finish: Finish | None = None) -> Flask:
        """The application around a home, made once and finished by `finish`: binding addresses costs a tenth second."""
        key = (runtime.settings.data, finish)
        if key not in self.apps:
            self.apps[key] = create_app(runtime)
            fit_templates(self.apps[key])
            if finish is not None:
                finish(self.apps[key])
        app = self.apps[key]
        app.extensions["econsult"] = runtime
        app.extensions.pop("upload_lines", None)
        return app

    def take(self) -> Runtime:
        """A home that holds nothing."""
        if self.spare:
            return self.spare.pop()
        data = Path(tempfile.mkdtemp(dir=self.folder))
        runtime = open_runtime(load_settings({"ECONSULT_DATA": str(data), **PASSWORD_ALONE}))
        lay_schema(runtime.database)
        self.shapes[data] = shape_of(runtime.database)
        return runtime

    def give_back(self, runtime: Runtime) -> None:
        data = runtime.settings.data
        self.shapes[data] = laid_anew(runtime.database, self.shapes[data])
        kept = files_of(runtime.database)
        for left in data.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            elif left.name not in SECRETS and left not in kept:
                left.unlink()
        self.spare.append(Runtime(runtime.installation))


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    """The session's stock of data folders."""
    stock = Homes(tmp_path_factory.mktemp("homes"))
    yield stock
    for spare in stock.spare:
        spare.close()


@contextmanager
def runtime_on_postgres(folder: Path, stock: CleanDatabases) -> Iterator[Runtime]:
    """An installation in this folder on one of the migrated databases, with keys of its own."""
    database, shape = stock.take()
    url = database.engine.url.render_as_string(hide_password=False)
    environ = {"ECONSULT_DATA": str(folder / "data"), "ECONSULT_DATABASE_URL": url, **PASSWORD_ALONE}
    runtime = open_runtime(load_settings(environ))
    yield runtime
    runtime.close()
    stock.give_back(database, shape)
