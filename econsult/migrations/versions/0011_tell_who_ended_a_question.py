"""Tell who ended a question: its family, or somebody of the staff.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consult", sa.Column("is_ended_by_staff", sa.Boolean(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("consult", "is_ended_by_staff")
