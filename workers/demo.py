"""The demo clinic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from econsult.errors import SettingError
from econsult.people.persons import Person, Program, Role, add_person, person_by_email
from econsult.people.signin import make_link
from econsult.settings import Settings
from workers.runtime import Runtime

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_place(settings: Settings, host: str) -> None:
    pass


def check_records(runtime: Runtime) -> None:
    pass


def seed(runtime: Runtime, now: datetime) -> None:
    pass


def sign_in_links(runtime: Runtime, now: datetime) -> list[tuple[str, str]]:
    return []
