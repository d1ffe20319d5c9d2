"""Signs of life of the background processes, which the health page reads."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base, Instant


class Heartbeat(Base):
    """The last time a process said that it lives. `name` is unique per process, `role` what it does."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(24), index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    lag_seconds: Mapped[int] = mapped_column(default=0)


def beat(session: Session, name: str, role: str, now: datetime, *, lag_seconds: int = 0) -> None:
    """Say that this process lives."""
    row = session.scalars(select(Heartbeat).where(Heartbeat.name == name)).one_or_none()
    if row is None:
        session.add(Heartbeat(name=name, role=role, at=now, lag_seconds=lag_seconds))
    else:
        row.at, row.lag_seconds = now, lag_seconds


def forget(session: Session, name: str) -> None:
    """The process ends in order."""
    session.execute(delete(Heartbeat).where(Heartbeat.name == name))


def latest(session: Session) -> dict[str, Heartbeat]:
    """The freshest sign of life of each role."""
    rows = session.scalars(select(Heartbeat).order_by(Heartbeat.at))
    return {row.role: row for row in rows}
