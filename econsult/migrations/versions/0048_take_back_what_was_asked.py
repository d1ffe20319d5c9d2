"""Let whoever asks for information take a part of it back, or all of it.

Revision ID: 0048
Revises: 0047
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

TABLES = ("message", "retake")


def upgrade() -> None:
    for name in TABLES:
        op.add_column(name, sa.Column("taken_back_at", Instant()))


def downgrade() -> None:
    for name in TABLES:
        op.drop_column(name, "taken_back_at")
