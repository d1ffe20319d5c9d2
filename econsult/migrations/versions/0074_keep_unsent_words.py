"""Keep what somebody wrote whose session had ended, for a day and for that person alone.

Revision ID: 0074
Revises: 0073
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unsent",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.UniqueConstraint("token_hash", name="uq_unsent_token_hash"),
    )
    op.create_index("ix_unsent_person_id", "unsent", ["person_id"])


def downgrade() -> None:
    op.drop_table("unsent")
