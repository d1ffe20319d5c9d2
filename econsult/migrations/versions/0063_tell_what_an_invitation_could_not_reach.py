"""Note of an invitation that nothing can be delivered to the address or number that was given.

Revision ID: 0063
Revises: 0062
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invitation", sa.Column("refused_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    with op.batch_alter_table("invitation") as batch:
        batch.drop_column("refused_at")
