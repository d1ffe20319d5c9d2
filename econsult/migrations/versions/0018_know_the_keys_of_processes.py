"""Know which master keys each process can open things with, so that none is put to use which one of them lacks.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("heartbeat", sa.Column("key_ids", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("heartbeat", "key_ids")
