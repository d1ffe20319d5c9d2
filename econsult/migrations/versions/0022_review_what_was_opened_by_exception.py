"""Keep whether a privacy officer has reviewed an opening by exception, and when to remind.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("broken_glass") as table:
        table.add_column(sa.Column("reviewed_at", Instant(), nullable=True))
        table.add_column(sa.Column("reviewed_by_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("outcome", sa.String(16), nullable=True))
        table.add_column(sa.Column("review_note", Sealed("broken_glass.review_note"), nullable=True))
        table.add_column(sa.Column("remind_at", Instant(), nullable=True))
        table.create_foreign_key("fk_broken_glass_reviewed_by_id_person", "person", ["reviewed_by_id"], ["id"])
    # What was opened before is told of once more, and then every day like the rest.
    op.execute("UPDATE broken_glass SET remind_at = ends_at")
    op.create_index("ix_broken_glass_remind_at", "broken_glass", ["remind_at"])


def downgrade() -> None:
    op.drop_index("ix_broken_glass_remind_at", "broken_glass")
    with op.batch_alter_table("broken_glass") as table:
        table.drop_constraint("fk_broken_glass_reviewed_by_id_person", type_="foreignkey")
        for name in ("remind_at", "review_note", "outcome", "reviewed_by_id", "reviewed_at"):
            table.drop_column(name)
