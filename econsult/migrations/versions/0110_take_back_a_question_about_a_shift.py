"""Take back a question to take a shift.

Revision ID: 0110
Revises: 0109
"""

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0109"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("swap", sa.Column("taken_back_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("swap", "taken_back_at")
