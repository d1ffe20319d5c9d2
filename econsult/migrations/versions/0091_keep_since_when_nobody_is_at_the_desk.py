"""Keep since when no coordinator of a program is there, and whether one ever was.

Revision ID: 0091
Revises: 0090
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("program") as batch:
        batch.add_column(sa.Column("has_had_desk", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("desk_empty_since", Instant(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("program") as batch:
        batch.drop_column("desk_empty_since")
        batch.drop_column("has_had_desk")
