"""Let a clock run for each declined request until its family was told, list those that are late, and name in the signs
of life which rows a clock process has put aside.

Revision ID: 0029
Revises: 0028
"""

import json
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

NAME = "family_informed"
INDEXES = {"ix_consult_desk_promised": "program_id", "ix_consult_clinic_promised": "organization_id"}
BEFORE = "status = 'answered' AND next_deadline_at IS NOT NULL"
SINCE = "status IN ('answered', 'declined') AND next_deadline_at IS NOT NULL"
CONSULT = sa.table(
    "consult",
    *(sa.column(name) for name in ("id", "status", "rules")),
    *(sa.column(name, Instant()) for name in ("informed_at", "next_deadline_at", "due_at", "ended_at", "created_at")),
)
SHARED = ("consult_id", "name", "cycle", "lane", "target_seconds")
CLOCK = sa.table(
    "clock",
    *(sa.column(name) for name in (*SHARED, "state", "fired_level", "pauses", "is_reminded", "is_breached")),
    *(sa.column(name, Instant()) for name in ("started_at", "deadline_at")),
)
EVENT = sa.table(
    "clock_event",
    *(sa.column(name) for name in (*SHARED, "kind", "level", "sequence", "is_late", "reason")),
    *(sa.column(name, Instant()) for name in ("at", "deadline_at")),
)


def upgrade() -> None:
    _list(SINCE)
    op.add_column("heartbeat", sa.Column("aside", sa.Text(), nullable=False, server_default=""))
    began = sa.func.coalesce(CONSULT.c.ended_at, CONSULT.c.created_at, type_=Instant()).label("began")
    waits = sa.select(CONSULT.c.id, CONSULT.c.rules, began).where(CONSULT.c.status == "declined")
    for row in op.get_bind().execute(waits.where(CONSULT.c.informed_at.is_(None))).all():
        _start(row.id, row.rules, row.began)


def downgrade() -> None:
    runs = sa.select(CONSULT.c.id).where(CONSULT.c.status == "declined")
    for table in (EVENT, CLOCK):
        # What a decline began is of the last cycle, which nothing else has begun since.
        op.execute(sa.delete(table).where(table.c.name == NAME, _is_last(table), table.c.consult_id.in_(runs)))
    op.execute(sa.update(CONSULT).where(CONSULT.c.status == "declined").values(next_deadline_at=None))
    op.drop_column("heartbeat", "aside")
    _list(BEFORE)


def _list(condition: str) -> None:
    where = sa.text(condition)
    for name, owner in INDEXES.items():
        op.drop_index(name, "consult")
        columns = [owner, "status", "urgency_rank", "due_at", "id"]
        op.create_index(name, "consult", columns, sqlite_where=where, postgresql_where=where)


def _is_last(table: sa.TableClause) -> sa.ColumnElement[bool]:
    still = sa.select(CLOCK.c.cycle).where(
        CLOCK.c.consult_id == table.c.consult_id, CLOCK.c.name == NAME, CLOCK.c.state != "stopped"
    )
    return table.c.cycle.in_(still) if table is EVENT else table.c.state != "stopped"


def _start(number: int, rules: str | None, began: datetime) -> None:
    """The family has waited since the decline: what is late by now is told as late."""
    target, first = _promised(rules)
    connection = op.get_bind()
    cycles = sa.select(sa.func.coalesce(sa.func.max(CLOCK.c.cycle), 0))
    cycle = connection.execute(cycles.where(CLOCK.c.consult_id == number, CLOCK.c.name == NAME)).scalar_one() + 1
    shared = {"consult_id": number, "name": NAME, "cycle": cycle, "lane": "", "target_seconds": target}
    ends = began + timedelta(seconds=target)
    steps = {"state": "running", "fired_level": 0, "pauses": 0, "is_reminded": False, "is_breached": False}
    connection.execute(CLOCK.insert().values(**shared, **steps, started_at=began, deadline_at=ends))
    line = {"kind": "started", "level": 0, "sequence": 0, "is_late": False, "reason": ""}
    connection.execute(EVENT.insert().values(**shared, **line, at=began, deadline_at=ends))
    look_at = ends - timedelta(seconds=target) * (100 - first) / 100
    change = sa.update(CONSULT).where(CONSULT.c.id == number)
    connection.execute(change.values(next_deadline_at=look_at, due_at=ends))


def _promised(rules: str | None) -> tuple[int, int]:
    """The seconds within which the family is to be told, and the first step of the ladder in percent."""
    try:
        found: Any = json.loads(rules or "{}")
        return int(found.get(NAME, 1440)) * 60, int(found.get("ladder", [50])[0])
    except (ValueError, TypeError, AttributeError, LookupError):
        return 24 * 3600, 50
