"""Let the next tick tell of what was due before a pause began and had not been told by then.

Revision ID: 0062
Revises: 0061
"""

import json
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

USUAL = (50, 75, 90, 100)
SHORTEST, LONGEST = timedelta(hours=4), timedelta(hours=24)
CONSULT = sa.table("consult", sa.column("id"), sa.column("rules"), sa.column("next_deadline_at", Instant()))
CLOCK = sa.table(
    "clock",
    *(sa.column(name) for name in ("consult_id", "state", "target_seconds", "fired_level")),
    *(sa.column(name, Instant()) for name in ("deadline_at", "paused_at")),
)


def upgrade() -> None:
    connection = op.get_bind()
    held = sa.select(CONSULT.c.id, CONSULT.c.rules, CONSULT.c.next_deadline_at, *CLOCK.c).where(
        CLOCK.c.consult_id == CONSULT.c.id, CLOCK.c.state == "paused", CLOCK.c.paused_at.is_not(None)
    )
    for row in connection.execute(held).all():
        step_at = _step_at(row, _ladder(row.rules))
        if step_at <= row.paused_at and (row.next_deadline_at is None or step_at < row.next_deadline_at):
            sooner = CONSULT.c.next_deadline_at.is_(None) | (CONSULT.c.next_deadline_at > step_at)
            change = sa.update(CONSULT).where(CONSULT.c.id == row.id, sooner)
            connection.execute(change.values(next_deadline_at=step_at))


def downgrade() -> None:
    """What is looked at too early moves on to the pause by itself."""


def _step_at(clock: Any, ladder: list[int]) -> datetime:
    """When the step is due that has not been told."""
    target = timedelta(seconds=clock.target_seconds)
    ends: datetime = clock.deadline_at
    for level in ladder:
        if level > clock.fired_level:
            return ends - target * (100 - level) / 100
    return ends + min(max(target, SHORTEST), LONGEST) * int(clock.fired_level // 100)


def _ladder(rules: str | None) -> list[int]:
    try:
        return [int(level) for level in json.loads(rules or "{}").get("ladder", USUAL)]
    except (ValueError, TypeError, AttributeError):
        return list(USUAL)
