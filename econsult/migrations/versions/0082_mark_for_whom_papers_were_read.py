"""Mark for which identifiers a file was read, so that a paper is read again once more of them are on file.

Revision ID: 0082
Revises: 0081
"""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachment", sa.Column("told_mark", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("attachment", "told_mark")
