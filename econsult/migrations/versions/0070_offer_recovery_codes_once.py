"""Remember who was asked to make recovery codes, which is done once.

Revision ID: 0070
Revises: 0069
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("codes_offered_at", Instant()))


def downgrade() -> None:
    op.drop_column("person", "codes_offered_at")
