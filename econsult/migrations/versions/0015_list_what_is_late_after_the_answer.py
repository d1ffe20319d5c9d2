"""List what is late after the answer, and not what waits for information.

Revision ID: 0015
Revises: 0014
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STILL_PROMISED = sa.text("status = 'answered' AND next_deadline_at IS NOT NULL")
INDEXES = {"ix_consult_desk_promised": "program_id", "ix_consult_clinic_promised": "organization_id"}
CONSULT = sa.table("consult", sa.column("id", sa.Integer), sa.column("due_at", Instant()))
CLOCK = sa.table(
    "clock",
    sa.column("consult_id", sa.Integer),
    sa.column("name", sa.String),
    sa.column("state", sa.String),
    sa.column("deadline_at", Instant()),
    sa.column("paused_at", Instant()),
    sa.column("paused_until", Instant()),
)


def upgrade() -> None:
    for name, whose in INDEXES.items():
        columns = [whose, "status", "urgency_rank", "due_at", "id"]
        op.create_index(
            name, "consult", columns, sqlite_where=STILL_PROMISED, postgresql_where=STILL_PROMISED, unique=False
        )
    _order(is_at_the_latest=True)


def downgrade() -> None:
    _order(is_at_the_latest=False)
    for name in INDEXES:
        op.drop_index(name, "consult")


def _order(*, is_at_the_latest: bool) -> None:
    """Order what is held by when its reply is due at the latest (or, before this version, by its old deadline)."""
    bind = op.get_bind()
    held = sa.select(CLOCK.c.consult_id).where(CLOCK.c.state == "paused")
    ours = sa.select(CLOCK).where(CLOCK.c.consult_id.in_(held), CLOCK.c.state != "stopped", CLOCK.c.name != "allocate")
    due: dict[int, list[datetime]] = {}
    for row in bind.execute(ours).all():
        at = row.deadline_at
        if is_at_the_latest and row.paused_at and row.paused_until and at > row.paused_at:
            at += row.paused_until - row.paused_at
        due.setdefault(row.consult_id, []).append(at)
    for number, instants in due.items():
        bind.execute(sa.update(CONSULT).where(CONSULT.c.id == number).values(due_at=min(instants)))
