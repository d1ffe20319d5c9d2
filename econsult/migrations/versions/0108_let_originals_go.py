"""Let the sealed originals of what is over go after so many days.

Revision ID: 0108
Revises: 0107
"""

import sqlalchemy as sa
from alembic import op

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None

RESTS = "blob_key IS NOT NULL AND original_gone_at IS NULL AND state IN ('ready', 'rejected')"
INDEXES = (
    ("ix_attachment_original", ["program_id", "finished_at", "id"], RESTS),
    ("ix_attachment_going", ["original_gone_at", "id"], "original_gone_at IS NOT NULL AND blob_key IS NOT NULL"),
)


def upgrade() -> None:
    op.add_column("retention_rule", sa.Column("original_days", sa.Integer(), nullable=False, server_default="30"))
    op.add_column("attachment", sa.Column("original_due_at", sa.DateTime(timezone=True)))
    op.add_column("attachment", sa.Column("original_gone_at", sa.DateTime(timezone=True)))
    op.add_column("attachment", sa.Column("original_days", sa.Integer()))
    for name, columns, only in INDEXES:
        op.create_index(name, "attachment", columns, sqlite_where=sa.text(only), postgresql_where=sa.text(only))


def downgrade() -> None:
    for name, _columns, _only in reversed(INDEXES):
        op.drop_index(name, "attachment")
    op.drop_column("attachment", "original_days")
    op.drop_column("attachment", "original_gone_at")
    op.drop_column("attachment", "original_due_at")
    op.drop_column("retention_rule", "original_days")
