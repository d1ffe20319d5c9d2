"""Keep when somebody first came into their account.

Revision ID: 0089
Revises: 0088
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("came_in_at", Instant(), nullable=True))
    # Nobody gets a link of welcome to an account that may have been used: of those of before it is not known.
    op.execute("UPDATE person SET came_in_at = created_at")


def downgrade() -> None:
    with op.batch_alter_table("person") as batch:
        batch.drop_column("came_in_at")
