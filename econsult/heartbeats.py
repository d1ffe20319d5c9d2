"""Signs of life of the background processes, which the health page reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant

ALIVE = timedelta(seconds=90)
"""After how long without a sign of life a process counts as gone."""


class Heartbeat(Base):
    """The last time a process said that it lives. `name` is unique per process, `role` what it does.

    `key_ids` are the master keys that it can open things with, so that none is put to use which it lacks.
    """

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(24), index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    lag_seconds: Mapped[int] = mapped_column(default=0)
    key_ids: Mapped[str] = mapped_column(Text, default="")


def beat(
    session: Session, name: str, role: str, now: datetime, *, lag_seconds: int = 0, keys: Iterable[str] = ()
) -> None:
    """Say that this process lives, and with which keys."""
    key_ids = " ".join(keys)
    row = session.scalars(select(Heartbeat).where(Heartbeat.name == name)).one_or_none()
    if row is None:
        session.add(Heartbeat(name=name, role=role, at=now, lag_seconds=lag_seconds, key_ids=key_ids))
    else:
        row.at, row.lag_seconds, row.key_ids = now, lag_seconds, key_ids


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
