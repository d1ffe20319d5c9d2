"""Keep to whom of the specialists a program shows names.

Revision ID: 0099
Revises: 0098
"""

import sqlalchemy as sa
from alembic import op

revision = "0099"
down_revision = "0098"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("program") as batch:
        batch.add_column(sa.Column("names_shown", sa.String(16), nullable=False, server_default="exception"))


def downgrade() -> None:
    with op.batch_alter_table("program") as batch:
        batch.drop_column("names_shown")
