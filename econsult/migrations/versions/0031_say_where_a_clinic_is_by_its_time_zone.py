"""Keep a clinic's own time zone, for those of its people who have not chosen theirs.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organization", sa.Column("time_zone", sa.String(40), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("organization", "time_zone")
