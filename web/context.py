"""What a request may ask of its application: the opened runtime, the time, and who is speaking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import cast

from flask import current_app, g, request
from sqlalchemy.orm import Session

from econsult import audit
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
    """The records: `database().writing()` or `looking()` for anything that loads through access: a read is audited."""
    return runtime().database


@contextmanager
def looking() -> Iterator[Session]:
    """A transaction that only reads, for a page that looks at much: nobody who writes waits for it.

    What is noted of it in the trail is written when the block ends, in a short transaction of its own: before the first
    byte of the page, which is not shown where that fails.
    """
    with database().reading() as session:
        yield session
        noted = audit.carry(session)
    if noted:
        with database().writing() as session:
            audit.add(session, noted)


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


def source_here() -> str:
    """The network that this request comes from, by which tries are counted.

    An address, or of IPv6 the network of 64 bits: that is what one line gets, and whoever has it takes another of its
    addresses for each try.
    """
    address = request.remote_addr or ""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network(f"{found}/64", strict=False))


def signed_in() -> Person | None:
    """The person who is speaking, or None for a visitor."""
    return cast("Person | None", g.get("person"))
