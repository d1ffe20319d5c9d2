"""Mark the consults of which the desk knows that nobody is there for them.

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

MARKED = sa.text("uncovered_at IS NOT NULL")
OPEN = ("submitted", "claimed", "needs_info", "answered")
CONSULT = sa.table(
    "consult",
    *(sa.column(name) for name in ("id", "status", "next_deadline_at")),
    *(sa.column(name, Instant()) for name in ("claimed_at", "uncovered_at")),
)
EVENT = sa.table(
    "clock_event", *(sa.column(name) for name in ("consult_id", "kind", "reason")), sa.column("at", Instant())
)


def upgrade() -> None:
    op.add_column("consult", sa.Column("uncovered_at", Instant(), nullable=True))
    op.create_index(
        "ix_consult_uncovered", "consult", ["program_id", "id"], sqlite_where=MARKED, postgresql_where=MARKED
    )
    # What the desk has heard since somebody last had it is not told once more; the watch takes off what does not hold.
    told = sa.and_(
        EVENT.c.consult_id == CONSULT.c.id,
        EVENT.c.reason.in_(("no_cover", "unallocated")),
        sa.or_(CONSULT.c.claimed_at.is_(None), EVENT.c.at > CONSULT.c.claimed_at),
    )
    last = sa.select(sa.func.max(EVENT.c.at)).where(told).scalar_subquery()
    waits = CONSULT.c.status.in_(OPEN) & CONSULT.c.next_deadline_at.is_not(None)
    op.execute(sa.update(CONSULT).where(waits).values(uncovered_at=last))
    with op.batch_alter_table("cover_watch") as table:
        table.drop_column("gaps")


def downgrade() -> None:
    with op.batch_alter_table("cover_watch") as table:
        table.add_column(sa.Column("gaps", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("ix_consult_uncovered", "consult")
    op.drop_column("consult", "uncovered_at")
