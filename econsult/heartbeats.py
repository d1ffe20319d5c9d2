"""Signs of life of the background processes, which the health page reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant

ALIVE = timedelta(seconds=90)
"""After how long without a sign of life a process counts as gone."""


class Heartbeat(Base):
    """The last time a process said that it lives. `name` is unique per process, `role` what it does.

    `key_ids` are the master keys that it can open things with, so that none is put to use which it lacks; `aside` are
    the rows that a clock process cannot do and tries again later (`aside_of`).
    """

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(24), index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    lag_seconds: Mapped[int] = mapped_column(default=0)
    key_ids: Mapped[str] = mapped_column(Text, default="")
    aside: Mapped[str] = mapped_column(Text, default="", server_default="")


def beat(
    session: Session,
    name: str,
    role: str,
    now: datetime,
    *,
    lag_seconds: int = 0,
    keys: Iterable[str] = (),
    aside: str = "",
) -> None:
    """Say that this process lives, with which keys, and which rows it has put aside."""
    key_ids = " ".join(keys)
    row = session.scalars(select(Heartbeat).where(Heartbeat.name == name)).one_or_none()
    if row is None:
        session.add(Heartbeat(name=name, role=role, at=now, lag_seconds=lag_seconds, key_ids=key_ids, aside=aside))
    else:
        row.at, row.lag_seconds, row.key_ids, row.aside = now, lag_seconds, key_ids, aside


MOST_NAMED = 1000
"""So many rows of a kind are named in a sign of life; whoever has more of them is ill."""


def aside_text(aside: Mapping[str, Iterable[int]]) -> str:
    """What a clock process has put aside, by kind of work, as its sign of life carries it."""
    named = {kind: sorted(numbers)[:MOST_NAMED] for kind, numbers in aside.items()}
    return json.dumps({kind: numbers for kind, numbers in named.items() if numbers}) if any(named.values()) else ""


def aside_of(row: Heartbeat | None) -> dict[str, list[int]]:
    """What the process has put aside, by kind of work."""
    found: dict[str, list[int]] = json.loads(row.aside) if row is not None and row.aside else {}
    return found


def aside_now(session: Session, role: str, now: datetime) -> dict[str, list[int]]:
    """What all living processes of a role have put aside, by kind of work: each may have met other rows."""
    found: dict[str, set[int]] = {}
    alive = select(Heartbeat).where(Heartbeat.role == role, Heartbeat.at > now - ALIVE, Heartbeat.aside != "")
    for row in session.scalars(alive):
        for kind, numbers in aside_of(row).items():
            found.setdefault(kind, set()).update(numbers)
    return {kind: sorted(numbers) for kind, numbers in found.items()}


def forget(session: Session, name: str) -> None:
    """The process ends in order."""
    session.execute(delete(Heartbeat).where(Heartbeat.name == name))


def latest(session: Session) -> dict[str, Heartbeat]:
    """The freshest sign of life of each role."""
    rows = session.scalars(select(Heartbeat).order_by(Heartbeat.at))
    return {row.role: row for row in rows}


def without_key(session: Session, key_id: str, now: datetime) -> list[str]:
    """The names of living processes that cannot open what this key seals."""
    alive = select(Heartbeat).where(Heartbeat.at > now - ALIVE).order_by(Heartbeat.name)
    return [row.name for row in session.scalars(alive) if key_id not in row.key_ids.split()]
