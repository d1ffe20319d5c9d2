"""What a request may ask of its application: the opened runtime, the time, and who is speaking."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from flask import current_app, g

from econsult.database import Database
from econsult.people.persons import Person
from econsult.settings import Settings
from workers.queue import ring
from workers.runtime import Runtime


def runtime() -> Runtime:
    """The runtime that this application was started with."""
    return cast("Runtime", current_app.extensions["econsult"])


def settings() -> Settings:
    """The settings that this application was started with."""
    return runtime().settings


def database() -> Database:
    """The records: `database().writing()` for anything that loads through access, because a read is audited."""
    return runtime().database


def ring_workers() -> None:
    """Wake a worker for the jobs that were just committed. It never fails: a lost ring is rung again by the clock.

    The time is read anew: a job written at the end of a long upload is not yet due at the time the request began.
    """
    ring(runtime())


def now() -> datetime:
    """The time of this request, aware UTC. It is read once, so that one page never shows two times."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    return cast("datetime", g.now)


def signed_in() -> Person | None:
    """The person who is speaking, or None for a visitor."""
    return cast("Person | None", g.get("person"))
