"""Drop when the desk was told of an absence: the ledger says of which clock it was told, and nothing else asks.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("time_off", "told_at")


def downgrade() -> None:
    op.add_column("time_off", sa.Column("told_at", Instant(), nullable=True))
