"""Keep the numbers that somebody had before: what tells who a child is stays covered where it was written down.

Revision ID: 0083
Revises: 0082
"""

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mobile", sa.Column("former", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("mobile", "former")
