"""Let a colleague's question be held for a while and not for ever, and mark that the desk knows that nobody is there.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

SIDE = sa.table(
    "side_question",
    *(sa.column(name) for name in ("state", "holder_id")),
    *(sa.column(name, Instant()) for name in ("due_at", "claim_until")),
)


def upgrade() -> None:
    op.add_column("side_question", sa.Column("claim_until", Instant(), nullable=True))
    op.add_column("side_question", sa.Column("uncovered_at", Instant(), nullable=True))
    is_held = (SIDE.c.state == "open") & SIDE.c.holder_id.is_not(None)
    op.execute(sa.update(SIDE).where(is_held).values(claim_until=SIDE.c.due_at))


def downgrade() -> None:
    op.drop_column("side_question", "uncovered_at")
    op.drop_column("side_question", "claim_until")
