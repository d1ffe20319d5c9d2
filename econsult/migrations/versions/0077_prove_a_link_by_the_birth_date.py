"""Let a link that staff made open nothing before its person has typed the child's birth date.

Links of before stay as they are: whoever has them has used them.

Revision ID: 0077
Revises: 0076
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("related_person", sa.Column("proven_at", Instant()))
    op.add_column("related_person", sa.Column("proof_tries", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE related_person SET proven_at = starts_at")


def downgrade() -> None:
    with op.batch_alter_table("related_person") as batch:
        batch.drop_column("proof_tries")
        batch.drop_column("proven_at")
