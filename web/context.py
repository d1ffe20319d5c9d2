"""What a request may ask of its application: the opened runtime, the time, and who is speaking."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol, cast

from flask import current_app, g

from econsult.database import Database
from econsult.people.persons import Person
from econsult.settings import Settings


class WebRuntime(Protocol):
    """The part of the composition root that every page uses."""

    @property
    def settings(self) -> Settings: ...

    @property
    def database(self) -> Database: ...

    @property
    def secret_key(self) -> str: ...


def runtime() -> WebRuntime:
    """The runtime that this application was started with."""
    return cast("WebRuntime", current_app.extensions["econsult"])


def settings() -> Settings:
    """The settings that this application was started with."""
    return runtime().settings


def database() -> Database:
    """The records: `database().writing()` for anything that loads through access, because a read is audited."""
    return runtime().database


def now() -> datetime:
    """The time of this request, aware UTC. It is read once, so that one page never shows two times."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    return cast("datetime", g.now)


def signed_in() -> Person | None:
    """The person who is speaking, or None for a visitor."""
    return cast("Person | None", g.get("person"))
