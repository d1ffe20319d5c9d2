"""Remember by which addresses and numbers somebody whom a court keeps from a child could be reached.

Revision ID: 0073
Revises: 0072
"""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("related_person", sa.Column("barred_ways", sa.Text()))


def downgrade() -> None:
    with op.batch_alter_table("related_person") as batch:
        batch.drop_column("barred_ways")
